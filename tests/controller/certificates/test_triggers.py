"""Each reason to issue, with the API's reasons and messages, and what is not one."""

from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest

from controller.certificates.observed import Absent, Observed, Target
from controller.certificates.triggers import due, unfit, unready
from controller.secretnote import SecretNote
from orderapi.certificate import CertificateSpec, Renewal, RenewalWindow
from orderapi.names import ACME_SERVER
from orderapi.references import IssuerRef
from tests.controller.certificates.build import (
    NOT_AFTER,
    NOT_BEFORE,
    NOW,
    RENEWAL,
    a_certificate,
    a_chain,
    a_key,
    a_request,
    a_spec,
    a_target,
    an_issuer,
    made,
    ready_status,
    settled_case,
)

KEY = a_key()
PREFIX = "Issuing certificate as Secret"
MISMATCH = "Existing issued Secret is not up to date for spec"


def known(target: Target) -> SecretNote | Absent:
    assert isinstance(target, SecretNote | Absent)
    return target


def with_target(target: SecretNote | Absent) -> Observed:
    return replace(settled_case(), target=target)


def with_spec(spec: CertificateSpec, *, keep_request: bool = True) -> Observed:
    seen = settled_case()
    certificate = a_certificate(spec=spec, status=ready_status(), generation=2)
    current = made(a_request(key=KEY), spec) if keep_request else None
    return replace(seen, certificate=certificate, current=current)


def pem(seen_key: str) -> bytes:
    return a_chain(a_key(seen_key))


@pytest.mark.parametrize(
    ("seen", "reason", "message"),
    [
        pytest.param(
            with_target(Absent()), "DoesNotExist", f"{PREFIX} does not exist", id="no-secret"
        ),
        pytest.param(
            with_target(a_target(data={})),
            "MissingData",
            f"{PREFIX} does not contain any data",
            id="no-data",
        ),
        pytest.param(
            with_target(a_target(data={"tls.crt": a_chain(KEY), "tls.key": b""})),
            "MissingData",
            f"{PREFIX} does not contain a private key",
            id="no-key",
        ),
        pytest.param(
            with_target(a_target(data={"tls.crt": b"", "tls.key": b"x"})),
            "MissingData",
            f"{PREFIX} does not contain a certificate",
            id="no-certificate",
        ),
        pytest.param(
            with_target(a_target(data={"tls.crt": a_chain(KEY), "tls.key": b"x"})),
            "InvalidKeyPair",
            f"{PREFIX} contains invalid private key data: private key is not PEM in PKCS #1, SEC 1 "
            "or PKCS #8 form",
            id="bad-key",
        ),
        pytest.param(
            with_target(a_target(chain=b"not a certificate")),
            "InvalidCertificate",
            f"{PREFIX} contains an invalid certificate: certificate chain holds no PEM block of "
            "type CERTIFICATE",
            id="bad-certificate",
        ),
        pytest.param(
            with_target(a_target(chain=pem("other"))),
            "InvalidKeyPair",
            f"{PREFIX} contains a private key that does not match the certificate",
            id="mismatched-pair",
        ),
        pytest.param(
            with_target(a_target(issuer="staging")),
            "IncorrectIssuer",
            f'{PREFIX} was previously issued by "Issuer.cert-manager.io/staging"',
            id="other-issuer",
        ),
        pytest.param(
            with_target(a_target(issuer=None)),
            "IncorrectIssuer",
            f"{PREFIX} was previously issued by an unknown issuer",
            id="unknown-issuer",
        ),
        pytest.param(
            with_target(a_target(issued_for="shop")),
            "IncorrectCertificate",
            'Secret was issued for "shop". If this message is not transient, you might have two '
            "conflicting Certificates pointing to the same secret.",
            id="other-certificate",
        ),
        pytest.param(
            with_spec(a_spec(size=384)),
            "SecretMismatch",
            "Existing private key is not up to date for spec: [spec.privateKey.size]",
            id="other-kind-of-key",
        ),
        pytest.param(
            replace(settled_case(), current=made(a_request(key=a_key("other")))),
            "SecretMismatch",
            "Secret contains a private key that does not match the current CertificateRequest",
            id="key-of-another-request",
        ),
        pytest.param(
            replace(
                settled_case(),
                current=replace(made(a_request(key=KEY)), csr=None, csr_fault="it is garbage"),
            ),
            "InvalidCertificateRequest",
            "Failed to decode current CertificateRequest: it is garbage",
            id="unreadable-request",
        ),
        pytest.param(
            with_spec(a_spec(dns_names=("www.example.com", "example.com"))),
            "RequestChanged",
            "Fields on existing CertificateRequest resource not up to date: [spec.dnsNames]",
            id="spec-changed",
        ),
        pytest.param(
            with_spec(a_spec(dns_names=("example.com",)), keep_request=False),
            "SecretMismatch",
            f"{PREFIX[:-6]}Existing issued Secret is not up to date for spec: [spec.dnsNames]",
            id="spec-changed-and-no-request",
        ),
    ],
)
def test_what_makes_a_secret_unfit(seen: Observed, reason: str, message: str) -> None:
    target = known(seen.target)
    assert unfit(seen, target) == (reason, message)
    assert unready(seen, target) == (reason, message)
    assert due(seen, target) == (reason, message)


