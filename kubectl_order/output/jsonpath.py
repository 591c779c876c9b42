r"""Templates of `-o jsonpath=`, written as for kubectl.

    {.items[*].ref.name}                                 values, with blanks between them
    {range .items[*]}{.ref.name}{"\t"}{.state}{"\n"}{end}
    {.items[?(@.state=="valid")].ref.name}

Braces hold a path, a quoted text, `range` with a path, or `end`, which may be left out at the end.
What stands outside is printed as it is. A path begins with the value at hand, which may be written
as `$` or `@`; a backslash takes a dot its meaning. Some of what kubectl refuses is understood too:
`["state"]`, `&&` in a filter, an index that a list does not have (it is nothing). Paths become
queries of RFC 9535 for the jsonpath package, which is imported when there is a template.

What comes out of the document is escaped. What stands in the template is printed as it is: it was
typed by whoever reads the result.
"""

import json
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from kubectl_order.failure import Exit, Failure
from kubectl_order.text import escaped

if TYPE_CHECKING:
    from jsonpath import CompoundJSONPath, JSONPath

Json: TypeAlias = Any
Query: TypeAlias = "JSONPath | CompoundJSONPath"


@dataclass(frozen=True, slots=True)
class Literal:
    """Text that is printed as it is."""

    text: str


@dataclass(frozen=True, slots=True)
class Path:
    """Steps from value to values. A step with several queries (`[0,2]`) takes all values through
    the first, then all through the next."""

    steps: tuple[tuple[Query, ...], ...]


@dataclass(frozen=True, slots=True)
class Range:
    """A body that is printed for each value of a path."""

    path: Path
    body: "tuple[Node, ...]"


Node: TypeAlias = Literal | Path | Range

_DEEPEST: Final = 20
_OF_PYTHON: Final = (re.error, RecursionError, TypeError, ValueError)
"""What the jsonpath package lets through of filters that are wrong, besides its own errors."""
_BLANKS: Final = re.compile(r"[ \t]*")
_OUTSIDE: Final = re.compile(r"[^{]+")
_TEXT: Final = re.compile(r"""(?s:"((?:\\.|[^"\\])*)"|'((?:\\.|[^'\\])*)')""")
_WORD: Final = re.compile(r"[A-Za-z]+")
_NAME: Final = re.compile(r"((?:\\.|[^\s.,\[\]$@{}\\])*)")
_SELECTOR: Final = re.compile(
    r"""[ ]*(?:(\*|-?\d*:-?\d*(?::\d*)?|-?\d+)|'([^']*)'|"([^"]*)")[ ]*"""
)
_FILTER_PART: Final = re.compile(rf"{_TEXT.pattern}|[()]")
_FILTER_NAME: Final = re.compile(
    rf"(?P<text>{_TEXT.pattern})|(?P<root>\$)|(?P<number>\d+(?:\.\d+)?)"
    r"|\.(?P<name>(?:\\.|[^\s.,\[\]$@{}()=!<>~&|*\\'\"])+)"
)
_DOT: Final = re.compile(r"(?<!\\)\.")
_ESCAPE: Final = re.compile(r"(?s:\\(?:x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.)))")
_ESCAPES: Final = {
    "a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v",
    "\\": "\\", "'": "'", '"': '"',
}  # fmt: skip


def parse(template: str) -> tuple[Node, ...]:
    """The nodes of a template; Failure for one that is wrong, with the place in it."""
    return _Parser(template).nodes()


def fill(nodes: Sequence[Node], value: Json) -> str:
    """The template for a document (as json.loads gives it). A path that leads nowhere prints
    nothing; Failure for a filter that cannot be evaluated."""
    return "".join(_filled(nodes, value))


def _filled(nodes: Sequence[Node], value: Json) -> Iterator[str]:
    for node in nodes:
        match node:
            case Literal(text):
                yield text
            case Path():
                yield " ".join(map(_shown, _values(node, value)))
            case Range(path, body):
                for one in _values(path, value):
                    yield from _filled(body, one)


def _values(path: Path, value: Json) -> Sequence[Json]:
    from jsonpath import JSONPathError

    values = [value]
    try:
        for step in path.steps:
            # A query takes a string for JSON yet to be read.
            nested = [one for one in values if isinstance(one, (dict, list))]
            values = [found for query in step for one in nested for found in query.findall(one)]
    except (JSONPathError, *_OF_PYTHON) as error:
        raise _wrong(f"cannot be evaluated: {_reason(error)}") from None
    return values


def _shown(value: Json) -> str:
    if isinstance(value, str):
        return escaped(value)
    return json.dumps(value, separators=(",", ":"), sort_keys=True)


