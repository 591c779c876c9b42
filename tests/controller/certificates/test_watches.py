"""Which Certificates a change wakes."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from controller.certificates.room import Certificates
from controller.runtime.schedule import Key
from controller.secretnote import SecretNote
from controller.settings import Settings
from orderapi.issuer import ClusterIssuer
from orderapi.meta import ObjectMeta
from orderapi.references import IssuerRef
from orderapi.resources import CERTIFICATE
from tests.controller.certificates.build import (
    NOW,
    a_certificate,
    a_next_key,
    a_request,
    a_spec,
    a_target,
    an_issuer,
)
from tests.controller.certificates.world import ApiServer, Clock, Process


def ref(kind: str) -> IssuerRef:
    return IssuerRef(name="letsencrypt", kind=kind)


@pytest.fixture
def woken() -> Callable[[Any], set[str]]:
    """The names of the Certificates that a change of an object wakes, of four that there are."""
    server = ApiServer(Clock(NOW))
    server.put(CERTIFICATE, a_certificate(name="web"))
    server.put(CERTIFICATE, a_certificate(name="api"))
    other = msgspec.structs.replace(a_spec(secret_name="other"), issuer_ref=ref("ClusterIssuer"))
    server.put(CERTIFICATE, a_certificate(name="other", spec=other))
    foreign = IssuerRef(name="letsencrypt", group="example.org")
    strange = msgspec.structs.replace(a_spec(secret_name="account-key"), issuer_ref=foreign)
    server.put(CERTIFICATE, a_certificate(name="strange", spec=strange))
    cluster = Process(server).cluster
    caches = {
        "Certificate": cluster.certificates,
        "CertificateRequest": cluster.requests,
        "SecretNote": cluster.secrets,
        "Issuer": cluster.issuers,
        "ClusterIssuer": cluster.cluster_issuers,
    }
    watches = [(cache, keys) for cache, keys in Certificates(cluster, Settings()).watches()]

    def wake(obj: Any) -> set[str]:
        cache = caches[type(obj).__name__]
        found: set[Key] = {key for each, keys in watches if each is cache for key in keys(obj)}
        assert {key.namespace for key in found} <= {"shop"}
        return {key.name for key in found}

    return wake


def named(secret: SecretNote, name: str) -> SecretNote:
    return msgspec.structs.replace(
        secret, metadata=msgspec.structs.replace(secret.metadata, name=name)
    )


def a_cluster_issuer() -> ClusterIssuer:
    issuer = an_issuer()
    return ClusterIssuer(metadata=ObjectMeta(name="letsencrypt"), spec=issuer.spec)


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        pytest.param(a_certificate(name="web"), {"web", "api"}, id="all-of-one-secret"),
        pytest.param(a_certificate(name="new"), {"new", "web", "api"}, id="a-new-rival"),
        pytest.param(a_request(), {"web"}, id="owner-of-a-request"),
        pytest.param(a_next_key(), {"web"}, id="owner-of-a-key"),
        pytest.param(a_target(), {"web", "api"}, id="target"),
        pytest.param(named(a_target(), "unknown"), set(), id="a-secret-of-nobody"),
        pytest.param(an_issuer(), {"web", "api", "strange"}, id="issuer-and-whose-secret-it-uses"),
        pytest.param(a_cluster_issuer(), {"other"}, id="cluster-issuer"),
        pytest.param(an_issuer(name="staging", account_key="x"), set(), id="issuer-of-nobody"),
    ],
)
def test_who_is_woken(
    woken: Callable[[Any], set[str]], changed: object, expected: set[str]
) -> None:
    assert woken(changed) == expected
