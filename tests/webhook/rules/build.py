"""Requests from plain objects, and a driver for judgements with canned answers.

request = update("Order", old, new, user=TENANT)
verdict = settle(judge(request, CONTROLLERS), {Read(ORDER, "shop", "web-1"): None})
"""

import base64
import functools
import ipaddress
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from orderapi.meta import Object
from orderapi.names import CONTROLLER_USER
from orderapi.resources import (
    CERTIFICATE,
    CERTIFICATE_REQUEST,
    CHALLENGE,
    CLUSTER_ISSUER,
    ISSUER,
    ORDER,
)
from webhook.questions import Answer, Judgement, Question
from webhook.request import NOTHING, GroupVersionResource, Request, User
from webhook.verdict import Verdict

Json: TypeAlias = dict[str, Any]
Answers: TypeAlias = Mapping[Any, Answer] | Callable[[Question], Answer]

RESOURCES = {
    resource.kind: resource
    for resource in (CERTIFICATE, CERTIFICATE_REQUEST, CHALLENGE, CLUSTER_ISSUER, ISSUER, ORDER)
}

NAMESPACE = "shop"
ADMIN = User("admin", "1", ("system:masters", "system:authenticated"))
TENANT = User("tenant", "2", ("editors", "system:authenticated"))
CONTROLLER = User(CONTROLLER_USER, "3", ("system:serviceaccounts", "system:authenticated"))
CONTROLLERS = frozenset({CONTROLLER_USER})


def create(kind: str, obj: Json, user: User = TENANT) -> Request:
    """A request to create `obj`, of that kind (`Order`)."""
    return _request("CREATE", kind, user, obj=obj)


def update(kind: str, old: Json, new: Json, user: User = TENANT, subresource: str = "") -> Request:
    """A request that makes `new` of `old`."""
    return _request("UPDATE", kind, user, obj=new, old=old, subresource=subresource)


def settle(judgement: Judgement, answers: Answers | None = None) -> Verdict:
    """The verdict, with each question answered; AssertionError at one that has no answer.

    A mapping's keys are the questions. `May` of a user cannot be a key: give a function.
    """
    answer: Answer = None
    try:
        question = next(judgement)
        while True:
            if callable(answers):
                answer = answers(question)
            else:
                assert question in (answers or {}), f"no answer is given to {question}"
                answer = (answers or {})[question]
            question = judgement.send(answer)
    except StopIteration as done:
        verdict = done.value
        assert isinstance(verdict, Verdict)
        return verdict


def places(verdict: Verdict) -> list[tuple[str, str]]:
    """Where its faults are, and by which rule."""
    return [(fault.path, fault.rule) for fault in verdict.faults]


def paths(verdict: Verdict) -> list[str]:
    """Where its faults are."""
    return [fault.path for fault in verdict.faults]


def typed(kind: str, obj: Json) -> Object:
    """The plain object as an answer to `Read`."""
    found: Object = msgspec.json.decode(msgspec.json.encode(obj), type=RESOURCES[kind].type)
    return found


def changed(obj: Json, path: str, value: object) -> Json:
    """A copy with `value` at the dotted path (`spec.issuerRef.name`), `...` for removing it."""
    head, _, rest = path.partition(".")
    if rest:
        return {**obj, head: changed(obj.get(head) or {}, rest, value)}
    kept = {key: one for key, one in obj.items() if key != head}
    return kept if value is ... else {**kept, head: value}


@functools.cache
def key() -> ec.EllipticCurvePrivateKey:
    """One key for all signing requests of a run."""
    return ec.generate_private_key(ec.SECP256R1())


