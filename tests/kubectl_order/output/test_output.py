import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable
from datetime import UTC, datetime

import pytest
import yaml

from kubectl_order.failure import Exit, Failure
from kubectl_order.finding import Document, Ref
from kubectl_order.flags import Flags
from kubectl_order.output import check, complain, say, write
from kubectl_order.report import Top
from kubectl_order.session import Session
from kubectl_order.view.page import Branch, Page, Paragraph, Span, Style, Table, text
from tests.kubectl_order.hostile import HOSTILE, unfit
from tests.kubectl_order.output.test_screen import Tty

TIME = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
PAGE: Page = (
    Paragraph(text(Span("fine", Style.GOOD), " and well")),
    Table(("NAME", "REASON"), ((text("web-1"), text("it waits " * 10)),)),
)
SGR = re.compile("\x1b\\[(?:0|1|2|31|32|33|36)m")


class Row(Document):
    ref: Ref
    names: tuple[str, ...]
    reason: str
    next_retry: datetime | None
    status: int


class Rows(Top):
    kind: str = "Rows"
    time: datetime
    items: tuple[Row, ...]

    def refs(self) -> tuple[Ref, ...]:
        return tuple(row.ref for row in self.items)


def a_row(name: str = "web-1", kind: str = "Order", told: str = "é") -> Row:
    return Row(
        ref=Ref(kind=kind, name=name, namespace="shop"),
        names=(told, "b.test"),
        reason=told,
        next_retry=None,
        status=403,
    )


def a_document(rows: Iterable[Row] = (a_row(),)) -> Rows:
    return Rows(time=TIME, items=tuple(rows))


def a_session(
    output: str = "", *, tty: bool = False, environ: dict[str, str] | None = None
) -> Session:
    return Session(
        flags=Flags(output=output),
        environ=environ or {},
        stdout=Tty() if tty else io.StringIO(),
        stderr=io.StringIO(),
    )


def written(session: Session, document: Rows | None = None, page: Page = PAGE) -> str:
    write(session, document or a_document(), page)
    assert isinstance(session.stdout, io.StringIO)
    return session.stdout.getvalue()


AS_JSON = {
    "apiVersion": "kubectl-order/v1",
    "kind": "Rows",
    "time": "2026-11-24T09:00:00Z",
    "items": [
        {
            "ref": {"kind": "Order", "name": "web-1", "namespace": "shop"},
            "names": ["é", "b.test"],
            "reason": "é",
            "nextRetry": None,
            "status": 403,
        }
    ],
}


@pytest.mark.parametrize("tty", [False, True])
def test_json(tty: bool) -> None:
    printed = written(a_session("json", tty=tty, environ={"FORCE_COLOR": "1"}))
    assert json.loads(printed) == AS_JSON
    assert list(json.loads(printed)) == list(AS_JSON)
    assert printed.isascii()
    assert printed.startswith('{\n  "apiVersion": "kubectl-order/v1",\n')
    assert printed.endswith("}\n")


def test_yaml() -> None:
    printed = written(a_session("yaml"))
    assert yaml.safe_load(printed) == AS_JSON
    assert printed.isascii()
    assert printed.startswith("apiVersion: kubectl-order/v1\nkind: Rows\n")


def test_yaml_keeps_long_texts_on_one_line_and_repeats_what_is_there_twice() -> None:
    row = a_row(told="a long reason " * 50)
    printed = written(a_session("yaml"), a_document((row, row)))
    assert "reason: '" + "a long reason " * 50 + "'\n" in printed
    assert "*id" not in printed


