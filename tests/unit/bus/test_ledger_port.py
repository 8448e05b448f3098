"""Every ledger keeps the port's promises: the one in memory, the stored one, and the one behind a socket."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from ledger_kit import NOTE_KEY, ORIGIN, new_guard, record, sign, started
from postgresql_kit import needs_postgresql, own_schema

from bus.ledger.client import LedgerClient
from bus.ledger.memory import MemoryLedger
from bus.ledger.port import (
    MAX_LEAF_BYTES,
    Append,
    Appended,
    Details,
    Head,
    Ledger,
    NoSuchRecordError,
    NotAskedError,
    OpenAsked,
    Quota,
    Refusal,
    Refused,
)
from bus.ledger.server import LedgerServer
from bus.storage.kinds import create_store, open_store
from bus.storage.memory import MemoryStore
from signing.checkpoint import check
from signing.merkle import EMPTY_ROOT, leaf_hash, root

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bus.ledger.sequencer import StoredLedger
    from bus.storage.port import Store


@asynccontextmanager
async def in_memory(_folder: Path) -> AsyncIterator[Ledger]:
    yield MemoryLedger(ORIGIN, sign)


@asynccontextmanager
async def stored_in_memory(folder: Path) -> AsyncIterator[Ledger]:
    async with serving(MemoryStore(ORIGIN), folder) as ledger:
        yield ledger


@asynccontextmanager
async def stored_in_sqlite(folder: Path) -> AsyncIterator[Ledger]:
    url = f"sqlite:///{folder}/ledger.db"
    create_store(url, ORIGIN)
    async with serving(open_store(url), folder) as ledger:
        yield ledger


@asynccontextmanager
async def serving(store: Store, folder: Path) -> AsyncIterator[StoredLedger]:
    new_guard(folder)
    ledger = await started(store, folder)
    try:
        yield ledger
    finally:
        await ledger.close()


@asynccontextmanager
async def stored_in_postgresql(folder: Path) -> AsyncIterator[Ledger]:
    with own_schema() as url:
        create_store(url, ORIGIN)
        async with serving(open_store(url), folder) as ledger:
            yield ledger


@asynccontextmanager
async def over_a_socket(folder: Path) -> AsyncIterator[Ledger]:
    async with serving(MemoryStore(ORIGIN), folder) as ledger:
        server = LedgerServer(ledger, folder / "s")
        await server.start()
        client = await LedgerClient.connect(folder / "s")
        try:
            yield client
        finally:
            await client.close()
            await server.close()


KINDS = [
    in_memory,
    stored_in_memory,
    stored_in_sqlite,
    over_a_socket,
    pytest.param(stored_in_postgresql, marks=needs_postgresql),
]


@pytest.fixture(params=KINDS, ids=lambda kind: kind.__name__)
async def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Ledger]:
    async with request.param(tmp_path) as made:
        yield made


async def test_records_get_indexes_from_zero_without_gaps(ledger: Ledger):
    assert [await ledger.append(record(i)) for i in range(3)] == [Appended(0), Appended(1), Appended(2)]
    many = await asyncio.gather(*(ledger.append(record(i)) for i in range(3, 600)))
    assert sorted(one.index for one in many) == list(range(3, 600))


async def test_what_was_appended_is_read_back(ledger: Ledger):
    big = Append(bytes(MAX_LEAF_BYTES), b"", bytes(32))
    for item in (record(0), big, record(2)):
        await ledger.append(item)
    assert list(await ledger.read(0, 99)) == [record(0).leaf, big.leaf, record(2).leaf]
    assert list(await ledger.read(1, 2)) == [big.leaf]
    assert list(await ledger.read(3, 9)) == []
    assert await ledger.details(2) == Details(record(2).details, record(2).salt)
    for index in (3, -1):
        with pytest.raises(NoSuchRecordError):
            await ledger.details(index)


@pytest.mark.parametrize(("start", "end"), [(-1, 2), (3, 2)])
async def test_a_range_that_is_none_is_refused(ledger: Ledger, start: int, end: int):
    with pytest.raises(ValueError, match="range"):
        await ledger.read(start, end)


async def test_the_head_is_the_rfc_6962_root_over_all_leaves(ledger: Ledger):
    assert await ledger.head() == Head(0, EMPTY_ROOT)
    for i in range(5):
        await ledger.append(record(i))
    assert await ledger.head() == Head(5, root([leaf_hash(record(i).leaf) for i in range(5)]))


async def test_a_second_record_with_the_same_key_is_refused_with_the_place_of_the_first(ledger: Ledger):
    await ledger.append(record(0))
    await ledger.append(record(1, unique=b"k"))
    assert await ledger.append(record(2, unique=b"k")) == Refused(Refusal.DUPLICATE, 1)
    assert (await ledger.head()).size == 2


async def test_of_many_at_once_with_the_same_key_one_is_appended(ledger: Ledger):
    outcomes = await asyncio.gather(*(ledger.append(record(i, unique=b"k")) for i in range(50)))
    assert [one for one in outcomes if isinstance(one, Appended)] == [Appended(0)]
    assert outcomes.count(Refused(Refusal.DUPLICATE, 0)) == 49


async def test_a_duplicate_tells_whether_the_first_still_waits_for_its_outcome(ledger: Ledger):
    asked = record(0, unique=b"q", deadline_ms=5)
    await ledger.append(asked)
    assert await ledger.append(asked) == Refused(Refusal.DUPLICATE, 0, open=True)
    await ledger.append(record(1, closes=0))
    assert await ledger.append(asked) == Refused(Refusal.DUPLICATE, 0, open=False)


async def test_quota_counts_what_was_appended_and_refuses_the_rest(ledger: Ledger):
    def counted(number: int, unique: bytes, bucket: str = "ag-1/monday") -> Append:
        return record(number, unique=unique, quota=Quota(bucket, 2))

    assert await ledger.append(counted(0, b"a")) == Appended(0)
    assert await ledger.append(counted(1, b"a")) == Refused(Refusal.DUPLICATE, 0)  # a replay costs nothing
    assert await ledger.append(counted(2, b"b")) == Appended(1)
    assert await ledger.append(counted(3, b"c")) == Refused(Refusal.QUOTA)
    assert await ledger.append(counted(4, b"c", "ag-1/tuesday")) == Appended(2)
    assert await ledger.append(record(5, quota=Quota("none at all", 0))) == Refused(Refusal.QUOTA)


async def test_of_many_at_once_in_one_bucket_exactly_the_limit_is_appended(ledger: Ledger):
    outcomes = await asyncio.gather(*(ledger.append(record(i, quota=Quota("b", 7))) for i in range(40)))
    assert sum(isinstance(one, Appended) for one in outcomes) == 7


async def test_an_asked_is_settled_once(ledger: Ledger):
    await ledger.append(record(0, deadline_ms=10))
    assert await ledger.append(record(1, closes=0)) == Appended(1)
    assert await ledger.append(record(2, closes=0)) == Refused(Refusal.ALREADY_SETTLED, 1)


async def test_closing_what_was_never_asked_is_an_error_of_that_caller_alone(ledger: Ledger):
    await ledger.append(record(0))
    mistaken, fine = await asyncio.gather(
        ledger.append(record(1, closes=0)), ledger.append(record(2)), return_exceptions=True
    )
    assert isinstance(mistaken, NotAskedError)
    assert fine == Appended(1)
    with pytest.raises(NotAskedError):
        await ledger.append(record(3, closes=77))


async def test_open_asked_are_told_soonest_first(ledger: Ledger):
    for number, deadline_ms in enumerate([30, 10, 20, 10]):
        await ledger.append(record(number, deadline_ms=deadline_ms))
    await ledger.append(record(4, closes=2))
    assert list(await ledger.open_asked(31)) == [
        OpenAsked(1, 10, record(1).leaf),
        OpenAsked(3, 10, record(3).leaf),
        OpenAsked(0, 30, record(0).leaf),
    ]
    assert [asked.index for asked in await ledger.open_asked(30)] == [1, 3]


async def test_facts_are_needed_lacked_put_and_dropped(ledger: Ledger):
    opening = {"lacks": ("d",), "puts": ("d", "d|mother"), "group": "d"}
    assert await ledger.append(record(0, needs=("d",))) == Refused(Refusal.NEEDS, 0)
    assert await ledger.append(record(0, **opening)) == Appended(0)
    assert await ledger.append(record(1, **opening)) == Refused(Refusal.EXISTS, 0)
    assert await ledger.append(record(1, needs=("d", "d|mother"))) == Appended(1)
    assert await ledger.append(record(2, needs=("d", "d|father"))) == Refused(Refusal.NEEDS, 1)
    assert await ledger.append(record(2, needs=("d",), puts=("d|father",), group="d")) == Appended(2)
    assert await ledger.append(record(3, needs=("d", "d|father"))) == Appended(3)
    assert await ledger.append(record(4, needs=("d",), drops="d")) == Appended(4)
    assert await ledger.append(record(5, needs=("d|father",))) == Refused(Refusal.NEEDS, 0)
    assert await ledger.append(record(5, **opening)) == Appended(5)


async def test_of_many_at_once_that_open_the_same_dossier_one_does(ledger: Ledger):
    outcomes = await asyncio.gather(
        *(ledger.append(record(i, lacks=("d",), puts=("d",), group="d")) for i in range(20))
    )
    assert sum(isinstance(one, Appended) for one in outcomes) == 1


async def test_the_checkpoint_is_a_signed_note_under_the_origin(ledger: Ledger):
    verdict, checkpoint = check(await ledger.checkpoint(), [NOTE_KEY.verifier])
    assert verdict.passed
    assert checkpoint is not None
    assert (checkpoint.origin, checkpoint.size, checkpoint.root) == (ORIGIN, 0, EMPTY_ROOT)
    assert ledger.origin == ORIGIN


async def test_the_first_term_is_one(ledger: Ledger):
    assert ledger.term == 1


@pytest.mark.parametrize(
    "members",
    [
        {"leaf": b""},
        {"leaf": bytes(MAX_LEAF_BYTES + 1)},
        {"salt": bytes(31)},
        {"details": bytes(256 * 1024 + 1)},
        {"unique": b""},
        {"unique": bytes(257)},
        {"deadline_ms": 1, "closes": 0},
        {"puts": ("without a group",)},
        {"needs": ("x" * 401,)},
        {"needs": ("x",) * 257},
    ],
)
def test_what_can_never_be_recorded_is_refused_when_it_is_made(members: dict[str, object]):
    good: dict[str, object] = {"leaf": b"l", "details": b"{}", "salt": bytes(32)}
    with pytest.raises(ValueError, match="record: "):
        Append(**(good | members))


@pytest.mark.parametrize(("bucket", "limit"), [("", 1), ("x" * 201, 1), ("b", -1)])
def test_what_can_be_no_quota_is_refused(bucket: str, limit: int):
    with pytest.raises(ValueError, match="quota: "):
        Quota(bucket, limit)
