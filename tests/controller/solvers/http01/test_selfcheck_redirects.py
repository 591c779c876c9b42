"""Redirects of every shape: followed where a CA follows, and shown in a harmless way."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from yarl import URL

from controller.solvers.http01.quoting import hide, printable, shown_url
from controller.solvers.http01.redirects import MOST_REDIRECTS, Trail
from controller.solvers.http01.verdicts import Finding, Obstacle, Stage
from tests.controller.solvers.http01.checked_server import KEY, PATH, THUMBPRINT, TOKEN

FIRST = URL(f"http://www.example.com:8080{PATH}")


def trail() -> Trail:
    return Trail(FIRST, hidden=(KEY, TOKEN))


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        ("https://www.example.com/x?y=z", "https://www.example.com/x?y=z"),
        ("https://www.example.com:443/", "https://www.example.com/"),
        ("http://other.example.net/", "http://other.example.net/"),
        ("HTTPS://WWW.EXAMPLE.COM/A", "https://www.example.com/A"),
        ("//other.example.net:443/", "http://other.example.net:443/"),
        ("http://www.example.com:8080/", "http://www.example.com:8080/"),
        ("/other", "http://www.example.com:8080/other"),
        ("other#fragment", "http://www.example.com:8080/.well-known/acme-challenge/other"),
        ("?a=b", f"http://www.example.com:8080{PATH}?a=b"),
        ("https://192.0.2.1/", "https://192.0.2.1/"),
        ("https://[2001:DB8::1]/", "https://[2001:db8::1]/"),
        ("https://bücher.example.com/", "https://xn--bcher-kva.example.com/"),
    ],
)
def test_what_is_followed(location: str, expected: str) -> None:
    followed = trail()
    followed.follow(301, location)
    assert str(followed.url) == expected


PIECES = st.sampled_from(
    [
        *("http", "https", "ftp", "file", "javascript", ":", "//", "/", "///", "?", "#", "@", "\\"),
        *("user:pass", "www.example.com", "127.0.0.1", "[::1]", "[", "]", ":80", ":443", ":22"),
        *(":8080", ":x", ":99999999", "%", "%00", "%2f", "..", "\u202e", "\x00", "\r\n", "é", " "),
        *(TOKEN, KEY, "\udc80", "2130706433", "0x7f.1", "a" * 300),
    ]
)
LOCATIONS = st.one_of(st.lists(PIECES, max_size=9).map("".join), st.text(max_size=60))


def refusal(followed: Trail, status: int, location: str) -> Obstacle | None:
    try:
        followed.follow(status, location)
    except Obstacle as obstacle:
        return obstacle
    return None


@example("user:pass@", 301)
@given(LOCATIONS, st.sampled_from([301, 302, 303, 307, 308]))
def test_any_location_is_followed_or_refused(location: str, status: int) -> None:
    followed = trail()
    refused = refusal(followed, status, location)
    url = followed.url
    if refused is not None:
        assert (refused.stage, refused.finding) == (Stage.REDIRECT, Finding.FAILED)
        assert url == FIRST
    else:
        assert url.scheme in ("http", "https")
        assert url.port in (80, 443, 8080)
        assert url.raw_host
        assert (url.user, url.password, url.fragment) == (None, None, "")
    text = str(followed) if refused is None else refused.words
    assert text.isprintable()
    assert len(text) < 500
    assert TOKEN not in text
    assert THUMBPRINT not in text
    assert "user:pass@" not in text


@given(st.lists(st.sampled_from(["/a", "/b", "/c", "/d"]), min_size=5, max_size=20))
def test_a_circle_always_ends(locations: list[str]) -> None:
    followed = trail()
    refusals = [refusal(followed, 302, location) for location in locations]
    assert any(refused and "in a circle" in refused.words for refused in refusals)
    assert len(set(followed.urls)) == len(followed.urls)


def test_ten_are_followed_and_no_more() -> None:
    followed = trail()
    for number in range(MOST_REDIRECTS):
        followed.follow(302, f"/{number}")
    with pytest.raises(Obstacle, match="redirects more than 10 times"):
        followed.follow(302, "/one-more")
    assert len(followed.urls) == MOST_REDIRECTS + 1


def test_a_circle_of_ten_is_told_in_short() -> None:
    followed = trail()
    for number in range(MOST_REDIRECTS):
        followed.follow(302, f"/{number}")
    with pytest.raises(Obstacle) as refused:
        followed.follow(302, "/0")
    base = "http://www.example.com:8080"
    assert refused.value.words == (
        f'redirects in a circle: "{base}/0" → "{base}/1" → … → "{base}/0"'
    )


@given(st.text(), st.integers(1, 100))
def test_what_is_printable_is_one_harmless_line(text: str, limit: int) -> None:
    shown = printable(text, limit)
    assert shown.isprintable()
    assert len(shown) <= limit
    if text.isprintable() and len(text) <= limit:
        assert shown == text


def test_controls_are_escaped() -> None:
    assert printable("a\u202eb\x1b\n\udc80", 99) == "a\\u202eb\\x1b\\n\\udc80"
    assert printable("\u202e" * 200, 12) == "\\u202e\\u202…"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://user:pass@a.example.com/b", '"http://…@a.example.com/b"'),
        ("user:pass@", '"…@"'),
        ("https:user:pass@a", '"…@a"'),
    ],
)
def test_user_and_password_are_hidden(url: str, expected: str) -> None:
    assert shown_url(url, ()) == expected


def test_secrets_are_hidden_in_any_case() -> None:
    shown = shown_url(f"http://{TOKEN.lower()}.example.com/{KEY}?{KEY}", (KEY, TOKEN))
    assert shown == '"http://<token>.example.com/<token>"'
    assert hide("nothing", ("", "")) == "nothing"