@pytest.mark.parametrize(
    ("kind", "printed"),
    [
        ("Order", "order.acme.cert-manager.io/x"),
        ("Challenge", "challenge.acme.cert-manager.io/x"),
        ("Certificate", "certificate.cert-manager.io/x"),
        ("CertificateRequest", "certificaterequest.cert-manager.io/x"),
        ("ClusterIssuer", "clusterissuer.cert-manager.io/x"),
        ("Secret", "secret/x"),
        ("Ingress", "ingress.networking.k8s.io/x"),
    ],
)
def test_names_are_those_of_kubectl(kind: str, printed: str) -> None:
    document = a_document((a_row("x", kind), a_row("y")))
    assert written(a_session("name"), document) == f"{printed}\norder.acme.cert-manager.io/y\n"


def test_jsonpath() -> None:
    session = a_session('jsonpath={range .items[*]}{.ref.name}{"\\t"}{.names[0]}{"\\n"}{end}')
    assert written(session) == "web-1\té\n"


@pytest.mark.parametrize("output", ["", "wide"])
def test_a_page_in_a_file_is_plain_and_unwrapped(output: str) -> None:
    reason = "it waits " * 10
    assert written(a_session(output, environ={"COLUMNS": "40"})) == (
        f"fine and well\nNAME    REASON\nweb-1   {reason.rstrip()}\n"
    )


def test_a_page_on_a_terminal_is_wrapped_and_in_colour() -> None:
    printed = written(a_session(tty=True, environ={"COLUMNS": "40"}))
    assert "\x1b[32mfine\x1b[0m and well" in printed
    assert max(map(len, SGR.sub("", printed).split("\n"))) <= 40


def test_a_page_on_a_terminal_without_colours() -> None:
    printed = written(a_session(tty=True, environ={"COLUMNS": "40", "NO_COLOR": "1"}))
    assert "\x1b" not in printed
    assert max(map(len, printed.split("\n"))) <= 40


def test_a_page_in_a_file_in_colour_is_not_wrapped() -> None:
    printed = written(a_session(environ={"FORCE_COLOR": "1"}))
    assert "\x1b[32mfine" in printed
    assert ("it waits " * 10).rstrip() in printed


@pytest.mark.parametrize(
    "output", ["xml", "JSON", "json=", "wide=1", "names", "jsonpath", "jsonpath=", "=", "\x1b[2J"]
)
def test_an_unknown_format_is_refused(output: str) -> None:
    session = a_session(output)
    for refuses in (lambda: check(output), lambda: written(session)):
        with pytest.raises(Failure) as refused:
            refuses()
        assert refused.value.exit is Exit.USAGE
        assert "-o" in refused.value.sentence
    assert session.stdout.getvalue() == ""  # type: ignore[attr-defined]


def test_a_refusal_names_the_format_and_the_choices() -> None:
    with pytest.raises(Failure) as refused:
        check("xml")
    assert refused.value.sentence == '-o knows no format "xml"'
    assert refused.value.hint == "it knows json, yaml, name, wide and jsonpath=TEMPLATE"


def test_a_wrong_template_is_refused_before_anything_is_read() -> None:
    with pytest.raises(Failure, match="is wrong at character 1"):
        check("jsonpath={.a")


@pytest.mark.parametrize("output", ["", "wide", "json", "yaml", "name", "jsonpath={.x}"])
def test_known_formats(output: str) -> None:
    check(output)


HOSTILE_JSONPATH = "jsonpath={.items[*].ref.name}{.items}{..reason}"


@pytest.mark.parametrize("output", ["", "wide", "json", "yaml", "name", HOSTILE_JSONPATH])
@pytest.mark.parametrize("tty", [False, True], ids=["file", "terminal"])
@pytest.mark.parametrize("foreign", HOSTILE.values(), ids=HOSTILE)
def test_nothing_hostile_reaches_the_stream(foreign: str, tty: bool, output: str) -> None:
    document = a_document((a_row(foreign, told=foreign), a_row(kind=foreign)))
    span = text(Span(foreign, Style.BAD), foreign)
    page = (Paragraph(span), Table((foreign,), ((span,),)), Branch(span, (Branch(span),)))
    printed = written(a_session(output, tty=tty), document, page)
    printed.encode()
    assert not unfit(SGR.sub("", printed) if tty and output in ("", "wide") else printed)
    assert "forged" not in [line[:6] for line in printed.split("\n")]


