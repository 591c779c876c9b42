"""What goes wrong while an answer is published or checked.

    SolverError
    ├── Unsupported      the solver asks for something that this release does not do
    ├── Misconfigured    the solver in the Issuer contradicts itself or cannot be read
    ├── BadCredentials   the Secret that it names lacks the entry, or holds something else
    ├── LookupFailed     DNS gave no answer, or one that cannot be followed
    ├── UpdateRefused    the DNS server refused the change
    ├── Unreachable      the DNS server did not answer
    └── RouterRefused    the router, or a policy before it, does not take the route

Messages are for the person who reads a Challenge: they name the server, the record and what to
check, and never hold a secret.
"""

from enum import StrEnum
from typing import ClassVar


class Cause(StrEnum):
    """Where the cure lies."""

    SPEC = "spec"
    CREDENTIALS = "credentials"
    DNS = "dns"
    SERVER = "server"
    NETWORK = "network"
    ROUTER = "router"


class SolverError(Exception):
    """An answer could not be published, checked or taken away; the message says why, to people.

    `retryable` is False where only a change of an API object (Issuer, Secret) can help, so that
    waiting for that change is enough. Everything that can be mended elsewhere, a DNS server's
    configuration included, is retryable: nothing else would notice. `nothing_written`: DNS is
    certainly as it was before the try; where that is not certain, it is False.
    """

    retryable: ClassVar[bool] = True
    cause: ClassVar[Cause] = Cause.DNS
    nothing_written: bool = False


class Unsupported(SolverError):
    """This release cannot do what the solver asks for."""

    retryable = False
    cause = Cause.SPEC
    nothing_written = True


class Misconfigured(SolverError):
    """A field of the solver is missing, contradicts another or cannot be read."""

    retryable = False
    cause = Cause.SPEC
    nothing_written = True


class BadCredentials(SolverError):
    """A Secret lacks the entry that the solver names, or its content cannot be used."""

    retryable = False
    cause = Cause.CREDENTIALS
    nothing_written = True


class LookupFailed(SolverError):
    """DNS did not say what had to be known; nothing was guessed and nothing was changed.

    `servfail`: a recursive server looked for it and answered SERVFAIL, so that others will most
    likely meet the same; False where no server said anything about the name.
    """

    def __init__(self, message: str, *, servfail: bool = False) -> None:
        super().__init__(message)
        self.servfail = servfail


class UpdateRefused(SolverError):
    """The DNS server answered, and the change was not made, or not in a way to rely on."""

    cause = Cause.SERVER

    def __init__(self, message: str, *, nothing_written: bool = False) -> None:
        super().__init__(message)
        self.nothing_written = nothing_written


class Unreachable(SolverError):
    """The DNS server did not answer; the change may or may not have been made."""

    cause = Cause.NETWORK


class RouterRefused(SolverError):
    """The route was not taken: admission refused it, or its name or its kind is not to be had."""

    cause = Cause.ROUTER
