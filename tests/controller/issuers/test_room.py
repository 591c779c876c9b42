"""The rooms at work with a real CA: accounts made, found, changed, lost; and what they wait for."""

from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from controller.acme import AccountKey
from controller.issuers import perform
from controller.issuers.enrolling import NotEnrolled
from controller.runtime.errors import Forbidden, NamespaceTerminating
from controller.runtime.objects import SECRET
from controller.runtime.schedule import At, Key, OnChange
from controller.verdict import FailureFacts
from devcluster import servers
from devcluster.servers import Pebble
from orderapi.conditions import TRUE
from orderapi.dns01 import Dns01, Rfc2136
from orderapi.issuer import AnyIssuer, ExternalAccountBinding, Issuer
from orderapi.references import SecretKeySelector
from orderapi.resources import CLUSTER_ISSUER, ISSUER, Resource
from orderapi.solver import Solver
from tests.controller.certificates.world import ApiServer, Clock
from tests.controller.issuers.build import (
    KEY,
    NOW,
    OTHER_KEY,
    Process,
    a_server,
    an_issuer,
    of_pebble,
)

Start = Callable[..., Process]

REFUSED = NotEnrolled("ErrRegisterACMEAccount", FailureFacts(message="it is closed", status=403))


@pytest.fixture
async def start() -> AsyncIterator[Start]:
    """Starts processes; their connections are closed at the end."""
    started: list[Process] = []

    def begin(issuer: AnyIssuer | ApiServer, **options: Any) -> Process:
        server = issuer if isinstance(issuer, ApiServer) else a_server(issuer)
        started.append(Process(server, **options))
        return started[-1]

    yield begin
    for process in started:
        await process.accounts.close()


async def test_a_new_issuer_gets_a_key_and_an_account_in_two_writes(
    pebble: Pebble, start: Start
) -> None:
    process = start(an_issuer(**of_pebble(pebble, email="Me@Example.com")))
    assert await process.look() == OnChange()
    secret = process.secret()
    assert secret.type == "Opaque"
    assert secret.metadata.labels == {
        "app.kubernetes.io/managed-by": "cert-manager",
        "controller.cert-manager.io/fao": "true",
    }
    assert secret.data["tls.key"].startswith(b"-----BEGIN RSA PRIVATE KEY-----")
    account = process.issuer.status.acme
    assert account.uri.startswith("https://")
    assert account.last_registered_email == "Me@Example.com"
    assert account.last_private_key_hash == AccountKey.load(secret.data["tls.key"]).digest()
    assert process.ready.status == TRUE
    assert process.ready.observed_generation == process.issuer.metadata.generation
    assert [(call.verb, call.kind) for call in process.server.writes] == [
        ("create", "Secret"),
        ("patch", "Issuer"),
    ]
    assert process.actions() == ["register_account"]
    assert process.ear.heard == []


async def test_after_a_restart_nothing_is_read_written_or_asked(
    pebble: Pebble, start: Start
) -> None:
    first = start(an_issuer(**of_pebble(pebble)))
    await first.look()
    before = len(first.server.calls)
    second = start(first.server)
    assert await second.look() == OnChange()
    assert len(second.server.calls) == before
    assert second.asked == []


async def test_a_cluster_issuer_has_its_secrets_in_one_namespace(
    pebble: Pebble, start: Start
) -> None:
    process = start(an_issuer(cluster=True, **of_pebble(pebble)))
    assert await process.look(cluster=True) == OnChange()
    assert process.secret(namespace="certs").data
    (issuer,) = process.server.all(CLUSTER_ISSUER)
    assert issuer.status.acme.uri


@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "ES384"])
async def test_a_key_that_is_there_is_adopted(pebble: Pebble, start: Start, algorithm: Any) -> None:
    key = await AccountKey.generate(algorithm)
    process = start(an_issuer(disable_account_key_generation=True, **of_pebble(pebble)))
    process.put_secret("account", tls_key=key.pem())
    await process.look()
    assert process.ready.status == TRUE
    assert process.issuer.status.acme.last_private_key_hash == key.digest()
    assert [call.kind for call in process.server.writes] == ["Issuer"]


