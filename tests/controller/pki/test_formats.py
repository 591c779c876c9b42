import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import load_der_private_key

from controller.pki.faults import Unreadable
from controller.pki.formats import combined_pem, format_entries, format_names, key_der
from controller.pki.keys import Key, encode, encode_der
from orderapi.certificate import OutputFormat
from tests.controller.pki.build import a_key

BOTH = (OutputFormat(type="CombinedPEM"), OutputFormat(type="DER"))


@pytest.mark.parametrize("encoding", ["PKCS1", "PKCS8"])
@pytest.mark.parametrize(
    "key", [a_key(), ed25519.Ed25519PrivateKey.generate()], ids=["ecdsa", "ed25519"]
)
def test_der_has_the_form_of_the_pem(key: Key, encoding: str) -> None:
    made = key_der(encode(key, encoding))
    assert made == encode_der(key, encoding)
    assert load_der_private_key(made, None).public_key() == key.public_key()


def test_combined_pem_is_key_then_chain() -> None:
    assert combined_pem(b"KEY\n", b"CHAIN\n") == b"KEY\n\nCHAIN\n"


def test_entries_are_those_asked_for() -> None:
    pem = encode(a_key(), "PKCS1")
    assert format_names(BOTH) == ("tls-combined.pem", "key.der")
    assert format_entries(BOTH, key_pem=pem, chain_pem=b"chain") == {
        "tls-combined.pem": pem + b"\nchain",
        "key.der": key_der(pem),
    }
    assert format_entries((), key_pem=pem, chain_pem=b"chain") == {}
    assert format_names((OutputFormat(type="Unknown"),)) == ()


def test_bad_key_is_told() -> None:
    with pytest.raises(Unreadable):
        format_entries(BOTH, key_pem=b"nonsense", chain_pem=b"")
