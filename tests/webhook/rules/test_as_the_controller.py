"""The rules refuse what the controller cannot use, and nothing that it can: both read alike."""

import base64

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from controller.acme.answers import https
from controller.acme.problem import Misconfigured as BadUrl
from controller.acme.trust import tls_context
from controller.solvers.dns01 import provider, tsig
from controller.solvers.dns01.provider import only_rfc2136
from controller.solvers.errors import Misconfigured, Unsupported
from controller.solvers.lookup import servers
from orderapi.dns01 import Dns01
from tests.webhook.rules.issuer_judging import RFC2136, on_create, with_acme, with_solver
from tests.webhook.rules.test_acme import BROKEN, NOT_BASE64, certificate, private_key
from tests.webhook.rules.test_providers import KEYED, WHOLE, one
from webhook.rules import dns01

PARTS = ["https://", "HTTPS://", "http://", "a", "ns1.example.com", "192.0.2.1", "2001:db8::1"]
PARTS += [
    "[",
    "]",
    "::1",
    ":",
    ":53",
    ":0",
    ":65536",
    "@",
    "/",
    " ",
    "%",
    "#",
    "?",
    "\u0130",
    "\u0663",
]
ALGORITHMS = ["hmac", "HMAC", "-", "sha256", "MD5", "SHA1", ".", ".sig-alg.reg.int"]
texts = st.text(max_size=6) | st.lists(st.sampled_from(PARTS), max_size=5).map("".join)
BLOCKS = [certificate(), private_key(), BROKEN, NOT_BASE64, b"text\n", b"\xff", b" \n"]
BLOCKS += [certificate()[:100], certificate().replace(b"CERTIFICATE", b"X509 CRL")]


@given(text=texts)
@example("https://a:b@c")
def test_urls(text: str) -> None:
    try:
        https(text)
    except BadUrl:
        usable = False
    else:
        usable = True
    assert on_create(with_acme(server=text)).allowed == usable


@given(text=texts)
def test_name_servers(text: str) -> None:
    try:
        servers.parse(text, field="f")
    except (Misconfigured, Unsupported):
        usable = False
    else:
        usable = True
    assert on_create(with_solver(dns01={"rfc2136": {"nameserver": text}})).allowed == usable
    if not text.startswith("https://"):  # stored, with a warning
        assert one("rfc2136", RFC2136, nameservers=[text]).allowed == usable


@given(text=st.lists(st.sampled_from(ALGORITHMS), max_size=4).map("".join) | texts)
@example("hmac-sha256.")
@example("hmac-md5.sig-alg.reg.int.")
def test_algorithms(text: str) -> None:
    try:
        tsig.algorithm(text)
    except Misconfigured:
        usable = False
    else:
        usable = True
    assert one("rfc2136", KEYED | {"tsigAlgorithm": text}).allowed == usable


@given(blocks=st.lists(st.sampled_from(BLOCKS), max_size=4), skip=st.booleans())
def test_bundles(blocks: list[bytes], skip: bool) -> None:
    bundle = b"".join(blocks)
    try:
        tls_context(ca_bundle=bundle, skip_tls_verify=skip)
    except BadUrl:
        usable = False
    else:
        usable = True
    spec = with_acme(caBundle=base64.b64encode(bundle).decode(), skipTLSVerify=skip)
    if not skip:
        assert on_create(spec).allowed == usable
    elif usable:
        assert on_create(spec).allowed


def test_the_providers_are_those_of_the_api_and_one_is_served() -> None:
    attributes = {name: attribute for name, (attribute, _) in dns01.PROVIDERS.items()}
    assert attributes == provider.PROVIDERS
    assert set(WHOLE) == set(attributes)
    only_rfc2136(Dns01(rfc2136=object()))  # type: ignore[arg-type]
    assert frozenset({"rfc2136"}) == dns01.SERVED
    with pytest.raises(Unsupported):
        only_rfc2136(Dns01(acme_dns=object()))  # type: ignore[arg-type]
