"""Key stores, read back by cryptography, by an independent parser, by keytool and by openssl."""

import hashlib
import shutil
import struct
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    load_der_private_key,
    load_pem_private_key,
    pkcs12,
)
from hypothesis import given
from hypothesis import strategies as st

from controller.pki import der
from controller.pki.faults import InvalidSpec, Unreadable
from controller.pki.keys import Key, encode, encode_der
from controller.pki.keystores import (
    KEYSTORE_JKS,
    KEYSTORE_P12,
    TRUSTSTORE_JKS,
    TRUSTSTORE_P12,
    Passwords,
    keystore_entries,
    keystore_names,
)
from orderapi.keystores import JksKeystore, Keystores, Pkcs12Keystore
from tests.controller.pki.build import NOW, Signer, a_spec, unhurried

PASSWORD = "pässword ☃"
CA = Signer("Intermediate CA")
ROOT = Signer("Root CA")

KEYS: dict[str, Key] = {
    "rsa": rsa.generate_private_key(65537, 2048),
    "ecdsa": ec.generate_private_key(ec.SECP256R1()),
    "ed25519": ed25519.Ed25519PrivateKey.generate(),
}
CHAINS = {name: CA.issue(a_spec(), key) + CA.pem for name, key in KEYS.items()}

needs_keytool = pytest.mark.skipif(shutil.which("keytool") is None, reason="needs a JDK's keytool")
needs_openssl = pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl")


def entries(
    *,
    key: str = "ecdsa",
    profile: str | None = None,
    ca: bytes = ROOT.pem,
    password: str = PASSWORD,
) -> dict[str, bytes]:
    keystores = Keystores(
        jks=JksKeystore(create=True, alias="My-Cert"),
        pkcs12=Pkcs12Keystore(create=True, profile=profile),
    )
    given_passwords = Passwords(jks=password.encode(), pkcs12=password.encode())
    return keystore_entries(
        keystores,
        key=KEYS[key],
        chain_pem=CHAINS[key],
        ca_pem=ca,
        passwords=given_passwords,
        now=NOW,
    )


def same_key(one: object, other: Key) -> bool:
    return encode(one, "PKCS8") == encode(other, "PKCS8")  # type: ignore[arg-type]


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("profile", [None, "LegacyRC2", "LegacyDES", "Modern2023", "Modern2026"])
def test_pkcs12_is_read_back(key: str, profile: str | None) -> None:
    made = entries(key=key, profile=profile)
    store = pkcs12.load_pkcs12(made[KEYSTORE_P12], PASSWORD.encode())
    assert same_key(store.key, KEYS[key])
    assert store.cert is not None
    assert store.cert.certificate.public_bytes(Encoding.PEM) + CA.pem == CHAINS[key]
    assert [ca.certificate for ca in store.additional_certs] == [CA.certificate, ROOT.certificate]
    trusted = pkcs12.load_pkcs12(made[TRUSTSTORE_P12], PASSWORD.encode())
    assert [ca.certificate for ca in trusted.additional_certs] == [ROOT.certificate]


def test_the_mac_of_modern2026_depends_on_the_password() -> None:
    store = entries(profile="Modern2026")[KEYSTORE_P12]
    assert der.object_identifier("1.2.840.113549.1.5.14") in store
    with pytest.raises(ValueError, match="password"):
        pkcs12.load_pkcs12(store, b"other")


@pytest.mark.parametrize(
    ("profile", "cipher", "mac"),
    [
        pytest.param("LegacyRC2", "pbeWithSHA1And3-KeyTripleDES-CBC", "sha1", id="LegacyRC2"),
        pytest.param("LegacyDES", "pbeWithSHA1And3-KeyTripleDES-CBC", "sha1", id="LegacyDES"),
        pytest.param("Modern2023", "PBES2, PBKDF2, AES-256-CBC", "sha256", id="Modern2023"),
    ],
)
@needs_openssl
def test_openssl_reads_pkcs12(profile: str, cipher: str, mac: str, tmp_path: Path) -> None:
    path = tmp_path / "keystore.p12"
    path.write_bytes(entries(profile=profile)[KEYSTORE_P12])
    run = ["openssl", "pkcs12", "-in", str(path), "-nodes", "-info", "-password", "stdin"]
    shown = subprocess.run(run, input=PASSWORD.encode(), capture_output=True, check=True)
    assert cipher in shown.stderr.decode()
    assert f"MAC: {mac}, Iteration 2048" in shown.stderr.decode()
    assert same_key(load_pem_private_key(shown.stdout, None), KEYS["ecdsa"])


def keytool(store: bytes, kind: str, tmp_path: Path, *, password: str) -> str:
    path = tmp_path / "store"
    path.write_bytes(store)
    (tmp_path / "password").write_text(password)
    run = ["keytool", "-J-Dfile.encoding=UTF-8", "-J-Duser.language=en", "-list", "-v"]
    run += ["-keystore", str(path), "-storetype", kind, "-storepass:file", f"{tmp_path}/password"]
    shown = subprocess.run(run, capture_output=True, check=False, text=True)
    assert shown.returncode == 0, shown.stdout + shown.stderr
    return shown.stdout


