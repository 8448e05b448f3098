"""`lienthong node archive …`: what is kept, how it grows, backups, restores, what may be forgotten."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from bus.app.evidence import EvidencePlace
from bus.cli.batches import Day, day_named, renewed, sealed_findings, unlasting, warned
from bus.cli.errors import CommandError
from bus.cli.evidence import Agency, Config, State, place_of
from bus.cli.exits import Exit
from bus.cli.output import Json, emit, progress, table
from bus.clock import SteadyClock
from bus.node import backup, keeping, seals
from bus.node.keeping import CLASSES, Verified
from bus.node.seals import DayNotOverError
from config.retention import RetentionSettings
from schemas.text import moment

app = typer.Typer(help="An agency's evidence archive.", no_args_is_help=True)
_MEGABYTE = 1_000_000


@app.command("show")
def show_command(
    *,
    config: Config = None,
    state: State = None,
    agency: Agency = "",
    days: Annotated[int, typer.Option(min=1, max=3_650, help="Over how many days growth is measured.")] = 7,
    limit_mb: Annotated[int, typer.Option(min=0, help="The most it may take, in MB; 0 is the whole disk.")] = 0,
    as_json: Json = False,
) -> None:
    """Show counts and sizes by class, growth per day, and how many days the disk lasts."""
    place = place_of(config, state, agency)
    limit = limit_mb * _MEGABYTE or None
    shown = keeping.show(place.archive, SteadyClock()(), window_days=days, limit_bytes=limit)
    classes = {
        name: {"count": kind.count, "bytes": kind.bytes, "oldest": _day(kind.oldest_ms), "newest": _day(kind.newest_ms)}
        for name, kind in shown.classes.items()
    }
    data = {
        "agency": place.agency,
        "classes": classes,
        "file_bytes": shown.file_bytes,
        "growth_bytes_per_day": shown.growth_bytes_per_day,
        "limit_bytes": shown.limit_bytes,
        "free_bytes": shown.free_bytes,
        "days_left": shown.days_left,
        "deletions": shown.deletions,
        "deletions_head": shown.head,
    }
    kept = _days_of(place.retention)
    rows = [
        (name, kind.count, f"{kind.bytes:,}", _day(kind.oldest_ms) or "", f"{kept[name]} days" if name in kept else "")
        for name, kind in shown.classes.items()
    ]
    left = "it does not grow" if shown.days_left is None else f"{shown.days_left:,.0f} days"
    totals = [
        ("file", f"{shown.file_bytes:,} bytes"),
        ("growth per day", f"{shown.growth_bytes_per_day:,} bytes"),
        ("limit", f"{shown.limit_bytes:,} bytes"),
        ("limit reached in", left),
        ("deletion list", f"{shown.deletions} lines, head {shown.head}" if shown.head else "DOES NOT HOLD: see verify"),
    ]
    emit(
        data,
        table(f"Archive of {place.agency}", ("class", "pieces", "bytes", "oldest", "kept at least"), rows),
        table("Growth", ("what", "value"), totals),
        as_json=as_json,
    )


@app.command("backup")
def backup_command(
    target: Annotated[Path, typer.Argument(help="New folder for the backup.")],
    *,
    config: Config = None,
    state: State = None,
    agency: Agency = "",
    as_json: Json = False,
) -> None:
    """Back the archive up, while its node runs. The key is not in the backup: keep it elsewhere."""
    place = place_of(config, state, agency)
    made = backup.back_up(place.archive, target, place.agency, SteadyClock()())
    rows = [(name, digest) for name, digest in made.files.items()]
    data = {"agency": made.agency, "at": made.at, "files": made.files}
    emit(data, table(f"Backup of {made.agency} at {made.at}", ("file", "SHA-256"), rows), as_json=as_json)


@app.command("restore")
def restore_command(
    source: Annotated[Path, typer.Argument(help="The backup's folder.")],
    *,
    config: Config = None,
    state: State = None,
    agency: Agency = "",
    deletions: Annotated[
        Path | None, typer.Option(help="The newest deletion list, kept elsewhere; what it names is forgotten again.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Put a backup where no archive is (stop the node), and open every box of it; exit 1 where one does not hold."""
    place = place_of(config, state, agency)
    newer = deletions.read_bytes() if deletions else None
    with _counting("opening") as tell:
        verified = backup.restore(source, place.archive, place.key, agency=place.agency, newer=newer, told=tell)
    _say(place, verified, as_json=as_json)


@app.command("verify")
def verify_command(*, config: Config = None, state: State = None, agency: Agency = "", as_json: Json = False) -> None:
    """Open every box, hold it against its digest, follow the deletion list; exit 1 where something does not hold."""
    place = place_of(config, state, agency)
    with _counting("opening") as tell:
        verified = keeping.verify(place.archive, place.key, tell)
    _say(place, verified, as_json=as_json)


