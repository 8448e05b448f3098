"""Rows of the manual's page on REST calls: what a client sends, what the service sees, what comes back, and why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from multidict import CIMultiDict
from xroad_world import ONE_STOP, XRoadWorld

ANY: Final = "…"
"""Whatever it is, it is there."""
ECHO_AT: Final = "/r1/VN/GOV/G01/population/echo"
PERSONS_AT: Final = "/r1/VN/GOV/G01/population/persons"
MANY: Final = 80
CLIENT: Final = (("X-Road-Client", ONE_STOP),)


class Says(NamedTuple):
    """What the service answers."""

    body: bytes
    status: int = 200
    headers: tuple[tuple[str, str], ...] = (("Content-Type", "application/json"),)


class Row(NamedTuple):
    """One call.

    Attributes:
        status: of the answer.
        error: the value of `X-Road-Error`; None: there is none.
        saw: what reached the service: `verb`, `target`, `body` or a header; None: no such header. Empty: not checked.
        back: headers of the answer; None: no such header.
        text: a piece of the answer's body.
        says: what the service answers; None: it echoes, and a call that is refused does not reach it.
    """

    why: str
    verb: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes | None
    status: int
    error: str | None
    saw: dict[str, str | None]
    back: dict[str, str | None]
    text: str
    says: Says | None = None


@dataclass
class Chapter:
    """Rows that are played in their order on one world."""

    title: str
    about: str
    world: dict[str, Any] = field(default_factory=dict)
    rows: list[Row] = field(default_factory=list)

    def passes(  # noqa: PLR0913 - a row of a table
        self,
        why: str,
        verb: str = "GET",
        target: str = "/a",
        *,
        headers: tuple[tuple[str, str], ...] = (),
        body: bytes | None = None,
        saw: dict[str, str | None] | None = None,
        back: dict[str, str | None] | None = None,
        client: tuple[tuple[str, str], ...] = CLIENT,
        says: Says | None = None,
        text: str = "",
    ) -> Chapter:
        """A call that reaches the service."""
        status = says.status if says else 200
        row = Row(why, verb, _at(target), (*headers, *client), body, status, None, saw or {}, back or {}, text, says)
        self.rows.append(row)
        return self

    def refused(  # noqa: PLR0913 - a row of a table
        self,
        why: str,
        error: str,
        target: str = "/a",
        *,
        verb: str = "GET",
        headers: tuple[tuple[str, str], ...] = (),
        body: bytes | None = None,
        client: tuple[tuple[str, str], ...] = CLIENT,
        text: str = "",
        back: dict[str, str | None] | None = None,
        says: Says | None = None,
    ) -> Chapter:
        """A call that does not, or whose answer does not hold; the status follows from the code."""
        status = 500 if error.lower().startswith("server.") else 400
        row = Row(why, verb, _at(target), (*headers, *client), body, status, error, {}, back or {}, text, says)
        self.rows.append(row)
        return self

    async def play(self) -> None:
        """Make every call, and compare."""
        world = XRoadWorld(**self.world)
        async with world.standing():
            for row in self.rows:
                await _play(world, row)

    def page(self) -> Iterator[str]:
        """The chapter as Markdown."""
        yield from (f"### {self.title}", "", self.about, "", "| call | with | answer | why |", "|---|---|---|---|")
        for row in self.rows:
            yield f"| {_call(row)} | {_with(row)} | {_answer(row)} | {row.why} |"
        yield ""


def _at(target: str) -> str:
    return target[1:] if target.startswith("!") else ECHO_AT + target


async def _play(world: XRoadWorld, row: Row) -> None:
    before, existing, says = len(world.existing.calls), world.existing, row.says or Says(b"", headers=())
    existing.status, existing.headers = says.status, CIMultiDict(says.headers)
    existing.body = None if row.says is None else says.body
    reply = await world.send(row.verb, row.target, row.headers, row.body)
    assert (reply.status, reply.error) == (row.status, row.error), (row.why, reply)
    assert row.text in reply.body.decode(), (row.why, reply)
    for name, value in row.back.items():
        came = reply.headers.get(name)
        assert came is not None if value == ANY else came == value, (row.why, name, reply)
    calls = world.existing.calls[before:]
    assert len(calls) == (row.error is None or row.says is not None), row.why
    for name, value in row.saw.items():
        seen = calls[0].seen(name)
        assert seen is not None if value == ANY else seen == value, (row.why, name, calls)


def _call(row: Row) -> str:
    shown = row.target.replace(ECHO_AT, "…/echo").replace(PERSONS_AT, "…/persons")
    return f"`{row.verb} {shown}`".replace("|", "\\|")


def _with(row: Row) -> str:
    shown = [f"`{name}: {value}`" for name, value in row.headers if (name, value) != CLIENT[0]]
    if CLIENT[0] not in row.headers and not any(name.lower() == "x-road-client" for name, _ in row.headers):
        shown.append("no `X-Road-Client`")
    if row.body:
        shown.append(f"`{row.body.decode()}`" if len(row.body) < MANY else f"{len(row.body)} bytes")
    if row.says is not None:
        told = [f"`{name}: {value}`" for name, value in row.says.headers if name != "Content-Type"]
        shown.append(f"the service says {', '.join([str(row.says.status), *told, f'`{row.says.body.decode()}`'])}")
    return ", ".join(shown)


def _answer(row: Row) -> str:
    told = [str(row.status), *([f"`{row.error}`"] if row.error else []), *([f"`{row.text}`"] if row.text else [])]
    told += [_told("the service sees", row.saw), _told("back", row.back)]
    return "; ".join(one for one in told if one)


def _told(what: str, said: dict[str, str | None]) -> str:
    pieces = [f"no `{name}`" if value is None else f"`{name}: {value}`" for name, value in said.items()]
    return f"{what} {', '.join(pieces)}" if pieces else ""
