"""A citizen's uses in a book of records, and the look at them without HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import aiohttp
import msgspec
from aiohttp import web
from audit_kit import START_MS, Book, Desk, subject
from registry_folder import folder
from token_kit import AUDIENCE, DEV, KEYS, POLICY

from bus.access import Grants
from bus.http.usages import UsagesFace
from bus.http.usages_page import Pages
from bus.ledger.memory import MemoryLedger
from bus.ledger.tree import OwnTiles
from bus.usages.admission import Admission, Citizen
from bus.usages.disclosure import DelayClass, Disclosure
from bus.usages.lines import Shown
from bus.usages.looks import Looks
from bus.usages.pace import Pace
from bus.usages.tickets import Tickets, digest_of
from registry.snapshot import Snapshot
from registry.snapshot import compile as compile_registry
from schemas.envelope import Officer, Subject
from schemas.record import LeafType
from signing.tokenkeys import TokenKeys

ME = "001190000011"
OTHER = "001190000012"
NONCE = "n-0123456789abcdef"
SERVICE = "a100001/population/person"
NOW_MS = START_MS + 400 * 86_400_000


def ask(
    book: Book, *people: str, about: tuple[str, ...] = (), purpose: str = "dossier", agreement: str = "ag-0001"
) -> int:
    """A question about these people and its answer, which holds data about those; the question's number."""
    members = {"consumer": "a100010", "provider": "a100001", "service": SERVICE, "purpose": purpose}
    details = book.details(
        operation="read",
        officer=Officer(id="can-bo-01", unit="mot-cua", asserted_by="a100010"),
        procedure="3.000722",
        dossier="H26-1",
        subjects=tuple(map(subject, people)),
        fields=("person.full-name",),
        agreement=agreement,
    )
    asked = book.add(LeafType.ASKED, details, validated=True, **members)
    said = book.details(subjects=tuple(map(subject, about)), hops={"received": 1})
    book.add(LeafType.OUTCOME, said, outcome="answered", asked=asked, **members)
    return asked


def opened(book: Book, *people: Subject) -> int:
    """A dossier with these parties."""
    details = book.details(procedure="3.000722", dossier="H26-1", subjects=people)
    return book.add(LeafType.DECLARED, details, outcome="opened", consumer="a100010")


class Room(NamedTuple):
    """A book's records, ready to be looked at."""

    looks: Looks
    desk: Desk
    ledger: MemoryLedger


async def room(
    book: Book,
    tmp_path: Path,
    *classes: DelayClass,
    officers: Shown = Shown.UNIT,
    ledger: MemoryLedger | None = None,
    now_ms: int = NOW_MS,
) -> Room:
    """What a look at this book needs, at a moment after all of it."""
    desk = Desk(book, f"sqlite:///{tmp_path / 'i.sqlite3'}", tmp_path)
    kept = ledger if ledger is not None else MemoryLedger()
    for item in book.entries:
        await kept.append(item)
    snapshot = _registry()
    looks = Looks(
        ledger=kept,
        shelf=desk.shelf,
        index=desk.index,
        indexer=desk.indexer,
        names=desk.names,
        snapshot=lambda: snapshot,
        tiles=OwnTiles(kept.read),
        clock=lambda: now_ms,
        tickets=Tickets(lambda: now_ms, 600),
        disclosure=Disclosure(classes),
        officers=officers,
        operator="a100000",
    )
    return Room(looks, desk, kept)


@cache
def _registry() -> Snapshot:
    return compile_registry(folder())


def citizen(number: str = ME) -> Citizen:
    """Somebody whose token held."""
    return Citizen(number, "substantial", "portal", digest_of(NONCE))


class KnownKeys:
    """An issuer whose keys are at hand."""

    async def keys(self, kid: str | None) -> TokenKeys:
        del kid
        return KEYS


class Served(NamedTuple):
    """The citizens' face on loopback."""

    url: str
    room: Room
    now_s: int

    async def challenge(self, **headers: str) -> str:
        """A nonce from the face itself."""
        sent = await self.send("POST", "/usages/challenge", headers=headers)
        assert sent.status == 201, sent.text
        return str(sent.json["nonce"])

    async def token(self, number: str = ME, **changed: object) -> str:
        """A token that answers a challenge of the face."""
        claims = {"aud": AUDIENCE, "sub": number, "nonce": await self.challenge(), "acr": "high"}
        return DEV.token(claims | changed, self.now_s)

    async def send(self, method: str, path: str, token: str | None = None, **more: Any) -> Sent:  # noqa: ANN401 - whatever aiohttp takes
        """One request."""
        headers = more.pop("headers", {}) | ({"Authorization": f"Bearer {token}"} if token else {})
        async with (
            aiohttp.ClientSession() as session,
            session.request(method, self.url + path, headers=headers, **more) as answer,
        ):
            return Sent(answer.status, await answer.text(), dict(answer.headers))


class Sent(NamedTuple):
    """What came back."""

    status: int
    text: str
    headers: dict[str, str]

    @property
    def json(self) -> Any:  # noqa: ANN401 - whatever the face says
        return msgspec.json.decode(self.text)


@asynccontextmanager
async def served(
    inside: Room, portals: Grants | None = None, *, looks_per_hour: int = 100, framed_by: tuple[str, ...] = ()
) -> AsyncIterator[Served]:
    """The face over a book of records, for tokens of the test's issuer."""
    looks = inside.looks
    pace = Pace(looks.clock, looks_per_hour)
    admission = Admission(POLICY, KnownKeys(), looks.tickets, pace, looks.clock)
    runner = web.AppRunner(UsagesFace(admission, looks, portals, Pages(framed_by)).application(), access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield Served(f"http://127.0.0.1:{runner.addresses[0][1]}", inside, looks.clock() // 1000)
    finally:
        await runner.cleanup()
        inside.desk.index.close()
