"""What the CA itself says, as far as it says anything to somebody without the account's key.

RFC 8555 section 6.3 has orders and authorizations read by signed requests; some CAs show them to
unsigned GETs all the same. Where it does not, that is told, and is no failure. The URLs are those
of whoever wrote the issuer: no redirect of theirs is followed into the network of whoever looks.
"""

import http.client
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Final

import msgspec

from kubectl_order.facts import Chain
from kubectl_order.live.verdicts import failed, passed, unknown
from kubectl_order.report import Check
from orderapi.issuer import AcmeIssuer, ClusterIssuer, Issuer

TIMEOUT: Final = 8.0
"""Seconds until the next bytes of an answer, and about as many for all of it."""
SKEW: Final = timedelta(minutes=5)

_MOST: Final = 1_048_576
_PIECE: Final = 65_536
_MOST_AUTHORIZATIONS: Final = 20
_UNSIGNED: Final = frozenset({400, 401, 403, 404, 405})


class _Meta(msgspec.Struct, frozen=True):
    caa_identities: tuple[str, ...] = msgspec.field(default=(), name="caaIdentities")
    external_account_required: bool = msgspec.field(default=False, name="externalAccountRequired")
    profiles: dict[str, Any] = {}


class _Content(msgspec.Struct, frozen=True):
    meta: _Meta = _Meta()
    new_order: str = msgspec.field(default="", name="newOrder")


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory:
    """What the CA's directory says; `fault` is why it could not be had, empty where it was."""

    url: str = ""
    fault: str = ""
    caa_identities: tuple[str, ...] = ()
    profiles: tuple[str, ...] = ()
    binding_required: bool = False
    date: datetime | None = None
    context: ssl.SSLContext | None = None


class _Refused(Exception):
    """No answer, or one that is none; `status` is 0 where there was none."""

    def __init__(self, told: str, status: int = 0) -> None:
        super().__init__(told)
        self.status = status


def directory(chain: Chain) -> Directory:
    """The directory of the issuer's CA; empty where the issuer may not be read or is not ACME."""
    acme = _acme(chain)
    if acme is None:
        return Directory()
    try:
        context = _context(acme)
        content, date = _get(acme.server, context)
        read = msgspec.json.decode(content, type=_Content)
    except (_Refused, ValueError, msgspec.MsgspecError, RecursionError) as error:
        return Directory(url=acme.server, fault=str(error))
    return Directory(
        url=acme.server,
        caa_identities=read.meta.caa_identities,
        profiles=tuple(read.meta.profiles),
        binding_required=read.meta.external_account_required,
        date=date,
        context=context,
    )


def checks(chain: Chain, found: Directory) -> Iterator[Check]:
    """The directory, then the order and its authorizations."""
    if not found.url:
        yield unknown("CA", "", "the issuer may not be read, or is not of type acme")
        return
    if found.fault:
        fix = "Look at spec.acme.server and caBundle, and at the way there."
        yield failed("CA", found.url, found.fault, fix)
        return
    yield passed("CA", found.url, "the directory answers")
    yield from _clock(chain, found)
    yield from _profile(chain, found)
    yield from _binding(chain, found)
    yield from _objects(chain, found)


def _clock(chain: Chain, found: Directory) -> Iterator[Check]:
    if found.date is None:
        return
    apart = abs(found.date - chain.now)
    told = f"the CA's clock and the API server's are {apart.total_seconds():.0f} s apart"
    if apart > SKEW:
        yield failed("clock", found.url, told, "Set the clock of the cluster's nodes.")
    else:
        yield passed("clock", found.url, told)


def _profile(chain: Chain, found: Directory) -> Iterator[Check]:
    acme = _acme(chain)
    wanted = (chain.order and chain.order.spec.profile) or (acme and acme.profile)
    if not wanted:
        return
    offered = ", ".join(found.profiles) or "none"
    if wanted in found.profiles:
        yield passed("profile", found.url, f"{wanted} is offered")
    else:
        fix = "Set spec.acme.profile of the issuer to one that is offered, or take it out."
        yield failed("profile", found.url, f"{wanted} is not offered; these are: {offered}", fix)


def _binding(chain: Chain, found: Directory) -> Iterator[Check]:
    acme = _acme(chain)
    if found.binding_required and acme is not None and acme.external_account_binding is None:
        fix = "Set spec.acme.externalAccountBinding with the key ID and key that the CA gave you."
        yield failed("account", found.url, "the CA wants an external account binding", fix)


