"""Why no solver works on a name, and Challenges that are not made or not begun. Pure."""

import re
from datetime import timedelta
from typing import Final

from kubectl_order.explain.about import is_given_up, issuer_at, issuer_owner, shown
from kubectl_order.explain.told import Row, Told, by_table, group
from kubectl_order.explain.troubles import about_challenge, about_order
from kubectl_order.explain.words import clause
from kubectl_order.facts import Chain
from kubectl_order.finding import Actor, Finding, Ref, Standing, kubectl
from orderapi import states
from orderapi.choice import NoSolver, choose
from orderapi.issuer import ClusterIssuer, Issuer

TURN: Final = timedelta(seconds=30)
"""How long a Challenge may wait for its turn before it is said that it does."""

MOST_SOLVERS: Final = 9

_LASTING: Final = re.compile(
    r"^Failed to publish the answer: (?P<why>.+) It is tried again when the Secret or the issuer "
    r"changes\.$"
)
_NO_SOLVER: Final = r"no solver can be used for (?P<name>\S+): (?P<why>.+)"
_ENDING: Final = re.compile(r"\. Edit spec\.acme\.solvers of .+$")


def read(told: Told) -> Finding | None:
    """Why no Challenge is made, or this one not begun."""
    return by_table(_ROWS, told, told.words)


def read_lasting(told: Told) -> Finding | None:
    """What else only a change of the solver helps against."""
    found = _LASTING.search(told.text)
    return _invalid(told, found) if found is not None else None


def solverless(chain: Chain) -> Finding | None:
    """No solver fits a name, and no Challenge was made: cert-manager tells that in an event alone,
    so the choice is made again."""
    order, issuer = chain.order, chain.issuer
    if order is None or order.status.state in states.FINAL or chain.challenges:
        return None
    if not isinstance(issuer, Issuer | ClusterIssuer) or _unseen(chain):
        return None
    solvers = issuer.spec.acme.solvers if issuer.spec.acme is not None else ()
    for one in order.status.authorizations:
        if one.initial_state in ("", states.VALID) or not one.challenges:
            continue
        offered = frozenset(offer.type for offer in one.challenges)
        name, labels = one.identifier or "", order.metadata.labels
        found = choose(solvers, name=name, wildcard=one.wildcard, labels=labels, offered=offered)
        if isinstance(found, NoSolver) and (why := re.search(_NO_SOLVER, found.reason)) is not None:
            return _none(about_order(chain, order), why)
    return None


def queued(chain: Chain) -> Finding | None:
    """cert-manager's Challenge that has no turn yet; it says nothing of that."""
    if is_given_up(chain) or (chain.order is not None and chain.order.status.state in states.FINAL):
        return None
    for one in chain.challenges:
        made = one.metadata.creation_timestamp
        idle = not one.status.processing and not one.status.presented and not one.status.reason
        if one.status.state in states.FINAL or not idle or made is None:
            continue
        if chain.now - made >= TURN:
            return _queued(about_challenge(chain, one))
    return None


def _unseen(chain: Chain) -> bool:
    """Whether Challenges may be there that could not be listed."""
    return any("challenge" in each.lower() for each in chain.unread)


def _none(told: Told, found: re.Match[str]) -> Finding:
    why = _ENDING.sub("", found["why"])
    wildcard = found["name"].startswith("*.")
    kind = "dns01 solver" if wildcard else "solver"
    needed = ", as a wildcard needs one" if wildcard else ""
    parts = [part for part in why.split("; ") if not part.startswith("no solver can be used")]
    return told.finding(
        "no-solver-matches",
        f"No solver of {told.the_issuer} can be used for {found['name']}",
        *(part[:1].upper() + part[1:] for part in parts[:MOST_SOLVERS]),
        who=told.issuer_owner,
        fix=f"Add a {kind} for {found['name']} to spec.acme.solvers of {told.the_issuer}{needed}; "
        f"or widen the selector of one (dnsNames, dnsZones, matchLabels), or give the Certificate "
        f"the label. The Order then goes on by itself.",
        command=told.edit_issuer(),
    )


def _contradiction(told: Told, found: re.Match[str]) -> Finding:
    why = _ENDING.sub("", found["why"])
    annotated = "annotation" in why
    return told.finding(
        "solver-invalid",
        f"The solver for {found['name']} cannot be used: {clause(why)}",
        who=Actor.YOU if annotated else told.issuer_owner,
        fix="Correct the annotations acme.cert-manager.io/http01-… of the Certificate."
        if annotated
        else f"Correct the solver in {told.the_issuer}.",
        command=told.edit() if annotated else told.edit_issuer(),
    )


def _invalid(told: Told, found: re.Match[str]) -> Finding:
    return told.finding(
        "solver-invalid",
        f"The solver for {told.name} cannot be used: {clause(found['why'])}",
        who=told.issuer_owner,
        fix=f"Correct the solver in spec.acme.solvers of {told.the_issuer}.",
        command=told.edit_issuer(),
    )


