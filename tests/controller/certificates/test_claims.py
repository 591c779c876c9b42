"""Which Secrets the issuers use for themselves."""

from controller.certificates.claims import claim, used_secrets, uses
from orderapi.issuer import (
    AcmeIssuer,
    ClusterIssuer,
    ExternalAccountBinding,
    Issuer,
    IssuerSpec,
)
from orderapi.meta import ObjectMeta
from orderapi.references import SecretKeySelector
from orderapi.signers import CaIssuer
from orderapi.solver import Dns01, Rfc2136, Solver

ACME = AcmeIssuer(
    server="https://acme.example/directory",
    private_key_secret_ref=SecretKeySelector(name="account"),
    external_account_binding=ExternalAccountBinding(
        key_id="kid", key_secret_ref=SecretKeySelector(name="eab", key="secret")
    ),
    solvers=(
        Solver(
            dns01=Dns01(
                rfc2136=Rfc2136(
                    nameserver="192.0.2.1",
                    tsig_secret_secret_ref=SecretKeySelector(name="tsig", key="key"),
                )
            )
        ),
    ),
)


def test_account_key_binding_and_credentials_are_used() -> None:
    issuer = Issuer(metadata=ObjectMeta(name="le", namespace="shop"), spec=IssuerSpec(acme=ACME))
    assert dict(uses(issuer)) == {
        "account": 'the account key of Issuer "le"',
        "eab": 'the external account binding of Issuer "le"',
        "tsig": 'a solver\'s credential of Issuer "le"',
    }
    assert set(used_secrets(issuer)) == {"shop/account", "shop/eab", "shop/tsig"}
    assert claim([issuer], "tsig") == 'a solver\'s credential of Issuer "le"'
    assert claim([issuer], "web-tls") == ""


def test_cluster_issuers_are_found_without_a_namespace() -> None:
    issuer = ClusterIssuer(metadata=ObjectMeta(name="le"), spec=IssuerSpec(acme=ACME))
    assert "/account" in used_secrets(issuer)
    assert claim([issuer], "account") == 'the account key of ClusterIssuer "le"'


def test_a_ca_issuer_takes_a_secret_that_was_issued_into() -> None:
    issuer = Issuer(
        metadata=ObjectMeta(name="ca", namespace="shop"),
        spec=IssuerSpec(ca=CaIssuer(secret_name="web-tls")),
    )
    assert used_secrets(issuer) == ()
