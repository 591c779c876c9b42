"""What each of the CA's problem types means, who acts, and what to change (RFC 8555 section 6.7).

Pure.
"""

import re
from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from kubectl_order.explain.limits import rate_limited
from kubectl_order.explain.told import Told
from kubectl_order.explain.words import clause
from kubectl_order.finding import Actor, Finding, Standing
from kubectl_order.report import Problem
from orderapi.challenge import DNS01

_IDENTIFIER: Final = re.compile(r"^(?:(?P<ours>[^\s:]+): \w+: |\w+: \[\w+: (?P<theirs>[^\]]+)\] )")
_PREFACE: Final = re.compile(
    r"^(?:Error (?:creating new|finalizing) order :: |DNS problem: (?=\S))+"
    r'(?:Cannot issue for "[^"]*": )?'
)
"""What a CA says before it says what is wrong."""
_MORE: Final = re.compile(r" \(and \d+ more problems?\. Refer to sub-problems[^)]*\)")
_NO_RECORD: Final = re.compile(r"(?i)\bno TXT record|NXDOMAIN")
_PROFILE: Final = re.compile(
    r"a profile with name (?P<name>[^\s;,]+)(?:; it offers (?P<known>.+))?"
)
_SUBKIND: Final = re.compile(r"^(?:[^\s:]+: )?(?P<kind>[A-Za-z]+): ")
_IDENTITIES: Final = {
    "letsencrypt.org": "letsencrypt.org",
    "pki.goog": "pki.goog",
    "zerossl.com": "sectigo.com",
    "ssl.com": "ssl.com",
    "buypass.com": "buypass.com",
    "sectigo.com": "sectigo.com",
}
"""Ends of a CA's host name, and how the CA calls itself in CAA records."""

MOST_NAMES: Final = 5

ByKind: TypeAlias = Callable[[Told, Problem], Finding]


def of_problem(told: Told, problem: Problem) -> Finding:
    """The Finding for a problem document; of a compound one, its first known subproblem counts."""
    kind = problem.type
    if kind == "compound":
        kinds = [match["kind"] for one in problem.subproblems if (match := _SUBKIND.match(one))]
        kind = next((one for one in kinds if one in _KINDS), kind)
    make = _KINDS.get(kind)
    if make is None and (problem.status or 0) >= 500:
        make = _server_internal
    return (make or _refused)(told, problem)


def _name(told: Told, problem: Problem) -> str:
    """The name that the CA speaks of: that of its first subproblem, else the whole order's."""
    return next(iter(_names(problem)), told.name)


def _names(problem: Problem) -> tuple[str, ...]:
    """The names that its subproblems are about, each once."""
    found = [match for one in problem.subproblems if (match := _IDENTIFIER.match(one)) is not None]
    return tuple(dict.fromkeys(match["ours"] or match["theirs"] for match in found))


def _detail(problem: Problem) -> str:
    """The CA's words, fit for a headline."""
    detail = problem.detail or "; ".join(problem.subproblems) or "it gave no details"
    return clause(_MORE.sub("", _PREFACE.sub("", detail)))


def _connection(told: Told, problem: Problem) -> Finding:
    dns = told.kind == DNS01
    name = _name(told, problem)
    return told.finding(
        "ca-connection",
        f"{told.ca} could not connect to {name}: {_detail(problem)}",
        who=Actor.DNS if dns else Actor.ROUTER,
        fix=f"Let the name servers of {name} answer everybody on port 53, over UDP and TCP."
        if dns
        else f"Open port 80 of {name} to the whole internet, at every address that its A and AAAA "
        f"records name; take addresses that do not answer out of DNS.",
        command=told.look(),
    )


def _dns(told: Told, problem: Problem) -> Finding:
    name = _name(told, problem)
    return told.finding(
        "ca-dns",
        f"{told.ca} could not look up {name} in DNS: {_detail(problem)}",
        who=Actor.DNS,
        fix=f"Have every name server of {name} answer for {told.record}, and check its delegation "
        f"and DNSSEC."
        if told.kind == DNS01
        else f"Create an A or AAAA record for {name} that leads to the router, and check the "
        f"zone's delegation and DNSSEC.",
        command=told.look(),
    )


