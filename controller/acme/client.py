"""The verbs of RFC 8555, one account at one CA: each asks once and says what came back.

It signs, keeps nonces, and caches the directory. Refuses to wait, to poll and to try again (but for
a refused nonce and a refused `replaces`): when to look again is the caller's decision.
"""

import asyncio
import base64
import logging
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from controller.acme.answers import Answer, https, links, location
from controller.acme.binding import ExternalAccount
from controller.acme.chain import Chain, read_chain
from controller.acme.jws import bind
from controller.acme.keys import AccountKey
from controller.acme.messages import (
    Account,
    Authorization,
    Challenge,
    Directory,
    NewOrder,
    Order,
    read_account,
    read_authorization,
    read_challenge,
    read_directory,
    read_order,
)
from controller.acme.problem import (
    BAD_NONCE,
    INVALID_PROFILE,
    MALFORMED,
    RATE_LIMITED,
    AcmeError,
    Misconfigured,
    Problem,
    Unreachable,
    Violation,
)
from controller.acme.signed import Clock, SignedRequests
from controller.acme.transport import FINALIZE, RequestMade, Session, Transport

logger = logging.getLogger(__name__)

DIRECTORY_LIFETIME = timedelta(hours=1)
MOST_ALTERNATES = 10
PEM_CHAIN = "application/pem-certificate-chain"