async def test_a_missing_key_is_awaited_where_it_may_not_be_made(
    pebble: Pebble, start: Start
) -> None:
    process = start(an_issuer(disable_account_key_generation=True, **of_pebble(pebble)))
    for _ in range(2):
        assert await process.look() == OnChange()
    process.assert_not_ready("ErrVerifyACMEAccount", '"account"', '"shop"')
    assert process.waits.wanted == {("shop/account", Key("shop", "acme"))}
    assert len(process.ear.heard) == 1
    process.put_secret("account", tls_key=b"no key at all")
    await process.look()
    process.assert_not_ready("ErrVerifyACMEAccount", 'entry "tls.key" of Secret "account"')
    assert "no key at all" not in process.ready.message
    process.put_secret("account", tls_key=KEY.pem())
    await process.look()
    assert process.ready.status == TRUE
    assert process.asked


async def test_a_changed_address_is_told_to_the_ca(pebble: Pebble, start: Start) -> None:
    process = start(an_issuer(**of_pebble(pebble, email="a@example.com")))
    await process.look()
    uri = process.issuer.status.acme.uri
    for email in ("b@example.com", None):
        process.asked.clear()
        process.change(email=email)
        await process.look()
        assert process.issuer.status.acme.last_registered_email == email
        assert process.issuer.status.acme.uri == uri
        assert process.actions() == ["register_account", "update_registration"]
        assert process.ready.observed_generation == process.issuer.metadata.generation


async def test_another_server_means_another_account(pebble: Pebble, start: Start) -> None:
    process = start(
        an_issuer(server="https://127.0.0.1:1/directory", ca_bundle=pebble.ca.read_bytes())
    )
    process.set_status(
        uri="https://ca.example/account/1",
        last_private_key_hash=KEY.digest(),
        last_registered_email="me@example.com",
    )
    process.change(server=pebble.directory_url)
    await process.look()
    assert process.issuer.status.acme.uri.split("/")[2] == pebble.directory_url.split("/")[2]


async def test_binding_missing_then_wrong_then_good(pebble: Pebble, start: Start) -> None:
    binding = ExternalAccountBinding(
        key_id=servers.EAB_KEY_ID, key_secret_ref=SecretKeySelector(name="eab", key="key")
    )
    process = start(an_issuer(**of_pebble(pebble, external_account_binding=binding)))
    assert await process.look() == OnChange()
    process.assert_not_ready("ErrRegisterACMEAccount", 'failed to get secret "eab"')
    waiting = Key("shop", "acme")
    assert process.waits.wanted == {("shop/account", waiting), ("shop/eab", waiting)}
    process.put_secret("eab", other=b"x")
    await process.look()
    process.assert_not_ready("ErrRegisterACMEAccount", 'secret "eab" does not have key "key"')
    process.put_secret("eab", key=b"not base64 !!")
    await process.look()
    process.assert_not_ready("ErrRegisterACMEAccount", "neither base64url nor base64")
    process.put_secret("eab", key=b"d3JvbmcgTUFDIGtleSB3cm9uZyBNQUMga2V5")
    await process.look()
    process.assert_not_ready("ErrRegisterACMEAccount", "urn:ietf:params:acme:error:")
    process.put_secret("eab", key=pebble.eab_key.encode())
    await process.look()
    assert process.ready.status == TRUE


async def test_an_account_that_is_there_needs_no_binding(pebble: Pebble, start: Start) -> None:
    process = start(an_issuer(**of_pebble(pebble)))
    await process.look()
    binding = ExternalAccountBinding(
        key_id="spent", key_secret_ref=SecretKeySelector(name="gone", key="key")
    )
    process.change(external_account_binding=binding)
    await process.look()
    assert process.ready.status == TRUE


async def test_it_becomes_ready_when_the_solvers_secret_appears(
    pebble: Pebble, start: Start
) -> None:
    reference = SecretKeySelector(name="dns", key="secret")
    rfc2136 = Rfc2136(nameserver="192.0.2.53", tsig_key_name="k", tsig_secret_secret_ref=reference)
    solver = Solver(dns01=Dns01(rfc2136=rfc2136))
    process = start(an_issuer(**of_pebble(pebble, solvers=(solver, solver))))
    await process.look()
    process.assert_not_ready("InvalidSolver", 'failed to get secret "dns"')
    assert process.ready.message.count("failed to get") == 1
    process.put_secret("dns", other=b"x")
    await process.look()
    process.assert_not_ready("InvalidSolver", 'the secret "dns" does not have key "secret"')
    assert process.asked == []
    process.put_secret("dns", secret=b"x")
    await process.look()
    assert process.ready.status == TRUE


