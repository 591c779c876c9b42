"""Secrets that are not there or do not hold what they should, while nothing is under way. Pure."""

from typing import Final

from kubectl_order.explain.about import (
    expired,
    is_issuing,
    is_open,
    ref,
    refused,
    secret_name,
)
from kubectl_order.explain.words import clause, quoted, sentence
from kubectl_order.facts import Absent, Chain
from kubectl_order.finding import Actor, Finding, Ref, Standing, plugin

_MISSING: Final = frozenset({"DoesNotExist", "MissingData"})
_NOT_OF_THE_SECRET: Final = frozenset({"Expired", ""})
_BROKEN: Final = {
    "InvalidKeyPair": "its private key and its certificate do not belong together",
    "InvalidCertificate": "its certificate cannot be read",
    "IncorrectIssuer": "its certificate is of another issuer than is asked for",
    "IncorrectCertificate": "it was issued for another Certificate",
    "SecretMismatch": "it holds something else than is asked for",
    "RequestChanged": "its certificate is for another spec than there is now",
    "InvalidCertificateRequest": "the request that it was made of cannot be read",
}


def secret_missing(chain: Chain) -> Finding | None:
    """The Secret is not there, or is empty, and nothing is under way to make it."""
    certificate, told = chain.certificate, refused(chain.certificate)
    if certificate is None or is_open(chain):
        return None
    is_told = told is not None and told.reason in _MISSING
    ready = certificate.status.conditions and told is None
    if not is_told and not (ready and isinstance(chain.secret, Absent)):
        return None
    gone = isinstance(chain.secret, Absent) or (told is not None and told.reason == "DoesNotExist")
    name = quoted(secret_name(chain))
    return _of_secret(
        chain,
        cause="secret-missing",
        headline=f"Secret {name} {'does not exist' if gone else 'lacks key or certificate'}, and "
        f"nothing is under way to {'make' if gone else 'mend'} it",
    )


def secret_broken(chain: Chain) -> Finding | None:
    """The Secret holds something else than it should, and nothing is under way to mend it."""
    told = refused(chain.certificate)
    if told is None or is_issuing(chain.certificate) or is_open(chain):
        return None
    if told.reason in _NOT_OF_THE_SECRET or expired(chain):
        return None
    why = _BROKEN.get(told.reason) or clause(told.text) or told.reason
    return _of_secret(
        chain,
        cause="secret-broken",
        headline=f"Secret {quoted(secret_name(chain))} is not as it should be: {clause(why)}",
    )


def _of_secret(chain: Chain, *, cause: str, headline: str) -> Finding:
    told, certificate = refused(chain.certificate), chain.certificate
    at = Ref(kind="Secret", name=secret_name(chain), namespace=chain.namespace)
    return Finding(
        cause=cause,
        on=at,
        headline=headline,
        evidence=(sentence(told.text),) if told is not None and told.text else (),
        since=told.since if told is not None else None,
        who=Actor.YOU,
        fix="Begin a new attempt; the controller does so by itself where it may.",
        command=plugin("renew", ref(certificate) if certificate is not None else at),
        standing=Standing.WAITING,
    )


RULES: Final = (secret_missing, secret_broken)
