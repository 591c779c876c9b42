"""Objects as cert-manager writes them: its names, sentences and fields, and nothing of ours.

In one namespace: a Certificate that waits for a self check, one that ran into a rate limit of the
CA, and one that is there. Whoever writes them must be allowed to, with nothing in the way.
"""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from tests.bench.api import Api
from tests.system.manifests import patch_status, secret
from tests.system.world import Json, World

CSR: Final = "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0K"
ISSUER: Final = {"group": "cert-manager.io", "kind": "Issuer", "name": "letsencrypt"}
TOKEN: Final = "tOkEn-of-the-challenge"
KEY: Final = f"{TOKEN}.thumbprint"
UNTIL: Final = datetime.now(UTC) + timedelta(days=2)
"""Until when the CA refuses."""
LIMITED: Final = (
    "429 urn:ietf:params:acme:error:rateLimited: too many certificates (5) already issued for this "
    f"exact set of identifiers in the last 168h0m0s, retry after {UNTIL:%Y-%m-%d %H:%M:%S} UTC"
)
REFUSED: Final = f"Failed to create Order: {LIMITED}"
FAILED: Final = (
    'Failed to wait for order resource "limited-1-2" to become ready: order is in "errored" state: '
    f"{REFUSED}"
)
SELF_CHECK: Final = (
    "Waiting for HTTP-01 challenge propagation: wrong status code '404', expected '200'"
)
ABSENT: Final = "Issuing certificate as Secret does not exist"
WAITING: Final = 'Waiting on certificate issuance from order {}/waits-1-1: "pending"'


def write_all(world: World, namespace: str) -> None:
    """The issuer and the three Certificates, with their requests, Orders and the one Challenge."""
    world.apply(_issuer(namespace), _secret("ready", namespace))
    message = "The ACME account was registered with the ACME server"
    registered = condition("Ready", "True", "ACMEAccountRegistered", message)
    status = {"conditions": [registered], "acme": {"uri": "https://ca.test/acct/1"}}
    patch_status(world, "issuer", ISSUER["name"], status, namespace)
    certificates = write(world, *_certificates(namespace))
    requests = write(world, *_requests(certificates))
    pending, *_ = write(world, *_orders(requests))
    write(
        world,
        challenge(
            pending,
            "waits.example.com",
            state="pending",
            processing=True,
            presented=True,
            presentedAt=stamp(minutes=3),
            reason=SELF_CHECK,
        ),
    )


def write(world: World, *objects: Json) -> list[Json]:
    """As the admin, with their status; the objects as they are then."""

    async def written() -> list[Json]:
        async with Api(world.cluster.api) as api:
            return await api.create(objects)

    made = asyncio.run(written())
    return [obj | {"metadata": new["metadata"]} for obj, new in zip(objects, made, strict=True)]


def _issuer(namespace: str) -> Json:
    acme = {
        "server": "https://ca.test/directory",
        "privateKeySecretRef": {"name": "letsencrypt-account"},
        "solvers": [{"http01": {"ingress": {"ingressClassName": "nginx"}}}],
    }
    meta = {"name": ISSUER["name"], "namespace": namespace}
    kind = {"apiVersion": "cert-manager.io/v1", "kind": "Issuer", "metadata": meta}
    return kind | {"spec": {"acme": acme}}


def _secret(owner: str, namespace: str) -> Json:
    found = secret(f"{owner}-tls", namespace, kind="kubernetes.io/tls", tls_crt="-", tls_key="-")
    found["metadata"]["annotations"] = {"cert-manager.io/certificate-name": owner}
    return found


def _certificates(namespace: str) -> tuple[Json, ...]:
    missing = condition("Ready", "False", "DoesNotExist", ABSENT)
    told = f"The certificate request has failed to complete and will be retried: {FAILED}"
    there = "Certificate is up to date and has not expired"
    return (
        certificate(
            "waits",
            missing,
            condition("Issuing", "True", "DoesNotExist", ABSENT),
            namespace=namespace,
        ),
        certificate(
            "limited",
            missing,
            condition("Issuing", "False", "Failed", told),
            namespace=namespace,
            failedIssuanceAttempts=1,
            lastFailureTime=stamp(minutes=10),
        ),
        certificate(
            "ready",
            condition("Ready", "True", "Ready", there),
            namespace=namespace,
            revision=1,
            notBefore=stamp(days=2),
            notAfter=stamp(days=-88),
            renewalTime=stamp(days=-58),
        ),
    )


def _requests(certificates: list[Json]) -> tuple[Json, ...]:
    waits, limited, ready = certificates
    waiting = WAITING.format(waits["metadata"]["namespace"])
    fetched = "Certificate fetched from issuer successfully"
    return (
        request(waits, condition("Ready", "False", "Pending", waiting)),
        request(
            limited, condition("Ready", "False", "Failed", FAILED), failureTime=stamp(minutes=10)
        ),
        request(ready, condition("Ready", "True", "Issued", fetched), certificate=CSR),
    )


