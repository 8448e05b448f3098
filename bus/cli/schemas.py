"""`lienthong schemas …`: register, check, show and delete schemas in a registry; run one; move whole ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final, TypeAlias

import typer
from rich.console import Group, RenderableType
from rich.text import Text

from bus.app.schemas_client import SchemasClient, SchemasRefusedError
from bus.cli import schemas_moves, schemas_serve
from bus.cli.errors import CommandError
from bus.cli.exits import Exit
from bus.cli.options import Language, Tongue
from bus.cli.output import Json, emit, table
from bus.cli.schemas_options import LOCAL, Anchors, KeyFile, Url, at
from registry.evolution.port import FormatName

app = typer.Typer(help="Schemas: registered, compared before they are taken, handed out by id.", no_args_is_help=True)
app.command("serve")(schemas_serve.serve)
app.add_typer(schemas_serve.keys, name="keys")
app.command("import")(schemas_moves.import_command)
app.command("export")(schemas_moves.export_command)

Subject: TypeAlias = Annotated[str, typer.Argument(help="The subject, with its context: orders, :.gov:person.")]
Place: TypeAlias = Annotated[str, typer.Argument(help="SUBJECT or SUBJECT@VERSION.")]
File: TypeAlias = Annotated[Path, typer.Argument(help="The schema's file.", exists=True, dir_okay=False)]
Type: TypeAlias = Annotated[FormatName | None, typer.Option("--type", help="Its type; else by the file's ending.")]
References: TypeAlias = Annotated[
    list[str] | None, typer.Option("--reference", help="NAME=SUBJECT@VERSION, as the schema calls it.")
]
_INCOMPATIBLE: Final = 409
_ENDINGS: Final = {
    ".avsc": FormatName.AVRO,
    ".json": FormatName.JSON,
    ".xsd": FormatName.XSD,
    ".proto": FormatName.PROTOBUF,
    ".wsdl": FormatName.WSDL,
    ".yaml": FormatName.OPENAPI,
}


class Against(StrEnum):
    """Which versions a check compares with."""

    LATEST = "latest"
    ALL = "all"


@app.command("register")
def register(  # noqa: PLR0913 - one option each
    subject: Subject,
    file: File,
    *,
    kind: Type = None,
    reference: References = None,
    metadata: Annotated[
        list[str] | None, typer.Option("--property", help="NAME=VALUE for metadata.properties: owner, basis, …")
    ] = None,
    normalize: Annotated[bool, typer.Option("--normalize", help="Register the canonical text.")] = False,
    url: Url = LOCAL,
    key_file: KeyFile = None,
    anchor: Anchors = None,
    as_json: Json = False,
) -> None:
    """Register a schema; the same one again gives the same id."""
    body = _body(file, kind, reference, metadata)
    steps = ("subjects", subject, "versions")
    try:
        found = at(url, key_file, anchor, lambda client: client.ask("POST", *steps, body=body, normalize=normalize))
    except CommandError as error:
        if as_json or not isinstance(error.__cause__, SchemasRefusedError) or error.__cause__.code != _INCOMPATIBLE:
            raise
        emit({}, _reasons(error.__cause__.body, Tongue.EN), as_json=False)
        raise typer.Exit(Exit.NO) from error
    emit(found, f"{subject} version {found.get('version', '?')}: id {found['id']}", as_json=as_json)


@app.command("check")
def check(  # noqa: PLR0913 - one option each
    subject: Subject,
    file: File,
    *,
    kind: Type = None,
    reference: References = None,
    against: Annotated[Against, typer.Option(help="The latest version, or all that the level names.")] = Against.ALL,
    url: Url = LOCAL,
    key_file: KeyFile = None,
    anchor: Anchors = None,
    language: Language = Tongue.EN,
    as_json: Json = False,
) -> None:
    """Ask whether a schema would be taken; if not: rule, places, a document that shows it, how to mend it."""
    body = _body(file, kind, reference, None)
    last = ("latest",) if against is Against.LATEST else ()
    steps = ("compatibility", "subjects", subject, "versions", *last)
    found = at(url, key_file, anchor, lambda client: client.ask("POST", *steps, body=body, verbose=True))
    if found["is_compatible"]:
        emit(found, f"{file}: would be taken as a new version of {subject}", as_json=as_json)
        return
    emit(found, _reasons(found, language), as_json=as_json)
    raise typer.Exit(Exit.NO)


@app.command("diff")
def diff(
    old: Place,
    new: Place,
    *,
    url: Url = LOCAL,
    key_file: KeyFile = None,
    anchor: Anchors = None,
    language: Language = Tongue.EN,
    as_json: Json = False,
) -> None:
    """Compare two registered versions as the older one's subject would: what differs, shown by a document."""
    (subject, number), (other, its) = _placed(old), _placed(new)

    async def work(client: SchemasClient) -> dict[str, Any]:
        found = await client.ask("GET", "subjects", other, "versions", its or "latest", deleted=True)
        body = {name: found[name] for name in ("schema", "schemaType", "references") if name in found}
        steps = ("compatibility", "subjects", subject, "versions", number or "latest")
        answer: dict[str, Any] = await client.ask("POST", *steps, body=body, verbose=True)
        return answer

    found = at(url, key_file, anchor, work)
    same = f"{new} goes with {old}"
    emit(found, same if found["is_compatible"] else _reasons(found, language), as_json=as_json)
    if not found["is_compatible"]:
        raise typer.Exit(Exit.NO)


