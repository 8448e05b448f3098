"""Our adapter keeps the contract of every adapter. The register here is a stand-in: put your test system there."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, ClassVar

from adapters import Adapter, PeerFault, Query
from adapters.kinds import KINDS, build
from adapters.plugins import with_plugins
from adapters.testing import AdapterContract

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

PERSON: dict[str, object] = {"so": "096199000001", "hoTen": "Nguyễn Thị An"}
REPLIES: dict[str, object] = {
    "096199000001": {"code": "00", "records": [PERSON]},
    "096188000003": {"code": "00", "records": [PERSON, PERSON]},
    "096177000007": {"code": "05"},
}
GARBLED, SLOW = "096177000005", "096177000006"


def about(number: str, timeout_s: float = 30.0) -> Query:
    """A question about one person."""
    return Query("person", {"number": number}, timeout_s=timeout_s)


def settings(port: int) -> dict[str, object]:
    """What the node's TOML file would say."""
    operation = {
        "word": "FIND",
        "question": [{"to": "number", "from": "body.number", "required": True}],
        "outcome": {"code": "code", "ok": ["00"]},
        "answer": {"records": "records", "fields": [{"to": "name", "from": "hoTen", "required": True}]},
    }
    return {"host": "127.0.0.1", "port": port, "faults": {"05": "not-permitted"}, "operations": {"person": operation}}


async def register(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """The stand-in: one line in, one line out."""
    number = (await reader.readline()).decode().partition(" ")[2].strip()
    if number == SLOW:
        await asyncio.sleep(0.5)
    nobody: dict[str, object] = {"code": "00", "records": []}
    writer.write(b"{" if number == GARBLED else json.dumps(REPLIES.get(number, nobody)).encode() + b"\n")
    writer.close()


@asynccontextmanager
async def started(port: int) -> AsyncIterator[Adapter]:
    """The adapter as the node builds it: found by its package's name."""
    adapter = build("line-register", settings(port), kinds=with_plugins(KINDS, ["my-adapter"]))
    await adapter.start()
    try:
        yield adapter
    finally:
        await adapter.close()


class TestOurRegister(AdapterContract):
    """One test per sentence of the contract; a question left out skips its sentence."""

    found: ClassVar = {"a known citizen": (about("096199000001"), {"name": "Nguyễn Thị An"})}
    nobody = about("096177000004")
    several = about("096188000003")
    incomplete = Query("person", {})
    refused = (about("096177000007"), PeerFault.NOT_PERMITTED, "05")
    garbled = about(GARBLED)
    slow = about(SLOW, timeout_s=0.05)

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[Adapter]:
        """With its system running."""
        server = await asyncio.start_server(register, "127.0.0.1", 0)
        async with server, started(server.sockets[0].getsockname()[1]) as adapter:
            yield adapter

    @asynccontextmanager
    async def down(self) -> AsyncIterator[Adapter]:
        """With nobody at its system's address."""
        server = await asyncio.start_server(register, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        server.close()
        await server.wait_closed()
        async with started(port) as adapter:
            yield adapter
