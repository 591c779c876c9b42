"""Issuers that cannot sign: `why NAME` of a Certificate tells what its issuer lacks."""

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest

from devcluster import pki, servers
from devcluster.controller import Controller
from tests.system.causes import scene
from tests.system.causes.cause import Cause, check
from tests.system.causes.scene import by
from tests.system.causes.unfriendly import Unfriendly
from tests.system.manifests import issuer, secret
from tests.system.world import Json, World, certificate

NAMESPACE = "causes-issuers"

CAUSES = (
    Cause(
        name="no-issuer",
        slug="issuer-missing",
        words=('Issuer "no-issuer"', "does not exist"),
        who="you",
        stands="there is no Issuer",
    ),
    Cause(
        name="no-cluster-issuer",
        slug="issuer-missing",
        words=('ClusterIssuer "no-cluster-issuer" does not exist',),
        who="admin",
        stands="there is no ClusterIssuer",
    ),
    Cause(
        name="other-group",
        slug="issuer-other-group",
        words=("signers.example.org",),
        who="admin",
        stands="nextPrivateKeySecretName",
    ),
    Cause(
        name="self-signed",
        slug="issuer-type-unsupported",
        words=('Issuer "self-signed"', "selfSigned"),
        who="you",
        stands="selfSigned",
    ),
    Cause(
        name="no-account-key",
        slug="issuer-account-key-missing",
        words=("account key", '"no-account-key-account"'),
        who="you",
        stands="disableAccountKeyGeneration",
    ),
    Cause(
        name="bad-account-key",
        slug="issuer-account-key-invalid",
        words=("account key", '"bad-account-key-account"'),
        who="you",
        stands="Account private key is invalid",
    ),
    Cause(
        name="no-binding",
        slug="issuer-eab-missing",
        words=("external account binding", '"no-such-eab"'),
        who="you",
        stands="external account binding: failed to get secret",
    ),
    Cause(
        name="bad-binding",
        slug="issuer-eab-invalid",
        words=("external account binding", '"bad-eab"'),
        who="you",
        stands="external account binding: secret",
    ),
    Cause(
        name="unknown-binding",
        slug="issuer-eab-invalid",
        words=("external account binding", "not accepted"),
        who="you",
        stands="Failed to register ACME account",
    ),
    Cause(
        name="binding-required",
        slug="issuer-eab-required",
        words=("demands an external account binding",),
        who="you",
        stands="externalAccountRequired",
    ),
    Cause(
        name="no-server",
        slug="issuer-server-unreachable",
        words=("127.0.0.1:1", "connection refused"),
        who="you",
        stands="127.0.0.1:1 ",
    ),
    Cause(
        name="no-such-host",
        slug="issuer-server-unreachable",
        words=("no-such-host.invalid", "cannot be resolved"),
        who="you",
        stands="no-such-host.invalid",
    ),
    Cause(
        name="wrong-bundle",
        slug="issuer-server-untrusted",
        words=("certificate of its ACME server is not trusted",),
        who="you",
        stands="TLS certificate is not trusted",
    ),
    Cause(
        name="old-server",
        slug="issuer-invalid",
        words=("v1 endpoint",),
        who="you",
        stands="set to a v1 endpoint",
    ),
    Cause(
        name="no-solver-secret",
        slug="issuer-solver-secret-missing",
        words=('"no-such-key"', "does not exist"),
        who="you",
        stands="no-such-key",
    ),
    Cause(
        name="no-solver-entry",
        slug="issuer-solver-secret-missing",
        words=('"dns-update-key"', 'no entry "other-entry"'),
        who="you",
        stands="other-entry",
    ),
    Cause(
        name="terms",
        slug="issuer-terms",
        words=("terms",),
        who="ca",
        stands="userActionRequired",
    ),
    Cause(
        name="too-many-accounts",
        slug="issuer-rate-limited",
        words=("limits how often",),
        who="nobody",
        stands="rateLimited",
    ),
    Cause(
        name="bad-contact",
        slug="issuer-contact-invalid",
        words=("contact", "spec.acme.email"),
        who="you",
        stands="invalidContact",
    ),
    Cause(
        name="deactivated",
        slug="issuer-account-deactivated",
        words=("account at the CA is deactivated",),
        who="you",
        stands="is deactivated",
    ),
)


