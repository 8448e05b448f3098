"""What is written from the whole registry: once, for a minute, a few at a time."""

from __future__ import annotations

import asyncio

import pytest

from bus.xroad.kept import Kept


class Maker:
    def __init__(self) -> None:
        self.made: list[str] = []

    def make(self, name: str) -> str:
        self.made.append(name)
        return f"{name} {len(self.made)}"


async def test_callers_at_once_share_one_making_for_a_minute():
    now, maker = [1_000], Maker()
    kept: Kept[str] = Kept(lambda: now[0])
    same = await asyncio.gather(*(kept.get("a", lambda: maker.make("a")) for _ in range(5)))
    assert ({*same}, maker.made) == ({"a 1"}, ["a"])
    now[0] += 59_999
    assert await kept.get("a", lambda: maker.make("a")) == "a 1"
    now[0] += 1
    assert await kept.get("a", lambda: maker.make("a")) == "a 2"
    now[0] -= 60_000  # a clock that was put back makes nothing old look young
    assert await kept.get("a", lambda: maker.make("a")) == "a 3"


async def test_only_a_few_are_kept():
    maker = Maker()
    kept: Kept[str] = Kept(lambda: 0)
    for number in range(17):
        await kept.get(number, lambda: maker.make("x"))
    await kept.get(16, lambda: maker.make("x"))
    assert len(maker.made) == 17
    await kept.get(0, lambda: maker.make("x"))
    assert len(maker.made) == 18


async def test_a_failure_is_not_kept():
    def fails() -> str:
        raise OSError("no disk")

    kept: Kept[str] = Kept(lambda: 0)
    with pytest.raises(OSError, match="no disk"):
        await kept.get("a", fails)
    assert await kept.get("a", lambda: "made") == "made"
