"""What never changes once an object is made, whoever asks."""

from collections.abc import Callable, Iterator

from orderapi.frozen import changed_fields
from webhook.rules.undecoded import Parts, fields, texts
from webhook.rules.wording import at_field, at_key
from webhook.verdict import Fault, Rule


def _of_spec(_field: str) -> Rule:
    return "spec"


def spec_faults(
    old: Parts, new: Parts, text: str, rule_of: Callable[[str], Rule] = _of_spec
) -> Iterator[Fault]:
    """One for each field of the spec that is not what it was; `text` is said of each, and
    `rule_of` tells its rule."""
    if old.spec != new.spec:
        for name in changed_fields(fields(old.spec), fields(new.spec)):
            yield Fault(at_field("spec", name), text, rule_of(name))


def annotation_faults(
    old: Parts, new: Parts, prefixes: tuple[str, ...], text: str
) -> Iterator[Fault]:
    """One for each annotation with one of the prefixes that is not what it was; `text` is said of
    each."""
    before, after = old.metadata.annotations, new.metadata.annotations
    if before != after:
        for key in changed_keys(texts(before), texts(after)):
            if key.startswith(prefixes):
                yield Fault(at_key("metadata.annotations", key), text, "annotations")


def changed_keys(old: dict[str, str], new: dict[str, str]) -> list[str]:
    """The keys whose values differ, or that only one of them has, sorted."""
    return sorted({key for key, _ in old.items() ^ new.items()})
