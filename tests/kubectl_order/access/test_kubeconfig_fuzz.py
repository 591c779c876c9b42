"""Whatever a kubeconfig holds: credentials, or the reason why not, and no secret in either."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kubectl_order.access.credentials import Credentials
from kubectl_order.access.errors import BadConfig
from kubectl_order.access.kubeconfig import context_names, credentials
from kubectl_order.flags import Flags

SECRET = "t0ken-that-nobody-may-see"
LAW = settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])

TEXTS = st.sampled_from(["", "c", "k", "u", "https://k", "k:1", "kö", "eA==", "~"]) | st.text(
    max_size=8
)
ANYTHING: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.dates() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)
SECRETS = st.sampled_from(
    [
        SECRET,
        f"{SECRET}\n{SECRET}",
        [SECRET],
        {SECRET: SECRET},
        f"ö{SECRET}",
        f"https://a:{SECRET}@k",
        f"http://{SECRET}@[k",
        f"https://k:{SECRET}",
        f"https://k?{SECRET}",
        f"socks5://a:{SECRET}@k",
    ]
)
PUBLIC_FIELDS = [
    "cluster", "user", "namespace", "certificate-authority", "tls-server-name", "extensions",
    "certificate-authority-data", "insecure-skip-tls-verify", "tokenFile", "client-certificate",
    "client-key", "username", "client-certificate-data", "as", "as-groups", "as-uid",
    "as-user-extra", "auth-provider",
]  # fmt: skip
SECRET_FIELDS = ["token", "password", "client-key-data", "server", "proxy-url"]
FIELDS = st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(PUBLIC_FIELDS, TEXTS | ANYTHING)
    | dict.fromkeys(SECRET_FIELDS, SECRETS | TEXTS),
)


def entries(kind: str, name: str) -> st.SearchStrategy[Any]:
    """A list of entries that are nearly right."""
    entry = st.fixed_dictionaries({"name": st.just(name) | TEXTS, kind: FIELDS | ANYTHING})
    return st.lists(entry | ANYTHING, max_size=3) | ANYTHING


CONFIGS = st.fixed_dictionaries(
    {},
    optional={
        "current-context": st.just("c") | ANYTHING,
        "contexts": st.just([{"name": "c", "context": {"cluster": "k", "user": "u"}}])
        | entries("context", "c"),
        "clusters": st.just([{"name": "k", "cluster": {"server": "https://k"}}])
        | entries("cluster", "k"),
        "users": entries("user", "u"),
    },
)


@pytest.fixture(scope="module")
def file() -> Iterator[Path]:
    """Written anew for each example."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder, "config")


def check(file: Path, content: bytes) -> Credentials | BadConfig:
    """The law, for one content of the file."""
    file.write_bytes(content)
    flags = Flags(kubeconfig=str(file))
    outcome: Credentials | BadConfig
    try:
        outcome = credentials(flags, {"PATH": os.defpath})
    except BadConfig as error:
        outcome = error
    hint = outcome.hint if isinstance(outcome, BadConfig) else ""
    assert SECRET not in f"{outcome!r} {outcome} {hint}"
    assert isinstance(context_names(flags, {}), tuple)
    return outcome


@LAW
@given(CONFIGS)
def test_any_structure(file: Path, config: Any) -> None:
    check(file, yaml.safe_dump(config, allow_unicode=True).encode(errors="surrogatepass"))


@LAW
@given(st.binary() | st.text().map(str.encode))
def test_any_bytes(file: Path, content: bytes) -> None:
    assert isinstance(check(file, content), BadConfig)


VALID = f"""
current-context: c
contexts: [{{name: c, context: {{cluster: k, user: u}}}}]
clusters: [{{name: k, cluster: {{server: "https://k"}}}}]
users: [{{name: u, user: {{token: {SECRET}}}}}]
"""
INSERTED = st.sampled_from(
    [
        "!!int ", "!!float ", "!!timestamp ", "!!bool ", "!!binary ", "!!set ", "!!omap ", "!x ",
        "!!python/name:os.system ", "&a ", "*a ", "<<: ", "- ", "\x00", "\t", "\ufeff", "|\n", "{",
        "? ",
    ]
)  # fmt: skip


@LAW
@given(st.lists(st.tuples(st.integers(0, len(VALID)), INSERTED), max_size=3))
def test_a_good_one_with_a_little_more(file: Path, edits: list[tuple[int, str]]) -> None:
    text = VALID
    for position, inserted in edits:
        text = text[:position] + inserted + text[position:]
    outcome = check(file, text.encode())
    assert edits or isinstance(outcome, Credentials)


def test_one_that_holds_itself(file: Path) -> None:
    content = "current-context: c\ncontexts: &a [{name: c, context: &b {cluster: *b, user: *a}}]"
    assert isinstance(check(file, content.encode()), BadConfig)
    extra = VALID.replace(f"token: {SECRET}", "as: a, as-user-extra: &a {a: [*a]}")
    assert isinstance(check(file, extra.encode()), BadConfig)
    plugin = VALID.replace(f"token: {SECRET}", "exec: &a {command: x, apiVersion: v, args: [*a]}")
    assert isinstance(check(file, plugin.encode()), BadConfig)
