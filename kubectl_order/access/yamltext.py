"""YAML as kubeconfigs have it; the only importer of PyYAML here, whose import takes 10 ms.

A text that looks like a number or a date is a text all the same: names and tokens may look so.
"""

import re
from typing import Any, Final

import yaml

_DEEPEST: Final = 100
"""libyaml's composer recurses in C; some thousand levels end the process."""

_KEPT: Final = ("tag:yaml.org,2002:null", "tag:yaml.org,2002:merge")


class NotYaml(Exception):
    """It cannot be read; `line` is where, from 1, or 0. The text is not quoted: it has secrets."""

    def __init__(self, line: int) -> None:
        super().__init__(line)
        self.line = line


def parse(text: bytes) -> Any:
    """The first document in `text`, None where there is none; or NotYaml."""
    try:
        return yaml.load(text, Loader=_Loader)  # noqa: S506
    except Exception as error:  # its constructors raise whatever their tags lead to
        mark = getattr(error, "problem_mark", None)
        raise NotYaml(mark.line + 1 if mark is not None else 0) from None


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    yaml_implicit_resolvers: Final = {
        first: [(tag, pattern) for tag, pattern in pairs if tag in _KEPT]
        for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    depth = 0

    def descend_resolver(self, current_node: Any, current_index: Any) -> None:
        """Called on the way into each node."""
        self.depth += 1
        if self.depth > _DEEPEST:
            raise yaml.YAMLError

    def ascend_resolver(self) -> None:
        """Called on the way out."""
        self.depth -= 1


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile("(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF")
)
