"""What is watched, and without which rights the controller leads all the same."""

import pytest

from controller.settings import Settings
from controller.watched import Watched, watched_by
from tests.controller.backends.build import BY_ADDRESS, Process, a_server

CLUSTER = Process(a_server()).cluster


def watched(settings: Settings) -> list[Watched]:
    return list(watched_by(CLUSTER, settings))


def test_each_cache_is_fed_once() -> None:
    caches = [id(one.cache) for one in watched(Settings())]
    assert len(caches) == len(set(caches)) == 15


def test_with_a_namespace_that_alone_is_watched_and_where_the_responder_is() -> None:
    found = {(one.resource.kind, one.namespace) for one in watched(Settings(namespace="shop"))}
    assert {namespace for _, namespace in found} == {"shop", "cert-manager"}
    elsewhere = {kind for kind, namespace in found if namespace != "shop"}
    assert elsewhere == {"EndpointSlice", "ReferenceGrant"}


@pytest.mark.parametrize(
    "settings", [BY_ADDRESS, Settings(enable_gateway_api=False)], ids=["address", "no gateway"]
)
def test_what_is_not_used_is_not_watched(settings: Settings) -> None:
    assert not any(one.resource.kind == "ReferenceGrant" for one in watched(settings))
    at_home = any(one.cache is CLUSTER.network.responders for one in watched(settings))
    assert at_home is not bool(settings.http01_responder_address)


def test_without_these_rights_it_leads() -> None:
    """The Gateway API's, and those in the namespace of the responder."""
    network = CLUSTER.network
    optional = [network.gateways, network.routes, network.responders, network.grants]
    assert [one.cache for one in watched(Settings()) if one.optional] == optional
