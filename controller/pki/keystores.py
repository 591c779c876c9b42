"""The key stores that `spec.keystores` asks for, as entries of the Secret.

Refuses to write a store without a password, or to put a password into a message.
"""

from datetime import datetime
from typing import Final, NamedTuple

from controller.pki.faults import InvalidSpec
from controller.pki.jks import jks_keystore, jks_truststore
from controller.pki.keys import Key
from controller.pki.leaf import MAX_BUNDLE_BYTES, certificates
from controller.pki.pkcs12 import pkcs12_keystore, pkcs12_truststore
from orderapi import defaults
from orderapi.keystores import JksKeystore, Keystores, Pkcs12Keystore

KEYSTORE_JKS: Final = "keystore.jks"
TRUSTSTORE_JKS: Final = "truststore.jks"
KEYSTORE_P12: Final = "keystore.p12"
TRUSTSTORE_P12: Final = "truststore.p12"


class Passwords(NamedTuple):
    """What passwordSecretRefs lead to; unused where the spec has the password itself."""

    jks: bytes = b""
    pkcs12: bytes = b""

    def __repr__(self) -> str:
        """Hides the passwords."""
        return "Passwords(…)"


def keystore_names(keystores: Keystores | None, *, has_ca: bool) -> tuple[str, ...]:
    """The entries that `keystores` ask for, trust stores only where there is a CA to put in."""
    names = []
    if keystores and keystores.pkcs12 and keystores.pkcs12.create:
        names += [KEYSTORE_P12, TRUSTSTORE_P12] if has_ca else [KEYSTORE_P12]
    if keystores and keystores.jks and keystores.jks.create:
        names += [KEYSTORE_JKS, TRUSTSTORE_JKS] if has_ca else [KEYSTORE_JKS]
    return tuple(names)


def keystore_entries(
    keystores: Keystores | None,
    *,
    key: Key,
    chain_pem: bytes,
    ca_pem: bytes,
    passwords: Passwords,
    now: datetime,
) -> dict[str, bytes]:
    """The entries that `keystores` ask for. `chain_pem` has the leaf first, `ca_pem` may be empty.

    Raises `InvalidSpec` for a missing password or a bad profile, `Unreadable` for a bad chain.
    """
    entries: dict[str, bytes] = {}
    if keystores is None:
        return entries
    if keystores.pkcs12 is not None and keystores.pkcs12.create:
        entries |= _pkcs12(
            keystores.pkcs12, key=key, chain_pem=chain_pem, ca_pem=ca_pem, given=passwords.pkcs12
        )
    if keystores.jks is not None and keystores.jks.create:
        entries |= _jks(
            keystores.jks,
            key=key,
            chain_pem=chain_pem,
            ca_pem=ca_pem,
            given=passwords.jks,
            now=now,
        )
    return entries


def _pkcs12(
    store: Pkcs12Keystore, *, key: Key, chain_pem: bytes, ca_pem: bytes, given: bytes
) -> dict[str, bytes]:
    chain = certificates(chain_pem)
    cas = certificates(ca_pem, limit=MAX_BUNDLE_BYTES) if ca_pem else ()
    password = _password("spec.keystores.pkcs12", store.password, given)
    profile = defaults.pkcs12_profile(store)
    entries = {
        KEYSTORE_P12: pkcs12_keystore(
            key=key, chain=chain, cas=cas, password=password, profile=profile
        )
    }
    if cas:
        entries[TRUSTSTORE_P12] = pkcs12_truststore(cas=cas, password=password, profile=profile)
    return entries


def _jks(
    store: JksKeystore,
    *,
    key: Key,
    chain_pem: bytes,
    ca_pem: bytes,
    given: bytes,
    now: datetime,
) -> dict[str, bytes]:
    chain = certificates(chain_pem)
    cas = certificates(ca_pem, limit=MAX_BUNDLE_BYTES) if ca_pem else ()
    password = _password("spec.keystores.jks", store.password, given)
    alias = defaults.jks_alias(store)
    entries = {
        KEYSTORE_JKS: jks_keystore(
            key=key, chain=chain, cas=cas, password=password, alias=alias, now=now
        )
    }
    if cas:
        entries[TRUSTSTORE_JKS] = jks_truststore(cas=cas, password=password, now=now)
    return entries


def _password(path: str, literal: str | None, given: bytes) -> str:
    try:
        password = literal or given.decode()
    except UnicodeDecodeError:
        raise InvalidSpec([f"{path}: the password is not UTF-8 text"]) from None
    if not password:
        raise InvalidSpec([f"{path}: the password is empty; a key store needs one"])
    return password
