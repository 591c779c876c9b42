"""Orders and Certificates as a list shows them: the few fields that are told, and no others.

The attributes have the names that they have in orderapi. Certificates' bytes, requests, keys and
tokens are passed over while a page is decoded, so that ten thousand rows take little memory. All
fields have defaults: an odd object makes an odd row and never ends the list.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Final, TypeVar

import msgspec

from orderapi.conditions import Condition
from orderapi.names import CERTIFICATE_NAME
from orderapi.wire import Wire

UNREADABLE: Final = "it cannot be understood: "
"""How the message in the diagnosis of a row begins whose object does not decode; what is wrong with
which field follows."""


class Annotations(Wire):
    """The one annotation that a list tells."""

    certificate_name: str = msgspec.field(default="", name=CERTIFICATE_NAME)


class Owner(Wire):
    """An owner reference."""

    kind: str = ""
    name: str = ""
    uid: str = ""
    controller: bool | None = None


class Meta(Wire):
    """Metadata of a row."""

    name: str = ""
    namespace: str = ""
    uid: str = ""
    creation_timestamp: datetime | None = None
    deletion_timestamp: datetime | None = None
    annotations: Annotations = Annotations()
    owner_references: tuple[Owner, ...] = ()


UNNAMED: Final = Meta()


class RowIssuerRef(Wire):
    """Who signs."""

    name: str = ""
    kind: str = ""
    group: str = ""


class RowDiagnosis(Wire):
    """Why it is not done."""

    cause: str = ""
    message: str = ""
    next_retry_time: datetime | None = None


class OrderRowSpec(Wire):
    """What is ordered."""

    issuer_ref: RowIssuerRef = RowIssuerRef()
    dns_names: tuple[str, ...] = ()
    ip_addresses: tuple[str, ...] = ()


class OrderRowStatus(Wire):
    """How far it has come."""

    state: str = ""
    reason: str = ""
    failure_time: datetime | None = None
    diagnosis: RowDiagnosis | None = None


class OrderRow(Wire):
    """An Order of a list."""

    metadata: Meta = UNNAMED
    spec: OrderRowSpec = OrderRowSpec()
    status: OrderRowStatus = OrderRowStatus()

    @property
    def certificate(self) -> str:
        """Name of the Certificate that it is for; empty where it is for none."""
        return self.metadata.annotations.certificate_name


class CertificateRowSpec(Wire):
    """What the certificate is to be."""

    secret_name: str = ""
    issuer_ref: RowIssuerRef = RowIssuerRef()
    common_name: str = ""
    dns_names: tuple[str, ...] = ()
    ip_addresses: tuple[str, ...] = ()


class CertificateRowStatus(Wire):
    """What the certificate is now."""

    conditions: tuple[Condition, ...] = ()
    not_after: datetime | None = None
    renewal_time: datetime | None = None
    revision: int | None = None
    failed_issuance_attempts: int | None = None
    last_failure_time: datetime | None = None
    diagnosis: RowDiagnosis | None = None


class CertificateRow(Wire):
    """A Certificate of a list."""

    metadata: Meta = UNNAMED
    spec: CertificateRowSpec = CertificateRowSpec()
    status: CertificateRowStatus = CertificateRowStatus()


class MetaRow(Wire):
    """Any object, by its metadata alone."""

    kind: str = ""
    metadata: Meta = UNNAMED


# The items of an empty list of metadata are null.
class _Items(msgspec.Struct, frozen=True):
    items: tuple[msgspec.Raw, ...] | None = ()


class _Version(Wire):
    resource_version: str = ""


class _Versioned(Wire):
    metadata: _Version = _Version()


class _MetaPage(msgspec.Struct, frozen=True):
    items: tuple[MetaRow, ...] | None = ()


R = TypeVar("R", OrderRow, CertificateRow)


def rows_in(page: bytes, type_: type[R]) -> Iterator[R]:
    """The rows of one page of a list."""
    for raw in raw_in(page):
        yield row_in(raw, type_)


def row_in(body: bytes | msgspec.Raw, type_: type[R]) -> R:
    """The row of one object; of one that does not decode its metadata, and why in its diagnosis."""
    try:
        return msgspec.json.decode(body, type=type_)
    except msgspec.ValidationError as error:
        told = {"cause": "unreadable", "message": f"{UNREADABLE}{error}"}
        odd = {"metadata": _meta_of(body), "status": {"diagnosis": told}}
        return msgspec.convert(odd, type_)


def metadata_in(page: bytes) -> tuple[MetaRow, ...]:
    """The metadata of the objects of one page. Raises msgspec.ValidationError."""
    return msgspec.json.decode(page, type=_MetaPage).items or ()


def raw_in(page: bytes) -> tuple[msgspec.Raw, ...]:
    """The objects of one page, not yet decoded. Raises msgspec.ValidationError."""
    return msgspec.json.decode(page, type=_Items).items or ()


def version_in(body: bytes) -> str:
    """The version of an object, or of a list: where a watch may begin."""
    return msgspec.json.decode(body, type=_Versioned).metadata.resource_version


def _meta_of(body: bytes | msgspec.Raw) -> Meta:
    try:
        return msgspec.json.decode(body, type=MetaRow).metadata
    except msgspec.ValidationError:
        return Meta(name="?")
