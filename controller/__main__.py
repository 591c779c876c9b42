"""`order-controller`: reads the command line and the environment, and runs the app.

`order-controller responder` runs the responder to HTTP-01 challenges alone, with fewer rights.
"""

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any

import uvloop

from controller import app
from controller.acme import Proxies
from controller.runtime import logs
from controller.runtime.credentials import NoCredentials
from controller.runtime.lease import LeaseLost
from controller.settings import read

logger = logging.getLogger(__name__)

RESPONDER = "responder"


def main() -> int:
    """0 when it was told to end, 1 when it could not go on, 2 when the command line is wrong."""
    alone = sys.argv[1:2] == [RESPONDER]
    settings = read(sys.argv[2:] if alone else sys.argv[1:])
    logs.configure(sys.stderr, settings.log_level)
    logging.captureWarnings(capture=True)
    failures: list[str] = []
    try:
        work = app.respond(settings) if alone else app.run(settings, Proxies.read(os.environ))
        uvloop.run(_until_told(work))
    except* (NoCredentials, LeaseLost) as failed:
        failures = [str(error) for error in failed.exceptions]
    for failure in failures:
        logger.error("cannot go on", extra={"error": failure})
    return 1 if failures else 0


async def _until_told(work: Coroutine[Any, Any, None]) -> None:
    """Run until SIGTERM or SIGINT; everything is then cancelled, and the Lease released."""
    task = asyncio.ensure_future(work)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, task.cancel)
    with suppress(asyncio.CancelledError):
        await task
    # All is closed and the Lease is free. A large RSA key that is being made in a thread would keep
    # the process for most of a minute.
    logging.shutdown()
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main())
