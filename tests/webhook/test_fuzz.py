"""Odd reviews and raw bodies: no 5xx, no failing rule, nothing malformed is allowed."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.webhook.asgi import ask, encoded, review
from tests.webhook.rules import build
from tests.webhook.sound import check, endpoint
from webhook.rules.dispatch import RULES

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False)
    | st.text()
)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
SEEDS = {
    "orders": build.order(),
    "challenges": build.challenge(),
    "certificaterequests": build.certificate_request(),
}
GROUPS = [(group, resource) for group, resource, subresource in RULES if not subresource]


def _paths(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """The places of all values in it."""
    found = [path]
    inner = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for key, one in inner:
        found += _paths(one, (*path, key))
    return found


def _with(value: Any, path: tuple[str | int, ...], replaced: Any) -> Any:
    if not path:
        return replaced
    copied = value.copy()
    copied[path[0]] = _with(value[path[0]], path[1:], replaced)
    return copied


@st.composite
def bent(draw: st.DrawFn, whole: Any) -> Any:
    """That, with odd values in up to three places."""
    for _ in range(draw(st.integers(0, 3))):
        whole = _with(whole, draw(st.sampled_from(_paths(whole))), draw(JSON))
    return whole


@st.composite
def reviews(draw: st.DrawFn) -> Any:
    """Reviews of all resources and operations, with odd objects and odd parts."""
    group, resource = draw(st.sampled_from(GROUPS))
    seed = SEEDS.get(resource) or {
        "metadata": {"name": "a", "namespace": "shop"},
        "spec": draw(st.dictionaries(st.sampled_from(SPEC_FIELDS), JSON, max_size=6)),
    }
    whole = review(
        resource={"group": group, "version": "v1", "resource": resource},
        operation=draw(st.sampled_from(["CREATE", "UPDATE", "DELETE", "CONNECT"])),
        subResource=draw(st.sampled_from(["", "status"])),
        userInfo={"username": draw(st.sampled_from(["tenant", "controller"]))},
        object=draw(bent(seed)),
        oldObject=draw(st.none() | bent(seed)),
    )
    return draw(st.just(whole) | bent(whole))


SPEC_FIELDS = [
    "secretName", "issuerRef", "dnsNames", "commonName", "ipAddresses", "uris", "emailAddresses",
    "duration", "renewBefore", "renewBeforePercentage", "usages", "privateKey", "subject",
    "literalSubject", "otherNames", "keystores", "nameConstraints", "secretTemplate", "renewal",
    "additionalOutputFormats", "signatureAlgorithm", "isCA", "acme", "selfSigned", "ca",
]  # fmt: skip


@given(reviews())
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
async def test_odd_reviews(whole: Any) -> None:
    """Valid JSON with odd values."""
    try:
        body = encoded(whole)
    except (msgspec.MsgspecError, UnicodeError, OverflowError):
        return  # half a surrogate, an endless number
    check(body, await ask(endpoint(), body))


@given(st.data())
@settings(max_examples=300, deadline=None)
async def test_damaged_reviews(data: st.DataObject) -> None:
    """Valid ones, of which bytes are changed, lost, or come twice."""
    order = build.order()
    body = bytearray(encoded(review(object=order, oldObject=order)))
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(body) - 1))
        end = data.draw(st.integers(start, min(len(body), start + 40)))
        body[start:end] = data.draw(st.binary(max_size=8) | st.just(bytes(body[start:end]) * 2))
    check(bytes(body), await ask(endpoint(), bytes(body)))


def test_raw_bodies(tmp_path: Path) -> None:
    """Five seconds of search for code that was not reached, from real reviews on."""
    pytest.importorskip("atheris", reason="atheris has no build for this platform")
    for name, seed in SEEDS.items():
        group = "cert-manager.io" if name == "certificaterequests" else "acme.cert-manager.io"
        which = {"group": group, "version": "v1", "resource": name}
        (tmp_path / name).write_bytes(encoded(review(resource=which, object=seed, oldObject=seed)))
    command = [sys.executable, "-m", "tests.webhook.fuzzing", str(tmp_path)]
    limits = ["-max_total_time=5", "-rss_limit_mb=2048", f"-artifact_prefix={tmp_path}/found-"]
    ended = subprocess.run(
        [*command, *limits, "-timeout=5", "-verbosity=0", "-max_len=16384"],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env={**os.environ, "PYTHONHASHSEED": "0"},
    )
    assert ended.returncode == 0, ended.stdout[-3000:] + ended.stderr[-3000:]
