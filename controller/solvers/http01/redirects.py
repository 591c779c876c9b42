"""Which redirects a CA follows: to http and https, on their own ports, a few, in no circle. Pure.

CAs are held to this by the Baseline Requirements (section 3.2.2.4.19) and by RFC 8555 section 8.3.
Where a redirect's host lies is not judged here but on its address, before the connection.
"""

import re
from collections.abc import Collection, Sequence

from yarl import URL

from controller.solvers.http01.addresses import as_address
from controller.solvers.http01.quoting import shown_url
from controller.solvers.http01.verdicts import Finding, Obstacle, Stage

MOST_REDIRECTS = 10
REDIRECTS = frozenset({301, 302, 303, 307, 308})
SEE_OTHER = 303
WEB = frozenset({"http", "https"})
PORTS = frozenset({80, 443})
EXEMPT = "Exempt /.well-known/acme-challenge/ from this redirect"

HOST_NAME = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*\.?")


class Trail:
    """The URLs of one look, from the first on, whose port may be redirected to as 80 and 443 may.

    `hidden` are texts that are never shown.
    """

    def __init__(self, first: URL, *, hidden: Sequence[str]) -> None:
        self.urls = [first]
        self._ports = PORTS | {first.port}
        self._hidden = tuple(hidden)
        self._see_other = False

    @property
    def url(self) -> URL:
        """Where to ask now."""
        return self.urls[-1]

    @property
    def redirected(self) -> bool:
        """Whether the first URL led on to another."""
        return len(self.urls) > 1

    def follow(self, status: int, location: str | None) -> None:
        """Go on to where the answer points; raises Obstacle when a CA would not."""
        target = self._target(location)
        if target in self.urls:
            raise self._refusal(f"redirects in a circle: {self._circle(target)}")
        if len(self.urls) > MOST_REDIRECTS:
            raise self._refusal(
                f"redirects more than {MOST_REDIRECTS} times, last to {self._shown(target)}"
            )
        self.urls.append(target)
        self._see_other = self._see_other or status == SEE_OTHER

    def __str__(self) -> str:
        """', redirected to "https://…/"', or nothing where there was no redirect."""
        if not self.redirected:
            return ""
        times = len(self.urls) - 1
        often = f" ({times} redirects)" if times > 1 else ""
        strange = " (by a 303, which public CAs do not follow)" if self._see_other else ""
        return f", redirected to {self._shown(self.url)}{often}{strange}"

    def _target(self, location: str | None) -> URL:
        if not location:
            raise self._refusal("redirects without saying where to (no Location)")
        try:
            given = URL(location)
            target = self.url.join(given).with_fragment(None)
            port = target.port
        except ValueError as error:
            raise self._refused(location, "which is no URL") from error
        if given.scheme and not given.raw_host and target.scheme in WEB:
            raise self._refused(location, "which names no host")  # and is not relative either
        why = _why_not(target, port, self._ports)
        if why:
            raise self._refused(str(target), why)
        return target

    def _refused(self, target: str, why: str) -> Obstacle:
        return self._refusal(f"redirects to {shown_url(target, self._hidden)}, {why}")

    def _refusal(self, words: str) -> Obstacle:
        return Obstacle(Stage.REDIRECT, Finding.FAILED, words, EXEMPT)

    def _circle(self, target: URL) -> str:
        start = self.urls.index(target)
        shown = [self._shown(url) for url in (*self.urls[start:], target)]
        return " → ".join(shown if len(shown) <= 3 else [shown[0], shown[1], "…", shown[-1]])

    def _shown(self, url: URL) -> str:
        return shown_url(str(url), self._hidden)


def _why_not(target: URL, port: int | None, ports: Collection[int | None]) -> str:
    """Why a CA would not go there; empty when it would."""
    if target.scheme not in WEB:
        return "which is neither http nor https"
    if "@" in target.raw_authority:
        return "which holds a user name"
    host = target.raw_host or ""
    if as_address(host) is None and not HOST_NAME.fullmatch(host):
        return "which names no host"
    if port not in ports:
        return f"on port {port}: CAs follow to ports 80 and 443 alone"
    return ""
