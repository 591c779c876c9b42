"""Texts of a chain cut to what is looked at: patterns take time with the square of a text. Pure.

This project's controller keeps its reasons shorter than that; whoever else writes a status may not.
"""

from dataclasses import replace
from typing import Final, TypeVar

import msgspec

from kubectl_order.facts import Absent, Chain, Unread
from orderapi.certificate import Certificate
from orderapi.certificaterequest import CertificateRequest
from orderapi.challenge import Challenge
from orderapi.conditions import Conditions
from orderapi.diagnosis import Diagnosis
from orderapi.issuer import AnyIssuer, ClusterIssuer, Issuer
from orderapi.order import Order

LONGEST: Final = 4_096
"""Characters of one text that are looked at."""

Told = TypeVar("Told", Order, Challenge)
Stated = TypeVar("Stated", Certificate, CertificateRequest, Issuer, ClusterIssuer)


def bounded(chain: Chain) -> Chain:
    """The chain, with no text in a condition, reason or diagnosis longer than that."""
    return replace(
        chain,
        certificate=_certificate(chain.certificate),
        request=_stated(chain.request) if chain.request is not None else None,
        order=_told(chain.order) if chain.order is not None else None,
        challenges=tuple(map(_told, chain.challenges)),
        issuer=_issuer(chain.issuer),
    )


def _issuer(
    issuer: AnyIssuer | Absent | Unread | None,
) -> AnyIssuer | Absent | Unread | None:
    match issuer:
        case Issuer():
            return _stated(issuer)
        case ClusterIssuer():
            return _stated(issuer)
    return issuer


def _certificate(certificate: Certificate | None) -> Certificate | None:
    if certificate is None:
        return None
    stated = _stated(certificate)
    status = msgspec.structs.replace(stated.status, diagnosis=_diagnosis(stated.status.diagnosis))
    return msgspec.structs.replace(stated, status=status)


def _stated(obj: Stated) -> Stated:
    if all(len(one.message) <= LONGEST for one in obj.status.conditions):
        return obj
    status = msgspec.structs.replace(obj.status, conditions=_conditions(obj.status.conditions))
    return msgspec.structs.replace(obj, status=status)


def _conditions(conditions: Conditions) -> Conditions:
    return tuple(msgspec.structs.replace(one, message=one.message[:LONGEST]) for one in conditions)


def _told(obj: Told) -> Told:
    status = msgspec.structs.replace(
        obj.status,
        reason=obj.status.reason[:LONGEST],
        diagnosis=_diagnosis(obj.status.diagnosis),
    )
    return msgspec.structs.replace(obj, status=status)


def _diagnosis(diagnosis: Diagnosis | None) -> Diagnosis | None:
    if diagnosis is None:
        return None
    return msgspec.structs.replace(diagnosis, message=diagnosis.message[:LONGEST])
