"""`lienthong ledger …`: create, show, verify, migrate, erase, put a lost guard back."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from bus.app.audit import open_audit
from bus.app.ledger_files import ledger_at
from bus.app.orders import audit_of, give, records_at, retain
from bus.audit.erasure import LEAST_MONTHS, together
from bus.cli import ledger_archive, ledger_prune
from bus.cli.errors import CommandError
from bus.cli.exits import Exit
from bus.cli.ledger_archive import Place
from bus.cli.output import Json, emit, progress, table
from bus.ledger import tools
from bus.ledger.keys import new_note_key as make_note_key
from bus.ledger.port import Head
from bus.ledger.process import verifiers_of
from bus.ledger.proofs import proof_file

app = typer.Typer(help="The ledger: the record of every exchange.", no_args_is_help=True)
app.add_typer(ledger_archive.app, name="archive")
app.command("prune")(ledger_prune.prune_command)
app.command("erase-status")(ledger_prune.erase_status)


@app.command("init")
def init(place: Place, *, as_json: Json = False) -> None:
    """Create an empty ledger: its store, its guard file, and keys where there are none. Never touches one that is."""
    files = ledger_at(place)
    vkey = tools.init(files)
    data = {"origin": files.origin, "vkey": vkey}
    emit(data, f"{files.origin} is ready; auditors check it with", vkey, as_json=as_json)


@app.command("show")
def show(place: Place, *, as_json: Json = False) -> None:
    """Show size, root, newest checkpoint and what is open. May run beside a serving ledger."""
    shown = tools.show(ledger_at(place))
    signed = shown.signed.decode() if shown.signed else None
    data = {
        "origin": shown.origin,
        "vkey": shown.vkeys[0],
        "vkeys": shown.vkeys,
        "store_format": shown.store_format,
        "term": shown.term,
        "head": _head(shown.head),
        "guarded": _head(shown.guarded) if shown.guarded else None,
        "open_asked": shown.open_asked,
        "anchored": shown.anchored,
        "checkpoint": signed,
    }
    rows = [
        ("origin", shown.origin),
        *(("public key", vkey) for vkey in shown.vkeys),
        ("store format", shown.store_format),
        ("term", shown.term),
        ("records", shown.head.size),
        ("root", shown.head.root.hex()),
        ("last signed, by the guard", shown.guarded.size if shown.guarded else "no guard file"),
        ("asked, without outcome yet", shown.open_asked),
        ("time-stamped up to", "nothing yet" if shown.anchored is None else shown.anchored),
    ]
    emit(data, table("Ledger", ("what", "value"), rows), signed or "no checkpoint yet", as_json=as_json)


@app.command("verify")
def verify(place: Place, *, as_json: Json = False) -> None:
    """Hash every record again and hold checkpoints, guard and details against that; exit 1 where one does not hold."""
    files = ledger_at(place)
    with _counting("verifying") as tell:
        verified = tools.verify(files, tell)
    data = {"head": _head(verified.head), "holds": verified.holds, "findings": verified.findings}
    rows = [(f.step, "holds" if f.holds else "DOES NOT HOLD", f.count, f.detail) for f in verified.findings]
    shown = table(f"Ledger {files.origin}", ("what", "verdict", "how many", "where"), rows)
    emit(data, shown, f"root {verified.head.root.hex()}", as_json=as_json)
    if not verified.holds:
        raise typer.Exit(Exit.NO)


@app.command("proof")
def proof(
    place: Place,
    *,
    index: Annotated[int, typer.Option(min=0, help="The record's number.")],
    out: Annotated[Path | None, typer.Option(help="File to write; else N.tlog-proof in this folder.")] = None,
    record: Annotated[bool, typer.Option(help="Put the record's bytes into the file; it names nobody.")] = True,
    as_json: Json = False,
) -> None:
    """Write the proof that a record stands in the log; lienthong-check judges it anywhere, offline."""
    files = ledger_at(place)
    file = out or Path(f"{index}.tlog-proof")
    file.write_bytes(proof_file(files, index, with_record=record))
    keys = " ".join(f"--log-key {key.text}" for key in verifiers_of(files))
    emit({"index": index, "file": str(file)}, f"lienthong-check {file} {keys}", as_json=as_json)


@app.command("new-note-key")
def new_note_key(
    place: Place,
    file: Annotated[Path, typer.Argument(help="New file for the key: ledger.second_note_key names it then.")],
    *,
    as_json: Json = False,
) -> None:
    """Make a second note key for the same origin; it signs beside the first from the next start that names it."""
    made = make_note_key(file, ledger_at(place).origin).verifier
    data = {"file": str(file), "vkey": made.text}
    emit(data, "auditors and witnesses take it beside the first:", made.text, as_json=as_json)


@app.command("migrate")
def migrate(
    place: Place,
    *,
    backup: Annotated[Path | None, typer.Option(help="New file for a copy of a SQLite store.")] = None,
    as_json: Json = False,
) -> None:
    """Bring a store of an older format to this program's. Stop the ledger first."""
    old, new = tools.migrate(ledger_at(place), backup)
    emit({"from": old, "to": new}, f"format {old} → {new}" if old != new else "nothing to do", as_json=as_json)


