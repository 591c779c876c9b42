"""What an issuer says by itself: of which type it is, and whether it stands as registered.

Pure. Believes the status only for the generation that it was written for.
"""

from typing import Final
from urllib.parse import urlsplit

from controller.issuers.observed import Enrolled
from orderapi import names
from orderapi.conditions import TRUE, Condition, find
from orderapi.issuer import AcmeIssuer, AcmeIssuerStatus, AnyIssuer

OTHER_TYPES: Final = {
    "ca": "ca",
    "self_signed": "selfSigned",
    "vault": "vault",
    "venafi": "venafi",
}


def other_type(issuer: AnyIssuer) -> str:
    """The type, other than acme, that the spec asks for; empty where it asks for none."""
    found = (shown for field, shown in OTHER_TYPES.items() if getattr(issuer.spec, field))
    return next(found, "")


def ready(issuer: AnyIssuer) -> Condition | None:
    """Its Ready condition."""
    return find(issuer.status.conditions, names.READY)


def current(issuer: AnyIssuer) -> Condition | None:
    """Its Ready condition where that is about the spec as it is now."""
    condition = ready(issuer)
    if condition is None or condition.observed_generation != issuer.metadata.generation:
        return None
    return condition


def stands(issuer: AnyIssuer) -> bool:
    """Whether the issuer is ready, with the account that its spec asks for, by its own status."""
    acme, condition = issuer.spec.acme, current(issuer)
    if acme is None or condition is None or condition.status != TRUE:
        return False
    return bool(issuer.status.acme.last_private_key_hash) and account_fits(issuer, acme)


def left_alone(issuer: AnyIssuer, *, doubted: bool, enrolled: Enrolled | None) -> bool:
    """Whether nothing is to be done, so that nothing needs to be read."""
    if doubted or not stands(issuer):
        return False
    return enrolled is None or account_of(enrolled) == issuer.status.acme


def account_of(enrolled: Enrolled) -> AcmeIssuerStatus:
    """What the status says of an account that the CA has confirmed."""
    return AcmeIssuerStatus(
        uri=enrolled.uri,
        last_registered_email=enrolled.email or None,
        last_private_key_hash=enrolled.inputs.key,
    )


def account_fits(issuer: AnyIssuer, acme: AcmeIssuer) -> bool:
    """Whether the recorded account is of that server's host and has that e-mail address."""
    account = issuer.status.acme
    if not account.uri or (account.last_registered_email or "") != (acme.email or ""):
        return False
    return _host(account.uri) == _host(acme.server)


def _host(url: str) -> str:
    """Host and port; of a URL that cannot be read the URL itself, which is no host's."""
    try:
        return urlsplit(url).netloc.lower() or url
    except ValueError:
        return url
