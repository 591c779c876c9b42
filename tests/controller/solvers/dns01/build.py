"""Solvers and credentials as an Issuer and its Secret would have them."""

import base64

from controller.solvers.credentials import Credentials
from devcluster.servers import Dns
from orderapi.references import SecretKeySelector
from orderapi.solver import Dns01, Rfc2136

SECRET = SecretKeySelector(name="tsig", key="secret")
VALUE = "gfj9Xq-Rg85nM_0123456789abcdefghijklmnopqrs"
OTHER_VALUE = "LHDhK3oGRvkiefQnx7OOczTY5Tic_0123456789abcd"


def a_secret(text: str = "") -> Credentials:
    """Credentials whose TSIG entry is this text, or some valid key."""
    content = text or base64.b64encode(b"0123456789abcdef").decode()
    return Credentials({("tsig", "secret"): content.encode()})


def a_solver(
    nameserver: str,
    *,
    key_name: str | None = "kubectl-order",
    algorithm: str | None = "HMACSHA256",
    protocol: str | None = None,
    cname_strategy: str | None = None,
    nameservers: tuple[str, ...] = (),
) -> Dns01:
    """A dns01 solver for RFC 2136, signed unless `key_name` is None."""
    provider = Rfc2136(
        nameserver=nameserver,
        protocol=protocol,
        tsig_key_name=key_name,
        tsig_algorithm=algorithm,
        tsig_secret_secret_ref=SECRET if key_name else None,
    )
    return Dns01(rfc2136=provider, cname_strategy=cname_strategy, nameservers=nameservers)


def solver_for(
    server: Dns, *, protocol: str | None = None, cname_strategy: str | None = None
) -> tuple[Dns01, Credentials]:
    """A solver that updates the test server with its own key, and the credentials for it."""
    solver = a_solver(
        server.address,
        key_name=server.tsig_name,
        algorithm=server.tsig_algorithm,
        protocol=protocol,
        cname_strategy=cname_strategy,
    )
    return solver, a_secret(server.tsig_secret)
