"""Every write of the ledger is broken twice, before and after it persisted; then it starts again and is looked at.

What must hold: no acknowledged record is lost, none stands twice, no two checkpoints contradict, and the guard never
goes down.
"""

from __future__ import annotations

import asyncio
import threading
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import pytest
from ledger_kit import NOTE_KEY, ORIGIN, VAULT_KEY, new_guard, record, started
from postgresql_kit import needs_postgresql, own_schema

from bus.ledger.guard import Guard, GuardError
from bus.ledger.port import (
    Append,
    Appended,
    Head,
    LedgerStoppedError,
    LedgerSupersededError,
    Quota,
    Refusal,
    Refused,
)
from bus.ledger.tools import walk
from bus.ledger.vault import Vault
from bus.storage.engine import sqlite_file
from bus.storage.kinds import create_store, open_store
from bus.storage.memory import MemoryStore
from bus.storage.port import StoreError
from signing.checkpoint import check
from signing.merkle import leaf_hash, root

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from bus.ledger.sequencer import StoredLedger
    from bus.storage.port import Store

WRITES = ["take_over", "append", "save_signed"]


class BreakingStore:
    """A store whose n-th call of one write fails, before or after the real one did it."""

    def __init__(self, store: Store, write: str, when: str, nth: int = 1) -> None:
        self._store = store
        self._write, self._when, self._left = write, when, nth

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the store's member is
        real = getattr(self._store, name)
        return self._breaking(real) if name == self._write else real

    def _breaking(self, real: Callable[..., object]) -> Callable[..., object]:
        def call(*args: object) -> object:
            self._left -= 1
            if self._left == 0 and self._when == "before":
                raise StoreError("broken before")
            value = real(*args)
            if self._left == 0:
                raise StoreError("broken after")
            return value

        return call


@pytest.fixture(params=["memory", "sqlite", pytest.param("postgresql", marks=needs_postgresql)])
def open_(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], Store]]:
    new_guard(tmp_path)
    if request.param == "memory":
        opened: Callable[[], Store] = MemoryStore(ORIGIN).reopened
        yield opened
        whole(opened, tmp_path)
        return
    with own_schema() if request.param == "postgresql" else nullcontext(f"sqlite:///{tmp_path}/ledger.db") as url:
        create_store(url, ORIGIN)
        yield lambda: open_store(url)
        whole(lambda: open_store(url), tmp_path)


def whole(open_: Callable[[], Store], folder: Path) -> None:
    """The whole log, hashed again as it lies there: leaves, every checkpoint ever signed and the guard agree.

    Where somebody else signed more than stands, the guard alone says so.
    """
    store = open_()
    try:
        guarded = Guard(folder / "guard.json", ORIGIN).read()
        verified = walk(store, [NOTE_KEY.verifier], Vault.under(VAULT_KEY), guarded)
        findings = {one.step: one.holds for one in verified.findings if one.step != "details"}
        beyond = guarded.size > store.head().size
        assert findings == {"leaves": True, "checkpoints": True, "guard": not beyond}
    finally:
        store.close()


def item(number: int) -> Append:
    return record(number, unique=b"key %d" % number, quota=Quota("b", 1000))


async def sound(ledger: StoredLedger, acknowledged: dict[int, int]) -> None:
    """Every record of 0 to 19 stands once, the acknowledged ones where they were said to stand."""
    leaves = await ledger.read(0, 999)
    assert sorted(leaves) == sorted(record(number).leaf for number in range(20))
    for number, index in acknowledged.items():
        assert leaves[index] == record(number).leaf
    assert await ledger.head() == Head(20, root([leaf_hash(leaf) for leaf in leaves]))
    await ledger.publish()
    verdict, checkpoint = check(await ledger.checkpoint(), [NOTE_KEY.verifier])
    assert verdict.passed
    assert checkpoint is not None
    assert checkpoint.size == 20
    assert checkpoint.root == (await ledger.head()).root


