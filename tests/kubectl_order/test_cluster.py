import io
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import msgspec
import pytest

from devcluster.cluster import Cluster as Devcluster
from kubectl_order.cluster import Cluster, connect
from kubectl_order.facts import Absent, Chain, Leader, SecretMeta, Unread
from kubectl_order.failure import Exit, Failure
from kubectl_order.flags import Flags, seconds
from kubectl_order.naming.target import resolve
from kubectl_order.reading.kinds import LEASE, SECRET, Lease, LeaseSpec, place
from kubectl_order.reading.listing import rows
from kubectl_order.rows import OrderRow
from orderapi import names
from orderapi.certificate import Certificate, CertificateStatus
from orderapi.certificaterequest import CertificateRequest
from orderapi.conditions import find
from orderapi.issuer import Issuer
from orderapi.meta import ObjectMeta
from orderapi.order import Order
from orderapi.references import IssuerRef
from orderapi.resources import CERTIFICATE, CERTIFICATE_REQUEST, CHALLENGE, ISSUER, ORDER
from tests.kubectl_order import build
from tests.kubectl_order.served import Shelf, shelf

MOST_REQUESTS = 10


@pytest.fixture(scope="module")
def shop(devcluster: Devcluster) -> Iterator[Shelf]:
    """Chains as this controller makes them (web), as cert-manager does (foreign), and broken."""
    made = shelf(devcluster, "cluster-shop")
    issuer = build.an_issuer(metadata=made.meta("acme"))
    assert isinstance(issuer, Issuer)
    made.put(ISSUER, issuer)
    pending(made)
    foreign(made)
    settled(made)
    alone = build.an_order(metadata=made.meta("alone"), issuer=IssuerRef(name="x", group="ca.test"))
    made.put(ORDER, alone)
    yield made
    made.remove()


def request_of(
    made: Shelf, owner: Certificate, revision: int, name: str = ""
) -> CertificateRequest:
    annotations = {
        names.CERTIFICATE_NAME: owner.metadata.name,
        names.CERTIFICATE_REVISION: str(revision),
    }
    meta = made.meta(
        name or f"{owner.metadata.name}-{revision}", owner=owner, annotations=annotations
    )
    return made.put(CERTIFICATE_REQUEST, build.a_request(metadata=meta))


def order_of(made: Shelf, owner: CertificateRequest, name: str, state: str = "pending") -> Order:
    return made.put(ORDER, build.an_order(state, metadata=made.meta(name, owner=owner)))


def pending(made: Shelf) -> None:
    """`web`: issued once, and being renewed."""
    status = CertificateStatus(conditions=build.FIRST.conditions, revision=1)
    web = made.put(CERTIFICATE, build.a_certificate(status, metadata=made.meta("web")))
    request_of(made, web, 1)
    request = request_of(made, web, 2)
    name = names.order_name("web", request.metadata.uid, 0)
    order = order_of(made, request, name)
    for index in (0, 1):
        meta = made.meta(names.challenge_name(name, index), owner=order)
        made.put(CHALLENGE, build.a_challenge(index=index, metadata=meta))
    made.put(SECRET, SecretMeta(metadata=made.meta("web-tls")))


def settled(made: Shelf) -> None:
    """`done`: issued."""
    done = made.put(CERTIFICATE, build.a_certificate(build.ISSUED, metadata=made.meta("done")))
    request = request_of(made, done, 1)
    order_of(made, request, names.order_name("done", request.metadata.uid, 0), "valid")


def foreign(made: Shelf) -> None:
    """`foreign`: with names that cannot be told beforehand, and strangers that have ours."""
    certificate = made.put(CERTIFICATE, build.a_certificate(metadata=made.meta("foreign")))
    other = made.put(CERTIFICATE, build.a_certificate(metadata=made.meta("other")))
    request_of(made, other, 1, name="foreign-1")
    request = request_of(made, certificate, 1, name="foreign-x7k2p")
    taken = names.order_name("foreign", request.metadata.uid, 0)
    made.put(ORDER, build.an_order(metadata=made.meta(taken)))
    order_of(made, request, "foreign-x7k2p-1", "errored")
    order = order_of(made, request, "foreign-x7k2p-2")
    made.put(CHALLENGE, build.a_challenge(metadata=made.meta("foreign-x7k2p-2-9", owner=order)))


