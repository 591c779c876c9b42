"""What in a Certificate's spec keeps it from being issued, as sentences that begin with a path."""

from orderapi.certificate import CertificateSpec
from orderapi.validation import certificate
from orderapi.validation.objectnames import is_object_name

__all__ = ["faults_of", "is_object_name"]


def faults_of(spec: CertificateSpec) -> tuple[str, ...]:
    """Everything at once, so that one change of the spec can mend it."""
    return tuple(map(str, certificate.faults_of(spec)))
