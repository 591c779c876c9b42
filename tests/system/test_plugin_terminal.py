"""`kubectl order` on a narrow terminal, into pipes that nobody reads, and about a CA that wants to
write to the terminal of whoever looks."""

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from devcluster import pki
from kubectl_order.failure import Exit
from tests.system import plugin
from tests.system.causes import scene, unfriendly
from tests.system.causes.unfriendly import HOSTILE
from tests.system.manifests import issuer
from tests.system.plugin import COMMAND, Person, on_terminal, plain
from tests.system.world import World, certificate

pytestmark = pytest.mark.usefixtures("controller")

PLACE = "plugin-terminal"
NARROW = 40
BROKEN_PIPE, DISK_FULL = 141, 70
COMMANDS = (
    "status refused",
    "status invalid",
    "status",
    "why refused",
    "why invalid",
    "list",
    "events refused",
    "history refused",
    "tree",
    "watch refused",
)


@pytest.fixture(scope="module")
def viewer(
    world: World, authority: pki.Authority, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Person]:
    """Somebody who views a namespace whose CA is hostile: it refuses one order, and finds the name
    of another one invalid."""
    with (
        unfriendly.running(world.cluster.pebble, authority) as front,
        scene.namespace(world, PLACE),
    ):
        user = plugin.account("vera", PLACE)
        front.refuse("refused.example.com", "new-order", 403, "unauthorized", HOSTILE)
        front.fail_validation("invalid.example.com", "dns", HOSTILE)
        address = {"server": front.directory_url, "caBundle": front.ca_bundle}
        by = {"kind": "Issuer", "name": "own"}
        world.apply(
            plugin.binding(user, PLACE, "view"),
            issuer(world, PLACE, scene.solver(world), **address),
            certificate("refused", namespace=PLACE, issuer=by),
            certificate("invalid", namespace=PLACE, issuer=by),
        )
        world.until(lambda: _failed(world) == 2, why="both have failed")
        # From now on it shows orders to everybody.
        error = {"type": HOSTILE, "detail": HOSTILE}
        front.refuse("invalid.example.com", "order", 200, "dns", HOSTILE, error=error)
        yield plugin.acting(world, tmp_path_factory.mktemp("terminal"), "vera", user)


def _failed(world: World) -> int:
    certificates = world.all("certificates", PLACE)
    return sum("failedIssuanceAttempts" in each.get("status", {}) for each in certificates)


def arguments(line: str) -> list[str]:
    return [*line.split(), "-n", PLACE]


@pytest.mark.parametrize("line", COMMANDS)
def test_a_hostile_ca_writes_to_no_terminal(viewer: Person, line: str) -> None:
    """`order` and `on_terminal` see to it that nothing but our colours is left of escapes, and its
    markup is text."""
    piped = viewer.order(*arguments(line))
    assert piped.err == ""
    assert "\x1b" not in piped.out
    shown = on_terminal(viewer, *arguments(line), columns=NARROW)
    assert shown.code == piped.code
    for ran in (piped, shown):
        text = "".join(plain(ran.out).split())
        assert "31mcertificate" in text
        assert "evil.example" not in text or "[link=https://evil.example]" in _joined(text)
    # Forty columns are enough, but for a command to run next: it stays in one piece, to be copied.
    wide = [each for each in plain(shown.out).splitlines() if len(each) > NARROW]
    assert [each for each in wide if not _is_command(each)] == []


def test_what_a_hostile_ca_says_when_it_is_asked_from_here(viewer: Person) -> None:
    """No controller has cleaned that."""
    piped = viewer.order(*arguments("why invalid --live"))
    shown = on_terminal(viewer, *arguments("why invalid --live"), columns=NARROW)
    assert piped.code == shown.code == Exit.FAILED
    for ran in (piped, shown):
        assert "\\x1b[2J" in "".join(plain(ran.out).split())
    document = viewer.order(*arguments("why invalid --live -o json"))
    assert document.out.isascii()
    assert any("\x1b[2J" in each["evidence"] for each in document.document["checks"])


