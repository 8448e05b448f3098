"""Orders of erasure from the command line: a ledger to record them in, whether it is served or not.

Promises: where a hub serves the ledger the order goes over its socket; where nobody does, the ledger is started for as
long as the order takes, with every check of a start. Leaves out: the embedded bus while it runs: stop it first.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bus.app.audit import AuditFiles, open_audit, open_shelf
from bus.app.audit_process import files_of
from bus.app.ledger_files import NoLedgerHereError, ledger_at
from bus.app.prepare import State
from bus.audit.erasure import RETENTION, Erased, Order, erase, expired
from bus.clock import SteadyClock
from bus.ledger.client import LedgerClient
from bus.ledger.port import Ledger, LedgerUnreachableError
from bus.ledger.process import LedgerFiles, start_ledger
from config.embedded import EmbeddedSettings
from config.hub import HubSettings
from config.load import kind_of, load

_PATIENCE_S = 2.0


@dataclass(frozen=True, slots=True)
class Records:
    """What a place has.

    Attributes:
        ledger: the ledger's parts.
        audit: its search; None where the settings name none.
        operator: the agency that runs it.
        socket: where a hub's ledger process answers.
    """

    ledger: LedgerFiles
    audit: AuditFiles | None
    operator: str
    socket: Path | None = None


def records_at(place: Path) -> Records:
    """Ledger, search and operator of a hub, of the embedded bus, or of its state folder.

    Raises:
        NoLedgerHereError: none of these.
        ConfigError: the settings have mistakes.
    """
    ledger = ledger_at(place)
    if place.is_file() and kind_of(place) == "hub":
        hub = load(place, HubSettings).settings
        audit = files_of(hub, hub.audit) if hub.audit is not None else None
        return Records(ledger, audit, hub.operator, hub.ledger.socket)
    if place.is_file():
        embedded = load(place, EmbeddedSettings).settings
        return Records(ledger, State(embedded.state_folder, ledger.origin).audit, embedded.operator)
    operator = str(EmbeddedSettings.model_fields["operator"].default)
    return Records(ledger, State(place.absolute(), ledger.origin).audit, operator)


def audit_of(records: Records) -> AuditFiles:
    """The search's files.

    Raises:
        NoLedgerHereError: the settings name no search.
    """
    if records.audit is None:
        raise NoLedgerHereError("these settings have no [audit]: there is no index")
    return records.audit


async def give(records: Records, by: str, reason: str, ranges: tuple[tuple[int, int], ...]) -> Erased:
    """Record an order of erasure and carry it out, in the search tables too.

    Raises:
        ErasureRefusedError, LedgerError, StoreError: it cannot be given; nothing was erased.
    """
    shelf = open_shelf(records.ledger)
    try:
        async with _appending(records) as ledger:
            order = Order(records.operator, by, reason, ranges)
            done = await erase(ledger, shelf, order, SteadyClock())
    finally:
        shelf.store.close()
    if records.audit is not None:
        opened = open_audit(records.ledger, records.audit)
        try:
            opened.indexer().catch_up()
        finally:
            opened.close()
    return done


async def retain(records: Records, months: Mapping[str, int], *, dry: bool) -> tuple[tuple[tuple[int, int], ...], int]:
    """Erase what is older than its class is kept; returns the ranges and how many details were erased.

    Raises:
        ErasureRefusedError, LedgerError, StoreError: as `give`.
    """
    shelf = open_shelf(records.ledger)
    try:
        ranges = expired(shelf, months, SteadyClock()())
    finally:
        shelf.store.close()
    if dry or not ranges:
        return ranges, 0
    reason = RETENTION + ": " + ", ".join(f"{name} {kept} months" for name, kept in sorted(months.items()))
    erased = 0
    for start in range(0, len(ranges), 1000):
        erased += (await give(records, RETENTION, reason, ranges[start : start + 1000])).details
    return ranges, erased


@asynccontextmanager
async def _appending(records: Records) -> AsyncIterator[Ledger]:
    if records.socket is not None and records.socket.exists():
        try:
            client = await LedgerClient.connect(records.socket, patience_s=_PATIENCE_S)
        except LedgerUnreachableError:
            pass  # a socket that a dead process left
        else:
            try:
                yield client
            finally:
                await client.close()
            return
    ledger = await start_ledger(records.ledger)
    try:
        yield ledger
    finally:
        await ledger.close()
