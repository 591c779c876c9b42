"""Which of several Certificates with the same secretName may write the Secret.

The one that the Secret was issued for, else the oldest; ties go by name. Pure, and the same answer
for each of them: so that no two ever write in turn.
"""

from collections.abc import Iterable
from datetime import UTC, datetime

from orderapi.certificate import Certificate


def owner_of_secret(
    certificate: Certificate, rivals: Iterable[Certificate], issued_for: str
) -> Certificate:
    """Whoever may write, of `certificate` and the others of its namespace with its secretName.

    `issued_for` is the Secret's certificate-name annotation, empty where there is none. Those that
    are being deleted count no more, but for `certificate` itself.
    """
    living = [rival for rival in rivals if rival.metadata.deletion_timestamp is None]
    contenders = {each.metadata.name: each for each in (*living, certificate)}
    return contenders.get(issued_for) or min(contenders.values(), key=_age)


def why_not(certificate: Certificate, owner: Certificate, issued_for: str) -> str:
    """What the one that may not write tells its people."""
    name, secret = owner.metadata.name, certificate.spec.secret_name
    right = "the Secret was issued for it" if name == issued_for else "it is the older one"
    return (
        f'Certificate "{name}" has the same secretName "{secret}", and {right}. This Certificate '
        f"is not issued until one of the two names another Secret."
    )


def _age(certificate: Certificate) -> tuple[datetime, str]:
    never = datetime.max.replace(tzinfo=UTC)
    return certificate.metadata.creation_timestamp or never, certificate.metadata.name
