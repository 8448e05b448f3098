"""`lienthong adapter new`: from a description of a system to a working adapter (docs/kit.md)."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final, TypeAlias

import typer
from rich.markup import escape
from rich.table import Table

from bus.cli.errors import CommandError
from bus.cli.exits import Exit
from bus.cli.kit_options import registry_of
from bus.cli.options import Language, Tongue
from bus.cli.output import Json, emit, err, table
from bus.kit.new.choices import Choice, Chosen
from bus.kit.new.dictionary import Dictionary, of_snapshot, read_dictionary
from bus.kit.new.make import Made, write
from bus.kit.new.options import Options
from bus.kit.new.read_database import Database
from bus.kit.new.refused import SourceRefusedError
from bus.kit.new.run import Silent, Talk, run
from bus.kit.new.wizard import Wizard
from bus.sample.systems import registry_folder
from config.load import load
from config.node import NodeSettings

Words: TypeAlias = list[str] | None

_WORDS: Final[Mapping[Tongue, Mapping[str, str]]] = {
    Tongue.VI: {
        "heads": "chiều|trường|thành|vì sao",
        "question": "hỏi",
        "answer": "trả lời",
        "works": "dùng được",
        "waits": "chờ {fields}",
        "open": "chưa rõ",
        "given": "bạn đã chọn",
        "not-taken": "Sổ đăng ký sẽ không nhận",
        "dry": "{count} tệp sẽ được ghi vào {folder}",
        "written": "{count} tệp nằm ở {folder}; đọc tiếp README.md ở đó",
    },
    Tongue.EN: {
        "heads": "in|field|becomes|why",
        "question": "question",
        "answer": "answer",
        "works": "works",
        "waits": "waits for {fields}",
        "open": "open",
        "given": "you said so",
        "not-taken": "What the registry would not take",
        "dry": "{count} files would be written to {folder}",
        "written": "{count} files are in {folder}; next: README.md there",
    },
}


def command(  # noqa: PLR0913 - one option each
    folder: Annotated[Path | None, typer.Argument(help="New folder for the adapter.")] = None,
    *,
    wsdl: Annotated[Path | None, typer.Option(help="A WSDL 1.1 file; its XSD files beside or below it.")] = None,
    openapi: Annotated[Path | None, typer.Option(help="An OpenAPI 3.0 or 3.1 file, JSON or YAML.")] = None,
    database: Annotated[
        str | None, typer.Option(help="A SQLite file, or postgresql://user@host:port/name without a password.")
    ] = None,
    payload: Annotated[Path | None, typer.Option(help="A sample of what the system answers, JSON or XML.")] = None,
    service: Annotated[str | None, typer.Option(help="AGENCY/SYSTEM/SERVICE as the registry will name it.")] = None,
    registry: Annotated[
        Path | None, typer.Option(help="Authored registry folder with the dictionary; else the sample nation's.")
    ] = None,
    node: Annotated[
        Path | None, typer.Option(help="Settings of a node, whose trusted registry is taken instead of a folder.")
    ] = None,
    name_vi: Annotated[str | None, typer.Option(help="The service's name in Vietnamese.")] = None,
    name_en: Annotated[str | None, typer.Option(help="The service's name in English.")] = None,
    basis: Annotated[str | None, typer.Option(help="Statute: a code of the registry's list 'basis'.")] = None,
    purpose: Annotated[Words, typer.Option(help="A code of the registry's list 'purpose'; repeat.")] = None,
    subject_scheme: Annotated[str | None, typer.Option(help="About whom: citizen, business, parcel…")] = None,
    assurance: Annotated[str, typer.Option(help="low, substantial or high.")] = "substantial",
    consumer: Annotated[str | None, typer.Option(help="Agency for which an agreement is drafted.")] = None,
    consumer_system: Annotated[str | None, typer.Option(help="Only this system of the consumer.")] = None,
    operation: Annotated[
        Words, typer.Option("--operation", "--table", help="Only this operation, table or view; repeat.")
    ] = None,
    address: Annotated[str | None, typer.Option(help="Where the system listens, instead of what is described.")] = None,
    method: Annotated[str, typer.Option(help="Of a payload: GET, POST or PUT.")] = "GET",
    path: Annotated[str, typer.Option(help="Of a payload: /persons/{number}?birth=")] = "/",
    question: Annotated[Path | None, typer.Option(help="Of a payload: a sample of the body that is sent.")] = None,
    password_file: Annotated[Path | None, typer.Option(help="File with the database user's password.")] = None,
    ssl_mode: Annotated[
        str, typer.Option(help="PostgreSQL: disable, require, verify-ca, verify-full.")
    ] = "verify-full",
    ca_file: Annotated[Path | None, typer.Option(help="PostgreSQL: whom to trust.")] = None,
    schema: Annotated[str | None, typer.Option(help="PostgreSQL: the schema with the tables.")] = None,
    sample: Annotated[bool, typer.Option("--sample", help="Look at values too: forms of dates, codes.")] = False,
    bind: Annotated[
        Words,
        typer.Option(help="FIELD=term, FIELD=+new.term, FIELD=@fact, FIELD==constant, FIELD=- (left out); repeat."),
    ] = None,
    form: Annotated[Words, typer.Option(help="How a field's dates look: FIELD=dd/MM/yyyy; repeat.")] = None,
    codes: Annotated[Words, typer.Option(help="What a field's codes mean: FIELD=1:male,2:female; repeat.")] = None,
    key: Annotated[Words, typer.Option(help="Column by which a table is asked: TABLE/COLUMN; repeat.")] = None,
    list_all: Annotated[Words, typer.Option("--list", help="Operation that answers all its records; repeat.")] = None,
    safe: Annotated[Words, typer.Option(help="Operation that may be asked twice without harm; repeat.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be written; write nothing.")] = False,
    language: Language = Tongue.VI,
    as_json: Json = False,
) -> None:
    """Write a working adapter, what the registrar needs, a test and a request, from a system's description."""
    options = Options(
        folder=folder,
        wsdl=wsdl,
        openapi=openapi,
        database=None if database is None else Database(database, password_file, ssl_mode, ca_file, schema),
        payload=payload,
        service=service,
        name_vi=name_vi,
        name_en=name_en,
        basis=basis,
        purposes=tuple(purpose or ()),
        subject_scheme=subject_scheme,
        assurance=assurance,
        consumer=consumer,
        consumer_system=consumer_system,
        operations=tuple(operation or ()),
        address=address,
        method=method,
        path=path,
        question=question,
        sample=sample,
        bind=tuple(bind or ()),
        forms=tuple(form or ()),
        codes=tuple(codes or ()),
        keys=tuple(key or ()),
        lists=tuple(list_all or ()),
        safe=tuple(safe or ()),
    )
    dictionary = _dictionary(registry, node)
    try:
        made = run(options, dictionary, datetime.now(UTC).date(), _talk(options, dictionary, language, as_json=as_json))
        if not dry_run:
            write(made)
    except SourceRefusedError as error:
        raise CommandError(Exit.CONFIG, error.rule, str(error)) from None
    _show(made, language, dry_run=dry_run, as_json=as_json)
    if made.plan.waiting or made.mistakes:
        raise typer.Exit(Exit.NO)


