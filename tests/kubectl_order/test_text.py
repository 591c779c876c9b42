import dataclasses
import itertools
import time
import unicodedata
from datetime import UTC, datetime
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubectl_order.finding import Actor, Finding, Ref, Standing
from kubectl_order.text import escaped, redacted
from kubectl_order.view.page import Branch, Fields, Paragraph, Span, Style, Table, text
from tests.kubectl_order.hostile import HOSTILE, unfit

ANY_TEXT = st.text(st.characters(exclude_categories=()))  # halves of surrogate pairs too
ODD_TEXT = st.text(
    st.one_of(
        st.characters(categories=("Cc", "Cf", "Cs", "Co", "Cn", "Mn", "Me", "Zl", "Zp", "Zs")),
        st.sampled_from("a\\é☀\ufe0f\u034f\u3164\n"),
    )
)

# A token has at least 22 characters (RFC 8555, section 8.3).
TOKENS = st.text(st.sampled_from("abcXYZ019_-"), min_size=22, max_size=50)


@pytest.mark.parametrize(
    ("foreign", "shown"),
    [
        pytest.param("\x1b[2J", r"\x1b[2J", id="escape"),
        pytest.param("\x9b", r"\x9b", id="C1"),
        pytest.param("\x7f", r"\x7f", id="delete"),
        pytest.param("a\r\n\tb", r"a\r\n\tb", id="line breaks and tabs"),
        pytest.param("\x0b\x0c\x85", r"\x0b\x0c\x85", id="other line breaks"),
        pytest.param("\u2028\u2029", r"\u2028\u2029", id="separators"),
        pytest.param("\u202e\u2066\u200f\u061c", r"\u202e\u2066\u200f\u061c", id="bidi"),
        pytest.param("\u200b\u200d\ufeff", r"\u200b\u200d\ufeff", id="zero width"),
        pytest.param("\u00ad\u034f\u115f\u3164", r"\xad\u034f\u115f\u3164", id="ignorable"),
        pytest.param("a\xa0b\u3000c", r"a\xa0b\u3000c", id="blanks that are no spaces"),
        pytest.param("\U000e0041", r"\U000e0041", id="tag"),
        pytest.param("\ue000\u0378", r"\ue000\u0378", id="private and unassigned"),
        pytest.param("\ud800", r"\ud800", id="half of a pair"),
        pytest.param("a\ufe0f\ufe0e\U000e0100", r"a\ufe0f\ufe0e\U000e0100", id="variations"),
        pytest.param("\u0301x", r"\u0301x", id="a mark with nothing before it"),
        pytest.param("e" + "\u0301" * 6, "e" + "\u0301" * 4 + r"\u0301\u0301", id="many marks"),
    ],
)
def test_what_is_escaped(foreign: str, shown: str) -> None:
    assert escaped(foreign) == shown


@pytest.mark.parametrize(
    "harmless",
    [
        pytest.param("", id="nothing"),
        pytest.param("plain [red]text[/red] :smile: \\n \\x1b", id="ASCII"),
        pytest.param("Größe, naïve, Ελλάδα, Привет", id="alphabets"),
        pytest.param("证书 証明書 인증서", id="wide"),
        pytest.param("שלום مرحبا", id="from right to left"),
        pytest.param("e\u0301 Việt नमस्ते ที่", id="marks"),
        pytest.param("שָׁל֗וֹם", id="several marks"),
        pytest.param("⚠\ufe0f 🔒 🇩🇪 …", id="emoji"),
    ],
)
def test_what_stays(harmless: str) -> None:
    assert escaped(harmless) == harmless


@given(foreign=st.one_of(ANY_TEXT, ODD_TEXT, st.sampled_from(list(HOSTILE.values()))))
def test_it_is_one_printable_line_for_good(foreign: str) -> None:
    shown = escaped(foreign)
    assert not unfit(shown)
    assert "\n" not in shown
    assert escaped(shown) == shown
    assert len(foreign) <= len(shown) <= 10 * len(foreign)


@given(foreign=ODD_TEXT)
def test_marks_do_not_pile_up(foreign: str) -> None:
    for is_mark, run in itertools.groupby(
        escaped(foreign), key=lambda one: unicodedata.category(one) in ("Mn", "Me")
    ):
        assert not is_mark or len(list(run)) <= 4


def test_every_character_alone_is_safe() -> None:
    for first in range(0, 0x110000, 0x1000):
        shown = escaped("a".join(map(chr, range(first, first + 0x1000))))
        assert shown.isprintable(), f"U+{first:X}"


TOKEN = "LoqXcYV8q5ONbJQxbmR7SCTNo3tiAXDfowyjxAjEuX0"
KEY = f"{TOKEN}.9jg46WB3rR_AHD-EBXdN7cBkH1WOu0tA3M9fm21mqTI"
OTHER = f"{'aB-' * 12}.{KEY[-43:]}"
"""A key authorization that nobody has listed."""