def _unauthorized(told: Told, problem: Problem) -> Finding:
    name = _name(told, problem)
    if told.challenge is None and not told.kind:
        return told.finding(
            "ca-unauthorized",
            f"{told.ca} does not let this account order {name}: {_detail(problem)}",
            who=Actor.CA,
            fix=f"Ask the CA what the account of {told.issuer.kind} "
            f'"{told.issuer.name}" may order, or use another issuer.',
            command=told.edit_issuer(),
        )
    if told.kind == DNS01 and _NO_RECORD.search(problem.detail):
        return told.finding(
            "ca-unauthorized",
            f"{told.ca} found no TXT record {told.record}: {_detail(problem)}",
            who=Actor.DNS,
            fix=f"Have every name server of the zone give {told.record} to everybody, as soon as "
            f"it is written: secondaries may be late, or another view of the zone be public.",
            command=told.look(),
        )
    if told.kind == DNS01:
        return told.finding(
            "ca-unauthorized",
            f"{told.ca} found another TXT record for {name} than the challenge's: "
            f"{_detail(problem)}",
            who=Actor.DNS,
            fix=f"Have all name servers give the new TXT record at {told.record}, and delete "
            f"left-over values there.",
            command=told.look(),
        )
    return told.finding(
        "ca-unauthorized",
        f"{told.ca} got something else from {name} than the challenge's answer: {_detail(problem)}",
        who=Actor.ROUTER,
        fix=f"Let http://{name}/.well-known/acme-challenge/ through to the challenge's route at "
        f"every address of the name, ahead of other routes, redirects and logins.",
        command=told.look(),
    )


def _caa(told: Told, problem: Problem) -> Finding:
    name = _name(told, problem)
    tag = "issuewild" if name.startswith("*.") else "issue"
    identity = next(
        (value for end, value in _IDENTITIES.items() if f".{told.host}".endswith(f".{end}")), ""
    )
    record = (
        f'a CAA record "0 {tag} \\"{identity}\\""'
        if identity
        else f"a CAA record with the tag {tag} and the name that the CA goes by (caaIdentities in "
        f"its directory)"
    )
    bare = name.removeprefix("*.")
    return told.finding(
        "ca-caa",
        f"CAA records of {bare} forbid {told.ca} to issue",
        who=Actor.DNS,
        fix=f"Add {record} at {bare}, or at the name above it that has CAA records now.",
        command=told.retry(),
    )


def _rejected(told: Told, problem: Problem) -> Finding:
    name = _name(told, problem)
    meant = (_names(problem) or (name,))[:MOST_NAMES]
    names, them = " and ".join(meant), "it" if len(meant) == 1 else "them"
    return told.finding(
        "ca-rejected-identifier",
        f"{told.ca} does not issue for {name}: {_detail(problem)}",
        who=Actor.YOU,
        fix=f"Take {names} out of spec.dnsNames and spec.commonName of the Certificate, or use an "
        f"issuer whose CA issues for {them}.",
        command=told.edit(),
    )


def _unsupported(told: Told, problem: Problem) -> Finding:
    name = _name(told, problem)
    return told.finding(
        "ca-unsupported-identifier",
        f"{told.ca} issues no certificates for names such as {name}: {_detail(problem)}",
        who=Actor.YOU,
        fix=f"Take {name} out of the Certificate (spec.dnsNames, spec.ipAddresses), or use an "
        f"issuer whose CA takes names of that type; addresses may need a profile of their own.",
        command=told.edit(),
    )


def _bad_csr(told: Told, problem: Problem) -> Finding:
    return told.finding(
        "ca-bad-csr",
        f"{told.ca} refuses the signing request: {_detail(problem)}",
        who=Actor.YOU,
        fix="Change what the Certificate asks for: spec.privateKey (algorithm, size), "
        "spec.signatureAlgorithm, spec.commonName or spec.subject, as the CA's words say.",
        command=told.edit(),
    )


def _user_action(told: Told, problem: Problem) -> Finding:
    url = re.search(r"https://[^\s)\"'<>\[\]]+", problem.detail)
    where = f" at {url[0].rstrip('.,')}" if url is not None else " as its words say"
    return told.finding(
        "ca-user-action-required",
        f"{told.ca} wants whoever has the account to act first: {_detail(problem)}",
        who=Actor.CA,
        fix=f"Do what the CA asks{where}, for the account of {told.the_issuer}.",
        command=told.retry(),
    )


def _server_internal(told: Told, problem: Problem) -> Finding:
    return failed_there(told, f"{problem.type}: {_detail(problem)}")


