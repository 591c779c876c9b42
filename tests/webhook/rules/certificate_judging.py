"""Certificates as plain objects, and what the rules say of them."""

from typing import Any

from tests.webhook.rules.build import CONTROLLERS, NAMESPACE, Json, create, settle, update
from webhook.questions import Claims
from webhook.rules.certificates import judge
from webhook.verdict import Verdict

WINDOW = {"cron": "0 22 * * MON-FRI", "windowDuration": "4h", "timezone": "Europe/Berlin"}


def certificate(**fields: Any) -> Json:
    """One for example.com; a field that is `...` is left out."""
    spec = {
        "secretName": "web-tls",
        "issuerRef": {"name": "letsencrypt", "kind": "ClusterIssuer"},
        "dnsNames": ["example.com"],
    } | fields
    return {
        "apiVersion": "cert-manager.io/v1",
        "kind": "Certificate",
        "metadata": {"name": "web", "namespace": NAMESPACE, "uid": "5", "generation": 1},
        "spec": {name: value for name, value in spec.items() if value is not ...},
    }


def created(obj: Json, *claimed: str) -> Verdict:
    """The verdict on a new one while these Certificates have its Secret."""
    name = (obj.get("spec") or {}).get("secretName", "")
    return settle(
        judge(create("Certificate", obj), CONTROLLERS), {Claims(NAMESPACE, name): claimed}
    )


def updated(old: Json, new: Json) -> Verdict:
    """The verdict on a change; AssertionError where it asks anything."""
    return settle(judge(update("Certificate", old, new), CONTROLLERS))