def _dictionary(folder: Path | None, node: Path | None) -> Dictionary:
    """The registry to bind to: an authored folder, what a node trusts, or the sample nation's."""
    if node is None:
        return read_dictionary(folder or registry_folder())
    snapshot = registry_of(folder, load(node, NodeSettings).settings)
    if snapshot is None:
        raise CommandError(Exit.STATE, "no-registry-yet", f"{node}: the node has not fetched a registry yet")
    return of_snapshot(snapshot)


def _talk(options: Options, dictionary: Dictionary, language: Tongue, *, as_json: bool) -> Talk:
    """On a terminal, and with nothing said of the source, the wizard asks; scripts are never asked."""
    if options.sources or as_json or not sys.stdin.isatty():
        return Silent()
    console = err()
    return Wizard(
        dictionary,
        lambda question, default: str(typer.prompt(question, default=default, show_default=bool(default), err=True)),
        lambda line: console.print(escape(line), soft_wrap=True),
        language.value,
    )


def _show(made: Made, language: Tongue, *, dry_run: bool, as_json: bool) -> None:
    plan = made.plan
    chosen = (*plan.working, *plan.waiting)
    data = {
        "folder": str(plan.folder),
        "written": [] if dry_run else sorted(made.files),
        "would_write": sorted(made.files) if dry_run else [],
        "operations": [_operation(one) for one in chosen],
        "mistakes": made.mistakes,
    }
    words = _WORDS[language]
    parts = [_fields(one, language) for one in chosen]
    if made.mistakes:
        told = [(f"{m.file}:{m.line}:{m.column}", m.rule, f"{m.message_en}\n{m.message_vi}") for m in made.mistakes]
        parts.append(table(words["not-taken"], ("place", "rule", ""), told))
    last = words["dry" if dry_run else "written"].format(count=len(made.files), folder=plan.folder)
    emit(data, *parts, last, as_json=as_json)


def _fields(one: Chosen, language: Tongue) -> Table:
    words = _WORDS[language]
    rows = [
        (words[side], choice.source.place, *_said(choice, language))
        for side, choices in (("question", one.question), ("answer", one.answer))
        for choice in choices
    ]
    state = words["waits"].format(fields=", ".join(one.missing)) if one.missing else words["works"]
    return table(f"{one.operation.name}: {state}", words["heads"].split("|"), rows)


def _operation(one: Chosen) -> dict[str, object]:
    return {
        "name": one.operation.name,
        "works": not one.missing,
        "missing": one.missing,
        "question": [_field(choice) for choice in one.question],
        "answer": [_field(choice) for choice in one.answer],
        "left": one.operation.left,
    }


def _field(choice: Choice) -> dict[str, object]:
    return {
        "field": choice.source.place,
        "state": choice.state,
        "target": choice.target,
        "rule": choice.rule,
        "given": choice.given,
        "suggestions": choice.suggestions,
    }


def _said(choice: Choice, language: Tongue) -> tuple[str, str]:
    """What a field becomes, and why."""
    words = _WORDS[language]
    first = choice.suggestions[0] if choice.suggestions else None
    why = "" if first is None else str(getattr(first.why, language.value))
    if choice.state == "open":
        maybe = words["open"] + (f": {first.term}? ({first.sureness} {first.score:.2f})" if first else "")
        return maybe, f"{why} [{choice.rule}]".strip()
    if choice.given:
        return f"{choice.state} {choice.target}".strip(), words["given"]
    if choice.state == "term" and first is not None:
        return f"{choice.target} ({first.score:.2f})", why
    return f"{choice.state} {choice.target}", ""
