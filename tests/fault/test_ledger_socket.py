"""What breaks between a worker and the ledger: connections die, servers are not believed, floods, nonsense."""

from __future__ import annotations

import asyncio
import stat
import threading
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from ledger_kit import ORIGIN, new_guard, record, started

from bus.ledger import server as server_module
from bus.ledger import wire
from bus.ledger.client import LedgerClient
from bus.ledger.port import (
    Append,
    Appended,
    LedgerError,
    LedgerStoppedError,
    LedgerUnreachableError,
    Refusal,
    Refused,
)
from bus.ledger.server import LedgerServer
from bus.storage.memory import MemoryStore
from bus.storage.port import StoreError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from bus.ledger.sequencer import StoredLedger


class Gate(MemoryStore):
    """A store whose appends wait until they are let through."""

    def __init__(self) -> None:
        super().__init__(ORIGIN)
        self.open = threading.Event()
        self.open.set()
        self.reached = threading.Event()

    def append(self, *args: Any) -> Any:  # noqa: ANN401 - the store's own
        self.reached.set()
        assert self.open.wait(30)
        return super().append(*args)


@asynccontextmanager
async def served(store: MemoryStore, folder: Path) -> AsyncIterator[tuple[StoredLedger, LedgerServer]]:
    if not guard_in(folder):
        new_guard(folder)
    ledger = await started(store, folder)
    server = LedgerServer(ledger, folder / "s")
    await server.start()
    try:
        yield ledger, server
    finally:
        await server.close()
        await ledger.close()


def guard_in(folder: Path) -> bool:
    return (folder / "guard.json").exists()


@pytest.mark.parametrize(
    "members", [{"unique": b"k"}, {"closes": 0}, {}], ids=["with a key", "an outcome", "with neither"]
)
async def test_an_append_whose_reply_was_lost_is_found_again_and_not_recorded_twice(
    tmp_path: Path, members: dict[str, Any]
):
    store = Gate()
    async with served(store, tmp_path) as (ledger, server):
        await ledger.append(record(0, deadline_ms=1))
        client = await LedgerClient.connect(tmp_path / "s")
        store.open.clear()
        store.reached.clear()
        waiting = asyncio.ensure_future(client.append(record(1, **members)))
        await asyncio.to_thread(store.reached.wait, 30)
        await server.close()  # its write is under way; its reply will find nobody
        store.open.set()
        assert (await ledger.append(record(2))) == Appended(2)
        again = LedgerServer(ledger, tmp_path / "s")
        await again.start()
        assert await waiting == Appended(1)
        assert (await ledger.head()).size == 3
        await client.close()
        await again.close()


async def test_somebody_elses_record_under_the_key_is_still_a_duplicate_on_a_second_try(tmp_path: Path):
    async with served(MemoryStore(ORIGIN), tmp_path) as (ledger, server):
        client = await LedgerClient.connect(tmp_path / "s")
        await server.close()
        waiting = asyncio.ensure_future(client.append(record(1, unique=b"k")))
        await asyncio.sleep(0)
        await ledger.append(record(0, unique=b"k"))
        again = LedgerServer(ledger, tmp_path / "s")
        await again.start()
        assert await waiting == Refused(Refusal.DUPLICATE, 0)
        await client.close()
        await again.close()


async def test_calls_made_while_nobody_serves_wait_for_the_next_server(tmp_path: Path):
    store = MemoryStore(ORIGIN)
    async with served(store, tmp_path):
        client = await LedgerClient.connect(tmp_path / "s")
        assert await client.append(record(0)) == Appended(0)
    calls = asyncio.gather(client.append(record(1)), client.head(), client.read(0, 1))
    await asyncio.sleep(0)
    async with served(store, tmp_path):
        appended, head, leaves = await calls
        assert appended == Appended(1)
        assert head.size in {1, 2}
        assert leaves == [record(0).leaf]
        assert client.term == 2
        await client.close()


async def test_a_ledger_that_does_not_come_back_is_told_within_the_patience(tmp_path: Path):
    async with served(MemoryStore(ORIGIN), tmp_path):
        client = await LedgerClient.connect(tmp_path / "s", patience_s=0.1)
    with pytest.raises(LedgerUnreachableError):
        await client.append(record(0))
    await client.close()


async def test_closing_the_client_tells_whoever_waits(tmp_path: Path):
    async with served(MemoryStore(ORIGIN), tmp_path) as (_, server):
        client = await LedgerClient.connect(tmp_path / "s")
        await server.close()
        waiting = asyncio.ensure_future(client.head())
        await asyncio.sleep(0)
        await client.close()
        with pytest.raises(LedgerUnreachableError, match="closed"):
            await waiting