@pytest.mark.parametrize("profile", ["LegacyRC2", "Modern2023"])
@needs_keytool
def test_keytool_lists_pkcs12(profile: str, tmp_path: Path) -> None:
    # Java takes only ASCII passwords for this kind of store, whoever wrote it.
    made = entries(profile=profile, password="changeit")
    listed = keytool(made[KEYSTORE_P12], "PKCS12", tmp_path, password="changeit")
    assert "Entry type: PrivateKeyEntry" in listed
    assert "Certificate chain length: 2" in listed
    trusted = keytool(made[TRUSTSTORE_P12], "PKCS12", tmp_path, password="changeit")
    assert "Entry type: trustedCertEntry" in trusted
    assert "Alias name: ca" in trusted
    assert "CN=Root CA" in trusted


@needs_keytool
def test_keytool_lists_jks(tmp_path: Path) -> None:
    made = entries()
    listed = keytool(made[KEYSTORE_JKS], "JKS", tmp_path, password=PASSWORD)
    assert "Your keystore contains 2 entries" in listed
    assert "Alias name: my-cert" in listed
    assert "Creation date: Nov 24, 2026" in listed
    assert "Certificate chain length: 2" in listed
    trusted = keytool(made[TRUSTSTORE_JKS], "JKS", tmp_path, password=PASSWORD)
    assert "Alias name: ca" in trusted
    assert "Entry type: trustedCertEntry" in trusted


