"""One question on its way through the adapter, as text for its developer; secrets are masked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

import orjson
from lxml import etree

from adapters.http import Reply, Request, sent_headers
from adapters.watching import Moved, Statement
from bus.kit.dev.places import Located
from registry.model import Text
from schemas.xml import XmlError, parse

MAX_SHOWN_CHARS: Final = 20_000
MASK: Final = "•••"
_SECRET_HEADERS: Final = frozenset({"authorization", "cookie", "set-cookie", "proxy-authorization"})
_SHORTEST_SECRET: Final = 4


class Move(NamedTuple):
    """What left and what came back, as text."""

    sent: str
    came: str


class Turn(NamedTuple):
    """One question and all that became of it. Texts of what did not happen are empty.

    Attributes:
        question_fit, answer_fit: what the registered schema says; empty where there is none.
        reason: the fault in one line; `place` in the adapter's file, and what to do about it.
        is_well: it ended as its sample expects: found and fitting, or refused for the reason expected.
        batch: questions that were put together have one number.
    """

    number: int
    revision: int
    name: str
    operation: str
    question: str
    question_fit: str
    mapped: str
    moves: tuple[Move, ...]
    answer: str
    answer_fit: str
    reason: str
    place: Located | None
    hint: Text | None
    milliseconds: float
    is_well: bool
    batch: int


class Shower:
    """Writes what was seen as text.

    Args:
        secrets: texts that nobody may see.
        secret_headers: headers that carry them, besides the usual ones.
        token_path: the path or the URL at which tokens are fetched; its bodies are not shown.
    """

    def __init__(self, secrets: Iterable[str] = (), secret_headers: Iterable[str] = (), token_path: str = "") -> None:
        self._secrets = sorted((one for one in secrets if len(one) >= _SHORTEST_SECRET), key=len, reverse=True)
        self._headers = _SECRET_HEADERS | {name.lower() for name in secret_headers}
        self._token_path = token_path

    def value(self, value: object) -> str:
        """A JSON value, indented."""
        return self._cut(orjson.dumps(value, default=str, option=orjson.OPT_INDENT_2).decode())

    def move(self, moved: Moved) -> Move:
        """One request and its reply, or one statement and its rows."""
        if isinstance(moved.sent, Statement):
            sent = f"{moved.sent.text.strip()}\n\n{self.value(dict(moved.sent.parameters))}"
            return Move(self._cut(sent), "" if moved.came is None else self.value(moved.came))
        if not isinstance(moved.sent, Request):
            return Move(self._cut(str(moved.sent)), self._cut(str(moved.came or "")))
        hidden = bool(self._token_path) and moved.sent.url.endswith(self._token_path)
        return Move(self._request(moved.sent, hidden=hidden), self._reply(moved.came, hidden=hidden))

    def _request(self, request: Request, *, hidden: bool) -> str:
        head = [f"{request.method} {request.url}", *self._lines(sent_headers(request))]
        return self._cut("\n".join([*head, "", MASK if hidden else _body(request.body or b"")]))

    def _reply(self, reply: object, *, hidden: bool) -> str:
        if not isinstance(reply, Reply):
            return ""
        head = [f"HTTP {reply.status}", *self._lines(reply.headers)]
        return self._cut("\n".join([*head, "", MASK if hidden else _body(reply.body)]))

    def _lines(self, headers: Mapping[str, str]) -> list[str]:
        return [f"{name}: {MASK if name.lower() in self._headers else value}" for name, value in headers.items()]

    def _cut(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, MASK)
        return text if len(text) <= MAX_SHOWN_CHARS else f"{text[:MAX_SHOWN_CHARS]}\n… ({len(text)})"


def _body(data: bytes) -> str:
    """JSON and XML laid out; anything else as it is."""
    try:
        return orjson.dumps(orjson.loads(data), option=orjson.OPT_INDENT_2).decode()
    except orjson.JSONDecodeError:
        pass
    try:
        return etree.tostring(parse(data), pretty_print=True, encoding="unicode")
    except XmlError:
        return data.decode("utf-8", "replace")
