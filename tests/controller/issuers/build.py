"""Issuers, what can be seen of them, and a world with an API server in memory and a real CA."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec

from controller.accounts import Accounts
from controller.acme import AccountKey, Proxies, RequestMade
from controller.cluster import Cluster
from controller.issuers.observed import (
    Binding,
    Enrolled,
    Fault,
    Inputs,
    KeyMissing,
    Observed,
    Secrets,
    Trouble,
)
from controller.issuers.room import ClusterIssuers, Issuers
from controller.runtime.cache import Cache
from controller.runtime.objects import SECRET, Secret
from controller.runtime.schedule import Again, Key
from controller.secretnote import note
from controller.settings import Settings
from controller.verdict import FailureFacts
from devcluster.servers import Pebble
from orderapi import names
from orderapi.conditions import FALSE, TRUE, Condition, find
from orderapi.issuer import (
    AcmeIssuer,
    AcmeIssuerStatus,
    AnyIssuer,
    ClusterIssuer,
    Issuer,
    IssuerSpec,
    IssuerStatus,
)
from orderapi.meta import ObjectMeta
from orderapi.references import SecretKeySelector
from orderapi.resources import CLUSTER_ISSUER, ISSUER
from tests.controller.certificates.world import ApiServer, Clock, Ear, Waits

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
SERVER = "https://ca.example/directory"
ACCOUNT = "https://ca.example/account/1"
KEY = AccountKey(ec.generate_private_key(ec.SECP256R1()))
OTHER_KEY = AccountKey(ec.generate_private_key(ec.SECP256R1()))
REGISTERED = "The ACME account was registered with the ACME server"


def a_ready(
    status: str = TRUE,
    reason: str = "ACMEAccountRegistered",
    message: str = REGISTERED,
    *,
    generation: int = 1,
) -> Condition:
    """The Ready condition, since NOW."""
    return Condition(
        type=names.READY,
        status=status,
        reason=reason,
        message=message,
        last_transition_time=NOW,
        observed_generation=generation,
    )


def an_issuer(
    ready: Condition | None = None,
    account: AcmeIssuerStatus | None = None,
    *,
    cluster: bool = False,
    deleting: bool = False,
    spec: IssuerSpec | None = None,
    **acme: Any,
) -> AnyIssuer:
    """An ACME issuer of generation 1; its acme part as given."""
    chosen: dict[str, Any] = {
        "server": SERVER,
        "private_key_secret_ref": SecretKeySelector(name="account"),
    }
    kind = ClusterIssuer if cluster else Issuer
    return kind(
        metadata=ObjectMeta(
            name="acme",
            namespace="" if cluster else "shop",
            uid="issuer-uid",
            resource_version="3",
            generation=1,
            deletion_timestamp=NOW if deleting else None,
        ),
        spec=spec or IssuerSpec(acme=AcmeIssuer(**(chosen | acme))),
        status=IssuerStatus(
            conditions=(ready,) if ready is not None else (), acme=account or AcmeIssuerStatus()
        ),
    )


def a_registered(key: AccountKey = KEY, **acme: Any) -> AnyIssuer:
    """An issuer that stands as registered."""
    account = AcmeIssuerStatus(
        uri=ACCOUNT, last_registered_email=acme.get("email"), last_private_key_hash=key.digest()
    )
    return an_issuer(a_ready(), account, **acme)


def secrets(
    key: AccountKey | KeyMissing | Fault = KEY, binding: Binding = None, *solvers: Fault
) -> Secrets:
    """What the issuer's Secrets hold."""
    return Secrets(key=key, binding=binding, solvers=solvers)


def inputs(key: AccountKey | None = KEY, *, generation: int = 1, binding: Binding = None) -> Inputs:
    """What an answer of the CA was about."""
    digest = key.digest() if key is not None else ""
    return Inputs(generation=generation, key=digest, binding=binding)


def a_trouble(
    facts: FailureFacts | None = None,
    *,
    reason: str = "ErrRegisterACMEAccount",
    at: datetime = NOW,
    attempts: int = 1,
    about: Inputs | None = None,
) -> Trouble:
    """The CA is away, unless told otherwise."""
    return Trouble(
        inputs=about or inputs(),
        reason=reason,
        facts=facts or FailureFacts(message="ca.example is away", kind="unreachable"),
        at=at,
        attempts=attempts,
    )


def enrolled(about: Inputs | None = None, email: str = "") -> Enrolled:
    """The account that the CA has confirmed."""
    return Enrolled(inputs=about or inputs(), uri=ACCOUNT, email=email)


def seen(issuer: AnyIssuer, **parts: Any) -> Observed:
    """An Observed: the key is there, the CA was not asked yet."""
    chosen: dict[str, Any] = {"now": NOW, "namespace": "shop", "secrets": secrets()}
    return Observed(issuer=issuer, **(chosen | parts))


