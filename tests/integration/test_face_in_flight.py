"""How much an agency's systems may have under way at their node: over it, 503, and nothing is asked."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from wires import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from processes import Processes

COUNTER = "a100010"


async def restarted(group: Processes) -> None:
    child = group.children[f"node-{COUNTER}"]
    child.process.terminate()
    await child.ended()
    group.node(COUNTER)
    await group.stands()


@pytest.fixture
async def narrow(group: Processes) -> AsyncIterator[Processes]:
    """The group with a counter whose node takes one question at a time."""
    await group.stands()
    file = group.laid.nodes[COUNTER]
    before = file.read_text(encoding="utf-8")
    file.write_text(before.replace("[http]\n", "[http]\nmax_in_flight = 1\n"), encoding="utf-8")
    try:
        await restarted(group)
        yield group
    finally:
        file.write_text(before, encoding="utf-8")
        group.taps["population"].release()
        await restarted(group)


async def test_a_question_too_many_is_told_when_to_come_again(narrow: Processes):
    opened = await narrow.counter.open("birth")
    dossier, tap, size = str(opened.body["dossier"]), narrow.taps["population"], len(narrow.taps["population"].seen)
    tap.hold()
    first = asyncio.create_task(narrow.counter.ask("confirm", dossier=dossier))
    await until(lambda: len(tap.seen) > size)
    said = await narrow.counter.ask("confirm", dossier=dossier)
    assert (said.status, said.number, said.body["fault_at"]) == (503, 403, "consumer-node")
    assert (said.headers["Retry-After"], said.body["retry"]) == ("1", True)
    assert len(tap.seen) == size + 1
    tap.release()
    assert (await first).status == 200
    assert (await narrow.counter.ask("confirm", dossier=dossier)).status == 200
