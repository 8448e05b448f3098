"""Changes become records: every line of the list of changes is appended to the ledger, once, before it is answered.

Promises: nothing is answered as done that the ledger has not; what a crash left unrecorded is recorded before the next
change is; a change is recorded once, whoever tries (its number is the record's unique key). Without a ledger the list
of changes itself is all there is. Leaves out: the list (`bus.registration.writer`).
"""

from __future__ import annotations

import asyncio
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from bus.audit.inquiry import own_record
from bus.clock import Clock
from bus.ledger.port import Appended, Ledger, LedgerError, Refusal
from bus.registration import errors
from bus.registration.tables import CHANGES
from bus.registration.writer import Writer
from bus.storage.engine import writing
from schemas.record import LeafType
from schemas.registration import SchemaChange, encode
from schemas.text import moment

_STRIDE: Final = 200


class Recorder:
    """Appends changes to a ledger, where there is one."""

    def __init__(self, store: Writer, ledger: Ledger | None, name: str, operator: str, clock: Clock) -> None:
        """Record the changes of one store.

        Args:
            store: where the changes are.
            ledger: where they are recorded; None records them nowhere else.
            name: this registry's name, a part of each record's unique key.
            operator: the agency that counts as the author of a change whose key names none.
            clock: a record's time, which never goes back; the details have the change's own.
        """
        self._store = store
        self._ledger = ledger
        self._name = name
        self._operator = operator
        self._clock = clock
        self._lock = asyncio.Lock()

    async def record(self) -> None:
        """Record what waits.

        Raises:
            RegistrationError: 503 the ledger takes no records.
        """
        if self._ledger is None:
            return
        async with self._lock:
            while waiting := await asyncio.to_thread(self._waiting):
                placed = [(row.seq, await self._append(self._ledger, row)) for row in waiting]
                await asyncio.to_thread(self._place, placed)

    async def _append(self, ledger: Ledger, row: Any) -> int:  # noqa: ANN401 - a row of SQLAlchemy's
        agency = row.agency or self._operator
        details = encode(
            SchemaChange(
                change=row.seq,
                registry=self._name,
                by=row.actor,
                agency=agency,
                kind=row.kind,
                subject=row.subject,
                version=row.version,
                schema_id=row.schema_id,
                time=moment(row.time_ms),
                detail=msgspec.Raw(bytes(row.detail)),
            )
        )
        item = own_record(LeafType.REGISTRY, agency, details, self._clock())
        unique = f"schemas/{self._name}/{row.seq:012}".encode()
        try:
            outcome = await ledger.append(msgspec.structs.replace(item, unique=unique))
        except LedgerError as error:
            raise errors.not_recorded() from error
        if isinstance(outcome, Appended):
            return outcome.index
        if outcome.reason is Refusal.DUPLICATE and outcome.index is not None:
            return outcome.index
        raise errors.not_recorded()

    def _waiting(self) -> list[Any]:
        with self._store.reading() as connection:
            waiting = sa.select(CHANGES).where(CHANGES.c.record.is_(None)).order_by(CHANGES.c.seq).limit(_STRIDE)
            return list(connection.execute(waiting))

    def _place(self, placed: list[tuple[int, int]]) -> None:
        with self._store.engine.connect() as connection, writing(connection):
            for seq, record in placed:
                connection.execute(sa.update(CHANGES).where(CHANGES.c.seq == seq).values(record=record))