@pytest.mark.parametrize("known_request", [True, False], ids=["its-request-known", "not-known"])
@pytest.mark.parametrize("ca", [True, False], ids=["CA", "no-CA"])
def test_a_ca_is_never_ready_with_a_leaf(known_request: bool, ca: bool) -> None:
    spec = msgspec.structs.replace(a_spec(), is_ca=True)
    target = a_target(key=KEY, chain=a_chain(KEY, ca=ca))
    current = made(a_request(key=KEY, spec=spec), spec) if known_request else None
    seen = replace(with_spec(spec), target=target, current=current)
    found = None if ca else ("SecretMismatch", f"{PREFIX[:-6]}{MISMATCH}: [spec.isCA]")
    assert unready(seen, target) == found
    assert due(seen, target) == found


def test_nothing_is_due_where_all_is_well() -> None:
    seen = settled_case()
    assert due(seen, known(seen.target)) is None
    assert unready(seen, known(seen.target)) is None


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param(a_spec(dns_names=("WWW.example.com",)), id="case-of-names"),
        pytest.param(
            msgspec.structs.replace(
                a_spec(),
                issuer_ref=IssuerRef(name="letsencrypt", kind="Issuer", group="cert-manager.io"),
            ),
            id="defaults-spelled-out",
        ),
        pytest.param(msgspec.structs.replace(a_spec(), duration="2160h"), id="default-duration"),
        pytest.param(
            msgspec.structs.replace(a_spec(), revision_history_limit=3), id="history-limit"
        ),
    ],
)
def test_what_is_no_change(spec: CertificateSpec) -> None:
    seen = with_spec(spec)
    assert due(seen, known(seen.target)) is None


@pytest.mark.parametrize(
    ("later", "reason"),
    [
        pytest.param(RENEWAL - NOW - timedelta(seconds=1), None, id="a-second-early"),
        pytest.param(RENEWAL - NOW, "Renewing", id="on-time"),
        pytest.param(NOT_AFTER - NOW, "Renewing", id="overdue"),
    ],
)
def test_renewal_is_due_at_its_time(later: timedelta, reason: str | None) -> None:
    seen = replace(settled_case(), now=NOW + later)
    found = due(seen, known(seen.target))
    assert (found.reason if found else None) == reason
    assert unfit(seen, known(seen.target)) is None
    if found:
        assert found.message == (
            "Renewing certificate as renewal was scheduled at 2027-01-13T09:00:00Z"
        )


def test_a_renewal_that_is_switched_off_is_never_due() -> None:
    spec = msgspec.structs.replace(a_spec(), renewal=Renewal(policy="Disabled"))
    seen = replace(with_spec(spec), now=NOT_AFTER + timedelta(days=1))
    assert due(seen, known(seen.target)) is None


@pytest.mark.parametrize(
    ("later", "expired"),
    [
        pytest.param(timedelta(seconds=-1), False, id="a-second-before"),
        pytest.param(timedelta(), True, id="at-notAfter"),
        pytest.param(timedelta(days=1), True, id="after"),
    ],
)
def test_ready_ends_with_the_certificate(later: timedelta, expired: bool) -> None:
    seen = replace(settled_case(), now=NOT_AFTER + later)
    told = ("Expired", "Certificate expired on Fri, 12 Feb 2027 09:00:00 UTC")
    assert unready(seen, known(seen.target)) == (told if expired else None)


def test_faulty_windows_are_told_and_do_not_stop_renewal() -> None:
    windows = (RenewalWindow(cron="nonsense", window_duration="1h"),)
    spec = msgspec.structs.replace(a_spec(), renewal=Renewal(windows=windows))
    seen = with_spec(spec)
    found = unready(seen, known(seen.target))
    assert found is not None
    assert found.reason == "WindowError"
    assert found.message.startswith("Could not calculate renewal time: spec.renewal.windows[0]")
    late = replace(seen, now=RENEWAL)
    assert due(late, known(late.target)) == (
        "Renewing",
        "Renewing certificate without satisfying renewal windows at: 2027-01-13T09:00:00Z",
    )


@pytest.mark.parametrize(
    ("was", "ready", "observed", "expected"),
    [
        pytest.param("https://staging.example/dir", True, None, True, id="moved"),
        pytest.param("https://acme.example/directory", True, None, False, id="same"),
        pytest.param(None, True, None, False, id="not-recorded"),
        pytest.param("https://staging.example/dir", False, None, False, id="not-ready-yet"),
        pytest.param("https://staging.example/dir", True, 0, False, id="not-looked-at-yet"),
    ],
)
def test_another_ca_behind_the_issuer(
    was: str | None, ready: bool, observed: int | None, expected: bool
) -> None:
    annotations = {} if was is None else {ACME_SERVER: was}
    seen = replace(
        settled_case(),
        issuer=an_issuer(ready=ready, observed=observed),
        current=made(a_request(key=KEY, annotations=annotations)),
    )
    found = due(seen, known(seen.target))
    assert (found is not None) is expected
    assert unready(seen, known(seen.target)) is None
    if found:
        assert found == (
            "IncorrectIssuer",
            'Renewing certificate as the ACME server of "Issuer.cert-manager.io/letsencrypt" is '
            "now https://acme.example/directory",
        )


def test_a_certificate_from_before_its_time_is_not_unready() -> None:
    seen = replace(settled_case(), now=NOT_BEFORE - timedelta(hours=1))
    assert unready(seen, known(seen.target)) is None
