"""Requests and replies as values: what both clients send and read, without any input or output.

Promises: only JSON of the expected status and media type is read; anything else is a problem of the node or no node's.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar
from urllib.parse import quote

import msgspec

from bus.client.errors import NodeAnswerError, NodeProblemError
from bus.client.models import (
    Answer,
    Closed,
    Dossier,
    Guard,
    Health,
    Opening,
    Problem,
    Question,
    Supplement,
)

T = TypeVar("T")
MAX_ANSWER_BYTES: Final = 64 * 1024 * 1024
MARGIN_S: Final = 5.0
"""What the client waits beyond the time that the node has."""
QUIET_S: Final = 15.0
"""Time for requests that ask nobody else."""
_SERVICE: Final = re.compile(r"[A-Za-z0-9.]{1,64}/[a-z][a-z0-9-]{0,39}/[a-z][a-z0-9-]{0,39}")
_WHOLE: Final = re.compile(r"[0-9]{1,6}")
_NOT_A_QUESTION: Final = ("service", "operation", "repeatable")


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """One request, and what its answer is.

    Attributes:
        repeatable: sending it twice does no harm.
        statuses: those whose body is of this type.
    """

    method: str
    path: str
    into: type[T]
    body: bytes | None = None
    timeout_s: float = QUIET_S
    repeatable: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)
    statuses: tuple[int, ...] = (200, 201)
    media_type: str = "application/json"


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back; header names in small letters."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def asking(question: Question, into: type[T]) -> Call[Answer[T]]:
    """`POST /ask/…`.

    Raises:
        ValueError: the service or the operation is not written as one.
    """
    if not _SERVICE.fullmatch(question.service) or not question.operation:
        raise ValueError("a service is agency/system/service, with an operation")
    members = msgspec.to_builtins(question)
    body = {name: value for name, value in members.items() if name not in _NOT_A_QUESTION}
    return Call(
        "POST",
        f"/ask/{question.service}/{quote(question.operation, safe='')}",
        Answer[into],  # type: ignore[valid-type] # the type that the caller names
        msgspec.json.encode(body),
        timeout_s=question.timeout_ms / 1000 + MARGIN_S,
        repeatable=question.repeatable,
    )


def opening(one: Opening) -> Call[Dossier]:
    """`POST /dossiers`."""
    return Call("POST", "/dossiers", Dossier, msgspec.json.encode(one), timeout_s=one.timeout_ms / 1000 + MARGIN_S)


def showing(dossier: str) -> Call[Dossier]:
    """`GET /dossiers/{dossier}`."""
    return Call("GET", f"/dossiers/{quote(dossier, safe='')}", Dossier, repeatable=True)


def supplementing(dossier: str, one: Supplement) -> Call[Guard]:
    """`POST /dossiers/{dossier}/supplements`."""
    return Call("POST", f"/dossiers/{quote(dossier, safe='')}/supplements", Guard, msgspec.json.encode(one))


def closing(dossier: str) -> Call[Closed]:
    """`POST /dossiers/{dossier}/close`."""
    return Call("POST", f"/dossiers/{quote(dossier, safe='')}/close", Closed)


def health() -> Call[Health]:
    """`GET /health`."""
    return Call("GET", "/health", Health, repeatable=True, statuses=(200, 503))


def headers_of(call: Call[T], language: str, shown: Mapping[str, str], correlation: str | None) -> dict[str, str]:
    """Every header of a request."""
    headers = {"Accept": "application/json, application/problem+json", "Accept-Language": language, **call.headers}
    if call.body is not None:
        headers["Content-Type"] = call.media_type
    if correlation is not None:
        headers["X-Correlation-Id"] = correlation
    headers.update(shown)
    return headers


def read(call: Call[T], reply: Reply) -> T:
    """The answer.

    Raises:
        NodeProblemError: it is a problem.
        NodeAnswerError: it is nothing that a node says.
    """
    media_type = reply.headers.get("content-type", "").partition(";")[0].strip().lower()
    try:
        if media_type == "application/problem+json":
            problem = msgspec.json.decode(reply.body, type=Problem)
            raise NodeProblemError(problem, _retry_after(reply))
        if media_type == "application/json" and reply.status in call.statuses:
            return msgspec.json.decode(reply.body, type=call.into)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        why = "invalid" if isinstance(error, msgspec.ValidationError) else "no JSON"
        raise NodeAnswerError(reply.status, f"the body is {why}") from None
    raise NodeAnswerError(reply.status, "not a node's answer")


def _retry_after(reply: Reply) -> float | None:
    """Whole seconds (RFC 9110 §10.2.3); a node never sends a date."""
    text = reply.headers.get("retry-after", "").strip()
    return float(text) if _WHOLE.fullmatch(text) else None
