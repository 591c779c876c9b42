"""Which name servers have the TXT record and which lack it, by the self-check's evidence. Pure.

The words are those of this controller: `ns2.example.com (192.0.2.2): no such name`.
"""

import re
from datetime import timedelta
from typing import Final

import msgspec

from kubectl_order.explain.told import Told
from kubectl_order.explain.words import clause
from kubectl_order.finding import Actor, Finding

USUAL: Final = timedelta(minutes=2)
"""How long secondaries may take to have a new record, before somebody must act."""

SHOWN_SERVERS: Final = 12

_STATEMENT: Final = re.compile(
    r"(?P<who>(?P<voice>\S+)(?: \(\S+\))?): (?P<words>has the value|no such name|no TXT record"
    r"|answered [A-Z0-9]+|\d+ other values?|does not hold the zone, refers to other servers"
    r"|timed out after .+|cannot be reached: .+|closed the connection .+|sent something .+"
    r"|not asked: .+|has no address|The [A-Z]+ record of .+)"
)
_SILENT: Final = re.compile(
    r"timed out|cannot be reached|closed the connection|sent something|not asked|has no address"
    r"|The [A-Z]+ record of"
)


class Server(msgspec.Struct, frozen=True):
    """What one name server said at one address; `who` is it as people know it."""

    who: str
    voice: str
    words: str

    @property
    def has(self) -> bool:
        """Whether it has the record."""
        return self.words == "has the value"

    @property
    def silent(self) -> bool:
        """Whether it said nothing at all."""
        return _SILENT.match(self.words) is not None

    def __str__(self) -> str:
        return f"{self.who}: {self.words}"


class Heard(msgspec.Struct, frozen=True):
    """What all of them said. A name server with several addresses lacks the record where one of
    them says so, or all are silent."""

    servers: tuple[Server, ...]

    @property
    def voices(self) -> tuple[str, ...]:
        """The name servers, each once."""
        return tuple(dict.fromkeys(one.voice for one in self.servers))

    @property
    def lacking(self) -> tuple[str, ...]:
        """Those that lack the record, or say nothing."""
        spoken = {one.voice for one in self.servers if not one.silent}
        without = {one.voice for one in self.servers if not one.silent and not one.has}
        return tuple(one for one in self.voices if one in without or one not in spoken)

    @property
    def blamed(self) -> tuple[Server, ...]:
        """What those said, words before silence."""
        said = [one for one in self.servers if one.voice in self.lacking and not one.has]
        return tuple(sorted(said, key=lambda one: one.silent))

    def counted(self, name: str, one: str, many: str) -> str:
        """`1 of 2 name servers of example.com`, or `the name server`, and a verb, then what the
        first of them said."""
        lacking, voices = len(self.lacking), len(self.voices)
        who = f"{lacking} of {voices} name servers" if voices > 1 else "the name server"
        verb = one if lacking == 1 else many
        return f"{who} of {name} {verb}: {clause(str(self.blamed[0]))}"

    def told(self) -> tuple[str, ...]:
        """What each said, as evidence."""
        return tuple(map(str, self.servers[:SHOWN_SERVERS]))


def read(told: Told, evidence: str) -> Finding | None:
    """Who lacks the record, and in what way; None where nobody does."""
    heard = Heard(servers_in(evidence))
    if not heard.blamed:
        return None
    first = heard.blamed[0]
    if first.silent:
        return _silent(told, heard)
    if first.words == "answered SERVFAIL":
        return _failing(told, heard)
    if first.words == "answered REFUSED" or first.words.startswith("does not hold the zone"):
        return _lame(told, heard)
    spoken = [one for one in heard.blamed if not one.silent]
    if all("other value" in one.words for one in spoken):
        return _other_values(told, heard)
    return _missing(told, heard)


def servers_in(evidence: str) -> tuple[Server, ...]:
    """What each server said, as far as the evidence tells."""
    return tuple(
        Server(found["who"], found["voice"], found["words"].rstrip("."))
        for part in evidence.split("; ")
        if (found := _STATEMENT.fullmatch(part.strip())) is not None
    )


def taken_up_by(told: Told) -> Actor:
    """Who must act on a record that is not seen: nobody, while it may just be on its way."""
    challenge = told.challenge
    presented = challenge.status.presented_at if challenge is not None else None
    young = presented is not None and told.chain.now - presented < USUAL
    return Actor.NOBODY if young and not told.failed else Actor.DNS


def in_time(told: Told, deed: str) -> str:
    """What is to be done about a record that is not seen; while it may just be on its way, only if
    it stays so."""
    if taken_up_by(told) is not Actor.NOBODY:
        return deed
    return f"If it stays so: {deed[:1].lower()}{deed[1:]}"


def _missing(told: Told, heard: Heard) -> Finding:
    return told.finding(
        "txt-not-visible",
        heard.counted(told.dns_name, "lacks the TXT record", "lack the TXT record"),
        *heard.told(),
        who=taken_up_by(told),
        fix=in_time(
            told,
            f"Have every name server of the zone give {told.record}: see whether the secondaries "
            f"are told of changes (NOTIFY) and transfer the zone (AXFR).",
        ),
        command=told.look(),
    )


def _other_values(told: Told, heard: Heard) -> Finding:
    return told.finding(
        "txt-other-values",
        f"The TXT record {told.record} has other values than this challenge's{_where(heard)}: "
        f"{clause(str(heard.blamed[0]))}",
        *heard.told(),
        who=taken_up_by(told),
        fix=in_time(
            told,
            f"Delete left-over TXT values at {told.record}, and see whether the zone's secondaries "
            f"follow its primary.",
        ),
        command=told.look(),
    )


def _where(heard: Heard) -> str:
    """On how many of the name servers, where it is not all."""
    lacking, voices = len(heard.lacking), len(heard.voices)
    return f" on {lacking} of {voices} name servers" if lacking < voices else ""


def _silent(told: Told, heard: Heard) -> Finding:
    return told.finding(
        "name-server-silent",
        heard.counted(told.dns_name, "does not answer", "do not answer"),
        *heard.told(),
        who=Actor.DNS,
        fix=f"Have it answer on port 53 (UDP and TCP), or take it out of the NS records of the "
        f"zone of {told.dns_name}.",
        command=told.look(),
    )


def _failing(told: Told, heard: Heard) -> Finding:
    return told.finding(
        "dns-servfail",
        heard.counted(told.dns_name, "fails", "fail"),
        *heard.told(),
        who=Actor.DNS,
        fix=f"Mend the zone of {told.dns_name} on that server: it cannot load it, or its DNSSEC "
        f"is broken.",
        command=told.look(),
    )


def _lame(told: Told, heard: Heard) -> Finding:
    return told.finding(
        "name-server-lame",
        heard.counted(told.dns_name, "does not serve the zone", "do not serve the zone"),
        *heard.told(),
        who=Actor.DNS,
        fix=f"Load the zone of {told.dns_name} on that server, or take it out of the zone's NS "
        f"records.",
        command=told.look(),
    )
