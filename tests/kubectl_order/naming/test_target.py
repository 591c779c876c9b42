from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from devcluster.cluster import Cluster as Devcluster
from kubectl_order.facts import SecretMeta
from kubectl_order.failure import Exit, Failure
from kubectl_order.naming.target import resolve
from kubectl_order.reading.kinds import INGRESS, SECRET, Ingress, IngressSpec, IngressTls, spelled
from orderapi import names
from orderapi.resources import CERTIFICATE, CERTIFICATE_REQUEST, CHALLENGE, ORDER
from tests.kubectl_order import build
from tests.kubectl_order.served import Shelf, shelf

OF_WEB = {names.CERTIFICATE_NAME: "web"}


@pytest.fixture(scope="module")
def shop(devcluster: Devcluster) -> Iterator[Shelf]:
    """Certificates, and whatever else may be called what."""
    made = shelf(devcluster, "target-shop")
    web = made.put(CERTIFICATE, build.a_certificate(metadata=made.meta("web")))
    request = made.put(
        CERTIFICATE_REQUEST,
        build.a_request(metadata=made.meta("web-1", owner=web, annotations=OF_WEB)),
    )
    order = made.put(ORDER, build.an_order(metadata=made.meta("web-77", owner=request)))
    made.put(CHALLENGE, build.a_challenge(metadata=made.meta("web-77-0", owner=order)))
    made.put(SECRET, SecretMeta(metadata=made.meta("web-tls", annotations=OF_WEB)))
    made.put(SECRET, SecretMeta(metadata=made.meta("stranger")))
    for name, secret, host in (
        ("api", "api-tls", "api.example.com"),
        ("wild", "wild-tls", "*.example.com"),
        ("one", "both-tls", "both.example.net"),
        ("two", "both-tls", "both.example.net"),
        ("twice", "twice-tls", "twice.example.net"),
    ):
        made.put(
            CERTIFICATE,
            build.a_certificate(metadata=made.meta(name), secret=secret, dns_names=(host,)),
        )
    made.put(ORDER, build.an_order(metadata=made.meta("twice"), dns_names=("alone.example.org",)))
    ingress(made, "front", "api-tls")
    ingress(made, "web", "web-tls")
    ingress(made, "bare", "")
    ingress(made, "many", "api-tls", "wild-tls")
    yield made
    made.remove()


def ingress(made: Shelf, name: str, *secrets: str) -> None:
    tls = tuple(IngressTls(secret_name=secret) for secret in secrets if secret)
    spec = msgspec.to_builtins(IngressSpec(tls=tls)) | {
        "defaultBackend": {"service": {"name": "web", "port": {"number": 80}}}
    }
    made.apply(
        msgspec.to_builtins(INGRESS.typed(Ingress(metadata=made.meta(name)))) | {"spec": spec}
    )


@pytest.mark.parametrize(
    ("name", "kind", "found"),
    [
        ("web", "Certificate", "web"),
        ("certificate/web", "Certificate", "web"),
        ("Certs/web", "Certificate", "web"),
        ("certificates.cert-manager.io/web", "Certificate", "web"),
        ("web-1", "CertificateRequest", "web-1"),
        ("cr/web-1", "CertificateRequest", "web-1"),
        ("web-77", "Order", "web-77"),
        ("order.acme.cert-manager.io/web-77", "Order", "web-77"),
        ("orders.v1.acme.cert-manager.io/web-77", "Order", "web-77"),
        ("web-77-0", "Order", "web-77"),
        ("challenge/web-77-0", "Order", "web-77"),
        ("web-tls", "Certificate", "web"),
        ("secret/web-tls", "Certificate", "web"),
        ("api-tls", "Certificate", "api"),
        ("secrets/api-tls", "Certificate", "api"),
        ("front", "Certificate", "api"),
        ("ing/front", "Certificate", "api"),
        ("ingress/web", "Certificate", "web"),
        ("www.example.com", "Certificate", "web"),
        ("host/www.example.com", "Certificate", "web"),
        ("https://API.example.com/basket?x", "Certificate", "api"),
        ("shop.example.com", "Certificate", "wild"),
        ("*.example.com", "Certificate", "wild"),
        ("alone.example.org", "Order", "twice"),
        ("order/twice", "Order", "twice"),
    ],
)
def test_a_name_leads_to_its_chain(shop: Shelf, name: str, kind: str, found: str) -> None:
    subject = resolve(shop.admin, name)
    assert (type(subject).__name__, subject.metadata.name) == (kind, found)


