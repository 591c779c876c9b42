"""What the tables of decisions share: how an action is read, and some words."""

from dataclasses import replace
from datetime import timedelta

from controller.certificates.actions import (
    Action,
    Write,
)
from controller.certificates.observed import Absent, Observed
from orderapi import attempts
from orderapi.attempts import Attempt
from orderapi.certificate import CertificateStatus
from orderapi.conditions import Condition, find
from orderapi.keystores import JksKeystore, Keystores
from orderapi.references import SecretKeySelector
from tests.controller.certificates.build import (
    NOW,
    a_certificate,
    a_chain,
    a_key,
    a_request,
    a_spec,
    issued,
    issuing_case,
    refused,
)

KEY, NEXT = a_key(), a_key("next")
DOES_NOT_EXIST = "Issuing certificate as Secret does not exist"
DNS = "urn:ietf:params:acme:error:dns: no such host"
REJECTED = "urn:ietf:params:acme:error:rejectedIdentifier: not that name"


def fresh(**changes: object) -> Observed:
    """A Certificate that was just applied."""
    seen = Observed(certificate=a_certificate(), now=NOW, target=Absent())
    return replace(seen, **changes)  # type: ignore[arg-type]


def written(action: Action) -> CertificateStatus:
    assert isinstance(action, Write), action
    return action.status


def condition(status: CertificateStatus, kind: str) -> Condition:
    found = find(status.conditions, kind)
    assert found is not None
    return found


def told(found: Condition) -> tuple[str, str, str]:
    return found.status, found.reason, found.message


def kinds(status: CertificateStatus) -> list[str]:
    return [each.type for each in status.conditions]


CHANGED = a_spec(dns_names=("old.example.com",))
SPENT = tuple(
    Attempt(NOW - timedelta(minutes=minutes), attempts.names_digest(a_spec()))
    for minutes in (50, 40, 30, 20, 10)
)
FREE = NOW + timedelta(minutes=10)
CHAIN = a_chain(NEXT)
DONE = a_request(status=issued(CHAIN))
STORES = Keystores(
    jks=JksKeystore(create=True, password_secret_ref=SecretKeySelector(name="pw", key="p"))
)


def failing(message: str, reason: str = "Failed") -> Observed:
    return issuing_case(a_request(status=refused(message, reason)))
