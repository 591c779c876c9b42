"""What a DNS server's refusal of an update means, in words a person can act on. Pure.

Return codes are those of RFC 2136 section 2.2 and RFC 8945 section 5.3. The key itself appears
nowhere.
"""

from dataclasses import dataclass

import dns.exception
import dns.message
import dns.rcode
import dns.tsig

from controller.solvers.dns01.tsig import SigningKey

TSIG_ERRORS = (
    dns.tsig.PeerError,
    dns.tsig.BadSignature,
    dns.tsig.BadKey,
    dns.tsig.BadAlgorithm,
    dns.tsig.BadTime,
    dns.message.UnknownTSIGKey,
)
"""What the exchange of a signed message may raise about signatures."""

PLAIN = frozenset(
    {
        dns.rcode.FORMERR,
        dns.rcode.NOTIMP,
        dns.rcode.REFUSED,
        dns.rcode.NOTAUTH,
        dns.rcode.NOTZONE,
    }
)
"""What a server answers before it changes anything (RFC 2136 section 3).

SERVFAIL is not among them: a secondary that passes updates on also says it where it has not heard
what came of one (section 6).
"""


@dataclass(frozen=True, slots=True)
class Attempt:
    """What was tried, for the sentences: server, record, zone ("" while not known), key."""

    server: str
    record: str
    zone: str
    key: SigningKey | None

    @property
    def signer(self) -> str:
        """The key in words."""
        if self.key is None:
            return "an unsigned update"
        return f'TSIG key "{self.key.name}" ({self.key.algorithm})'


def signature_refusal(error: dns.exception.DNSException, attempt: Attempt) -> str:
    """The sentence for an error about signatures, the server's or ours."""
    server, signer = f"DNS server {attempt.server}", attempt.signer
    match error:
        case dns.tsig.PeerBadKey():
            return (
                f"{server} does not know {signer} (BADKEY). Check that it has a key of that name "
                f"and algorithm, and that tsigKeyName and tsigAlgorithm say the same."
            )
        case dns.tsig.PeerBadSignature():
            return (
                f"{server} knows the name of {signer}, but its secret differs (BADSIG). Check "
                f"{_source(attempt)}, against the server's key file."
            )
        case dns.tsig.PeerBadTime() | dns.tsig.BadTime():
            return (
                f"{server} and this controller disagree about the time by more than 300 s "
                f"(BADTIME). Check the clocks of both."
            )
        case dns.tsig.PeerError():
            return f"{server} refused the signature made with {signer}: {error}."
    return (
        f"The answer of DNS server {attempt.server} is not signed with {signer} and not trusted; "
        f"the update may have been made. Check that nothing stands between it and this controller."
    )


def unsigned_answer(attempt: Attempt) -> str:
    """The sentence for a success that is not signed although the update was."""
    return (
        f"DNS server {attempt.server} answered without the signature of {attempt.signer}, and is "
        f"not trusted; the update may have been made. Check that it is the zone's primary."
    )


def update_refusal(answer: dns.message.Message, attempt: Attempt) -> str:
    """The sentence for an update that was answered with an error."""
    code = dns.rcode.to_text(answer.rcode())
    return f"DNS server {attempt.server} did not change {attempt.record}: {_why(code, attempt)}"


def is_plain(answer: dns.message.Message) -> bool:
    """Whether the error that an update was answered with says that nothing was changed."""
    return answer.rcode() in PLAIN


def _why(code: str, attempt: Attempt) -> str:
    zone, signer = f"zone {attempt.zone}", attempt.signer
    match code:
        case "NOTAUTH":
            return (
                f"it is not the primary of {zone}, or does not accept {signer} (NOTAUTH). Check "
                f"rfc2136.nameserver and tsigKeyName, and {_source(attempt)}."
            )
        case "REFUSED":
            return (
                f"it does not let {signer} change {zone} (REFUSED). Check the zone's allow-update "
                f"or update-policy on the server: TXT records at {attempt.record} must be granted."
            )
        case "NOTZONE":
            return f"the name is not in {zone} there (NOTZONE). Check which zones the server has."
        case "SERVFAIL":
            return (
                f"it failed at the update of {zone} (SERVFAIL). Its log says why; often it cannot "
                f"write the zone's journal file."
            )
        case "NOTIMP" | "FORMERR":
            return f"it takes no updates ({code}). Check that it does dynamic updates (RFC 2136)."
    return f"it answered {code} to the update of {zone}. Its log may say why."


def _source(attempt: Attempt) -> str:
    if attempt.key is None:
        return "whether the zone takes unsigned updates"
    source = attempt.key.source
    return f'Secret "{source.name}", entry "{source.key}"'