@app.command("seal")
def seal_command(
    *, day: Day = "", config: Config = None, state: State = None, agency: Agency = "", as_json: Json = False
) -> None:
    """Seal a day's evidence, or every day's that is over and not sealed: signed lists of digests."""
    place = place_of(config, state, agency)
    sealing, now, named = place.sealing, datetime.now(UTC), day_named(day)
    try:
        if named is None:
            made = seals.seal_due(place.archive, place.key, sealing, now)
        else:
            made = seals.seal_day(place.archive, place.key, named, sealing, now)
    except DayNotOverError as error:
        raise CommandError(Exit.NO, "day", str(error)) from error
    warning = unlasting(sealing) if made else ""
    data = {"agency": place.agency, "sealed": [str(path) for path in made], "warning": warning}
    emit(data, *(str(path) for path in made or ("nothing is due",)), *warned(warning), as_json=as_json)


@app.command("renew")
def renew_command(
    *, day: Day = "", config: Config = None, state: State = None, agency: Agency = "", as_json: Json = False
) -> None:
    """Add an archive time-stamp to a day's signed lists, or to every day's: before the newest one's authority ends."""
    place = place_of(config, state, agency)
    renewed(seals.sealed_days(place.archive), day_named(day), place.sealing, as_json=as_json)


@app.command("sealed")
def sealed_command(
    *, day: Day = "", config: Config = None, state: State = None, agency: Agency = "", as_json: Json = False
) -> None:
    """Judge a day's signed lists, or every day's, under the settings' own trust; exit 1 where one does not hold."""
    place = place_of(config, state, agency)
    found = sealed_findings(seals.sealed_days(place.archive), day_named(day), place.sealing)
    rows = [(one.about, "holds" if one.verdict.passed else str(one.verdict)) for one in found]
    holds = all(one.verdict.passed for one in found)
    data = {"holds": holds, "findings": [dict(zip(("about", "verdict"), row, strict=True)) for row in rows]}
    emit(data, table(f"Signed lists of {place.agency}", ("what", "verdict"), rows), as_json=as_json)
    if not holds:
        raise typer.Exit(Exit.NO)


@app.command("forget")
def forget_command(
    *,
    config: Config = None,
    state: State = None,
    agency: Agency = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: Json = False,
) -> None:
    """Delete what is older than its class must be kept; each piece goes onto the deletion list first."""
    place = place_of(config, state, agency)
    days, now_ms = _days_of(place.retention), SteadyClock()()
    would = keeping.forget(place.archive, days, now_ms, dry_run=True)
    count = sum(would.counts.values())
    if not dry_run and count and not yes:
        typer.confirm(f"Delete {count} piece(s) for good?", abort=True, err=True)
    done = would if dry_run else keeping.forget(place.archive, days, now_ms)
    rows = [(name, f"{days[name]} days", done.counts[name]) for name in CLASSES]
    title = "Would be forgotten" if dry_run else "Forgotten"
    data = {"agency": place.agency, "dry_run": dry_run, "forgotten": done.counts, "deletions_head": done.head}
    emit(
        data,
        table(title, ("class", "kept at least", "pieces"), rows),
        f"deletion list: head {done.head}",
        as_json=as_json,
    )


def _say(place: EvidencePlace, verified: Verified, *, as_json: bool) -> None:
    data = {
        "agency": place.agency,
        "holds": verified.holds,
        "boxes": verified.boxes,
        "deletions": verified.deletions,
        "deletions_head": verified.head,
        "faults": [fault._asdict() for fault in verified.faults],
    }
    rows = [(fault.kind, fault.exchange, fault.rule) for fault in verified.faults[:50]]
    said = f"{verified.boxes} boxes open and hold; {verified.deletions} deletions listed, head {verified.head}"
    shown = table(f"{len(verified.faults)} FAULT(S)", ("kind", "exchange", "rule"), rows) if rows else said
    emit(data, shown, as_json=as_json)
    if not verified.holds:
        raise typer.Exit(Exit.NO)


def _days_of(retention: RetentionSettings) -> dict[str, int]:
    return {
        "question": retention.question_days,
        "reply": retention.reply_days,
        "receipt": retention.receipt_days,
        "dossier": retention.dossier_days,
        "declaration": retention.declaration_days,
    }


def _day(at_ms: int | None) -> str | None:
    return None if at_ms is None else moment(at_ms)


@contextmanager
def _counting(title: str) -> Iterator[Callable[[int, int], None]]:
    with progress() as bar:
        task = bar.add_task(title, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
