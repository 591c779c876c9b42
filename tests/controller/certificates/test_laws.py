"""What holds whatever happens: failures, changes of mind, clients, restarts, crashes."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controller.certificates import issuance
from controller.certificates.actions import (
    Issue,
    IssueTemporary,
    Prepare,
    Repair,
    Rest,
    Write,
)
from controller.certificates.decide import decide
from controller.certificates.observed import Absent, Observed, Target, Unread
from controller.pki.csr import read_csr
from controller.runtime.objects import SECRET
from controller.runtime.schedule import OnChange
from orderapi import attempts
from orderapi.certificate import Certificate, CertificateStatus
from orderapi.certificaterequest import CertificateRequest
from orderapi.conditions import find, is_true, with_condition
from orderapi.resources import CERTIFICATE, CERTIFICATE_REQUEST
from tests.controller.certificates.build import (
    NOT_AFTER,
    NOT_BEFORE,
    NOW,
    RENEWAL,
    a_certificate,
    a_chain,
    a_condition,
    a_key,
    a_next_key,
    a_request,
    a_spec,
    a_target,
    an_issuer,
    failed_status,
    issued,
    issuing_status,
    made,
    pending,
    ready_status,
    refused,
)
from tests.controller.certificates.living import a_server, find_fault, refuse, sign
from tests.controller.certificates.world import (
    ApiServer,
    Killed,
    Process,
    certificate,
    run,
)

KEY, NEXT = a_key(), a_key("next")
CHAIN = a_chain(NEXT)
HOUR = timedelta(hours=1)

FAILURES = (
    "urn:ietf:params:acme:error:dns: no such host",
    "urn:ietf:params:acme:error:rejectedIdentifier: not that name",
    "it broke",
)

statuses: st.SearchStrategy[CertificateStatus] = st.sampled_from(
    [
        CertificateStatus(),
        ready_status(),
        issuing_status(),
        issuing_status(key_name=None),
        issuing_status(ready=True),
        *(failed_status(message) for message in FAILURES),
        failed_status(base=ready_status()),
    ]
)
requests: st.SearchStrategy[CertificateRequest] = st.sampled_from(
    [
        a_request(),
        a_request(key=KEY),
        a_request(key_name="web-earlier"),
        a_request(status=pending("no issuer")),
        a_request(status=refused("no")),
        a_request(status=issued(CHAIN)),
        a_request(status=issued(a_chain(KEY))),
        a_request(status=issued(b"nonsense")),
    ]
)
targets: st.SearchStrategy[Target] = st.sampled_from(
    [
        Absent(),
        Unread(),
        a_target(key=KEY),
        a_target(key=NEXT, chain=CHAIN),
        a_target(key=KEY, issuer="other"),
        a_target(key=KEY, issued_for="api"),
        a_target(key=KEY, labels={}),
        a_target(data={}),
        a_target(type="kubernetes.io/service-account-token", data={"token": b"x"}),
    ]
)
times = st.sampled_from([NOW, RENEWAL, NOT_AFTER, NOT_AFTER + HOUR])


@st.composite
def observations(draw: st.DrawFn, *, deleted: bool = False, rivals: bool = False) -> Observed:
    """Anything that may be seen, sensible or not."""
    older = a_certificate(name="api", created=NOT_BEFORE - HOUR)
    current = draw(st.none() | requests)
    return Observed(
        certificate=a_certificate(
            spec=a_spec(rotation=draw(st.sampled_from([None, "Never"]))),
            status=draw(statuses),
            generation=draw(st.integers(1, 2)),
            deleted=NOW if deleted else None,
        ),
        now=draw(times),
        target=draw(targets),
        issuer=draw(st.none() | st.just(an_issuer())),
        rivals=(older,) if rivals else (),
        claim=draw(st.sampled_from(["", 'the account key of Issuer "le"'])),
        next_keys=draw(st.sampled_from([(), (a_next_key(),), (a_next_key(name="web-old"),)])),
        current=made(current) if current else None,
        coming=tuple(map(made, draw(st.lists(requests, max_size=2)))),
    )


@given(observations())
def test_the_same_facts_give_the_same_action(seen: Observed) -> None:
    assert decide(seen) == decide(seen)


@given(observations())
def test_a_written_status_is_not_written_again(seen: Observed) -> None:
    action = decide(seen)
    for _ in range(5):
        if not isinstance(action, Write):
            return
        after = msgspec.structs.replace(seen.certificate, status=action.status)
        assert after.spec == seen.certificate.spec
        arrived = issuance.arrived(seen)
        if arrived is not None and action.status.revision != seen.certificate.status.revision:
            seen = replace(seen, current=arrived, coming=())
        seen = replace(seen, certificate=after)
        action = decide(seen)
    raise AssertionError("it writes for ever")


@given(observations(deleted=True))
def test_what_is_being_deleted_is_left_alone(seen: Observed) -> None:
    assert decide(seen) == Rest(OnChange())


@given(observations(rivals=True))
def test_the_loser_of_a_secret_never_issues(seen: Observed) -> None:
    if seen.issued_for == "web":
        return
    action = decide(seen)
    assert not isinstance(action, Prepare | Issue | IssueTemporary | Repair)
    if isinstance(action, Write):
        ready = find(action.status.conditions, "Ready")
        assert ready is not None
        assert ready.reason == "DuplicateSecretName"
        assert not is_true(action.status.conditions, "Issuing")


@given(observations())
def test_nothing_is_asked_for_a_secret_that_must_not_be_written(seen: Observed) -> None:
    if seen.claim:
        assert not isinstance(decide(seen), Prepare | Issue | IssueTemporary | Repair)


@given(
    status=st.sampled_from(
        [ready_status(), issuing_status(ready=True), failed_status("no", base=ready_status())]
    ),
    coming=st.none() | requests,
    target=st.sampled_from([Unread(), a_target(key=KEY)]),
    now=st.sampled_from([NOW, RENEWAL, NOT_AFTER - timedelta(seconds=1)]),
)
def test_ready_stays_true_while_a_valid_certificate_is_renewed(
    status: CertificateStatus, coming: CertificateRequest | None, target: Target, now: datetime
) -> None:
    seen = Observed(
        certificate=a_certificate(status=status),
        now=now,
        target=target,
        current=made(a_request(key=KEY)),
        coming=(made(coming),) if coming else (),
        next_keys=(a_next_key(),),
    )
    action = decide(seen)
    if isinstance(action, Write):
        assert is_true(action.status.conditions, "Ready")


@given(observations())
def test_no_failure_is_without_words(seen: Observed) -> None:
    action = decide(seen)
    if isinstance(action, Write):
        for condition in action.status.conditions:
            assert condition.reason
            assert condition.message


@given(observations())
def test_issuing_and_the_name_of_its_key_go_together(seen: Observed) -> None:
    action = decide(seen)
    if isinstance(action, Write):
        issuing = is_true(action.status.conditions, "Issuing")
        named = action.status.next_private_key_secret_name is not None
        assert named <= issuing
        # Only one that waits for its turn has no key yet.
        assert issuing <= (named or ". Waiting: " in str(action.status.conditions))


# At most five attempts per hour for one set of names.

NAMES = ("www.example.com", "other.example.com")
steps = st.sampled_from(
    ["wait", "long-wait", "fail", "reject", "sign", "respell", "renew", "lose", "forget", "die"]
)


def request_made(server: ApiServer, request: CertificateRequest) -> tuple[str, datetime]:
    created = request.metadata.creation_timestamp
    assert created is not None
    return read_csr(request.spec.request).dns_names[0], created


class Story:
    """A life of one Certificate, with the worst that can come between."""

    def __init__(self) -> None:
        self.server = a_server()
        self.process = Process(self.server)
        self.made: dict[str, tuple[str, datetime]] = {}

    async def live(self, story: list[str]) -> None:
        await self._look()
        for step in story:
            await self._take(step)

    async def _take(self, step: str) -> None:
        server = self.server
        server.clock.time += timedelta(seconds=1)
        unanswered = [r for r in server.all(CERTIFICATE_REQUEST) if not r.status.conditions]
        match step:
            case "wait":
                server.clock.time += timedelta(minutes=1)
            case "long-wait":
                server.clock.time += timedelta(minutes=20)
            case "fail" if unanswered:
                refuse(server, FAILURES[0])
            case "reject" if unanswered:
                refuse(server, FAILURES[1])
            case "fault" if unanswered:
                find_fault(server, "ACME knows no URIs")
            case "day":
                server.clock.time += timedelta(hours=23)
            case "sign" if unanswered:
                sign(server)
            case "respell":
                found = certificate(server)
                other = NAMES[found.spec.dns_names[0] == NAMES[0]]
                spec = a_spec(dns_names=(other,))
                server.put(CERTIFICATE, msgspec.structs.replace(found, spec=spec))
            case "renew":
                self._renew()
            case "lose":
                for secret in server.all(SECRET):
                    if secret.metadata.name == "web-tls":
                        server.remove(SECRET, secret)
            case "forget":
                self.process = Process(server)
            case "die":
                server.fuse = 1 + len(server.calls) % 4
        await self._look()

    async def _look(self) -> None:
        while True:
            try:
                await self.process.look()
            except Killed:
                self.process = Process(self.server)
            else:
                break
            finally:
                for request in self.server.all(CERTIFICATE_REQUEST):
                    self.made[request.metadata.uid] = request_made(self.server, request)

    def _renew(self) -> None:
        found: Certificate = certificate(self.server)
        manual = a_condition("Issuing", "True", "ManuallyTriggered", "please")
        conditions = with_condition(found.status.conditions, manual, self.server.clock.now())
        status = msgspec.structs.replace(found.status, conditions=conditions)
        self.server.put(CERTIFICATE, msgspec.structs.replace(found, status=status))


def most_within(span: timedelta, made: Iterable[tuple[str, datetime]]) -> int:
    """The most requests for one name within any such span."""
    most = 0
    for name, start in made:
        most = max(most, sum(1 for n, at in made if n == name and start <= at < start + span))
    return most


@settings(max_examples=150, deadline=None)
@given(st.lists(steps, min_size=10, max_size=60))
def test_five_attempts_an_hour_for_one_set_of_names(story: list[str]) -> None:
    life = Story()
    run(life.live(story))
    assert most_within(HOUR, list(life.made.values())) <= attempts.MOST_PER_NAMES


# At most one attempt a day where only a change can help.

hopeless_steps = st.sampled_from(
    ["wait", "long-wait", "day", "reject", "fault", "lose", "forget", "die"]
)


@settings(max_examples=100, deadline=None)
@given(st.lists(hopeless_steps, min_size=10, max_size=60))
def test_one_attempt_a_day_where_only_a_change_can_help(story: list[str]) -> None:
    life = Story()
    run(life.live(story))
    assert most_within(24 * HOUR, list(life.made.values())) <= 1


@pytest.mark.parametrize("refusal", ["reject", "fault"])
def test_an_attempt_is_made_each_day(refusal: str) -> None:
    life = Story()
    run(life.live([refusal, *["day", "long-wait", "long-wait", "long-wait", refusal] * 3]))
    assert len(life.made) == 4


def test_the_story_does_reach_the_limit() -> None:
    """The law would hold as well if nothing ever happened."""
    life = Story()
    run(life.live(["sign", "lose"] * 12))
    assert Counter(name for name, _ in life.made.values()) == {NAMES[0]: 5}
