"""BIND's named as a test server: a primary, a secondary and a resolver, on loopback.

It listens on addresses that an interface has and on no others of 127.0.0.0/8, so the secondary is
reached over IPv6 at the primary's port, and the resolver has a port of its own.
"""

import base64
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path

import dns.exception
import dns.message
import dns.name
import dns.query
import dns.rcode
import dns.rdatatype

from controller.solvers.credentials import Credentials
from devcluster.process import Process, free_port, start
from orderapi.solver import Dns01
from tests.controller.solvers.dns01.build import a_secret, a_solver

NAMED = shutil.which("named", path="/usr/sbin:/usr/bin:/usr/local/sbin")

PRIMARY, SECONDARY = "127.0.0.1", "::1"

KEYS = {
    "md5-key": "hmac-md5",
    "sha1-key": "hmac-sha1",
    "sha256-key": "hmac-sha256",
    "sha512-key": "hmac-sha512",
    "guest-key": "hmac-sha256",
}
"""Keys that the server knows; all but the guest's may change TXT records."""

API_NAMES = {
    "hmac-md5": None,
    "hmac-sha1": "HMACSHA1",
    "hmac-sha256": "HMACSHA256",
    "hmac-sha512": "hmac-sha512",
}

ZONE = f"""$TTL 1
@ SOA ns1 hostmaster 1 3600 600 86400 1
@ NS ns1
@ NS ns2
ns1 A {PRIMARY}
ns2 AAAA {SECONDARY}
*.apps CNAME balancer.example.net.
_acme-challenge.taken CNAME elsewhere.example.net.
_acme-challenge.moved CNAME moved.acme
sub NS ns.sub
ns.sub AAAA {SECONDARY}
"""


@dataclass(frozen=True, slots=True)
class Bind:
    """The three servers; `secrets` are the base64 texts of the keys."""

    port: int
    resolver: str
    secrets: dict[str, str]
    processes: tuple[Process, ...]

    @property
    def primary(self) -> str:
        """The primary as an Issuer names it."""
        return f"{PRIMARY}:{self.port}"

    @property
    def secondary(self) -> str:
        """The secondary in the same form."""
        return f"[{SECONDARY}]:{self.port}"

    def solver(
        self, key: str = "sha256-key", *, secret: str = "", **fields: str | None
    ) -> tuple[Dns01, Credentials]:
        """A solver for the primary that signs with this key, and its credentials."""
        algorithm = API_NAMES[KEYS.get(key, "hmac-sha256")]
        spec = a_solver(
            self.primary,
            key_name=key,
            algorithm=fields.pop("algorithm", algorithm),
            protocol=fields.pop("protocol", None),
            cname_strategy=fields.pop("cname_strategy", None),
        )
        return spec, a_secret(secret or self.secrets.get(key, ""))

    def values(self, name: str, server: str = PRIMARY) -> list[str]:
        """The TXT values at a name, as this server has them now."""
        question = dns.message.make_query(name, dns.rdatatype.TXT)
        answer = dns.query.udp(question, server, timeout=2, port=self.port)
        return sorted(data.to_text().strip('"') for rrset in answer.answer for data in rrset)


def start_bind(folder: Path) -> Bind:
    """Start all three and wait until each answers for example.com."""
    port, resolver_port = free_port(), free_port()
    texts = {name: base64.b64encode(secrets.token_bytes(64)).decode() for name in KEYS}
    keys = "".join(
        f'key "{name}" {{ algorithm {algorithm}; secret "{texts[name]}"; }};\n'
        for name, algorithm in KEYS.items()
    )
    grants = " ".join(f"grant {name} zonesub TXT;" for name in KEYS if name != "guest-key")
    primary = f"""{keys}
        zone "example.com" {{
            type primary; file "example.com.zone"; update-policy {{ {grants} }};
            notify explicit; notify-delay 0; also-notify {{ {SECONDARY} port {port}; }};
        }};"""
    secondary = f"""
        zone "example.com" {{
            type secondary; file "copy.zone"; primaries {{ {PRIMARY} port {port}; }};
            allow-notify {{ any; }};
        }};"""
    resolver = f"""
        zone "example.com" {{
            type forward; forward only; forwarders {{ {PRIMARY} port {port}; }};
        }};
        zone "example.net" {{ type primary; file "example.com.zone"; }};"""
    running = (
        _start(folder / "primary", PRIMARY, port, primary),
        _start(folder / "secondary", SECONDARY, port, secondary),
        _start(folder / "resolver", PRIMARY, resolver_port, resolver),
    )
    return Bind(port, f"{PRIMARY}:{resolver_port}", texts, running)


def _start(folder: Path, host: str, port: int, config: str) -> Process:
    folder.mkdir(parents=True)
    (folder / "example.com.zone").write_text(ZONE)
    file = folder / "named.conf"
    version, other = ("-v6", "") if ":" in host else ("", "-v6")
    file.write_text(
        f"""options {{
            directory "{folder}"; pid-file none; session-keyfile none;
            listen-on{version} port {port} {{ {host}; }}; listen-on{other} {{ none; }};
            recursion {"yes" if folder.name == "resolver" else "no"}; dnssec-validation no;
            allow-transfer {{ any; }}; servfail-ttl 0;
        }};
        controls {{ }};
        {config}
        """
    )
    assert NAMED is not None
    command = [NAMED, "-g", "-n", "1", "-c", str(file)]
    process = start(f"named-{folder.name}", command, folder, die_with_parent=True)
    process.await_ready(lambda: _answers(host, port), timeout=20)
    return process


def _answers(host: str, port: int) -> bool:
    question = dns.message.make_query("example.com", dns.rdatatype.SOA)
    try:
        answer = dns.query.udp(question, host, timeout=1, port=port)
    except (OSError, dns.exception.DNSException):
        return False
    return answer.rcode() == dns.rcode.NOERROR and bool(answer.answer)
