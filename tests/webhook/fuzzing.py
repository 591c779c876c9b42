"""Raw bodies against the endpoint, by coverage: `python -m tests.webhook.fuzzing -atheris_runs=N`.

A body that gets a 5xx, a traceback or, being no good review, is allowed ends it with an error.
"""

import asyncio
import sys

import atheris  # type: ignore[import-untyped]

with atheris.instrument_imports(include=["webhook", "orderapi"]):
    from tests.webhook.sound import check, endpoint

from tests.webhook.asgi import JSON, ask


def main() -> None:
    """Until it has run as often as told."""
    app, loop = endpoint(), asyncio.new_event_loop()

    def once(body: bytes) -> None:
        check(body, loop.run_until_complete(ask(app, body, headers=JSON)))

    atheris.Setup(sys.argv, once)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