@app.command("list")
def list_schemas(
    prefix: Annotated[str, typer.Argument(help="Subjects that begin so; `:.gov:` is a whole context.")] = ":*:",
    *,
    deleted: Annotated[bool, typer.Option("--deleted", help="Those marked as deleted, too.")] = False,
    url: Url = LOCAL,
    key_file: KeyFile = None,
    anchor: Anchors = None,
    as_json: Json = False,
) -> None:
    """List subjects with their latest versions."""
    asked: dict[str, str | bool] = {"subjectPrefix": prefix, "latestOnly": True, "deleted": deleted}
    found = at(url, key_file, anchor, lambda client: client.ask("GET", "schemas", **asked))
    rows = [
        (
            one["subject"],
            one["version"],
            one["id"],
            one.get("schemaType", "AVRO"),
            "deleted" * one.get("deleted", False),
        )
        for one in found
    ]
    emit(found, table("Subjects", ("subject", "latest", "id", "type", ""), rows), as_json=as_json)


@app.command("show")
def show(
    place: Place, *, url: Url = LOCAL, key_file: KeyFile = None, anchor: Anchors = None, as_json: Json = False
) -> None:
    """Show one version: the latest, or the one that is named."""
    subject, number = _placed(place)
    steps = ("subjects", subject, "versions", number or "latest")
    found = at(url, key_file, anchor, lambda client: client.ask("GET", *steps, deleted=True))
    rows = [(name, _told(found[name])) for name in found if name != "schema"]
    emit(found, table(f"{subject}", ("", ""), rows), Text(found["schema"]), as_json=as_json)


@app.command("delete")
def delete(
    place: Place,
    *,
    permanent: Annotated[bool, typer.Option("--permanent", help="For good, after it was deleted once.")] = False,
    url: Url = LOCAL,
    key_file: KeyFile = None,
    anchor: Anchors = None,
    as_json: Json = False,
) -> None:
    """Delete a version, or every version of a subject."""
    subject, number = _placed(place)
    steps = ("subjects", subject, *(("versions", number) if number else ()))
    found = at(url, key_file, anchor, lambda client: client.ask("DELETE", *steps, permanent=permanent))
    gone = found if isinstance(found, list) else [found]
    emit({"subject": subject, "deleted": gone}, f"{subject}: deleted {', '.join(map(str, gone))}", as_json=as_json)


