"""The one place where an error becomes a wire answer: HTTP problem details, a sealed fault's member, a log line.

Promises: a listed problem is answered with its number, texts, rule and place; anything unlisted is a bare 500 with a
correlation id, its cause in the log only. Never an offending value. Leaves out: SOAP faults (the X-Road face).
"""

from __future__ import annotations

import msgspec
import structlog
from aiohttp import web

from adapters.port import PeerError, PeerFault
from bus.ids import new_id
from schemas.problem_texts import entry_of, slug, text_of
from schemas.problems import Code, FaultAt, Problem, ProblemError

log = structlog.get_logger(__name__)

_FROM_PEER = {
    PeerFault.NO_MATCH: Code.NO_MATCH,
    PeerFault.SEVERAL_MATCHES: Code.SEVERAL_MATCHES,
    PeerFault.NOT_PERMITTED: Code.SYSTEM_NOT_PERMITTED,
    PeerFault.NOT_LICENSED: Code.SYSTEM_NOT_LICENSED,
    PeerFault.BAD_QUESTION: Code.SYSTEM_BAD_QUESTION,
    PeerFault.UNREACHABLE: Code.SYSTEM_UNREACHABLE,
    PeerFault.TIMEOUT: Code.SYSTEM_TIMEOUT,
    PeerFault.OVERLOADED: Code.SYSTEM_OVERLOADED,
    PeerFault.BAD_ANSWER: Code.SYSTEM_BAD_ANSWER,
    PeerFault.FAULT: Code.SYSTEM_FAULT,
}


def of_peer(error: PeerError) -> Problem:
    """What an adapter reports of its system, as a problem of the provider's system."""
    params: dict[str, str | int] = {"peer_code": error.peer_code} if error.peer_code else {}
    if error.retry_after_s is not None:
        params["retry_after_ms"] = max(1, round(error.retry_after_s * 1000))
    return Problem(
        code=_FROM_PEER[error.kind],
        params=params,
        rule=error.rule,
        place=error.at,
        fault_at=FaultAt.PROVIDER_SYSTEM,
        retry=error.retry,
    )


def of_exception(error: Exception, *, fault_at: FaultAt, correlation: str | None = None) -> Problem:
    """Any error as a problem; an unlisted one is logged with its trace and answered bare."""
    if isinstance(error, ProblemError):
        found = error.problem
    elif isinstance(error, PeerError):
        found = of_peer(error)
    else:
        correlation = correlation or new_id()
        log.error("unlisted-error", correlation=correlation, kind=type(error).__name__, exc_info=error)
        found = Problem(code=Code.INTERNAL, fault_at=fault_at)
    return msgspec.structs.replace(
        found, fault_at=found.fault_at or fault_at, correlation=found.correlation or correlation
    )


def body_of(problem: Problem, *, language: str = "vi", **more: object) -> dict[str, object]:
    """Problem details (RFC 9457 §3) in the language asked for, with the other tongue beside it."""
    texts = text_of(problem)
    body: dict[str, object] = {
        "type": f"urn:lienthong:problem:{slug(problem.code)}",
        "title": texts["en"] if language == "en" else texts["vi"],
        "status": entry_of(problem.code).status,
        "number": int(problem.code),
        "text": texts,
        "retry": problem.retry,
    }
    optional = {
        "params": problem.params,
        "rule": problem.rule,
        "place": problem.place,
        "fault_at": problem.fault_at,
        "correlation": problem.correlation,
    }
    body |= {name: value for name, value in optional.items() if value}
    return body | more


def http_answer(problem: Problem, *, language: str = "vi", **more: object) -> web.Response:
    """The HTTP answer for one problem."""
    headers = {"Cache-Control": "no-store", "Content-Language": language}
    if entry_of(problem.code).status in {429, 503} or "retry_after_ms" in problem.params:
        headers["Retry-After"] = str(_wait_s(problem.params.get("retry_after_ms")))
    if entry_of(problem.code).status == web.HTTPUnauthorized.status_code:
        # RFC 9110 §11.6.1: a 401 says what would be taken; RFC 6750 §3.1: and that what was shown is taken no more
        headers["WWW-Authenticate"] = 'Bearer error="invalid_token"' if problem.code is Code.KEY_WRONG else "Bearer"
    return web.Response(
        status=entry_of(problem.code).status,
        body=msgspec.json.encode(body_of(problem, language=language, **more)),
        content_type="application/problem+json",
        headers=headers,
    )


def _wait_s(wait_ms: str | int | None) -> int:
    """Whole seconds from 1 to an hour, whatever a peer has written."""
    return min(3600, max(1, wait_ms // 1000)) if isinstance(wait_ms, int) else 1
