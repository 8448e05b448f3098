"""A node's evidence: what it sealed and received, kept encrypted; and the promise of at most once.

Promises: when a method that keeps something returns, it survives power loss. An answer archived under (sealer,
exchange) is given back byte for byte and never replaced. `start` says True once per (sealer, exchange), across
restarts. Writes are group-committed on their own thread; the event loop never waits for the disk.
Leaves out: judging evidence (`lienthong-check`), and what class of evidence may be forgotten when.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol, Self, TypeAlias, TypeVar

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from bus.ledger.vault import DetailsUnreadableError, Vault
from bus.storage import formats
from bus.storage.archive_tables import ALL, ANSWERS, ARCHIVE, EVIDENCE, STARTED
from bus.storage.engine import as_store_errors, open_engine, writing
from bus.storage.port import StoreError
from bus.storage.statements import Statements
from bus.storage.writer import GroupWriter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

Result = TypeVar("Result")
DATABASE: Final = "evidence.db"
_CONTEXT: Final = b"lienthong archive v1"
_RECENT: Final = 1024
_RECENT_BYTES: Final = 32 * 1024
"""So many answers of at most so many bytes are at hand without a look into the files."""


class ArchiveStoppedError(Exception):
    """The archive takes nothing until its process is restarted; what was asked of it may or may not be kept."""


class ArchiveKeyError(DetailsUnreadableError):
    """The key is not this archive's."""


class Kept(NamedTuple):
    """A sealed envelope (packed, as it travelled) and its parts."""

    sealed: bytes
    parts: tuple[bytes, ...]


class Evidence(NamedTuple):
    """One piece of an exchange: question, reply, receipt…, and when it was kept."""

    kind: str
    kept: Kept
    kept_ms: int


class Archive(Protocol):
    """What a node needs of its archive."""

    async def answer_for(self, sealer: str, exchange: str) -> Kept | None:
        """The answer given to this question, if one was."""

    async def keep_answer(self, sealer: str, exchange: str, sealed: bytes, parts: tuple[bytes, ...]) -> None:
        """Keep the answer before it is sent; one that stands already stays."""

    async def start(self, sealer: str, exchange: str) -> bool:
        """Mark an operation that is not safe as started; False when it was before."""

    async def keep(self, exchange: str, kind: str, sealed: bytes, parts: tuple[bytes, ...]) -> None:
        """Keep a piece of evidence; the same bytes again are kept once, other bytes beside them."""

    async def close(self) -> None:
        """Write what is queued, let go of the files."""


