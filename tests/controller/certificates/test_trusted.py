"""What this room trusts the real API server for: the guards of a server-side apply of a Secret."""

from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest

from controller.certificates.secret import MANAGER
from controller.runtime.errors import Conflict, Invalid
from controller.runtime.kube import Kube
from controller.runtime.objects import SECRET, Secret
from devcluster.cluster import Cluster
from orderapi.meta import ObjectMeta

PAIR = {"tls.crt": b"a chain", "tls.key": b"a key"}
ANOTHER_UID = "11111111-1111-1111-1111-111111111111"


def wanted(
    name: str,
    *,
    uid: str = "",
    type: str = "kubernetes.io/tls",  # noqa: A002
    labels: dict[str, str] | None = None,
) -> dict[str, Any]:
    meta = ObjectMeta(name=name, namespace="default", uid=uid, labels=labels or {})
    wired: dict[str, Any] = msgspec.to_builtins(Secret(metadata=meta, type=type, data=PAIR))
    return wired


@pytest.fixture
async def kube(devcluster: Cluster) -> AsyncIterator[Kube]:
    connected = await Kube.connect(str(devcluster.kubeconfig), user_agent="tests")
    yield connected
    await connected.close()


async def test_a_uid_means_that_secret_alone(kube: Kube) -> None:
    with pytest.raises(Conflict):
        await kube.apply(SECRET, wanted("absent", uid=ANOTHER_UID), manager=MANAGER)
    made = await kube.apply(SECRET, wanted("guarded"), manager=MANAGER)
    with pytest.raises(Conflict):
        await kube.apply(SECRET, wanted("guarded", uid=ANOTHER_UID), manager=MANAGER)
    again = await kube.apply(SECRET, wanted("guarded", uid=made.metadata.uid), manager=MANAGER)
    assert again.metadata.resource_version == made.metadata.resource_version


async def test_a_secret_of_another_type_is_refused(kube: Kube) -> None:
    foreign = Secret(
        metadata=ObjectMeta(name="foreign", namespace="default"),
        type="Opaque",
        data={"password": b"x"},
    )
    await kube.create(SECRET, foreign)
    with pytest.raises(Invalid):
        await kube.apply(SECRET, wanted("foreign"), manager=MANAGER)
    kept = await kube.get(SECRET, "default", "foreign")
    assert kept.data == foreign.data


async def test_what_is_not_applied_any_more_goes_and_what_others_added_stays(kube: Kube) -> None:
    labels = {"ours": "yes", "old": "yes"}
    await kube.apply(SECRET, wanted("shared", labels=labels), manager=MANAGER)
    patch = {"metadata": {"labels": {"theirs": "yes"}}, "data": {"dhparam.pem": "eA=="}}
    await kube.patch(SECRET, "default", "shared", patch)
    after = await kube.apply(SECRET, wanted("shared", labels={"ours": "yes"}), manager=MANAGER)
    assert after.metadata.labels == {"ours": "yes", "theirs": "yes"}
    assert after.data == {**PAIR, "dhparam.pem": b"x"}