def told(chain: Chain) -> tuple[str | None, str | None, str | None, list[str]]:
    """The names in a chain."""
    first = (chain.certificate, chain.request, chain.order)
    above = [obj.metadata.name if obj is not None else None for obj in first]
    return above[0], above[1], above[2], [each.metadata.name for each in chain.challenges]


@pytest.mark.parametrize("kind", ["certificate", "request", "order"])
def test_the_chain_is_the_same_from_each_of_its_objects(shop: Shelf, kind: str) -> None:
    chain = shop.admin.chain_of(resolve(shop.admin, "web"))
    subject = getattr(chain, kind)
    again = shop.admin.chain_of(subject)
    assert told(again) == told(chain)
    assert chain.order is not None
    order = chain.order.metadata.name
    assert told(chain) == ("web", "web-2", order, [f"{order}-0", f"{order}-1"])
    assert isinstance(chain.secret, SecretMeta)
    assert isinstance(chain.issuer, Issuer)
    assert chain.unread == ()


@pytest.mark.parametrize("name", ["web", "done"])
def test_a_status_takes_few_requests(shop: Shelf, name: str) -> None:
    trace = io.StringIO()
    cluster = shop.seen_by(stderr=trace)
    cluster.chain_of(resolve(cluster, f"certificate/{name}"))
    lines = trace.getvalue().splitlines()
    assert 0 < len(lines) <= MOST_REQUESTS, lines


def test_names_that_cannot_be_told_beforehand_are_found_by_their_owners(shop: Shelf) -> None:
    chain = shop.admin.chain_of(resolve(shop.admin, "foreign"))
    assert told(chain) == ("foreign", "foreign-x7k2p", "foreign-x7k2p-2", ["foreign-x7k2p-2-9"])


def test_an_order_that_nobody_owns_is_a_chain_of_its_own(shop: Shelf) -> None:
    chain = shop.admin.chain_of(resolve(shop.admin, "order/alone"))
    assert told(chain) == (None, None, "alone", [])
    assert chain.secret is None
    assert chain.issuer == Unread('Issuer of the group "ca.test" is not of this API')


def test_the_past_requests_are_read_where_they_are_asked_for(shop: Shelf) -> None:
    subject = resolve(shop.admin, "web")
    assert shop.admin.chain_of(subject).past == ()
    chain = shop.admin.chain_of(subject, history=True)
    assert [each.metadata.name for each in chain.past] == ["web-1"]
    assert told(chain)[1] == "web-2"
    assert chain.request is not None
    from_the_first = shop.admin.chain_of(chain.past[0], history=True)
    assert told(from_the_first)[1] == "web-1"
    assert [each.metadata.name for each in from_the_first.past] == ["web-2"]


def test_what_may_not_be_read_is_told_and_the_rest_is_shown(shop: Shelf) -> None:
    shop.allow("cluster-viewer", "certificates", "certificaterequests", "orders")
    viewer = shop.seen_by("cluster-viewer")
    chain = viewer.chain_of(resolve(viewer, "certificate/web"))
    assert told(chain)[1] == "web-2"
    assert chain.challenges == ()
    assert (chain.secret, chain.issuer, chain.leader) == (Unread("forbidden"),) * 3
    assert set(chain.unread) == {
        'Challenges in namespace "cluster-shop" may not be read',
        'Secrets in namespace "cluster-shop" may not be read',
        'Issuers in namespace "cluster-shop" may not be read',
        'Leases in namespace "cert-manager" may not be read',
        'Leases in namespace "kube-system" may not be read',
    }


def test_a_secret_is_never_asked_for_with_its_data(shop: Shelf) -> None:
    chain = shop.admin.chain_of(resolve(shop.admin, "web"))
    assert isinstance(chain.secret, SecretMeta)
    assert chain.secret.kind == "PartialObjectMetadata"


