from datetime import timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.pki.keys import KeyKind, encode, kind_mismatch
from controller.runtime.objects import Secret
from controller.secretnote import SecretNote, data_digest, note
from orderapi import names
from orderapi.certificate import PrivateKey
from orderapi.meta import ObjectMeta
from orderapi.references import IssuerRef
from tests.controller.pki.build import NOW, Signer, a_key, a_spec, unhurried

KEY = a_key()
KEY_PEM = encode(KEY, "PKCS8")
CHAIN = Signer().issue(a_spec(), KEY)


def a_secret(data: dict[str, bytes], **meta: object) -> Secret:
    chosen: dict[str, object] = {"name": "example-tls", "namespace": "team", "uid": "u"}
    metadata = msgspec.convert(chosen | {"resourceVersion": "7"} | meta, ObjectMeta)
    return Secret(metadata=metadata, type="kubernetes.io/tls", data=data)


def test_a_good_secret() -> None:
    kept = note(a_secret({"tls.crt": CHAIN, "tls.key": KEY_PEM, "ca.crt": b""}))
    assert kept.metadata.name == "example-tls"
    assert kept.metadata.resource_version == "7"
    assert kept.type == "kubernetes.io/tls"
    assert kept.entries == ("tls.crt", "tls.key")
    assert kept.leaf is not None
    assert kept.leaf.dns_names == ("example.com",)
    assert (kept.not_before, kept.not_after) == (NOW, NOW + timedelta(days=90))
    assert kept.key_kind == KeyKind("ECDSA", 256)
    assert kind_mismatch(kept.key_kind, PrivateKey(algorithm="ECDSA")) == ()
    assert kept.key_matches
    assert (kept.certificate_fault, kept.key_fault) == ("", "")
    assert not kept.is_next_key


@pytest.mark.parametrize(
    ("data", "certificate_fault", "key_fault", "entries"),
    [
        pytest.param({}, "", "", (), id="no data"),
        pytest.param({"tls.crt": b"", "tls.key": b""}, "", "", (), id="empty entries"),
        pytest.param({"tls.key": KEY_PEM}, "", "", ("tls.key",), id="key alone"),
        pytest.param(
            {"tls.crt": b"x", "tls.key": b"y"},
            "certificate chain holds no PEM block of type CERTIFICATE",
            "private key is not PEM in PKCS #1, SEC 1 or PKCS #8 form",
            ("tls.crt", "tls.key"),
            id="nonsense",
        ),
    ],
)
def test_what_is_missing_or_wrong(
    data: dict[str, bytes], certificate_fault: str, key_fault: str, entries: tuple[str, ...]
) -> None:
    kept = note(a_secret(data))
    assert kept.certificate_fault == certificate_fault
    assert kept.key_fault == key_fault
    assert kept.entries == entries
    assert not kept.key_matches


def test_key_of_another_certificate_does_not_match() -> None:
    other = encode(a_key(), "PKCS1")
    assert not note(a_secret({"tls.crt": CHAIN, "tls.key": other})).key_matches


def test_annotations_and_labels() -> None:
    kept = note(
        a_secret(
            {},
            labels={names.NEXT_PRIVATE_KEY: "true"},
            annotations={
                names.CERTIFICATE_NAME: "example",
                names.ISSUER_NAME: "ca",
                names.ISSUER_KIND: "ClusterIssuer",
            },
        )
    )
    assert kept.is_next_key
    assert kept.certificate_name == "example"
    assert kept.issuer == IssuerRef(name="ca", kind="ClusterIssuer")
    assert note(a_secret({})).issuer is None


def test_no_key_survives_in_the_note() -> None:
    secret = a_secret(
        {"tls.crt": CHAIN, "tls.key": KEY_PEM, "password": b"geheimnis"},
        annotations={
            "kubectl.kubernetes.io/last-applied-configuration": KEY_PEM.decode(),
            "mine": "kept",
        },
    )
    kept = note(secret)
    told = repr(kept).encode() + msgspec.json.encode(kept)
    assert b"geheimnis" not in told
    assert not any(line in told for line in KEY_PEM.splitlines())
    assert kept.metadata.annotations == {"mine": "kept"}


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        pytest.param({"a": b"1", "b": b"2"}, {"b": b"2", "a": b"1"}, True, id="order"),
        pytest.param({"a": b"1"}, {"a": b"2"}, False, id="value"),
        pytest.param({"a": b"1"}, {"a": b"1", "b": b""}, False, id="empty entry"),
        pytest.param({"ab": b"c"}, {"a": b"bc"}, False, id="where a name ends"),
    ],
)
def test_digest(one: dict[str, bytes], other: dict[str, bytes], *, same: bool) -> None:
    assert (data_digest(one) == data_digest(other)) is same


@unhurried
@given(
    st.dictionaries(
        st.sampled_from(["tls.crt", "tls.key", "ca.crt", "x"]),
        st.binary(max_size=200)
        | st.binary(max_size=200).map(
            lambda body: b"-----BEGIN CERTIFICATE-----\n" + body + b"\n-----END CERTIFICATE-----"
        )
        | st.binary(max_size=200).map(
            lambda body: b"-----BEGIN PRIVATE KEY-----\n" + body + b"\n-----END PRIVATE KEY-----"
        ),
    )
)
def test_any_data_makes_a_note(data: dict[str, bytes]) -> None:
    kept = note(a_secret(data))
    assert isinstance(kept, SecretNote)
    assert bool(kept.key_fault) == bool(data.get("tls.key"))
