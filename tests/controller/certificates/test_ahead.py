"""A fault that is written into the spec of a Certificate that is Ready: it is told at once."""

from dataclasses import replace
from datetime import timedelta

import msgspec

from controller.certificates.actions import Repair, Rest, Write
from controller.certificates.decide import decide
from controller.certificates.faults import faults_of
from controller.certificates.observed import NoPassword, Observed
from controller.runtime.schedule import At
from orderapi.conditions import find
from orderapi.resources import CERTIFICATE
from tests.controller.certificates.build import (
    NOW,
    RENEWAL,
    a_certificate,
    a_spec,
    ready_status,
    settled_case,
)
from tests.controller.certificates.deciding import STORES, condition
from tests.controller.certificates.living import a_server, issue, ready
from tests.controller.certificates.world import Process, certificate

FAULTY = msgspec.structs.replace(a_spec(), signature_algorithm="SHA256WithRSA")
TOLD = (
    "The certificate in the Secret stays in use, but no other can be requested: "
    'spec.signatureAlgorithm: "SHA256WithRSA" does not go with a key of algorithm ECDSA; one of '
    "ECDSAWithSHA256, ECDSAWithSHA384, ECDSAWithSHA512 does. Change the spec before it is to be "
    "renewed."
)


def changed() -> Observed:
    """The spec has just become faulty."""
    certificate = a_certificate(spec=FAULTY, status=ready_status(), generation=2)
    return replace(settled_case(), certificate=certificate, faults=faults_of(FAULTY))


def test_it_is_told_by_the_write_that_the_change_costs_anyway() -> None:
    action = decide(changed())
    assert isinstance(action, Repair)
    assert condition(action.status, "Ready").status == "True"
    assert action.status.diagnosis is not None
    assert (action.status.diagnosis.cause, action.status.diagnosis.message) == ("InvalidSpec", TOLD)
    assert [(event.type, event.reason, event.note) for event in action.events] == [
        ("Warning", "InvalidSpec", TOLD)
    ]


def test_it_is_told_as_well_where_the_secret_cannot_be_repaired() -> None:
    spec = msgspec.structs.replace(FAULTY, keystores=STORES)
    seen = replace(
        changed(),
        certificate=a_certificate(spec=spec, status=ready_status(), generation=2),
        passwords=NoPassword(secret="pw", sentence="there is none"),
    )
    action = decide(seen)
    assert isinstance(action, Write)
    assert [event.reason for event in action.events] == ["InvalidSpec"]


def test_it_is_told_once() -> None:
    action = decide(changed())
    assert isinstance(action, Repair)
    after = a_certificate(spec=FAULTY, status=action.status, generation=2)
    seen = replace(changed(), certificate=after)
    assert decide(seen) == Rest(At(RENEWAL))
    assert decide(replace(seen, faults=())) == Rest(At(RENEWAL))


async def test_from_the_change_to_the_renewal_that_cannot_be_made() -> None:
    server = a_server()
    process = Process(server)
    await issue(server, process)
    server.put(CERTIFICATE, msgspec.structs.replace(certificate(server), spec=FAULTY))
    before = len(server.writes)
    await process.look()
    assert [call.verb for call in server.writes[before:]] == ["apply", "patch"]
    assert ready(server) == ("True", "Ready")
    assert process.ear.heard[-1] == ("Warning", "InvalidSpec", TOLD)
    told = len(process.ear.heard)
    for life in (process, Process(server)):
        await life.look()
    assert len(server.writes) == before + 2
    assert len(process.ear.heard) == told
    diagnosed = certificate(server).status.diagnosis
    assert diagnosed is not None
    assert diagnosed.cause == "InvalidSpec"

    server.clock.time = NOW + timedelta(days=61)
    await process.look()
    assert ready(server) == ("False", "InvalidSpec")
    server.put(CERTIFICATE, msgspec.structs.replace(certificate(server), spec=a_spec()))
    await process.look()
    mended = find(certificate(server).status.conditions, "Issuing")
    assert mended is not None
    assert mended.status == "True"
