"""X-Road's REST messages: the bytes that its servers sign and hash, read and written.

Promises: the same bytes as X-Road writes for the same request (verb, path as it came, headers in their order and
spelling); a message is read only where writing it again gives the same bytes. Leaves out the body, which X-Road keeps
apart, and what the identifiers name. Source: PR-REST §4; X-Road's RestMessage, RestRequest, RestResponse (7.x).
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable
from typing import Final, NamedTuple, TypeAlias

from schemas.xroad import ids

Header: TypeAlias = tuple[str, str]
VERBS: Final = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE")
REQUEST_TYPE: Final = "application/x-road-rest-request"
RESPONSE_TYPE: Final = "application/x-road-rest-response"
SKIPPED: Final = frozenset(
    {
        "transfer-encoding",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "te",
        "trailer",
        "upgrade",
        "connection",
        "user-agent",
        "host",
        "content-length",
        "server",
        "expect",
    }
)
"""Headers that end at each server; any other one passes as it is."""
CLIENT: Final = "x-road-client"
SERVICE: Final = "x-road-service"
ID: Final = "x-road-id"
USER_ID: Final = "x-road-userid"
ISSUE: Final = "x-road-issue"
SECURITY_SERVER: Final = "x-road-security-server"
REPRESENTED_PARTY: Final = "x-road-represented-party"
REQUEST_ID: Final = "x-road-request-id"
REQUEST_HASH: Final = "x-road-request-hash"
ERROR: Final = "x-road-error"
SINGLE: Final = frozenset({CLIENT, ID, USER_ID, ISSUE, SECURITY_SERVER, REPRESENTED_PARTY})
"""What a request says once. X-Road takes the last one and sends all of them on; a service may read the first."""
_OURS: Final = frozenset({ID, CLIENT, SERVICE, REQUEST_ID, REQUEST_HASH, ERROR})
"""What a response says of its request, or of an error of the servers'; a provider's own word for it is dropped."""
TELLING: Final = frozenset({"content-type", "content-language", "last-modified", "etag", "cache-control", "expires"})
"""Headers that tell what a body is: beside an answer that was cut to agreed terms no others leave, and none are taken.
"""
_CRLF: Final = "\r\n"
_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE: Final = re.compile(r"[^\x00-\x08\x0a-\x1f\x7f]*")
_TARGET: Final = re.compile(r"/[\x21-\x7e]*")
_MEDIA_TYPE: Final = re.compile(r"[a-z]+/[a-z0-9.+-]{1,80}")
BYTES: Final = "application/octet-stream"
_STATUS: Final = re.compile(r"[1-9][0-9]{2}")
_HEAD_LINES: Final = 2
_PATH_PARTS: Final = 7
MAX_HEADERS: Final = 200
MAX_MESSAGE_BYTES: Final = 256 * 1024


class RestMessageError(ValueError):
    """Bytes or values are no message.

    Attributes:
        rule: `utf-8`, `size`, `line-ends`, `verb`, `target`, `status`, `reason`, `header`, `headers`, `skipped`.
        line: counted from 1; 0 where it is the whole.
    """

    def __init__(self, rule: str, line: int = 0) -> None:
        super().__init__(f"{rule} in line {line}" if line else rule)
        self.rule = rule
        self.line = line


class RestRequest(NamedTuple):
    """A request: `path` and `query` as they came, percent-encoded."""

    verb: str
    path: str
    query: str | None
    headers: tuple[Header, ...]

    @property
    def message(self) -> bytes:
        """The bytes that are signed: `message.xml` of X-Road's container."""
        return _written(self.verb, self.path + ("" if self.query is None else f"?{self.query}"), self.headers)

    @property
    def filtered(self) -> bytes:
        """What is logged where bodies are not: no path below the service, no query, X-Road's headers only."""
        return _written(self.verb, self.path[: len(self.path) - len(self.service_path)], _xroad_only(self.headers))

    @property
    def service_path(self) -> str:
        """The path below the service code, with its slash; "" where there is none."""
        parts = self.path.split("/", _PATH_PARTS)
        return f"/{parts[_PATH_PARTS]}" if len(parts) > _PATH_PARTS else ""

    @property
    def service(self) -> ids.ServiceId:
        """The service that the path names.

        Raises:
            RestMessageError: `target`, the path is none of version r1.
            IdError: a part of it is wrong.
        """
        parts = self.path.split("/", _PATH_PARTS)
        if len(parts) < _PATH_PARTS or parts[1] != "r1":
            raise RestMessageError("target", 2)
        *client, code = (ids.decode(part, place) for place, part in enumerate(parts[2:_PATH_PARTS]))
        return ids.ServiceId(ids.ClientId(*client), code)

    def last(self, name: str) -> str | None:
        """The header's value: where it is repeated, the last one."""
        return _last(self.headers, name)


class RestResponse(NamedTuple):
    """A response; `reason` may be empty."""

    status: int
    reason: str
    headers: tuple[Header, ...]

    @property
    def told(self) -> RestResponse:
        """The response without headers that are neither X-Road's nor tell what the body is."""
        return self._replace(headers=tuple(one for one in self.headers if one[0].lower() in TELLING | _OURS))

    @property
    def message(self) -> bytes:
        """The bytes that are signed."""
        return _written(str(self.status), self.reason, self.headers)

    @property
    def filtered(self) -> bytes:
        """What is logged where bodies are not: X-Road's headers only."""
        return _written(str(self.status), self.reason, _xroad_only(self.headers))

    def last(self, name: str) -> str | None:
        """The header's value: where it is repeated, the last one."""
        return _last(self.headers, name)


