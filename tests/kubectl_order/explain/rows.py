"""A row of a table of causes: a chain, and what must be found in it."""

from dataclasses import dataclass

from kubectl_order.explain import explain
from kubectl_order.facts import Chain
from kubectl_order.finding import Actor, Standing
from orderapi.certificate import Certificate, CertificateStatus
from orderapi.conditions import Condition
from orderapi.diagnosis import Diagnosis
from tests.kubectl_order.build import a_certificate, a_condition, ago


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A chain, and the cause, headline, actor, next command and standing that belong to it."""

    id: str
    chain: Chain
    cause: str
    headline: str
    who: Actor
    command: str
    standing: Standing = Standing.WAITING


def check(row: Row) -> None:
    """What is found is what the row says."""
    found = explain(row.chain)
    told = (found.cause, found.headline, found.who, found.command, found.standing)
    assert told == (row.cause, row.headline, row.who, row.command, row.standing)


def held(reason: str, message: str) -> Certificate:
    """A Certificate that Ready keeps from being issued."""
    issuing = a_condition("Issuing", "False", reason, message)
    ready = a_condition("Ready", "False", reason, message)
    return a_certificate(CertificateStatus(conditions=(issuing, ready)))


def waiting(what: str, *more: Condition) -> Certificate:
    """A Certificate in its first attempt, which waits for something."""
    base = "Issuing certificate as Secret does not exist"
    ready = a_condition("Ready", "False", "DoesNotExist", f"{base}. Waiting: {what}")
    issuing = a_condition("Issuing", "True", "DoesNotExist", f"{base}. Waiting: {what}")
    return a_certificate(
        CertificateStatus(
            conditions=(ready, issuing, *more),
            next_private_key_secret_name="web-key1",
            diagnosis=Diagnosis(cause="waiting", message=what),
        )
    )


def failed(
    message: str, *, diagnosis: Diagnosis | None = None, attempts: int = 1, outlook: str = ""
) -> Certificate:
    """A Certificate whose last attempt failed ten minutes ago."""
    told = f"The certificate request has failed to complete and will be retried: {message}"
    missing = "Issuing certificate as Secret does not exist"
    return a_certificate(
        CertificateStatus(
            conditions=(
                a_condition("Ready", "False", "DoesNotExist", missing + outlook),
                a_condition("Issuing", "False", "Failed", told, since=ago(minutes=10)),
            ),
            last_failure_time=ago(minutes=10),
            failed_issuance_attempts=attempts,
            diagnosis=diagnosis,
        )
    )
