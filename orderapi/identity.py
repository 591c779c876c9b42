"""The MutatingAdmissionPolicy that writes into a new CertificateRequest who makes it.

Optional: clusters that have no such kind work without it, and the fields stay empty there.
"""

from collections.abc import Iterator
from typing import Final

from orderapi.policyparts import Json, bound, matched
from orderapi.resources import CERTIFICATE_REQUEST

# Lists and maps of the request are made anew: as they are the API server cannot write them.
_FIELDS: Final = {
    "username": "request.userInfo.username",
    "uid": "request.userInfo.uid",
    "groups": "request.userInfo.groups.map(group, group)",
    "extra": "request.userInfo.extra.transformMap(key, values, values.map(value, value))",
}

# Where something is told already the ValidatingAdmissionPolicy has a say, and a request without a
# spec has no place for it.
_UNTOLD: Final = "has(object.spec) && " + " && ".join(
    f"(!has(object.spec.{field}) || size(object.spec.{field}) == 0)" for field in _FIELDS
)

# A patch, because an apply configuration takes no atomic lists, and groups are one.
_FILL: Final = " + ".join(
    f"(has(request.userInfo.{field}) && size(request.userInfo.{field}) > 0 ? "
    f'[JSONPatch{{op: "add", path: "/spec/{field}", value: {value}}}] : [])'
    for field, value in _FIELDS.items()
)


def identity_policy() -> Iterator[Json]:
    """The policy and its binding, as they are applied."""
    spec = {
        "failurePolicy": "Fail",
        "reinvocationPolicy": "Never",
        "matchConstraints": matched(
            CERTIFICATE_REQUEST, ("CREATE",), (CERTIFICATE_REQUEST.plural,)
        ),
        "matchConditions": [{"name": "untold", "expression": _UNTOLD}],
        "mutations": [{"patchType": "JSONPatch", "jsonPatch": {"expression": _FILL}}],
    }
    return bound("MutatingAdmissionPolicy", CERTIFICATE_REQUEST, spec, {})
