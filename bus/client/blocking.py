"""The client without asyncio, over the standard library: one connection per request, safe to share between threads."""

from __future__ import annotations

import http.client
import ssl
import threading
import time
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import urlsplit

from bus.client import wire
from bus.client.auth import Credentials
from bus.client.errors import ClientError, NodeAnswerError, NodeProblemError, NodeUnreachableError
from bus.client.models import Answer, Closed, Dossier, Guard, Health, Opening, Question, Supplement
from bus.client.retry import Patience
from bus.client.wire import Call, Reply

T = TypeVar("T")
_UNAUTHORISED = 401


class Client:
    """A node; the arguments are those of `AsyncClient`.

    Raises:
        ValueError: `url` is none.
    """

    def __init__(
        self,
        url: str,
        credentials: Credentials | None = None,
        *,
        tls: ssl.SSLContext | None = None,
        patience: Patience | None = None,
        language: str = "vi",
    ) -> None:
        parts = urlsplit(url.rstrip("/"))
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError("the node's address is http(s)://host[:port]")
        self._host, self._port, self._prefix = parts.hostname, parts.port, parts.path
        self._secure = parts.scheme == "https"
        self._credentials = credentials
        self._tls = tls or (ssl.create_default_context() if self._secure else None)
        self._patience = patience or Patience()
        self._language = language
        self._fetching = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing is kept open."""

    def ask(self, question: Question, *, correlation: str | None = None) -> Answer[dict[str, Any]]:
        """Ask one question; the answer's body is a JSON object.

        Raises:
            NodeProblemError, NodeUnreachableError, NodeAnswerError, TokenRefusedError
        """
        return self._run(wire.asking(question, dict[str, Any]), correlation)

    def ask_for(self, into: type[T], question: Question, *, correlation: str | None = None) -> Answer[T]:
        """The same, the answer's body read into a type: a msgspec struct, a dataclass, a TypedDict.

        Raises:
            NodeProblemError, NodeUnreachableError, TokenRefusedError
            NodeAnswerError: the body is not of that type, too.
        """
        return self._run(wire.asking(question, into), correlation)

    def open_dossier(self, opening: Opening, *, correlation: str | None = None) -> Dossier:
        """Open a dossier: guard its form, ask whoever holds the papers, say what is left for the citizen."""
        return self._run(wire.opening(opening), correlation)

    def dossier(self, dossier: str) -> Dossier:
        """A dossier as it stands."""
        return self._run(wire.showing(dossier), None)

    def supplement(self, dossier: str, supplement: Supplement, *, correlation: str | None = None) -> Guard:
        """Ask the citizen for more: allowed only for what no agency holds, or for a declared reason."""
        return self._run(wire.supplementing(dossier, supplement), correlation)

    def close_dossier(self, dossier: str, *, correlation: str | None = None) -> Closed:
        """Close a dossier: nothing may be asked for it any more."""
        return self._run(wire.closing(dossier), correlation)

    def health(self) -> Health:
        """Whether the node reaches the hub."""
        return self._run(wire.health(), None)

    def _run(self, call: Call[T], correlation: str | None) -> T:
        until, attempt, renewed = time.monotonic() + call.timeout_s, 0, False
        while True:
            attempt += 1
            try:
                return wire.read(call, self._send(call, self._shown(), correlation))
            except ClientError as error:
                if not renewed and self._may_renew(error):
                    renewed = True
                    continue
                left_s = until - time.monotonic()
                wait_s = self._patience.wait_s(error, attempt, repeatable=call.repeatable, left_s=left_s)
                if wait_s is None:
                    raise
            time.sleep(wait_s)

    def _may_renew(self, error: ClientError) -> bool:
        """Whether the node refused who we say we are, and another token may be had; nothing has happened then."""
        is_refused = isinstance(error, NodeProblemError) and error.status == _UNAUTHORISED
        return is_refused and self._credentials is not None and self._credentials.refused()

    def _shown(self) -> dict[str, str]:
        if self._credentials is None:
            return {}
        with self._fetching:
            headers = self._credentials.headers()
            fetching = self._credentials.fetching() if headers is None else None
            if fetching is not None:
                self._credentials.fetched(self._send(fetching, {}, None))
            return headers or self._credentials.headers() or {}

    def _send(self, call: Call[Any], shown: dict[str, str], correlation: str | None) -> Reply:
        connection = self._connection(min(call.timeout_s, wire.MARGIN_S))
        try:
            self._connect(connection)
            if connection.sock is not None:
                connection.sock.settimeout(call.timeout_s)
            return self._exchanged(connection, call, wire.headers_of(call, self._language, shown, correlation))
        finally:
            connection.close()

    def _connection(self, timeout_s: float) -> http.client.HTTPConnection:
        if self._secure:
            return http.client.HTTPSConnection(self._host, self._port, timeout=timeout_s, context=self._tls)
        return http.client.HTTPConnection(self._host, self._port, timeout=timeout_s)

    @staticmethod
    def _connect(connection: http.client.HTTPConnection) -> None:
        try:
            connection.connect()
        except OSError as error:
            raise NodeUnreachableError(type(error).__name__, sent=False) from error

    def _exchanged(self, connection: http.client.HTTPConnection, call: Call[Any], headers: dict[str, str]) -> Reply:
        try:
            connection.request(call.method, self._prefix + call.path, call.body, headers)
            answer = connection.getresponse()
            body = answer.read(wire.MAX_ANSWER_BYTES + 1)
        except (OSError, http.client.HTTPException) as error:
            raise NodeUnreachableError(type(error).__name__, sent=True) from error
        if len(body) > wire.MAX_ANSWER_BYTES:
            raise NodeAnswerError(answer.status, "the answer is too large")
        return Reply(answer.status, {name.lower(): text for name, text in answer.getheaders()}, body)
