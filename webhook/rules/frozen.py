"""What never changes once an Order or Challenge is made, whoever asks."""

from collections.abc import Iterator

from orderapi.frozen import changed_fields
from orderapi.names import ACME_GROUP
from webhook.rules.parts import Parts, fields, texts
from webhook.rules.wording import at_field, at_key
from webhook.verdict import Fault

_ANNOTATIONS = f"{ACME_GROUP}/"


def spec_faults(old: Parts, new: Parts, instead: str) -> Iterator[Fault]:
    """One for each field of the spec that is not what it was; `instead`: what to do."""
    if old.spec != new.spec:
        for name in changed_fields(fields(old.spec), fields(new.spec)):
            yield Fault(at_field("spec", name), f"never changes after creation; {instead}", "spec")


def annotation_faults(old: Parts, new: Parts, instead: str) -> Iterator[Fault]:
    """One for each `acme.cert-manager.io` annotation that is not what it was."""
    before, after = old.metadata.annotations, new.metadata.annotations
    if before != after:
        for key in changed_keys(texts(before), texts(after)):
            if key.startswith(_ANNOTATIONS):
                text = f"may change the solver, and never changes after creation; {instead}"
                yield Fault(at_key("metadata.annotations", key), text, "annotations")


def changed_keys(old: dict[str, str], new: dict[str, str]) -> list[str]:
    """The keys whose values differ, or that only one of them has, sorted."""
    return sorted({key for key, _ in old.items() ^ new.items()})
