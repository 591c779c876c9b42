"""`spec.keystores`."""

from collections.abc import Iterator
from typing import Final

from orderapi import defaults
from orderapi.keystores import JksKeystore, Keystores, Pkcs12Keystore
from orderapi.validation.fault import SpecFault, not_one_of
from orderapi.validation.objectnames import is_object_name

PROFILES: Final = ("LegacyRC2", "LegacyDES", "Modern2023", "Modern2026")


def keystore_faults(stores: Keystores | None) -> Iterator[SpecFault]:
    """What keeps a store that is to be made from being made."""
    for path, store in _stores(stores):
        if store.create and not _has_password(store):
            yield SpecFault(path, "has no password; set passwordSecretRef (name and key)")
    pkcs12 = stores.pkcs12 if stores else None
    if pkcs12 and pkcs12.create and defaults.pkcs12_profile(pkcs12) not in PROFILES:
        yield not_one_of("spec.keystores.pkcs12.profile", pkcs12.profile or "", PROFILES)


def password_faults(stores: Keystores | None) -> Iterator[SpecFault]:
    """Passwords given twice, and those that a store which is not made, or not yet, lacks."""
    for path, store in _stores(stores):
        if store.password_secret_ref is not None and store.password is not None:
            yield SpecFault(path, "has both passwordSecretRef and password; keep one of them")
        elif store.password == "":
            yield SpecFault(f"{path}.password", "is empty; set it, or passwordSecretRef in place")
        elif not (store.create or store.password or store.password_secret_ref):
            yield SpecFault(path, "has no password, which it needs even where create is false")


def _stores(stores: Keystores | None) -> Iterator[tuple[str, JksKeystore | Pkcs12Keystore]]:
    if stores and stores.jks:
        yield "spec.keystores.jks", stores.jks
    if stores and stores.pkcs12:
        yield "spec.keystores.pkcs12", stores.pkcs12


def _has_password(store: JksKeystore | Pkcs12Keystore) -> bool:
    ref = store.password_secret_ref
    return bool(store.password or (ref and ref.key and is_object_name(ref.name)))
