"""Signed lists of days: whether they will last, whether one must be renewed soon, whether days wait to be sealed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

from bus.batches import SealedDays
from bus.doctor.finding import Finding, Health
from bus.ledger.archives import ArchiveFolder
from bus.node.seals import due, last_over, sealed_days
from bus.storage.port import StoreError
from config.hub import HubSettings
from config.node import NodeSettings
from signing.packet import StepError, renew_by, reopen


def signed_lists(settings: HubSettings | NodeSettings, now: datetime) -> Iterator[Finding]:
    """One finding about the services, one for each place that has lists, one where days wait for theirs."""
    if settings.evidence is None:
        text = "no [evidence]: days' lists are at level B, which ends with the seal's certificate"
        yield Finding("evidence", Health.WARNING, text, "set [evidence] (docs/xades.md §7), then renew")
    else:
        yield Finding("evidence", Health.GOOD, f"stamped by {', '.join(settings.evidence.authorities)}")
    for name, days, command in _places(settings):
        if days.containers():
            yield _of(name, days, now + timedelta(days=settings.trust.certificate_warning_days), now, command)
    for name, waiting in _waiting(settings, now):
        if waiting:
            text = f"{len(waiting)} day(s) wait to be sealed, the oldest {waiting[0].isoformat()}"
            yield Finding(name, Health.WARNING, text, "do services and key answer? see day-not-sealed in the log")


def _places(settings: HubSettings | NodeSettings) -> Iterator[tuple[str, SealedDays, str]]:
    if isinstance(settings, HubSettings):
        yield "ledger archives", SealedDays(settings.ledger.folder / "archives"), "lienthong ledger archive renew"
        return
    for number, agency in enumerate(settings.agencies):
        yield f"agencies[{number}].archive", sealed_days(agency.archive), "lienthong node archive renew"


def _waiting(settings: HubSettings | NodeSettings, now: datetime) -> Iterator[tuple[str, list[date]]]:
    """Days that should have been sealed the day before yesterday."""
    until = last_over(now) - timedelta(days=1)
    if isinstance(settings, HubSettings):
        folder = settings.ledger.folder / "archives"
        days = sorted(set(ArchiveFolder(folder).days()) - set(SealedDays(folder).done()))
        yield "ledger archives", [day for day in days if day <= until]
        return
    for number, agency in enumerate(settings.agencies if settings.evidence is not None else ()):
        try:
            yield f"agencies[{number}].archive", due(agency.archive, until)
        except StoreError:
            continue  # there is no archive yet, or none of this format: the node's start says so


def _of(name: str, days: SealedDays, soon: datetime, now: datetime, command: str) -> Finding:
    found = [(_ends(path), path.name) for path in days.containers()]
    broken = [which for ends, which in found if ends is None]
    stamped = sorted((ends, which) for ends, which in found if isinstance(ends, datetime))
    if broken:
        return Finding(name, Health.BAD, f"{broken[0]} does not read", "take it from a backup")
    if not stamped:
        return Finding(name, Health.WARNING, f"{len(found)} signed lists, none of them time-stamped", command)
    ends, which = stamped[0]
    text = f"{len(found)} signed lists, to be renewed by {ends:%Y-%m-%d} ({which})"
    if ends <= now:
        return Finding(name, Health.BAD, text, "its authority has ended: nobody can tell by it any more")
    return Finding(name, Health.WARNING, text, command) if ends <= soon else Finding(name, Health.GOOD, text)


def _ends(path: Path) -> datetime | str | None:
    """Until when a container's newest time-stamp holds; `B` without one; None where it does not read."""
    try:
        return renew_by(reopen(path.read_bytes())) or "B"
    except (StepError, OSError):
        return None