@pytest.mark.parametrize(
    ("server", "words"),
    [
        ("http://ca.example/directory", "https"),
        ("https://127.0.0.1:1/directory", "127.0.0.1:1"),
        ("ca.example", "https"),
    ],
    ids=["not https", "nobody there", "no URL"],
)
async def test_a_bad_server_is_named(start: Start, server: str, words: str) -> None:
    process = start(an_issuer(server=server))
    process.put_secret("account", tls_key=KEY.pem())
    await process.look()
    process.assert_not_ready("ErrRegisterACMEAccount", words)
    assert process.ear.heard == [("Warning", "ErrRegisterACMEAccount", process.ready.message)]


async def test_a_server_that_is_no_acme_server(pebble: Pebble, start: Start) -> None:
    url = f"{pebble.management_url}/roots/0"
    process = start(an_issuer(**of_pebble(pebble, server=url)))
    process.put_secret("account", tls_key=KEY.pem())
    again = await process.look()
    process.assert_not_ready("ErrRegisterACMEAccount")
    assert isinstance(again, At)
    assert "BEGIN CERTIFICATE" not in process.ready.message


async def test_a_special_address_is_refused(pebble: Pebble, start: Start) -> None:
    process = start(an_issuer(**of_pebble(pebble)), allow_special_addresses=False)
    process.put_secret("account", tls_key=KEY.pem())
    await process.look()
    process.assert_not_ready("ErrRegisterACMEAccount", "loopback")


async def test_an_untrusted_server_says_what_is_missing(pebble: Pebble, start: Start) -> None:
    process = start(an_issuer(server=pebble.directory_url))
    process.put_secret("account", tls_key=KEY.pem())
    await process.look()
    process.assert_not_ready("ErrRegisterACMEAccount", "not trusted", "caBundle")


async def test_a_server_that_is_away_is_asked_again_later_and_later(start: Start) -> None:
    process = start(an_issuer(server="https://127.0.0.1:1/directory"))
    process.put_secret("account", tls_key=KEY.pem())
    clock = process.server.clock
    delays = []
    for _ in range(4):
        again = await process.look()
        assert isinstance(again, At)
        delays.append(again.time - clock.time)
        asked = len(process.asked)
        assert await process.look() == again, "an early look asks nobody"
        assert len(process.asked) == asked
        clock.time = again.time
    assert delays == [timedelta(seconds=n) for n in (1, 2, 4, 8)]
    assert len(process.server.writes) == 1


async def test_an_account_that_the_ca_has_forgotten_is_made_anew(
    pebble: Pebble, start: Start
) -> None:
    process = start(an_issuer(**of_pebble(pebble)))
    await process.look()
    issuer = process.issuer
    process.accounts.doubt(issuer, "the CA does not know the account")
    process.put_secret("account", tls_key=OTHER_KEY.pem())
    await process.look()
    assert not process.accounts.doubted(issuer)
    account = process.issuer.status.acme
    assert account.uri != issuer.status.acme.uri
    assert account.last_private_key_hash == OTHER_KEY.digest()


async def test_a_doubt_that_was_none_leaves_no_trace(pebble: Pebble, start: Start) -> None:
    process = start(an_issuer(**of_pebble(pebble)))
    await process.look()
    writes = len(process.server.writes)
    process.accounts.doubt(process.issuer, "somebody said so")
    await process.look()
    assert not process.accounts.doubted(process.issuer)
    assert len(process.server.writes) == writes


def test_doubts_wake_the_room_of_their_kind(start: Start) -> None:
    process = start(an_issuer())
    process.accounts.doubt(process.issuer, "so")
    (doubt,) = process.accounts.doubts.all()
    for room, expected in (
        (process.issuers, [Key("shop", "acme")]),
        (process.cluster_issuers, []),
    ):
        wakes = next(keys for cache, keys in room.watches() if cache is process.accounts.doubts)
        assert list(wakes(doubt)) == expected


