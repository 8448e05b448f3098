"""Dossiers resolved in memory, case by case; the manual's page docs/dossiers.md is printed from these tables."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from dossier_rows import (
    ENTRY,
    IDENTITY,
    MARRIAGE_EXTRACT,
    NOTICE,
    RESIDENCE,
    Row,
    Table,
    ends_of,
    world_of,
)
from world import MARRIAGE_BODY, MOTHER, PERSON_BODY, World
from world_dossiers import DOSSIER, opening, party
from world_registry import BIRTH, MARRIAGE, PERSON, POPULATION

from adapters.port import Found, PeerError, PeerFault, Query
from bus.node.dossier import MARGIN_MS

RESOLVED = Table(
    "Requirements",
    "Every requirement ends as evidence with a receipt or as a gap with a reason. A partial result is a result.",
)
GAPS = Table(
    "Why a gap",
    "Each reason that a gap can have. What nobody can be asked for is known before anything is asked; a name or a "
    "birth that differs goes to an official's review, never to refusal.",
)
case, gap = RESOLVED.row, GAPS.row
ASKED = "asked, answered"
TWO = "asked, asked, answered, answered"


async def well(world: World) -> None:
    """Every system answers as it should."""
    del world


def system(service: str, answer: dict[str, Any] | PeerFault) -> Callable[[World], Awaitable[None]]:
    async def play(world: World) -> None:
        world.answers(service, PeerError(answer) if isinstance(answer, PeerFault) else answer)

    return play


case(
    "one list, both parts had",
    {"home": ((MARRIAGE_EXTRACT, RESIDENCE),)},
    {"home": "met by justice and population"},
    f"opened, {TWO}",
)(well)
case(
    "two lists, the first had: the second is not asked for",
    {"home": ((RESIDENCE,), (MARRIAGE_EXTRACT,))},
    {"home": "met by population"},
    f"opened, {ASKED}",
)(well)
case(
    "two lists, the first fails in one part: the second is asked for",
    {"home": ((MARRIAGE_EXTRACT, RESIDENCE), (RESIDENCE,))},
    {"home": "met by population"},
    f"opened, {TWO}",
)(system(MARRIAGE, {"exists": False}))
case(
    "two lists, the provider of the first is down",
    {"home": ((MARRIAGE_EXTRACT,), (RESIDENCE,))},
    {"home": "met by population"},
    f"opened, asked, fault 506, {ASKED}",
)(system(MARRIAGE, PeerFault.UNREACHABLE))
case(
    "one list, one part refused: the list is not had, though the other part was",
    {"home": ((MARRIAGE_EXTRACT, RESIDENCE),)},
    {"home": "gap: no-match"},
    f"opened, {TWO}, gaps",
)(system(MARRIAGE, {"exists": False}))
case(
    "one question serves two requirements",
    {"home": ((RESIDENCE,),), "identity": ((RESIDENCE,),)},
    {"home": "met by population", "identity": "met by population"},
    f"opened, {ASKED}",
)(well)
case(
    "a partial result",
    {"home": ((RESIDENCE,),), "notice": ((NOTICE,),), "own": ()},
    {"home": "met by population", "notice": "gap: no-provider", "own": "gap: citizen-must-supply"},
    f"opened, {ASKED}, gaps",
)(well)
case(
    "a requirement of a role that nobody has does not hold",
    {"home": ((RESIDENCE,),), "father-home": ((RESIDENCE,),)},
    {"home": "met by population"},
    f"opened, {ASKED}",
    opening(party()),
)(well)


@case(
    "the same evidence about two people is asked for of each",
    {"home": ((RESIDENCE,),), "father-home": ((RESIDENCE,),)},
    {"home": "met by population", "father-home": "met by population"},
    f"opened, {TWO}",
)
async def both(world: World) -> None:
    async def whoever(query: Query) -> Found:
        birth = "1995-03-02" if query.body["number"] == MOTHER else "1993-07-01"
        return Found(PERSON_BODY | {"number": query.body["number"], "name": query.body["name"], "birth": birth})

    world.answers(PERSON, whoever)


case(
    "a name spelled without accents, in capitals",
    {"home": ((RESIDENCE,),)},
    {"home": "met by population"},
    f"opened, {ASKED}",
)(system(PERSON, PERSON_BODY | {"name": "NGUYEN  THI MAU"}))

gap("no service gives it", {"notice": ((NOTICE,),)}, {"notice": "gap: no-provider"}, "opened, gaps")(well)
gap(
    "a service does, and no agreement covers it", {"who": ((IDENTITY,),)}, {"who": "gap: no-agreement"}, "opened, gaps"
)(well)
gap("nobody but the citizen has it", {"own": ()}, {"own": "gap: citizen-must-supply"}, "opened, gaps")(well)


def failing(what: str, reason: str, number: int, answer: dict[str, Any] | PeerFault) -> None:
    ends = {"home": f"gap: {reason}"}
    gap(what, {"home": ((RESIDENCE,),)}, ends, f"opened, asked, fault {number}, gaps")(system(PERSON, answer))


failing("nobody matches", "no-match", 501, PeerFault.NO_MATCH)
failing("two match", "several-matches", 502, PeerFault.SEVERAL_MATCHES)
failing("the system refuses the officer", "refused", 503, PeerFault.NOT_PERMITTED)
failing("the system is down", "provider-down", 506, PeerFault.UNREACHABLE)
failing("the system is too slow", "provider-down", 507, PeerFault.TIMEOUT)
failing("the answer is about somebody else", "bad-answer", 509, PERSON_BODY | {"number": party("father").id})
failing("the answer does not fit its schema", "bad-answer", 509, PERSON_BODY | {"birth": "2/3/1995", "name": 7})
gap(
    "the record is silent on what the evidence consists of",
    {"home": ((RESIDENCE,),)},
    {"home": "gap: no-match"},
    f"opened, {ASKED}, gaps",
)(system(PERSON, PERSON_BODY | {"homes": []}))
gap(
    "the record says no",
    {"wed": ((MARRIAGE_EXTRACT,),)},
    {"wed": "gap: no-match"},
    f"opened, {ASKED}, gaps",
)(system(MARRIAGE, {"exists": False}))
gap(
    "the record has another name",
    {"home": ((RESIDENCE,),)},
    {"home": "gap: mismatch"},
    f"opened, {ASKED}, gaps",
)(system(PERSON, PERSON_BODY | {"name": "Trần Thị Khác"}))
gap(
    "an operation that is not safe, and nobody knows whether it was done",
    {"entry": ((ENTRY,),)},
    {"entry": "gap: outcome-unknown"},
    "opened, asked, outcome-unknown 407, gaps",
)(system(BIRTH, PeerFault.TIMEOUT))


@gap(
    "the provider's node is not connected",
    {"home": ((RESIDENCE,),)},
    {"home": "gap: provider-down"},
    "opened, refused 401, gaps",
)
async def not_there(world: World) -> None:
    world.disconnect(POPULATION)


@gap(
    "two alternatives fail differently: told is what an official or time can mend",
    {"home": ((RESIDENCE,), (MARRIAGE_EXTRACT,))},
    {"home": "gap: provider-down"},
    "opened, asked, fault 501, asked, fault 506, gaps",
)
async def two_reasons(world: World) -> None:
    world.answers(PERSON, PeerError(PeerFault.NO_MATCH))
    world.answers(MARRIAGE, PeerError(PeerFault.UNREACHABLE))


@gap(
    "one slow provider, and the deadline comes first: the others' answers stand",
    {"home": ((RESIDENCE,),), "wed": ((MARRIAGE_EXTRACT,),)},
    {"home": "gap: not-asked", "wed": "met by justice"},
    "opened, asked, asked, answered, gaps",
)
async def deadline(world: World) -> None:
    """The slow system never answers; the dossier's own clock reaches the deadline once the quick one has answered."""
    begun, never = asyncio.Event(), asyncio.Event()
    late_ms = 0

    async def slowly(_query: Query) -> Found:
        begun.set()
        await never.wait()
        raise AssertionError

    async def quickly(_query: Query) -> Found:
        nonlocal late_ms
        await begun.wait()
        late_ms = 15_000 - MARGIN_MS
        return Found(dict(MARRIAGE_BODY))

    world.answers(PERSON, slowly)
    world.answers(MARRIAGE, quickly)
    world.consumer.dossiers._clock = lambda: world.now_ms + late_ms


@pytest.mark.parametrize("row", [*RESOLVED.rows, *GAPS.rows], ids=[*RESOLVED.ids(), *GAPS.ids()])
async def test_a_dossier(row: Row):
    world = world_of(row.needs)
    await row.play(world)
    record = await world.consumer.dossiers.resolve(row.opened)
    assert ends_of(record) == row.ends
    assert await world.told() == row.ledger
    assert max(world.executed().values(), default=0) <= 1
    assert record == await world.consumer.dossiers.show(DOSSIER)
    await every_piece_has_its_receipt(world, record)
    await declared_gaps_are_the_gaps(world, row)


async def every_piece_has_its_receipt(world: World, record: Any) -> None:  # noqa: ANN401 - a DossierRecord
    records = await world.records()
    for line in record.lines:
        for source in line.sources if line.reason is None else ():
            assert records[source.asked][1].exchange == source.exchange
            assert records[source.outcome][0].asked == source.asked


async def declared_gaps_are_the_gaps(world: World, row: Row) -> None:
    gaps = {text for record, details in await world.records() if record.outcome == "gaps" for text in details.gaps}
    assert gaps == {f"{name}:{end.removeprefix('gap: ')}" for name, end in row.ends.items() if end.startswith("gap")}
