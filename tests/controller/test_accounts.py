"""From an issuer to a client: which one, when there is none, and when the account is another."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import msgspec
import pytest

from controller.accounts import AccountUnavailable, KeyFault, read_account_key
from controller.accounts.sessions import Sessions, Trust
from controller.acme import Client, Identifier, Misconfigured, NewOrder, Problem, Proxies
from controller.runtime.objects import SECRET, Secret
from controller.runtime.schedule import OnChange
from devcluster import pki
from devcluster.servers import Pebble
from orderapi.conditions import FALSE, TRUE
from orderapi.issuer import AcmeIssuerStatus, AnyIssuer, Issuer, IssuerSpec
from orderapi.meta import ObjectMeta
from orderapi.resources import ISSUER
from tests.controller.issuers.build import (
    ACCOUNT,
    KEY,
    OTHER_KEY,
    Process,
    a_ready,
    a_registered,
    a_server,
    an_issuer,
    of_pebble,
)

Start = Callable[..., Process]


@pytest.fixture
async def start() -> AsyncIterator[Start]:
    """Starts processes; their connections are closed at the end."""
    started: list[Process] = []

    def begin(issuer: AnyIssuer) -> Process:
        started.append(Process(a_server(issuer)))
        return started[-1]

    yield begin
    for process in started:
        await process.accounts.close()


def _registered_here(start: Start, **acme: Any) -> Process:
    """A process with a registered issuer, whose key is in its labelled Secret."""
    process = start(a_registered(**acme))
    _put_key(process, KEY.pem())
    return process


def _put_key(process: Process, pem: bytes) -> None:
    process.put_secret("account", tls_key=pem)
    secret = process.secret()
    meta = msgspec.structs.replace(
        secret.metadata, labels={"controller.cert-manager.io/fao": "true"}
    )
    process.server.put(SECRET, msgspec.structs.replace(secret, metadata=meta))
    process.hear()


@pytest.mark.parametrize(
    ("issuer", "words"),
    [
        (an_issuer(), "not looked at yet"),
        (an_issuer(a_ready(FALSE, "x", "the CA is away")), "is not ready: the CA is away"),
        (an_issuer(a_ready()), "has no account"),
        (an_issuer(a_ready(), spec=IssuerSpec()), "not of type acme"),
        (
            an_issuer(
                a_ready(generation=0),
                AcmeIssuerStatus(uri=ACCOUNT, last_private_key_hash=KEY.digest()),
            ),
            "was changed",
        ),
    ],
    ids=["new", "not ready", "no account", "no type", "changed since"],
)
async def test_without_an_account_there_is_a_sentence(
    start: Start, issuer: AnyIssuer, words: str
) -> None:
    process = start(issuer)
    with pytest.raises(AccountUnavailable, match=words) as caught:
        await process.accounts.client(issuer)
    assert caught.value.again == OnChange()
    assert process.reads() == 0


async def test_the_client_is_made_once_and_asks_nobody(start: Start) -> None:
    process = _registered_here(start)
    clients = await asyncio.gather(*(process.accounts.client(process.issuer) for _ in range(5)))
    assert len({id(client) for client in clients}) == 1
    assert clients[0].account_url == ACCOUNT
    assert process.reads() == 1
    assert process.asked == []


async def test_it_goes_on_while_a_harmless_change_is_looked_into(start: Start) -> None:
    process = _registered_here(start)
    client = await process.accounts.client(process.issuer)
    process.change(preferred_chain="Another Root")
    assert await process.accounts.client(process.issuer) is client


@pytest.mark.parametrize(
    "change",
    [{"server": "https://b.example/directory"}, {"skip_tls_verify": True}],
    ids=["server", "trust"],
)
async def test_a_change_of_the_way_to_the_ca_ends_the_client(
    start: Start, change: dict[str, Any]
) -> None:
    process = _registered_here(start)
    await process.accounts.client(process.issuer)
    process.change(**change)
    with pytest.raises(AccountUnavailable, match="was changed"):
        await process.accounts.client(process.issuer)


async def test_another_account_means_another_client(start: Start) -> None:
    process = _registered_here(start)
    client = await process.accounts.client(process.issuer)
    process.set_status(uri=f"{ACCOUNT}0", last_private_key_hash=KEY.digest())
    other = await process.accounts.client(process.issuer)
    assert other is not client
    assert other.account_url == f"{ACCOUNT}0"


@pytest.mark.parametrize("change", ["another key", "gone, or its label is"])
async def test_a_changed_secret_is_looked_into(start: Start, change: str) -> None:
    process = _registered_here(start)
    await process.accounts.client(process.issuer)
    if change == "another key":
        _put_key(process, OTHER_KEY.pem())
    else:
        process.cluster.secrets.gone(process.secret())
    assert process.accounts.doubted(process.issuer)
    with pytest.raises(AccountUnavailable, match="being looked into"):
        await process.accounts.client(process.issuer)


async def test_a_secret_that_is_touched_only_is_not(start: Start) -> None:
    process = _registered_here(start)
    client = await process.accounts.client(process.issuer)
    _put_key(process, KEY.pem())
    assert await process.accounts.client(process.issuer) is client


@pytest.mark.parametrize(
    ("pem", "words"),
    [
        (None, "is gone"),
        (b"nonsense", "not a private key"),
        (OTHER_KEY.pem(), "holds another key"),
    ],
    ids=["missing", "broken", "another"],
)
async def test_a_key_that_is_not_the_registered_one_is_doubted(
    start: Start, pem: bytes | None, words: str
) -> None:
    process = start(a_registered())
    if pem is not None:
        process.put_secret("account", tls_key=pem)
    with pytest.raises(AccountUnavailable, match=words):
        await process.accounts.client(process.issuer)
    reads = process.reads()
    with pytest.raises(AccountUnavailable, match=words):
        await process.accounts.client(process.issuer)
    assert process.reads() == reads, "it is not read again until it was looked into"
    process.accounts.settle(process.issuer)
    assert not process.accounts.doubted(process.issuer)


async def test_an_issuer_that_is_gone_leaves_nothing(start: Start) -> None:
    process = _registered_here(start)
    await process.accounts.client(process.issuer)
    issuer = process.issuer
    process.accounts.doubt(issuer, "so")
    process.server.remove(ISSUER, issuer)
    process.hear()
    client = await process.accounts.open(issuer, KEY, account_url=ACCOUNT)
    for _ in ("as it was", "with another one of its name"):
        process.accounts.keep(issuer, KEY, client)
        process.accounts.doubt(issuer, "so")
        accounts = process.accounts
        assert (accounts.doubts.all(), accounts._held, accounts._users) == ((), {}, {})
        meta = msgspec.structs.replace(issuer.metadata, uid="another")
        process.server.put(ISSUER, msgspec.structs.replace(issuer, metadata=meta))
        process.hear()


async def test_an_account_that_the_ca_does_not_know_is_doubted_and_made_anew(
    pebble: Pebble, start: Start
) -> None:
    process = start(an_issuer(**of_pebble(pebble)))
    await process.look()
    known = process.issuer.status.acme
    process.set_status(
        uri=known.uri.rpartition("/")[0] + "/12345678",
        last_private_key_hash=known.last_private_key_hash,
    )
    client = await process.accounts.client(process.issuer)
    calls: list[Callable[[Client], Any]] = [
        lambda client: client.new_order(NewOrder((Identifier("dns", "a.example.com"),))),
        lambda client: client.order(known.uri),
        lambda client: client.authorization(known.uri),
        lambda client: client.answer(known.uri),
        lambda client: client.finalize(known.uri, b"csr"),
        lambda client: client.certificate(known.uri),
    ]
    for call in calls:
        process.accounts.settle(process.issuer)
        with pytest.raises(Problem) as caught:
            await call(client)
        assert caught.value.kind == "accountDoesNotExist"
        assert process.accounts.doubted(process.issuer)
    await process.look()
    assert process.issuer.status.acme == known
    assert process.ready.status == TRUE
    await (await process.accounts.client(process.issuer)).directory()


async def test_issuers_of_one_directory_share_one_limit(pebble: Pebble, start: Start) -> None:
    process = start(an_issuer(**of_pebble(pebble)))
    first = an_issuer(**of_pebble(pebble))
    second = msgspec.structs.replace(
        first, metadata=msgspec.structs.replace(first.metadata, name="other", uid="other-uid")
    )
    clients = [await process.accounts.open(each, KEY) for each in (first, second)]
    await asyncio.gather(*(client.directory() for client in clients))
    assert len(process.accounts._limiters) == 1
    assert len(process.accounts._sessions) == 1


async def test_a_bundle_that_holds_nothing_is_said(start: Start) -> None:
    process = _registered_here(start, ca_bundle=b"no certificate")
    with pytest.raises(AccountUnavailable, match="caBundle"):
        await process.accounts.client(process.issuer)
    with pytest.raises(Misconfigured):
        await process.accounts.open(Issuer(spec=IssuerSpec()), KEY)


async def test_connections_are_bounded(authority: pki.Authority) -> None:
    bundle = authority.certificate.read_bytes()
    sessions = Sessions(proxies=Proxies(), allow_special_addresses=False, most=2)
    trusts = [Trust(bundle + b"\n" * number, False) for number in range(3)]
    first = sessions.session(trusts[0])
    sessions.session(trusts[1])
    assert sessions.has(trusts[0])
    sessions.session(trusts[2])
    await sessions.close_surplus()
    assert len(sessions) == 2
    assert not sessions.has(trusts[1]), "the one that was unused for longest had to go"
    assert sessions.session(trusts[0]) is first
    await sessions.close()
    assert len(sessions) == 0


async def test_an_evicted_connection_ends_its_clients(start: Start) -> None:
    process = _registered_here(start)
    client = await process.accounts.client(process.issuer)
    await process.accounts.close()
    assert await process.accounts.client(process.issuer) is not client


async def test_what_is_wrong_with_a_key_is_said_without_it() -> None:
    secret = Secret(metadata=ObjectMeta(name="account"), data={"tls.key": b"sesame"})
    with pytest.raises(KeyFault, match=r'entry "tls\.key" of Secret "account"') as caught:
        await read_account_key(secret, "tls.key")
    assert "sesame" not in str(caught.value)
    with pytest.raises(KeyFault, match='Secret "account" has no entry "other"'):
        await read_account_key(secret, "other")