@app.command("config")
def config(
    subject: Annotated[str, typer.Argument(help="A subject, a context (`:.gov:`), or nothing for the whole.")] = "",
    *,
    level: Annotated[str, typer.Option(help="Compatibility: NONE, BACKWARD, FULL_TRANSITIVE, …")] = "",
    mode: Annotated[str, typer.Option(help="READWRITE, READONLY, IMPORT, FORWARD.")] = "",
    unset: Annotated[bool, typer.Option("--unset", help="Take its own settings back.")] = False,
    url: Url = LOCAL,
    key_file: KeyFile = None,
    anchor: Anchors = None,
    as_json: Json = False,
) -> None:
    """Show what counts for a scope, after changing what is given."""
    scope = (subject,) if subject else ()

    async def work(client: SchemasClient) -> dict[str, Any]:
        if unset:
            await client.ask("DELETE", "config", *scope)
        if level:
            await client.ask("PUT", "config", *scope, body={"compatibility": level})
        if mode:
            await client.ask("PUT", "mode", *scope, body={"mode": mode})
        counting = await client.ask("GET", "config", *scope, defaultToGlobal=True)
        return {**counting, **await client.ask("GET", "mode", *scope, defaultToGlobal=True)}

    found = at(url, key_file, anchor, work)
    rows = [(name, _told(value)) for name, value in found.items()]
    emit(found, table(subject or "everywhere", ("setting", "value"), rows), as_json=as_json)


def _body(
    file: Path, kind: FormatName | None, references: list[str] | None, properties: list[str] | None
) -> dict[str, Any]:
    found = kind or _ENDINGS.get(file.suffix.lower())
    if found is None:
        raise CommandError(Exit.USAGE, "type", f"say --type: the ending {file.suffix!r} tells none")
    try:
        text = file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise CommandError(Exit.USAGE, "file", f"{file} is no UTF-8") from None
    body: dict[str, Any] = {"schema": text, "schemaType": found}
    if references:
        body["references"] = [_reference(one) for one in references]
    if properties:
        pairs = (one.partition("=") for one in properties)
        body["metadata"] = {"properties": {name: value for name, _, value in pairs}}
    return body


def _reference(text: str) -> dict[str, Any]:
    name, _, place = text.partition("=")
    subject, number = _placed(place)
    if not name or not subject or number is None:
        raise CommandError(Exit.USAGE, "reference", "a reference is NAME=SUBJECT@VERSION")
    return {"name": name, "subject": subject, "version": number}


def _placed(text: str) -> tuple[str, int | None]:
    subject, at_sign, number = text.rpartition("@")
    if at_sign and number.isascii() and number.isdigit():
        return subject, int(number)
    return text, None


def _reasons(found: Mapping[str, Any], language: Tongue) -> RenderableType:
    """Each difference in colour: the rule, both places, what is wrong, the document that shows it, how to mend it."""
    told: list[Sequence[tuple[str, str]]] = []
    for against in found.get("incompatibilities", []):
        told.append([(f"against version {against['version']}", "bold")])
        for one in against["differences"]:
            told.append([("  ✗ ", "red"), (one["rule"], "bold red"), (f"  {one['direction'].lower()}", "dim")])
            told.append([("    old ", "dim"), (_at(one["old"]), "cyan"), ("  new ", "dim"), (_at(one["new"]), "cyan")])
            told.append([("    ", ""), (one["said"][language], "")])
            if "mend" in one:
                told.append([("    → ", "green"), (one["mend"][language], "green")])
        if "witness" in against:
            told.append([("    shown by ", "dim"), (against["witness"]["text"], "yellow")])
    lines = told or [[(message, "red")] for message in found.get("messages", [])]
    return Group(*(Text.assemble(*line) for line in lines))


def _at(place: dict[str, Any]) -> str:
    line = f":{place['line']}" if place.get("line") else ""
    return f"{place.get('document') or ''}{place.get('pointer') or '/'}{line}"


def _told(value: object) -> object:
    return value if isinstance(value, str | int) else str(value)
