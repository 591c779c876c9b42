"""References from one object to another, by name. They never cross a namespace."""

from orderapi.wire import Wire


class IssuerRef(Wire):
    """Names the issuer of a certificate; see `defaults.issuer_kind` and `issuer_group`."""

    name: str
    """Name of the issuer."""
    kind: str = ""
    """Kind of the issuer: Issuer (the default) or ClusterIssuer; a kind of another group is left to
    its own controller."""
    group: str = ""
    """API group of the issuer; cert-manager.io when empty."""


class LocalObjectReference(Wire):
    """Names an object of a known kind in the same namespace."""

    name: str
    """Name of the object."""


class SecretKeySelector(Wire):
    """One entry of a Secret."""

    name: str
    """Name of the Secret, in the namespace of the object; for a ClusterIssuer in the cluster
    resource namespace."""
    key: str | None = None
    """Entry of the Secret's data that is read. Some uses have a default for it, others need it."""


class ServiceAccountRef(Wire):
    """A ServiceAccount whose token is requested when it is needed."""

    name: str
    """Name of the ServiceAccount; its tokens are short-lived and made for each use."""
    audiences: tuple[str, ...] = ()
    """Audiences to ask for in addition to the one that the service expects by default."""
