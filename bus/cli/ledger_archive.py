"""`lienthong ledger archive …`: the days' archives of checkpoints and their signed lists: list, make, verify, renew."""

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from bus.app.ledger_files import ledger_at
from bus.batches import SealedDays
from bus.cli.batches import Day, day_named, level_said, renewed, sealed_findings, unlasting, warned
from bus.cli.errors import CommandError
from bus.cli.exits import Exit
from bus.cli.output import Json, emit, table
from bus.ledger.archives import ArchiveFolder, make_due
from bus.ledger.files import LedgerFiles, verifiers_of
from bus.ledger.seals import seal_due
from signing.day_examine import examine_day, follow
from signing.examine import Finding, overall
from signing.tlog_policy import Policy
from signing.verdict import Status

app = typer.Typer(help="Days' archives of checkpoints and their signed lists, for decades.", no_args_is_help=True)
Place: TypeAlias = Annotated[
    Path, typer.Argument(help="Settings of a hub or of the embedded bus, or a state folder such as var/demo.")
]


@app.command("list")
def list_command(place: Place, *, as_json: Json = False) -> None:
    """List the days that are archived, and how they are sealed."""
    kept = _folder(ledger_at(place))
    rows = []
    sealed = SealedDays(kept.folder)
    for day in kept.days():
        archive = kept.read(day)
        sizes = [one.size for one in archive.checkpoints]
        stamped = sum(one.token is not None for one in archive.checkpoints)
        level = level_said(sealed.containers(day))
        rows.append((day.isoformat(), len(sizes), sizes[0], sizes[-1], stamped, kept.path(day).stat().st_size, level))
    names = ("day", "checkpoints", "first_size", "last_size", "time_stamps", "bytes", "sealed")
    data = [dict(zip(names, row, strict=True)) for row in rows]
    emit(
        data,
        table("Days' archives", ("day", "checkpoints", "from", "to", "time-stamps", "bytes", "sealed"), rows),
        as_json=as_json,
    )


@app.command("make")
def make(place: Place, *, as_json: Json = False) -> None:
    """Archive and seal every day that is over and is not yet. A running ledger does so by itself; both may run."""
    files = ledger_at(place)
    made = make_due(files, datetime.now(UTC))
    sealed = seal_due(files)
    warning = unlasting(files.sealing) if sealed or files.sealing is None else ""
    data = {"made": [str(path) for path in made], "sealed": [str(path) for path in sealed], "warning": warning}
    emit(data, *(str(path) for path in (*made, *sealed) or ("nothing is due",)), *warned(warning), as_json=as_json)


@app.command("renew")
def renew(place: Place, *, day: Day = "", as_json: Json = False) -> None:
    """Add an archive time-stamp to a day's signed list, or to every day's: before the newest one's authority ends."""
    files = ledger_at(place)
    kept = _folder(files)
    if files.sealing is None:
        raise CommandError(Exit.STATE, "no-seal", "this ledger has no key to seal with")
    renewed(SealedDays(kept.folder), day_named(day), files.sealing, as_json=as_json)


@app.command("verify")
def verify(place: Place, *, as_json: Json = False) -> None:
    """Judge every day's archive under the ledger's own keys, policy and anchors; exit 1 where one does not hold."""
    files = ledger_at(place)
    kept = _folder(files)
    policy = Policy() if files.policy_file is None else Policy.from_text(files.policy_file.read_bytes())
    keys, found = verifiers_of(files), list[tuple[str, Finding]]()
    for day in kept.days():
        file = kept.path(day).read_bytes()
        anchors = files.anchoring.anchors if files.anchoring is not None and b".tst" in file else ()
        findings = examine_day(file, policy, keys, anchors, time.time_ns() // 1_000_000)
        found += [(day.isoformat(), one) for one in findings]
        found += [(day.isoformat(), one) for one in sealed_findings(SealedDays(kept.folder), day, files.sealing)]
    if overall([one for _, one in found]) is Status.PASSED:
        chain = follow([kept.read(day) for day in kept.days()])
        found += [] if chain is None else [("all", chain)]
    holds = overall([one for _, one in found]) is Status.PASSED
    rows = [(day, one.about, "holds" if one.verdict.passed else str(one.verdict)) for day, one in found]
    data = {"holds": holds, "findings": [dict(zip(("day", "about", "verdict"), row, strict=True)) for row in rows]}
    emit(data, table("Days' archives", ("day", "what", "verdict"), rows), as_json=as_json)
    if not holds:
        raise typer.Exit(Exit.NO)


def _folder(files: LedgerFiles) -> ArchiveFolder:
    if files.archives is None:
        raise CommandError(Exit.STATE, "no-archives", "this ledger keeps no files beside its store")
    return ArchiveFolder(files.archives)
