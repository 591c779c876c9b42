"""Key stores that a Certificate can ask for next to its PEM files."""

from typing import Annotated, ClassVar

from orderapi.references import SecretKeySelector
from orderapi.wire import Wire, crd


class JksKeystore(Wire):
    """A Java key store."""

    hidden: ClassVar = frozenset({"password"})

    create: bool
    """Whether keystore.jks is added to the Secret (and truststore.jks where the issuer tells its
    CA)."""
    alias: str | None = None
    """Alias of the entry; certificate by default."""
    password: str | None = None
    """Password of the store, in the clear; for programs that need some password. Excludes
    passwordSecretRef."""
    password_secret_ref: SecretKeySelector | None = None
    """Secret entry that holds the password of the store. Excludes password."""


class Pkcs12Keystore(Wire):
    """A PKCS #12 key store."""

    hidden: ClassVar = frozenset({"password"})

    create: bool
    """Whether keystore.p12 is added to the Secret (and truststore.p12 where the issuer tells its
    CA)."""
    profile: (
        Annotated[str, crd(enum=["LegacyRC2", "LegacyDES", "Modern2023", "Modern2026"])] | None
    ) = None
    """Algorithms of the store: LegacyRC2 (the default) and LegacyDES for old programs, Modern2023
    and Modern2026 for others."""
    password: str | None = None
    """Password of the store, in the clear; for programs that need some password. Excludes
    passwordSecretRef."""
    password_secret_ref: SecretKeySelector | None = None
    """Secret entry that holds the password of the store. Excludes password."""


class Keystores(Wire):
    """Key stores to keep next to the PEM files."""

    jks: JksKeystore | None = None
    """A Java key store."""
    pkcs12: Pkcs12Keystore | None = None
    """A PKCS #12 key store."""
