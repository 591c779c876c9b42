"""The words that people read on an Ingress or Gateway. Pure."""

from controller.pki.faults import quoted
from orderapi.certificate import Certificate
from orderapi.meta import controller_of

MOST_TOLD = 10
"""How many faults of one source are told; that there are more is told too."""

_MOST_NAMES = 3


def bad_issuer(kind: str, why: str) -> str:
    """Which issuer is meant cannot be told."""
    return f"Could not determine issuer for {kind.lower()} due to bad annotations: {why}"


def bad_annotation(kind: str, why: str) -> str:
    """`why` begins with the annotation."""
    return (
        f"Bad annotation {why}. The Certificates of this {kind} stay as they are until it is "
        "corrected."
    )


def not_its_own(kind: str, found: Certificate, lacking: tuple[str, ...]) -> str:
    """The name of a Certificate is taken by one that the source does not control, and that lacks
    these names, or is for another Secret."""
    meta, owner = found.metadata, controller_of(found)
    whose = (
        f"{owner.kind} {quoted(owner.name)} controls it"
        if owner is not None
        else "nothing controls it, so it was made by somebody else"
    )
    return (
        f"Certificate {quoted(meta.name)} is left as it is: {whose}, not this {kind}. "
        f"{_shortfall(found, lacking)}"
    )


def not_written(verb: str, name: str, why: str) -> str:
    """The API server refused a Certificate."""
    return f"Could not {verb} Certificate {quoted(name)}: {why}. It is tried again by itself."


def undone(name: str) -> str:
    """The API server takes a change and keeps nothing of it."""
    return (
        f"Certificate {quoted(name)} stays as it is: something that the API server asks, most "
        "likely an admission webhook, undoes the change. It is tried again by itself."
    )


def created(name: str) -> str:
    """A Certificate was made."""
    return f"Successfully created Certificate {quoted(name)}"


def updated(name: str) -> str:
    """A Certificate was changed."""
    return f"Successfully updated Certificate {quoted(name)}"


def deleted(name: str) -> str:
    """A Certificate that no part of the source needs any more was deleted."""
    return f"Successfully deleted unrequired Certificate {quoted(name)}"


def limited(faults: tuple[str, ...]) -> tuple[str, ...]:
    """The first ten faults, and that there are more."""
    more = len(faults) - MOST_TOLD
    if more <= 0:
        return faults
    return (*faults[:MOST_TOLD], f"There are {more} more faults of this kind.")


def _shortfall(found: Certificate, lacking: tuple[str, ...]) -> str:
    name, secret = quoted(found.metadata.name), found.spec.secret_name
    if secret != found.metadata.name:
        return (
            f"Its certificate goes into Secret {quoted(secret)}: name that Secret here, or rename "
            f"the Certificate, so that one for Secret {name} can be made."
        )
    more = len(lacking) - _MOST_NAMES
    told = ", ".join(map(quoted, lacking[:_MOST_NAMES])) + (f" and {more} more" if more > 0 else "")
    return f"It lacks {told}: name another Secret here, or add the names there."
