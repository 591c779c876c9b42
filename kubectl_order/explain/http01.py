"""HTTP-01: how far a request for the answer came, and who stops it there. Pure.

Reads the self-check's evidence, of this controller (`STAGE: host at address port 80: words`) and of
cert-manager (Go's errors). What routers say of the route is in `routes`.
"""

import re
from typing import Final

from kubectl_order.explain import lookups, routes
from kubectl_order.explain.told import Row, Told, by_table, group
from kubectl_order.explain.words import clause
from kubectl_order.finding import Actor, Finding, Standing
from orderapi.challenge import DNS01
from orderapi.names import CHALLENGE_PATH

_AT: Final = r'(?P<where>\S+(?: at \S+)? port \d+)(?:, redirected to "[^"]*"(?: \([^)]*\))*)?'
_HINT: Final = re.compile(r"\. (?:SERVFAIL mostly|From here|Create an A)")
_LOOP: Final = re.compile(r"in a circle|more than \d+ times|stopped after")


def read(told: Told) -> Finding | None:
    """Why the answer is not there, or not seen."""
    if told.kind == DNS01:
        return None
    unresolved = by_table(_NAMES, told, told.words)
    return (
        unresolved
        or routes.read(told)
        or by_table(_STAGES, told, told.words)
        or by_table(_GO, told, told.words)
        or (by_table(_REST, told, told.words) if told.kind else None)
    )


def _unresolved(told: Told, found: re.Match[str]) -> Finding:
    words = group(found, "words") or "no such host"
    return told.finding(
        "host-does-not-resolve",
        f"{told.name} does not resolve: {clause(words)}",
        who=Actor.DNS,
        fix=f"Create an A or AAAA record for {told.name} that leads to the router. Where the "
        f"public DNS has one, name servers that know it in --acme-http01-solver-nameservers.",
        command=told.look(),
    )


def _lookup(told: Told, found: re.Match[str]) -> Finding:
    words = _HINT.split(found["words"].rpartition("could not be looked up: ")[2])[0]
    if "SERVFAIL" in words:
        return lookups.servfail(told, told.name, words)
    return lookups.not_answered(told, told.name, words)


def _closed(told: Told, found: re.Match[str]) -> Finding:
    return told.finding(
        "port-closed",
        f"{_where(told, found)} is closed: {clause(_words(found))}",
        who=Actor.ROUTER,
        fix="Have the router or its load balancer listen there on port 80, or take the address out "
        "of the name's A and AAAA records.",
        command=told.look(),
    )


def _silent(told: Told, found: re.Match[str]) -> Finding:
    return told.finding(
        "port-silent",
        f"{_where(told, found)} does not answer: {clause(_words(found))}",
        who=Actor.ROUTER,
        fix="Open port 80 there in firewalls and security groups, for the CA and for the "
        "controller; a load balancer may not be reachable from inside its own cluster.",
        command=told.look(),
    )


def _tls(told: Told, found: re.Match[str]) -> Finding:
    return told.finding(
        "tls-failed",
        f"{_where(told, found)} fails in TLS: {clause(_words(found))}",
        who=Actor.ROUTER,
        fix=f"Exempt {CHALLENGE_PATH} from the redirect to https, or mend TLS there.",
        command=told.look(),
    )


def _broken(told: Told, found: re.Match[str]) -> Finding:
    return told.finding(
        "http-broken",
        f"{_where(told, found)} does not answer as HTTP does: {clause(_words(found))}",
        who=Actor.ROUTER,
        fix="See what listens there on port 80: it must speak plain HTTP, without TLS and without "
        "PROXY protocol.",
        command=told.look(),
    )


def _status(told: Told, found: re.Match[str]) -> Finding:
    status = found["status"]
    meaning = group(found, "meaning") or "200 is expected"
    fix = {
        "401": f"Exempt {CHALLENGE_PATH} from the login that stands before it.",
        "403": f"Exempt {CHALLENGE_PATH} from what forbids access there.",
        "404": f"Have the router that {told.name} leads to take the challenge's route: its class, "
        f"its host, and no other route before it.",
    }.get(status, "See whether the responder runs and a network policy lets the router reach it.")
    return told.finding(
        "wrong-status",
        f"{_where(told, found)} answered {status}: {clause(meaning)}",
        who=Actor.ROUTER,
        fix=fix,
        command=told.look(),
    )


def _body(told: Told, found: re.Match[str]) -> Finding:
    kind = group(found, "kind")
    return told.finding(
        "wrong-body",
        f"{_where(told, found)} answers with something else than the challenge's answer"
        + (f" ({clause(kind)})" if kind else ""),
        who=Actor.ROUTER,
        fix=f"See which server {told.name} leads to, and which other route takes "
        f"{CHALLENGE_PATH} there.",
        command=told.look(),
    )


