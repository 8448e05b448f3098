"""Problems of ours as X-Road's errors: one table, the side by where the fault lies.

Promises: every number of the list has its code, an unlisted error is a bare `InternalError` whose cause is in the log
only; a message is the problem's English text with its number, rule and place, so never a value of the request.
Leaves out SOAP's way of wrapping it (`schemas.xroad.faults`).
"""

from __future__ import annotations

import uuid
from typing import Final, NamedTuple

import structlog
from aiohttp import web

from bus.problems import of_exception as problem_of
from schemas.problem_texts import entry_of, text_of
from schemas.problems import Code, FaultAt, Problem, ProblemError
from schemas.xroad import rest
from schemas.xroad.codes import ErrorCode, Side, Style, Word, XRoadError, error_body, error_type
from schemas.xroad.ids import IdError
from schemas.xroad.paths import PathError

log = structlog.get_logger(__name__)
_SIDES: Final = {
    FaultAt.CONSUMER_SYSTEM: Side.CLIENT,
    FaultAt.CONSUMER_NODE: Side.CLIENT_PROXY,
    FaultAt.HUB: Side.CLIENT_PROXY,
    FaultAt.PROVIDER_NODE: Side.SERVER_PROXY,
    FaultAt.PROVIDER_SYSTEM: Side.SERVER_PROXY,
}
BAD_REQUEST: Final = ErrorCode(Side.CLIENT, Word.BAD_REQUEST)


class _Row(NamedTuple):
    """What a number becomes; `side` only where it does not follow from where the fault lies."""

    word: Word
    cause: Word | None = None
    side: Side | None = None


_DENIED: Final = _Row(Word.ACCESS_DENIED, side=Side.SERVER_PROXY)
_BODY: Final = _Row(Word.INVALID_BODY)
_REQUEST: Final = _Row(Word.INVALID_REQUEST)
_SEAL: Final = _Row(Word.INVALID_SIGNATURE_VALUE)
_CERTIFICATE: Final = _Row(Word.CERT_VALIDATION)
_NETWORK: Final = _Row(Word.NETWORK_ERROR, side=Side.CLIENT_PROXY)
_SLOW: Final = _Row(Word.IO_ERROR)
_INTERNAL: Final = _Row(Word.INTERNAL_ERROR)
_SPEAKER: Final = _Row(Word.SSL_AUTHENTICATION_FAILED, side=Side.CLIENT_PROXY)


def _failed(cause: Word) -> _Row:
    return _Row(Word.SERVICE_FAILED, cause, Side.SERVER_PROXY)


ROWS: Final[dict[Code, _Row]] = {
    Code.SEAL_INVALID: _SEAL,
    Code.SEAL_UNKNOWN_CERTIFICATE: _CERTIFICATE,
    Code.SEAL_CERTIFICATE_NOT_VALID: _CERTIFICATE,
    Code.PART_DIGEST: _BODY,
    Code.PART_TOO_LARGE: _BODY,
    Code.PART_MISSING: _Row(Word.MISSING_BODY),
    Code.PART_MEDIA_TYPE: _Row(Word.INVALID_CONTENT_TYPE),
    Code.PART_UNEXPECTED: _BODY,
    Code.ANSWER_TO_ANOTHER_QUESTION: _Row(Word.INCONSISTENT_RESPONSE, side=Side.CLIENT_PROXY),
    Code.REPLACED_BY_SUCCESSOR: _Row(Word.UNKNOWN_MEMBER, side=Side.SERVER_PROXY),
    **dict.fromkeys((code for code in Code if 200 <= code < 300), _DENIED),  # noqa: PLR2004 - the gate's numbers
    Code.OFFICER_MISSING: _Row(Word.MISSING_HEADER_FIELD, side=Side.CLIENT),
    Code.SUBJECT_PLACEHOLDER: _Row(Word.INVALID_REQUEST, side=Side.CLIENT),
    Code.QUESTION_SHAPE: _Row(Word.INVALID_BODY, side=Side.CLIENT),
    Code.ANSWER_SHAPE: _failed(Word.INVALID_BODY),
    Code.BODY_MALFORMED: _BODY,
    Code.BODY_TOO_LARGE: _BODY,
    Code.SCHEMA_VERSION: _REQUEST,
    Code.PROVIDER_NOT_REACHABLE: _NETWORK,
    Code.PEER_NOT_ON_THIS_WORKER: _NETWORK,
    Code.NO_HUB: _NETWORK,
    Code.TOO_BUSY: _SLOW,
    Code.DEADLINE_PASSED: _SLOW,
    Code.OUTCOME_UNKNOWN: _SLOW,
    Code.SNAPSHOT_TOO_OLD: _Row(Word.OUTDATED_GLOBAL_CONF),
    Code.SEAL_KEY_AWAY: _Row(Word.CANNOT_CREATE_SIGNATURE, Word.HSM_NON_OPERATIONAL),
    Code.NO_MATCH: _failed(Word.NOT_FOUND),
    Code.SEVERAL_MATCHES: _failed(Word.INVALID_RESPONSE),
    Code.SYSTEM_NOT_PERMITTED: _failed(Word.ACCESS_DENIED),
    Code.SYSTEM_NOT_LICENSED: _failed(Word.ACCESS_DENIED),
    Code.SYSTEM_BAD_QUESTION: _failed(Word.BAD_REQUEST),
    Code.SYSTEM_UNREACHABLE: _failed(Word.NETWORK_ERROR),
    Code.SYSTEM_TIMEOUT: _failed(Word.IO_ERROR),
    Code.SYSTEM_OVERLOADED: _failed(Word.IO_ERROR),
    Code.SYSTEM_BAD_ANSWER: _failed(Word.INVALID_RESPONSE),
    Code.SYSTEM_FAULT: _failed(Word.INTERNAL_ERROR),
    Code.ADAPTER_MISSING: _Row(Word.SERVICE_MISSING_URL, side=Side.SERVER_PROXY),
    Code.RECORD_NOT_WRITTEN: _Row(Word.LOGGING_FAILED),
    Code.KEY_MISSING: _SPEAKER,
    Code.KEY_WRONG: _SPEAKER,
    Code.AGENCY_NOT_HERE: _Row(Word.UNKNOWN_MEMBER),
    Code.REQUEST_MALFORMED: _Row(Word.BAD_REQUEST),
    Code.NOT_FOUND: _Row(Word.NOT_FOUND),
    Code.METHOD_NOT_ALLOWED: _Row(Word.INVALID_HTTP_METHOD),
}
"""Numbers that are not here are `InternalError` of the side where the fault lies."""


