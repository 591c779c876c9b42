"""A whole issuance as a controller drives it, and what it needs around the client."""

import asyncio
import base64
import ipaddress
import random
import string
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TypeVar

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtensionOID

from controller.acme import Authorization, Challenge, Client, Identifier, NewOrder, Order, poll_at
from devcluster import servers, zone

Polled = TypeVar("Polled", Order, Authorization)

ZONE = "example.com"


def a_name(wildcard: bool = False) -> str:
    """A name in the zone that no test has used before."""
    label = "".join(random.choices(string.ascii_lowercase, k=12))  # noqa: S311
    return ("*." if wildcard else "") + f"{label}.{ZONE}"


def dns_names(*names: str) -> tuple[Identifier, ...]:
    """DNS identifiers."""
    return tuple(Identifier("dns", name) for name in names)


def a_csr(*identifiers: Identifier) -> bytes:
    """A CSR (DER) for these names, with a key of its own."""
    names: list[x509.GeneralName] = [
        x509.DNSName(name.value)
        if name.type == "dns"
        else x509.IPAddress(ipaddress.ip_address(name.value))
        for name in identifiers
    ]
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=True)
    return builder.sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256()).public_bytes(
        Encoding.DER
    )


def names_of(pem: bytes) -> set[str]:
    """The DNS names of the leaf of a chain."""
    leaf = x509.load_pem_x509_certificates(pem)[0]
    extension = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    return set(extension.value.get_values_for_type(x509.DNSName))


def ari_id(pem: bytes) -> str:
    """The certificate id of RFC 9773 4.1."""
    leaf = x509.load_pem_x509_certificates(pem)[0]
    extension = leaf.extensions.get_extension_for_oid(ExtensionOID.AUTHORITY_KEY_IDENTIFIER)
    assert isinstance(extension.value, x509.AuthorityKeyIdentifier)
    serial = leaf.serial_number
    parts = (
        extension.value.key_identifier or b"",
        serial.to_bytes(serial.bit_length() // 8 + 1, "big"),
    )
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


async def until(
    look: Callable[[str], Awaitable[Polled]],
    url: str,
    *,
    after: Order | Challenge | None = None,
    away_from: tuple[str, ...],
) -> Polled:
    """Poll as `poll_at` says until the status is another one; at most 20 looks.

    `after` is what the CA answered to the request whose effect is waited for.
    """
    if after is not None:
        await _wait(after, 0)
    for attempt in range(20):
        seen = await look(url)
        if seen.status not in away_from:
            return seen
        await _wait(seen, attempt)
    raise AssertionError(f"still {seen.status} after 20 looks")


async def _wait(seen: Order | Authorization | Challenge, attempt: int) -> None:
    now = datetime.now(UTC)
    await asyncio.sleep((poll_at(seen, now, attempt) - now).total_seconds())


async def authorize(client: Client, dns: servers.Dns, url: str) -> Authorization:
    """Answer the DNS-01 challenge of an authorization and wait for the verdict."""
    authorization = await client.authorization(url)
    if authorization.status != "pending":
        return authorization
    challenge = next(c for c in authorization.challenges if c.type == "dns-01")
    record = f"_acme-challenge.{authorization.identifier.value}".removesuffix(f".{ZONE}")
    value = client.dns01_value(challenge.token)
    await asyncio.to_thread(zone.add, dns, ZONE, record, "TXT", value)
    answered = await client.answer(challenge.url)
    done = await until(client.authorization, url, after=answered, away_from=("pending",))
    await asyncio.to_thread(zone.remove, dns, ZONE, record)
    return done


async def ready_order(client: Client, dns: servers.Dns, new: NewOrder) -> Order:
    """A new order, brought to `ready`."""
    order = await client.new_order(new)
    for url in order.authorizations:
        assert (await authorize(client, dns, url)).status == "valid"
    return await until(client.order, order.url, away_from=("pending",))


async def issue(
    client: Client, dns: servers.Dns, new: NewOrder, *, preferred_chain: str = ""
) -> bytes:
    """The whole way from newOrder to the chain."""
    order = await ready_order(client, dns, new)
    final = await client.finalize(order.finalize, a_csr(*new.identifiers))
    done = await until(client.order, order.url, after=final, away_from=("ready", "processing"))
    assert done.status == "valid", done.error
    return await client.certificate(done.certificate, preferred_chain=preferred_chain)
