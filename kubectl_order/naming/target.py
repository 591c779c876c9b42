"""From a name to the Certificate, CertificateRequest or Order that it leads to.

A name is `KIND/NAME`, or the bare name of a Certificate, Order, CertificateRequest, Challenge,
Secret or Ingress, or a host: all are looked at, for two of them may be of one chain, or of two,
which is refused. Hosts and the names of Secrets that are not there yet are looked for in the specs
of Certificates, where nothing else has the name.
"""

from collections.abc import Iterable
from typing import Any, TypeAlias

import msgspec

from kubectl_order import chain
from kubectl_order.access.errors import Forbidden, NotFound
from kubectl_order.cluster import Cluster
from kubectl_order.facts import SecretMeta, Subject
from kubectl_order.failure import Exit, Failure
from kubectl_order.naming import hosts, missing
from kubectl_order.reading.kinds import HOST, INGRESS, SEARCHED, SECRET, Ingress, spelled
from kubectl_order.reading.reader import Reader, Undecodable
from kubectl_order.reading.refusals import forbidden, told
from kubectl_order.rows import CertificateRow, OrderRow
from orderapi.certificate import Certificate
from orderapi.certificaterequest import CertificateRequest
from orderapi.challenge import Challenge
from orderapi.meta import Object
from orderapi.names import CERTIFICATE_NAME
from orderapi.order import Order
from orderapi.resources import CERTIFICATE, CERTIFICATE_REQUEST, ORDER, Resource

Row: TypeAlias = CertificateRow | OrderRow


def resolve(cluster: Cluster, name: str) -> Subject:
    """What the name leads to in the cluster's namespace.

    Raises Failure: NOT_FOUND with a hint at similar names and other namespaces, USAGE where the
    name leads to several chains (they are listed) or names no kind, NO_ACCESS where it may not be
    read.
    """
    with told():
        return _Search(cluster).resolved(name)


class _Match(msgspec.Struct, frozen=True):
    """Something that the name may mean; `subject` is read when it is needed."""

    resource: Resource[Any]
    name: str
    uid: str
    subject: Subject | None = None

    def __str__(self) -> str:
        return f"{self.resource.kind.lower()}/{self.name}"


