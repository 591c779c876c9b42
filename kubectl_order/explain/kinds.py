"""What keeps an issuer from being ready: the words of both controllers, told apart. Pure.

A table, read from above: the first row that fits counts, the last fits always.
"""

import re
from collections.abc import Callable
from typing import Final

import msgspec

from kubectl_order.explain.words import clause, quoted
from kubectl_order.finding import Actor, Ref, kubectl

_SECRET: Final = re.compile(r'(?i:secrets?) "(?P<name>[^"]{1,253})"')
_NAMESPACE: Final = re.compile(r'in namespace "([a-z0-9-]{1,63})"')
_OBJECT_NAME: Final = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?", re.ASCII)

Words = Callable[[str], str]


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """One reason why an issuer is not ready. `who` is None where that is the issuer's owner.

    `words` makes the end of the headline of the text; an empty one leaves that to the text itself.
    """

    cause: str
    fix: str
    reasons: frozenset[str] = frozenset()
    pattern: re.Pattern[str] | None = None
    words: str | Words = ""
    who: Actor | None = None
    shows_secret: bool = False
    edits: bool = False
    """Whether the fix is a change of the issuer's spec."""

    def fits(self, reason: str, text: str) -> bool:
        """Whether the condition with this reason and message is of this kind."""
        if reason in self.reasons:
            return True
        if self.pattern is None:
            return not self.reasons
        return self.pattern.search(text) is not None

    def why(self, text: str) -> str:
        """The end of the headline."""
        return self.words if isinstance(self.words, str) else self.words(text)

    def command(self, text: str, at: Ref, namespace: str) -> str:
        """The next command: a look at the Secret, else the issuer's change, or a look at it."""
        if self.edits:
            return kubectl("edit", at)
        found = _SECRET.search(text) if self.shows_secret else None
        if found is None or _OBJECT_NAME.fullmatch(found["name"]) is None:
            return kubectl("describe", at)
        told = _NAMESPACE.search(text)
        where = told[1] if told is not None else at.namespace or ""
        if not where and at.kind != "ClusterIssuer":
            where = namespace
        if (
            not where
        ):  # which namespace a ClusterIssuer's Secrets are in is the controller's to know
            return kubectl("describe", at)
        return kubectl("get", Ref(kind="Secret", name=found["name"], namespace=where))


def _of_secret(what: str, otherwise: str) -> Words:
    """`what` about the Secret that the text names."""

    def words(text: str) -> str:
        found = _SECRET.search(text)
        return what.format(quoted(found["name"])) if found is not None else otherwise

    return words


def _solver_secret(text: str) -> str:
    found = _SECRET.search(text)
    if found is None:
        return ""
    name = quoted(found["name"])
    entry = re.search(r'does not have key "([^"]{1,253})"', text)
    if entry is not None:
        return f"the Secret {name} of a solver has no entry {quoted(entry[1])}"
    if "does not say which key" in text:
        return f"a solver does not say which entry of the Secret {name} is meant"
    return f"the Secret {name} of a solver does not exist"


def _binding(text: str) -> str:
    entry = re.search(r'does not have key "([^"]{1,253})"', text)
    found = _SECRET.search(text)
    if found is None:
        return "the Secret of its external account binding does not exist"
    name = quoted(found["name"])
    if entry is not None:
        return f"the Secret {name} of its external account binding has no entry {quoted(entry[1])}"
    return f"the Secret {name} of its external account binding does not exist"


def _closed(text: str) -> str:
    state = "revoked" if "revoked" in text.lower() else "deactivated"
    return f"its account at the CA is {state}"


def _type(text: str) -> str:
    found = re.search(r'is of type "([^"]{1,40})"', text)
    return f"it is of type {quoted(found[1])}, and only acme is served" if found is not None else ""


def _version_1(text: str) -> str:
    found = re.search(r"v1 endpoint \((\S{1,200})\)", text)
    where = f" ({found[1]})" if found is not None else ""
    return f"spec.acme.server is a v1 endpoint{where}, and ACME v1 is no more"


