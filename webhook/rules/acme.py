"""An ACME issuer: its CA, its account, its solvers. Pure."""

from collections.abc import Sequence

import msgspec

from orderapi.issuer import AcmeIssuer, ExternalAccountBinding
from orderapi.solver import Solver
from orderapi.validation.fault import not_one_of, quoted
from webhook.rules.ca_bundle import bundle
from webhook.rules.findings import Advice, Findings, fault, required
from webhook.rules.hosts import acme_server
from webhook.rules.references import entry_of, secret_of
from webhook.rules.selectors import overshadowed
from webhook.rules.solvers import solver

MAC_ALGORITHMS = ("HS256", "HS384", "HS512")


def acme(path: str, part: AcmeIssuer, old: AcmeIssuer | None) -> Findings:
    """Faults of the part, and advice about it; but for solvers that `old` has too, wherever in the
    list."""
    yield from acme_server(f"{path}.server", part.server)
    yield from secret_of(f"{path}.privateKeySecretRef", part.private_key_secret_ref)
    yield from _trust(path, part)
    if part.email and "@" not in part.email:
        yield Advice(f"{path}.email", f"{quoted(part.email)} is not an e-mail address")
    if part.external_account_binding is not None:
        yield from _binding(f"{path}.externalAccountBinding", part.external_account_binding)
    yield from _solvers(f"{path}.solvers", part.solvers, old.solvers if old is not None else ())


def _solvers(path: str, solvers: Sequence[Solver], old: Sequence[Solver]) -> Findings:
    """A solver that moves, or loses its neighbours, brings nothing new."""
    whole, known = _encoded(solvers), _encoded(old)
    before = frozenset(known)
    for number, found in enumerate(solvers):
        if whole[number] not in before:
            yield from solver(f"{path}[{number}]", found)
    pairs = {(known[number], known[earlier]) for number, earlier in overshadowed(old)}
    for number, earlier in overshadowed(solvers):
        if (whole[number], whole[earlier]) not in pairs:
            yield Advice(
                f"{path}[{number}]",
                f"is never used: {path}[{earlier}] answers the same challenges, with the same "
                "selector",
            )


def _encoded(solvers: Sequence[Solver]) -> list[bytes]:
    """Equal for equal solvers."""
    return [msgspec.json.encode(found, order="sorted") for found in solvers]


def _trust(path: str, part: AcmeIssuer) -> Findings:
    yield from bundle(f"{path}.caBundle", part.ca_bundle)
    if not part.skip_tls_verify:
        return
    if part.ca_bundle.strip():
        yield fault(
            f"{path}.skipTLSVerify", "excludes caBundle; leave it out, so that the CA is verified"
        )
    yield Advice(
        f"{path}.skipTLSVerify",
        "the CA is not verified: whoever is between can issue in its name; use caBundle instead",
    )


def _binding(path: str, binding: ExternalAccountBinding) -> Findings:
    yield from required(f"{path}.keyID", binding.key_id.strip(), "it is the key ID of the CA")
    yield from entry_of(f"{path}.keySecretRef", binding.key_secret_ref)
    algorithm = binding.key_algorithm
    if algorithm and algorithm not in MAC_ALGORITHMS:
        yield fault(*not_one_of(f"{path}.keyAlgorithm", algorithm, MAC_ALGORITHMS))
    elif algorithm:
        yield Advice(
            f"{path}.keyAlgorithm",
            "is deprecated: this controller uses it, cert-manager always takes HS256",
        )