@pytest.fixture(scope="module")
def bound(
    world: World, authority: pki.Authority, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[servers.Pebble]:
    """A CA that takes no account without an external one."""
    pebble = servers.start_pebble(
        tmp_path_factory.mktemp("bound"),
        authority,
        dns_server=world.cluster.dns.address,
        eab_required=True,
        name="bound",
        die_with_parent=True,
    )
    yield pebble
    pebble.process.stop()


@pytest.fixture(scope="module", autouse=True)
def standing(
    world: World,
    controller: Controller,
    front: Unfriendly,
    bound: servers.Pebble,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[None]:
    """An issuer for each cause, and a Certificate by it."""
    assert controller.ready()
    _make_unfriendly(front)
    with scene.namespace(world, NAMESPACE):
        world.apply(
            secret("bad-account-key-account", NAMESPACE, tls_key="no key at all"),
            secret("bad-eab", NAMESPACE, key="not base64 at all !!"),
            secret("strange-eab", NAMESPACE, key=bound.eab_key),
            *_issuers(world, front, bound, tmp_path_factory.mktemp("stranger")),
        )
        world.apply(*map(_certificate, CAUSES))
        yield


def _make_unfriendly(front: Unfriendly) -> None:
    front.refuse(
        "terms@example.com",
        "account",
        403,
        "userActionRequired",
        "Terms of service have changed",
        instance="https://ca.example/terms/2026",
    )
    limit = "too many registrations for this IP: see https://letsencrypt.org/docs/rate-limits/"
    front.refuse("many@example.com", "account", 429, "rateLimited", limit, retry_after="3600")
    why = 'contact email "bad@example.com" has forbidden domain "example.com"'
    front.refuse("bad@example.com", "account", 400, "invalidContact", why)
    front.rewrite("gone@example.com", "account", status="deactivated")


def _issuers(
    world: World, front: Unfriendly, bound: servers.Pebble, folder: Path
) -> Iterator[Json]:
    def made(name: str, solver: Json | None = None, **acme: object) -> Json:
        return issuer(world, NAMESPACE, solver or scene.solver(world), name=name, **acme)

    def binding(secret_name: str, key: str = servers.EAB_KEY_ID) -> Json:
        reference = {"name": secret_name, "key": "key"}
        return {"externalAccountBinding": {"keyID": key, "keySecretRef": reference}}

    def at(server: str, ca_bundle: str, **more: object) -> Json:
        return {"server": server, "caBundle": ca_bundle} | more

    at_bound = at(bound.directory_url, bound.ca_bundle())
    at_front = at(front.directory_url, front.ca_bundle)
    stranger = base64.b64encode(pki.Authority(folder).certificate.read_bytes()).decode()
    meta = {"name": "self-signed", "namespace": NAMESPACE}
    kind = {"apiVersion": "cert-manager.io/v1", "kind": "Issuer"}
    yield kind | {"metadata": meta, "spec": {"selfSigned": {}}}
    yield made("no-account-key", disableAccountKeyGeneration=True)
    yield made("bad-account-key")
    yield made("no-binding", **binding("no-such-eab"))
    yield made("bad-binding", **binding("bad-eab"))
    yield made("unknown-binding", **at_bound, **binding("strange-eab", "no-such-kid"))
    yield made("binding-required", **at_bound)
    yield made("no-server", server="https://127.0.0.1:1/dir")
    yield made("no-such-host", server="https://no-such-host.invalid/dir")
    yield made("wrong-bundle", caBundle=stranger)
    yield made("old-server", server="https://acme-v01.api.letsencrypt.org/directory")
    missing = {"tsigSecretSecretRef": {"name": "no-such-key", "key": "secret"}}
    yield made("no-solver-secret", scene.solver(world, **missing))
    unnamed = {"tsigSecretSecretRef": {"name": "dns-update-key", "key": "other-entry"}}
    yield made("no-solver-entry", scene.solver(world, **unnamed))
    yield made("terms", **at_front, email="terms@example.com")
    yield made("too-many-accounts", **at_front, email="many@example.com")
    yield made("bad-contact", **at_front, email="bad@example.com")
    yield made("deactivated", **at_front, email="gone@example.com")


def _certificate(cause: Cause) -> Json:
    ref = by(cause.name)
    if cause.name == "no-cluster-issuer":
        ref = by(cause.name, "ClusterIssuer")
    elif cause.name == "other-group":
        ref = {"group": "signers.example.org", "kind": "Signer", "name": "by-hand"}
    return certificate(cause.name, namespace=NAMESPACE, issuer=ref)


@pytest.mark.parametrize("cause", CAUSES, ids=lambda cause: cause.name)
def test_the_first_line_names_it(world: World, cause: Cause) -> None:
    check(world, cause, NAMESPACE)