class Client:
    """One ACME account at one CA. Its methods raise AcmeError (see problem.py) and nothing else."""

    def __init__(
        self,
        session: Session,
        directory_url: str,
        key: AccountKey,
        *,
        limiter: asyncio.Semaphore,
        user_agent: str,
        clock: Clock,
        on_request: Callable[[RequestMade], None],
        account_url: str = "",
    ) -> None:
        """`account_url` is what an earlier `register` found. `limiter` is the directory's own.

        Raises Misconfigured for a directory URL that is not https.
        """
        self._directory_url = https(directory_url)
        self._clock = clock
        transport = Transport(
            session, limiter=limiter, user_agent=user_agent, on_request=on_request
        )
        self._requests = SignedRequests(transport, key, clock=clock, account_url=account_url)
        self._directory: Directory | None = None
        self._directory_expires = clock.now()
        self._reading = asyncio.Lock()

    @property
    def account_url(self) -> str:
        """The account's URL; empty until `register` has found it."""
        return self._requests.account_url

    def key_authorization(self, token: str) -> str:
        """What an HTTP-01 response is (RFC 8555 8.1). A secret until it is published."""
        return self._requests.key.key_authorization(token)

    def dns01_value(self, token: str) -> str:
        """The value of the TXT record that answers a DNS-01 challenge (RFC 8555 8.4)."""
        return self._requests.key.dns01_value(token)

    async def directory(self) -> Directory:
        """What the CA offers; asked for again after an hour."""
        async with self._reading:
            now = self._clock.now()
            if self._directory is None or now >= self._directory_expires:
                answer = await self._requests.get("discover", self._directory_url)
                self._directory = read_directory(answer)
                self._directory_expires = now + DIRECTORY_LIFETIME
            return self._directory

    async def register(
        self,
        contact: tuple[str, ...],
        *,
        eab: ExternalAccount | None = None,
        only_existing: bool = False,
    ) -> Account:
        """The key's account: made, terms of service agreed to, or found where it exists (7.3).

        `contact` holds URLs (mailto:…) and counts for a new account alone: an existing one keeps
        its own. `only_existing` never makes one: Problem accountDoesNotExist when there is none.
        """
        url = (await self.directory()).new_account
        payload: dict[str, Any] = {"onlyReturnExisting": True}
        if not only_existing:  # step-ca refuses contacts in a look-up
            payload = {"termsOfServiceAgreed": True, "contact": contact}
            if eab is not None:
                payload["externalAccountBinding"] = bind(eab, key=self._requests.key, url=url)
        action = "get_registration" if only_existing else "register_account"
        answer = await self._post(action, url, payload, with_key=True)
        found = _located(answer, "an account")
        self._requests.account_url = found
        return read_account(answer, found)

    async def update_contact(self, contact: tuple[str, ...]) -> Account:
        """Replace the account's contacts; none at all removes them (RFC 8555 7.3.2)."""
        answer = await self._post("update_registration", self.account_url, {"contact": contact})
        return read_account(answer, self.account_url)

    async def new_order(self, new: NewOrder) -> Order:
        """Ask for an order; its `url` is set. Misconfigured where the directory lacks the profile.

        `replaces` is left out where the CA has no renewal information, and given up when the CA
        refuses it in one of many ways: nothing but the exemption from rate limits is lost.
        """
        directory = await self.directory()
        _check_profile(new.profile, directory)
        payload = new.payload()
        if not directory.renewal_info:
            payload.pop("replaces", None)
        try:
            answer = await self._post("authorize_order", directory.new_order, payload)
        except (Problem, Unreachable) as error:
            if "replaces" not in payload or not _may_be_about_replaces(error):
                raise
            logger.info("order is asked for without replaces", extra={"reason": error.sentence()})
            del payload["replaces"]
            answer = await self._post("authorize_order", directory.new_order, payload)
        return read_order(answer, _located(answer, "an order"), self._clock.now())

    async def order(self, url: str) -> Order:
        """The order as it is now (POST-as-GET)."""
        return read_order(await self._post("get_order", url), url, self._clock.now())

    async def authorization(self, url: str) -> Authorization:
        """The authorization as it is now (POST-as-GET): poll this one, never a challenge."""
        answer = await self._post("get_authorization", url)
        return read_authorization(answer, url, self._clock.now())

    async def answer(self, challenge_url: str) -> Challenge:
        """Tell the CA that the challenge can be validated; then poll the authorization.

        Harmless when done twice: where the CA says `malformed` because the challenge is no longer
        pending, the challenge comes back as it is: processing, valid or invalid.
        """
        try:
            answer = await self._post("accept_challenge", challenge_url, {})
            return read_challenge(answer, challenge_url, self._clock.now())
        except Problem as problem:
            if problem.kind != MALFORMED:
                raise
            answer = await self._post("get_challenge", challenge_url)
            challenge = read_challenge(answer, challenge_url, self._clock.now())
            if challenge.status == "pending":
                raise problem from None
            return challenge

    async def finalize(self, finalize_url: str, csr_der: bytes) -> Order:
        """Hand in the CSR. The order's `url` is empty where the CA does not repeat it.

        Problem orderNotReady means: look at the order, it may be past this (RFC 8555 7.4).
        """
        csr = base64.urlsafe_b64encode(csr_der).rstrip(b"=").decode()
        answer = await self._post(FINALIZE, finalize_url, {"csr": csr})
        return read_order(answer, location(answer), self._clock.now())

    async def certificate(self, url: str, *, preferred_chain: str = "") -> bytes:
        """The chain as PEM, leaf first.

        `preferred_chain` is the issuer's common name of the top certificate that is wanted; where
        no chain of the CA has it, or its chain cannot be had, the CA's default chain comes.
        """
        answer = await self._post("fetch_cert", url, accept=PEM_CHAIN)
        default = read_chain(answer)
        if not preferred_chain or default.issuer == preferred_chain:
            return default.pem
        for alternate in links(answer, "alternate")[:MOST_ALTERNATES]:
            chain = await self._alternate(alternate)
            if chain is not None and chain.issuer == preferred_chain:
                return chain.pem
        logger.info("no chain of the preferred name", extra={"preferred_chain": preferred_chain})
        return default.pem

    async def _alternate(self, url: str) -> Chain | None:
        try:
            return read_chain(await self._post("list_cert_alternates", url, accept=PEM_CHAIN))
        except AcmeError as error:
            # A certificate in hand is worth more than the wish for another chain.
            logger.warning("alternate chain not read", extra={"reason": error.sentence()})
            return None

    async def _post(
        self,
        action: str,
        url: str,
        payload: Mapping[str, Any] | None = None,
        *,
        with_key: bool = False,
        accept: str = "application/json",
    ) -> Answer:
        return await self._requests.post(
            action,
            url,
            payload,
            new_nonce=(await self.directory()).new_nonce,
            with_key=with_key,
            accept=accept,
        )


def user_agent(version: str) -> str:
    """What the controller calls itself to a CA (RFC 8555 6.1 wants a name)."""
    return f"kubectl-order/{version} (+cert-manager compatible)"


def _located(answer: Answer, what: str) -> str:
    url = location(answer)
    if not url:
        raise Violation(f"{answer}: {what} without its URL (Location)")
    return url


def _check_profile(profile: str, directory: Directory) -> None:
    if not profile or profile in directory.profiles:
        return
    if not directory.profiles:
        text = f"acme: certificate authority does not support profiles; asked for: {profile}"
    else:
        offered = ", ".join(sorted(directory.profiles))
        text = (
            f"acme: certificate authority does not advertise a profile with name {profile}; "
            f"it offers {offered}"
        )
    raise Misconfigured(text, kind=INVALID_PROFILE)


def _may_be_about_replaces(error: Problem | Unreachable) -> bool:
    """Whether newOrder may succeed without `replaces`: CAs refuse it in words of their own."""
    if error.kind in (RATE_LIMITED, BAD_NONCE):
        return False
    if isinstance(error, Unreachable) and error.status == 0:
        return False
    return error.status < 500 or error.retry_at is None
