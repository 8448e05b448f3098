"""`lienthong schemas export|import`: registries into a folder, and from there or from another one into ours."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from bus.app import schemas_moves as moves
from bus.app.schemas_client import SchemasClient
from bus.app.schemas_moves import Move, Moved
from bus.cli.errors import CommandError
from bus.cli.exits import Exit
from bus.cli.output import Json, emit, progress, table
from bus.cli.schemas_options import LOCAL, Anchors, KeyFile, Url, at
from registry.registered.names import SubjectNameError, context_of


def export_command(
    folder: Annotated[Path, typer.Argument(help="Folder to write into; what is there already stays.")],
    *,
    prefix: Annotated[str, typer.Option(help="Subjects that begin so, contexts included.")] = "",
    url: Url = LOCAL,
    key_file: KeyFile = None,
    anchor: Anchors = None,
    as_json: Json = False,
) -> None:
    """Write every version into a folder, one file each."""
    with _told("versions") as told:
        fresh = at(url, key_file, anchor, lambda client: moves.export(client, folder, prefix, told))
    emit({"new": fresh, "folder": str(folder)}, f"{fresh} new file(s) in {folder}", as_json=as_json)


def import_command(
    source: Annotated[str, typer.Argument(help="A folder that `export` wrote, or another registry's address.")],
    *,
    into: Annotated[str | None, typer.Option(help="The context that takes everything; else each where it was.")] = None,
    prefix: Annotated[str, typer.Option(help="Of another registry: subjects that begin so.")] = "",
    source_key_file: Annotated[Path | None, typer.Option(help="File with that registry's name:secret.")] = None,
    url: Url = LOCAL,
    key_file: KeyFile = None,
    anchor: Anchors = None,
    as_json: Json = False,
) -> None:
    """Take schemas with their ids and version numbers; run again, it goes on where it stopped."""
    context = None
    if into is not None:
        try:
            context = context_of(into)
        except SubjectNameError:
            raise CommandError(Exit.USAGE, "into", "a context is .NAME of letters, digits, _ . -") from None
    found = _read(source, source_key_file, prefix)
    with _told("schemas") as told:
        moved: Moved = at(url, key_file, anchor, lambda client: moves.take(client, found, context, told))
    said = f"{moved.taken} taken, {moved.known} there already, {len(moved.refused)} refused"
    refused = table("Refused", ("subject", "version", "why"), moved.refused)
    emit(moved._asdict(), said, *([refused] if moved.refused else []), as_json=as_json)
    if moved.refused:
        raise typer.Exit(Exit.NO)


def _read(source: str, key_file: Path | None, prefix: str) -> list[Move]:
    if not source.startswith(("http://", "https://")):
        folder = Path(source)
        if not folder.is_dir():
            raise CommandError(Exit.USAGE, "source", "there is no such folder, and it is no http(s) address")
        return moves.from_folder(folder)

    async def read(client: SchemasClient) -> list[Move]:
        return await moves.from_registry(client, prefix, told)

    with _told("read") as told:
        return at(source, key_file, None, read)


@contextmanager
def _told(what: str) -> Iterator[Callable[[int, int], None]]:
    with progress() as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
