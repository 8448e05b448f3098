"""The client for asyncio, over aiohttp: one session, connections kept, any number of calls at once."""

from __future__ import annotations

import asyncio
import ssl
from types import TracebackType
from typing import Any, Self, TypeVar

import aiohttp

from bus.client import wire
from bus.client.auth import Credentials
from bus.client.errors import ClientError, NodeAnswerError, NodeProblemError, NodeUnreachableError
from bus.client.models import Answer, Closed, Dossier, Guard, Health, Opening, Question, Supplement
from bus.client.retry import Patience
from bus.client.wire import Call, Reply

T = TypeVar("T")
_UNAUTHORISED = 401


class AsyncClient:
    """A node, reached by `async with`.

    Args:
        url: `http(s)://host[:port]`, as the operator names it.
        credentials: an API key or an OAuth2 client; None: the certificate in `tls` says who this is.
        tls: see `tls_context`; None: the machine's own trust.
        patience: how often and how long safe requests are tried again.
        language: of problems' titles, `vi` or `en`; both texts are in every problem.
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
        self._url = url.rstrip("/")
        self._credentials = credentials
        self._tls = tls
        self._patience = patience or Patience()
        self._language = language
        self._session: aiohttp.ClientSession | None = None
        self._fetching = asyncio.Lock()

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(auto_decompress=False)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Let go of the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def ask(self, question: Question, *, correlation: str | None = None) -> Answer[dict[str, Any]]:
        """Ask one question; the answer's body is a JSON object.

        Raises:
            NodeProblemError, NodeUnreachableError, NodeAnswerError, TokenRefusedError
        """
        return await self._run(wire.asking(question, dict[str, Any]), correlation)

    async def ask_for(self, into: type[T], question: Question, *, correlation: str | None = None) -> Answer[T]:
        """The same, the answer's body read into a type: a msgspec struct, a dataclass, a TypedDict.

        Raises:
            NodeProblemError, NodeUnreachableError, TokenRefusedError
            NodeAnswerError: the body is not of that type, too.
        """
        return await self._run(wire.asking(question, into), correlation)

    async def open_dossier(self, opening: Opening, *, correlation: str | None = None) -> Dossier:
        """Open a dossier: guard its form, ask whoever holds the papers, say what is left for the citizen."""
        return await self._run(wire.opening(opening), correlation)

    async def dossier(self, dossier: str) -> Dossier:
        """A dossier as it stands."""
        return await self._run(wire.showing(dossier), None)

    async def supplement(self, dossier: str, supplement: Supplement, *, correlation: str | None = None) -> Guard:
        """Ask the citizen for more: allowed only for what no agency holds, or for a declared reason."""
        return await self._run(wire.supplementing(dossier, supplement), correlation)

    async def close_dossier(self, dossier: str, *, correlation: str | None = None) -> Closed:
        """Close a dossier: nothing may be asked for it any more."""
        return await self._run(wire.closing(dossier), correlation)

    async def health(self) -> Health:
        """Whether the node reaches the hub."""
        return await self._run(wire.health(), None)

    async def _run(self, call: Call[T], correlation: str | None) -> T:
        loop = asyncio.get_running_loop()
        until, attempt, renewed = loop.time() + call.timeout_s, 0, False
        while True:
            attempt += 1
            try:
                shown = await self._shown()
                return wire.read(call, await self._send(call, shown, correlation))
            except ClientError as error:
                if not renewed and self._may_renew(error):
                    renewed = True
                    continue
                left_s = until - loop.time()
                wait_s = self._patience.wait_s(error, attempt, repeatable=call.repeatable, left_s=left_s)
                if wait_s is None:
                    raise
            await asyncio.sleep(wait_s)

    def _may_renew(self, error: ClientError) -> bool:
        """Whether the node refused who we say we are, and another token may be had; nothing has happened then."""
        is_refused = isinstance(error, NodeProblemError) and error.status == _UNAUTHORISED
        return is_refused and self._credentials is not None and self._credentials.refused()

    async def _shown(self) -> dict[str, str]:
        if self._credentials is None:
            return {}
        async with self._fetching:
            headers = self._credentials.headers()
            fetching = self._credentials.fetching() if headers is None else None
            if fetching is not None:
                self._credentials.fetched(await self._send(fetching, {}, None))
            return headers or self._credentials.headers() or {}

    async def _send(self, call: Call[Any], shown: dict[str, str], correlation: str | None) -> Reply:
        if self._session is None:
            raise RuntimeError("the client is used by `async with`, or after it was closed")
        headers = wire.headers_of(call, self._language, shown, correlation)
        timeout = aiohttp.ClientTimeout(total=call.timeout_s, sock_connect=min(call.timeout_s, wire.MARGIN_S))
        try:
            async with self._session.request(
                call.method,
                self._url + call.path,
                data=call.body,
                headers=headers,
                timeout=timeout,
                ssl=self._tls or True,
                allow_redirects=False,
            ) as answer:
                return Reply(answer.status, {n.lower(): t for n, t in answer.headers.items()}, await _body(answer))
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise NodeUnreachableError(type(error).__name__, sent=False) from error
        except (aiohttp.ClientError, TimeoutError) as error:
            raise NodeUnreachableError(type(error).__name__, sent=True) from error


async def _body(answer: aiohttp.ClientResponse) -> bytes:
    got = bytearray()
    async for piece in answer.content.iter_any():
        got += piece
        if len(got) > wire.MAX_ANSWER_BYTES:
            raise NodeAnswerError(answer.status, "the answer is too large")
    return bytes(got)
