"""A DNS server that takes no update: the name of the key decides in which words it refuses.

It holds the zone example.com and nothing in it. Real sockets, UDP alone.
"""

import base64
import socketserver
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

import dns.flags
import dns.message
import dns.name
import dns.opcode
import dns.rcode
import dns.rdatatype
import dns.rrset
import dns.tsig

ZONE: Final = dns.name.from_text("example.com.")
SOA: Final = "ns1.example.com. hostmaster.example.com. 1 3600 600 86400 1"
SECRET: Final = base64.b64encode(b"the secret that the server has").decode()

SIGNATURES: Final[Mapping[str, int]] = {"badsig.": 16, "badkey.": 17, "badtime.": 18}
"""Keys, and the TSIG errors (RFC 8945 section 5.3) that they meet."""
CODES: Final[Mapping[str, str]] = {"refused.": "REFUSED", "servfail.": "SERVFAIL"}
"""Keys that are known, and the return codes that an update signed with them meets."""


@contextmanager
def refusing_server() -> Iterator[str]:
    """The server's host:port, on loopback."""
    with socketserver.ThreadingUDPServer(("127.0.0.1", 0), _Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield f"127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


class _Handler(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        wire, sender = self.request
        query = dns.message.from_wire(wire, keyring=False, continue_on_error=True)
        sender.sendto(_answer(query), self.client_address)


def _answer(query: dns.message.Message) -> bytes:
    response = dns.message.make_response(query)
    response.flags |= dns.flags.AA
    key = str(query.keyname) if query.had_tsig else ""
    if query.opcode() != dns.opcode.UPDATE:
        _look_up(query, response)
        return response.to_wire()
    response.set_rcode(dns.rcode.from_text(CODES.get(key, "NOTAUTH")))
    if query.had_tsig:
        signing = dns.tsig.Key(key, SECRET, dns.tsig.HMAC_SHA256)
        response.use_tsig(signing, tsig_error=SIGNATURES.get(key, 0))
        response.request_mac = query.mac or b""
    return response.to_wire()


def _look_up(query: dns.message.Message, response: dns.message.Message) -> None:
    question = query.question[0]
    if not question.name.is_subdomain(ZONE):
        response.set_rcode(dns.rcode.REFUSED)
        return
    soa = dns.rrset.from_text(ZONE, 1, "IN", "SOA", SOA)
    if (question.name, question.rdtype) == (ZONE, dns.rdatatype.SOA):
        response.answer = [soa]
    else:
        response.authority = [soa]
        response.set_rcode(dns.rcode.NXDOMAIN)