def failed_there(told: Told, what: str) -> Finding:
    """The CA failed on its own side; it is tried again."""
    return told.finding(
        "ca-server-internal",
        f"{told.ca} failed on its own side: {what}",
        who=Actor.CA if told.failed else Actor.NOBODY,
        fix="See the CA's status page, or ask it; another attempt is made by itself."
        if told.failed
        else "Nothing is to be changed here: it is tried again. Look at the CA's status page if it "
        "lasts.",
        command=told.retry() if told.failed else told.watch(),
    )


def _profile(told: Told, problem: Problem) -> Finding:
    return no_profile(told, problem.detail)


def no_profile(told: Told, detail: str) -> Finding:
    """The profile that the issuer asks for is not offered."""
    found = _PROFILE.search(detail)
    what = f'profile "{found["name"]}"' if found is not None else "the profile that is asked for"
    known = f"it offers {found['known']}" if found is not None and found["known"] else ""
    why = "" if found is not None and not known else f": {clause(known or detail)}"
    return told.finding(
        "ca-invalid-profile",
        f"{told.ca} does not offer {what}{why}",
        who=told.issuer_owner,
        fix=f"Set spec.acme.profile of {told.the_issuer} to one that the "
        f"CA's directory lists, or leave it out.",
        command=told.edit_issuer(),
    )


def _malformed(told: Told, problem: Problem) -> Finding:
    return told.finding(
        "ca-malformed",
        f"{told.ca} calls the request for {told.name} malformed: {_detail(problem)}",
        who=Actor.YOU,
        fix="Change what the CA's words name in the Certificate. If they name nothing of it, the "
        "CA or the controller has a bug: report it with this page.",
        command=told.edit(),
    )


def _no_account(told: Told, problem: Problem) -> Finding:
    return told.finding(
        "ca-account-unknown",
        f"{told.ca} does not know the account of {told.the_issuer}: {_detail(problem)}",
        who=told.issuer_owner,
        fix="The controller registers the account anew by itself. If this stays, name another "
        "Secret for the account key: spec.acme.privateKeySecretRef of the issuer.",
        command=told.describe_issuer(),
    )


def _no_binding(told: Told, problem: Problem) -> Finding:
    return told.finding(
        "ca-external-account-required",
        f"{told.ca} wants {told.the_issuer} to be bound to an account there: {_detail(problem)}",
        who=told.issuer_owner,
        fix="Set spec.acme.externalAccountBinding of the issuer: keyID, and keySecretRef with the "
        "MAC key that the CA gave out.",
        command=told.edit_issuer(),
    )


def _limited(told: Told, problem: Problem) -> Finding:
    return rate_limited(told, problem.detail)


def slow(told: Told, headline: str) -> Finding:
    """The CA takes its time."""
    return told.finding(
        "ca-slow",
        headline,
        who=Actor.NOBODY,
        fix="Nothing is to be done: the CA is asked again until it has decided.",
        command=told.watch(),
        standing=Standing.MOVING if not told.failed else None,
    )


def _not_ready(told: Told, problem: Problem) -> Finding:
    return slow(told, f"{told.ca} is not ready for the order yet: {_detail(problem)}")


def _refused(told: Told, problem: Problem) -> Finding:
    return told.finding(
        "ca-refused",
        f"{told.ca} refused {_name(told, problem)} ({problem.type}): {_detail(problem)}",
        who=Actor.CA,
        fix="Do what the CA's words ask for; they are of a type that this program does not know.",
        command=told.retry(),
    )


_KINDS: Final[Mapping[str, ByKind]] = {
    "connection": _connection,
    "tls": _connection,
    "dns": _dns,
    "unauthorized": _unauthorized,
    "incorrectResponse": _unauthorized,
    "caa": _caa,
    "rateLimited": _limited,
    "rejectedIdentifier": _rejected,
    "unsupportedIdentifier": _unsupported,
    "badCSR": _bad_csr,
    "badPublicKey": _bad_csr,
    "badSignatureAlgorithm": _bad_csr,
    "userActionRequired": _user_action,
    "serverInternal": _server_internal,
    "invalidProfile": _profile,
    "malformed": _malformed,
    "accountDoesNotExist": _no_account,
    "externalAccountRequired": _no_binding,
    "orderNotReady": _not_ready,
}
