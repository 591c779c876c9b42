"""What the CA has against a name, an order or an account, its slowness and its silence.

Reads the words of this controller and of cert-manager; problem types are in `problems`. Pure.
"""

import re
from typing import Final

from kubectl_order.explain.limits import rate_limited
from kubectl_order.explain.problems import failed_there, no_profile, of_problem, slow
from kubectl_order.explain.told import Row, Told, by_table
from kubectl_order.explain.words import clause
from kubectl_order.finding import Actor, Finding

_CHECKING: Final = re.compile(
    r"challenge propagation: |^Whether the |^Failed to publish the answer: |^The answer cannot be"
)


def read(told: Told) -> Finding | None:
    """The CA's refusal, its slowness, or that it does not answer."""
    if _CHECKING.search(told.told):
        return None
    if (found := by_table(_FIRST, told, told.told)) is not None:
        return found
    problem = told.problem
    if problem is None:
        return by_table(_UNTYPED, told, told.told)
    return of_problem(told, problem)


def _by_status(told: Told, found: re.Match[str]) -> Finding | None:
    return failed_there(told, clause(found[0])) if int(found["status"]) >= 500 else None


def _unreachable(told: Told, found: re.Match[str]) -> Finding:
    why = found["why"].removesuffix("It is tried again by itself.").rstrip(". ")
    untrusted = "certificate is not trusted" in why or "x509" in why
    fix = (
        f"Set spec.acme.caBundle of {told.issuer.kind} "
        f'"{told.issuer.name}" to the CA certificates that its server is to be verified with.'
        if untrusted
        else "See whether the CA is up, and whether a firewall or proxy keeps the controller from "
        "it. It is tried again by itself."
    )
    return told.finding(
        "ca-unreachable",
        f"{told.ca} cannot be reached: {clause(why)}",
        who=told.issuer_owner if untrusted else Actor.ADMIN,
        fix=fix,
        command=told.edit_issuer() if untrusted else told.look(),
    )


def _broken(told: Told, found: re.Match[str]) -> Finding:
    return told.finding(
        "ca-protocol",
        f"{told.ca} answered against the protocol: {clause(found[0])}",
        who=Actor.CA,
        fix="See whether the issuer's spec.acme.server is the CA's directory URL and nothing "
        "stands between; else report it to the CA.",
        command=told.edit_issuer(),
    )


def _download(told: Told, found: re.Match[str]) -> Finding:
    return told.finding(
        "chain-problem",
        f"The certificate chain from {told.ca} cannot be used: {clause(found['why'])}",
        who=Actor.CA,
        fix="The CA handed out something that is no whole chain in PEM form: report it to the CA. "
        "spec.acme.preferredChain of the issuer may name another chain.",
        command=told.retry(),
    )


def _slowly(told: Told, found: re.Match[str]) -> Finding:
    return slow(told, f"{told.ca} {_SLOW_WORDS[found[0]]} {told.name}")


def _mismatch(told: Told, found: re.Match[str]) -> Finding:
    return told.finding(
        "certificate-mismatch",
        f"{told.ca} handed out a certificate for another key than the one asked for {told.name}",
        who=Actor.NOBODY,
        fix="Nothing is to be done: the next attempt gets an order of its own.",
        command=told.retry(),
    )


def _order_lost(told: Told, found: re.Match[str]) -> Finding:
    return told.finding(
        "order-lost",
        f"{told.ca} no longer knows the order for {told.name}",
        who=Actor.NOBODY,
        fix="Nothing is to be done: the next attempt places another order.",
        command=told.retry(),
    )


def _authorization_lost(told: Told, found: re.Match[str]) -> Finding:
    return told.finding(
        "authorization-lost",
        f"{told.ca} no longer knows the authorization for {told.name}",
        who=Actor.NOBODY,
        fix="Nothing is to be done: the next attempt places another order.",
        command=told.retry(),
    )


def _account(told: Told, found: re.Match[str]) -> Finding:
    return told.finding(
        "account-unavailable",
        f"The account of the issuer cannot be used: {clause(found['why'])}",
        who=told.issuer_owner,
        fix=f"See what {told.the_issuer} says of its account; this goes on when it is ready.",
        command=told.describe_issuer(),
    )


def gone(told: Told) -> Finding | None:
    """cert-manager's Challenge that expired and says nothing: its authorization is gone."""
    if told.text or told.challenge is None or told.state != "expired":
        return None
    return told.finding(
        "authorization-lost",
        f"{told.ca} no longer knows the authorization for {told.name}",
        who=Actor.NOBODY,
        fix="Nothing is to be done: the next attempt places another order.",
        command=told.retry(),
    )


_SLOW_WORDS: Final = {
    "The CA has the signing request": "has the signing request and has not issued yet for",
    "but the CA still says that the order is": "has all it wants and does not go on yet with",
    "The CA was told that the answer is published": "was told of the answer and looks at it, for",
    "was not ready to finalize": "is not ready yet to issue for",
}
_FIRST: Final[tuple[Row, ...]] = (
    (r"The CA no longer knows this order", _order_lost),
    (
        (
            r"The CA no longer knows the authorization|The CA does not list this challenge in its "
            r"authorization|challenge was not present in authorization"
        ),
        _authorization_lost,
    ),
    (
        (
            r"The CA handed out a certificate for another key|certificate with a public key that "
            r"does not match the CSR"
        ),
        _mismatch,
    ),
    ("|".join(map(re.escape, _SLOW_WORDS)), _slowly),
    (r"The account of the issuer cannot be used: (?P<why>.+)", _account),
)
_UNTYPED: Final[tuple[Row, ...]] = (
    (
        r"certificate authority does not (?:advertise a profile|support profiles).*",
        lambda told, found: no_profile(told, found[0]),
    ),
    (r"The CA asks to wait until", lambda told, found: rate_limited(told, told.told)),
    (r"(?:GET|POST|HEAD) \S+ \(\w+\) failed: (?P<why>.+)", _unreachable),
    (r'(?:Get|Post|Head) "https?://[^"]*": (?P<why>.+)', _unreachable),
    (r"(?:GET|POST|HEAD) \S+ \(\w+\) answered (?P<status>\d{3})[^:;]*", _by_status),
    (r"Failed to retrieve signed certificate: (?P<why>.+)", _download),
    (r"(?:GET|POST|HEAD) \S+ \(\w+\) (?:answered|named) .+", _broken),
)