@pytest.mark.parametrize(
    ("ages", "namespace"),
    [
        pytest.param({"cert-manager": 5}, "cert-manager", id="in time"),
        pytest.param({"cert-manager": 900, "kube-system": 300}, "kube-system", id="the later one"),
        pytest.param({"cert-manager": 300, "kube-system": 900}, "cert-manager", id="both are late"),
    ],
)
def test_the_lease_that_was_renewed_last_counts(
    shop: Shelf, ages: dict[str, int], namespace: str
) -> None:
    for where, age in ages.items():
        renewed = shop.admin.now - timedelta(seconds=age)
        lease = {
            "apiVersion": "coordination.k8s.io/v1",
            "kind": "Lease",
            "metadata": {"name": "cert-manager-controller", "namespace": where},
            "spec": {
                "holderIdentity": where,
                "leaseDurationSeconds": 15,
                "renewTime": renewed.strftime("%Y-%m-%dT%H:%M:%S.000000Z"),
            },
        }
        shop.apply(lease)
    try:
        leader = shop.admin.chain_of(resolve(shop.admin, "order/alone")).leader
    finally:
        for where in ages:
            shop.forget("lease", "cert-manager-controller", where)
    assert isinstance(leader, Leader)
    assert (leader.namespace, leader.holder, leader.seconds) == (namespace, namespace, 15)


def test_without_a_lease_nobody_leads(shop: Shelf) -> None:
    assert shop.admin.chain_of(resolve(shop.admin, "order/alone")).leader == Absent()


def test_a_lease_without_times_decodes() -> None:
    assert msgspec.json.decode(b'{"spec": {}}', type=LEASE.type) == Lease(spec=LeaseSpec())


def test_lists_hold_the_orders_and_certificates_of_the_namespace_or_of_all(shop: Shelf) -> None:
    orders = {row.metadata.name: row for row in shop.admin.orders()}
    assert orders["foreign-x7k2p-1"].status.state == "errored"
    certificates = {row.metadata.name for row in shop.admin.certificates()}
    assert {"web", "done", "foreign", "other"} == certificates
    elsewhere = shop.seen_by(namespace="default")
    assert "alone" not in {row.metadata.name for row in elsewhere.orders()}
    assert "alone" in {row.metadata.name for row in elsewhere.orders(all_namespaces=True)}
    assert list(shop.admin.orders(selector="no=such")) == []


@pytest.mark.parametrize("verbs", [("list",), ("list", "watch")], ids=["paged", "streamed"])
def test_a_long_list_is_the_same_as_a_short_one(shop: Shelf, verbs: tuple[str, ...]) -> None:
    user = f"lister-{len(verbs)}"
    shop.allow(user, "orders", verbs=verbs)
    trace = io.StringIO()
    api = shop.seen_by(user, stderr=trace).api
    path = place(ORDER, shop.namespace)
    short = list(rows(api, path, {}, OrderRow))
    assert len(trace.getvalue().splitlines()) == 1
    long = list(rows(api, path, {}, OrderRow, limit=1))
    assert len(long) > 3
    assert sorted(long, key=lambda row: row.metadata.name) == short
    asked = trace.getvalue()
    streamed = [line for line in asked.splitlines() if "sendInitialEvents" in line]
    assert [" 200 in " in line for line in streamed] == ["watch" in verbs]
    assert ("continue=" in asked) is ("watch" not in verbs)


def test_a_long_list_that_is_left_early_leaves_no_thread(shop: Shelf) -> None:
    before = set(threading.enumerate())
    listed = rows(shop.admin.api, place(ORDER, shop.namespace), {}, OrderRow, limit=1)
    assert next(listed).metadata.namespace == shop.namespace
    listed.close()
    assert set(threading.enumerate()) <= before


def test_a_list_that_is_not_allowed_names_the_right(shop: Shelf) -> None:
    with pytest.raises(Failure) as caught:
        list(shop.seen_by("nobody").orders(all_namespaces=True))
    assert caught.value.exit is Exit.NO_ACCESS
    assert "may not list orders.acme.cert-manager.io in all namespaces" in caught.value.sentence
    assert "kubectl create clusterrolebinding nobody-view" in caught.value.hint


def test_a_wrong_selector_is_a_failure_and_no_traceback(shop: Shelf) -> None:
    with pytest.raises(Failure) as caught:
        list(shop.admin.orders(selector="=="))
    assert "400" in caught.value.sentence


def test_names_for_completion(shop: Shelf) -> None:
    assert shop.admin.names("certs", prefix="o") == ("other",)
    assert shop.admin.names("certificate", "default") == ()
    assert "cluster-shop" in shop.admin.names("namespaces", prefix="cluster-")
    assert shop.admin.names("pods") == ()
    assert shop.seen_by("nobody").names("certificates") == ()


