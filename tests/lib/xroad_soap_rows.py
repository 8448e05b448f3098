"""Rows of the manual's page on SOAP calls: what a message says, what the service does, what comes back, and why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from xroad_soap_world import SUBSYSTEM, Answer, SoapWorld, fields, message, repeated, well
from xroad_world import ONE_STOP

from schemas.xroad.posted import Posted

PHOTO_BODY: Final = (
    '<c:citizenPhoto xmlns:c="http://citizens.example.vn/"><c:number>097195001234</c:number></c:citizenPhoto>'
)
ANSWER_BODY: Final = (
    '<c:citizenPhotoResponse xmlns:c="http://citizens.example.vn/"><c:photo>none</c:photo></c:citizenPhotoResponse>'
)
PHOTO: Final = message(*fields(ONE_STOP, f"{SUBSYSTEM}/citizenPhoto/v1"), body=PHOTO_BODY)
BOUNDARY: Final = "MIME_boundary"
MULTIPART: Final = f'multipart/related; type="text/xml"; start="<root>"; boundary="{BOUNDARY}"'


async def photo(asked: Posted) -> tuple[int, str, bytes]:
    """The service does what is expected of it."""
    return 200, "text/xml; charset=utf-8", repeated(asked.soap, ANSWER_BODY)


class Row(NamedTuple):
    """One call.

    Attributes:
        told: what is not as usual, as the page says it.
        fault: the fault's code; None: there is none.
        saw: a piece of what reached the service (headers, blank line, body); "" where it is not checked.
        back: a piece of the answer (content type, blank line, body).
    """

    why: str
    told: str
    body: bytes
    content_type: str | None
    headers: dict[str, str]
    method: str
    service: Answer
    fault: str | None
    saw: str
    back: str


@dataclass
class Chapter:
    """Rows that are played in their order on one world."""

    title: str
    about: str
    world: dict[str, Any] = field(default_factory=dict)
    rows: list[Row] = field(default_factory=list)

    def call(  # noqa: PLR0913 - a row of a table
        self,
        why: str,
        told: str,
        fault: str | None = None,
        *,
        change: tuple[str, str] | None = None,
        body: bytes = PHOTO,
        content_type: str | None = "text/xml",
        action: str | None = None,
        method: str = "POST",
        service: Answer = photo,
        saw: str = "",
        back: str = "",
    ) -> Chapter:
        """A call; `change` puts one piece of the usual message in another's place."""
        if change is not None:
            assert change[0].encode() in body, change
            body = body.replace(change[0].encode(), change[1].encode(), 1)
        headers = {} if action is None else {"SOAPAction": action}
        self.rows.append(Row(why, told, body, content_type, headers, method, service, fault, saw, back))
        return self

    async def play(self) -> None:
        """Make every call, and compare."""
        async with SoapWorld(**self.world).speaking() as world:
            for row in self.rows:
                await _play(world, row)

    def page(self) -> Iterator[str]:
        """The chapter as Markdown."""
        yield from (f"### {self.title}", "", self.about, "", "| with | answer | why |", "|---|---|---|")
        for row in self.rows:
            yield f"| {_cell(row.told)} | {_cell(_answer(row))} | {_cell(row.why)} |"
        yield ""


async def _play(world: SoapWorld, row: Row) -> None:
    world.service.answer = row.service
    before = len(world.service.seen)
    said = await world.post(row.body, row.content_type, method=row.method, **row.headers)
    assert (said.status, said.fault or None) == (200, row.fault), (row.why, said)
    assert row.back in f"{said.content_type}\r\n\r\n{said.body.decode('latin-1')}", (row.why, said)
    reached = world.service.seen[before:]
    assert bool(reached) == (row.fault is None or row.service not in (photo, well)), (row.why, said)
    if row.saw:
        heads = "".join(f"{name}: {value}\r\n" for name, value in reached[0].headers)
        assert row.saw in f"{heads}\r\n{reached[0].body.decode('latin-1')}", (row.why, reached)


def _answer(row: Row) -> str:
    told = [f"`{row.fault}`" if row.fault else "the service's answer"]
    if row.saw:
        told.append(f"the service sees `{_line(row.saw)}`")
    if row.back:
        told.append(f"back `{_line(row.back)}`")
    return "; ".join(told)


def _line(text: str) -> str:
    return text.replace("\r\n", "⏎").strip()


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