def of_problem(problem: Problem) -> XRoadError:
    """A problem as X-Road's callers know errors; `detail` is a new UUID."""
    row = ROWS.get(problem.code, _INTERNAL)
    side = row.side or _SIDES[problem.fault_at or FaultAt.CONSUMER_NODE]
    told = [f"{int(problem.code)}", *(one for one in (problem.rule, problem.place) if one)]
    return XRoadError(
        ErrorCode(side, row.word, row.cause), f"{text_of(problem)['en']} [{' '.join(told)}]", str(uuid.uuid4())
    )


def of_exception(error: Exception) -> XRoadError:
    """Any error on its way to an X-Road caller; an unlisted one is logged with its trace and answered bare.

    `detail` is the exchange's id where there was one, so that a caller's complaint leads to the record and the log.
    """
    found = _of_listed(error)
    if found is None:
        found = of_problem(problem_of(error, fault_at=FaultAt.CONSUMER_NODE))
    exchange = error.exchange if isinstance(error, ProblemError) else None
    found.detail = exchange or found.detail or str(uuid.uuid4())
    log.info("xroad-error", code=found.code.text(), detail=found.detail, exchange=exchange)
    return found


def answer(error: XRoadError, request: web.BaseRequest, style: Style) -> web.Response:
    """A REST error: status, `X-Road-Error`, and a body in the type that `Accept` asks for."""
    media_type = error_type(request.headers.getall("Accept", []))
    return web.Response(
        status=error.code.status,
        body=error_body(error, media_type, style),
        headers={"X-Road-Error": error.code.text(style)},
        content_type=media_type,
        charset="utf-8",
    )


def _of_listed(error: Exception) -> XRoadError | None:
    match error:
        case XRoadError():
            found = error
        case ProblemError():
            found = of_problem(error.problem)
        case IdError():
            found = XRoadError(BAD_REQUEST, f"An X-Road identifier is wrong: {error}")
        case PathError():
            found = XRoadError(BAD_REQUEST, f"The path is refused: {error}")
        case rest.RestMessageError():
            word = Word.INVALID_HTTP_METHOD if error.rule == "verb" else Word.BAD_REQUEST
            found = XRoadError(ErrorCode(Side.CLIENT, word), f"The request is no X-Road message: {error}")
        case web.HTTPException():
            word = _BY_STATUS.get(error.status, Word.BAD_REQUEST)
            found = XRoadError(ErrorCode(Side.CLIENT, word), error.reason)
        case _:
            return None
    return found


_BY_STATUS: Final = {
    entry_of(Code.NOT_FOUND).status: Word.NOT_FOUND,
    entry_of(Code.METHOD_NOT_ALLOWED).status: Word.INVALID_HTTP_METHOD,
    entry_of(Code.BODY_TOO_LARGE).status: Word.INVALID_BODY,
}