def _objects(chain: Chain, found: Directory) -> Iterator[Check]:
    status = chain.order.status if chain.order is not None else None
    if status is None or not status.url:
        return
    urls = [("order", status.url)]
    urls += [("authorization", one.url) for one in status.authorizations[:_MOST_AUTHORIZATIONS]]
    for what, url in urls:
        check = _object(what, url, found)
        yield check
        if check.verdict == "unknown":
            return  # the others will be told no more


def _object(what: str, url: str, found: Directory) -> Check:
    try:
        content, _ = _get(url, found.context)
        read = msgspec.json.decode(content, type=dict[str, Any])
    except _Refused as refused:
        if refused.status in _UNSIGNED:
            told = f"the CA shows it to signed requests alone ({refused})"
            return unknown(what, url, told)
        return failed(what, url, str(refused), "Ask again later; the CA has a problem.")
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return unknown(what, url, "the answer is not JSON")
    problem = _problem(read)
    told = f"it is {read.get('status')}" + (f": {problem}" if problem else "")
    if read.get("status") in ("invalid", "expired", "revoked", "deactivated"):
        return failed(what, url, told, "The controller places another order at the next attempt.")
    return passed(what, url, told)


def _problem(read: Mapping[str, Any]) -> str:
    """The error of an order, or of the challenges of an authorization, in one line."""
    challenges = read.get("challenges")
    holders = [read, *(challenges if isinstance(challenges, list) else [])]
    errors = [one["error"] for one in holders if isinstance(one, dict) and "error" in one]
    return "; ".join(
        f"{error.get('type', 'no type')}: {error.get('detail', 'no detail')}"
        for error in errors
        if isinstance(error, dict)
    )


class _Unfollowed(urllib.request.HTTPRedirectHandler):
    """A redirect is the answer: neither ACME nor the controller follows one."""

    def redirect_request(self, *_: object) -> None:
        """No other request is made."""


def _get(url: str, context: ssl.SSLContext | None) -> tuple[bytes, datetime | None]:
    if not url.startswith("https://"):
        raise _Refused("the URL is not https")
    opener = urllib.request.build_opener(_Unfollowed, urllib.request.HTTPSHandler(context=context))
    try:
        request = urllib.request.Request(url, headers={"User-Agent": "kubectl-order"})  # noqa: S310
        with opener.open(request, timeout=TIMEOUT) as answer:
            return _body(answer), _date(answer.headers.get("Date"))
    except urllib.error.HTTPError as error:
        with error:
            raise _Refused(f"HTTP status {error.code}", error.code) from None
    except urllib.error.URLError as error:
        raise _Refused(f"no answer: {error.reason}") from None
    except (OSError, ValueError) as error:
        raise _Refused(f"no answer: {error}") from None
    except http.client.InvalidURL:
        raise _Refused("no answer: the URL is none") from None
    except http.client.HTTPException as error:
        raise _Refused(f"no answer that is HTTP: {type(error).__name__}") from None


def _body(answer: http.client.HTTPResponse) -> bytes:
    """The beginning of the answer's body; one that comes in drops is not waited for."""
    end, found = time.monotonic() + TIMEOUT, bytearray()
    while len(found) < _MOST and (piece := answer.read1(_PIECE)):
        found += piece
        if time.monotonic() > end:
            raise _Refused(f"no answer: it was not complete within {TIMEOUT:.0f} s")
    return bytes(found)


def _date(header: str | None) -> datetime | None:
    try:
        return parsedate_to_datetime(header).astimezone(UTC) if header else None
    except (ValueError, OverflowError):
        return None


def _context(acme: AcmeIssuer) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if acme.skip_tls_verify:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if acme.ca_bundle:
        try:
            # Comments around the certificates may be in any language; OpenSSL takes ASCII alone.
            context.load_verify_locations(cadata=acme.ca_bundle.decode("ascii", errors="ignore"))
        except (ssl.SSLError, ValueError):
            raise _Refused("caBundle of the issuer holds no certificate in PEM") from None
    return context


def server(chain: Chain) -> str:
    """The URL of the directory; empty where the issuer may not be read or is not ACME."""
    acme = _acme(chain)
    return acme.server if acme is not None else ""


def _acme(chain: Chain) -> AcmeIssuer | None:
    issuer = chain.issuer
    return issuer.spec.acme if isinstance(issuer, Issuer | ClusterIssuer) else None
