"""Key stores and their passwords."""

import pytest

from orderapi.keystores import JksKeystore, Keystores, Pkcs12Keystore
from orderapi.references import SecretKeySelector
from orderapi.validation.keystores import keystore_faults, password_faults

REF = SecretKeySelector(name="passwords", key="jks")
JKS, PKCS12 = "spec.keystores.jks", "spec.keystores.pkcs12"


@pytest.mark.parametrize(
    ("stores", "made", "written"),
    [
        pytest.param(None, [], [], id="none"),
        pytest.param(Keystores(), [], [], id="empty"),
        pytest.param(Keystores(jks=JksKeystore(create=True, password="x")), [], [], id="literal"),
        pytest.param(
            Keystores(pkcs12=Pkcs12Keystore(create=True, password_secret_ref=REF)), [], [], id="ref"
        ),
        pytest.param(Keystores(jks=JksKeystore(create=True)), [JKS], [], id="no password"),
        pytest.param(
            Keystores(
                jks=JksKeystore(
                    create=True, password_secret_ref=SecretKeySelector(name="A", key="b")
                )
            ),
            [JKS],
            [],
            id="a Secret that cannot be",
        ),
        pytest.param(
            Keystores(pkcs12=Pkcs12Keystore(create=True, password="x", profile="Ancient")),
            [f"{PKCS12}.profile"],
            [],
            id="profile",
        ),
        pytest.param(Keystores(jks=JksKeystore(create=False)), [], [JKS], id="not made, none"),
        pytest.param(
            Keystores(pkcs12=Pkcs12Keystore(create=False, password="x", password_secret_ref=REF)),
            [],
            [PKCS12],
            id="not made, both",
        ),
        pytest.param(
            Keystores(
                jks=JksKeystore(create=True, password="x", password_secret_ref=REF),
                pkcs12=Pkcs12Keystore(create=True, password="x", password_secret_ref=REF),
            ),
            [],
            [JKS, PKCS12],
            id="both",
        ),
        pytest.param(
            Keystores(pkcs12=Pkcs12Keystore(create=True, password="")),
            [PKCS12],
            [f"{PKCS12}.password"],
            id="empty",
        ),
    ],
)
def test_faults(stores: Keystores | None, made: list[str], written: list[str]) -> None:
    assert [fault.path for fault in keystore_faults(stores)] == made
    assert [fault.path for fault in password_faults(stores)] == written


def test_no_message_holds_a_password() -> None:
    store = Pkcs12Keystore(create=True, password="geheim", password_secret_ref=REF, profile="x")
    stores = Keystores(pkcs12=store)
    told = [*map(str, keystore_faults(stores)), *map(str, password_faults(stores))]
    assert len(told) == 2
    assert "geheim" not in "".join(told)