@functools.cache
def signing_request(
    *names: str,
    common_name: str = "",
    addresses: tuple[str, ...] = (),
    others: tuple[x509.GeneralName, ...] = (),
    extensions: tuple[x509.ExtensionType, ...] = (),
) -> str:
    """A signing request for DNS names and addresses: PEM in base64, as the API carries it."""
    alternative: list[x509.GeneralName] = [
        *map(x509.DNSName, names),
        *(x509.IPAddress(ipaddress.ip_address(address)) for address in addresses),
        *others,
    ]
    subject = [x509.NameAttribute(NameOID.COMMON_NAME, common_name)] if common_name else []
    builder = x509.CertificateSigningRequestBuilder(x509.Name(subject))
    if alternative:
        builder = builder.add_extension(
            x509.SubjectAlternativeName(alternative), critical=not subject
        )
    for extension in extensions:
        builder = builder.add_extension(extension, critical=True)
    return base64.b64encode(
        builder.sign(key(), hashes.SHA256()).public_bytes(Encoding.PEM)
    ).decode()


def owner(kind: str, obj: Json) -> Json:
    """A reference that makes `obj` the controlling owner."""
    return {
        "apiVersion": RESOURCES[kind].api_version,
        "kind": kind,
        "name": obj["metadata"]["name"],
        "uid": obj["metadata"]["uid"],
        "controller": True,
        "blockOwnerDeletion": True,
    }


def certificate_request(request: str = "", approval: Sequence[str] = ("Approved",)) -> Json:
    """An approved request for example.com and www.example.com; `request` as in `spec.request`."""
    conditions = [
        {"type": kind, "status": "True", "reason": "test", "message": ""} for kind in approval
    ]
    return {
        **_head("CertificateRequest", "web-1", "11111111-0000-4000-8000-000000000000"),
        "spec": {
            "request": request or signing_request("example.com", "www.example.com"),
            "issuerRef": {"name": "letsencrypt", "kind": "ClusterIssuer"},
        },
        "status": {"conditions": conditions},
    }


def order() -> Json:
    """The Order of `certificate_request`, as the controller makes it."""
    request = certificate_request()
    head = _head("Order", "web-1-1234", "22222222-0000-4000-8000-000000000000")
    head["metadata"]["ownerReferences"] = [owner("CertificateRequest", request)]
    return {
        **head,
        "spec": {**request["spec"], "dnsNames": ["example.com", "www.example.com"]},
    }


def challenge() -> Json:
    """A Challenge of `order`, as the controller makes it."""
    head = _head("Challenge", "web-1-1234-0", "33333333-0000-4000-8000-000000000000")
    head["metadata"] |= {
        "ownerReferences": [owner("Order", order())],
        "finalizers": ["acme.cert-manager.io/finalizer"],
    }
    return {
        **head,
        "spec": {
            "url": "https://acme.example/challenge/1",
            "authorizationURL": "https://acme.example/authorization/1",
            "dnsName": "example.com",
            "type": "DNS-01",
            "token": "a-token",
            "key": "a-record",
            "solver": {"dns01": {"rfc2136": {"nameserver": "192.0.2.1:53"}}},
            "issuerRef": {"name": "letsencrypt", "kind": "ClusterIssuer"},
        },
    }


def _head(kind: str, name: str, uid: str) -> Json:
    return {
        "apiVersion": RESOURCES[kind].api_version,
        "kind": kind,
        "metadata": {"name": name, "namespace": NAMESPACE, "uid": uid},
    }


def _request(
    operation: str,
    kind: str,
    user: User,
    *,
    obj: Json,
    old: Json | None = None,
    subresource: str = "",
) -> Request:
    resource, meta = RESOURCES[kind], obj.get("metadata")
    named = meta if isinstance(meta, dict) else {}
    return Request(
        uid="44444444-0000-4000-8000-000000000000",
        resource=GroupVersionResource(resource.group, resource.version, resource.plural),
        operation=operation,
        user_info=user,
        name=named.get("name", ""),
        namespace=named.get("namespace", "") if resource.namespaced else "",
        sub_resource=subresource,
        object=msgspec.Raw(msgspec.json.encode(obj)),
        old_object=NOTHING if old is None else msgspec.Raw(msgspec.json.encode(old)),
    )
