"""A request's payload, taken within a limit: what is large waits in a file without a name while it comes in.

Promises: nobody fills this process's memory by sending slowly; the file is gone when it was read, and when it was not.
"""

from __future__ import annotations

import asyncio
import tempfile
from contextlib import suppress
from typing import Final

from aiohttp import web

from bus.xroad.around import Limits
from schemas.problems import Code, FaultAt, ProblemError, problem

LET_BY_S: Final = 5.0


async def received(request: web.BaseRequest, limits: Limits) -> bytes:
    """The whole payload.

    Raises:
        ProblemError: 304, it is larger than this face takes; what still comes is let by for a while, so that the
            client reads the refusal instead of a broken connection. 404, it did not come in the time of a call.
    """
    try:
        async with asyncio.timeout(limits.timeout_ms / 1000):
            return await _taken(request, limits)
    except TimeoutError:
        raise problem(Code.DEADLINE_PASSED, rule="body-in-time", fault_at=FaultAt.CONSUMER_SYSTEM) from None
    except ProblemError:
        with suppress(TimeoutError):
            async with asyncio.timeout(LET_BY_S):
                async for _ in request.content.iter_any():
                    pass
        raise


async def _taken(request: web.BaseRequest, limits: Limits) -> bytes:
    if (request.content_length or 0) > limits.max_body_bytes:
        raise _too_large(limits)
    size = 0
    with tempfile.SpooledTemporaryFile(max_size=limits.max_memory_bytes) as spool:
        async for piece in request.content.iter_any():
            size += len(piece)
            if size > limits.max_body_bytes:
                raise _too_large(limits)
            if size > limits.max_memory_bytes:
                await asyncio.to_thread(spool.write, piece)
            else:
                spool.write(piece)
        spool.seek(0)
        return await asyncio.to_thread(spool.read) if size > limits.max_memory_bytes else spool.read()


def _too_large(limits: Limits) -> ProblemError:
    return problem(Code.BODY_TOO_LARGE, fault_at=FaultAt.CONSUMER_SYSTEM, limit=limits.max_body_bytes)
