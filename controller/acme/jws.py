"""One signed request as RFC 8555 6.2 wants it: bytes in, bytes out.

Refuses to know what the payload means, and to log what it signs.
"""

from typing import Any

import msgspec
from josepy import json_util, jws
from josepy.jwa import HS256, HS384, HS512, JWASignature
from josepy.jwk import JWK, JWKOct

from controller.acme.binding import ExternalAccount
from controller.acme.keys import AccountKey

MAC_SIGNATURES: dict[str, JWASignature] = {"HS256": HS256, "HS384": HS384, "HS512": HS512}


class _Header(jws.Header):
    """The parameters that ACME adds to those of JOSE (RFC 8555 6.4 and 6.5)."""

    nonce: str | None = json_util.field("nonce", omitempty=True)
    url: str | None = json_util.field("url", omitempty=True)


class _Signature(jws.Signature):
    # josepy makes a class's constructor from its own slots and fields: they are named anew.
    __slots__ = ("combined",)
    header_cls = _Header
    header: _Header = json_util.field(
        "header", omitempty=True, default=_Header(), decoder=_Header.from_json
    )


class _Jws(jws.JWS):
    __slots__ = ("payload", "signatures")
    signature_cls = _Signature


def sign(payload: bytes, *, key: AccountKey, url: str, nonce: str, account_url: str) -> bytes:
    """A request body for `url`, signed with the key id, or with the public key while there is none.

    An empty payload makes it a POST-as-GET (RFC 8555 6.3).
    """
    identity = {"kid": account_url} if account_url else {"jwk": key.jwk.public_key()}
    return _signed(payload, key.jwk, key.algorithm, {"nonce": nonce, "url": url, **identity})


def bind(account: ExternalAccount, *, key: AccountKey, url: str) -> msgspec.Raw:
    """The JWS that ties the account key to an external account (RFC 8555 7.3.4), as raw JSON."""
    payload = key.jwk.public_key().json_dumps().encode()
    mac = JWKOct(key=account.mac_key)
    algorithm = MAC_SIGNATURES[account.algorithm]
    return msgspec.Raw(_signed(payload, mac, algorithm, {"kid": account.key_id, "url": url}))


def _signed(payload: bytes, key: JWK, algorithm: JWASignature, parameters: dict[str, Any]) -> bytes:
    """The flattened JSON serialization with every header parameter protected (RFC 8555 6.2)."""
    protect = frozenset({"alg", *parameters})
    signed = _Jws.sign(
        payload, key=key, alg=algorithm, include_jwk=False, protect=protect, **parameters
    )
    return signed.json_dumps().encode()
