"""What a node sees of the ledger by itself: consistency, inclusion in time, and the alarms when they fail."""

from __future__ import annotations

from pathlib import Path

import pytest
from log_kit import KEY, Leaves, leaf

from bus.ledger.published import NotPublishedError, PublishedLog, place_of
from bus.node.watch import LogWatch, read_state
from schemas.envelope import Leaf, Receipt
from schemas.text import b64url_encode, moment
from signing.tlog_policy import Policy

NOW_MS = 1_800_000_000_000
POLICY = Policy(logs=(KEY.verifier,))


class Eye:
    """A watch on a log that the test may swap for another."""

    def __init__(self, folder: Path, leaves: Leaves) -> None:
        self.file = folder / "watch.json"
        self.now_ms = NOW_MS
        self.show(leaves)
        self.watch = self.opened()

    def show(self, leaves: Leaves) -> None:
        self.published: PublishedLog | None = PublishedLog(leaves)

    def opened(self) -> LogWatch:
        return LogWatch(POLICY, self.fetch, lambda: self.now_ms, self.file)

    async def fetch(self, path: str) -> bytes:
        if self.published is None:
            raise OSError("nobody answers")
        return await self.published.resource(place_of(path))

    @property
    def alarms(self) -> list[str]:
        state = read_state(self.file)
        return [] if state is None else [alarm.kind for alarm in state.alarms]


def receipt(first: int, second: int, now_ms: int = NOW_MS, content: bytes | None = None) -> Receipt:
    return Receipt(
        origin=KEY.verifier.name,
        term=1,
        asked=_leaf(first, leaf(first)),
        outcome=_leaf(second, leaf(second) if content is None else content),
        included_by=moment(now_ms + 60_000),
    )


def _leaf(index: int, content: bytes) -> Leaf:
    return Leaf(index=index, leaf=b64url_encode(content), salt=b64url_encode(bytes(32)))


