"""Temporary certificates: what a Secret holds until the true one is issued, where that is wanted.

Some programs do not start without a certificate. This one is signed by a CA that is thrown away at
once, so nobody can trust it, and it says so in its subject.
"""

from datetime import datetime, timedelta
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from controller.pki.csr import wanted_content
from controller.pki.faults import InvalidSpec
from controller.pki.keys import Key
from controller.pki.leaf import TEMPORARY_SERIAL_NUMBER
from orderapi import defaults
from orderapi.certificate import CertificateSpec
from orderapi.validation.certificate import content_faults
from orderapi.validation.fault import SpecFault

_AUTHORITY: Final = "cert-manager.local"


def temporary_certificate(spec: CertificateSpec, key: Key, *, now: datetime) -> bytes:
    """A certificate for `key` with the names of `spec`, valid from `now` (aware) on, as PEM.

    Raises `InvalidSpec`.
    """
    faults = content_faults(spec)
    lifetime = _lifetime(spec)
    if faults or isinstance(lifetime, SpecFault):
        raise InvalidSpec((*faults, lifetime) if isinstance(lifetime, SpecFault) else faults)
    content = wanted_content(spec)
    authority = ec.generate_private_key(ec.SECP521R1())
    builder = x509.CertificateBuilder(
        issuer_name=x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, _AUTHORITY)]),
        subject_name=_marked(content.subject),
        public_key=key.public_key(),
        serial_number=x509.random_serial_number(),
        not_valid_before=now,
        not_valid_after=now + lifetime,
    )
    for extension, critical in content.extensions:
        builder = builder.add_extension(extension, critical)
    if not spec.is_ca:
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), True)
    return builder.sign(authority, hashes.SHA512()).public_bytes(Encoding.PEM)


def _marked(subject: x509.Name) -> x509.Name:
    kept = [rdn for rdn in subject.rdns if not rdn.get_attributes_for_oid(NameOID.SERIAL_NUMBER)]
    mark = x509.NameAttribute(NameOID.SERIAL_NUMBER, TEMPORARY_SERIAL_NUMBER)
    return x509.Name([*kept, x509.RelativeDistinguishedName([mark])])


def _lifetime(spec: CertificateSpec) -> timedelta | SpecFault:
    try:
        return max(defaults.duration(spec), timedelta(minutes=1))
    except ValueError as error:
        return SpecFault("spec.duration", str(error))