def create_archive(folder: Path) -> None:
    """Create an empty archive. An archive that was lost forgets what was started: never do this in passing.

    Raises:
        StoreExistsError: there is one already.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    engine = open_engine(_url(folder), create=True)
    try:
        formats.create(engine, ARCHIVE)
    finally:
        engine.dispose()


class _Answer(NamedTuple):
    sealer: str
    exchange: str
    box: bytes


class _Start(NamedTuple):
    sealer: str
    exchange: str


class _Piece(NamedTuple):
    exchange: str
    kind: str
    digest: bytes
    box: bytes


_Item: TypeAlias = _Answer | _Start | _Piece


class SqlArchive:
    """An archive in a folder (SQLite); made by `open` on a running event loop."""

    def __init__(self, engine: sa.Engine, vault: Vault, clock: Callable[[], int]) -> None:
        self._engine = engine
        self._vault = vault
        self._clock = clock
        self._connection = engine.connect()
        self._statements = _Writing(self._connection)
        self._reader = engine.connect()
        self._looking = _Reading(self._reader)
        self._recent: OrderedDict[tuple[str, str], Kept] = OrderedDict()
        self._writer: GroupWriter[_Item, bool] = GroupWriter(self._write, _stopped, name="archive-writer", cap=64)
        self._readers = ThreadPoolExecutor(1, thread_name_prefix="archive-reader")

    @classmethod
    async def open(cls, folder: Path, key: bytes, clock: Callable[[], int]) -> Self:
        """Open the archive in `folder` under its 32-byte key.

        Raises:
            MissingStoreError: there is none; creating one is a separate step.
            FormatVersionError: its format is not this program's.
            ArchiveKeyError: the key is another one: nothing new is locked under it beside what is there.
        """
        engine = open_engine(_url(folder))
        try:
            await asyncio.to_thread(formats.require_current, engine, ARCHIVE)
            await asyncio.to_thread(require_key, engine, key)
        except BaseException:
            engine.dispose()
            raise
        return cls(engine, Vault.under(key), clock)

    @property
    def folder(self) -> Path:
        """Where its database is."""
        return Path(self._engine.url.database or "").parent

    def gone(self, exchanges: Iterable[str]) -> None:
        """Remember nothing of exchanges that were erased from the folder."""
        erased = frozenset(exchanges)
        for key in [key for key in self._recent if key[1] in erased]:
            del self._recent[key]

    async def answer_for(self, sealer: str, exchange: str) -> Kept | None:
        """See the port."""
        recent = self._recent.get((sealer, exchange))
        if recent is not None:
            return recent
        box = await self._reading(lambda: self._find_answer(sealer, exchange))
        return None if box is None else self._unbox(box, "answer", sealer, exchange)

    async def keep_answer(self, sealer: str, exchange: str, sealed: bytes, parts: tuple[bytes, ...]) -> None:
        """See the port."""
        kept = Kept(sealed, parts)
        box = self._box(kept, "answer", sealer, exchange)
        if await self._writer.submit(_Answer(sealer, exchange, box)) and len(box) <= _RECENT_BYTES:
            self._recent[sealer, exchange] = kept  # its receipt will ask for it in a moment
            if len(self._recent) > _RECENT:
                self._recent.popitem(last=False)

    async def start(self, sealer: str, exchange: str) -> bool:
        """See the port."""
        return await self._writer.submit(_Start(sealer, exchange))

    async def keep(self, exchange: str, kind: str, sealed: bytes, parts: tuple[bytes, ...]) -> None:
        """See the port."""
        kept = Kept(sealed, parts)
        digest = sha256(msgspec.msgpack.encode(kept)).digest()
        await self._writer.submit(_Piece(exchange, kind, digest, self._box(kept, "evidence", exchange, kind)))

    async def evidence(self, exchange: str) -> list[Evidence]:
        """Everything kept of an exchange, oldest first."""
        rows = await self._reading(lambda: self._rows(_FIND_EVIDENCE, {"exchange": exchange}))
        return [Evidence(row.kind, self._unbox(row.box, "evidence", exchange, row.kind), row.kept_ms) for row in rows]

    async def forget(self, before_ms: int) -> int:
        """Delete what was kept before this moment; returns how many rows.

        Never later than a question's whole life ago: a repeat of a forgotten question would be done again.
        """
        self._recent.clear()
        return await self._writer.run(lambda: self._forget(before_ms))

    async def close(self) -> None:
        """See the port."""
        await self._writer.close()
        self._readers.shutdown()
        self._reader.close()
        self._connection.close()
        self._engine.dispose()

    def _write(self, items: Sequence[_Item]) -> Sequence[bool]:
        with as_store_errors(self._engine):
            return self._statements.write(items, self._clock())

    def _forget(self, before_ms: int) -> int:
        with writing(self._connection):
            return sum(
                self._connection.execute(sa.delete(table).where(table.c.kept_ms < before_ms)).rowcount for table in ALL
            )

    async def _reading(self, function: Callable[[], Result]) -> Result:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._readers, function)
        except StoreError as error:
            raise _stopped(error) from error

    def _find_answer(self, sealer: str, exchange: str) -> bytes | None:
        with as_store_errors(self._engine):
            return self._looking.answer(sealer, exchange)

    def _rows(self, statement: sa.Select[str, bytes, int], values: dict[str, str]) -> list[sa.Row[Any]]:
        with as_store_errors(self._engine), self._engine.connect() as connection:
            return list(connection.execute(statement, values))

    def _box(self, kept: Kept, *context: str) -> bytes:
        return self._vault.seal(msgspec.msgpack.encode(kept), bound_to(*context))

    def _unbox(self, box: bytes, *context: str) -> Kept:
        return msgspec.msgpack.decode(self._vault.open(box, bound_to(*context)), type=Kept)


class _Reading(Statements):
    """The look-up that every question costs."""

    def __init__(self, connection: sa.Connection) -> None:
        super().__init__(connection)
        self._find = self._compile(_FIND_ANSWER, ["sealer", "exchange"])

    def answer(self, sealer: str, exchange: str) -> bytes | None:
        """The box, if there is one; read to the end, so that no snapshot stays open."""
        rows = self._cursor.execute(self._find, (sealer, exchange)).fetchall()
        return rows[0][0] if rows else None


class _Writing(Statements):
    """The statements that keep things."""

    def __init__(self, connection: sa.Connection) -> None:
        super().__init__(connection)
        self._answer = self._first_only(ANSWERS, ["sealer", "exchange", "box", "kept_ms"])
        self._start = self._first_only(STARTED, ["sealer", "exchange", "kept_ms"])
        self._piece = self._first_only(EVIDENCE, ["exchange", "kind", "digest", "box", "kept_ms"])

    def write(self, items: Sequence[_Item], now_ms: int) -> list[bool]:
        """Keep all of them in one transaction; per item, whether it was new."""
        with self._transaction():
            return [self._one(item, now_ms) for item in items]

    def _one(self, item: _Item, now_ms: int) -> bool:
        if isinstance(item, _Answer):
            statement = self._answer
        elif isinstance(item, _Start):
            statement = self._start
        else:
            statement = self._piece
        self._cursor.execute(statement, (*item, now_ms))
        return bool(self._cursor.rowcount == 1)

    def _first_only(self, table: sa.Table, columns: list[str]) -> str:
        row = insert(table).values({name: sa.bindparam(name) for name in columns})
        return self._compile(row.on_conflict_do_nothing(), columns)


def require_key(engine: sa.Engine, key: bytes) -> None:
    """Open the newest box, if there is one.

    Raises:
        ArchiveKeyError: it does not open.
    """
    with as_store_errors(engine), engine.connect() as connection:
        piece = connection.execute(sa.select(EVIDENCE).order_by(EVIDENCE.c.kept_ms.desc()).limit(1)).first()
        answer = connection.execute(sa.select(ANSWERS).order_by(ANSWERS.c.kept_ms.desc()).limit(1)).first()
    contexts = [(row.box, ("evidence", row.exchange, row.kind)) for row in (piece,) if row is not None]
    contexts += [(row.box, ("answer", row.sealer, row.exchange)) for row in (answer,) if row is not None]
    vault = Vault.under(key)
    for box, context in contexts:
        try:
            vault.open(box, bound_to(*context))
        except DetailsUnreadableError as error:
            raise ArchiveKeyError("archive: this key does not open it; use the key that it was made under") from error


_FIND_ANSWER: Final = sa.select(ANSWERS.c.box).where(
    ANSWERS.c.sealer == sa.bindparam("sealer"), ANSWERS.c.exchange == sa.bindparam("exchange")
)
_FIND_EVIDENCE: Final = (
    sa.select(EVIDENCE.c.kind, EVIDENCE.c.box, EVIDENCE.c.kept_ms)
    .where(EVIDENCE.c.exchange == sa.bindparam("exchange"))
    .order_by(EVIDENCE.c.kept_ms, EVIDENCE.c.kind, EVIDENCE.c.digest)
)


def _url(folder: Path) -> str:
    return f"sqlite:///{folder / DATABASE}"


def bound_to(*context: str) -> bytes:
    """What a box is bound to: in another row it does not open."""
    return msgspec.msgpack.encode((_CONTEXT, *context))


def _stopped(cause: Exception) -> Exception:
    return ArchiveStoppedError(f"archive: stopped by {type(cause).__name__}; restart the node")
