"""What in a spec keeps it from being issued."""

import msgspec
import pytest

from controller.certificates.faults import faults_of
from orderapi.certificate import CertificateSpec
from orderapi.keystores import JksKeystore, Keystores, Pkcs12Keystore
from orderapi.references import IssuerRef, SecretKeySelector
from tests.controller.certificates.build import a_spec

REF = SecretKeySelector(name="passwords", key="jks")


def with_stores(stores: Keystores) -> CertificateSpec:
    return msgspec.structs.replace(a_spec(), keystores=stores)


@pytest.mark.parametrize(
    ("spec", "paths"),
    [
        pytest.param(a_spec(), [], id="fine"),
        pytest.param(a_spec(secret_name=""), ["spec.secretName"], id="no-secret"),
        pytest.param(a_spec(secret_name="../api"), ["spec.secretName"], id="a-path"),
        pytest.param(a_spec(secret_name="a" * 254), ["spec.secretName"], id="too-long"),
        pytest.param(a_spec(issuer=""), ["spec.issuerRef.name"], id="no-issuer"),
        pytest.param(a_spec(dns_names=()), ["spec"], id="no-names"),
        pytest.param(a_spec(size=100), ["spec.privateKey.size"], id="size"),
        pytest.param(
            with_stores(Keystores(jks=JksKeystore(create=True))),
            ["spec.keystores.jks"],
            id="no-password",
        ),
        pytest.param(
            with_stores(
                Keystores(
                    pkcs12=Pkcs12Keystore(
                        create=True, password_secret_ref=SecretKeySelector(name="passwords")
                    )
                )
            ),
            ["spec.keystores.pkcs12"],
            id="no-entry-of-the-password",
        ),
        pytest.param(
            with_stores(
                Keystores(
                    jks=JksKeystore(create=True, password_secret_ref=REF),
                    pkcs12=Pkcs12Keystore(create=True, password="changeit"),
                )
            ),
            [],
            id="passwords",
        ),
        pytest.param(
            with_stores(Keystores(jks=JksKeystore(create=False))), [], id="store-not-wanted"
        ),
        pytest.param(
            with_stores(
                Keystores(pkcs12=Pkcs12Keystore(create=True, password="x", profile="Ancient"))
            ),
            ["spec.keystores.pkcs12.profile"],
            id="unknown-profile",
        ),
        pytest.param(
            msgspec.structs.replace(a_spec(), duration="30s"), ["spec.duration"], id="too-short"
        ),
        pytest.param(
            msgspec.structs.replace(a_spec(), revision_history_limit=0),
            ["spec.revisionHistoryLimit"],
            id="no-history",
        ),
        pytest.param(
            msgspec.structs.replace(a_spec(), revision_history_limit=1), [], id="least-history"
        ),
        pytest.param(
            CertificateSpec(secret_name="", issuer_ref=IssuerRef(name="")),
            ["spec.secretName", "spec.issuerRef.name", "spec"],
            id="all-at-once",
        ),
    ],
)
def test_faults_begin_with_the_field(spec: CertificateSpec, paths: list[str]) -> None:
    assert [fault.partition(":")[0] for fault in faults_of(spec)] == paths
