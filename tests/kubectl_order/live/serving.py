"""A DNS server and a web server whose answers a test writes, on loopback addresses of their own."""

import socketserver
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import dns.flags
import dns.message
import dns.rcode
import dns.rrset

from devcluster.pki import Pair

Respond = Callable[[str, str], tuple[int, Mapping[str, str], bytes]]
Records = Mapping[tuple[str, str], list[str]]


@contextmanager
def dns_server(
    records: Records, *, bogus: bool = False, address: str = "127.0.0.1"
) -> Iterator[str]:
    """Answers for these (name, type); CNAMEs are followed. Other names are NXDOMAIN. `bogus`: the
    signatures are wrong, so that a question without CD is a SERVFAIL. Gives `address:port`."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            data, sender = self.request
            answer = _answer(dns.message.from_wire(data), records, bogus=bogus)
            sender.sendto(answer.to_wire(), self.client_address)

    with _serving(socketserver.ThreadingUDPServer((address, 0), Handler)) as port:
        yield f"{address}:{port}"


def _answer(query: dns.message.Message, records: Records, *, bogus: bool) -> dns.message.Message:
    answer = dns.message.make_response(query)
    if bogus and not query.flags & dns.flags.CD:
        answer.set_rcode(dns.rcode.SERVFAIL)
        return answer
    question = query.question[0]
    name, kind = str(question.name).rstrip("."), question.to_text().split()[-1]
    while ("CNAME", name) != (kind, name) and (name, "CNAME") in records:
        (target,) = records[name, "CNAME"]
        answer.answer.append(dns.rrset.from_text(f"{name}.", 1, "IN", "CNAME", f"{target}."))
        name = target
    if found := records.get((name, kind)):
        answer.answer.append(dns.rrset.from_text(f"{name}.", 1, "IN", kind, *found))
    elif not any(known == name for known, _ in records):
        answer.set_rcode(dns.rcode.NXDOMAIN)
    return answer


@contextmanager
def web_server(
    respond: Respond, *, address: str = "127.0.0.1", port: int = 0, pair: Pair | None = None
) -> Iterator[int]:
    """`respond(host, path)` gives status, headers and body; TLS with a pair. Gives the port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, headers, body = respond(self.headers["Host"], self.path)
            self.send_response(status)
            for key, value in headers.items():
                self.send_header(key, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Quiet."""

    server = ThreadingHTTPServer((address, port), Handler)
    if pair is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pair.certificate, pair.key)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    with _serving(server) as bound:
        yield bound


@contextmanager
def _serving(server: socketserver.TCPServer) -> Iterator[int]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield int(server.socket.getsockname()[1])
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
