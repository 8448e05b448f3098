"""What every face over HTTP shares: correlation, language, problems as answers, JSON out.

Promises: a correlation id from the caller is kept, else one is made, and it is in every answer and every log line of
the request; any error is answered as a problem, an unlisted one bare.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Final

import msgspec
import structlog
from aiohttp import web

from bus.ids import new_id
from bus.problems import http_answer, of_exception
from schemas.problems import Code, FaultAt, Problem, ProblemError

CORRELATION: Final = "X-Correlation-Id"
correlation_key: Final = web.RequestKey("correlation", str)
_WORD: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,79}")
_WEIGHT: Final = re.compile(r"q=([01](?:\.[0-9]{0,3})?)")
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class ShownError(ProblemError):
    """A problem that is answered with more members than its own."""

    def __init__(self, problem: Problem, **more: object) -> None:
        super().__init__(problem)
        self.more = more


def language_of(request: web.Request) -> str:
    """Vietnamese or English, whichever the caller prefers (RFC 9110 §12.5.4); `vi` where neither is asked for."""
    wanted = [_preference(part) for part in request.headers.get("Accept-Language", "").split(",")]
    known = [(weight, tongue) for tongue, weight in wanted if tongue in {"vi", "en"} and weight > 0]
    return max(known, key=lambda pair: pair[0], default=(1.0, "vi"))[1]


def _preference(part: str) -> tuple[str, float]:
    tongue, _, weight = part.lower().partition(";")
    given = _WEIGHT.fullmatch(weight.replace(" ", ""))
    return tongue.strip()[:2], float(given[1]) if given else float(not weight)


def json_answer(value: object, *, status: int = 200) -> web.Response:
    """JSON that no cache keeps."""
    return web.Response(
        status=status,
        body=msgspec.json.encode(value),
        content_type="application/json",
        headers={"Cache-Control": "no-store"},
    )


@web.middleware
async def edge(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Wrap one request: correlation in, problem or answer out."""
    if "Upgrade" in request.headers:
        return await handler(request)  # a link is no request: it lasts, and answers for itself
    shown = request.headers.get(CORRELATION, "")
    correlation = shown if _WORD.fullmatch(shown) else new_id()
    request[correlation_key] = correlation
    with structlog.contextvars.bound_contextvars(correlation=correlation):
        try:
            answer = await handler(request)
        except web.HTTPException as error:
            answer = http_answer(_of_http(error, correlation), language=language_of(request))
            if "Allow" in error.headers:
                answer.headers["Allow"] = error.headers["Allow"]
        except Exception as error:  # noqa: BLE001 - the edge answers everything; unlisted errors are logged and bare
            found = of_exception(error, fault_at=FaultAt.CONSUMER_NODE, correlation=correlation)
            more = error.more if isinstance(error, ShownError) else {}
            answer = http_answer(found, language=language_of(request), **more)
    answer.headers[CORRELATION] = correlation
    return answer


def _of_http(error: web.HTTPException, correlation: str) -> Problem:
    codes = {404: Code.NOT_FOUND, 405: Code.METHOD_NOT_ALLOWED}
    code = codes.get(error.status, Code.REQUEST_MALFORMED)
    return Problem(code=code, fault_at=FaultAt.CONSUMER_SYSTEM, correlation=correlation)