def _unsupported(told: Told, found: re.Match[str]) -> Finding:
    provider = group(found, "provider")
    return told.finding(
        "solver-unsupported",
        f"The solver for {told.name} uses {f'the DNS provider {provider}' if provider else 'DNS'}"
        f"{'' if provider else ' over HTTPS'}, which this release does not do",
        who=told.issuer_owner,
        fix="Delegate _acme-challenge by a CNAME to a zone that takes RFC 2136 updates, and use "
        "dns01.rfc2136 with cnameStrategy: Follow; or use http01."
        if provider
        else "Name DNS servers by address and port, such as 192.0.2.53:53.",
        command=told.edit_issuer(),
    )


def _other(told: Told, found: re.Match[str]) -> Finding:
    return told.finding(
        "other-solver",
        f"{told.the_issuer} no longer has the solver that the challenge for {told.name} was made "
        f"with",
        who=Actor.NOBODY,
        fix="Nothing is to be done: the Order makes the Challenge anew with a solver of now.",
        command=told.watch(),
    )


def _foreign(told: Told, found: re.Match[str]) -> Finding:
    return told.finding(
        "foreign-key",
        f"The challenge for {told.name} was made for another account key than that of "
        f"{told.the_issuer}",
        who=told.issuer_owner,
        fix="Begin a new attempt: it is made for the key of now. Should this come again, two "
        "controllers or two issuers use one Secret (spec.acme.privateKeySecretRef).",
        command=told.retry(),
    )


def _name_taken(told: Told, found: re.Match[str]) -> Finding:
    taken = Ref(kind="Challenge", name=found["challenge"], namespace=told.chain.namespace)
    return told.finding(
        "challenge-name-taken",
        f'Challenge "{taken.name}" is there already and belongs to somebody else than the Order',
        who=Actor.YOU,
        fix=f'Delete Challenge "{taken.name}": the Order then makes its own.',
        command=kubectl("delete", taken),
    )


def _not_made(told: Told, found: re.Match[str]) -> Finding:
    return told.finding(
        "challenge-not-made",
        f'The API server does not take Challenge "{found["challenge"]}": {clause(found["why"])}',
        who=Actor.ADMIN,
        fix="Raise the quota, or have the webhook or policy that refuses it let the controller's "
        "Challenges pass. It is tried again by itself.",
        command=told.describe(),
    )


def _queued(told: Told) -> Finding:
    return told.finding(
        "challenge-queued",
        f"The challenge for {told.name} waits for its turn behind others",
        who=Actor.NOBODY,
        fix="Nothing is to be done: it begins when others are done. Whoever runs the controller "
        "may raise --max-concurrent-challenges.",
        command=told.watch(),
    )


def _told_to_wait(told: Told, found: re.Match[str]) -> Finding:
    return told.finding(
        "waits-as-told",
        f"The solver for {told.name} waits in place of a self-check before the CA is told",
        who=Actor.NOBODY,
        fix="Nothing is to be done: the wait is waitInsteadOfSelfCheck of the solver.",
        command=told.watch(),
        standing=Standing.MOVING,
    )


def _no_issuer(told: Told, found: re.Match[str]) -> Finding:
    chain = told.chain
    return told.finding(
        "issuer-missing",
        f"{shown(issuer_at(chain))} does not exist, or is not of type acme",
        who=issuer_owner(chain),
        fix="Create the issuer, or correct spec.issuerRef of the Certificate.",
        command=told.edit(),
    )


_ROWS: Final[tuple[Row, ...]] = (
    (_NO_SOLVER, _none),
    (r"the solver for (?P<name>\S+) cannot be used: (?P<why>.+)", _contradiction),
    (r'names (?:the provider (?P<provider>\w+)|"https://[^"]*"): this release ', _unsupported),
    (r"^The solver is not one that ", _other),
    (r"^(?P<why>The solver of the Challenge does not answer \S+?)\.?$", _invalid),
    (r"(?P<why>waitInsteadOfSelfCheck of the solver is not a duration: .+)", _invalid),
    (r"(?P<why>no dns provider config specified for challenge)", _invalid),
    (r"^spec\.key is not what the issuer's account answers", _foreign),
    (r'Challenge "(?P<challenge>[^"]+)" exists and is not controlled by this Order', _name_taken),
    (r'Challenge "(?P<challenge>[^"]+)" could not be created: (?P<why>.+)', _not_made),
    (r"^Waiting for its turn: as many challenges as", lambda told, found: _queued(told)),
    (r"^Waiting .+ before accepting \S+ challenge without self-check", _told_to_wait),
    (r"^\w+ \"[^\"]*\".* does not exist, or is not of type acme", _no_issuer),
)
