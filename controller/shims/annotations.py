"""Annotations of an Ingress or Gateway as fields of a Certificate's spec. Pure.

All faults are found at once, each naming its annotation and value. What a spec may say is checked
where requests are made of it (`controller.pki`); here its field paths are put into the words that
the annotation's author knows.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from controller.pki.csr import spec_faults
from controller.pki.faults import quoted
from controller.shims.hosts import distinct_addresses, names_of
from controller.shims.lists import fields, words
from orderapi import names
from orderapi.certificate import CertificateSpec, PrivateKey, SecretTemplate, Subject
from orderapi.durations import format_duration, parse_duration
from orderapi.references import IssuerRef
from orderapi.wire import wire_name

USAGES: Final = ("digital signature", "key encipherment")
"""What a Certificate asks for where no annotation says otherwise."""

ROTATION_POLICIES: Final = ("Never", "Always")
_MAX_INT32: Final = 2**31 - 1
_INTEGER: Final = re.compile(r"[+-]?[0-9]{1,10}", re.ASCII)
_PATH: Final = re.compile(r"(?P<path>spec(?:\.[A-Za-z]+)+)(?:\[[0-9]+\])?")
_TERMS: Final = (names.DURATION, names.RENEW_BEFORE, names.RENEW_BEFORE_PERCENTAGE)

_SUBJECT: Final = {
    "organizations": names.SUBJECT_ORGANIZATIONS,
    "organizational_units": names.SUBJECT_ORGANIZATIONAL_UNITS,
    "countries": names.SUBJECT_COUNTRIES,
    "provinces": names.SUBJECT_PROVINCES,
    "localities": names.SUBJECT_LOCALITIES,
    "street_addresses": names.SUBJECT_STREET_ADDRESSES,
    "postal_codes": names.SUBJECT_POSTAL_CODES,
}
_PRIVATE_KEY: Final = {
    "algorithm": names.PRIVATE_KEY_ALGORITHM,
    "size": names.PRIVATE_KEY_SIZE,
    "encoding": names.PRIVATE_KEY_ENCODING,
    "rotation_policy": names.PRIVATE_KEY_ROTATION_POLICY,
}
_FIELDS: Final = {
    "common_name": names.COMMON_NAME,
    "dns_names": names.ALT_NAMES,
    "ip_addresses": names.IP_SANS,
    "email_addresses": names.EMAIL_SANS,
    "duration": names.DURATION,
    "renew_before": names.RENEW_BEFORE,
    "renew_before_percentage": names.RENEW_BEFORE_PERCENTAGE,
    "usages": names.USAGES,
    "revision_history_limit": names.REVISION_HISTORY_LIMIT,
    "secret_template": names.SECRET_TEMPLATE,
}
TRANSLATED: Final = (
    *_FIELDS.values(),
    *_SUBJECT.values(),
    names.SUBJECT_SERIAL_NUMBER,
    *_PRIVATE_KEY.values(),
)
"""Every annotation that becomes a part of the spec."""

SPEC_FIELDS: Final = (*_FIELDS, "subject", "private_key", "secret_name", "issuer_ref")
"""Every attribute of a CertificateSpec that the shims set, and so take out where it is unset."""

_ANNOTATION_OF: Final = {
    **{f"spec.{wire_name(field)}": key for field, key in _FIELDS.items()},
    **{f"spec.subject.{wire_name(field)}": key for field, key in _SUBJECT.items()},
    "spec.subject.serialNumber": names.SUBJECT_SERIAL_NUMBER,
    **{f"spec.privateKey.{wire_name(field)}": key for field, key in _PRIVATE_KEY.items()},
}


@dataclass(frozen=True, slots=True)
class Translated:
    """The spec as far as annotations say it, and what is wrong with them.

    `spec` names no Secret and no issuer; it is to be used only where there is no fault. Faults
    begin with the annotation.
    """

    spec: CertificateSpec
    faults: tuple[str, ...] = ()


class _Template(msgspec.Struct, forbid_unknown_fields=True):
    annotations: dict[str, str] | None = None
    labels: dict[str, str] | None = None


def translate(annotations: Mapping[str, str]) -> Translated:
    """What the annotations ask for. Total: any text is translated or is a fault."""
    reader = _Reader(annotations)
    read = reader.read
    alternatives = names_of(read(names.ALT_NAMES, words) or ())
    addresses = (*alternatives.ip_addresses, *(read(names.IP_SANS, words) or ()))
    spec = CertificateSpec(
        secret_name="",
        issuer_ref=IssuerRef(name=""),
        common_name=annotations.get(names.COMMON_NAME) or None,
        dns_names=alternatives.dns_names,
        ip_addresses=distinct_addresses(addresses),
        email_addresses=read(names.EMAIL_SANS, words) or (),
        subject=_subject(reader),
        duration=read(names.DURATION, _duration),
        renew_before=read(names.RENEW_BEFORE, _duration),
        renew_before_percentage=read(names.RENEW_BEFORE_PERCENTAGE, _percentage),
        private_key=_private_key(reader),
        usages=read(names.USAGES, words) or USAGES,
        secret_template=read(names.SECRET_TEMPLATE, _secret_template),
        revision_history_limit=read(names.REVISION_HISTORY_LIMIT, _positive),
    )
    faults = (*reader.faults, *_spec_faults(spec, annotations))
    return Translated(_as_the_api_writes_it(spec), faults)


class _Reader:
    """Reads annotations one by one, and keeps what is wrong with each."""

    def __init__(self, annotations: Mapping[str, str]) -> None:
        self._annotations = annotations
        self.faults: list[str] = []

    def read(self, key: str, parse: Callable[[str], Any]) -> Any:
        """What `parse` makes of the value; None where there is none, or a wrong one."""
        text = self._annotations.get(key)
        if text is None:
            return None
        try:
            return parse(text)
        except ValueError as error:
            self.faults.append(f"{key}: {quoted(text)} {error}")
            return None


def _subject(reader: _Reader) -> Subject | None:
    lists = {field: reader.read(key, fields) or () for field, key in _SUBJECT.items()}
    serial = reader.read(names.SUBJECT_SERIAL_NUMBER, str) or None
    subject = Subject(**lists, serial_number=serial)
    return None if subject == Subject() else subject


def _private_key(reader: _Reader) -> PrivateKey | None:
    key = PrivateKey(
        algorithm=reader.read(names.PRIVATE_KEY_ALGORITHM, _written),
        size=reader.read(names.PRIVATE_KEY_SIZE, _positive),
        encoding=reader.read(names.PRIVATE_KEY_ENCODING, _written),
        rotation_policy=reader.read(names.PRIVATE_KEY_ROTATION_POLICY, _rotation_policy),
    )
    return None if key == PrivateKey() else key


def _written(text: str) -> str:
    if not text:
        raise ValueError("is empty")
    return text


def _rotation_policy(text: str) -> str:
    if text not in ROTATION_POLICIES:
        raise ValueError(f"is not one of {', '.join(ROTATION_POLICIES)}")
    return text


def _duration(text: str) -> str:
    try:
        parse_duration(text)
    except ValueError:
        raise ValueError("is not a duration; write it like 2160h, 1h30m or 90s") from None
    return text


def _positive(text: str) -> int:
    number = int(text) if _INTEGER.fullmatch(text) else 0
    if not 1 <= number <= _MAX_INT32:
        raise ValueError("is not a whole number from 1 on, such as 3")
    return number


def _percentage(text: str) -> int:
    number = int(text) if _INTEGER.fullmatch(text) else 0
    if not 0 < number < 100:
        raise ValueError("is not a whole number between 1 and 99")
    return number


def _secret_template(text: str) -> SecretTemplate | None:
    try:
        template = msgspec.json.decode(text, type=_Template)
    except (msgspec.DecodeError, UnicodeEncodeError) as error:
        raise ValueError(
            f'is not a JSON object with "annotations" and "labels" alone: {error}'
        ) from None
    annotations = template.annotations or {}
    for key in annotations:
        if key.startswith(f"{names.GROUP}/"):
            raise ValueError(f"holds {quoted(key)}: {names.GROUP}/ annotations are not allowed")
    found = SecretTemplate(annotations=annotations, labels=template.labels or {})
    return None if found == SecretTemplate() else found


def _spec_faults(spec: CertificateSpec, annotations: Mapping[str, str]) -> list[str]:
    """What no request can be made of, in the words of annotations."""
    told = (_in_annotations(fault, annotations) for fault in spec_faults(spec))
    return [fault for fault in told if fault is not None]


def _in_annotations(fault: str, annotations: Mapping[str, str]) -> str | None:
    """The sentence with annotations in place of field paths; None where it is about none."""
    path = _PATH.match(fault)
    key = _ANNOTATION_OF.get(path["path"]) if path is not None else None
    if path is None or key is None:
        return None
    rest = fault[path.end() :].removeprefix(": ")
    if key in _TERMS:  # these speak of each other, and quote nothing that looks like a path
        rest = _PATH.sub(lambda other: _ANNOTATION_OF.get(other["path"], other[0]), rest)
    value = annotations[key]
    names_value = rest.startswith(('"', value))
    return f"{key}: {rest}" if names_value else f"{key}: {quoted(value)} {rest}"


def _as_the_api_writes_it(spec: CertificateSpec) -> CertificateSpec:
    """Durations in the one form that Go prints: 1440m is written 24h0m0s."""

    def printed(text: str | None) -> str | None:
        return text if text is None else format_duration(parse_duration(text))

    return msgspec.structs.replace(
        spec, duration=printed(spec.duration), renew_before=printed(spec.renew_before)
    )
