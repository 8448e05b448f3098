"""The evidence of each day in an agency's archive, sealed: signed lists of the digests of that day's seals.

Promises: a list names the seal (JWS) of every sealed message that was kept on the day, as `EXCHANGE/PIECE/seal.txt`,
which is what a dispute bundle calls it within its exchange. A seal binds its envelope and that its bodies, and tells
nothing of them: a list may be shown to anybody, and stays whole when evidence is forgotten or erased. Reads beside a
running node. Leaves out: how lists are signed (`bus.batches`), pieces that are no sealed message (dossiers' lines).

Source: docs/evidence.md §6; docs/xades.md §7.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Final

import msgspec
import sqlalchemy as sa
import structlog

from bus.batches import NotSealedError, SealedDays, Sealing, listed_in
from bus.keystore import KeyAddressError
from bus.ledger.vault import DetailsUnreadableError, Vault
from bus.node.archive import Kept, bound_to
from bus.node.keeping import DAY_MS, opened
from bus.storage.archive_tables import ANSWERS, EVIDENCE
from bus.storage.engine import as_store_errors
from bus.storage.port import StoreError
from bus.topics import read_reply
from config.secrets import SecretError
from schemas.problems import ProblemError
from schemas.sealed import Sealed, SealedFormatError, unpack
from signing.keys import KeyRefusedError

log = structlog.get_logger(__name__)
FIRST_AFTER_S: Final = 10.0
EVERY_S: Final = 600.0
"""How often a node looks whether a day is over, in seconds."""
FOLDER: Final = "sealed"
"""Within an archive's folder."""
GRACE: Final = timedelta(minutes=10)
"""How long after midnight (UTC) a day counts as over."""
_SEALED: Final = ("question", "receipt", "declaration")
_REPLIES: Final = {"reply": "reply", "answer": "reply", "reply-refused": "refused"}
_EPOCH: Final = date(1970, 1, 1)
_LATER: Final = (
    NotSealedError,
    KeyAddressError,
    KeyRefusedError,
    SecretError,
    StoreError,
    DetailsUnreadableError,
    OSError,
)


class DayNotOverError(Exception):
    """The day may still get evidence."""


def sealed_days(archive: Path) -> SealedDays:
    """The containers of an archive."""
    return SealedDays(archive / FOLDER)


def seal_day(archive: Path, key: bytes, day: date, sealing: Sealing, now: datetime) -> list[Path]:
    """Seal the evidence of one day; blocks.

    Args:
        archive: the archive's folder.
        key: of the archive, 32 bytes.
        day: UTC, by when evidence was kept.
        sealing: with what.
        now: the moment, aware.

    Returns:
        The containers made; none where the day is sealed, or nothing was kept on it.

    Raises:
        DayNotOverError: it is not over.
        NotSealedError, KeyAddressError: services or key do not do it now.
        StoreError, DetailsUnreadableError: the archive cannot be read.
    """
    if day > last_over(now):
        raise DayNotOverError(f"{day.isoformat()} is not over: it may still get evidence")
    sealed = sealed_days(archive)
    return [] if day in sealed.done() else sealed.seal(day, digests_of(archive, key, day), sealing)


def seal_due(archive: Path, key: bytes, sealing: Sealing, now: datetime) -> list[Path]:
    """Seal every day that is over and has evidence, oldest first; blocks. Errors as `seal_day`."""
    return [path for day in due(archive, last_over(now)) for path in seal_day(archive, key, day, sealing, now)]


def last_over(now: datetime) -> date:
    """The last day (UTC) that is over."""
    return (now - GRACE).astimezone(UTC).date() - timedelta(days=1)


