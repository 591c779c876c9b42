"""Which client is the right one for an issuer, made when somebody first needs it.

A client is kept while issuer, key and account stay what they are. Clients of one directory share
one limit of requests in flight. Where an account turns out not to be what the issuer's status says,
it is doubted: nobody gets a client of it until the issuer's room, which listens, has looked.

Refuses to register anything and to write any status.
"""

import asyncio
import itertools
import logging
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from typing import Final
from weakref import WeakValueDictionary

import msgspec

from controller.accounts.client import AccountClient
from controller.accounts.key import KeyFault, read_account_key
from controller.accounts.present import present
from controller.accounts.sessions import Sessions, Trust
from controller.acme import AccountKey, Client, Misconfigured, Proxies, RequestMade, user_agent
from controller.cluster import Cluster
from controller.issuerref import credentials_namespace
from controller.runtime.cache import Cache
from controller.runtime.errors import NotFound
from controller.runtime.objects import SECRET
from controller.runtime.schedule import Again, Key, OnChange, key_of
from controller.secretnote import SecretNote
from controller.settings import Settings
from orderapi import names
from orderapi.conditions import TRUE, find
from orderapi.defaults import account_key_name
from orderapi.issuer import AcmeIssuer, AnyIssuer, ClusterIssuer
from orderapi.meta import ObjectMeta

logger = logging.getLogger(__name__)

DISTRIBUTION: Final = "kubectl-order"


class AccountUnavailable(Exception):
    """The issuer's account cannot be used now; the text says why and what happens next.

    `again` is when to ask once more: unless said otherwise, when the issuer has changed.
    """

    def __init__(self, message: str, *, again: Again | None = None) -> None:
        super().__init__(message)
        self.again: Again = again or OnChange()


class Doubt(msgspec.Struct, frozen=True, kw_only=True):
    """An issuer, by name, namespace and uid, whose account is to be looked into, and why."""

    metadata: ObjectMeta
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Held:
    """A client, and all that must stay the same for it to be right."""

    client: Client
    issuer: AnyIssuer
    server: str
    trust: Trust
    uri: str
    digest: str


