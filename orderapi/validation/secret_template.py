"""`spec.secretTemplate`: labels and annotations that a Secret can have."""

from collections.abc import Iterator
from typing import Final

from orderapi.certificate import SecretTemplate
from orderapi.names import ALLOW_DIRECT_INJECTION, GROUP
from orderapi.validation.fault import SpecFault, quoted
from orderapi.validation.objectnames import is_key, is_label_value

_LABELS: Final = "spec.secretTemplate.labels"
_ANNOTATIONS: Final = "spec.secretTemplate.annotations"
_MAX_ANNOTATION_BYTES: Final = 256 * 1024
"""All keys and values of one object, as the API server counts."""


def template_faults(template: SecretTemplate | None) -> Iterator[SpecFault]:
    """What keeps the API server from taking the Secret."""
    if template is None:
        return
    for key, value in template.labels.items():
        if not is_key(key):
            yield SpecFault(_LABELS, f"{quoted(key)} is not a key that a label can have")
        if not is_label_value(value):
            yield SpecFault(
                _LABELS, f"{quoted(key)} has {quoted(value)}, which is not a label's value"
            )
    for key in template.annotations:
        # Of annotations alone, the API server takes keys in any case.
        if not is_key(key.lower()):
            yield SpecFault(_ANNOTATIONS, f"{quoted(key)} is not a key that an annotation can have")
    if sum(map(_size, template.annotations.items())) > _MAX_ANNOTATION_BYTES:
        yield SpecFault(_ANNOTATIONS, f"are longer than {_MAX_ANNOTATION_BYTES:,} bytes together")


def reserved_annotation_faults(template: SecretTemplate | None) -> Iterator[SpecFault]:
    """Annotations that the Secret gets with other values, whatever stands in the template."""
    for key in template.annotations if template else ():
        if key.startswith(f"{GROUP}/") and key != ALLOW_DIRECT_INJECTION:
            yield SpecFault(
                _ANNOTATIONS,
                f"{quoted(key)} is not taken: annotations of {GROUP}/ are written by the "
                f"controller, {ALLOW_DIRECT_INJECTION} excepted; leave it out",
            )


def _size(entry: tuple[str, str]) -> int:
    return sum(len(text.encode(errors="surrogatepass")) for text in entry)