class _Parser:
    """Goes through a template once, from left to right."""

    def __init__(self, template: str) -> None:
        self._template = template
        self._at = 0

    def nodes(self, depth: int = 0) -> tuple[Node, ...]:
        """The nodes up to the end of the range, or of the template."""
        nodes: list[Node] = []
        while self._at < len(self._template):
            began = self._at
            if not self._skip("{"):
                nodes.append(Literal(self._taken(_OUTSIDE)))
                continue
            self._taken(_BLANKS)
            match self._taken(_WORD):
                case "":
                    nodes.append(self._inside(began))
                case "range":
                    nodes.append(self._range(began, depth + 1))
                case "end" if depth:
                    self._close(began)
                    break
                case "end":
                    raise self._fault("this {end} ends no {range}", began)
                case word:
                    raise self._fault(f"a path begins with a dot: {{.{word}}}", began)
        return tuple(nodes)

    def _range(self, began: int, depth: int) -> Range:
        if depth > _DEEPEST:
            raise self._fault(f"more than {_DEEPEST} ranges are in each other", began)
        path = self._path(began)
        return Range(path, self.nodes(depth))

    def _inside(self, began: int) -> Node:
        if not self._sees('"') and not self._sees("'"):
            return self._path(began)
        quoted = self._taken(_TEXT)
        if not quoted:
            raise self._fault("this text is not closed", self._at)
        self._close(began)
        return Literal(_ESCAPE.sub(_unescaped, quoted[1:-1]))

    def _path(self, began: int) -> Path:
        """A path, and the brace behind it."""
        self._taken(_BLANKS)
        if not self._skip("$"):
            self._skip("@")
        steps: list[tuple[Query, ...]] = []
        while self._taken(_BLANKS) is not None and not self._sees("}"):
            steps.append(self._step(began))
        self._close(began)
        return Path(tuple(steps))

    def _step(self, began: int) -> tuple[Query, ...]:
        at = self._at
        deep = ".." if self._skip("..") else ""
        if self._sees("[?("):
            selectors = [self._filter(at)]
        elif self._skip("["):
            selectors = list(self._selectors(at))
        elif deep or self._skip("."):
            name = self._taken(_NAME)
            if deep and not name:
                raise self._fault("nothing follows the two dots", at)
            selectors = ["[*]" if name == "*" else _named(name)]
        else:
            self._close(began)
        return tuple(self._compiled(f"${deep}{selector}", at) for selector in selectors)

    def _selectors(self, began: int) -> Iterator[str]:
        while True:
            found = _SELECTOR.match(self._template, self._at)
            if found is None:
                raise self._fault("in brackets stand *, an index, a slice or a quoted name", began)
            self._at = found.end()
            plain, *quoted = found.groups()
            names = next((one for one in quoted if one is not None), "")
            # As in kubectl a quoted name is a path: 'ref.name' are two names.
            yield f"[{plain}]" if plain else "".join(map(_named, _DOT.split(names)))
            if self._skip("]"):
                return
            if not self._skip(","):
                raise self._fault("this bracket is not closed", began)

    def _filter(self, began: int) -> str:
        """`[?(...)]` as RFC 9535 has it."""
        self._skip("[?(")
        begin, depth = self._at, 1
        for part in _FILTER_PART.finditer(self._template, begin):
            depth += {"(": 1, ")": -1}.get(part[0], 0)
            if not depth:
                self._at = part.end()
                if not self._skip("]"):
                    break
                return f"[?({_FILTER_NAME.sub(_in_filter, self._template[begin : part.start()])})]"
        raise self._fault("this filter is not closed", began)

    def _compiled(self, query: str, at: int) -> Query:
        from jsonpath import JSONPathError, compile  # noqa: A004

        try:
            return compile(query)
        except (JSONPathError, *_OF_PYTHON) as error:
            raise self._fault(_reason(error), at) from None

    def _taken(self, pattern: re.Pattern[str]) -> str:
        """What matches here, and is passed; empty where nothing does."""
        found = pattern.match(self._template, self._at)
        if found is None:
            return ""
        self._at = found.end()
        return found[0]

    def _sees(self, text: str) -> bool:
        return self._template.startswith(text, self._at)

    def _skip(self, text: str) -> bool:
        seen = self._sees(text)
        self._at += len(text) if seen else 0
        return seen

    def _close(self, began: int) -> None:
        self._taken(_BLANKS)
        if self._skip("}"):
            return
        if self._at < len(self._template):
            raise self._fault(f"`{self._template[self._at]}` is not expected here", self._at)
        raise self._fault("this brace is not closed", began)

    def _fault(self, why: str, at: int) -> Failure:
        return _wrong(f"is wrong at character {at + 1}: {why}")


def _wrong(how: str) -> Failure:
    return Failure(
        f"the jsonpath template {how}",
        exit=Exit.USAGE,
        hint="it is written as for kubectl: https://kubernetes.io/docs/reference/kubectl/jsonpath/",
    )


def _reason(error: Exception) -> str:
    """The first words of an error of the jsonpath package, which draws pictures below them."""
    return str(getattr(error, "message", error)).split("\n", 1)[0]


def _named(name: str) -> str:
    plain = re.sub(r"\\(.)", r"\1", name)
    return f"[{json.dumps(plain)}]"


def _in_filter(found: re.Match[str]) -> str:
    """A part of a filter as RFC 9535 has it: quoted names, and the value at hand for `$`."""
    if found["name"]:
        return _named(found["name"])
    return "@" if found["root"] else found[0]


def _unescaped(found: re.Match[str]) -> str:
    code = found[1] or found[2] or found[3]
    if not code:
        return _ESCAPES.get(found[4], found[0])
    return chr(int(code, 16)) if int(code, 16) <= sys.maxunicode else found[0]
