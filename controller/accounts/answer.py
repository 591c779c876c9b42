"""What an account answers a challenge with, as Challenge.spec.key holds it."""

from controller.acme.client import Client
from orderapi.challenge import HTTP01


def expected_key(client: Client, kind: str, token: str) -> str:
    """For HTTP-01 the key authorization (RFC 8555 section 8.1), for DNS-01 the TXT value (8.4)."""
    return client.key_authorization(token) if kind == HTTP01 else client.dns01_value(token)