async def test_a_server_of_a_lower_term_or_another_origin_is_not_believed(tmp_path: Path):
    store = MemoryStore(ORIGIN)
    store._t.head = store._t.head._replace(term=6)
    async with served(store, tmp_path):
        client = await LedgerClient.connect(tmp_path / "s", patience_s=0.3)
        assert client.term == 7
    for hello in (wire.Hello(1, ORIGIN, 6), wire.Hello(1, "ledger.test/other", 9), wire.Hello(2, ORIGIN, 9)):
        impostor = await asyncio.start_unix_server(greeting(hello), str(tmp_path / "s"))
        with pytest.raises(LedgerUnreachableError):
            await client.head()
        impostor.close()
        await impostor.wait_closed()
        (tmp_path / "s").unlink(missing_ok=True)
    await client.close()


def greeting(hello: wire.Hello) -> Any:  # noqa: ANN401 - asyncio's client callback
    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        data = msgspec.msgpack.encode(hello)
        writer.write(len(data).to_bytes(4, "big") + data)
        await reader.read()
        writer.close()

    return greet


@pytest.mark.parametrize(
    "nonsense",
    [
        b"\xff\xff\xff\xff",
        b"\x00\x00\x00\x04junk",
        b"\x00\x00\x00\x00",
        b"\x00\x00\x00\x0c" + msgspec.msgpack.encode([1, ["format", 1]])[:12].ljust(12, b"\xc0"),
    ],
)
async def test_a_client_that_talks_nonsense_is_cut_off_and_the_others_go_on(tmp_path: Path, nonsense: bytes):
    async with served(MemoryStore(ORIGIN), tmp_path):
        client = await LedgerClient.connect(tmp_path / "s")
        reader, writer = await asyncio.open_unix_connection(str(tmp_path / "s"))
        writer.write(nonsense)
        with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
            await reader.readexactly(1_000)
        writer.close()
        assert await client.append(record(0)) == Appended(0)
        await client.close()


async def test_a_record_that_can_never_be_is_refused_from_the_wire_too(tmp_path: Path):
    async with served(MemoryStore(ORIGIN), tmp_path):
        client = await LedgerClient.connect(tmp_path / "s", patience_s=0.3)
        item = record(0, unique=b"k")
        msgspec.structs.force_setattr(item, "salt", b"short")
        with pytest.raises(LedgerUnreachableError):  # cut off like any nonsense, every time it tries
            await client.append(item)
        await client.close()


async def test_a_flood_is_read_no_faster_than_it_is_worked_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(server_module, "MAX_IN_FLIGHT", 10)
    store = Gate()
    async with served(store, tmp_path) as (_, server):
        client = await LedgerClient.connect(tmp_path / "s")
        store.open.clear()
        flood = asyncio.gather(*(client.append(big(i)) for i in range(200)))
        await asyncio.to_thread(store.reached.wait, 30)
        for _ in range(50):
            await asyncio.sleep(0)
        (connection,) = server._connections
        assert connection.in_flight < 200
        store.open.set()
        assert sorted(one.index for one in await flood if isinstance(one, Appended)) == list(range(200))
        await client.close()


def big(number: int) -> Append:
    return Append(b"%d" % number, bytes(200_000), bytes(32))


async def test_more_than_a_frame_holds_is_read_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(server_module, "MAX_REPLY_BYTES", 100)
    async with served(MemoryStore(ORIGIN), tmp_path):
        client = await LedgerClient.connect(tmp_path / "s")
        for number in range(30):
            await client.append(record(number))
        leaves: list[bytes] = []
        while len(leaves) < 30:
            part = await client.read(len(leaves), 30)
            assert sum(map(len, part)) <= 100
            leaves += part
        assert leaves == [record(number).leaf for number in range(30)]
        await client.close()


async def test_a_ledger_that_stops_tells_everybody_why_before_it_goes(tmp_path: Path):
    class Broken(MemoryStore):
        def append(self, *_: Any) -> Any:  # noqa: ANN401 - the store's own
            raise StoreError("disk full")

    async with served(Broken(ORIGIN), tmp_path) as (ledger, server):
        clients = [await LedgerClient.connect(tmp_path / "s") for _ in range(3)]
        waiting = [asyncio.ensure_future(client.append(record(i))) for i, client in enumerate(clients)]
        await ledger.failure()
        await server.close()
        for one in waiting:
            with pytest.raises(LedgerStoppedError):
                await one
        for client in clients:
            await client.close()


async def test_the_socket_is_its_owners_alone_and_its_path_is_bounded(tmp_path: Path):
    async with served(MemoryStore(ORIGIN), tmp_path) as (ledger, _):
        assert mode_of(tmp_path / "s") == 0o600
        with pytest.raises(LedgerError, match="path"):
            await LedgerServer(ledger, tmp_path / ("x" * 100)).start()


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)
