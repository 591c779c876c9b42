"""Looks that come to no end, and looks that fail."""

import socket
import time
from collections.abc import Iterator
from threading import Event

from kubectl_order import live
from kubectl_order.live.jobs import Job, begin
from kubectl_order.live.verdicts import passed
from kubectl_order.report import Check
from tests.kubectl_order.build import a_chain, an_order
from tests.kubectl_order.live.test_ca import chain_of


def test_what_was_seen_in_time_is_told_and_the_rest_is_unknown() -> None:
    never = Event()

    def slow() -> Iterator[Check]:
        yield passed("A", "a.test", "there")
        never.wait()

    def broken() -> Iterator[Check]:
        yield passed("B", "b.test", "there")
        raise ZeroDivisionError

    jobs = [Job("slow", "a.test", slow), Job("broken", "b.test", broken)]
    begin(jobs)
    deadline = time.monotonic() + 0.2
    first, second = (job.result(deadline) for job in jobs)
    never.set()
    assert [(each.name, each.verdict) for each in first] == [("A", "pass"), ("slow", "unknown")]
    assert [(each.name, each.verdict) for each in second] == [("B", "pass"), ("broken", "unknown")]
    assert "ZeroDivisionError" in second[1].evidence


def test_a_silent_ca_and_a_silent_resolver_end_in_time() -> None:
    names = tuple(f"{number}.example.com" for number in range(50))
    with (
        socket.create_server(("127.0.0.1", 0)) as ca,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as resolver,
    ):
        resolver.bind(("127.0.0.1", 0))
        chain = chain_of(f"https://127.0.0.1:{ca.getsockname()[1]}/dir", b"")
        chain = a_chain(issuer=chain.issuer, order=an_order(dns_names=names))
        begun = time.monotonic()
        found = live.checks(
            chain, nameservers=[f"127.0.0.1:{resolver.getsockname()[1]}"], within=0.4
        )
        assert time.monotonic() - begun < 2
    assert {"CA", "caa", "dnssec"} <= {check.name for check in found}
    assert "pass" not in {check.verdict for check in found if check.target}