def due(archive: Path, until: date) -> list[date]:
    """The days up to and including `until` on which sealed messages were kept and which are not sealed, rising."""
    done = set(sealed_days(archive).done())
    with opened(archive) as engine, as_store_errors(engine), engine.connect() as connection:
        oldest = [connection.scalar(sa.select(sa.func.min(table.c.kept_ms))) for table in (EVIDENCE, ANSWERS)]
        first = min((kept for kept in oldest if kept is not None), default=None)
        if first is None:
            return []
        days = (_EPOCH + timedelta(days=n) for n in range(first // DAY_MS, (until - _EPOCH).days + 1))
        return [day for day in days if day not in done and _any_kept(connection, day)]


def _any_kept(connection: sa.Connection, day: date) -> bool:
    """Whether a sealed message was kept on a day; two looks into an index."""
    kinds = EVIDENCE.c.kind.in_((*_SEALED, *_REPLIES))
    for table, condition in ((EVIDENCE, kinds), (ANSWERS, sa.true())):
        query = sa.select(table.c.kept_ms).where(_within(table, (day - _EPOCH).days * DAY_MS), condition).limit(1)
        if connection.execute(query).first() is not None:
            return True
    return False


def _within(table: sa.Table, start_ms: int) -> sa.ColumnElement[bool]:
    return sa.and_(table.c.kept_ms >= start_ms, table.c.kept_ms < start_ms + DAY_MS)


def digests_of(archive: Path, key: bytes, day: date) -> dict[str, bytes]:
    """What the day's lists name, with SHA-256."""
    vault, found = Vault.under(key), dict[str, bytes]()
    for exchange, kind, box, context in _boxes(archive, (day - _EPOCH).days * DAY_MS):
        kept = msgspec.msgpack.decode(vault.open(box, bound_to(*context)), type=Kept)
        for piece, sealed in _seals(kind, kept):
            digest, name, number = sha256(sealed.seal).digest(), f"{exchange}/{piece}/seal.txt", 1
            while found.setdefault(name, digest) != digest:
                number += 1
                name = f"{exchange}/{piece}/seal-{number}.txt"
    return found


@dataclass(frozen=True, slots=True)
class Place:
    """One agency's archive with its key, and with what its days are sealed."""

    archive: Path
    key: bytes
    sealing: Sealing


async def run(places: Mapping[str, Place], now: Callable[[], datetime]) -> None:
    """Seal each agency's days as they end, for ever; what cannot be done now is told in the log and tried again.

    Args:
        places: by agency.
        now: the moment, aware.
    """
    await asyncio.sleep(FIRST_AFTER_S)
    while True:
        for agency, place in places.items():
            await turn(agency, place, now())
        await asyncio.sleep(EVERY_S)


async def turn(agency: str, place: Place, now: datetime) -> None:
    """Look once at one agency."""
    try:
        for path in await asyncio.to_thread(seal_due, place.archive, place.key, place.sealing, now):
            log.info("day-sealed", agency=agency, file=path.name)
    except _LATER as error:
        log.error("day-not-sealed", agency=agency, reason=str(error))  # noqa: TRY400 - the reason says it


def of_exchange(archive: Path, exchange: str, days: set[date]) -> dict[str, bytes]:
    """The containers, by name, that list a seal of this exchange, among those of these days and their neighbours."""
    near = {day + timedelta(days=step) for day in days for step in (-1, 0, 1)}
    found = {}
    for path in (path for day in sorted(near) for path in sealed_days(archive).listing(day, f"{exchange}/")):
        data = path.read_bytes()
        if any(name.startswith(f"{exchange}/") for name in listed_in(data)):
            found[path.name] = data
    return found


def _boxes(archive: Path, start_ms: int) -> Iterator[tuple[str, str, bytes, tuple[str, ...]]]:
    """Exchange, kind, box and what it is bound to, of everything kept within a day."""
    with opened(archive) as engine, as_store_errors(engine), engine.connect() as connection:
        streamed = connection.execution_options(yield_per=64)
        for table in (EVIDENCE, ANSWERS):
            for row in streamed.execute(sa.select(table).where(_within(table, start_ms))):
                if table is EVIDENCE:
                    yield row.exchange, row.kind, row.box, ("evidence", row.exchange, row.kind)
                else:
                    yield row.exchange, "answer", row.box, ("answer", row.sealer, row.exchange)


def _seals(kind: str, kept: Kept) -> Iterator[tuple[str, Sealed]]:
    """The sealed messages of one kept piece; none where it holds none."""
    try:
        if kind in _REPLIES:
            reply = read_reply(kept.sealed)
            yield _REPLIES[kind], reply.sealed
            if reply.receipt is not None:
                yield "receipt", reply.receipt
        elif kind in _SEALED:
            yield kind, unpack(kept.sealed)
    except (ProblemError, SealedFormatError):
        return  # what was refused need not read; it is kept as it came, and no seal of it is known
