"""Spec tables: one row is a bad input, what it gets, and what stands afterwards; the manual is printed from them.

After every row the same holds, whatever the row was: nobody executed anything twice, every asked has one outcome once
recovery has passed, no leaf and no problem holds a citizen's number, and a good question is answered as ever.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec
from world import FATHER, MOTHER, World, ask
from world_registry import CONSUMER, OPERATOR

from bus.link.errors import LinkResetError
from bus.link.messages import Message
from bus.node.ask import Ask, _Put
from bus.topics import Topic, read_reply
from schemas.envelope import Envelope, decode
from schemas.problem_texts import slug
from schemas.problems import Code, Problem, ProblemError
from schemas.sealed import Sealed, pack
from signing.jws import seal

HUB, LINK, CONSUMERS, PROVIDERS = "hub", "link", "consumer's node", "provider's node"
ANSWERED: Final = "nobody: answered"


@dataclass(frozen=True)
class Said:
    """What came back: who decided it, and the problem, if it was one."""

    by: str
    problem: Problem | None = None
    reset: int | None = None
    reply: Any = None


Play = Callable[[World], Awaitable[Said]]


@dataclass(frozen=True)
class Row:
    """One line of the manual, and how it is played."""

    what: str
    by: str
    number: int | None
    fault_at: str | None
    ledger: tuple[str, ...]
    later: tuple[str, ...]
    asked: int
    workers: int
    play: Play


@dataclass
class Table:
    """One chapter of the manual."""

    title: str
    about: str
    rows: list[Row] = field(default_factory=list)

    def row(
        self,
        what: str,
        by: str,
        number: int | None = None,
        fault_at: str | None = None,
        *,
        ledger: tuple[str, ...] = (),
        later: tuple[str, ...] | None = None,
        asked: int = 0,
        workers: int = 1,
    ) -> Callable[[Play], Play]:
        """Add a row; the function plays it and gives back what was said.

        `ledger` is what stands right after, `later` what stands once recovery has passed; `asked` is how often the
        provider's system was asked.
        """

        def add(play: Play) -> Play:
            self.rows.append(Row(what, by, number, fault_at, ledger, later or ledger, asked, workers, play))
            return play

        return add

    def ids(self) -> list[str]:
        return [row.what for row in self.rows]


async def hold(row: Row) -> None:
    """Play a row in a world of its own and compare everything that the manual says of it."""
    world = World(workers=row.workers)
    said = await row.play(world)
    number = int(said.problem.code) if said.problem else None
    fault_at = said.problem.fault_at.value if said.problem and said.problem.fault_at else None
    assert (said.by, number, fault_at) == (row.by, row.number, row.fault_at), said.problem
    assert await world.told() == row.ledger
    assert len(world.asked) == row.asked
    assert_unquoted(said.problem)
    await assert_nothing_lost(world, row)
    await assert_still_well(world)


def assert_unquoted(problem: Problem | None) -> None:
    text = msgspec.json.encode(problem).decode()
    assert not any(number in text for number in (MOTHER, FATHER, "000000001"))


async def assert_nothing_lost(world: World, row: Row) -> None:
    assert max(world.executed().values(), default=0) <= 1, "executed twice"
    await world.settle()
    assert await world.told() == row.later
    records = await world.records()
    asked = [index for index, (record, _) in enumerate(records) if record.type == 1]
    settled = sorted(record.asked for record, _ in records if record.asked is not None)
    assert settled == asked, "every asked has one outcome"
    leaves = b"".join(await world.ledger.read(0, 4096))
    assert MOTHER.encode() not in leaves
    assert b"Nguy" not in leaves


async def assert_still_well(world: World) -> None:
    world.mend()
    answered = await world.consumer.asker.ask(ask())
    assert answered.value["number"] == MOTHER
    assert max(world.executed().values()) == 1


# What a row may do


def drafted(world: World, question: Ask | None = None, **changed: Any) -> tuple[_Put, Envelope]:  # noqa: ANN401 - any member
    """The commune's good question as its node would put it, with members of the envelope changed."""
    put = world.consumer.asker._draft(question or ask())
    return put, msgspec.structs.replace(put.question, **changed)


