"""`lienthong audit …`: search the ledger as an auditor, export, read reports. Every call is itself recorded first."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any, BinaryIO, TypeAlias, TypeVar

import aiohttp
import msgspec
import typer

from bus.app.audit import AuditFiles, open_audit
from bus.app.auditor import Auditor
from bus.app.ledger_files import ledger_at
from bus.audit import reports
from bus.audit.query import Asked, search_of
from bus.cli.errors import CommandError
from bus.cli.exits import Exit
from bus.cli.output import Json, emit, err, progress, table
from bus.clock import SteadyClock
from config.secrets import read_secret
from schemas.record import RecordFormatError, decode_leaf
from signing.page import PageRecord

app = typer.Typer(help="Look into the ledger as an auditor; every look is recorded first.", no_args_is_help=True)
Result = TypeVar("Result")

Url: TypeAlias = Annotated[
    str, typer.Option("--url", envvar="LIENTHONG_AUDIT_URL", help="The search's address, from the hub's operator.")
]
KeyFile: TypeAlias = Annotated[
    Path, typer.Option("--key-file", envvar="LIENTHONG_AUDIT_KEY_FILE", help="File with the auditor's key.")
]
Anchors: TypeAlias = Annotated[
    Path | None, typer.Option("--anchor", help="PEM file of the certificates to trust; else the machine's own.")
]
Filters: TypeAlias = Annotated[
    list[str] | None,
    typer.Argument(
        help="NAME=VALUE: consumer, provider, agency, service, purpose, basis, procedure, dossier, officer, "
        "outcome, code, type, since, until, subject=citizen:NUMBER, limit, cursor."
    ),
]
_LOCAL = "http://127.0.0.1:8450"


@app.command("search")
def search(
    filters: Filters = None,
    *,
    url: Url = _LOCAL,
    key_file: KeyFile,
    anchor: Anchors = None,
    keep: Annotated[Path | None, typer.Option(help="File for the page as it came, for lienthong-check.")] = None,
    as_json: Json = False,
) -> None:
    """Show one page of records, newest first, and the cursor of the next."""
    auditor = _auditor(url, key_file, anchor)
    page, data = _run(auditor.page(_named(filters)))
    if keep is not None:
        keep.write_bytes(data)
    columns = ("record", "time", "type", "consumer", "service", "purpose", "outcome", "dossier, or why not")
    shown = table(f"As of record {page.as_of}", columns, map(_cells, page.records))
    last = f"next page: cursor={page.next}" if page.next else "no more"
    emit(msgspec.to_builtins(page), shown, f"this look is record {page.inquiry}; {last}", as_json=as_json)


@app.command("export")
def export(
    filters: Filters = None,
    *,
    url: Url = _LOCAL,
    key_file: KeyFile,
    anchor: Anchors = None,
    form: Annotated[
        str, typer.Option("--format", help="csv for tables; jsonl with proofs, for lienthong-check.")
    ] = "csv",
    out: Annotated[Path | None, typer.Option("--out", help="New file; else standard output.")] = None,
) -> None:
    """Write every record that a question gives, as it comes."""
    auditor, question = _auditor(url, key_file, anchor), _named(filters)
    if out is None:
        _export(auditor, question, form, sys.stdout.buffer)
        return
    with out.open("xb") as file:
        size = _export(auditor, question, form, file)
    err().print(f"{out}: {size} bytes")


@app.command("report")
def report(
    name: Annotated[str, typer.Argument(help=", ".join(reports.REPORTS))],
    period: Annotated[list[str] | None, typer.Argument(help="since=DAY until=DAY")] = None,
    *,
    url: Url = _LOCAL,
    key_file: Annotated[
        Path | None, typer.Option("--key-file", envvar="LIENTHONG_AUDIT_KEY_FILE", help="File with the auditor's key.")
    ] = None,
    anchor: Anchors = None,
    place: Annotated[
        Path | None, typer.Option("--from", help="Settings or state folder: make it anew from the raw entries there.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Show one report of the ledger; with --from it is computed from raw entries, by whoever holds the ledger."""
    if name not in reports.REPORTS:
        raise CommandError(Exit.USAGE, "report", f"there is no such report; there are: {', '.join(reports.REPORTS)}")
    question = _named(period)
    if place is not None:
        data: dict[str, Any] = msgspec.to_builtins(_from_entries(place, name, question))
    elif key_file is not None:
        data = _run(_auditor(url, key_file, anchor).report(name, question))
    else:
        raise CommandError(Exit.USAGE, "key-file", "name the auditor's key with --key-file, or a place with --from")
    rows = data["rows"]
    title = f"{name}, as of record {data['as_of']}"
    if not rows:
        emit(data, f"{title}: nothing to report", as_json=as_json)
        return
    emit(data, table(title, list(rows[0]), (map(_shown, row.values()) for row in rows)), as_json=as_json)


def _from_entries(place: Path, name: str, question: dict[str, str]) -> reports.Report:
    """Feed tables of one's own from the raw entries, and compute from those."""
    ledger = ledger_at(place)
    wanted = search_of(msgspec.convert(question, Asked))
    with tempfile.TemporaryDirectory() as folder:
        own = Path(folder)
        files = AuditFiles(f"sqlite:///{own / 'index.sqlite3'}", own / "names", own / "auditors.toml")
        opened = open_audit(ledger, files)
        try:
            with progress() as bar:
                task = bar.add_task("reading entries", total=None)
                reader = opened.indexer(only_reads=True)
                size = reader.catch_up(lambda done, total: bar.update(task, completed=done, total=total))
            span = reports.Span(size, SteadyClock()(), wanted.since_ms, wanted.until_ms)
            return reports.make(name, opened.index, span)
        finally:
            opened.close()


def _export(auditor: Auditor, question: dict[str, str], form: str, out: BinaryIO) -> int:
    with progress() as bar:
        task = bar.add_task("records", total=None)

        def told(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        return _run(auditor.export(question, form, out, told))


def _auditor(url: str, key_file: Path, anchors: Path | None) -> Auditor:
    return Auditor(url, read_secret(key_file).decode(), anchors)


def _run(work: Coroutine[Any, Any, Result]) -> Result:
    try:
        return asyncio.run(work)
    except aiohttp.ClientError as error:
        raise CommandError(Exit.UNREACHABLE, "audit", f"the search does not answer: {type(error).__name__}") from error


def _named(filters: list[str] | None) -> dict[str, str]:
    named = {}
    for text in filters or []:
        name, equals, value = text.partition("=")
        if not equals or name not in Asked.__struct_fields__:
            raise CommandError(Exit.USAGE, "filter", f"a filter is NAME=VALUE; there is none called {name[:20]!r}")
        named[name] = value
    return named


def _cells(record: PageRecord) -> tuple[object, ...]:
    try:
        leaf = decode_leaf(record.leaf.encode())
    except RecordFormatError:
        return (record.index, "", "of another version", "", "", "", "", "")
    told = msgspec.json.decode(record.details) if record.details else {"dossier": "erased"}
    outcome = f"{leaf.outcome or ''} {leaf.code or ''}".strip()
    kind = leaf.type.name.lower()
    return (
        record.index,
        leaf.time,
        kind,
        leaf.consumer,
        leaf.service or "",
        leaf.purpose or "",
        outcome,
        told.get("dossier", ""),
    )


def _shown(value: object) -> object:
    return {None: "", True: "yes", False: "no"}.get(value, value) if value is None or isinstance(value, bool) else value
