"""The node's side of large bodies: put one before asking, fetch one that an answer names.

Promises: a fetched body has the length and SHA-256 that its envelope names, or `BodyError`; the hub is told to
forget it once it is here whole. Leaves out: where the node keeps it.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import AsyncIterable, AsyncIterator, Callable
from typing import Final

import aiohttp
import orjson

from bus.link.bodies import DIGEST_HEADER, digest_text
from bus.link.spool import Announced

_PIECE_BYTES: Final = 256 * 1024
_CREATED: Final = {200, 201}
_OK: Final = 200


class BodyError(Exception):
    """The body did not travel. `rule` is the hub's word, or "unreachable", "body-length", "body-digest"."""

    def __init__(self, rule: str) -> None:
        super().__init__(rule)
        self.rule = rule


class Carrier:
    """Puts and fetches bodies at one hub worker.

    Args:
        client: a client whose connector uses `net.client_context`.
        base: `Welcome.bodies`, such as https://hub:8443.
        idle_s: a transfer that stands still for so long is given up.
    """

    def __init__(self, client: aiohttp.ClientSession, base: str, idle_s: float = 30.0) -> None:
        self._client = client
        self._base = base
        self._timeout = aiohttp.ClientTimeout(total=None, sock_connect=idle_s, sock_read=idle_s)

    async def put(self, exchange: str, part: str, announced: Announced, body: bytes | AsyncIterable[bytes]) -> None:
        """Hand a body to the hub; the same again does no harm.

        Raises:
            BodyError: see there.
        """
        headers = {DIGEST_HEADER: digest_text(announced.sha256), "Content-Length": str(announced.length)}
        pieces = _pieces(body) if isinstance(body, bytes) else body
        address = self._address(exchange, part)
        try:
            async with self._client.put(
                address, data=pieces, headers=headers, timeout=self._timeout, allow_redirects=False
            ) as answer:
                if answer.status not in _CREATED:
                    raise BodyError(await _word(answer))
        except (aiohttp.ClientError, TimeoutError) as error:
            raise BodyError("unreachable") from error

    async def fetch(self, exchange: str, part: str, announced: Announced, keep: Callable[[bytes], object]) -> None:
        """Fetch a body piece by piece; what `keep` took counts only when this returns.

        Args:
            exchange: the exchange's id.
            part: the part's id.
            announced: what the envelope says of it.
            keep: takes each piece, in a thread (a file's `write`).

        Raises:
            BodyError: see there.
        """
        digest, got = hashlib.sha256(), 0
        address = self._address(exchange, part)
        try:
            async with self._client.get(address, timeout=self._timeout, allow_redirects=False) as answer:
                if answer.status != _OK:
                    raise BodyError(await _word(answer))
                async for piece in answer.content.iter_chunked(_PIECE_BYTES):
                    got += len(piece)
                    if got > announced.length:
                        raise BodyError("body-length")
                    digest.update(piece)
                    await asyncio.to_thread(keep, piece)
            if got != announced.length:
                raise BodyError("body-length")
            if not hmac.compare_digest(digest.digest(), announced.sha256):
                raise BodyError("body-digest")
            async with self._client.delete(address, timeout=self._timeout, allow_redirects=False):
                pass
        except (aiohttp.ClientError, TimeoutError) as error:
            raise BodyError("unreachable") from error

    def _address(self, exchange: str, part: str) -> str:
        return f"{self._base}/bodies/{exchange}/{part}"


async def _pieces(body: bytes) -> AsyncIterator[bytes]:
    for at in range(0, len(body), _PIECE_BYTES):
        yield body[at : at + _PIECE_BYTES]


async def _word(answer: aiohttp.ClientResponse) -> str:
    try:
        return str(orjson.loads(await answer.read())["code"])
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return f"status-{answer.status}"