@app.command("erase")
def erase(
    place: Place,
    indexes: Annotated[list[str], typer.Argument(help="Records: 17, or 17-40 for 17 to 40.")],
    *,
    reason: Annotated[str, typer.Option(help="Why; it is kept with the order.")],
    by: Annotated[str, typer.Option(help="Who orders it: the decision or the court.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: Json = False,
) -> None:
    """Order the details of records erased for good. The order is itself a record; leaves and every proof stay."""
    ranges = together(idx for text in indexes for idx in _span(text))
    count = sum(end - first for first, end in ranges)
    if not yes:
        typer.confirm(f"Erase the details of {count} record(s) for good?", abort=True, err=True)
    done = asyncio.run(give(records_at(place), by, reason, ranges))
    data = {"order": done.order, "ranges": done.ranges, "erased": done.details}
    emit(data, f"{done.details} erased; the order is record {done.order}", as_json=as_json)


@app.command("retain")
def retain_command(
    place: Place,
    *,
    exchanges: Annotated[int, typer.Option(min=LEAST_MONTHS, help="Months that exchanges are kept.")] = 24,
    declarations: Annotated[int, typer.Option(min=LEAST_MONTHS, help="Months that declarations are kept.")] = 60,
    inquiries: Annotated[int, typer.Option(min=LEAST_MONTHS, help="Months that auditors' looks are kept.")] = 60,
    dry: Annotated[bool, typer.Option("--dry-run", help="Only count.")] = False,
    as_json: Json = False,
) -> None:
    """Erase the details that are older than their class is kept; each deletion is ordered and recorded."""
    months = {"exchanges": exchanges, "declarations": declarations, "inquiries": inquiries}
    ranges, erased = asyncio.run(retain(records_at(place), months, dry=dry))
    due = sum(end - first for first, end in ranges)
    emit({"due": due, "ranges": ranges, "erased": erased}, f"{due} due, {erased} erased", as_json=as_json)


@app.command("rebuild-index")
def rebuild_index(place: Place, *, as_json: Json = False) -> None:
    """Make the search tables anew from entries and details, and say whether they answer as before; exit 1 if not."""
    records = records_at(place)
    opened = open_audit(records.ledger, audit_of(records))
    try:
        with _counting("indexing") as tell:
            indexer = opened.indexer()
            indexer.catch_up(tell)
            before = opened.index.fingerprint()
            count = indexer.rebuild(tell)
        after, erased = opened.index.fingerprint(), opened.index.erased()
    finally:
        opened.close()
    data = {"records": count, "identical": before == after, "fingerprint": after, "erased": erased}
    named = ", ".join(str(first) if end == first + 1 else f"{first}-{end - 1}" for first, end in erased) or "none"
    verdict = "identical" if before == after else "DIFFERENT from before"
    emit(data, f"{count} records, {verdict}; erased: {named}", as_json=as_json)
    if before != after:
        raise typer.Exit(Exit.NO)


def _span(text: str) -> range:
    first, dash, last = text.partition("-")
    if not first.isdecimal() or (dash and not last.isdecimal()):
        raise CommandError(Exit.USAGE, "records", "records are numbers, or two numbers with a dash")
    return range(int(first), int(last or first) + 1)


@app.command("restore-guard")
def restore_guard(
    place: Place,
    checkpoint: Annotated[Path, typer.Argument(help="The newest checkpoint that anybody has kept.")],
    *,
    as_json: Json = False,
) -> None:
    """Put a lost guard file back, from a checkpoint that nodes or auditors have kept."""
    head = tools.restore_guard(ledger_at(place), checkpoint.read_bytes())
    emit(_head(head), f"guarded at {head.size} records", as_json=as_json)


def _head(head: Head) -> dict[str, object]:
    return {"size": head.size, "root": head.root.hex()}


@contextmanager
def _counting(title: str) -> Iterator[Callable[[int, int], None]]:
    with progress() as bar:
        task = bar.add_task(title, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
