"""One cluster: what belongs to one certificate, lists of Orders and Certificates, and one write.

Whatever the API server refuses ends as a Failure with an exit code and a hint; what may not be read
of a chain is told in the chain. The only write sets the condition Issuing of a Certificate.
"""

from collections.abc import Generator, Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any, Final, TextIO, TypeVar

import msgspec

from kubectl_order.access.api import METADATA_LIST, Api
from kubectl_order.access.errors import ApiError, Conflict, Forbidden, NotFound
from kubectl_order.access.kubeconfig import credentials
from kubectl_order.facts import Absent, Chain, Event, Leader, Subject, Unread
from kubectl_order.failure import Exit, Failure
from kubectl_order.flags import Flags, seconds
from kubectl_order.reading.gather import Gatherer
from kubectl_order.reading.kinds import EVENT, place, spelled
from kubectl_order.reading.leader import leader
from kubectl_order.reading.reader import Reader, Undecodable
from kubectl_order.reading.refusals import WRITE, forbidden, told
from kubectl_order.rows import (
    CertificateRow,
    OrderRow,
    metadata_in,
)
from kubectl_order.text import escaped
from orderapi.certificate import Certificate
from orderapi.certificaterequest import CertificateRequest
from orderapi.conditions import TRUE, Condition, with_condition
from orderapi.meta import Object
from orderapi.names import ISSUING
from orderapi.order import Order
from orderapi.resources import CERTIFICATE, CERTIFICATE_REQUEST, ORDER, Resource

T = TypeVar("T", bound=Object)
R = TypeVar("R", OrderRow, CertificateRow)

FIELD_MANAGER: Final = "kubectl-order"

_MERGE_PATCH: Final = "application/merge-patch+json"
_TRACED: Final = 6
_COMPLETIONS: Final = 500
_COMPLETION_PAGES: Final = 10


def connect(flags: Flags, environ: Mapping[str, str], stderr: TextIO) -> "Cluster":
    """The cluster that flags and kubeconfig name; nothing is asked of it yet. Raises Failure."""

    def trace(line: str) -> None:
        print(escaped(line), file=stderr)

    def waiting(sentence: str) -> None:
        trace(f"{sentence}; --request-timeout sets a limit")

    with told():
        known = credentials(flags, environ)
        api = Api(
            known,
            timeout=seconds(flags.request_timeout, "--request-timeout"),
            trace=trace if flags.verbosity >= _TRACED else None,
            waiting=waiting,
        )
    return Cluster(api, flags.namespace or known.namespace or "default")