def test_an_issuance_is_begun_by_its_condition_alone(shop: Shelf) -> None:
    before = shop.admin.certificate("done")
    tried = shop.admin.start_issuing(before, reason="Test", message="a try", dry_run=True)
    assert find(tried.status.conditions, names.ISSUING) is not None
    assert shop.admin.certificate("done") == before
    after = shop.admin.start_issuing(before, reason="Test", message="in earnest")
    issuing = find(after.status.conditions, names.ISSUING)
    assert issuing is not None
    assert (issuing.status, issuing.reason, issuing.message) == ("True", "Test", "in earnest")
    assert issuing.observed_generation == after.metadata.generation
    assert issuing.last_transition_time is not None
    assert abs(issuing.last_transition_time - shop.admin.now) < timedelta(seconds=60)
    ready = find(before.status.conditions, names.READY)
    assert find(after.status.conditions, names.READY) == ready
    assert after.spec == before.spec


def test_an_issuance_of_a_certificate_that_has_changed_keeps_the_change(shop: Shelf) -> None:
    stale = shop.admin.certificate("other")
    fresh = shop.put(
        CERTIFICATE,
        build.a_certificate(build.ISSUED, metadata=shop.meta("other")),
    )
    assert fresh.metadata.resource_version != stale.metadata.resource_version
    after = shop.admin.start_issuing(stale, reason="Test", message="m")
    ready = find(after.status.conditions, names.READY)
    assert ready is not None
    assert ready.status == "True"
    assert find(after.status.conditions, names.ISSUING) is not None


def test_an_issuance_needs_the_right_to_it(shop: Shelf) -> None:
    certificate = shop.admin.certificate("web")
    with pytest.raises(Failure) as caught:
        shop.seen_by("nobody").start_issuing(certificate, reason="Test", message="m")
    assert caught.value.exit is Exit.NO_ACCESS
    assert "--clusterrole=edit" in caught.value.hint


def test_a_certificate_that_is_gone_is_told(shop: Shelf) -> None:
    certificate = shop.admin.certificate("web")
    gone = msgspec.structs.replace(
        certificate, metadata=msgspec.structs.replace(certificate.metadata, name="gone")
    )
    acts: tuple[Callable[[], object], ...] = (
        lambda: shop.admin.start_issuing(gone, reason="Test", message="m"),
        lambda: shop.admin.again(gone),
        lambda: shop.admin.certificate("gone"),
    )
    for act in acts:
        with pytest.raises(Failure) as caught:
            act()
        assert caught.value.exit is Exit.NOT_FOUND


def test_a_namesake_is_not_taken_for_what_was_deleted(shop: Shelf) -> None:
    certificate = shop.admin.certificate("web")
    old = msgspec.structs.replace(
        certificate, metadata=msgspec.structs.replace(certificate.metadata, uid="old")
    )
    with pytest.raises(Failure, match="was deleted"):
        shop.admin.again(old)


def test_events_of_the_chain_are_in_the_order_of_time(shop: Shelf) -> None:
    chain = shop.admin.chain_of(resolve(shop.admin, "web"))
    assert chain.certificate is not None
    assert chain.order is not None
    gone = ObjectMeta(name=f"{chain.order.metadata.name}-7", uid="gone")
    stranger = ObjectMeta(name="web-else-0", uid="stranger")
    shop.apply(
        event(shop, "c", "Order", chain.order.metadata, 3),
        event(shop, "a", "Certificate", chain.certificate.metadata, 1),
        event(shop, "b", "Challenge", gone, 2),
        event(shop, "d", "Challenge", stranger, 4),
    )
    found = shop.admin.events_of(chain)
    assert [(each.kind, each.reason) for each in found] == [
        ("Certificate", "a"),
        ("Challenge", "b"),
        ("Order", "c"),
    ]
    assert found[0].count == 2
    assert found[0].source == "cert-manager"


def event(made: Shelf, name: str, kind: str, about: ObjectMeta, minute: int) -> dict[str, object]:
    time = f"2026-11-24T09:0{minute}:00Z"
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": name, "namespace": made.namespace},
        "involvedObject": {
            "kind": kind,
            "name": about.name,
            "namespace": made.namespace,
            "uid": about.uid,
        },
        "type": "Normal",
        "reason": name,
        "message": "m",
        "source": {"component": "cert-manager"},
        "firstTimestamp": time,
        "lastTimestamp": time,
        "count": 2,
    }