@pytest.mark.parametrize(
    ("line", "form"),
    [
        ("status invalid", "json"),
        ("why refused", "json"),
        ("list", "yaml"),
        ("events refused", "yaml"),
    ],
)
def test_documents_are_ascii_and_keep_its_words(viewer: Person, line: str, form: str) -> None:
    ran = viewer.order(*arguments(line), "-o", form)
    assert ran.err == ""
    assert ran.out.isascii()
    assert "[bold red]for you[/] [link=https://evil.example]here[/link]" in ran.out


def test_one_field_is_printed_as_it_is(viewer: Person) -> None:
    field = "jsonpath={.finding.headline}"
    ran = viewer.order(*arguments("why refused"), "-o", field)
    assert "[bold red]for you[/]" in ran.out


def _is_command(line: str) -> bool:
    return re.match(r"\s*(Next: )?kubectl ", line) is not None


def test_no_color_is_heeded(viewer: Person) -> None:
    shown = on_terminal(viewer, *arguments("status"), NO_COLOR="1")
    assert "\x1b" not in shown.out
    assert "refused-" in shown.out
    assert "\x1b" not in on_terminal(viewer, *arguments("status"), TERM="dumb").out


def test_an_error_on_a_terminal(viewer: Person) -> None:
    """Its label alone is coloured, and what was typed is not let through."""
    shown = on_terminal(viewer, "status", "no\x1b[2Jne", "-n", PLACE)
    assert shown.code == Exit.NOT_FOUND
    assert shown.out.startswith("\x1b[31merror:\x1b[0m ")
    assert "\\x1b[2J" in shown.out


@pytest.mark.parametrize("line", ["list", "events refused", "--help"])
def test_whoever_reads_one_line_and_leaves_is_no_error(viewer: Person, line: str) -> None:
    command = " ".join(COMMAND)
    given = " ".join(arguments(line)) if "--" not in line else line
    shell = f'{{ {command} {given}; echo "code $?" >&2; }} | head -n 1'
    done = subprocess.run(
        ["sh", "-c", shell],
        env=viewer.environ,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert len(done.stdout.splitlines()) == 1
    code = int(done.stderr.removeprefix("code "))
    assert code in (Exit.FINE, Exit.FAILED, BROKEN_PIPE)


@pytest.mark.parametrize("line", ["list", "status refused", "watch refused", "list -o json"])
def test_a_pipe_that_nobody_reads_is_quiet(viewer: Person, line: str) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with viewer.started(*arguments(line), stdout=writer) as process:
        os.close(writer)
        _, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (BROKEN_PIPE, b"")


@pytest.mark.parametrize(
    ("closed", "line", "code"),
    [
        (">&-", "status refused", Exit.FAILED),
        (">&- 2>&-", "status refused", Exit.FAILED),
        ("<&-", "list", Exit.FINE),
        ("2>&-", "status nothing", Exit.NOT_FOUND),
        (">&- 2>&- <&-", "status nothing", Exit.NOT_FOUND),
    ],
)
def test_streams_that_are_closed_from_the_start(
    viewer: Person, closed: str, line: str, code: int
) -> None:
    """The exit code is what is left, and nothing is written into a connection instead."""
    shell = f"exec {' '.join(COMMAND)} {' '.join(arguments(line))} {closed}"
    done = subprocess.run(
        ["sh", "-c", shell],
        env=viewer.environ,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert (done.returncode, done.stderr) == (code, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_disk_that_is_full_is_told(viewer: Person) -> None:
    with (
        Path("/dev/full").open("wb") as full,
        viewer.started(*arguments("list"), stdout=full) as process,
    ):
        _, err = process.communicate(timeout=30)
    assert process.returncode == DISK_FULL
    assert err.decode() == "error: No space left on device\n"


def _joined(text: str) -> str:
    """What a frame has parted."""
    return re.sub(r"[│├└─]", "", text)
