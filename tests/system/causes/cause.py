"""One cause of failure as a row: who is asked about, when it stands, what must be said of it."""

import io
import json
import re
from dataclasses import dataclass

from kubectl_order.cli.program import run
from tests.system.world import Json, World

KINDS = "certificates,certificaterequests,orders,challenges"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """A Certificate `name` that cannot be had, and what `why` must say of it.

    It stands once some status of its chain holds `stands` (a regular expression over its JSON).
    `slug` is the cause that is to be found; the first line must hold all `words`.
    """

    name: str
    slug: str
    words: tuple[str, ...]
    who: str
    stands: str


@dataclass(frozen=True, slots=True)
class Said:
    """What the program printed; what it printed with -o json, and its exit code then."""

    text: str
    finding: Json
    exit: int

    @property
    def first_line(self) -> str:
        """What people read first."""
        return self.text.partition("\n")[0]


def why(world: World, name: str, namespace: str) -> Said:
    """Ask `kubectl order why`, once for people and once for programs."""
    where = ("why", name, "-n", namespace, "--kubeconfig", str(world.cluster.kubeconfig))
    (_, text), (exit_, document) = _run(*where), _run(*where, "-o", "json")
    return Said(text, json.loads(document)["finding"], exit_)


def chain(world: World, name: str, namespace: str) -> list[Json]:
    """The Certificate of that name and all that was made for it."""
    ours = re.compile(re.escape(name) + r"(-\d+){0,3}")
    found = world.all(KINDS, namespace)
    return [each for each in found if ours.fullmatch(each["metadata"]["name"])]


def until_it_stands(world: World, cause: Cause, namespace: str, timeout: float = 40) -> None:
    """Wait until the chain tells what the cause makes it tell."""

    def told() -> bool:
        parts = chain(world, cause.name, namespace)
        texts = [json.dumps(each.get("status", {}), ensure_ascii=False) for each in parts]
        return any(re.search(cause.stands, text) for text in texts)

    world.until(told, timeout, why=f"{cause.name}: {cause.stands}")


def check(world: World, cause: Cause, namespace: str) -> None:
    """Wait until it stands; then the first line names it, and who must act."""
    until_it_stands(world, cause, namespace)
    said = why(world, cause.name, namespace)
    assert [word for word in cause.words if word not in said.first_line] == [], said.text
    assert (said.finding["cause"], said.finding["who"]) == (cause.slug, cause.who)
    assert said.exit == (1 if said.finding["standing"] in ("failed", "overdue") else 0), said.text


def _run(*arguments: str) -> tuple[int, str]:
    stdout, stderr = io.StringIO(), io.StringIO()
    code = run(arguments, environ={}, stdout=stdout, stderr=stderr)
    assert stdout.getvalue(), stderr.getvalue()
    return code, stdout.getvalue()
