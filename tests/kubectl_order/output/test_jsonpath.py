import json
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devcluster.kubectl import kubectl
from kubectl_order.failure import Exit, Failure
from kubectl_order.output.jsonpath import fill, parse
from tests.kubectl_order.hostile import HOSTILE, unfit

DOCUMENT: Final[dict[str, Any]] = {
    "apiVersion": "kubectl-order/v1",
    "kind": "OrderList",
    "metadata": {"name": "x", "labels": {"a": "b"}, "annotations": {"a.b/c": "dotted"}},
    "n": 3,
    "f": 1.5,
    "ok": True,
    "nothing": None,
    "empty": [],
    "object": {"b": 1, "a": [True, None, "é"]},
    # Not `items`: kubectl would print each of them by itself.
    "lines": [
        {"ref": {"name": "web-1"}, "state": "valid", "names": ["a.test", "b.test"], "n": 1},
        {"ref": {"name": "web-2"}, "state": "pending", "names": ["c.test"], "n": 2, "caa": {}},
        {"ref": {"name": "web-3"}, "state": "va)l]id", "names": [], "n": 10, "caa": None},
    ],
}


def filled(template: str, document: Any = DOCUMENT) -> str:
    return fill(parse(template), document)


LIKE_KUBECTL = {
    "plain text \\n": "plain text \\n",
    ".kind": ".kind",
    "{.kind}": "OrderList",
    "{$.kind}{@.kind}{ .kind }": "OrderListOrderListOrderList",
    "{.object .b}": "1",
    "{['kind']}/{['metadata']['name']}": "OrderList/x",
    "{.f} {.n} {.ok} {.nothing}": "1.5 3 true null",
    "{.empty}{.metadata.labels}": '[]{"a":"b"}',
    "{.missing}{.missing.x}{.missing[0]}{.n.x}{.}": "",
    "{.metadata.annotations.a\\.b/c}": "dotted",
    "{.metadata.annotations['a\\.b/c']}": "dotted",
    "{.lines[*].ref.name}": "web-1 web-2 web-3",
    "{.lines.*.n}": "1 2 10",
    "{.lines[-1].n}": "10",
    "{.lines[0,2].n}": "1 10",
    "{.lines[0:2].n}|{.lines[:2].n}|{.lines[-2:].n}|{.lines[::2].n}": "1 2|1 2|2 10|1 10",
    "{.lines[*]['ref.name','state']}": "web-1 web-2 web-3 valid pending va)l]id",
    "{.lines[*].names}": '["a.test","b.test"] ["c.test"] []',
    "{.lines..name}": "web-1 web-2 web-3",
    "{..ref.name}": "web-1 web-2 web-3",
    "{..names[*]}": "a.test b.test c.test",
    '{range .lines[*]}{.ref.name}{"\\t"}{@.state}{"\\n"}{end}{.n}': (
        "web-1\tvalid\nweb-2\tpending\nweb-3\tva)l]id\n3"
    ),
    "{range .lines[*]}{.n}:{range .names[*]}{@},{end};{end}done": (
        "1:a.test,b.test,;2:c.test,;10:;done"
    ),
    "{range .missing[*]}x{end}{range .empty[*]}x{end}y": "y",
    '{.lines[?(@.state=="valid")].n}': "1",
    "{.lines[?(@.state!='valid')].n}": "2 10",
    '{.lines[?(@.state=="va)l]id")].n}': "10",
    '{.lines[?(@.ref.name == "web-2")].n}': "2",
    "{.lines[?(@.n>1)].n}|{.lines[?(@.n<=2)].n}": "2 10|1 2",
    "{.lines[?(@.caa)].n}": "2 10",
    '{.lines[0].names[?(@=="a.test")]}': "a.test",
    '{.lines[?(@.x\\.y=="z")].n}': "",
    '{"\\"q\\" \\x41\\u00e9\\\\ "}': '"q" Aé\\ ',
    "{'tab\\t'}}{\"}\"}": "tab\t}}",
}


@pytest.mark.parametrize(("template", "printed"), LIKE_KUBECTL.items(), ids=LIKE_KUBECTL)
def test_what_is_printed(template: str, printed: str) -> None:
    assert filled(template) == printed


def test_kubectl_prints_the_same(tmp_path: Path) -> None:
    """`kubectl label --local` prints an object that it has read from a file."""
    file, kubeconfig = tmp_path / "document.json", tmp_path / "kubeconfig"
    file.write_text(json.dumps(DOCUMENT))
    kubeconfig.touch()
    read = ("label", "--local", "--overwrite", "a=b", f"--filename={file}")
    for template, printed in LIKE_KUBECTL.items():
        assert kubectl(kubeconfig, *read, f"--output=jsonpath={template}") == printed, template