def test_events_that_may_not_be_read_are_a_failure(shop: Shelf) -> None:
    chain = shop.admin.chain_of(resolve(shop.admin, "web"))
    with pytest.raises(Failure, match='user "nobody" may not list events'):
        shop.seen_by("nobody").events_of(chain)


def test_a_change_of_the_chain_is_a_sign_and_one_of_others_is_none(shop: Shelf) -> None:
    before = set(threading.enumerate())
    chain = shop.admin.chain_of(resolve(shop.admin, "web"))
    assert chain.order is not None
    watching = shop.seen_by()
    signs = watching.changes(chain, timeout=20)
    assert next(signs) == ""
    shop.admin.start_issuing(shop.admin.certificate("foreign"), reason="Test", message="else")
    written = msgspec.structs.replace(chain.order.status, state="ready", reason="mine")
    meta = shop.meta(chain.order.metadata.name)
    kept = msgspec.structs.replace(meta, owner_references=chain.order.metadata.owner_references)
    shop.put(ORDER, msgspec.structs.replace(chain.order, metadata=kept, status=written))
    assert next(signs) == f"order/{chain.order.metadata.name}"
    signs.close()
    watching.close()
    assert set(threading.enumerate()) <= before


def test_signs_end_with_their_time(shop: Shelf) -> None:
    chain = shop.admin.chain_of(resolve(shop.admin, "order/alone"))
    assert list(shop.admin.changes(chain, timeout=0.2)) == [""]


def test_signs_come_without_the_right_to_watch(shop: Shelf) -> None:
    chain = shop.admin.chain_of(resolve(shop.admin, "order/alone"))
    assert list(shop.seen_by("nobody").changes(chain, timeout=0.2)) == [""]


@pytest.fixture
def empty() -> Iterator[str]:
    """The address of a server that knows no resource, and nobody under /api/v1/namespaces/who."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            stranger = "/namespaces/who/" in self.path
            body = b'{"kind":"Status","code":401}' if stranger else b"404 page not found\n"
            self.send_response(401 if stranger else 404)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def connected(server: str, namespace: str = "shop") -> Cluster:
    return connect(Flags(server=server, namespace=namespace), {"HOME": "/none"}, io.StringIO())


@pytest.mark.parametrize("name", ["web", "order/web", "https://www.example.com/"])
def test_a_cluster_without_the_api_is_told(empty: str, name: str) -> None:
    cluster = connected(empty)
    with pytest.raises(Failure) as caught:
        resolve(cluster, name)
    cluster.close()
    assert caught.value.exit is Exit.NOT_FOUND
    assert caught.value.sentence.startswith("this cluster has neither kubectl-order nor cert-m")


def test_lists_of_a_cluster_without_the_api_are_told(empty: str) -> None:
    cluster = connected(empty)
    with pytest.raises(Failure, match=r"orders\.acme\.cert-manager\.io does not exist"):
        list(cluster.orders())
    cluster.close()


def test_who_is_not_known_has_no_access(empty: str) -> None:
    cluster = connected(empty, "who")
    with pytest.raises(Failure) as caught:
        resolve(cluster, "web")
    cluster.close()
    assert caught.value.exit is Exit.NO_ACCESS
    assert caught.value.hint


def test_a_server_that_is_gone_is_told() -> None:
    cluster = connected("http://127.0.0.1:1")
    with pytest.raises(Failure) as caught:
        list(cluster.orders())
    assert caught.value.exit is Exit.NO_ACCESS
    with pytest.raises(Failure):
        cluster.chain_of(build.a_certificate())


def test_a_context_that_does_not_exist_is_told() -> None:
    with pytest.raises(Failure) as caught:
        connect(Flags(context="none", kubeconfig="/none"), {}, io.StringIO())
    assert caught.value.exit is Exit.NO_ACCESS


@pytest.mark.parametrize(
    ("text", "limit"), [("0", None), ("5", 5.0), ("1m30s", 90.0), ("250ms", 0.25), ("0s", None)]
)
def test_the_longest_wait_for_an_answer(text: str, limit: float | None) -> None:
    assert seconds(text, "--request-timeout") == limit


@pytest.mark.parametrize("text", ["soon", "", "5 s"])
def test_a_wait_that_is_no_duration_is_a_usage_error(text: str) -> None:
    with pytest.raises(Failure) as caught:
        seconds(text, "--request-timeout")
    assert caught.value.exit is Exit.USAGE