@pytest.mark.parametrize("key", KEYS)
@needs_keytool
def test_java_opens_the_key_in_a_jks(key: str, tmp_path: Path) -> None:
    """keytool must decrypt the key to copy it into a store of another kind."""
    (tmp_path / "from.jks").write_bytes(entries(key=key, password="changeit")[KEYSTORE_JKS])
    run = ["keytool", "-importkeystore", "-noprompt", "-srcstoretype", "JKS", "-deststoretype"]
    run += ["PKCS12", "-srckeystore", f"{tmp_path}/from.jks", "-destkeystore", f"{tmp_path}/to.p12"]
    run += ["-srcalias", "my-cert", "-srcstorepass", "changeit", "-deststorepass", "changeit"]
    done = subprocess.run(run, capture_output=True, check=False, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    store = pkcs12.load_pkcs12((tmp_path / "to.p12").read_bytes(), b"changeit")
    assert same_key(store.key, KEYS[key])


class JavaStore:
    """A reader of the format, from its description alone, that shares no code with the writer."""

    def __init__(self, store: bytes, password: str) -> None:
        self.secret = b"".join(struct.pack(">H", unit) for unit in utf16_units(password))
        seal = hashlib.sha1(self.secret + b"Mighty Aphrodite" + store[:-20]).digest()  # noqa: S324
        assert store[-20:] == seal
        self.rest = store[:-20]
        assert self.number(4) == 0xFEEDFEED
        assert self.number(4) == 2
        self.keys: dict[str, tuple[datetime, bytes, list[x509.Certificate]]] = {}
        self.trusted: dict[str, x509.Certificate] = {}
        for _ in range(self.number(4)):
            self.entry()
        assert self.rest == b""

    def entry(self) -> None:
        tag, alias = self.number(4), self.text()
        date = datetime.fromtimestamp(self.number(8) / 1000, UTC)
        if tag == 1:
            key = self.unprotected(self.take(self.number(4)))
            chain = [self.certificate() for _ in range(self.number(4))]
            self.keys[alias] = (date, key, chain)
        else:
            assert tag == 2
            self.trusted[alias] = self.certificate()

    def unprotected(self, encoded: bytes) -> bytes:
        oid = bytes.fromhex("060a2b060104012a02110101")
        start = encoded.index(oid) + len(oid) + 2  # NULL follows
        assert encoded[start] == 0x04
        size = encoded[start + 1]
        begin = start + 2 + (size & 0x7F if size > 0x7F else 0)
        sealed = encoded[begin:]
        link, masked, check = sealed[:20], sealed[20:-20], sealed[-20:]
        plain = b""
        while len(plain) < len(masked):
            link = hashlib.sha1(self.secret + link).digest()  # noqa: S324
            part = masked[len(plain) : len(plain) + 20]
            plain += bytes(a ^ b for a, b in zip(part, link, strict=False))
        assert hashlib.sha1(self.secret + plain).digest() == check  # noqa: S324
        return plain

    def certificate(self) -> x509.Certificate:
        assert self.text() == "X.509"
        return x509.load_der_x509_certificate(self.take(self.number(4)))

    def text(self) -> str:
        encoded = self.take(self.number(2)).replace(b"\xc0\x80", b"\x00")
        return (
            encoded.decode("utf-8", "surrogatepass")
            .encode("utf-16", "surrogatepass")
            .decode("utf-16")
        )

    def number(self, size: int) -> int:
        return int.from_bytes(self.take(size), "big")

    def take(self, size: int) -> bytes:
        taken, self.rest = self.rest[:size], self.rest[size:]
        assert len(taken) == size
        return taken


def utf16_units(text: str) -> list[int]:
    return [unit for (unit,) in struct.iter_unpack(">H", text.encode("utf-16-be"))]


@pytest.mark.parametrize("key", KEYS)
def test_jks_is_read_back(key: str) -> None:
    made = entries(key=key, ca=ROOT.pem + CA.pem)
    store = JavaStore(made[KEYSTORE_JKS], PASSWORD)
    date, secret, chain = store.keys["my-cert"]
    assert date == NOW
    assert same_key(load_der_private_key(secret, None), KEYS[key])
    assert b"".join(link.public_bytes(Encoding.PEM) for link in chain) == CHAINS[key]
    assert store.trusted == {"ca": ROOT.certificate, "ca-1": CA.certificate}
    assert JavaStore(made[TRUSTSTORE_JKS], PASSWORD).trusted == store.trusted


@unhurried
@given(
    st.text(min_size=1, max_size=20, alphabet=st.characters(exclude_categories=["Cs"])),
    st.text(min_size=1, max_size=20, alphabet=st.characters(exclude_categories=["Cs"])),
)
def test_jks_with_any_alias_and_password(alias: str, password: str) -> None:
    store = keystore_entries(
        Keystores(jks=JksKeystore(create=True, alias=alias, password=password)),
        key=KEYS["ed25519"],
        chain_pem=CHAINS["ed25519"],
        ca_pem=b"",
        passwords=Passwords(),
        now=NOW,
    )
    assert list(store) == [KEYSTORE_JKS]
    read = JavaStore(store[KEYSTORE_JKS], password)
    assert read.keys[alias.lower()][1] == encode_der(KEYS["ed25519"], "PKCS8")


def test_trust_stores_only_with_a_ca() -> None:
    assert set(entries(ca=b"")) == {KEYSTORE_JKS, KEYSTORE_P12}
    keystores = Keystores(jks=JksKeystore(create=True), pkcs12=Pkcs12Keystore(create=True))
    assert set(keystore_names(keystores, has_ca=False)) == {KEYSTORE_JKS, KEYSTORE_P12}
    assert set(keystore_names(keystores, has_ca=True)) == set(entries())


@pytest.mark.parametrize(
    "keystores",
    [
        pytest.param(None, id="nothing"),
        pytest.param(Keystores(), id="empty"),
        pytest.param(
            Keystores(jks=JksKeystore(create=False), pkcs12=Pkcs12Keystore(create=False)),
            id="not to be made",
        ),
    ],
)
def test_nothing_is_made_unasked(keystores: Keystores | None) -> None:
    assert keystore_names(keystores, has_ca=True) == ()
    made = keystore_entries(
        keystores,
        key=KEYS["rsa"],
        chain_pem=b"",
        ca_pem=b"",
        passwords=Passwords(),
        now=NOW,
    )
    assert made == {}


@pytest.mark.parametrize(
    ("keystores", "passwords", "said"),
    [
        pytest.param(
            Keystores(jks=JksKeystore(create=True)),
            Passwords(),
            "spec.keystores.jks: the password is empty",
            id="no JKS password",
        ),
        pytest.param(
            Keystores(pkcs12=Pkcs12Keystore(create=True, password="")),
            Passwords(),
            "spec.keystores.pkcs12: the password is empty",
            id="no PKCS #12 password",
        ),
        pytest.param(
            Keystores(jks=JksKeystore(create=True)),
            Passwords(jks=b"\xff\xfe"),
            "spec.keystores.jks: the password is not UTF-8 text",
            id="JKS password of bytes",
        ),
        pytest.param(
            Keystores(pkcs12=Pkcs12Keystore(create=True)),
            Passwords(pkcs12=b"\xff\xfe"),
            "spec.keystores.pkcs12: the password is not UTF-8 text",
            id="PKCS #12 password of bytes",
        ),
        pytest.param(
            Keystores(pkcs12=Pkcs12Keystore(create=True, profile="Rot13", password="x")),
            Passwords(),
            'spec.keystores.pkcs12.profile: "Rot13" is not one of LegacyRC2, LegacyDES',
            id="profile",
        ),
        pytest.param(
            Keystores(jks=JksKeystore(create=True, alias="a" * 70_000, password="x")),
            Passwords(),
            "spec.keystores.jks.alias: is longer than 65,535 bytes",
            id="alias",
        ),
    ],
)
def test_what_is_refused(keystores: Keystores, passwords: Passwords, said: str) -> None:
    with pytest.raises(InvalidSpec, match=said):
        keystore_entries(
            keystores,
            key=KEYS["ecdsa"],
            chain_pem=CHAINS["ecdsa"],
            ca_pem=b"",
            passwords=passwords,
            now=NOW,
        )


def test_a_bad_chain_is_told_as_such() -> None:
    with pytest.raises(Unreadable):
        keystore_entries(
            Keystores(jks=JksKeystore(create=True, password="x")),
            key=KEYS["ecdsa"],
            chain_pem=b"nonsense",
            ca_pem=b"",
            passwords=Passwords(),
            now=NOW,
        )


def test_passwords_hide() -> None:
    assert "geheim" not in repr(Passwords(jks=b"geheim"))
