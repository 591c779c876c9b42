"""`spec.usages`."""

from collections.abc import Iterator

from orderapi import defaults
from orderapi.usages import USAGES
from orderapi.validation.fault import SpecFault, quoted


def usage_faults(usages: tuple[str, ...], *, is_ca: bool | None) -> Iterator[SpecFault]:
    """What is wrong with the usages that are asked for."""
    for index, name in enumerate(usages):
        if name not in USAGES:
            yield SpecFault(f"spec.usages[{index}]", f"{quoted(name)} is not a known usage")
    wanted = frozenset(defaults.usages(usages, is_ca=is_ca))
    if wanted & {"encipher only", "decipher only"} and "key agreement" not in wanted:
        # RFC 5280 section 4.2.1.3: without it their meaning is undefined.
        yield SpecFault("spec.usages", '"encipher only" and "decipher only" need "key agreement"')
