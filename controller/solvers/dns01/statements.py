"""What servers said about a record, and what follows from it. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto

import dns.message
import dns.rcode
import dns.rdatatype
from dns.rdtypes.ANY.TXT import TXT

from controller.solvers.check import Check, bounded
from controller.solvers.lookup.exchange import is_referral, rcode_text


class Heard(Enum):
    """What an answer means for the check."""

    VALUE = auto()
    SOMETHING_ELSE = auto()
    NOTHING = auto()


@dataclass(frozen=True, slots=True)
class Statement:
    """One server's word: `who` it is for people, `voice` the name server whose address it is."""

    who: str
    voice: str
    heard: Heard
    words: str

    def __str__(self) -> str:
        return f"{self.who}: {self.words}"


def statement_of(answer: dns.message.Message, value: str, *, who: str, voice: str) -> Statement:
    """What a server's answer to the TXT question says about the value."""
    texts = [
        b"".join(data.strings)
        for rrset in answer.answer
        if rrset.rdtype == dns.rdatatype.TXT
        for data in rrset
        if isinstance(data, TXT)
    ]
    if value.encode() in texts:
        return Statement(who, voice, Heard.VALUE, "has the value")
    if answer.rcode() == dns.rcode.NXDOMAIN:
        words = "no such name"
    elif answer.rcode() != dns.rcode.NOERROR:
        words = f"answered {rcode_text(answer)}"
    elif texts:
        words = f"{len(texts)} other value{'s' if len(texts) > 1 else ''}"
    elif is_referral(answer):
        words = "does not hold the zone, refers to other servers"
    else:
        words = "no TXT record"
    return Statement(who, voice, Heard.SOMETHING_ELSE, words)


def passed(statements: Sequence[Statement]) -> bool:
    """Whether every server has the value.

    Each voice must have spoken from one address at least, and none may lack the value. An address
    that is silent while another of the same name server speaks is no failure: where this controller
    has no IPv6, say, half of the addresses are silent for ever, and the CA's resolvers go on to the
    next too.
    """
    spoken = [said for said in statements if said.heard is not Heard.NOTHING]
    voices = {said.voice for said in statements}
    return (
        bool(voices)
        and {said.voice for said in spoken} == voices
        and all(said.heard is Heard.VALUE for said in spoken)
    )


def verdict(statements: Sequence[Statement], *, notes: Sequence[str] = ()) -> Check:
    """The result: the notes, then the servers, those that lack the value first."""
    ordered = sorted(statements, key=lambda said: said.heard is Heard.VALUE)
    return Check(passed(statements), bounded([*notes, *map(str, ordered)]))