def _redirected(told: Told, found: re.Match[str]) -> Finding:
    words = _words(found)
    loop = _LOOP.search(words) is not None
    return told.finding(
        "redirect-loop" if loop else "redirect-not-followed",
        f"{_where(told, found)} {clause(words)}",
        who=Actor.ROUTER,
        fix=f"Exempt {CHALLENGE_PATH} from this redirect."
        if loop
        else f"Exempt {CHALLENGE_PATH} from this redirect: a CA follows to http and https on "
        f"ports 80 and 443 alone.",
        command=told.look(),
    )


def _private(told: Told, found: re.Match[str]) -> Finding:
    return told.finding(
        "private-address",
        f"{told.name} leads where nothing may connect to: {clause(found['words'])}",
        who=Actor.DNS,
        fix=f"Have the A and AAAA records of {told.name} name public addresses of the router.",
        command=told.look(),
    )


def _unknown(told: Told, found: re.Match[str]) -> Finding:
    return told.finding(
        "selfcheck-unknown",
        f"Whether {told.name} gives the answer cannot be told from the cluster",
        who=Actor.NOBODY,
        fix="Nothing is to be done: the CA is asked to look all the same. Try it from outside if "
        "that fails.",
        command=told.look(),
        standing=Standing.MOVING if not told.failed else None,
    )


def _unseen(told: Told, found: re.Match[str]) -> Finding:
    return told.finding(
        "challenge-waiting",
        f"The answer for {told.name} is not seen yet: {clause(found['words'])}",
        who=Actor.ROUTER,
        fix=f"Let http://{told.name}{CHALLENGE_PATH} through to the challenge's route.",
        command=told.look(),
    )


def _where(told: Told, found: re.Match[str]) -> str:
    """The place as the statement names it, else the name's port 80."""
    return group(found, "where") or f"{told.name} port 80"


def _words(found: re.Match[str]) -> str:
    return group(found, "words") or found[0]


_REST_OF: Final = r"(?P<words>[^;]+?)(?=;|\. (?:See|Exempt|The CA|From|Create)|$)"
_NAMES: Final[tuple[Row, ...]] = (
    (
        (
            r"DNS: \S+: (?P<words>(?:an alias of [^;]+, and of that )?there is (?:no such name"
            r"|neither an A nor an AAAA record)[^;.]*)"
        ),
        _unresolved,
    ),
    (r"DNS: \S+: (?P<words>not a name that [^;.]+)", _unresolved),
    (r"DNS: \S+: (?P<words>not looked up: [^;]+)", _private),
    (rf"TCP: {_AT}: (?P<words>not connected to: [^;]+)", _private),
    (
        (
            r"DNS: \S+: (?P<words>(?:The [A-Z]+ record|The address of DNS server|no answer).*"
            r"SERVFAIL.*)"
        ),
        _lookup,
    ),
)
_STAGES: Final[tuple[Row, ...]] = (
    (rf"TCP: {_AT}: (?P<words>connection refused: nothing listens there)", _closed),
    (rf"TCP: {_AT}: (?P<words>the connection was reset at once)", _closed),
    (rf"redirect: {_AT}: {_REST_OF}", _redirected),
    (
        (
            rf"HTTP: {_AT}: answered (?P<status>\d{{3}})(?:: (?P<meaning>[^;]+?))?"
            r"(?=;|\. (?:See|Exempt)|$)"
        ),
        _status,
    ),
    (rf"body: {_AT}: answered 200 with something else \((?P<kind>[^)]*)\)", _body),
    (rf"TLS: {_AT}: {_REST_OF}", _tls),
    (rf"HTTP: {_AT}: {_REST_OF}", _broken),
    (r"Whether the HTTP-01 answer can be seen cannot be told from here", _unknown),
    (rf"TCP: {_AT}: {_REST_OF}", _silent),
    (r"DNS: \S+: (?P<words>(?:The |no answer|the ).*)", _lookup),
)
_GO: Final[tuple[Row, ...]] = (
    (r"wrong status code '(?P<status>\d{3})', expected '200'", _status),
    (r"did not get expected response .* when querying endpoint", _body),
    (r"self check.*?(?P<words>no such host)", _unresolved),
    (
        r"self check.*?lookup \S+ .*(?P<words>server misbehaving)",
        lambda told, found: lookups.servfail(told, told.name, found["words"]),
    ),
    (r"self check.*?(?P<words>connect: connection refused)", _closed),
    (r"self check.*?(?P<words>connection reset by peer)", _closed),
    (r"self check.*?(?P<words>stopped after \d+ redirects)", _redirected),
    (r"self check.*?(?P<words>unsupported protocol scheme.*)", _redirected),
    (r"self check.*?(?P<words>(?:x509|tls|remote error): .*)", _tls),
    (
        (
            r"self check.*?(?P<words>malformed HTTP.*|server gave HTTP response to HTTPS client"
            r"|\bEOF\b)"
        ),
        _broken,
    ),
    (
        (
            r"self check.*?(?P<words>context deadline exceeded|i/o timeout|no route to host"
            r"|network is unreachable)"
        ),
        _silent,
    ),
)
_REST: Final[tuple[Row, ...]] = (
    (r"Waiting for HTTP-01 challenge propagation: (?P<words>.+)", _unseen),
    (r"Our own check could not tell: ", _unknown),
)
