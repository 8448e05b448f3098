"""Orders of erasure and pruning from the command line: a ledger to record them in, whether it is served or not.

Promises: where a hub serves the ledger the order goes over its socket; where nobody does, the ledger is started for as
long as the order takes, with every check of a start. Leaves out: the embedded bus while it runs: stop it first.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from bus.app.audit import AuditFiles, open_audit, open_shelf
from bus.app.audit_process import files_of
from bus.app.ledger_files import NoLedgerHereError, ledger_at
from bus.app.prepare import State
from bus.audit.erasure import RETENTION, Erased, Order, erase, expired
from bus.audit.holders import outbox_of
from bus.audit.inquiry import own_record
from bus.audit.pruning import Bounds, Plan, PruningRefusedError, index_at, plan, prune_below
from bus.clock import SteadyClock
from bus.ids import new_id
from bus.ledger.archives import ArchiveFolder
from bus.ledger.client import LedgerClient
from bus.ledger.files import LedgerFiles
from bus.ledger.port import Appended, Ledger, LedgerUnreachableError
from bus.ledger.process import start_ledger
from bus.ledger.published import MINIMUM_FILE
from bus.storage.durable import replace_durably
from config.embedded import EmbeddedSettings
from config.hub import HubSettings
from config.load import kind_of, load
from schemas.inquiry import Erasure, encode
from schemas.record import LeafType

_PATIENCE_S = 2.0


@dataclass(frozen=True, slots=True)
class Records:
    """What a place has.

    Attributes:
        ledger: the ledger's parts.
        audit: its search; None where the settings name none.
        operator: the agency that runs it.
        instance: the bus that it is.
        socket: where a hub's ledger process answers.
    """

    ledger: LedgerFiles
    audit: AuditFiles | None
    operator: str
    instance: str
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
        return Records(ledger, audit, hub.operator, hub.instance, hub.ledger.socket)
    if place.is_file():
        embedded = load(place, EmbeddedSettings).settings
        audit = State(embedded.state_folder, ledger.origin).audit
        return Records(ledger, audit, embedded.operator, embedded.instance)
    unsaid = EmbeddedSettings(state_folder=place.absolute())
    return Records(ledger, State(place.absolute(), ledger.origin).audit, unsaid.operator, unsaid.instance)


def audit_of(records: Records) -> AuditFiles:
    """The search's files.

    Raises:
        NoLedgerHereError: the settings name no search.
    """
    if records.audit is None:
        raise NoLedgerHereError("these settings have no [audit]: there is no index")
    return records.audit


async def give(
    records: Records, by: str, reason: str, ranges: tuple[tuple[int, int], ...], *, tell: bool = True
) -> Erased:
    """Record an order of erasure and carry it out, in the search tables too; with `tell` at those who hold copies.

    Raises:
        ErasureRefusedError, LedgerError, StoreError: it cannot be given; nothing was erased.
    """
    shelf = open_shelf(records.ledger)
    try:
        async with _appending(records) as ledger:
            order = Order(records.operator, by, reason, ranges)
            outbox = outbox_of(records.ledger.folder) if tell else None
            told = None if outbox is None else (outbox, records.instance)
            done = await erase(ledger, shelf, order, SteadyClock(), told)
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
        # Each party keeps its own copies as long as its own rules say.
        erased += (await give(records, RETENTION, reason, ranges[start : start + 1000], tell=False)).details
    return ranges, erased


def plan_pruning(records: Records, before: int | date) -> Plan:
    """What pruning would do; nothing is changed.

    Args:
        records: the ledger.
        before: the first record that stays; or the first day (UTC) whose records stay.

    Raises:
        PruningRefusedError: nothing would go, or something below must stay.
    """
    shelf = open_shelf(records.ledger)
    try:
        store = shelf.store
        index = before if isinstance(before, int) else index_at(store, _midnight_ms(before))
        newest = store.signed()
        kept = ArchiveFolder(records.ledger.archives) if records.ledger.archives is not None else None
        days = kept.days() if kept is not None else []
        archived = kept.read(days[-1]).checkpoints[-1].size if kept is not None and days else None
        return plan(store, index, Bounds(newest.size if newest else 0, archived, SteadyClock()()))
    finally:
        shelf.store.close()


async def prune(records: Records, plan: Plan, by: str, reason: str) -> int:
    """Record an order of pruning and carry it out, in the search tables too; returns how many records went.

    Raises:
        PruningRefusedError, LedgerError, StoreError: it cannot be recorded; nothing was pruned.
    """
    order = Erasure(erasure=new_id(), by=by, reason=reason, ranges=(), minimum=plan.new_minimum)
    async with _appending(records) as ledger:
        outcome = await ledger.append(own_record(LeafType.ERASURE, records.operator, encode(order), SteadyClock()()))
    if not isinstance(outcome, Appended):
        raise PruningRefusedError("pruning: the order could not be recorded")
    shelf = open_shelf(records.ledger)
    try:
        pruned = prune_below(shelf.store, plan.new_minimum)
    finally:
        shelf.store.close()
    if records.ledger.folder is not None:
        replace_durably(records.ledger.folder / MINIMUM_FILE, b"%d\n" % plan.new_minimum)
    if records.audit is not None:
        opened = open_audit(records.ledger, records.audit)
        try:
            opened.indexer().catch_up()
        finally:
            opened.close()
    return pruned


def _midnight_ms(day: date) -> int:
    return round(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() * 1000)


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
