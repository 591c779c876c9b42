"""What keeps a Certificate itself from being issued until a person changes something. Pure.

Told by its condition Ready, of which neither controller tries anything before it goes.
"""

import re
from typing import Final

from kubectl_order.explain.about import (
    Said,
    is_outdated,
    is_ready,
    ref,
    refused,
    secret_command,
    secret_name,
)
from kubectl_order.explain.words import clause, quoted, sentence
from kubectl_order.facts import Chain
from kubectl_order.finding import Actor, Finding, Standing, kubectl
from orderapi.certificate import Certificate
from orderapi.conditions import find
from orderapi.names import READY

_RIVAL: Final = re.compile(r'Certificate "([^"]{1,253})" has the same secretName')
_FIELDS: Final = re.compile(r"mismatching fields: (\[[^\]]{1,200}\])")
_NOT_ADOPTED: Final = re.compile(r'Secret "[^"]*" (.{1,300}?)\. It is left alone')


def obstacle(chain: Chain) -> Finding | None:
    """What Ready says that only a change of something ends."""
    certificate, told = chain.certificate, refused(chain.certificate)
    if certificate is None or told is None:
        return None
    ready = find(certificate.status.conditions, READY)
    if is_outdated(certificate, ready):
        return None
    make = _OBSTACLES.get(told.reason)
    return make(chain, certificate, told) if make is not None else None


def spec_ahead(chain: Chain) -> Finding | None:
    """The certificate in use is fine; the next one cannot be requested."""
    certificate = chain.certificate
    told = certificate.status.diagnosis if certificate is not None else None
    if certificate is None or told is None or not is_ready(certificate):
        return None
    ready = find(certificate.status.conditions, READY)
    if told.cause != "InvalidSpec" or is_outdated(certificate, ready):
        return None
    at = ref(certificate)
    return _obstacle(
        "certificate-spec-invalid",
        Said(at, told.cause, told.message, None),
        f'The next certificate of Certificate "{at.name}" cannot be requested: '
        f"{clause(told.message.partition('requested: ')[2] or told.message)}",
        fix="Change the spec before the certificate in use is to be renewed.",
        command=kubectl("edit", at),
    )


def _owned_by_two(chain: Chain, certificate: Certificate, told: Said) -> Finding:
    at, secret = ref(certificate), quoted(secret_name(chain))
    found = _RIVAL.search(told.text)
    rival = f'Certificate "{found[1]}"' if found is not None else "another Certificate"
    return _obstacle(
        "secret-owned-by-two",
        told,
        f'Secret {secret} of Certificate "{at.name}" belongs to {rival} already',
        fix="Have each Certificate name a Secret of its own in spec.secretName.",
        command=f"kubectl get certificates.cert-manager.io -n {at.namespace or chain.namespace}",
    )


def _not_adopted(chain: Chain, certificate: Certificate, told: Said) -> Finding:
    at, name = ref(certificate), secret_name(chain)
    found = _NOT_ADOPTED.search(told.text)
    why = clause(found[1]) if found is not None else "it is not one for certificates"
    is_account = "account key" in why
    return _obstacle(
        "secret-not-adopted",
        told,
        f'Certificate "{at.name}" may not write to Secret {quoted(name)}: it {why}'
        if found is not None
        else f'Certificate "{at.name}" may not write to Secret {quoted(name)}: {why}',
        fix="Set spec.secretName to another name. That Secret must stay: the account is lost "
        "with it."
        if is_account
        else "Set spec.secretName to another name, or delete that Secret if nobody needs it.",
        command=kubectl("edit", at) if is_account else secret_command(chain, name),
    )


def _spec_invalid(_: Chain, certificate: Certificate, told: Said) -> Finding:
    at = ref(certificate)
    what = told.text.removeprefix("No request can be made of this spec: ")
    what = what.partition(". Change the spec;")[0]
    return _obstacle(
        "certificate-spec-invalid",
        told,
        f'Certificate "{at.name}" cannot be requested: {clause(what) or "its spec is invalid"}',
        fix="Change the spec; nothing is tried before.",
        command=kubectl("edit", at),
    )


def _windows_invalid(_: Chain, certificate: Certificate, told: Said) -> Finding:
    at = ref(certificate)
    why = told.text.partition("renewal time: ")[2] or told.text
    return _obstacle(
        "certificate-spec-invalid",
        told,
        f'The renewal windows of Certificate "{at.name}" cannot be kept: '
        f"{clause(why) or 'no reason was given'}",
        fix="Change spec.renewal.windows.",
        command=kubectl("edit", at),
    )


def _key_kept(chain: Chain, certificate: Certificate, told: Said) -> Finding:
    at = ref(certificate)
    fields = _FIELDS.search(told.text)
    differs = f": it differs in {clause(fields[1])}" if fields is not None else ""
    return _obstacle(
        "key-cannot-be-kept",
        told,
        f"The private key in Secret {quoted(secret_name(chain))} is to be kept, and does not fit "
        f'Certificate "{at.name}"{differs}',
        fix=(
            "Set spec.privateKey.rotationPolicy to Always: a new key is made then, and the Secret "
            "stays in use until its certificate is there."
        ),
        command=kubectl("edit", at),
    )


def _obstacle(cause: str, told: Said, headline: str, *, fix: str, command: str) -> Finding:
    return Finding(
        cause=cause,
        on=told.on,
        headline=headline,
        evidence=(sentence(told.text),) if told.text else (),
        since=told.since,
        who=Actor.YOU,
        fix=fix,
        command=command,
        standing=Standing.WAITING,
    )


_OBSTACLES: Final = {
    "DuplicateSecretName": _owned_by_two,
    "SecretNotAdopted": _not_adopted,
    "InvalidSpec": _spec_invalid,
    "WindowError": _windows_invalid,
    "CannotRegenerateKey": _key_kept,
}

OBSTACLES: Final = (obstacle,)
AHEAD: Final = (spec_ahead,)
