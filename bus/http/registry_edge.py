"""What the schema registry's face shares: who asks, content types in and out, errors as its clients know them.

Promises: every answer has a JSON body or is one, of a type that the caller takes; every error has `error_code` and
`message`, an unlisted one bare; a correlation id as on the other faces. Leaves out: the operations.
"""

from __future__ import annotations

import re
from typing import Any, Final

import msgspec
import structlog
from aiohttp import web

from bus.http.edge import CORRELATION, Handler
from bus.ids import new_id
from bus.problems import of_exception
from bus.registration.access import Principal, Registrants, UnknownPrincipalError
from bus.registration.errors import TOO_LARGE, RegistrationError, unprocessable
from bus.registration.registry import Page
from bus.registration.store import SubjectTooLargeError
from bus.registration.stored import ALL, DELETED, LIVING, Sought
from bus.storage.port import StoreError
from schemas.json import JsonError, read
from schemas.problems import FaultAt

log = structlog.get_logger(__name__)
V1: Final = "application/vnd.schemaregistry.v1+json"
TYPES: Final = (V1, "application/vnd.schemaregistry+json", "application/json")
TAKEN: Final = frozenset({*TYPES, "application/octet-stream"})
MAX_BODY_BYTES: Final = 16 << 20
principal_key: Final = web.RequestKey("principal", Principal)
type_key: Final = web.RequestKey("media-type", str)
_WORD: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,79}")
_WEIGHT: Final = re.compile(r"q=([01](?:\.[0-9]{0,3})?)")
_encode: Final = msgspec.json.Encoder().encode
_TOLERANT: Final = "Confluent-Accept-Unknown-Properties"
_CHARSETS: Final = frozenset({"utf-16", "utf-16le", "utf-16be", "utf-32", "iso-8859-1", "latin-1"})
_OPEN: Final = frozenset({"/", "/health", "/openapi.json", "/registry", "/registry/", "/registry/openapi.json"})


def json_of(request: web.Request, value: object, status: int = 200) -> web.Response:
    """An answer of the type that the caller takes."""
    return bytes_of(request, _encode(value), status)


def bytes_of(request: web.Request, body: bytes, status: int = 200) -> web.Response:
    """The same of bytes that are JSON already."""
    headers = {"Content-Type": request.get(type_key, V1), "Cache-Control": "no-store"}
    return web.Response(status=status, body=body, headers=headers)


