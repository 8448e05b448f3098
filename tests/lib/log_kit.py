"""A log of any size in memory, published over real HTTP, and a reader that knows nothing of it but the address."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
from aiohttp import web

from bus.access import Grants, Principal
from bus.http.log import LogFace
from bus.http.readers import by_key
from bus.ledger.published import PublishedLog
from config.keylines import digest
from signing.checkpoint import NoteKey, seal
from signing.merkle import Frontier, leaf_hash

ORIGIN = "ledger.test/one"
KEY = NoteKey(ORIGIN, bytes(range(32)))
AUDITOR = "lt_auditor"


def leaf(number: int) -> bytes:
    return b'{"leaf":%d}' % number


class Leaves:
    """Records that stand in memory; `published` of them are under the newest checkpoint."""

    def __init__(self, count: int) -> None:
        self.leaves = [leaf(number) for number in range(count)]
        self.published = count
        self.note: bytes | None = None
        """What is shown instead of the true checkpoint."""

    async def read(self, start: int, end: int) -> Sequence[bytes]:
        return self.leaves[start : min(end, start + 1000)]

    async def checkpoint(self) -> bytes:
        if self.note is not None:
            return self.note
        return seal(ORIGIN, self.published, self.root(self.published), KEY)

    def root(self, size: int) -> bytes:
        frontier = Frontier()
        for one in self.leaves[:size]:
            frontier.add(leaf_hash(one))
        return frontier.root()


class Reader:
    """Somebody with the address."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session = session
        self.url = url

    async def get(self, path: str, key: str | None = None) -> tuple[int, bytes, dict[str, str]]:
        headers = {"X-Api-Key": key} if key else {}
        async with self._session.get(f"{self.url}/{path}", headers=headers) as answer:
            return answer.status, await answer.read(), dict(answer.headers)

    async def fetch(self, path: str) -> bytes:
        status, body, _ = await self.get(path, AUDITOR)
        assert status == 200, (path, status)
        return body


@asynccontextmanager
async def reading(leaves: Leaves, tiles: Path | None = None) -> AsyncIterator[Reader]:
    grants = Grants([(digest(AUDITOR), Principal("auditor", "auditor"))])
    face = LogFace(PublishedLog(leaves, tiles), by_key(grants))
    runner = web.AppRunner(face.application(), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        async with aiohttp.ClientSession() as session:
            yield Reader(session, f"http://127.0.0.1:{runner.addresses[0][1]}")
    finally:
        await runner.cleanup()
