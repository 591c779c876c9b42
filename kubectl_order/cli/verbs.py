"""The commands by name: what each is for, two or three examples, and the module that runs it.

Nothing is imported here: this is what help, completion and the search for a mistyped name need.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple


class Verb(NamedTuple):
    """A command: its module in `kubectl_order.commands`, its line in the help, and examples.

    An example is what it is good for, and the command without the program's name.
    """

    module: str
    about: str
    examples: tuple[tuple[str, str], ...]


LOOK: Final[Mapping[str, Verb]] = {
    "status": Verb(
        "status",
        "One page on a certificate and its Order; without a name, what needs attention.",
        (
            ("What needs attention in this namespace?", "status"),
            ("All about the certificate for a host", "status www.example.com"),
            ("The same as a document", "status certificate/web -n shop -o yaml"),
        ),
    ),
    "why": Verb(
        "why",
        "The root cause alone: evidence, the fix, and who must act.",
        (
            ("Why is this certificate not there?", "why web"),
            ("Ask the CA, DNS and the router from here, too", "why web --live"),
            ("The cause as one word, for a script", "why web -o jsonpath={.finding.cause}"),
        ),
    ),
    "list": Verb(
        "listing",
        "Orders, the most in danger first.",
        (
            ("Orders of this namespace", "list"),
            ("Orders of the whole cluster, all columns", "list -A -o wide"),
            ("Those with a label", "list -l team=shop"),
        ),
    ),
    "challenges": Verb(
        "challenges",
        "Each challenge: what to publish where, what is seen there, what the CA says.",
        (
            ("All challenges of this namespace", "challenges"),
            ("Those of one Order", "challenges order/web-1-2409872103"),
            ("With the value to publish, to do it by hand", "challenges web --show-values"),
        ),
    ),
    "tree": Verb(
        "tree",
        "What belongs to what, with states.",
        (
            ("From the Ingress down to the challenges", "tree ingress/web"),
            ("Everything of this namespace", "tree"),
        ),
    ),
    "watch": Verb(
        "watch",
        "Follow an Order until it is done; the exit code says how it ended.",
        (
            ("Follow a certificate until it is there", "watch web"),
            ("In CI: at most five minutes", "watch web --timeout=5m"),
            ("All Orders of this namespace, one JSON document a line", "watch -o json"),
        ),
    ),
    "history": Verb(
        "history",
        "The attempts for a certificate, with outcome and duration.",
        (
            ("What was tried for it?", "history web"),
            ("The same as a document", "history web -o json"),
        ),
    ),
    "events": Verb(
        "events",
        "Events of the whole chain, in the order of time.",
        (
            ("What happened to this certificate?", "events web"),
            ("What happened to one Order?", "events order/web-1-2409872103"),
        ),
    ),
}
"""They read."""

ACT: Final[Mapping[str, Verb]] = {
    "renew": Verb(
        "renew",
        "Have certificates issued anew, now.",
        (
            ("Renew one, and wait for it", "renew web --wait"),
            (
                "See what would be done for all of a label",
                "renew -l team=shop --dry-run=server",
            ),
            ("Renew every certificate of this namespace", "renew --all"),
        ),
    ),
    "retry": Verb(
        "retry",
        "Begin a new attempt now, after one that failed.",
        (
            ("Try again at once", "retry web"),
            ("Try again, and wait five minutes at most", "retry web --wait --timeout=5m"),
        ),
    ),
}
"""They set the condition Issuing of a Certificate; they never change a spec."""

SET_UP: Final[Mapping[str, Verb]] = {
    "completion": Verb(
        "completion",
        "Have the shell complete names, verbs and flags.",
        (
            ("Put the executable that kubectl calls onto PATH", "completion install"),
            ("Into a folder of your choice", "completion install --path ~/.local/bin"),
        ),
    ),
    "version": Verb("version", "The version of this plugin.", (("Which is it?", "version"),)),
}
"""They are about this plugin."""

GROUPS: Final[Mapping[str, Mapping[str, Verb]]] = {"Look": LOOK, "Act": ACT, "Set up": SET_UP}
"""Commands by heading, in the order of the help."""

VERBS: Final[Mapping[str, Verb]] = {**LOOK, **ACT, **SET_UP}
