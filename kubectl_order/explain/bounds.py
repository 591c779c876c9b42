"""Texts of a chain as they are looked at: without secrets, and cut, for patterns take time with the
square of a text. Pure.

Secrets go first: half of a token, where a headline ends, is one that no search for it finds.

This project's controller keeps its reasons shorter than that; whoever else writes a status may not.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Final, TypeAlias, TypeVar

import msgspec

from kubectl_order.facts import Absent, Chain, Unread, secrets_in
from kubectl_order.text import remover
from orderapi.certificate import Certificate
from orderapi.certificaterequest import CertificateRequest
from orderapi.challenge import Challenge
from orderapi.diagnosis import Diagnosis
from orderapi.issuer import AnyIssuer, ClusterIssuer, Issuer
from orderapi.order import Order

LONGEST: Final = 4_096
"""Characters of one text that are looked at."""

Told = TypeVar("Told", Order, Challenge)
Stated = TypeVar("Stated", Certificate, CertificateRequest, Issuer, ClusterIssuer)
Cut: TypeAlias = Callable[[str], str]


def bounded(chain: Chain) -> Chain:
    """The chain, with no secret in a condition, reason or diagnosis, and no longer text."""
    remove = remover(secrets_in(chain))

    def cut(text: str) -> str:
        return remove(text[: 2 * LONGEST])[:LONGEST]

    return replace(
        chain,
        certificate=_certificate(chain.certificate, cut),
        request=_stated(chain.request, cut) if chain.request is not None else None,
        order=_told(chain.order, cut) if chain.order is not None else None,
        challenges=tuple(_told(each, cut) for each in chain.challenges),
        issuer=_issuer(chain.issuer, cut),
    )


def _issuer(
    issuer: AnyIssuer | Absent | Unread | None, cut: Cut
) -> AnyIssuer | Absent | Unread | None:
    match issuer:
        case Issuer():
            return _stated(issuer, cut)
        case ClusterIssuer():
            return _stated(issuer, cut)
    return issuer


def _certificate(certificate: Certificate | None, cut: Cut) -> Certificate | None:
    if certificate is None:
        return None
    stated = _stated(certificate, cut)
    diagnosis = _diagnosis(stated.status.diagnosis, cut)
    status = msgspec.structs.replace(stated.status, diagnosis=diagnosis)
    return msgspec.structs.replace(stated, status=status)


def _stated(obj: Stated, cut: Cut) -> Stated:
    conditions = tuple(
        msgspec.structs.replace(one, message=cut(one.message)) for one in obj.status.conditions
    )
    status = msgspec.structs.replace(obj.status, conditions=conditions)
    return msgspec.structs.replace(obj, status=status)


def _told(obj: Told, cut: Cut) -> Told:
    status = msgspec.structs.replace(
        obj.status,
        reason=cut(obj.status.reason),
        diagnosis=_diagnosis(obj.status.diagnosis, cut),
    )
    return msgspec.structs.replace(obj, status=status)


def _diagnosis(diagnosis: Diagnosis | None, cut: Cut) -> Diagnosis | None:
    if diagnosis is None:
        return None
    return msgspec.structs.replace(diagnosis, message=cut(diagnosis.message))
