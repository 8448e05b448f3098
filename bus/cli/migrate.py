"""`lienthong migrate`: every store of a settings file to this program's format."""

from pathlib import Path
from typing import Annotated

import typer

from bus.app.stores import migrate
from bus.cli.ledger_archive import Place
from bus.cli.output import Json, emit, table


def command(
    place: Place,
    *,
    backup: Annotated[Path | None, typer.Option(help="Folder for copies of SQLite stores that change.")] = None,
    as_json: Json = False,
) -> None:
    """Bring the stores of a hub, a node or the embedded bus to this program's format. Stop it first.

    Each SQLite store that changes is copied into the backup folder before; back PostgreSQL up yourself.
    """
    rows = [(one.store.name, one.stored, one.newest) for one in migrate(place, backup)]
    data = {"stores": [dict(zip(("name", "from", "to"), row, strict=True)) for row in rows]}
    emit(data, table("Stores", ("store", "format before", "format now"), rows), as_json=as_json)