def _orders(requests: list[Json]) -> tuple[Json, ...]:
    waits, limited, ready = requests
    offered = {
        "url": "https://ca.test/authz/1",
        "identifier": "waits.example.com",
        "wildcard": False,
        "initialState": "pending",
        "challenges": [{"token": TOKEN, "type": "http-01", "url": "https://ca.test/chall/1"}],
    }
    failure = {"state": "errored", "reason": REFUSED, "failureTime": stamp(minutes=10)}
    return (
        order(waits, 1, state="pending", authorizations=[offered]),
        order(limited, 2, **failure),
        order(ready, 3, state="valid", certificate=CSR),
    )


def stamp(**ago: float) -> str:
    """That long ago, as Kubernetes writes it."""
    return f"{datetime.now(UTC) - timedelta(**ago):%Y-%m-%dT%H:%M:%SZ}"


def condition(kind: str, status: str, reason: str, message: str) -> Json:
    return {
        "type": kind,
        "status": status,
        "reason": reason,
        "message": message,
        "lastTransitionTime": stamp(days=2),
    }


def certificate(name: str, *conditions: Json, namespace: str, **status: Any) -> Json:
    return {
        "apiVersion": "cert-manager.io/v1",
        "kind": "Certificate",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "secretName": f"{name}-tls",
            "dnsNames": [f"{name}.example.com"],
            "issuerRef": ISSUER,
        },
    } | ({"status": {"conditions": list(conditions), **status}} if conditions or status else {})


def request(owner: Json, *conditions: Json, **status: Any) -> Json:
    name, namespace = owner["metadata"]["name"], owner["metadata"]["namespace"]
    annotations = {
        "cert-manager.io/certificate-name": name,
        "cert-manager.io/certificate-revision": "1",
        "cert-manager.io/private-key-secret-name": f"{name}-x7k2p",
    }
    approved = condition(
        "Approved",
        "True",
        "cert-manager.io",
        "Certificate request has been approved by cert-manager.io",
    )
    return {
        "apiVersion": "cert-manager.io/v1",
        "kind": "CertificateRequest",
        "metadata": _meta(f"{name}-1", namespace, owner, annotations),
        "spec": {"request": CSR, "issuerRef": ISSUER, "usages": ["digital signature"]},
        "status": {"conditions": [approved, *conditions], **status},
    }


def order(owner: Json, hash_: int, **status: Any) -> Json:
    meta = owner["metadata"]
    name = meta["annotations"]["cert-manager.io/certificate-name"]
    return {
        "apiVersion": "acme.cert-manager.io/v1",
        "kind": "Order",
        "metadata": _meta(f"{name}-1-{hash_}", meta["namespace"], owner, meta["annotations"]),
        "spec": {"request": CSR, "issuerRef": ISSUER, "dnsNames": [f"{name}.example.com"]},
        "status": {"url": "https://ca.test/order/1", "finalizeURL": "https://ca.test/f/1"} | status,
    }


def challenge(owner: Json, host: str, **status: Any) -> Json:
    meta = owner["metadata"]
    return {
        "apiVersion": "acme.cert-manager.io/v1",
        "kind": "Challenge",
        "metadata": _meta(f"{meta['name']}-2905134", meta["namespace"], owner, {}),
        "spec": {
            "authorizationURL": "https://ca.test/authz/1",
            "url": "https://ca.test/chall/1",
            "dnsName": host,
            "type": "HTTP-01",
            "token": TOKEN,
            "key": KEY,
            "issuerRef": ISSUER,
            "solver": {"http01": {"ingress": {"ingressClassName": "nginx"}}},
        },
        "status": status,
    }


def _meta(name: str, namespace: str, owner: Json, annotations: dict[str, str]) -> Json:
    reference = {
        "apiVersion": owner["apiVersion"],
        "kind": owner["kind"],
        "name": owner["metadata"]["name"],
        "uid": owner["metadata"]["uid"],
        "controller": True,
        "blockOwnerDeletion": True,
    }
    meta = {"name": name, "namespace": namespace, "ownerReferences": [reference]}
    return meta | ({"annotations": annotations} if annotations else {})


def unowned(name: str, namespace: str, **status: Any) -> Json:
    """One that nobody owns."""
    spec = {"request": CSR, "issuerRef": {"name": "gone"}, "dnsNames": [f"{name}.example.com"]}
    return {
        "apiVersion": "acme.cert-manager.io/v1",
        "kind": "Order",
        "metadata": {"name": name, "namespace": namespace},
        "spec": spec,
    } | ({"status": status} if status else {})
