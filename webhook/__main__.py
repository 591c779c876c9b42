"""`order-webhook`: reads the command line and the environment, and runs the app."""

import asyncio
import gc
import logging
import os
import signal
import sys
from contextlib import suppress
from typing import Any

import uvloop

from webhook import app, log
from webhook.credentials import NoCredentials
from webhook.serving.listening import CannotListen
from webhook.settings import Settings, read

logger = logging.getLogger(__name__)


def main() -> int:
    """0 when it was told to end, 1 when it could not go on, 2 when the command line is wrong."""
    settings = read(sys.argv[1:])
    log.configure(sys.stderr, settings.log_level)
    logging.captureWarnings(capture=True)
    # What is loaded by now stays: it need not be looked through for garbage.
    gc.freeze()
    failures: list[BaseException] = []
    try:
        uvloop.run(_until_told(settings))
    except* (NoCredentials, CannotListen, app.CannotStart) as failed:
        failures = _all_in(failed)
    for failure in failures:
        logger.error("cannot go on", extra={"error": str(failure)})
    return 1 if failures else 0


def _all_in(group: BaseExceptionGroup[Any]) -> list[BaseException]:
    """The errors of a group and of the groups in it."""
    return [
        inner
        for one in group.exceptions
        for inner in (_all_in(one) if isinstance(one, BaseExceptionGroup) else [one])
    ]


async def _until_told(settings: Settings) -> None:
    """Run until SIGTERM, which the app is told of; SIGINT, or SIGTERM again, cancels it."""
    told = asyncio.Event()
    task = asyncio.ensure_future(app.run(settings, os.environ, told))

    def end() -> None:
        if told.is_set():
            task.cancel()
        told.set()

    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, end)
    loop.add_signal_handler(signal.SIGINT, task.cancel)
    with suppress(asyncio.CancelledError):
        await task


if __name__ == "__main__":
    sys.exit(main())
