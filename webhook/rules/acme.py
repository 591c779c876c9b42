"""An ACME issuer: its CA, its account, its solvers. Pure."""

import msgspec

from orderapi.issuer import AcmeIssuer, ExternalAccountBinding
from orderapi.validation.fault import quoted
from webhook.rules.bundles import bundle
from webhook.rules.findings import Advice, Findings, fault, required
from webhook.rules.hosts import acme_server
from webhook.rules.references import entry_of, secret_of
from webhook.rules.selectors import overshadowed
from webhook.rules.solvers import solver

MAC_ALGORITHMS = ("HS256", "HS384", "HS512")


def acme(path: str, part: AcmeIssuer, known: frozenset[bytes]) -> Findings:
    """Faults of the part, and advice about it.

    `known` are solvers (see `digests`) that are not judged, for they were there before, wherever in
    the list.
    """
    yield from acme_server(f"{path}.server", part.server)
    yield from secret_of(f"{path}.privateKeySecretRef", part.private_key_secret_ref)
    yield from _trust(path, part)
    if part.email and "@" not in part.email:
        yield Advice(f"{path}.email", f"{quoted(part.email)} is not an e-mail address")
    if part.external_account_binding is not None:
        yield from _binding(f"{path}.externalAccountBinding", part.external_account_binding)
    for number, (found, digest) in enumerate(zip(part.solvers, digests(part), strict=True)):
        if digest not in known:
            yield from solver(f"{path}.solvers[{number}]", found)
    yield from overshadowed(f"{path}.solvers", part.solvers)


def digests(part: AcmeIssuer) -> list[bytes]:
    """Each solver as bytes: equal for equal solvers."""
    return [msgspec.json.encode(found, order="sorted") for found in part.solvers]


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
        yield fault(
            f"{path}.keyAlgorithm",
            f"is {quoted(algorithm)}; write one of {', '.join(MAC_ALGORITHMS)}, or none",
        )
    elif algorithm:
        yield Advice(
            f"{path}.keyAlgorithm",
            "is deprecated: this controller uses it, cert-manager always takes HS256",
        )
