"""`order-controller`: reads the command line and the environment, and runs the app.

`order-controller responder` runs the responder to HTTP-01 challenges alone, with fewer rights.
"""

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Callable, Coroutine
from contextlib import suppress
from functools import partial
from typing import Any

import uvloop

from controller import app
from controller.acme import Proxies
from controller.listening import CannotListen
from controller.runtime import logs
from controller.runtime.credentials import NoCredentials
from controller.runtime.lease import LeaseLost
from controller.settings import Settings, read

logger = logging.getLogger(__name__)

RESPONDER = "responder"


def main() -> int:
    """0 when it was told to end, 1 when it could not go on, 2 when the command line is wrong."""
    alone = sys.argv[1:2] == [RESPONDER]
    settings = read(sys.argv[2:] if alone else sys.argv[1:])
    logs.configure(sys.stderr, settings.log_level)
    logging.captureWarnings(capture=True)
    failures: list[BaseException] = []
    try:
        uvloop.run(_until_told(partial(_work, settings=settings, alone=alone)))
    except* (NoCredentials, CannotListen, LeaseLost) as failed:
        failures = _all_in(failed)
    for failure in failures:
        logger.error("cannot go on", extra={"error": str(failure)})
    return 1 if failures else 0


async def _work(told: asyncio.Event, settings: Settings, *, alone: bool) -> None:
    if alone:
        await app.respond(settings, told)
    else:
        await app.run(settings, Proxies.read(os.environ), told)


def _all_in(group: BaseExceptionGroup[Any]) -> list[BaseException]:
    """The errors of a group and of the groups in it."""
    return [
        inner
        for one in group.exceptions
        for inner in (_all_in(one) if isinstance(one, BaseExceptionGroup) else [one])
    ]


async def _until_told(work: Callable[[asyncio.Event], Coroutine[Any, Any, None]]) -> None:
    """Run until SIGTERM, which the work is told of; SIGINT, or SIGTERM again, cancels it."""
    told = asyncio.Event()
    task = asyncio.ensure_future(work(told))

    def end() -> None:
        if told.is_set():
            task.cancel()
        told.set()

    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, end)
    loop.add_signal_handler(signal.SIGINT, task.cancel)
    with suppress(asyncio.CancelledError):
        await task
    # All is closed and the Lease is free. A large RSA key that is being made in a thread would keep
    # the process for most of a minute.
    logging.shutdown()
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main())