@pytest.mark.parametrize(
    ("told", "left"),
    [
        pytest.param(f"wrong body {TOKEN}.", "wrong body ….", id="token"),
        pytest.param(f'expected "{KEY}", got "x"', 'expected "…", got "x"', id="key"),
        pytest.param(f"{TOKEN}{TOKEN} {KEY}", "…… …", id="several"),
        pytest.param(
            "GET http://a.test/.well-known/acme-challenge/some-other_token: refused",
            "GET http://a.test/.well-known/acme-challenge/…: refused",
            id="well-known",
        ),
        pytest.param(
            "to /.well-known/acme-challenge/tok.thumb?x=1 and on",
            "to /.well-known/acme-challenge/…?x=1 and on",
            id="key authorization behind well-known",
        ),
        pytest.param(
            "url=%2f.well-known%2Facme-challenge%2Ftok%2Ethumb&x",
            "url=%2f.well-known%2Facme-challenge%2F…&x",
            id="percent-encoded",
        ),
        pytest.param(
            "put it under /.well-known/acme-challenge/ of the host",
            "put it under /.well-known/acme-challenge/ of the host",
            id="no token",
        ),
        pytest.param("nothing in it", "nothing in it", id="nothing"),
        pytest.param(f'expected "{OTHER}", got "x"', 'expected "…", got "x"', id="of another"),
        pytest.param(f"{'a' * 30}.{'b' * 43}.test", f"{'a' * 30}.{'b' * 43}.test", id="a host"),
    ],
)
def test_what_is_taken_out_of_a_text(told: str, left: str) -> None:
    assert redacted(told, [TOKEN, KEY]) == left
    assert redacted(left, [TOKEN, KEY]) == left


def test_thousands_of_secrets_are_taken_out_in_no_time() -> None:
    secrets = [f"{number:x}-{TOKEN}" for number in range(4000)]
    told = [f"{secret}. Nothing else of note" for secret in secrets]
    begun = time.thread_time()
    assert set(redacted(told, secrets)) == {"…. Nothing else of note"}
    assert time.thread_time() - begun < 2


@pytest.mark.parametrize("secret", ["odd key/+=", 'quo"ted\x1b[0m', "\ud800half"])
def test_other_forms_of_a_secret_are_taken_out(secret: str) -> None:
    told = f"<{secret}> <{escaped(secret)}> <{quote(secret, safe='', errors='replace')}>"
    assert redacted(told, [secret]) == "<…> <…> <…>"


def test_empty_secrets_take_nothing_out() -> None:
    assert redacted("abc", ["", ""]) == "abc"


def test_a_document_keeps_its_types() -> None:
    finding = Finding(
        cause="wrong-body",
        on=Ref(kind="Challenge", name="web-1", namespace="shop"),
        headline=f"{TOKEN} is not there",
        evidence=(f"saw {KEY}", "saw nothing"),
        since=datetime(2026, 1, 1, tzinfo=UTC),
        who=Actor.YOU,
        fix="Mend it.",
        command="true",
        standing=Standing.WAITING,
    )
    taken = redacted(finding, [TOKEN, KEY])
    assert (taken.headline, taken.evidence) == ("… is not there", ("saw …", "saw nothing"))
    assert (taken.on, taken.since, taken.until) == (finding.on, finding.since, None)
    assert type(taken.who) is Actor
    assert finding.headline.startswith(TOKEN)


def test_a_page_keeps_its_types() -> None:
    page = (
        Paragraph(text("see ", Span(TOKEN, Style.BAD)), indent=2),
        Fields(((f"record {TOKEN}", text(KEY)),)),
        Table((TOKEN,), ((text(KEY),),)),
        Branch(text(TOKEN), (Branch(text(KEY)),)),
    )
    assert redacted(page, [TOKEN, KEY]) == (
        Paragraph(text("see ", Span("…", Style.BAD)), indent=2),
        Fields((("record …", text("…")),)),
        Table(("…",), ((text("…"),),)),
        Branch(text("…"), (Branch(text("…")),)),
    )


def test_plain_containers_keep_their_types() -> None:
    given_ = {"a": [TOKEN, 1, None, True], TOKEN: (KEY,), "s": {TOKEN}, "f": frozenset((KEY,))}
    assert redacted(given_, [TOKEN, KEY]) == {
        "a": ["…", 1, None, True],
        "…": ("…",),
        "s": {"…"},
        "f": frozenset(("…",)),
    }


def test_a_dataclass_with_a_field_of_its_own_making() -> None:
    @dataclasses.dataclass
    class Told:
        text: str
        length: int = dataclasses.field(init=False, default=0)

    assert redacted(Told(TOKEN), [TOKEN]) == Told("…")


@given(secrets=st.lists(TOKENS, min_size=1, max_size=3), parts=st.lists(st.text(max_size=5)))
def test_no_secret_is_left(secrets: list[str], parts: list[str]) -> None:
    told = [f"{part}{secret}{part}" for part in parts for secret in secrets]
    left = redacted(Branch(text(*told), (Branch(text(*told)),)), secrets)
    assert not [secret for secret in secrets if secret in repr(left)]


JWT = f"eyJhbGciOiJIUzI1NiJ9.eyJ{'Ab1-' * 40}.{'Xy_3' * 10}abc"
LINK = "https://portal.letsencrypt.org/sfe/v1/unpause?jwt="


def test_a_link_with_a_jwt_can_be_followed() -> None:
    text = f"Open {LINK}{JWT} and confirm there"
    assert redacted(text, ()) == text


@pytest.mark.parametrize("before", [LINK, f"{LINK}eyJ4.", f"{LINK}{JWT}.", f"{LINK}{JWT}&x="])
def test_no_key_authorization_passes_for_a_jwt(before: str) -> None:
    thumbprint = "nP1qzpXGymHBrUEepNY9HCsQk7K8KhOypzEt62jcerQ"
    assert thumbprint not in redacted(f"{before}{'evaGxfADs6' * 4}.{thumbprint}", ())