def _unreachable(text: str) -> str:
    return f"its ACME server cannot be reached: {clause(_after_beginning(text))}"


def _untrusted(text: str) -> str:
    why = _after_beginning(text).rpartition("TLS certificate is not trusted: ")[2]
    why = why.removesuffix("; is it of a private CA (caBundle)?")
    return f"the certificate of its ACME server is not trusted: {clause(why)}"


def _after_beginning(text: str) -> str:
    """Without what both controllers put before, and what ours says of the next try."""
    text = re.sub(r"^Failed to (?:register|verify|update) ACME account: ?", "", text)
    return re.sub(r"; (?:it is tried again|the CA is asked again at) [^;]*$", "", text)


KINDS: Final = (
    Kind(
        cause="issuer-type-unsupported",
        reasons=frozenset({"UnsupportedIssuerType"}),
        pattern=re.compile(r"issues through ACME only|not of type acme"),
        words=_type,
        fix="Name an issuer of type acme, or run a controller that serves this type.",
    ),
    Kind(
        cause="issuer-secret-unreadable",
        pattern=re.compile(r"the controller may not read it"),
        words=_of_secret("the controller may not read the Secret {}", ""),
        who=Actor.ADMIN,
        fix="Give the controller the right to read Secrets in that namespace.",
    ),
    Kind(
        cause="issuer-solver-secret-missing",
        reasons=frozenset({"InvalidSolver"}),
        words=_solver_secret,
        shows_secret=True,
        fix="Create that Secret with that entry; the issuer becomes ready on its own.",
    ),
    Kind(
        cause="issuer-account-key-missing",
        pattern=re.compile(r"disableAccountKeyGeneration|with its key is gone"),
        words=_of_secret(
            "the Secret {} with its account key does not exist",
            "the Secret with its account key does not exist",
        ),
        shows_secret=True,
        fix=(
            "Create that Secret with the account key, or let the key be made: "
            "spec.acme.disableAccountKeyGeneration false."
        ),
    ),
    Kind(
        cause="issuer-account-key-invalid",
        pattern=re.compile(
            r"Account private key is invalid|is not of type RSA|holds another key than"
        ),
        words=_of_secret(
            "the Secret {} holds no account key that can be used",
            "its account key cannot be used",
        ),
        shows_secret=True,
        fix=(
            "Put an RSA or ECDSA key in PEM form into that Secret, or delete the Secret to have a "
            "new account made."
        ),
    ),
    Kind(
        cause="issuer-eab-required",
        pattern=re.compile(r"externalAccountRequired"),
        words="its CA demands an external account binding",
        edits=True,
        fix=("Get a key id and a MAC key from the CA, and set spec.acme.externalAccountBinding."),
    ),
    Kind(
        cause="issuer-eab-missing",
        pattern=re.compile(
            r"(?i:external account binding|\bEAB\b).*"
            r"(?:there is none|not found|does not have key|does not say which key)"
            r'|^Failed to register ACME account: secrets? "[^"]*" not found'
        ),
        words=_binding,
        shows_secret=True,
        fix="Create that Secret with the MAC key that the CA gave out.",
    ),
    Kind(
        cause="issuer-account-deactivated",
        pattern=re.compile(
            r"the account \S+ is (?:deactivated|revoked)"
            r"|(?i:account\b.{0,80}\b(?:deactivated|revoked))"
        ),
        words=_closed,
        edits=True,
        fix=(
            "Name another Secret in spec.acme.privateKeySecretRef, or delete that Secret: another "
            "account is made with another key."
        ),
    ),
    Kind(
        cause="issuer-eab-invalid",
        pattern=re.compile(
            r"(?i:external account binding|\bEAB\b|externalAccountBinding)|\bfield 'kid'"
        ),
        words=_of_secret(
            "its external account binding with Secret {} cannot be used",
            "its external account binding is not accepted by its CA",
        ),
        fix=(
            "Compare spec.acme.externalAccountBinding and its Secret with what the CA gave out; "
            "some of these keys are good for one account or a few days only."
        ),
    ),
    Kind(
        cause="issuer-terms",
        pattern=re.compile(r"userActionRequired|(?i:terms of service)"),
        words="its CA demands that somebody agrees to its terms",
        who=Actor.CA,
        fix="Visit the page that the CA names, agree there, and the account can be used again.",
    ),
    Kind(
        cause="issuer-contact-invalid",
        pattern=re.compile(r"acme:error:(?:invalidContact|unsupportedContact)"),
        words="its CA does not take the contact in spec.acme.email",
        edits=True,
        fix="Correct spec.acme.email.",
    ),
    Kind(
        cause="issuer-rate-limited",
        pattern=re.compile(r"acme:error:rateLimited|\b429\b"),
        words="its CA limits how often it may be asked (rateLimited)",
        who=Actor.NOBODY,
        fix="Wait; the CA is asked again by itself.",
    ),
    Kind(
        cause="issuer-server-no-tls",
        pattern=re.compile(
            r"spoken to over https alone|HTTP response to HTTPS client|the TLS handshake failed"
            r"|first record does not look like a TLS handshake|the answer was not HTTP"
            r"|unsupported protocol scheme"
        ),
        words="its ACME server does not speak HTTPS",
        edits=True,
        fix="Give spec.acme.server the https:// URL of the CA's directory.",
    ),
    Kind(
        cause="issuer-server-untrusted",
        pattern=re.compile(r"TLS certificate is not trusted|x509: |certificate verify failed"),
        words=_untrusted,
        edits=True,
        fix=(
            "Where the CA is a private one, put the certificate of its root into "
            "spec.acme.caBundle."
        ),
    ),
    Kind(
        cause="issuer-invalid",
        pattern=re.compile(r"set to a v1 endpoint"),
        words=_version_1,
        edits=True,
        fix="Set spec.acme.server to the URL of the CA's directory for ACME v2, which it names.",
    ),
    Kind(
        cause="issuer-invalid",
        reasons=frozenset({"InvalidConfig", "IssuerTypeMissing", "InvalidURL"}),
        pattern=re.compile(
            r"to a v1 endpoint|spec\.acme is missing|privateKeySecretRef\.name is empty"
            r"|Missing issuer type|caBundle|a URL must |URL cannot be read|no such URL"
        ),
        edits=True,
        fix="Correct the spec of the issuer.",
    ),
    Kind(
        cause="issuer-solver-secret-missing",
        pattern=re.compile(
            r'failed to get secret "|the secret "[^"]*" does not have key'
            r'|the reference to secret "'
        ),
        words=_solver_secret,
        shows_secret=True,
        fix="Create that Secret with that entry; the issuer becomes ready on its own.",
    ),
    Kind(
        cause="issuer-server-unreachable",
        pattern=re.compile(
            r" failed: (?!.*urn:ietf)|dial tcp|no such host|i/o timeout|[Cc]onnection refused"
            r"|deadline exceeded|answered 5\d\d|\b50[0-4]\b|such addresses are not connected to"
            r"|proxy|serverInternal|unreachable"
        ),
        words=_unreachable,
        fix=(
            "Check spec.acme.server, the CA's state, and the way there: DNS, egress rules, proxy. "
            "It is tried again by itself."
        ),
    ),
    Kind(
        cause="issuer-new",
        pattern=re.compile(
            r"it was not looked at yet"
            r"|its account is being looked into|has no account at its CA yet"
        ),
        words="it has not been looked at by a controller yet",
        who=Actor.NOBODY,
        fix="Wait; it is looked at by itself.",
    ),
    Kind(cause="issuer-not-ready", fix="Mend what it names; it is tried again by itself."),
)