@pytest.mark.parametrize("size", [2, 256, 257, 700])
async def test_what_a_receipt_promised_is_found(tmp_path: Path, size: int):
    eye = Eye(tmp_path, Leaves(size))
    eye.watch.promised(receipt(0, size - 1))
    eye.watch.promised(receipt(size // 2, size))
    await eye.watch.turn()
    state = read_state(eye.file)
    assert state is not None
    assert (state.verified, [one.index for one in state.waiting], state.alarms) == (3, [size], [])
    eye.show(Leaves(size + 300))
    eye.watch = eye.opened()  # a restart
    await eye.watch.turn()
    assert eye.watch.state.verified == 4
    assert eye.alarms == []


async def test_a_record_that_is_another_one_is_an_alarm_with_its_checkpoint(tmp_path: Path):
    eye = Eye(tmp_path, Leaves(300))
    eye.watch.promised(receipt(3, 4, content=b"what was never recorded"))
    await eye.watch.turn()
    assert eye.alarms == ["receipt-not-included"]
    assert eye.watch.state.alarms[0].evidence[0].startswith("ledger.test/one\n300\n")
    assert eye.watch.state.verified == 1


async def test_a_receipt_whose_time_passes_without_a_checkpoint_is_an_alarm_once(tmp_path: Path):
    eye = Eye(tmp_path, Leaves(10))
    eye.watch.promised(receipt(10, 11))
    for seconds in (0, 59, 61, 120):
        eye.now_ms = NOW_MS + seconds * 1000
        await eye.watch.turn()
        assert eye.alarms == (["receipt-overdue"] if seconds > 60 else [])
    eye.show(Leaves(12))
    await eye.watch.turn()
    assert (eye.watch.state.verified, eye.watch.state.waiting) == (2, [])


async def test_a_receipt_may_not_promise_later_than_a_minute_from_now(tmp_path: Path):
    eye = Eye(tmp_path, Leaves(1))
    eye.watch.promised(receipt(5, 6, NOW_MS + 3_600_000))
    eye.now_ms += 61_000
    await eye.watch.turn()
    assert eye.alarms == ["receipt-overdue"]


async def test_a_hub_that_does_not_answer_cannot_hide_a_broken_promise(tmp_path: Path):
    eye = Eye(tmp_path, Leaves(10))
    eye.watch.promised(receipt(8, 9))
    eye.published = None
    eye.now_ms += 61_000
    await eye.watch.turn()
    assert eye.alarms == ["receipt-overdue"]


async def rewritten(eye: Eye, size: int, place: int) -> None:
    other = Leaves(size)
    other.leaves[place] = b"rewritten"
    eye.show(other)
    eye.watch.promised(receipt(0, 1))
    await eye.watch.turn()


@pytest.mark.parametrize(("size", "place"), [(300, 5), (301, 5), (1000, 299)])
async def test_a_second_history_is_an_alarm_and_the_first_stays(tmp_path: Path, size: int, place: int):
    eye = Eye(tmp_path, Leaves(300))
    await eye.watch.turn()
    known = eye.watch.state.note
    await rewritten(eye, size, place)
    assert eye.alarms == ["checkpoint-inconsistent"]
    assert eye.watch.state.note == known
    assert eye.watch.state.alarms[0].evidence[0] == known
    assert len(eye.watch.state.alarms[0].evidence) == 2


async def test_a_log_that_was_turned_back_is_an_alarm_within_its_minute(tmp_path: Path):
    eye = Eye(tmp_path, Leaves(300))
    await eye.watch.turn()
    for _ in range(3):
        await rewritten(eye, 299, 0)
        eye.now_ms += 31_000
    assert "checkpoint-behind" in eye.alarms
    assert "\n300\n" in eye.watch.state.note


async def test_a_checkpoint_behind_the_last_one_is_no_alarm(tmp_path: Path):
    eye = Eye(tmp_path, Leaves(300))
    await eye.watch.turn()
    behind = Leaves(300)
    behind.published = 299
    ahead = PublishedLog(Leaves(300))
    eye.show(behind)

    async def fetch(path: str) -> bytes:
        published = eye.published if path == "checkpoint" else ahead
        assert published is not None
        return await published.resource(place_of(path))

    eye.watch = LogWatch(POLICY, fetch, lambda: NOW_MS, eye.file)
    eye.watch.promised(receipt(0, 1))
    await eye.watch.turn()
    assert eye.alarms == []
    assert "\n300\n" in eye.watch.state.note


async def test_a_checkpoint_that_the_log_has_not_signed_is_an_alarm(tmp_path: Path):
    eye = Eye(tmp_path, Leaves(300))

    async def fetch(path: str) -> bytes:
        return (await eye.fetch(path)).replace(b"\n300\n", b"\n301\n")

    watch = LogWatch(POLICY, fetch, lambda: NOW_MS, eye.file)
    watch.promised(receipt(0, 1))
    await watch.turn()
    assert eye.alarms == ["checkpoint-unsigned"]
    assert watch.state.note == ""


async def test_tiles_that_lie_once_are_fetched_again(tmp_path: Path):
    eye = Eye(tmp_path, Leaves(300))
    lies = ["tile/0/000"]

    async def fetch(path: str) -> bytes:
        data = await eye.fetch(path)
        if path in lies:
            lies.remove(path)
            return bytes(len(data))
        return data

    watch = LogWatch(POLICY, fetch, lambda: NOW_MS, eye.file)
    watch.promised(receipt(0, 299))
    await watch.turn()
    assert (eye.alarms, watch.state.verified) == ([], 2)


async def test_no_checkpoint_yet_is_no_alarm(tmp_path: Path):
    eye = Eye(tmp_path, Leaves(3))

    async def fetch(_path: str) -> bytes:
        raise NotPublishedError("none yet")

    watch = LogWatch(POLICY, fetch, lambda: NOW_MS, eye.file)
    watch.promised(receipt(0, 1))
    await watch.turn()
    assert eye.alarms == []