@pytest.mark.parametrize(
    ("name", "listed"),
    [
        ("twice", ("certificate/twice", "order/twice")),
        ("both-tls", ("certificate/one", "certificate/two")),
        ("host/both.example.net", ("certificate/one", "certificate/two")),
        ("ingress/many", ("certificate/api", "certificate/wild")),
    ],
)
def test_a_name_of_several_chains_is_refused_and_they_are_listed(
    shop: Shelf, name: str, listed: tuple[str, ...]
) -> None:
    failure = refused(shop.admin, name)
    assert failure.exit is Exit.USAGE
    assert all(each in failure.sentence for each in listed)


def refused(cluster: Any, name: str) -> Failure:
    with pytest.raises(Failure) as caught:
        resolve(cluster, name)
    return caught.value


@pytest.mark.parametrize(
    ("name", "sentence", "hint"),
    [
        ("wep", '"wep" in namespace "target-shop"', "certificate/web"),
        ("order/web-78", 'there is no Order "web-78"', "order/web-77"),
        ("nowhere.example.net", "or host", ""),
        ("a%2fb", "", ""),
        ("..", "", ""),
        ("secret/stranger", 'no Certificate belongs to the Secret "stranger"', ""),
        ("ingress/bare", 'no Certificate belongs to the Ingress "bare"', "issuer"),
    ],
)
def test_a_name_of_nothing_is_told_with_what_is_close(
    shop: Shelf, name: str, sentence: str, hint: str
) -> None:
    failure = refused(shop.admin, name)
    assert failure.exit is Exit.NOT_FOUND
    assert sentence in failure.sentence
    assert hint in failure.hint


def test_a_name_of_another_namespace_is_told_with_the_flag(shop: Shelf) -> None:
    failure = refused(shop.seen_by(namespace="default"), "web")
    assert failure.exit is Exit.NOT_FOUND
    assert "certificate/web -n target-shop" in failure.hint


def test_a_namespace_that_does_not_exist_is_told(shop: Shelf) -> None:
    failure = refused(shop.seen_by(namespace="target-shob"), "wep")
    assert failure.exit is Exit.NOT_FOUND
    assert 'there is no namespace "target-shob"' in failure.hint


@pytest.mark.parametrize("name", ["pod/web", "cert.example.com/web", "certificate/", "/web"])
def test_what_is_no_kind_is_refused_as_usage(shop: Shelf, name: str) -> None:
    assert refused(shop.admin, name).exit is Exit.USAGE


def test_without_the_right_to_read_secrets_the_specs_tell_which_certificate(shop: Shelf) -> None:
    shop.allow("viewer", "certificates", "orders", "certificaterequests", "challenges")
    viewer = shop.seen_by("viewer")
    assert resolve(viewer, "web-tls").metadata.name == "web"
    failure = refused(viewer, "wep")
    assert failure.exit is Exit.NOT_FOUND
    assert "Secrets and Ingresses may not be read here" in failure.hint


@pytest.mark.parametrize("name", ["web", "certificate/web", "host/www.example.com", "wep"])
def test_nobody_is_told_which_right_is_missing(shop: Shelf, name: str) -> None:
    failure = refused(shop.seen_by("nobody"), name)
    assert failure.exit is Exit.NO_ACCESS
    assert failure.sentence.startswith('user "nobody" may not ')
    assert "certificates.cert-manager.io" in failure.sentence
    assert "--clusterrole=view --user=nobody -n target-shop" in failure.hint


def test_kinds_are_spelled_as_kubectl_spells_them() -> None:
    assert spelled("CRS") is CERTIFICATE_REQUEST
    assert spelled("certificates.acme.cert-manager.io") is None
    assert spelled("pods") is None
