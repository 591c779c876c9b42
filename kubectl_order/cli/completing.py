"""What the shell offers for the words typed so far: verbs, flags, their values, live names.

kubectl calls it as cobra's programs are called: a candidate on each line, with what it is after a
tab, and a last line that says what the shell may add by itself. It is quick, and quiet whatever
fails: somebody is typing.
"""

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, fields
from importlib import import_module
from io import StringIO
from typing import Any, Final, TextIO, get_type_hints

from kubectl_order.cli.verbs import VERBS
from kubectl_order.flags import Flags, written
from kubectl_order.text import escaped

NO_FILES: Final = 4
"""The shell is not to offer files."""
NO_SPACE: Final = 2
"""The shell is not to add a space: the word goes on."""
FILES: Final = 0

PATIENCE: Final = "800ms"
"""How long the API server may take for an answer."""

_NAMED: Final = frozenset(
    {"status", "why", "challenges", "tree", "watch", "history", "events", "renew", "retry"}
)
_KINDS: Final = ("certificate", "order", "certificaterequest", "challenge", "secret", "ingress")
_FORMATS: Final = ("json", "yaml", "name", "wide", "jsonpath=")

Offer = tuple[str, str]
"""A candidate, and what it is."""


@dataclass(frozen=True, slots=True)
class _Option:
    """A flag of kubectl's or of a command."""

    field: str
    names: tuple[str, ...]
    told: str
    valued: bool
    many: bool


def complete(words: Sequence[str], *, environ: Mapping[str, str], stdout: TextIO) -> int:
    """Print what may follow; the last of the words is the one being typed. Always 0."""
    typed, current = list(words[:-1]), words[-1] if words else ""
    try:
        offers, directive = _Line(typed, current, environ).offers()
        lines = [
            f"{escaped(word)}\t{escaped(told)}\n" if told else f"{escaped(word)}\n"
            for word, told in offers
        ]
    except Exception:  # what is offered is a help; an error would be in the way
        lines, directive = [], NO_FILES
    stdout.writelines(lines)
    stdout.write(f":{directive}\n")
    return 0


class _Line:
    """The words of a command line, taken apart."""

    def __init__(self, typed: Sequence[str], current: str, environ: Mapping[str, str]) -> None:
        self.current = current
        self.environ = environ
        self.verb = ""
        self.given: list[str] = []
        self.values: dict[str, Any] = {}
        self.awaits: _Option | None = None
        self.options = _options(Flags, ())
        self._read(typed)

    def offers(self) -> tuple[Iterable[Offer], int]:
        """The candidates, and what the shell may add."""
        flag, equals, value = self.current.partition("=")
        if self.awaits is not None:
            return self._values(self.awaits, self.current)
        if self.current.startswith("-"):
            known = self.options.get(flag) if equals else None
            return self._values(known, value) if known is not None else self._flags()
        if not self.verb or self.verb == "help":
            return self._verbs(), NO_FILES
        if self.verb == "completion":
            return () if self.given else _starting((("install", ""),), self.current), NO_FILES
        return self._names()

    def _read(self, typed: Sequence[str]) -> None:
        for word in typed:
            flag, equals, value = word.partition("=")
            if self.awaits is not None:
                self._set(self.awaits, word)
                self.awaits = None
            elif word.startswith("-"):
                option = self.options.get(flag)
                if option is not None and equals:
                    self._set(option, value)
                elif option is not None and option.valued:
                    self.awaits = option
            elif not self.verb:
                self.verb = word
                self.options |= _of_verb(word)
            else:
                self.given.append(word)

    def _set(self, option: _Option, value: str) -> None:
        if option.many:
            value = [*self.values.get(option.field, ()), value]  # type: ignore[assignment]
        self.values[option.field] = value

    def _verbs(self) -> Iterable[Offer]:
        if self.given:
            return ()
        return _starting(((name, verb.about) for name, verb in VERBS.items()), self.current)

    def _flags(self) -> tuple[Iterable[Offer], int]:
        told = (
            (name, option.told)
            for option in dict.fromkeys(self.options.values())
            for name in option.names
            if name.startswith("--") or self.current == name
        )
        return _starting((*told, ("--help", "All about this command.")), self.current), NO_FILES

    def _values(self, option: _Option, current: str) -> tuple[Iterable[Offer], int]:
        values: Mapping[str, Callable[[], Iterable[str]]] = {
            "namespace": lambda: self._live("namespace", current),
            "context": self._contexts,
            "output": lambda: _FORMATS,
            "dry_run": lambda: ("none", "server"),
        }
        if option.field in ("kubeconfig", "path"):
            return (), FILES
        found = [value for value in values.get(option.field, tuple)() if value.startswith(current)]
        return ((value, "") for value in found), _directive(found, "=")

    def _names(self) -> tuple[Iterable[Offer], int]:
        many = self.verb == "renew"
        if self.verb not in _NAMED or (self.given and not many):
            return (), NO_FILES
        kind, slash, begun = self.current.rpartition("/")
        if slash:
            names = self._live(kind, begun)
            return ((f"{kind}/{name}", "") for name in names), NO_FILES
        kinds = ("Certificate",) if many else ("Certificate", "Order")
        found = {
            name: kind
            for kind in kinds
            for name in self._live(kind.lower(), self.current)
            if name not in self.given
        }
        if found or many:
            return found.items(), NO_FILES
        prefixes = [f"{kind}/" for kind in _KINDS if kind.startswith(self.current)]
        return ((prefix, "") for prefix in prefixes), _directive(prefixes, "/")

    def _flags_given(self) -> Flags:
        known = {field.name for field in fields(Flags)}
        given = {name: value for name, value in self.values.items() if name in known}
        return Flags(**{"request_timeout": PATIENCE, **given, "verbosity": 0})

    def _live(self, kind: str, begun: str) -> tuple[str, ...]:
        """Names of that kind in the cluster."""
        from kubectl_order.cluster import connect

        with closing(connect(self._flags_given(), self.environ, StringIO())) as cluster:
            return cluster.names(kind, prefix=begun)

    def _contexts(self) -> Iterable[str]:
        from kubectl_order.access.kubeconfig import context_names

        return context_names(self._flags_given(), self.environ)


def _starting(offers: Iterable[Offer], begun: str) -> Iterable[Offer]:
    return [offer for offer in offers if offer[0].startswith(begun)]


def _directive(found: Sequence[str], end: str) -> int:
    """No space after a word that goes on."""
    goes_on = bool(found) and all(value.endswith(end) for value in found)
    return NO_FILES | (NO_SPACE if goes_on else 0)


def _of_verb(verb: str) -> dict[str, _Option]:
    if verb not in VERBS:
        return {}
    run = import_module(f"kubectl_order.commands.{VERBS[verb].module}").run
    return _options(run, ("session", "return"))


def _options(declared: Any, others: Sequence[str]) -> dict[str, _Option]:
    """The options among the parameters of a command or the fields of a dataclass, by spelling."""
    found: dict[str, _Option] = {}
    hints = get_type_hints(declared, include_extras=True)
    for field in inspect.signature(declared).parameters:
        if field in others:
            continue
        kind, info = hints[field].__args__[0], hints[field].__metadata__[0]
        if type(info).__name__ != "OptionInfo":
            continue
        names = written(field, info)
        option = _Option(field, names, info.help or "", kind is not bool, "list" in str(kind))
        found |= dict.fromkeys(names, option)
    return found
