"""An asyncio client of ACME (RFC 8555). It knows nothing of Kubernetes.

    client.py       the verbs of one account: register, new_order, answer, finalize, certificate
    signed.py       a signed request: drives the nonce rule, turns refusals into errors
    exchange.py     the nonce rule, as a generator without I/O
    transport.py    one HTTP request: sessions, limits, redirects, time-outs, metrics
    answers.py      what an HTTP answer says: JSON, URLs, nonce, refusal
    messages.py     the RFC's objects: directory, account, order, authorization, challenge
    problem.py      the tree of errors
    retryafter.py   when to ask again
    chain.py        the certificate chain and its alternates' names
    keys.py jws.py binding.py       account keys, signatures, external account binding
    trust.py proxies.py             TLS roots, HTTP proxies

It never waits and never polls: when to look again is the caller's decision, `poll_at` its help.
"""

from controller.acme.binding import ExternalAccount
from controller.acme.client import Client, user_agent
from controller.acme.keys import AccountKey
from controller.acme.messages import (
    Account,
    Authorization,
    Challenge,
    Directory,
    Identifier,
    NewOrder,
    Order,
)
from controller.acme.problem import (
    AcmeError,
    Misconfigured,
    Problem,
    Subproblem,
    Unreachable,
    Violation,
)
from controller.acme.proxies import Proxies
from controller.acme.retryafter import poll_at
from controller.acme.transport import NO_ANSWER, RequestMade, Session
from controller.acme.trust import tls_context

__all__ = [
    "NO_ANSWER",
    "Account",
    "AccountKey",
    "AcmeError",
    "Authorization",
    "Challenge",
    "Client",
    "Directory",
    "ExternalAccount",
    "Identifier",
    "Misconfigured",
    "NewOrder",
    "Order",
    "Problem",
    "Proxies",
    "RequestMade",
    "Session",
    "Subproblem",
    "Unreachable",
    "Violation",
    "poll_at",
    "tls_context",
    "user_agent",
]
