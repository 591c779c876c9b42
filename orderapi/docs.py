"""What the Structs say about themselves: the text below each field, read from their source.

Python drops such texts, so they are parsed again, by the generator of the CRDs alone. Nothing that
runs in the cluster reads them.
"""

import ast
import inspect
import textwrap
from itertools import pairwise

import msgspec

from orderapi.wire import Wire


def class_doc(struct: type[msgspec.Struct]) -> str:
    """The first paragraph of the class's docstring, on one line."""
    return _one_line((struct.__doc__ or "").split("\n\n")[0])


def field_docs(struct: type[msgspec.Struct]) -> dict[str, str]:
    """The text below each field, inherited ones included, by attribute name, on one line each."""
    docs: dict[str, str] = {}
    for ancestor in reversed(struct.__mro__):
        if issubclass(ancestor, Wire):
            docs.update(_own_field_docs(ancestor))
    return docs


def _own_field_docs(struct: type[msgspec.Struct]) -> dict[str, str]:
    (definition,) = ast.parse(textwrap.dedent(inspect.getsource(struct))).body
    body = definition.body if isinstance(definition, ast.ClassDef) else []
    docs: dict[str, str] = {}
    for statement, following in pairwise(body):
        match statement, following:
            case (
                ast.AnnAssign(target=ast.Name(id=name)),
                ast.Expr(value=ast.Constant(value=str(text))),
            ):
                docs[name] = _one_line(text)
            case _:
                pass
    return docs


def _one_line(text: str) -> str:
    return " ".join(text.split())
