"""Work that goes on for as long as its process: key files followed, news of the registry, days sealed.

Promises: a mistake of ours in it is logged by its type and place (its text may quote somebody's data) and the work
begins again, after a pause that grows with each time and is short again once it has gone well for longer than that;
nothing stops in silence. Leaves out: parts that are processes of
their own (`bus.app.supervisor`), and what must end its process when it fails.
"""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Callable, Coroutine
from typing import Any, Final

import structlog

log = structlog.get_logger(__name__)
LONGEST_PAUSE_S: Final = 60.0


def lasting(work: Callable[[], Coroutine[Any, Any, None]], name: str, *, pause_s: float = 1.0) -> asyncio.Task[None]:
    """Begin it; it ends when it is cancelled, or by itself when its work is done.

    Args:
        work: makes the coroutine, anew after each failure.
        name: in logs.
        pause_s: before it begins again after it went well; doubled while it fails again and again, to a minute.
    """
    return asyncio.create_task(_again_and_again(work, name, pause_s), name=name)


async def _again_and_again(work: Callable[[], Coroutine[Any, Any, None]], name: str, pause_s: float) -> None:
    loop, first_s = asyncio.get_running_loop(), pause_s
    while True:
        began = loop.time()
        try:
            return await work()
        except Exception as error:  # noqa: BLE001 - whatever it was, the work goes on and the log says so
            if loop.time() - began > 2 * pause_s:
                pause_s = first_s
            place = traceback.extract_tb(error.__traceback__)[-1]
            log.error(  # noqa: TRY400 - a trace would show values
                "background-work-failed",
                work=name,
                error=type(error).__qualname__,
                file=place.filename.rpartition("/")[2],
                line=place.lineno,
                again_in_s=pause_s,
            )
        await asyncio.sleep(pause_s)
        pause_s = min(pause_s * 2, LONGEST_PAUSE_S)