class Accounts:
    """The accounts of all issuers. Use it in one event loop."""

    def __init__(
        self,
        cluster: Cluster,
        settings: Settings,
        *,
        proxies: Proxies,
        on_request: Callable[[RequestMade], None],
    ) -> None:
        """`on_request` hears of every request to a CA, for metrics."""
        self.doubts: Cache[Doubt] = Cache()
        """Issuers whose accounts are to be looked into; their rooms watch this."""
        self._cluster = cluster
        self._settings = settings
        self._on_request = on_request
        self._user_agent = user_agent(version(DISTRIBUTION))
        self._sessions = Sessions(
            proxies=proxies, allow_special_addresses=settings.allow_special_addresses
        )
        self._limiters: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()
        self._loading: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._held: dict[str, _Held] = {}  # by the issuer's uid
        self._users: dict[Key, set[str]] = {}  # uids of issuers by their key's Secret
        self._number = itertools.count(1)
        cluster.issuers.listen(self._issuer_changed)
        cluster.cluster_issuers.listen(self._issuer_changed)
        cluster.secrets.listen(self._secret_changed)

    async def client(self, issuer: AnyIssuer) -> Client:
        """The client of the issuer's account. Raises AccountUnavailable or ApiError."""
        acme = _usable(issuer)
        doubt = self._doubt_of(issuer)
        if doubt is not None:
            raise _looked_into(issuer, doubt.why)
        held = self._right(issuer, acme)
        if held is not None:
            return held
        _check_current(issuer)
        lock = self._loading.setdefault(issuer.metadata.uid, asyncio.Lock())
        async with lock:
            held = self._right(issuer, acme)
            if held is not None:
                return held
            key = await self._load(issuer, acme)
            try:
                client = await self.open(issuer, key, account_url=issuer.status.acme.uri)
            except Misconfigured as error:
                raise AccountUnavailable(f"{shown(issuer)}: {error}") from error
            self.keep(issuer, key, client)
            return client

    async def open(self, issuer: AnyIssuer, key: AccountKey, *, account_url: str = "") -> Client:
        """A client of this issuer's CA with that key, not kept. Raises acme.Misconfigured."""
        acme = issuer.spec.acme
        if acme is None:
            raise Misconfigured(f"{shown(issuer)} is not of type acme")
        session = self._sessions.session(_trust(acme))
        await self._sessions.close_surplus()
        return AccountClient(
            session,
            acme.server,
            key,
            limiter=self._limiter(acme.server),
            user_agent=self._user_agent,
            clock=self._cluster.clock,
            on_request=self._on_request,
            account_url=account_url,
            on_unknown=lambda: self.doubt(issuer, "the CA does not know the account"),
        )

    def keep(self, issuer: AnyIssuer, key: AccountKey, client: Client) -> None:
        """Give out this client from now on, once the issuer's status says the same account."""
        acme = issuer.spec.acme
        if acme is None or not present(self._cluster, issuer):
            return
        self._forget(issuer.metadata.uid)
        self._held[issuer.metadata.uid] = _Held(
            client=client,
            issuer=issuer,
            server=acme.server,
            trust=_trust(acme),
            uri=client.account_url,
            digest=key.digest(),
        )
        secret = self._secret_of(issuer, acme)
        self._users.setdefault(secret, set()).add(issuer.metadata.uid)

    def doubt(self, issuer: AnyIssuer, why: str) -> None:
        """Have the issuer's room look into the account, and give out no client of it until then."""
        meta = issuer.metadata
        self._forget(meta.uid)
        if not present(self._cluster, issuer):
            return  # nobody would look, and settle it
        logger.warning("account is doubted", extra={"issuer": str(key_of(issuer)), "reason": why})
        named = ObjectMeta(
            name=meta.name,
            namespace=meta.namespace,
            uid=meta.uid,
            resource_version=str(next(self._number)),
        )
        self.doubts.feed(Doubt(metadata=named, why=why))

    def doubted(self, issuer: AnyIssuer) -> bool:
        """Whether the account is to be looked into."""
        return self._doubt_of(issuer) is not None

    def settle(self, issuer: AnyIssuer) -> None:
        """The account has been looked into."""
        doubt = self._doubt_of(issuer)
        if doubt is not None:
            self.doubts.gone(doubt)

    async def close(self) -> None:
        """Close every connection to a CA."""
        self._held.clear()
        self._users.clear()
        await self._sessions.close()

    def _right(self, issuer: AnyIssuer, acme: AcmeIssuer) -> Client | None:
        """The client that is held, if it is the right one for this state of the issuer."""
        held, status = self._held.get(issuer.metadata.uid), issuer.status.acme
        if held is None:
            return None
        expected = acme.server, _trust(acme), status.uri, status.last_private_key_hash
        fits = expected == (held.server, held.trust, held.uri, held.digest)
        return held.client if fits and self._sessions.has(held.trust) else None

    async def _load(self, issuer: AnyIssuer, acme: AcmeIssuer) -> AccountKey:
        namespace, name = self._secret_of(issuer, acme)
        try:
            secret = await self._cluster.kube.get(SECRET, namespace, name)
            key = await read_account_key(secret, account_key_name(acme))
        except NotFound as error:
            raise self._wrong_key(issuer, f'Secret "{name}" with its key is gone') from error
        except KeyFault as error:
            raise self._wrong_key(issuer, str(error)) from error
        if key.digest() != issuer.status.acme.last_private_key_hash:
            raise self._wrong_key(issuer, f'Secret "{name}" holds another key than was registered')
        return key

    def _wrong_key(self, issuer: AnyIssuer, why: str) -> AccountUnavailable:
        self.doubt(issuer, why)
        return _looked_into(issuer, why)

    def _secret_of(self, issuer: AnyIssuer, acme: AcmeIssuer) -> Key:
        return Key(credentials_namespace(issuer, self._settings), acme.private_key_secret_ref.name)

    def _limiter(self, server: str) -> asyncio.Semaphore:
        limiter = self._limiters.get(server)
        if limiter is None:
            limiter = asyncio.Semaphore(self._settings.acme_max_in_flight)
            self._limiters[server] = limiter
        return limiter

    def _doubt_of(self, issuer: AnyIssuer) -> Doubt | None:
        found = self.doubts.get(issuer.metadata.namespace, issuer.metadata.name)
        return found if found is not None and found.metadata.uid == issuer.metadata.uid else None

    def _forget(self, uid: str) -> None:
        held = self._held.pop(uid, None)
        acme = held.issuer.spec.acme if held is not None else None
        if held is None or acme is None:
            return
        secret = self._secret_of(held.issuer, acme)
        self._users[secret].discard(uid)
        if not self._users[secret]:
            del self._users[secret]

    def _issuer_changed(self, old: AnyIssuer | None, new: AnyIssuer | None) -> None:
        if old is None:
            return
        if new is None or new.metadata.uid != old.metadata.uid:
            self._forget(old.metadata.uid)
            self.settle(old)

    def _secret_changed(self, old: SecretNote | None, new: SecretNote | None) -> None:
        if old is None or (new is not None and new.digest == old.digest):
            return
        for uid in tuple(self._users.get(key_of(old), ())):
            self.doubt(self._held[uid].issuer, "the Secret with its key has changed")


def shown(issuer: AnyIssuer) -> str:
    """The issuer for a sentence: `ClusterIssuer "letsencrypt"`."""
    kind = "ClusterIssuer" if isinstance(issuer, ClusterIssuer) else "Issuer"
    return f'{kind} "{issuer.metadata.name}"'


def _looked_into(issuer: AnyIssuer, why: str) -> AccountUnavailable:
    return AccountUnavailable(f"the account of {shown(issuer)} is being looked into: {why}")


def _trust(acme: AcmeIssuer) -> Trust:
    return Trust(acme.ca_bundle, bool(acme.skip_tls_verify))


def _usable(issuer: AnyIssuer) -> AcmeIssuer:
    """The issuer's acme part, where its status says that it has an account."""
    acme = issuer.spec.acme
    if acme is None:
        raise AccountUnavailable(f"{shown(issuer)} is not of type acme")
    ready = find(issuer.status.conditions, names.READY)
    if ready is None or ready.status != TRUE:
        why = ready.message if ready is not None and ready.message else "it was not looked at yet"
        raise AccountUnavailable(f"{shown(issuer)} is not ready: {why}")
    if not issuer.status.acme.uri:
        raise AccountUnavailable(f"{shown(issuer)} has no account at its CA yet")
    return acme


def _check_current(issuer: AnyIssuer) -> None:
    """Refuse an account that nobody has looked into since the spec was changed."""
    ready = find(issuer.status.conditions, names.READY)
    if ready is None or ready.observed_generation != issuer.metadata.generation:
        raise AccountUnavailable(
            f"{shown(issuer)} was changed, and its account is being looked into"
        )