class Cluster:
    """The cluster, and the namespace that commands are about. For one thread."""

    def __init__(self, api: Api, namespace: str) -> None:
        self.api = api
        self.namespace = namespace

    @property
    def now(self) -> datetime:
        """The API server's time, in UTC."""
        return self.api.now

    def close(self) -> None:
        """Close the connection."""
        self.api.close()

    def chain_of(self, subject: Subject, *, history: bool = False) -> Chain:
        """The chain around the subject, which is not read again; `history` has `past` filled in.

        What may not be read is told in the chain. Raises Failure where the server is gone.
        """
        with told():
            return Gatherer(Reader(self.api), subject, history=history).chain()

    def leader(self) -> Leader | Absent | Unread:
        """The controller's Lease, or why it is not known. Raises Failure."""
        with told():
            return leader(Reader(self.api))

    def again(self, subject: Subject) -> Subject:
        """The subject as it is now. Raises Failure, NOT_FOUND where it is gone or is another one of
        the same name."""
        meta = subject.metadata
        resource: Resource[Any] = _resource_of(subject)
        found: Subject = self.get(resource, meta.name, meta.namespace)
        if found.metadata.uid != meta.uid:
            raise Failure(
                f'the {resource.kind} "{meta.name}" was deleted, and another one made',
                exit=Exit.NOT_FOUND,
            )
        return found

    def certificate(self, name: str, namespace: str = "") -> Certificate:
        """The Certificate; of this namespace unless told. Raises Failure."""
        return self.get(CERTIFICATE, name, namespace)

    def get(self, resource: Resource[T], name: str, namespace: str = "") -> T:
        """The object of that name; of this namespace unless told. Raises Failure."""
        namespace = namespace or self.namespace
        with told():
            try:
                return Reader(self.api).get(resource, namespace, name)
            except NotFound as error:
                # An empty reason is what the server says of a kind that it does not know.
                if not error.reason:
                    raise
                raise _missing(resource, name, namespace) from error
            except Forbidden as error:
                raise forbidden(error, resource, namespace) from error
            except Undecodable as error:
                raise Failure(str(error), exit=Exit.FAILED) from error

    def orders(self, *, all_namespaces: bool = False, selector: str = "") -> Iterator[OrderRow]:
        """The Orders of this namespace, or of all, that have these labels. Raises Failure."""
        return self._rows(ORDER, OrderRow, all_namespaces, selector)

    def certificates(
        self, *, all_namespaces: bool = False, selector: str = ""
    ) -> Iterator[CertificateRow]:
        """The Certificates of this namespace, or of all, that have these labels. Raises Failure."""
        return self._rows(CERTIFICATE, CertificateRow, all_namespaces, selector)

    def events_of(self, chain: Chain) -> tuple[Event, ...]:
        """The events of the chain's objects, the oldest first. Raises Failure."""
        from kubectl_order.reading.events import events_of

        with told():
            try:
                return events_of(self.api, chain)
            except Forbidden as error:
                raise forbidden(error, EVENT, chain.namespace) from error

    def changes(self, chain: Chain, timeout: float) -> Generator[str, None, None]:
        """A sign at once, whenever the chain may have changed (`order/web-1`), and at least every
        30 seconds (empty), for `timeout` seconds. Close it to end its threads. Raises Failure."""
        from kubectl_order.reading.changes import changes

        with told():
            yield from changes(self.api, chain, timeout=timeout)

    def names(self, kind: str, namespace: str = "", prefix: str = "") -> tuple[str, ...]:
        """Names of that kind, as kubectl spells it, that begin so; 500 at most. Empty where they
        cannot be had."""
        resource = spelled(kind)
        found: list[str] = []
        if resource is None:
            return ()
        with suppress(ApiError, msgspec.DecodeError):
            path = place(resource, namespace or self.namespace)
            pages = self.api.pages(path, limit=_COMPLETIONS, accept=METADATA_LIST)
            for _, page in zip(range(_COMPLETION_PAGES), pages, strict=False):
                rows = metadata_in(page)
                found += [name for row in rows if (name := row.metadata.name).startswith(prefix)]
                if len(found) >= _COMPLETIONS:
                    break
        return tuple(found[:_COMPLETIONS])

    def start_issuing(
        self, certificate: Certificate, *, reason: str, message: str, dry_run: bool = False
    ) -> Certificate:
        """Set the condition Issuing to True, which begins an issuance; `dry_run` has the server do
        all but store it.

        It is bound to the version that was read: where that has changed since, it is read and tried
        once more. Raises Failure.
        """
        with told():
            try:
                return self._set_issuing(certificate, reason, message, dry_run=dry_run)
            except Conflict:
                newer = self.again(certificate)
                assert isinstance(newer, Certificate)  # noqa: S101  the kind cannot change
                return self._set_issuing(newer, reason, message, dry_run=dry_run)

    def _set_issuing(
        self, certificate: Certificate, reason: str, message: str, *, dry_run: bool
    ) -> Certificate:
        meta = certificate.metadata
        query = {"fieldManager": FIELD_MANAGER, **({"dryRun": "All"} if dry_run else {})}
        try:
            answer = self.api.patch(
                f"{place(CERTIFICATE, meta.namespace, meta.name)}/status",
                msgspec.json.encode(_issuing(certificate, reason, message, self.now)),
                content_type=_MERGE_PATCH,
                query=query,
            )
        except NotFound as error:
            raise _missing(CERTIFICATE, meta.name, meta.namespace) from error
        except Forbidden as error:
            raise forbidden(error, CERTIFICATE, meta.namespace, role=WRITE) from error
        return msgspec.json.decode(answer, type=Certificate)

    def _rows(
        self, resource: Resource[Any], type_: type[R], all_namespaces: bool, selector: str
    ) -> Iterator[R]:
        from kubectl_order.reading.listing import rows

        namespace = "" if all_namespaces else self.namespace
        query = {"labelSelector": selector} if selector else {}
        with told():
            try:
                yield from rows(self.api, place(resource, namespace), query, type_)
            except Forbidden as error:
                raise forbidden(error, resource, namespace) from error


def _issuing(certificate: Certificate, reason: str, message: str, now: datetime) -> dict[str, Any]:
    """The patch. A list in a merge patch takes the place of the old one, so that all conditions
    are in it; the version keeps those safe that somebody else has written since."""
    wanted = Condition(
        type=ISSUING,
        status=TRUE,
        reason=reason,
        message=message,
        observed_generation=certificate.metadata.generation or None,
    )
    return {
        "metadata": {"resourceVersion": certificate.metadata.resource_version},
        "status": {"conditions": with_condition(certificate.status.conditions, wanted, now)},
    }


def _resource_of(subject: Subject) -> Resource[Any]:
    match subject:
        case Certificate():
            return CERTIFICATE
        case CertificateRequest():
            return CERTIFICATE_REQUEST
        case Order():
            return ORDER


def _missing(resource: Resource[Any], name: str, namespace: str) -> Failure:
    return Failure(
        f'there is no {resource.kind} "{name}" in namespace "{namespace}"', exit=Exit.NOT_FOUND
    )