class Process:
    """One life of both rooms, with an API server in memory and whatever CAs the issuers name."""

    def __init__(self, server: ApiServer, *, allow_special_addresses: bool = True) -> None:
        self.server = server
        self.ear = Ear()
        self.waits = Waits()
        self.asked: list[RequestMade] = []
        self.cluster = _cluster(server, self.ear, self.waits)
        settings = Settings(
            cluster_resource_namespace="certs", allow_special_addresses=allow_special_addresses
        )
        self.accounts = Accounts(
            self.cluster, settings, proxies=Proxies(), on_request=self.asked.append
        )
        self.issuers = Issuers(self.cluster, settings, self.accounts)
        self.cluster_issuers = ClusterIssuers(self.cluster, settings, self.accounts)
        self.hear()

    def hear(self) -> None:
        """Let every watch catch up."""
        _catch_up(self.cluster.issuers, self.server.all(ISSUER))
        _catch_up(self.cluster.cluster_issuers, self.server.all(CLUSTER_ISSUER))
        labelled = [
            secret
            for secret in self.server.all(SECRET)
            if secret.metadata.labels.get(names.WATCHED_SECRET) == "true"
        ]
        _catch_up(self.cluster.secrets, labelled)

    async def look(self, *, cluster: bool = False) -> Again:
        """One look at the issuer, with caches that are current."""
        self.hear()
        if cluster:
            return await self.cluster_issuers.reconcile(Key("", "acme"))
        return await self.issuers.reconcile(Key("shop", "acme"))

    @property
    def issuer(self) -> Issuer:
        """The Issuer as it is at the API server."""
        (found,) = self.server.all(ISSUER)
        return found

    @property
    def ready(self) -> Condition:
        """Its Ready condition."""
        found = find(self.issuer.status.conditions, names.READY)
        assert found is not None
        return found

    def assert_not_ready(self, reason: str, *words: str) -> None:
        """It is not ready, for this reason, and says so in these words."""
        assert (self.ready.status, self.ready.reason) == (FALSE, reason)
        for word in words:
            assert word in self.ready.message

    def change(self, **acme: Any) -> None:
        """Somebody edits the issuer's acme part."""
        issuer = self.issuer
        assert issuer.spec.acme is not None
        spec = IssuerSpec(acme=msgspec.structs.replace(issuer.spec.acme, **acme))
        self.server.put(ISSUER, msgspec.structs.replace(issuer, spec=spec))
        self.hear()

    def set_status(self, **account: Any) -> None:
        """Somebody edits status.acme."""
        status = self.issuer.status
        status = msgspec.structs.replace(status, acme=AcmeIssuerStatus(**account))
        self.server.put(ISSUER, msgspec.structs.replace(self.issuer, status=status))
        self.hear()

    def put_secret(self, name: str, *, namespace: str = "shop", **data: bytes) -> None:
        """Somebody makes or changes a Secret; names of entries have their dots as underscores."""
        held = self.server.all(SECRET)
        old = [s for s in held if (s.metadata.namespace, s.metadata.name) == (namespace, name)]
        meta = old[0].metadata if old else ObjectMeta(name=name, namespace=namespace)
        content = {entry.replace("_", "."): value for entry, value in data.items()}
        self.server.put(SECRET, Secret(metadata=meta, type="Opaque", data=content))

    def secret(self, name: str = "account", *, namespace: str = "shop") -> Secret:
        """The Secret of that name."""
        (found,) = (
            secret
            for secret in self.server.all(SECRET)
            if (secret.metadata.namespace, secret.metadata.name) == (namespace, name)
        )
        return found

    def reads(self) -> int:
        """How many Secrets were read so far."""
        return len([call for call in self.server.calls if call.verb == "get"])

    def actions(self) -> list[str]:
        """What the CA was asked for and answered well, in order."""
        return [made.action for made in self.asked if made.method == "POST" and made.status < 300]


def of_pebble(pebble: Pebble, **acme: Any) -> dict[str, Any]:
    """The acme part of an issuer at that CA."""
    return {"server": pebble.directory_url, "ca_bundle": pebble.ca.read_bytes()} | acme


def a_server(issuer: AnyIssuer | None = None) -> ApiServer:
    """An API server with that issuer."""
    server = ApiServer(Clock(NOW))
    if isinstance(issuer, Issuer):
        server.put(ISSUER, issuer)
    elif issuer is not None:
        server.put(CLUSTER_ISSUER, issuer)
    return server


def _cluster(server: ApiServer, ear: Ear, waits: Waits) -> Cluster:
    return Cluster(
        kube=server,
        clock=server.clock,
        recorder=ear,
        named=waits,
        certificates=Cache(),
        requests=Cache(),
        orders=Cache(),
        challenges=Cache(),
        issuers=Cache(),
        cluster_issuers=Cache(),
        secrets=Cache(slim=note),
    )


def _catch_up(cache: Cache[Any], objects: list[Any]) -> None:
    for obj in objects:
        cache.feed(obj)
    held = {Key(obj.metadata.namespace, obj.metadata.name) for obj in objects}
    for obj in cache.all():
        if Key(obj.metadata.namespace, obj.metadata.name) not in held:
            cache.gone(obj)
