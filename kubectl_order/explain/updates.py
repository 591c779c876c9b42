"""Why a DNS server did not take the TXT record: RFC 2136 by return code, and other DNS providers.

Reads the words of this controller and of cert-manager. Pure.
"""

import re
from typing import Final

from kubectl_order.explain.told import Row, Told, by_table, group
from kubectl_order.explain.words import clause
from kubectl_order.finding import Actor, Finding, Ref, kubectl
from kubectl_order.solving import providers
from orderapi.solver import Rfc2136

_SIGNER: Final = r'(?:TSIG key "(?P<key>[^"]*)"(?: \([^)]*\))?|an unsigned update)'
_SERVER: Final = r"DNS server (?P<server>\S+(?: / \S+)*)"


def read(told: Told) -> Finding | None:
    """The refusal of the record."""
    return by_table(_ROWS, told, told.words)


def read_provider(told: Told) -> Finding | None:
    """The refusal of another DNS provider, in its own words; on cert-manager's clusters."""
    challenge = told.challenge
    if challenge is None or challenge.spec.solver.dns01 is None or challenge.status.presented:
        return None
    named = providers(challenge.spec.solver.dns01)
    if not told.text or not named or "rfc2136" in named:
        return None
    return told.finding(
        "dns-provider-error",
        f"{named[0]} did not take the TXT record of {told.name}: {clause(told.text)}",
        who=told.issuer_owner,
        fix=f"Do what the words of {named[0]} ask for: its credentials, their rights in the zone, "
        f"or its limits; the solver is in {told.issuer.kind} "
        f'"{told.issuer.name}".',
        command=told.describe(),
    )


def _solver(told: Told) -> Rfc2136 | None:
    """The RFC 2136 part of the challenge's solver."""
    solver = told.challenge.spec.solver.dns01 if told.challenge is not None else None
    return solver.rfc2136 if solver is not None else None


def _server(told: Told, found: re.Match[str]) -> str:
    """The server of the sentence, else that of the solver."""
    named = group(found, "server")
    if named:
        return str(named)
    rfc2136 = _solver(told)
    return rfc2136.nameserver if rfc2136 is not None else "of the solver"


def _key(told: Told, found: re.Match[str]) -> str:
    """The key in words: `TSIG key "order"`."""
    rfc2136 = _solver(told)
    known = (rfc2136.tsig_key_name or "").rstrip(".") if rfc2136 is not None else ""
    named = group(found, "key") or known
    return f'TSIG key "{named}"' if named else "an unsigned update"


def _key_unknown(told: Told, found: re.Match[str]) -> Finding:
    return told.finding(
        "rfc2136-key-unknown",
        f"DNS server {_server(told, found)} does not know {_key(told, found)} (BADKEY)",
        who=Actor.DNS,
        fix="Add the key to the server under that name and algorithm, or correct "
        "rfc2136.tsigKeyName and rfc2136.tsigAlgorithm of the solver.",
        command=told.edit_issuer(),
    )


def _secret_wrong(told: Told, found: re.Match[str]) -> Finding:
    return told.finding(
        "rfc2136-secret-wrong",
        f"DNS server {_server(told, found)} has another secret for {_key(told, found)} (BADSIG)",
        who=told.issuer_owner,
        fix=f"Put the secret of the server's key file into {_secret(told)}, as base64 text.",
        command=_edit_secret(told),
    )


def _clock(told: Told, found: re.Match[str]) -> Finding:
    return told.finding(
        "rfc2136-clock",
        f"The clocks of DNS server {_server(told, found)} and of the controller differ by more "
        f"than 5 min (BADTIME)",
        who=Actor.ADMIN,
        fix="Set both clocks by NTP; the update is then taken at the next try.",
        command=told.look(),
    )


def _refused(told: Told, found: re.Match[str]) -> Finding:
    zone = group(found, "zone")
    return told.finding(
        "rfc2136-refused",
        f"DNS server {_server(told, found)} does not let {_key(told, found)} change "
        f"{f'zone {zone}' if zone else told.record} (REFUSED)",
        who=Actor.DNS,
        fix=f"Grant {_key(told, found)} TXT records at {told.record} in the server's update-policy "
        f"or allow-update.",
        command=told.look(),
    )


def _zone(told: Told, found: re.Match[str]) -> Finding:
    zone, code = group(found, "zone"), found["code"]
    of_what = f"zone {zone}" if zone else f"the zone of {told.record}"
    fault = (
        f"is not the primary of {of_what}, or does not accept {_key(told, found)}"
        if code == "NOTAUTH"
        else f"does not have the name in {of_what}"
    )
    return told.finding(
        "rfc2136-zone",
        f"DNS server {_server(told, found)} {fault} ({code})",
        who=told.issuer_owner,
        fix="Name the primary of that zone in rfc2136.nameserver of the solver, and a key that it "
        "accepts for it in tsigKeyName and tsigSecretSecretRef.",
        command=told.edit_issuer(),
    )


def _referral(told: Told, found: re.Match[str]) -> Finding:
    return told.finding(
        "rfc2136-zone",
        f"DNS server {_server(told, found)} does not hold the zone of {found['record']}: it refers "
        f"to {clause(found['others'])}",
        who=told.issuer_owner,
        fix="Name that zone's primary in rfc2136.nameserver of the solver.",
        command=told.edit_issuer(),
    )


def _untrusted(told: Told, found: re.Match[str]) -> Finding:
    return told.finding(
        "rfc2136-untrusted",
        f"The answer of DNS server {_server(told, found)} is not signed as it must be, and is not "
        f"trusted",
        who=told.issuer_owner,
        fix="Name the zone's primary itself in rfc2136.nameserver: something that stands between "
        "takes the signature away.",
        command=told.edit_issuer(),
    )


