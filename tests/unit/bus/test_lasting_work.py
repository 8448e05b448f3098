"""Work that goes on for as long as its process."""

from __future__ import annotations

import asyncio

import pytest
from structlog.testing import capture_logs

from bus.app.lasting import lasting


async def test_a_mistake_is_logged_without_its_words_and_the_work_begins_again():
    rounds: list[int] = []
    done = asyncio.Event()

    async def work() -> None:
        rounds.append(1)
        if len(rounds) < 3:
            raise ValueError("số 097195001234")
        done.set()
        await asyncio.sleep(60)

    with capture_logs() as lines:
        task = lasting(work, "following", pause_s=0.001)
        await asyncio.wait_for(done.wait(), 10)
    assert [(line["event"], line["work"], line["error"]) for line in lines] == [
        ("background-work-failed", "following", "ValueError")
    ] * 2
    assert lines[1]["again_in_s"] == 2 * lines[0]["again_in_s"]
    assert "0971" not in str(lines)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_after_it_went_well_the_pause_is_short_again():
    rounds: list[int] = []
    done = asyncio.Event()

    async def work() -> None:
        rounds.append(1)
        if len(rounds) == 4:
            await asyncio.sleep(0.1)  # longer than any pause before it
        if len(rounds) == 5:
            done.set()
            await asyncio.sleep(60)
        raise ValueError

    with capture_logs() as lines:
        task = lasting(work, "following", pause_s=0.001)
        await asyncio.wait_for(done.wait(), 10)
    task.cancel()
    assert lines[-1]["again_in_s"] == lines[0]["again_in_s"] == 0.001


async def test_work_that_is_done_is_not_begun_again():
    rounds: list[int] = []

    async def work() -> None:
        rounds.append(1)

    await lasting(work, "once", pause_s=0.001)
    assert rounds == [1]
