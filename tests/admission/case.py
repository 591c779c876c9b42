"""One request against the rules, and the objects that it is made about.

A case changes an object of its own: `old` is what differs from the kind's base object before, and
`change` what the request changes. Both map a path (a tuple of keys and indices) to a value, `...`
for leaving it out.
"""

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from tests.admission.api import Json, Who
from tests.webhook.rules import build

Path: TypeAlias = tuple[str | int, ...]
Change: TypeAlias = Mapping[Path, Any]

CRD: Final = "crd"
POLICY: Final = "policy"
WEBHOOK: Final = "webhook"
LAYERS: Final = (CRD, POLICY, WEBHOOK)
OTHERS: Final = (POLICY, WEBHOOK)
"""The layers that know who asks."""
IDENTITY: Final = "identity"
"""A layer that refuses nothing."""

REQUEST: Final = "web"
"""The approved CertificateRequest that the Orders belong to, and the Order of the Challenges."""
ORDER: Final = "web-order"

OWNERS: Final = ("metadata", "ownerReferences")
STATE: Final = ("status", "state")
REF: Final = ("spec", "issuerRef")
OTHER_UID: Final = "99999999-0000-4000-8000-000000000000"


@dataclass(frozen=True, kw_only=True)
class Case:
    """One request. `refused_by` are the layers that refuse it; `says` is what a refusal of each of
    them has in it, the field's path as a rule."""

    name: str
    kind: str
    who: Who
    change: Change = field(default_factory=dict)
    old: Change = field(default_factory=dict)
    operation: str = "UPDATE"
    subresource: str = ""
    refused_by: tuple[str, ...] = ()
    says: str = ""

    def refused(self, *layers: str) -> bool:
        """Whether it is refused where these layers stand."""
        return bool({*layers} & {*self.refused_by})


def base(kind: str) -> Json:
    """The object of that kind before `old` is applied. Owners have no true uid yet."""
    obj = copy.deepcopy(_BASES[kind])
    obj["metadata"].pop("uid", None)
    for owner in obj["metadata"].get("ownerReferences", ()):
        owner["name"] = {"CertificateRequest": REQUEST, "Order": ORDER}[owner["kind"]]
    return obj


def changed(obj: Json, change: Change) -> Json:
    """A copy of the object with the changes."""
    result: Json = copy.deepcopy(obj)
    for path, value in change.items():
        *parents, last = path
        place: Any = result
        for step in parents:
            if isinstance(place, dict):
                place.setdefault(step, {})
            place = place[step]
        if value is ...:
            del place[last]
        elif isinstance(place, list) and last == len(place):
            place.append(copy.deepcopy(value))
        else:
            place[last] = copy.deepcopy(value)
    return result


_BASES: Final[dict[str, Json]] = {
    "Order": build.order()
    | {
        "spec": build.order()["spec"]
        | {
            "commonName": "example.com",
            "ipAddresses": ["192.0.2.7"],
            "duration": "1h",
            "profile": "classic",
            "replaces": "aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE",
        }
    },
    "Challenge": build.challenge()
    | {
        "spec": build.challenge()["spec"]
        | {
            "wildcard": True,
            "solver": {
                "dns01": {
                    "webhook": {
                        "groupName": "dns.example.com",
                        "solverName": "dns",
                        "config": {"zone": "example.com", "strict": True},
                    }
                },
                "selector": {"dnsNames": ["example.com"]},
            },
        }
    },
    "CertificateRequest": build.certificate_request()
    | {
        "spec": build.certificate_request()["spec"]
        | {
            "duration": "1h",
            "isCA": True,
            "usages": ["cert sign", "digital signature"],
            "username": "maker",
            "uid": "maker-uid",
            "groups": ["makers"],
            "extra": {"example.com/scope": ["all"]},
        },
        "status": {},
    },
}
