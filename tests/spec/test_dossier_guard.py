"""The guard at the counter: what may be asked of the citizen, the four reasons, supplements, closing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import pytest
from world import World, officer
from world_dossiers import DOSSIER, dossier_question, opening, party
from world_registry import EXTRACT, PERSON

from bus.node.dossier import GuardRefusedError
from registry.model import Field, Text
from schemas.problems import ProblemError

FORM = {"form": "birth-bad@1"}
HELD = ("mother-residence", "mother-sex")
Play = Callable[[World], Awaitable[object]]


@dataclass(frozen=True)
class Row:
    """One act at the counter: its problem, if it is refused, and what then stands in the ledger."""

    what: str
    number: int | None
    ledger: tuple[str, ...]
    play: Play


@dataclass
class Table:
    """The rows of the chapter."""

    rows: list[Row] = field(default_factory=list)

    def row(self, what: str, number: int | None, ledger: str = "") -> Callable[[Play], Play]:
        def add(play: Play) -> Play:
            self.rows.append(Row(what, number, tuple(ledger.split(", ")) if ledger else (), play))
            return play

        return add


ABOUT = (
    "Nothing is asked of the citizen that an agency holds, unless one of four reasons is declared, under seal, and "
    "counted. A supplement passes the same guard as a form."
)
TABLE = Table()
act = TABLE.row
DONE = "opened, asked, asked, answered, answered, gaps"
OVERRIDDEN = "opened, override, asked, asked, answered, answered, gaps"


def asked(name: str, term: str | None, of: str = "mother") -> Field:
    return Field(name=name, label=Text(vi=name, en=name), term=term, of=of, required=True)


@act("a form that asks for nothing held", None, DONE)
async def good(world: World) -> object:
    return await world.consumer.dossiers.resolve(opening())


@act("a form that asks for what agencies hold", 702)
async def held(world: World) -> object:
    return await world.consumer.dossiers.resolve(opening(**FORM))


@act("a reason for one of the two held fields only", 702)
async def half(world: World) -> object:
    return await world.consumer.dossiers.resolve(opening(**FORM, overrides={HELD[0]: "update"}))


def reason(word: str) -> None:
    async def play(world: World) -> object:
        return await world.consumer.dossiers.resolve(opening(**FORM, overrides=dict.fromkeys(HELD, word)))

    act(f"the same for the reason *{word}*", None, OVERRIDDEN)(play)


for one in ("quality-failure", "update", "verification", "provider-down"):
    reason(one)


@act("a reason that is none of the four", 703)
async def other_reason(world: World) -> object:
    return await world.consumer.dossiers.resolve(opening(**FORM, overrides=dict.fromkeys(HELD, "habit")))


@act("a reason for a field that the form does not ask", 703)
async def stray(world: World) -> object:
    return await world.consumer.dossiers.resolve(opening(overrides={"mother-residence": "update"}))


@act("a form that is not registered", 701)
async def no_form(world: World) -> object:
    return await world.consumer.dossiers.resolve(opening(form="birth@2"))


@act("nobody in a role that a requirement is about", 706)
async def no_mother(world: World) -> object:
    return await world.consumer.dossiers.resolve(opening(party("father")))


@act("a placeholder as a party's number", 213)
async def placeholder(world: World) -> object:
    return await world.consumer.dossiers.resolve(opening(party(id="000000000001")))


@act("a dossier number that is open already", 707, DONE)
async def again(world: World) -> object:
    await world.consumer.dossiers.resolve(opening())
    return await world.consumer.dossiers.resolve(opening())


@act("a supplement that nobody holds", None, DONE)
async def supplement(world: World) -> object:
    return await more(world, asked("copies", "wish.copies"))


@act("a supplement about the child that is being registered", None, DONE)
async def newborn(world: World) -> object:
    return await more(world, asked("child-sex", "person.sex", "child"))


@act("a supplement that an agency holds", 702, DONE)
async def held_supplement(world: World) -> object:
    return await more(world, asked("mother-residence", "person.residence"))


@act("the same for one of the four reasons", None, f"{DONE}, override")
async def reasoned_supplement(world: World) -> object:
    said = await more(world, asked("mother-residence", "person.residence"), **{"mother-residence": "verification"})
    record = await world.consumer.dossiers.show(DOSSIER)
    assert record.overrides == (("mother-residence", "verification"),)
    return said


@act("a supplement bound to no term, so that nobody can tell", 708, DONE)
async def unbound(world: World) -> object:
    return await more(world, asked("anything", None))


@act("a supplement bound to a term that the dictionary does not know", 708, DONE)
async def invented(world: World) -> object:
    return await more(world, asked("mother-residence", "person.whereabouts"))


@act("a supplement to a dossier that does not exist", 704)
async def unknown(world: World) -> object:
    fields = (asked("copies", "wish.copies"),)
    return await world.consumer.dossiers.supplement("H56.20-261122-99999", fields, {}, officer(), "counter-7")


@act("a supplement to a closed dossier", 705, f"{DONE}, closed")
async def closed_supplement(world: World) -> object:
    await closed(world)
    fields = (asked("copies", "wish.copies"),)
    return await world.consumer.dossiers.supplement(DOSSIER, fields, {}, officer(), "counter-7")


@act("closing", None, f"{DONE}, closed")
async def close(world: World) -> object:
    return await closed(world)


@act("closing twice", 705, f"{DONE}, closed")
async def close_twice(world: World) -> object:
    await closed(world)
    return await world.consumer.dossiers.close(DOSSIER, "counter-7")


@act("a question for a closed dossier", 207, f"{DONE}, closed, refused 207")
async def question_after(world: World) -> object:
    await closed(world)
    return await world.consumer.asker.ask(dossier_question())


@act("a declaration whose acknowledgement was lost: sent again, recorded once", None, DONE)
async def lost_word(world: World) -> object:
    world.to_hub().cut_once = "after"
    return await world.consumer.dossiers.resolve(opening())


async def more(world: World, one: Field, **reasons: str) -> object:
    await world.consumer.dossiers.resolve(opening())
    return await world.consumer.dossiers.supplement(DOSSIER, (one,), reasons, officer(), "counter-7")


async def closed(world: World) -> object:
    await world.consumer.dossiers.resolve(opening())
    return await world.consumer.dossiers.close(DOSSIER, "counter-7")


@pytest.mark.parametrize("row", TABLE.rows, ids=[row.what for row in TABLE.rows])
async def test_the_guard(row: Row):
    world = World()
    number = None
    try:
        await row.play(world)
    except ProblemError as error:
        number = int(error.problem.code)
    assert number == row.number
    assert await world.told() == row.ledger


async def test_a_refusal_says_who_holds_each_field_and_by_which_law():
    with pytest.raises(GuardRefusedError) as caught:
        await World().consumer.dossiers.resolve(opening(**FORM))
    told = {
        one.field: {by.service: (by.basis, by.agreement) for by in one.held_by} for one in caught.value.verdict.refused
    }
    assert told == {
        "mother-residence": {PERSON: ("278/2025/NĐ-CP", "ag-0001"), EXTRACT: ("278/2025/NĐ-CP", None)},
        "mother-sex": {PERSON: ("278/2025/NĐ-CP", None)},
    }


async def test_overrides_are_declared_under_seal_with_their_reasons():
    world = World()
    await world.consumer.dossiers.resolve(opening(**FORM, overrides={HELD[0]: "update", HELD[1]: "quality-failure"}))
    declared = [details for record, details in await world.records() if record.outcome == "override"]
    assert [details.overrides for details in declared] == [("mother-residence:update", "mother-sex:quality-failure")]
    assert declared[0].officer is not None


def page() -> list[str]:
    """The chapter of docs/dossiers.md."""
    lines = [
        "",
        "## The guard",
        "",
        ABOUT,
        "",
        "| act | problem | ledger |",
        "|---|---|---|",
    ]
    return lines + [
        f"| {row.what} | {row.number or 'none'} | {', '.join(row.ledger) or 'nothing'} |" for row in TABLE.rows
    ]