def request_of(verb: str, target: str, headers: Iterable[Header], *, request_id: str, message_id: str) -> RestRequest:
    """The request as X-Road's client server writes it.

    Args:
        verb: one of `VERBS`.
        target: path and query as they came.
        headers: as they came, in order; those of `SKIPPED`, and request id and hash, are left out.
        request_id: a new UUID; stands after all headers that came.
        message_id: `x-road-id` for a request that brings none; it is appended last.

    Raises:
        RestMessageError: a value cannot be written.
    """
    kept = [one for one in headers if one[0].lower() not in SKIPPED | {REQUEST_ID, REQUEST_HASH}]
    kept.append((REQUEST_ID, request_id))
    if not _last(kept, ID):
        kept = [one for one in kept if one[0].lower() != ID]
        kept.append((ID, message_id))
    path, mark, query = target.partition("?")
    return _checked_request(RestRequest(verb, path, query if mark else None, tuple(kept)))


def response_of(
    status: int, reason: str, headers: Iterable[Header], *, request: RestRequest, body_digest: bytes | None
) -> RestResponse:
    """The response as X-Road's provider server writes it.

    Args:
        status: the service's own.
        reason: the service's own.
        headers: as they came, in order.
        request: what it answers.
        body_digest: SHA-512 of the request's body; None where it had none.

    Raises:
        RestMessageError: a value cannot be written.
    """
    kept = [one for one in headers if one[0].lower() not in SKIPPED | _OURS]
    said = (
        (ID, request.last(ID) or ""),
        (CLIENT, ids.client_of(request.last(CLIENT) or "").encoded),
        (SERVICE, request.service.encoded),
        (REQUEST_ID, request.last(REQUEST_ID) or ""),
        (REQUEST_HASH, request_hash(request.message, body_digest)),
    )
    return _checked_response(RestResponse(status, reason, (*kept, *said)))


def request_hash(message: bytes, body_digest: bytes | None) -> str:
    """`x-road-request-hash`: of the message, or of the two digests where there is a body; SHA-512 in base64."""
    digest = hashlib.sha512(message).digest()
    if body_digest is not None:
        digest = hashlib.sha512(digest + body_digest).digest()
    return base64.b64encode(digest).decode("ascii")


def media_type_of(content_type: str | None) -> str:
    """A `Content-Type` as a part can be named by it; the header itself stays in the message."""
    plain = (content_type or "").partition(";")[0].strip().lower()
    return plain if _MEDIA_TYPE.fullmatch(plain) else BYTES


def parse(data: bytes) -> RestRequest | RestResponse:
    """Read message bytes: a response starts with a digit.

    Raises:
        RestMessageError: they are no message, or not spelled as X-Road spells one.
    """
    if len(data) > MAX_MESSAGE_BYTES:
        raise RestMessageError("size")
    try:
        text = data.decode()
    except UnicodeDecodeError:
        raise RestMessageError("utf-8") from None
    *lines, last = text.split(_CRLF)
    if len(lines) < _HEAD_LINES or last:
        raise RestMessageError("line-ends")
    headers = tuple(_header(line, number) for number, line in enumerate(lines[_HEAD_LINES:], _HEAD_LINES + 1))
    if _STATUS.fullmatch(lines[0]):
        return _checked_response(RestResponse(int(lines[0]), lines[1], headers))
    path, mark, query = lines[1].partition("?")
    return _checked_request(RestRequest(lines[0], path, query if mark else None, headers))


def _header(line: str, number: int) -> Header:
    name, colon, value = line.partition(":")
    if not colon:
        raise RestMessageError("header", number)
    return name, value


def _checked_request(request: RestRequest) -> RestRequest:
    if request.verb not in VERBS:
        raise RestMessageError("verb", 1)
    target = request.path + (request.query or "")
    if not _TARGET.fullmatch(target) or "?" in request.path or "#" in target:
        raise RestMessageError("target", 2)
    _check_headers(request.headers)
    return request


def _checked_response(response: RestResponse) -> RestResponse:
    if not _STATUS.fullmatch(str(response.status)):
        raise RestMessageError("status", 1)
    if not _VALUE.fullmatch(response.reason):
        raise RestMessageError("reason", 2)
    _check_headers(response.headers)
    return response


def _check_headers(headers: tuple[Header, ...]) -> None:
    if len(headers) > MAX_HEADERS:
        raise RestMessageError("headers")
    for number, (name, value) in enumerate(headers, _HEAD_LINES + 1):
        if not _NAME.fullmatch(name) or not _VALUE.fullmatch(value):
            raise RestMessageError("header", number)
        if name.lower() in SKIPPED:
            raise RestMessageError("skipped", number)


def _written(first: str, second: str, headers: Iterable[Header]) -> bytes:
    lines = (first, second, *(f"{name}:{value}" for name, value in headers))
    return "".join(line + _CRLF for line in lines).encode()


def _xroad_only(headers: Iterable[Header]) -> Iterable[Header]:
    return (header for header in headers if header[0].lower().startswith("x-road-"))


def _last(headers: Iterable[Header], name: str) -> str | None:
    return next((value for key, value in reversed(tuple(headers)) if key.lower() == name), None)
