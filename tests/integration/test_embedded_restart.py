"""The embedded bus, stopped and started on what it kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from nation import EmbeddedNation

from bus.ledger import tools

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedNation]:
    """A nation that only these tests use, for they stop it."""
    running = EmbeddedNation(tmp_path_factory.mktemp("own"))
    yield running
    running.close()


async def test_everything_is_as_it_was(own: EmbeddedNation):
    opened, closed = await own.counter.open("birth"), await own.counter.open("marriage")
    await own.counter.send("POST", f"/dossiers/{closed.body['dossier']}/close")
    before, key = await own.records(), own.key
    own.restart()
    assert own.key == key
    shown = await own.counter.send("GET", f"/dossiers/{opened.body['dossier']}")
    assert shown.body == opened.body
    state = await own.counter.send("GET", f"/dossiers/{closed.body['dossier']}")
    assert state.body == closed.body | {"state": "closed"}
    assert (await own.records())[: len(before)] == before
    # an open dossier is still open at the hub, a closed one still closed, and numbers go on
    assert (await own.counter.ask("confirm", dossier=opened.body["dossier"])).status == 200
    assert (
        await own.counter.ask("confirm", of="groom", dossier=closed.body["dossier"], procedure="1.000894")
    ).number == 207
    assert (await own.counter.open("marriage", dossier=closed.body["dossier"])).number == 705
    later = await own.counter.open("business")
    assert later.body["dossier"] not in {opened.body["dossier"], closed.body["dossier"]}
    assert later.status == 201


async def test_each_start_is_a_term_and_the_ledger_holds(own: EmbeddedNation):
    first = (await own.counter.ask("confirm", dossier=await own.dossier())).body["receipt"]["term"]
    own.restart()
    second = (await own.counter.ask("confirm", dossier=await own.dossier())).body["receipt"]["term"]
    assert second == first + 1
    verified = tools.verify(own.state.ledger)
    assert verified.holds
    assert verified.head.size == await own.size()