class Refusing(ApiServer):
    """An API server that refuses what is done with Secrets."""

    def __init__(self, clock: Clock, *, verb: str, error: Exception) -> None:
        super().__init__(clock)
        self.verb = verb
        self.error = error

    async def get(self, resource: Resource[Any], namespace: str, name: str) -> Any:
        if self.verb == "get" and resource is SECRET:
            raise self.error
        return await super().get(resource, namespace, name)

    async def create(self, resource: Resource[Any], obj: Any) -> Any:
        if self.verb == "create" and resource is SECRET:
            raise self.error
        return await super().create(resource, obj)


@pytest.mark.parametrize(
    ("verb", "reason", "words"),
    [
        ("get", "ErrVerifyACMEAccount", "may not read it"),
        ("create", "ErrRegisterACMEAccount", "exceeded quota"),
    ],
)
async def test_a_right_that_is_missing_is_told(
    start: Start, verb: str, reason: str, words: str
) -> None:
    error = Forbidden(403, "Forbidden", "exceeded quota: secrets")
    server = Refusing(Clock(NOW), verb=verb, error=error)
    server.put(ISSUER, _an_issuer())
    process = start(server)
    await process.look()
    process.assert_not_ready(reason, words)


async def test_a_namespace_that_goes_away_is_no_reason_to_write(start: Start) -> None:
    error = NamespaceTerminating(403, "Forbidden", "going away")
    server = Refusing(Clock(NOW), verb="create", error=error)
    server.put(ISSUER, _an_issuer())
    process = start(server)
    assert await process.look() == OnChange()
    assert process.server.writes == []


async def test_one_that_is_gone_is_forgotten(pebble: Pebble, start: Start) -> None:
    process = start(an_issuer(**of_pebble(pebble)))
    await process.look()
    process.server.remove(ISSUER, process.issuer)
    assert await process.look() == OnChange()
    process.server.put(ISSUER, _an_issuer(**of_pebble(pebble)))
    await process.look()
    assert process.ready.status == TRUE


@pytest.mark.parametrize("failure", [None, REFUSED], ids=["enrolled", "refused"])
@pytest.mark.parametrize("anew", [False, True], ids=["gone", "made anew"])
async def test_one_that_goes_while_it_is_enrolled_leaves_nothing(
    start: Start, monkeypatch: pytest.MonkeyPatch, failure: NotEnrolled | None, *, anew: bool
) -> None:
    process = start(_an_issuer())
    process.put_secret("account", tls_key=KEY.pem())

    async def enroll(*_: object) -> NotEnrolled | None:
        issuer = process.issuer
        process.server.remove(ISSUER, issuer)
        if anew:
            meta = msgspec.structs.replace(issuer.metadata, uid="another", deletion_timestamp=NOW)
            process.server.put(ISSUER, msgspec.structs.replace(issuer, metadata=meta))
        process.hear()
        return failure

    monkeypatch.setattr(perform, "enroll", enroll)
    assert await process.look() == OnChange()
    accounts, notebook = process.accounts, process.issuers._notebook
    assert (accounts._held, accounts._users, accounts.doubts.all()) == ({}, {}, ())
    assert (notebook._troubles, notebook._enrolled) == ({}, {})


async def test_a_refused_key_that_is_deleted_is_made_anew_at_once(
    pebble: Pebble, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(*_: object) -> NotEnrolled:
        return REFUSED

    process = start(an_issuer(**of_pebble(pebble)))
    process.put_secret("account", tls_key=KEY.pem())
    with monkeypatch.context() as patched:
        patched.setattr(perform, "enroll", refuse)
        await process.look()
    process.assert_not_ready("ErrRegisterACMEAccount", "it is closed")
    assert process.waits.wanted == {("shop/account", Key("shop", "acme"))}
    process.server.remove(SECRET, process.secret())
    assert await process.look() == OnChange()
    assert process.ready.status == TRUE
    assert process.issuer.status.acme.last_private_key_hash != KEY.digest()


def _an_issuer(**acme: Any) -> Issuer:
    issuer = an_issuer(**acme)
    assert isinstance(issuer, Issuer)
    return issuer