class _Search:
    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._namespace = cluster.namespace
        self._reader = Reader(cluster.api)
        self._refused: dict[str, Forbidden] = {}
        self._rows: tuple[CertificateRow, ...] | None = None

    def resolved(self, name: str) -> Subject:
        kind, slash, rest = name.partition("/")
        if hosts.is_url(name):
            return self._only(name, self._by_host(hosts.host_in(name)), kinds=(HOST,))
        if not slash:
            return self._only(name, self._anything(name), kinds=())
        if kind.lower() in (HOST, f"{HOST}s"):
            return self._only(rest, self._by_host(hosts.host_in(rest)), kinds=(HOST,))
        resource = spelled(kind)
        if resource is None or resource not in SEARCHED:
            raise Failure(
                f'"{kind}" is no kind that belongs to an Order',
                exit=Exit.USAGE,
                hint=", ".join(f"{each.kind.lower()}/NAME" for each in SEARCHED)
                + f" or {HOST}/NAME",
            )
        if not rest:
            raise Failure(
                f"a name is missing after {name}", exit=Exit.USAGE, hint=f"{name}NAME, in one word"
            )
        return self._only(rest, self._of_kind(resource, rest), kinds=(resource.kind,))

    def _of_kind(self, resource: Resource[Any], name: str) -> list[_Match]:
        """What `KIND/NAME` leads to. Raises Failure where that kind may not be read."""
        obj = self._get(resource, name)
        if resource is SECRET:
            by_it = self._from_secret(name, obj) or self._by_secret(name)
            if obj is not None and not by_it:
                raise missing.unrelated(resource, name, self._namespace)
            return by_it
        if resource.kind in self._refused:
            raise forbidden(self._refused[resource.kind], resource, self._namespace)
        if obj is None:
            return []
        found = self._from_ingress(obj) if isinstance(obj, Ingress) else self._direct(resource, obj)
        if not found:
            raise missing.unrelated(resource, name, self._namespace)
        return found

    def _anything(self, name: str) -> list[_Match]:
        """What a bare name leads to, in the order of precedence."""
        found: list[_Match] = []
        for resource in (CERTIFICATE, ORDER, CERTIFICATE_REQUEST):
            obj = self._get(resource, name)
            found += self._direct(resource, obj) if obj is not None else []
        certificate = found[0].subject if found else None
        secret = self._get(SECRET, name)
        found += self._from_secret(name, secret)
        ingress = self._get(INGRESS, name)
        if ingress is not None and not _leads_to(ingress, certificate):
            found += self._from_ingress(ingress)
        if found:
            return found
        return self._challenge(name) or self._by_secret(name) or self._by_host(hosts.host_in(name))

    def _direct(self, resource: Resource[Any], obj: Object) -> list[_Match]:
        match obj:
            case Certificate() | CertificateRequest() | Order():
                return [_Match(resource, obj.metadata.name, obj.metadata.uid, obj)]
            case Challenge():
                owner = chain.owner_of(obj, ORDER.kind)
                order = self._get(ORDER, owner.name) if owner is not None else None
                if owner is None or order is None or order.metadata.uid != owner.uid:
                    return []
                return self._direct(ORDER, order)
            case _:
                return []

    def _challenge(self, name: str) -> list[_Match]:
        resource = next(each for each in SEARCHED if each.type is Challenge)
        obj = self._get(resource, name)
        return self._direct(resource, obj) if obj is not None else []

    def _from_secret(self, name: str, secret: SecretMeta | None) -> list[_Match]:
        """The Certificate that a Secret says it is for, where that is so."""
        said = secret.metadata.annotations.get(CERTIFICATE_NAME, "") if secret is not None else ""
        certificate = self._get(CERTIFICATE, said) if said else None
        if certificate is None or certificate.spec.secret_name != name:
            return []
        return self._direct(CERTIFICATE, certificate)

    def _by_secret(self, name: str) -> list[_Match]:
        return _matches(
            CERTIFICATE, (row for row in self._certificates() if row.spec.secret_name == name)
        )

    def _from_ingress(self, ingress: Ingress) -> list[_Match]:
        wanted = {tls.secret_name for tls in ingress.spec.tls if tls.secret_name}
        return _matches(
            CERTIFICATE,
            (
                row
                for row in self._certificates()
                if row.spec.secret_name in wanted or chain.is_owned(row, ingress.metadata.uid)
            ),
        )

    def _by_host(self, host: str) -> list[_Match]:
        """Certificates with the name, else with a wildcard that covers it, else such Orders that
        are for no Certificate."""
        if not host:
            return []
        certificates = self._certificates()
        for test in (hosts.matches, hosts.covers):
            found = [row for row in certificates if test(row.spec, host)]
            if found:
                return _matches(CERTIFICATE, found)
        if "." not in host:
            return []
        orders = [row for row in self._orders() if not row.certificate]
        for test in (hosts.matches, hosts.covers):
            found_orders = [row for row in orders if test(row.spec, host)]
            if found_orders:
                return _matches(ORDER, found_orders)
        return []

    def _get(self, resource: Resource[Any], name: str) -> Any:
        """The object, or None where it is not there or may not be read, which is kept in mind."""
        try:
            return self._reader.get(resource, self._namespace, name)
        except NotFound:
            return None
        except Forbidden as error:
            self._refused[resource.kind] = error
            return None
        except Undecodable as error:
            raise Failure(str(error), exit=Exit.FAILED) from error

    def _certificates(self) -> tuple[CertificateRow, ...]:
        if self._rows is None:
            self._rows = self._listed(CERTIFICATE, self._cluster.certificates())
        return self._rows

    def _orders(self) -> tuple[OrderRow, ...]:
        return self._listed(ORDER, self._cluster.orders())

    def _listed(self, resource: Resource[Any], rows: Iterable[Any]) -> tuple[Any, ...]:
        try:
            return tuple(rows)
        except Failure as failure:
            if not isinstance(failure.__cause__, Forbidden):
                raise
            self._refused[resource.kind] = failure.__cause__
            return ()

    def _only(self, name: str, found: list[_Match], *, kinds: tuple[str, ...]) -> Subject:
        """The one chain among the matches; its first match in the order of precedence."""
        if not found:
            raise missing.nothing(self._cluster, name, kinds=kinds, refused=self._refused)
        if len({match.uid for match in found}) > 1 and len({*map(self._root, found)}) > 1:
            raise _ambiguous(name, self._namespace, found)
        return self._read(found[0])

    def _read(self, match: _Match) -> Subject:
        if match.subject is not None:
            return match.subject
        subject: Subject = self._cluster.get(match.resource, match.name)
        return subject

    def _root(self, match: _Match) -> str:
        """The UID of the topmost object of the chain that this is of."""
        obj: Any = match.subject
        if obj is None:
            return match.uid
        for kind in (CERTIFICATE_REQUEST, CERTIFICATE):
            owner = chain.owner_of(obj, kind.kind)
            if owner is None:
                continue
            above = self._get(kind, owner.name)
            if above is None or above.metadata.uid != owner.uid:
                return owner.uid
            obj = above
        return str(obj.metadata.uid)


def _leads_to(ingress: Ingress, subject: Subject | None) -> bool:
    """Whether the Ingress takes its certificate from this Certificate, or asked for it."""
    if not isinstance(subject, Certificate):
        return False
    secrets = {tls.secret_name for tls in ingress.spec.tls}
    return subject.spec.secret_name in secrets or chain.is_owned(subject, ingress.metadata.uid)


def _matches(resource: Resource[Any], rows: Iterable[Row]) -> list[_Match]:
    return [_Match(resource, row.metadata.name, row.metadata.uid) for row in rows]


def _ambiguous(name: str, namespace: str, found: Iterable[_Match]) -> Failure:
    listed = list(dict.fromkeys(map(str, found)))
    shown = ", ".join(listed[: missing.SHOWN])
    more = len(listed) - missing.SHOWN
    rest = f" and {more} more" if more > 0 else ""
    return Failure(
        f'"{name}" may be several things in namespace "{namespace}": {shown}{rest}',
        exit=Exit.USAGE,
        hint=f"name one of them, such as {listed[0]}",
    )
