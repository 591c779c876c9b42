"""Requests that ended without a certificate, for what they ask or for what came back. Pure."""

import re
from typing import Final

from kubectl_order.explain.about import (
    Said,
    has_failed,
    is_given_up,
    is_issuing,
    ref,
    said,
    said_by,
)
from kubectl_order.explain.words import clause, sentence
from kubectl_order.facts import Chain
from kubectl_order.finding import Actor, Finding, Ref, Standing, kubectl, plugin
from orderapi import states
from orderapi.conditions import find, is_true
from orderapi.names import INVALID_REASONS, INVALID_REQUEST, ISSUING

_OTHER_KEY: Final = re.compile(
    r"certificate for another key|public key that does not match the CSR"
    r"|compare certificate and CSR public keys",
    re.IGNORECASE,
)
_EXPIRED_LEAF: Final = "returned an already expired certificate"

_NAMES: Final = re.compile(r"^The CSR asks for (.{1,400}?): through ACME ")
_ADVICE: Final = re.compile(r"\. ((?:Remove|Take) .+)$")
_ASKS: Final = (
    (re.compile(r"isCA|CA certificate"), "it asks for a CA certificate"),
    (re.compile(r"commonName that is not present"), "its common name is not among its names"),
    (re.compile(r"names no DNS name"), "it names no DNS name and no IP address"),
    (re.compile(r"Failed to decode CSR"), "its signing request cannot be read"),
)


def request_invalid(chain: Chain) -> Finding | None:
    """What the request asks for cannot be had."""
    told = _invalid(chain)
    if told is None:
        return None
    why = _asks(told.text)
    certificate = chain.certificate
    at = ref(certificate) if certificate is not None else told.on
    advice = clause(found[1]) if (found := _ADVICE.search(told.text)) is not None else ""
    return Finding(
        cause="request-invalid",
        on=told.on,
        headline=f'{told.on.kind} "{told.on.name}" cannot be had: {why or clause(told.text)}'
        if told.on.kind == "Certificate"
        else f'CertificateRequest "{told.on.name}" is invalid: {why or _why(told)}',
        evidence=(sentence(told.text or told.reason or "No reason was given"),),
        since=told.since,
        who=Actor.YOU,
        fix=(
            f"{advice or 'Change the spec'}; a new attempt is made when Certificate "
            f'"{at.name}" is changed.'
            if certificate is not None
            else "Make another request; this one has ended."
        ),
        command=kubectl("edit" if certificate is not None else "describe", at),
        standing=Standing.FAILED,
    )


def _asks(text: str) -> str:
    """What is wrong with what is asked for; empty where that is not known."""
    names = _NAMES.search(text)
    if names is not None:
        return f"it asks for {clause(names[1])}, and ACME is for DNS names and IP addresses only"
    return next((why for pattern, why in _ASKS if pattern.search(text)), "")


def another_key(chain: Chain) -> Finding | None:
    """The CA gave a certificate for a key that is not the request's."""
    for told in _failures(chain):
        if _OTHER_KEY.search(told.text):
            return _failed(
                chain,
                told,
                cause="certificate-for-another-key",
                headline=(
                    f'{told.on.kind} "{told.on.name}" failed: the CA returned a certificate for '
                    f"another key"
                ),
                who=Actor.CA,
                fix=(
                    "Begin a new attempt; where that ends the same way, the CA hands back old "
                    "orders for the same names, and has to be asked why."
                ),
            )
    return None


def request_failed(chain: Chain) -> Finding | None:
    """The request failed, whatever for."""
    told = next(iter(_of_request(chain)), None)
    if told is None:
        return None
    return _failed(
        chain,
        told,
        cause="request-failed",
        headline=f'CertificateRequest "{told.on.name}" failed: {_why(told)}',
        who=Actor.CA if _EXPIRED_LEAF in told.text else Actor.YOU,
        fix="Mend what it names, and begin a new attempt.",
    )


def _failed(
    chain: Chain, told: Said, *, cause: str, headline: str, who: Actor, fix: str
) -> Finding:
    certificate = chain.certificate
    return Finding(
        cause=cause,
        on=told.on,
        headline=headline,
        evidence=(sentence(told.text or told.reason or "No reason was given"),),
        since=told.since,
        who=who,
        fix=fix,
        command=plugin("retry", ref(certificate))
        if certificate is not None
        else kubectl("describe", told.on),
        standing=Standing.FAILED,
    )


def _why(told: Said) -> str:
    return clause(told.text) or clause(told.reason) or "no reason was given"


def _invalid(chain: Chain) -> Said | None:
    """The condition InvalidRequest, or what the Certificate keeps of it."""
    request = chain.request
    if request is not None and not is_given_up(chain):
        conditions = request.status.conditions
        condition = find(conditions, INVALID_REQUEST)
        if condition is not None and is_true(conditions, INVALID_REQUEST):
            return said_by(ref(request), condition)
    issuing = said(chain.certificate, ISSUING)
    if request is None and issuing is not None and issuing.reason in INVALID_REASONS:
        return None if is_issuing(chain.certificate) else issuing
    return None


def _failures(chain: Chain) -> tuple[Said, ...]:
    order = chain.order
    found = list(_of_request(chain))
    if order is not None and order.status.state in states.FAILED and not is_given_up(chain):
        at: Ref = ref(order)
        found.append(Said(at, "", order.status.reason, order.status.failure_time))
    issuing = said(chain.certificate, ISSUING)
    if issuing is not None and not is_issuing(chain.certificate):
        found.append(issuing)
    return tuple(found)


def _of_request(chain: Chain) -> tuple[Said, ...]:
    request = chain.request
    if request is None or not has_failed(request) or is_given_up(chain):
        return ()
    told = said(request) or Said(ref(request), "", "", request.status.failure_time)
    return (told,)


INVALID: Final = (request_invalid, another_key)
FAILED: Final = (request_failed,)
