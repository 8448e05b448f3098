"""A citizen's uses in a book of records, and the look at them without HTTP."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import NamedTuple

from audit_kit import START_MS, Book, Desk, subject
from registry_folder import folder

from bus.ledger.memory import MemoryLedger
from bus.ledger.tree import OwnTiles
from bus.usages.admission import Citizen
from bus.usages.disclosure import DelayClass, Disclosure
from bus.usages.lines import Shown
from bus.usages.looks import Looks
from bus.usages.tickets import Tickets, digest_of
from registry.snapshot import Snapshot
from registry.snapshot import compile as compile_registry
from schemas.envelope import Officer, Subject
from schemas.record import LeafType

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