async def put(ledger: StoredLedger, acknowledged: dict[int, int], numbers: range) -> None:
    """Append with a checkpoint between, noting what was acknowledged; a stop ends it."""
    for number in numbers:
        outcome = await ledger.append(item(number))
        if isinstance(outcome, Appended):
            acknowledged[number] = outcome.index
        else:
            assert outcome.reason is Refusal.DUPLICATE
        if number % 3 == 0:
            await ledger.publish()


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("nth", [1, 2, 5])
@pytest.mark.parametrize("write", WRITES)
async def test_each_write_broken(open_: Callable[[], Store], tmp_path: Path, write: str, when: str, nth: int):
    acknowledged: dict[int, int] = {}
    breaking = BreakingStore(open_(), write, when, nth)
    stopped: StoredLedger | None = None
    try:
        stopped = await started(breaking, tmp_path)  # type: ignore[arg-type] - stands in for a store
        await put(stopped, acknowledged, range(20))
    except (LedgerStoppedError, StoreError):
        pass
    if stopped is not None:
        if len(acknowledged) < 20:  # it was broken: nothing is taken any more
            with pytest.raises(LedgerStoppedError):
                await stopped.append(item(50))
        await stopped.close()
    whole(open_, tmp_path)
    again = await started(open_(), tmp_path)
    await put(again, acknowledged, range(20))
    await sound(again, acknowledged)
    await again.close()


@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_batch_that_fails_fails_for_everybody_in_it_and_stands_whole_or_not_at_all(
    open_: Callable[[], Store], tmp_path: Path, when: str
):
    ledger = await started(BreakingStore(open_(), "append", when, 2), tmp_path)  # type: ignore[arg-type] - see above
    assert await ledger.append(item(0)) == Appended(0)
    tries = await asyncio.gather(*(ledger.append(item(i)) for i in range(1, 20)), return_exceptions=True)
    assert all(isinstance(one, LedgerStoppedError) for one in tries)
    await ledger.close()
    whole(open_, tmp_path)
    acknowledged = {0: 0}
    again = await started(open_(), tmp_path)
    standing = (await again.head()).size
    assert standing == 1 if when == "before" else 1 < standing <= 20
    await put(again, acknowledged, range(20))
    await sound(again, acknowledged)
    await again.close()


@pytest.mark.parametrize("moment", ["before", "after"])
async def test_the_guards_write_broken(
    open_: Callable[[], Store], tmp_path: Path, moment: str, monkeypatch: pytest.MonkeyPatch
):
    real = Guard._replace

    def broken(self: Guard, head: Head) -> None:
        if moment == "after":
            real(self, head)
        raise OSError(28, "No space left on device")

    ledger = await started(open_(), tmp_path)
    acknowledged: dict[int, int] = {}
    await put(ledger, acknowledged, range(5))
    before = await ledger.checkpoint()
    await ledger.append(item(5))
    with monkeypatch.context() as patched:
        patched.setattr(Guard, "_replace", broken)
        with pytest.raises(LedgerStoppedError):
            await ledger.publish()
    assert await ledger.checkpoint() == before  # nothing left that the guard did not keep
    with pytest.raises(LedgerStoppedError):
        await ledger.append(item(6))
    await ledger.close()
    again = await started(open_(), tmp_path)
    await put(again, acknowledged, range(20))
    await sound(again, acknowledged)
    await again.close()


async def test_what_was_refused_stays_refused_after_a_restart(open_: Callable[[], Store], tmp_path: Path):
    ledger = await started(open_(), tmp_path)
    await ledger.append(record(0, unique=b"k", deadline_ms=1))
    await ledger.append(record(1, quota=Quota("b", 1)))
    await ledger.append(record(2, closes=0))
    await ledger.append(record(3, lacks=("d",), puts=("d",), group="d"))
    await ledger.append(record(4, deadline_ms=7))
    await ledger.close()
    again = await started(open_(), tmp_path)
    assert again.term == 2
    assert await again.append(record(5, unique=b"k")) == Refused(Refusal.DUPLICATE, 0)
    assert await again.append(record(5, quota=Quota("b", 1))) == Refused(Refusal.QUOTA)
    assert await again.append(record(5, closes=0)) == Refused(Refusal.ALREADY_SETTLED, 2)
    assert await again.append(record(5, lacks=("d",))) == Refused(Refusal.EXISTS, 0)
    assert [asked.index for asked in await again.open_asked(8)] == [4]
    assert await again.append(record(5, needs=("d",), closes=4)) == Appended(5)
    await again.close()