async def put(world: World, question: Ask) -> Said:
    """Ask through the commune's own node, and find out who refused."""
    try:
        answered = await world.consumer.asker.ask(question)
    except ProblemError as error:
        kept = world.consumer.archive.kept.get((error.exchange or "", "reply"))
        by = sealer_of(read_reply(kept.sealed).sealed) if kept else CONSUMERS
        return Said(by, error.problem)
    return Said(ANSWERED, reply=answered)


async def send(world: World, sealed: Sealed, *bodies: bytes, by: str = CONSUMER, number: int = 0) -> Said:
    """Send what no honest node would, over an agency's link."""
    return await send_head(world, pack(sealed), *bodies, by=by, number=number)


async def send_head(world: World, head: bytes, *bodies: bytes, by: str = CONSUMER, number: int = 0) -> Said:
    try:
        message = await world.to_hub(by, number).call(Message(Topic.EXCHANGE, head, bodies), 5.0)
    except LinkResetError as error:
        return Said(LINK, reset=error.code)
    reply = read_reply(message.head)
    problem = decode(reply.sealed.envelope).problem
    return Said(sealer_of(reply.sealed) if problem else ANSWERED, problem, reply=message)


async def sealed_and_sent(
    world: World,
    envelope: Envelope,
    *bodies: bytes,
    sealer: str = CONSUMER,
    by: str = CONSUMER,
) -> Said:
    """Seal an envelope with an agency's key and send it as it is."""
    return await send(world, await world.notary(sealer).seal(envelope), *bodies, by=by)


async def changed_and_sent(world: World, **changed: Any) -> Said:  # noqa: ANN401 - any member
    """The commune's good question with members changed, soundly sealed by the commune."""
    good, envelope = drafted(world, **changed)
    return await sealed_and_sent(world, envelope, good.body.data)


def seal_bytes(world: World, data: bytes, sealer: str = CONSUMER, *, instance: str = "VN-test") -> Sealed:
    """Seal bytes that no encoder of ours would write."""
    return seal([data], world.pki.signer(sealer), instance=instance, now_ms=world.now_ms)[0]


def sealer_of(sealed: Sealed) -> str:
    sealer = decode(sealed.envelope).sealer
    return {OPERATOR: HUB, CONSUMER: CONSUMERS}.get(sealer, PROVIDERS)


# The manual

INTRODUCTION: Final = """\
# Bad input, and what becomes of it

One line for each input that a test plays (`tests/spec`): who decides, with which number ([problems.md](problems.md)),
where the fault is said to lie, what then stands in the ledger, and how often the provider's own system was asked.
*Later* is what recovery adds once the question's time is up.

After every line the tests also check that nothing was executed twice, that every asked has exactly one outcome, that no
leaf and no problem holds a citizen's number, and that the next good question is answered.

This page is printed from the tables of the tests: `python tests/spec/write_pages.py`.
"""


def page(tables: list[Table]) -> Iterator[str]:
    """The lines of docs/bad-input.md."""
    yield from INTRODUCTION.splitlines()
    for table in tables:
        yield ""
        yield f"## {table.title}"
        yield ""
        yield table.about
        yield ""
        yield "| input | decided by | problem | fault at | ledger | system asked |"
        yield "|---|---|---|---|---|---|"
        yield from map(_line, table.rows)


def _line(row: Row) -> str:
    number = f"{row.number} `{slug(Code(row.number))}`" if row.number else "none"
    ledger = ", ".join(row.ledger) or "nothing"
    if row.later != row.ledger:
        ledger += f"; later {', '.join(row.later[len(row.ledger) :])}"
    return f"| {row.what} | {row.by} | {number} | {row.fault_at or 'nowhere'} | {ledger} | {row.asked} |"
