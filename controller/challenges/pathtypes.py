"""The pathType of a route: some classes refuse Exact at admission, so others are tried."""

from collections.abc import Awaitable, Callable

from controller.runtime.errors import ApiError, is_refusal
from controller.solvers.errors import RouterRefused
from controller.solvers.http01.routes import PATH_TYPES


async def first_taken(what: str, attempt: Callable[[str], Awaitable[None]]) -> None:
    """Attempt with each pathType until one is taken; RouterRefused says why none was."""
    refusals: list[str] = []
    for path_type in PATH_TYPES:
        try:
            await attempt(path_type)
        except ApiError as error:
            if not is_refusal(error):
                raise
            refusals.append(f"with pathType {path_type}: {error}")
        else:
            return
    raise RouterRefused(f"{what} was refused {'; '.join(refusals)}")
