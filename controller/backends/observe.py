"""The backend of one namespace, from caches and from what this process knows. Asks nobody."""

from collections.abc import Iterable

from controller.backends.knowledge import Notebook
from controller.backends.observed import Observed
from controller.backends.wanted import IPV4, IPV6
from controller.backing import SERVICE_NAME, grant_name, home, needs_of, responder
from controller.cluster import Cluster
from controller.settings import Settings
from orderapi.challenge import Challenge


def observe(
    cluster: Cluster,
    settings: Settings,
    notebook: Notebook,
    namespace: str,
    challenges: Iterable[Challenge],
) -> Observed:
    """All that a decision may depend on; `challenges` are those of the namespace."""
    network, place = cluster.network, home(settings)
    slices = (network.slices.get(namespace, name) for name in (IPV4, IPV6))
    return Observed(
        namespace=namespace,
        now=cluster.clock.now(),
        needs=needs_of(settings, namespace, challenges),
        responder=responder(settings, network.responders.all()),
        home=place,
        service=network.services.get(namespace, SERVICE_NAME),
        slices={one.metadata.name: one for one in slices if one is not None},
        grant=network.grants.get(place.namespace, grant_name(namespace)),
        held=notebook.held(namespace),
    )