@pytest.mark.parametrize("foreign", HOSTILE.values(), ids=HOSTILE)
def test_documents_are_as_they_came_for_programs(foreign: str) -> None:
    printed = written(a_session("json"), a_document((a_row(told=foreign),)))
    assert json.loads(printed)["items"][0]["reason"] == foreign


def test_a_line_said_now() -> None:
    session = a_session()
    say(session, text("order/web-1 ", Span("pending", Style.WARNING), "\x1b[2J"))
    assert session.stdout.getvalue() == "order/web-1 pending\\x1b[2J\n"  # type: ignore[attr-defined]


def test_a_line_said_beside_a_document_goes_to_standard_error() -> None:
    session = a_session("json")
    say(session, text("pending"))
    assert session.stderr.getvalue() == "pending\n"  # type: ignore[attr-defined]
    assert session.stdout.getvalue() == ""  # type: ignore[attr-defined]


def complained(
    sentence: str, hint: str = "", *, tty: bool = False, environ: dict[str, str] | None = None
) -> str:
    stream = Tty() if tty else io.StringIO()
    complain(stream, Failure(sentence, exit=Exit.USAGE, hint=hint), environ=environ or {})
    return stream.getvalue()


@pytest.mark.parametrize(
    ("sentence", "hint", "printed"),
    [
        pytest.param("it is gone", "", "error: it is gone\n", id="sentence"),
        pytest.param("it is gone", "look", "error: it is gone\nhint: look\n", id="hint"),
        pytest.param(
            "two fit",
            "order/a\norder/b",
            "error: two fit\nhint: order/a\n      order/b\n",
            id="list",
        ),
        pytest.param(
            "no\nerror: forged\x1b[2J",
            "\x9b\r\nerror: forged",
            "error: no\\nerror: forged\\x1b[2J\nhint: \\x9b\\r\n      error: forged\n",
            id="hostile",
        ),
    ],
)
def test_a_complaint(sentence: str, hint: str, printed: str) -> None:
    assert complained(sentence, hint) == printed


def test_a_complaint_in_colour() -> None:
    assert complained("gone", tty=True) == "\x1b[31merror:\x1b[0m gone\n"
    assert complained("gone", tty=True, environ={"NO_COLOR": "1"}) == "error: gone\n"


def test_a_closed_pipe_is_noticed_at_once() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    stdout = open(writing, "w", encoding="utf-8")  # noqa: PTH123, SIM115
    session = Session(flags=Flags(), environ={}, stdout=stdout, stderr=io.StringIO())
    with pytest.raises(BrokenPipeError):
        write(session, a_document(), PAGE)
    with pytest.raises(BrokenPipeError):
        stdout.close()


@pytest.mark.parametrize(
    ("format_", "unwanted"),
    [
        ("", {"rich", "yaml", "jsonpath"}),
        ("json", {"rich", "yaml", "jsonpath"}),
        ("yaml", {"rich", "jsonpath"}),
        ("name", {"rich", "yaml", "jsonpath"}),
        ("jsonpath={.kind}", {"rich", "yaml"}),
    ],
)
def test_a_format_imports_only_what_it_needs(format_: str, unwanted: set[str]) -> None:
    code = f"""
import sys
from kubectl_order.flags import Flags
from kubectl_order.output import write
from kubectl_order.report import Top
from kubectl_order.session import Session
flags = Flags(output={format_!r})
write(Session(flags=flags, environ={{}}, stdout=sys.stderr, stderr=sys.stderr), Top(kind="X"), ())
print(*sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not unwanted & set(done.stdout.split())


def test_a_complaint_holds_no_key_authorization() -> None:
    key = f"{'tokeN-' * 7}.{'thumB_' * 7}A"
    printed = complained(f'expected "{key}"', f"see {key}")
    assert printed == 'error: expected "…"\nhint: see …\n'