def gate(registrants: Registrants) -> Any:  # noqa: ANN401 - aiohttp's middlewares have no public type
    """The middleware of the face: 1 content types 2 who asks 3 the operation; errors as clients know them."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        shown = request.headers.get(CORRELATION, "")
        correlation = shown if _WORD.fullmatch(shown) else new_id()
        try:
            request[type_key] = _accepted(request)
            _taken(request)
            if request.path not in _OPEN:
                request[principal_key] = registrants.admit(request)
            answer = await handler(request)
        except Exception as error:  # noqa: BLE001 - the edge answers everything; unlisted errors are logged and bare
            answer = _answer_of(request, error, correlation)
        answer.headers[CORRELATION] = correlation
        return answer

    return middleware


def _answer_of(request: web.Request, error: Exception, correlation: str) -> web.Response:
    match error:
        case RegistrationError():
            answer = json_of(request, _said(error.code, error.message) | error.more, error.status)
            if error.status == web.HTTPServiceUnavailable.status_code:
                answer.headers["Retry-After"] = "1"
            return answer
        case UnknownPrincipalError():
            answer = json_of(request, _said(401, "Unauthorized"), 401)
            answer.headers["WWW-Authenticate"] = 'Basic realm="schema registry", charset="UTF-8"'
            return answer
        case web.HTTPException():
            answer = json_of(request, _said(error.status, f"HTTP {error.status} {error.reason}"), error.status)
            if "Allow" in error.headers:
                answer.headers["Allow"] = error.headers["Allow"]
            return answer
        case SubjectTooLargeError():
            return json_of(request, _said(TOO_LARGE, str(error)), 422)
        case StoreError():
            log.error("registration-store", reason=str(error), correlation=correlation)
            return json_of(request, _said(50001, "Error in the backend data store"), 500)
        case _:
            of_exception(error, fault_at=FaultAt.HUB, correlation=correlation)
            return json_of(request, _said(500, f"Internal server error, correlation {correlation}"), 500)


def _said(code: int, message: str) -> dict[str, object]:
    return {"error_code": code, "message": message}


def _accepted(request: web.Request) -> str:
    """The type of the answer (RFC 9110 §12.5.1).

    Raises:
        HTTPNotAcceptable: none that we have.
    """
    asked = request.headers.get("Accept")
    if not asked or asked == "*/*" or V1 in asked:
        return V1
    wanted = [_preference(part) for part in asked.split(",")]
    weighed = [(_weight(one, wanted), -place, one) for place, one in enumerate(TYPES)]
    weight, _, best = max(weighed)
    if weight <= 0:
        raise web.HTTPNotAcceptable
    return best


def _weight(media_type: str, wanted: list[tuple[str, float]]) -> float:
    return max((weight for name, weight in wanted if name == media_type or _any(name)), default=0.0)


def _any(name: str) -> bool:
    """A range that takes every type of ours; clients write `*` and `*/whatever` too."""
    return name in {"*", "application/*"} or name.startswith("*/")


def _preference(part: str) -> tuple[str, float]:
    name, _, weight = part.strip().lower().partition(";")
    given = _WEIGHT.search(weight.replace(" ", ""))
    return name.strip(), float(given[1]) if given else 1.0


def _taken(request: web.Request) -> None:
    """Pass a body of a type that we read; one without a type is taken as JSON.

    Raises:
        HTTPUnsupportedMediaType: another one.
    """
    if not request.can_read_body or "Content-Type" not in request.headers:
        return
    if request.content_type not in TAKEN:
        raise web.HTTPUnsupportedMediaType


async def body_of(request: web.Request, known: frozenset[str]) -> dict[str, Any]:
    """The JSON object of a request; members that are not known are refused, unless the caller says otherwise.

    Raises:
        HTTPBadRequest: it is no JSON.
        RegistrationError: 422: it is no object, or has an unknown member.
    """
    try:
        value = read(_utf8(await request.read(), request.charset))
    except (JsonError, RecursionError, UnicodeDecodeError):
        raise web.HTTPBadRequest from None
    if not isinstance(value, dict):
        raise unprocessable("The request body must be a JSON object")
    unknown = next((name for name in value if name not in known), None)
    if unknown is not None and request.headers.get(_TOLERANT, "").lower() != "true":
        raise unprocessable(f"Unrecognized field: {unknown[:80]}")
    return {name: member for name, member in value.items() if name in known}


def _utf8(body: bytes, charset: str | None) -> bytes:
    """The same in UTF-8.

    Raises:
        HTTPUnsupportedMediaType: in an encoding that we do not read.
        UnicodeDecodeError: it is not of its encoding.
    """
    name = (charset or "utf-8").lower().strip('"')
    if name in {"utf-8", "utf8", "us-ascii"}:
        return body
    if name not in _CHARSETS:
        raise web.HTTPUnsupportedMediaType
    return body.decode(name).encode()


def flag(request: web.Request, name: str) -> bool:
    """A boolean of the query; `true`, `True`, `TRUE` are yes, whatever else is no."""
    return request.query.get(name, "").lower() == "true"


def whole_number(request: web.Request, name: str, default: int) -> int:
    """An integer of the query.

    Raises:
        HTTPNotFound: it is none (as the peers' frameworks answer).
    """
    text = request.query.get(name)
    if text is None or text == "":
        return default
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 10):  # noqa: PLR2004 - digits of what fits
        raise web.HTTPNotFound
    return int(text)


def page_of(request: web.Request) -> Page:
    """`offset` and `limit`."""
    return Page(whole_number(request, "offset", 0), whole_number(request, "limit", -1))


def sought(request: web.Request) -> Sought:
    """`deleted` and `deletedOnly` (`deleted_only` too, as one client writes it)."""
    if flag(request, "deletedOnly") or flag(request, "deleted_only"):
        return DELETED
    return ALL if flag(request, "deleted") else LIVING
