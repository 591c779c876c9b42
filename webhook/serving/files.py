"""Certificates from files, for those who make them elsewhere: nothing is written, no right needed.

Files are looked at every ten seconds and taken when their content is another: where a Secret is
mounted, whole folders are exchanged by a link, and no file tells of it.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from webhook.serving.certificates import Pair, read_certificate
from webhook.serving.roots import read_bundle
from webhook.serving.status import Status
from webhook.serving.tls import HotContext

logger: Final = logging.getLogger(__name__)

EVERY: Final = 10.0
_LARGEST: Final = 1_000_000


async def follow(
    files: Sequence[str], take: Callable[[Sequence[bytes]], None], *, every: float = EVERY
) -> None:
    """Call `take` with the content of the files, at once and whenever one of them changes, until
    cancelled. What cannot be read, or raises ValueError there, is said once and tried again."""
    taken: Sequence[bytes] | None = None
    said = ""
    while True:
        try:
            texts = [_read(file) for file in files]
            if texts != taken:
                take(texts)
                taken, said = texts, ""
        except (OSError, ValueError) as error:
            if str(error) != said:
                said = str(error)
                logger.warning("%s: %s", ", ".join(files), said)
        await asyncio.sleep(every)


class FileServing:
    """Serves the certificate in two files. `ca_file`: with what API servers verify it, where that
    is known (else empty); readiness then checks it."""

    def __init__(
        self,
        certificate_file: str,
        key_file: str,
        ca_file: str,
        *,
        context: HotContext,
        every: float = EVERY,
    ) -> None:
        self._files = [certificate_file, key_file, *([ca_file] if ca_file else [])]
        self._every = every
        self.context = context
        self._status = Status(problem=f"no certificate could be read from {certificate_file}")

    def status(self) -> Status:
        """What is served now."""
        return self._status

    async def run(self) -> None:
        """Until cancelled."""
        await follow(self._files, self._take, every=self._every)

    def _take(self, texts: Sequence[bytes]) -> None:
        certificate, key, *ca = texts
        leaf = read_certificate(_first(certificate))
        if ca and not read_bundle(ca[0]):
            raise ValueError("the CA file has no certificate that can be read")
        self.context.serve(Pair(certificate, key))
        self._status = Status(leaf.not_valid_after_utc, ca[0] if ca else certificate)
        logger.info("serving a certificate that is good until %s", leaf.not_valid_after_utc)


def _first(chain: bytes) -> bytes:
    """The first certificate of a chain."""
    end = b"-----END CERTIFICATE-----"
    return chain.split(end)[0] + end


def _read(file: str) -> bytes:
    with Path(file).open("rb") as opened:
        text = opened.read(_LARGEST + 1)
    if len(text) > _LARGEST:
        raise ValueError(f"{file} has more than {_LARGEST} bytes")
    return text
