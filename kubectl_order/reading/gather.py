"""From a Certificate, CertificateRequest or Order to the whole chain around it.

Names that the API or this project's controller gives are asked for directly, and an owner's UID
decides whether they are the ones; lists are read only where that finds nothing, as on a cluster
that runs cert-manager. One request follows the other on one connection.
"""

from kubectl_order import chain
from kubectl_order.facts import Absent, Chain, SecretMeta, Subject, Unread
from kubectl_order.reading.kinds import SECRET
from kubectl_order.reading.leader import leader
from kubectl_order.reading.reader import Reader
from orderapi.certificate import Certificate
from orderapi.certificaterequest import CertificateRequest
from orderapi.challenge import Challenge
from orderapi.defaults import issuer_group, issuer_kind
from orderapi.issuer import AnyIssuer
from orderapi.names import GROUP
from orderapi.order import Order
from orderapi.references import IssuerRef
from orderapi.resources import CERTIFICATE, CERTIFICATE_REQUEST, CHALLENGE, ISSUERS, ORDER


class Gatherer:
    """Reads one chain; `history` has the past requests read too."""

    def __init__(self, reader: Reader, subject: Subject, *, history: bool) -> None:
        self._reader = reader
        self._subject = subject
        self._namespace = subject.metadata.namespace
        self._history = history

    def chain(self) -> Chain:
        """The chain, with all that could be read of it. Raises ApiError where the server is gone or
        does not know us."""
        certificate, request, past, order = self._line()
        challenges = self._challenges(order) if order is not None else ()
        secret = self._secret(certificate)
        issuer = self._issuer(self._subject.spec.issuer_ref)
        return Chain(
            namespace=self._namespace,
            now=self._reader.api.now,
            certificate=certificate,
            request=request,
            past=past,
            order=order,
            challenges=challenges,
            secret=secret,
            issuer=issuer,
            leader=leader(self._reader),
            unread=self._reader.unread,
        )

    def _line(
        self,
    ) -> tuple[
        Certificate | None,
        CertificateRequest | None,
        tuple[CertificateRequest, ...],
        Order | None,
    ]:
        """Certificate, request, past requests and Order, up and down from the subject."""
        certificate, request, order = self._up()
        past: tuple[CertificateRequest, ...] = ()
        if certificate is not None and (request is None or self._history):
            in_work, past = self._requests(certificate)
            if request is None:
                request = in_work
            elif in_work is not None:
                past = (*past, in_work)
            past = tuple(each for each in past if request is None or not _same(each, request))
        if order is None and request is not None:
            order = self._order(request)
        return certificate, request, past, order

    def _up(self) -> tuple[Certificate | None, CertificateRequest | None, Order | None]:
        """The subject and what it belongs to."""
        match self._subject:
            case Order() as order:
                request = self._request_above(order)
                return self._certificate_above(request), request, order
            case CertificateRequest() as request:
                return self._certificate_above(request), request, None
            case Certificate() as certificate:
                return certificate, None, None

    def _request_above(self, order: Order) -> CertificateRequest | None:
        owner = chain.owner_of(order, CERTIFICATE_REQUEST.kind)
        if owner is None:
            return None
        found = self._reader.found(CERTIFICATE_REQUEST, self._namespace, owner.name)
        return found if found is not None and found.metadata.uid == owner.uid else None

    def _certificate_above(self, request: CertificateRequest | None) -> Certificate | None:
        owner = chain.owner_of(request, CERTIFICATE.kind) if request is not None else None
        if owner is None:
            return None
        found = self._reader.found(CERTIFICATE, self._namespace, owner.name)
        return found if found is not None and found.metadata.uid == owner.uid else None

    def _requests(
        self, certificate: Certificate
    ) -> tuple[CertificateRequest | None, tuple[CertificateRequest, ...]]:
        uid = certificate.metadata.uid
        for name in () if self._history else chain.expected_requests(certificate):
            match self._reader.one(CERTIFICATE_REQUEST, self._namespace, name):
                case Absent():
                    continue
                case Unread():
                    return None, ()
                case CertificateRequest() as found if chain.is_owned(found, uid):
                    return found, ()
                case _:
                    break
        return chain.in_work(
            certificate, self._reader.belonging(CERTIFICATE_REQUEST, self._namespace, uid)
        )

    def _order(self, request: CertificateRequest) -> Order | None:
        uid = request.metadata.uid
        for name in chain.expected_orders(request):
            match self._reader.one(ORDER, self._namespace, name):
                case Absent():
                    break
                case Unread():
                    return None
                case Order() as found if chain.is_owned(found, uid):
                    return found
                case _:
                    continue
        return chain.order_that_counts(self._reader.belonging(ORDER, self._namespace, uid))

    def _challenges(self, order: Order) -> tuple[Challenge, ...]:
        if not order.status.authorizations:
            return ()
        uid = order.metadata.uid
        found = self._reader.listed(
            CHALLENGE, self._namespace, wanted=lambda row: chain.is_owned(row, uid)
        )
        return chain.challenges_in_order(order, found)

    def _secret(self, certificate: Certificate | None) -> SecretMeta | Absent | Unread | None:
        name = certificate.spec.secret_name if certificate is not None else ""
        return self._reader.one(SECRET, self._namespace, name) if name else None

    def _issuer(self, ref: IssuerRef) -> AnyIssuer | Absent | Unread | None:
        if not ref.name:
            return None
        kind = issuer_kind(ref)
        if issuer_group(ref) != GROUP or kind not in ISSUERS:
            return Unread(f'{kind} of the group "{issuer_group(ref)}" is not of this API')
        found: AnyIssuer | Absent | Unread = self._reader.one(
            ISSUERS[kind], self._namespace, ref.name
        )
        return found


def _same(one: CertificateRequest, other: CertificateRequest) -> bool:
    return one.metadata.uid == other.metadata.uid
