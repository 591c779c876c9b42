"""What in a Certificate's spec keeps it from being issued: sentences that begin with a field path.

Pure. What a request is made of is checked where it is made; here stands what is about the objects
around it.
"""

import re
from collections.abc import Iterator
from typing import Final

from controller.pki.csr import spec_faults
from controller.pki.pkcs12 import PROFILES
from orderapi import defaults
from orderapi.certificate import CertificateSpec
from orderapi.keystores import JksKeystore, Pkcs12Keystore

_SUBDOMAIN: Final = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_MAX_NAME: Final = 253


def faults_of(spec: CertificateSpec) -> tuple[str, ...]:
    """Everything at once, so that one change of the spec can mend it."""
    own = (*_secret_name(spec), *_issuer(spec), *_keystores(spec), *_history(spec))
    return (*own, *spec_faults(spec))


def is_object_name(name: str) -> bool:
    """Whether a Secret can have this name."""
    return len(name) <= _MAX_NAME and _SUBDOMAIN.fullmatch(name) is not None


def _secret_name(spec: CertificateSpec) -> Iterator[str]:
    if not spec.secret_name:
        yield "spec.secretName: is empty; it names the Secret for key and certificate"
    elif not is_object_name(spec.secret_name):
        yield "spec.secretName: is not a name that a Secret can have"


def _issuer(spec: CertificateSpec) -> Iterator[str]:
    if not spec.issuer_ref.name:
        yield "spec.issuerRef.name: is empty; it names who signs"


def _keystores(spec: CertificateSpec) -> Iterator[str]:
    if spec.keystores is None:
        return
    for path, store in (("jks", spec.keystores.jks), ("pkcs12", spec.keystores.pkcs12)):
        if store is not None and store.create and not _has_password(store):
            yield f"spec.keystores.{path}: has no password; set passwordSecretRef (name and key)"
    store = spec.keystores.pkcs12
    if store is not None and store.create and defaults.pkcs12_profile(store) not in PROFILES:
        yield f"spec.keystores.pkcs12.profile: is not one of {', '.join(PROFILES)}"


def _history(spec: CertificateSpec) -> Iterator[str]:
    limit = spec.revision_history_limit
    if limit is not None and limit < 1:
        yield f"spec.revisionHistoryLimit: {limit} is less than 1; the request in use is kept"


def _has_password(store: JksKeystore | Pkcs12Keystore) -> bool:
    ref = store.password_secret_ref
    return bool(store.password or (ref and ref.key and is_object_name(ref.name)))
