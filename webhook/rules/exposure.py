"""Secrets that an Issuer has the controller send, and hosts of the same spec that get them. Pure.

Whoever may write an Issuer has the controller read Secrets of the namespace, also those that they
may not read, and chooses where what is in them goes. Two kinds of pairs: the content itself goes
there, or a MAC made with it, by which a weak one can be guessed. A proof by a private key (the
account's, a client certificate's) tells nothing, so it counts for nothing.
"""

from collections.abc import Generator, Iterator
from typing import Final, NamedTuple

from orderapi.dns01 import Dns01
from orderapi.issuer import AcmeIssuer, IssuerSpec
from orderapi.references import SecretKeySelector
from orderapi.signers import VaultIssuer, VenafiIssuer
from orderapi.validation.fault import quoted
from webhook.questions import Answer, Question, may
from webhook.request import User
from webhook.rules.findings import Advice
from webhook.rules.hosts import dns_host, host_of

MOST_SECRETS: Final = 8
"""That many are asked about; an issuer that names more is judged by those that matter most."""


class Pair(NamedTuple):
    """A Secret, and a host that gets what is in it (`whole`) or a MAC made with it."""

    secret: str
    host: str
    whole: bool


def exposures(
    spec: IssuerSpec, old: IssuerSpec | None, *, user: User, namespace: str
) -> Generator[Question, Answer, tuple[Advice, ...]]:
    """Advice about each Secret that the user may not read, and that goes to a new host."""
    before = {pair for _, pair in pairs(old)} if old is not None else set()
    new = [(path, pair) for path, pair in pairs(spec) if pair not in before]
    new.sort(key=lambda found: not found[1].whole)
    secrets = list(dict.fromkeys(pair.secret for _, pair in new))[:MOST_SECRETS]
    hidden: set[str] = set()
    for secret in secrets:
        answer = yield from may(user, "get", "", "secrets", namespace=namespace, name=secret)
        if answer is False:
            hidden.add(secret)
    told: dict[Pair, str] = {}
    for path, pair in new:
        if pair.secret in hidden:
            told.setdefault(pair, path)
    return tuple(_advice(path, pair) for pair, path in told.items())


def pairs(spec: IssuerSpec) -> Iterator[tuple[str, Pair]]:
    """Every pair, with the path of the reference."""
    found = (*_acme(spec.acme), *_vault(spec.vault), *_venafi(spec.venafi))
    return ((path, pair) for path, pair in found if pair.secret and pair.host)


def _advice(path: str, pair: Pair) -> Advice:
    what = "the content of" if pair.whole else "a MAC made with"
    risk = "" if pair.whole else ", by which a weak one can be guessed"
    return Advice(
        path,
        f"you may not read Secret {quoted(pair.secret)}, and {what} it goes to "
        f"{quoted(pair.host)}{risk}",
    )


def _acme(part: AcmeIssuer | None) -> Iterator[tuple[str, Pair]]:
    if part is None:
        return
    if part.external_account_binding is not None:
        secret = part.external_account_binding.key_secret_ref.name
        path = "spec.acme.externalAccountBinding.keySecretRef"
        yield path, Pair(secret, host_of(part.server), whole=False)
    for number, solver in enumerate(part.solvers):
        if solver.dns01 is not None:
            yield from _dns01(f"spec.acme.solvers[{number}].dns01", solver.dns01)


def _dns01(path: str, part: Dns01) -> Iterator[tuple[str, Pair]]:
    if part.rfc2136 is not None and part.rfc2136.tsig_secret_secret_ref is not None:
        secret, host = part.rfc2136.tsig_secret_secret_ref.name, dns_host(part.rfc2136.nameserver)
        yield f"{path}.rfc2136.tsigSecretSecretRef", Pair(secret, host, whole=False)
    if part.acme_dns is not None:
        secret, host = part.acme_dns.account_secret_ref.name, host_of(part.acme_dns.host)
        yield f"{path}.acmeDNS.accountSecretRef", Pair(secret, host, whole=True)
    if part.akamai is not None:
        host = host_of(part.akamai.service_consumer_domain)
        for name, ref, whole in (
            ("clientToken", part.akamai.client_token_secret_ref, True),
            ("clientSecret", part.akamai.client_secret_secret_ref, False),
            ("accessToken", part.akamai.access_token_secret_ref, True),
        ):
            yield f"{path}.akamai.{name}SecretRef", Pair(ref.name, host, whole)


def _vault(part: VaultIssuer | None) -> Iterator[tuple[str, Pair]]:
    if part is None:
        return
    auth, host = part.auth, host_of(part.server)
    refs: dict[str, SecretKeySelector | None] = {
        "tokenSecretRef": auth.token_secret_ref,
        "appRole.secretRef": auth.app_role.secret_ref if auth.app_role is not None else None,
        "kubernetes.secretRef": auth.kubernetes.secret_ref if auth.kubernetes is not None else None,
    }
    for name, ref in refs.items():
        if ref is not None:
            yield f"spec.vault.auth.{name}", Pair(ref.name, host, whole=True)


def _venafi(part: VenafiIssuer | None) -> Iterator[tuple[str, Pair]]:
    if part is None:
        return
    if part.tpp is not None:
        secret, host = part.tpp.credentials_ref.name, host_of(part.tpp.url)
        yield "spec.venafi.tpp.credentialsRef", Pair(secret, host, whole=True)
    if part.cloud is not None:
        secret, host = part.cloud.api_token_secret_ref.name, host_of(part.cloud.url or "")
        yield "spec.venafi.cloud.apiTokenSecretRef", Pair(secret, host, whole=True)
    if part.ngts is not None:
        for url in (part.ngts.token_endpoint, part.ngts.url):
            secret, host = part.ngts.credentials_ref.name, host_of(url or "")
            yield "spec.venafi.ngts.credentialsRef", Pair(secret, host, whole=True)