async def test_a_ledger_whose_term_was_overtaken_writes_nothing_and_stops_itself(
    open_: Callable[[], Store], tmp_path: Path
):
    old_store = open_()
    old = await started(old_store, tmp_path)
    await old.append(item(0))
    lose_the_hold(old_store)
    new = await started(open_(), tmp_path)
    assert new.term == 2
    with pytest.raises(LedgerSupersededError):
        await old.append(item(1))
    with pytest.raises(LedgerSupersededError):
        await old.append(item(2))
    assert isinstance(await old.failure(), LedgerSupersededError)
    assert await new.append(item(1)) == Appended(1)
    await new.close()
    await old.close()


async def test_an_idle_ledger_finds_out_at_the_next_checkpoint(open_: Callable[[], Store], tmp_path: Path):
    old_store = open_()
    old = await started(old_store, tmp_path, cadence_s=0.01)
    lose_the_hold(old_store)
    new = await started(open_(), tmp_path)
    assert isinstance(await old.failure(), LedgerSupersededError)
    await old.close()
    await new.close()


def lose_the_hold(store: Any) -> None:  # noqa: ANN401 - either store
    """As when a file system forgets its locks, or a database drops the holder's session."""
    if isinstance(store, MemoryStore):
        store._t.holder = None
    elif sqlite_file(store._engine) is not None:
        store._hold.release()
    else:
        with store._writing_connection().begin():
            store._writing_connection().exec_driver_sql("SELECT pg_advisory_unlock_all()")


async def test_another_signer_stops_the_ledger(open_: Callable[[], Store], tmp_path: Path):
    ledger = await started(open_(), tmp_path)
    await ledger.append(item(0))
    guard = Guard(tmp_path / "guard.json", ORIGIN)
    guard.advance(guard.read(), Head(9, bytes(32)))
    with pytest.raises(LedgerStoppedError):
        await ledger.publish()
    with pytest.raises(LedgerStoppedError):
        await ledger.append(item(1))
    await ledger.close()
    with pytest.raises(GuardError, match="9 records were signed"):
        await started(open_(), tmp_path)


async def test_writing_does_not_hold_up_the_event_loop(tmp_path: Path):
    new_guard(tmp_path)
    store = MemoryStore(ORIGIN)
    held, go_on = threading.Event(), threading.Event()
    real = store.append

    def slow(*args: Any) -> Any:  # noqa: ANN401 - the store's own
        held.set()
        assert go_on.wait(30)
        return real(*args)

    store.append = slow  # type: ignore[method-assign] - a disk that takes its time
    ledger = await started(store, tmp_path)
    waiting = [asyncio.ensure_future(ledger.append(item(i))) for i in range(5)]
    await asyncio.to_thread(held.wait, 30)
    waiting += [asyncio.ensure_future(ledger.append(item(i))) for i in range(5, 9)]
    await asyncio.sleep(0)
    assert not any(one.done() for one in waiting)
    assert (await ledger.head()).size == 0
    go_on.set()
    assert [one.index for one in await asyncio.gather(*waiting) if isinstance(one, Appended)] == list(range(9))
    await ledger.close()


async def test_a_cancelled_append_is_not_written_if_its_batch_has_not_begun(tmp_path: Path):
    new_guard(tmp_path)
    ledger = await started(MemoryStore(ORIGIN), tmp_path)
    gone = asyncio.ensure_future(ledger.append(item(0)))
    gone.cancel()
    await asyncio.gather(gone, return_exceptions=True)
    assert await ledger.append(item(1)) == Appended(0)
    await ledger.close()