@pytest.mark.parametrize(
    ("template", "printed"),
    [
        pytest.param('{.lines[0]["state"]}', "valid", id="double quotes"),
        pytest.param("{.lines[9].n}{.n[0]}{.kind[0]}", "", id="no such index"),
        pytest.param("{.lines[0:9].n}", "1 2 10", id="a slice beyond the end"),
        pytest.param("{.lines[0:1,1].n}{.lines[ 0 ].n}", "1 21", id="blanks and mixed"),
        pytest.param('{.lines[?(@.n>1 && @.state=="pending")].n}', "2", id="and"),
        pytest.param("{.lines[?(@.n==1.0)].n}", "1", id="whole numbers"),
        pytest.param('{.lines[?(@.names[0]=="a.test")].n}', "1", id="index in a filter"),
        pytest.param("{range .lines[*]}{.n},", "1,2,10,", id="a range without end"),
        pytest.param("{..name}", "x web-1 web-2 web-3", id="in the order of the document"),
        pytest.param("{.object}", '{"a":[true,null,"\\u00e9"],"b":1}', id="sorted, in ASCII"),
        pytest.param('{"\\q\\U00110000"}', "\\q\\U00110000", id="unknown escapes"),
        pytest.param('{"a\\\\"}', "a\\", id="backslash before the quote"),
    ],
)
def test_what_kubectl_refuses_or_does_otherwise(template: str, printed: str) -> None:
    assert filled(template) == printed


@pytest.mark.parametrize("template", ["{}", "{@}", "{$}", "{ }"])
def test_the_value_at_hand(template: str) -> None:
    assert json.loads(filled(template)) == DOCUMENT


@pytest.mark.parametrize(
    ("template", "told"),
    [
        pytest.param("ab{.c", "3: this brace is not closed", id="brace"),
        pytest.param("{", "1: this brace is not closed", id="brace alone"),
        pytest.param('{"a}', "2: this text is not closed", id="text"),
        pytest.param('{"a" "b"}', '6: `"` is not expected here', id="two texts"),
        pytest.param("{foo}", "1: a path begins with a dot: {.foo}", id="word"),
        pytest.param("{.a}{1}", "6: `1` is not expected here", id="number"),
        pytest.param("{.a(b)}{.b}#{.c!d}{.e}{.a[}", "26: in brackets stand", id="bracket"),
        pytest.param("{.a[x]}", "4: in brackets stand", id="selector"),
        pytest.param("{.a[0}", "4: this bracket is not closed", id="open bracket"),
        pytest.param("{.a[?(@.n==1]}", "4: this filter is not closed", id="filter"),
        pytest.param("{.a[?(@.n==1)}", "4: this filter is not closed", id="filter's bracket"),
        pytest.param("{.a[?(@.n=1)]}", "4: ", id="filter's operator"),
        pytest.param("{.a[?(nosuch(@.n))]}", "4: ", id="filter's function"),
        pytest.param("{.a[?(@.a =~ /(/)]}", "4: ", id="filter's pattern"),
        pytest.param("{..}", "2: nothing follows the two dots", id="dots"),
        pytest.param("{...a}", "2: nothing follows the two dots", id="three dots"),
        pytest.param("{end}", "1: this {end} ends no {range}", id="end"),
        pytest.param("{range .a}{end}{end}", "16: this {end} ends no {range}", id="ends"),
        pytest.param("{range .a", "1: this brace is not closed", id="range"),
        pytest.param("{.a\n}", "4: `\n` is not expected here", id="newline"),
        pytest.param("{range .a}" * 21, "201: more than 20 ranges", id="deep ranges"),
        pytest.param("{.a[99999999999999999999]}", "4: ", id="a large index"),
    ],
)
def test_a_wrong_template_is_refused(template: str, told: str) -> None:
    with pytest.raises(Failure) as refused:
        parse(template)
    assert f"is wrong at character {told}" in refused.value.sentence
    assert "\n" not in refused.value.sentence.removesuffix("`\n` is not expected here")
    assert refused.value.exit is Exit.USAGE


def test_a_filter_that_cannot_be_evaluated() -> None:
    nodes = parse("{.a[?(_contains[-1])]}")
    with pytest.raises(Failure, match="cannot be evaluated") as refused:
        fill(nodes, {"a": [1]})
    assert refused.value.exit is Exit.USAGE


@pytest.mark.parametrize("foreign", HOSTILE.values(), ids=HOSTILE)
def test_hostile_values(foreign: str) -> None:
    document = {"a": foreign, "b": {foreign: [foreign]}}
    printed = filled("{.a}{..*}", document)
    assert not unfit(printed)
    assert "\n" not in printed


def test_text_that_is_json_is_no_document() -> None:
    assert filled("{.a.b}{.a[*]}{.a..b}", {"a": '{"b": 1}'}) == ""


PARTS = (
    *(
        "{",
        "}",
        "{range ",
        "{end}",
        ".lines",
        "[*]",
        "[0]",
        "[-1]",
        "[?(",
        "@",
        "$",
        ".n",
        "==",
        "1",
    ),
    *(")]", '"a"', "'x'", "..", "*", "(", ")", "[", "]", ",", ":", "\\", "&&", "||", "!", "~", "#"),
    *("_", "^", "|", "length(", "match(@.state,'(')", "in", "not ", "contains", "<", "1.5", "null"),
    *(" ", "\t", "\n", "é", "\ud800", "(" * 60),
)


@given(parts=st.lists(st.sampled_from(PARTS), max_size=12), in_filter=st.booleans())
def test_any_template_is_printed_or_refused(parts: list[str], in_filter: bool) -> None:
    template = "".join(parts)
    try:
        printed = filled(f"{{.lines[?({template})]}}" if in_filter else template)
    except Failure:
        return
    assert isinstance(printed, str)


@given(template=st.text(st.characters(exclude_characters="{")))
def test_what_stands_outside_of_braces_is_printed_as_it_is(template: str) -> None:
    assert filled(template) == template