def _failed(told: Told, found: re.Match[str]) -> Finding:
    return told.finding(
        "rfc2136-failed",
        f"DNS server {_server(told, found)} failed at the update of {told.record}: "
        f"{clause(found['why'])}",
        who=Actor.DNS,
        fix="Look into the server's log: often it cannot write the zone's journal file, or takes "
        "no dynamic updates for it.",
        command=told.look(),
    )


def _unreachable(told: Told, found: re.Match[str]) -> Finding:
    return told.finding(
        "rfc2136-unreachable",
        f"DNS server {_server(told, found)} does not answer the update of {told.record}: "
        f"{clause(found['why'])}",
        who=Actor.ADMIN,
        fix="Let the controller reach that server (network policy, firewall; UDP and TCP), or "
        "correct rfc2136.nameserver of the solver.",
        command=told.look(),
    )


def _credentials(told: Told, found: re.Match[str]) -> Finding:
    groups = found.groupdict()
    entry = f', entry "{groups["entry"]}",' if groups.get("entry") else ""
    return told.finding(
        "credentials-missing",
        f'The credentials for {told.record} are missing: Secret "{found["secret"]}"{entry} does '
        f"not exist",
        who=told.issuer_owner,
        fix=f"Create {_secret(told)}, or correct the reference in the solver of {told.the_issuer}.",
        command=told.edit_issuer(),
    )


def _no_key(told: Told, found: re.Match[str]) -> Finding:
    return told.finding(
        "credentials-invalid",
        f'Secret "{found["secret"]}", entry "{found["entry"]}", holds no TSIG key',
        who=told.issuer_owner,
        fix="Put the base64 text that stands after `secret` in the DNS server's key file into that "
        "entry.",
        command=_edit_secret(told),
    )


def _secret(told: Told) -> str:
    """The Secret entry with the key, and where it must be."""
    rfc2136 = _solver(told)
    source = rfc2136.tsig_secret_secret_ref if rfc2136 is not None else None
    namespace = told.issuer.namespace
    where = f'namespace "{namespace}"' if namespace else "the controller's own namespace for them"
    if source is None:
        return f"the Secret that the solver names, in {where}"
    return f'entry "{source.key or ""}" of Secret "{source.name}" in {where}'


def _edit_secret(told: Told) -> str:
    rfc2136 = _solver(told)
    source = rfc2136.tsig_secret_secret_ref if rfc2136 is not None else None
    if source is None or told.issuer.namespace is None:
        return told.edit_issuer()
    return kubectl("edit", Ref(kind="Secret", name=source.name, namespace=told.issuer.namespace))


_ROWS: Final[tuple[Row, ...]] = (
    (rf"{_SERVER} does not know {_SIGNER} \(BADKEY\)", _key_unknown),
    (rf"{_SERVER} knows the name of {_SIGNER}, but .*\(BADSIG\)", _secret_wrong),
    (rf"{_SERVER} and this controller disagree about the time", _clock),
    (
        (
            rf"{_SERVER} did not change \S+: it does not let {_SIGNER} change zone (?P<zone>\S+) "
            r"\(REFUSED\)"
        ),
        _refused,
    ),
    (
        (
            rf"{_SERVER} did not change \S+: it is not the primary of zone (?P<zone>\S+), or does "
            rf"not accept {_SIGNER} \((?P<code>NOTAUTH)\)"
        ),
        _zone,
    ),
    (
        (
            rf"{_SERVER} did not change \S+: the name is not in zone (?P<zone>\S+) there "
            r"\((?P<code>NOTZONE)\)"
        ),
        _zone,
    ),
    (
        (
            rf"{_SERVER} does not hold the zone of (?P<record>\S+): it refers to "
            r"(?P<others>.+?)(?:\. Name that|$)"
        ),
        _referral,
    ),
    (rf"{_SERVER} did not change \S+: (?P<why>.+?)(?:\. (?:Its log|Check)|$)", _failed),
    (
        (
            rf"{_SERVER} (?:refused the signature made with|answered without the signature of|is "
            r"not signed with)|The answer of DNS server (?P<answerer>\S+) is not signed with"
        ),
        _untrusted,
    ),
    (rf"was not confirmed: over (?:UDP|TCP), {_SERVER} (?P<why>.+)", _unreachable),
    (rf"The address of {_SERVER} was not found:? (?P<why>.+)", _unreachable),
    (r'Secret "(?P<secret>[^"]+)", entry "(?P<entry>[^"]+)", holds no TSIG key', _no_key),
    (
        (r'Secret "(?P<secret>[^"]+)" has no entry "(?P<entry>[^"]*)", or does not exist'),
        _credentials,
    ),
    (
        (
            r'Secret "(?P<secret>[^"]+)" in namespace "[^"]*", which the solver names, does not '
            r"exist"
        ),
        _credentials,
    ),
    (r'secrets? "(?P<secret>[^"]+)" not found', _credentials),
    (r"DNS update failed.*\bBADKEY\b|DNS update failed: dns: bad key\b", _key_unknown),
    (
        (
            r"DNS update failed.*\bBADSIG\b"
            r"|DNS update failed: dns: bad (?:signature|authentication)"
        ),
        _secret_wrong,
    ),
    (r"DNS update failed.*\bBADTIME\b|DNS update failed: dns: bad time", _clock),
    (r"DNS update failed\. Server replied: REFUSED", _refused),
    (r"DNS update failed\. Server replied: (?P<code>NOTAUTH|NOTZONE)", _zone),
    (r"DNS update failed\. Server replied: (?P<why>\w+)", _failed),
    (r"DNS update failed: (?P<why>.+)", _unreachable),
)
