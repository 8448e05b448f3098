"""`lienthong explain-config FILE`: every setting, its value, where that came from, what it means."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from bus.cli.output import Json, emit, table
from config.explain import describe, explain
from config.load import KINDS, kind_of, load


class Kind(StrEnum):
    """Which settings a file holds."""

    HUB = "hub"
    NODE = "node"
    EMBEDDED = "embedded"


def command(
    file: Annotated[Path | None, typer.Argument(help="A settings file; none lists what there is to set.")] = None,
    *,
    kind: Annotated[Kind | None, typer.Option(help="What the file is for; guessed from the file if left out.")] = None,
    changed: Annotated[bool, typer.Option("--changed", help="Leave settings out that keep their default.")] = False,
    as_json: Json = False,
) -> None:
    """Say of every setting what it means, its value and where that came from."""
    if file is None:
        model = KINDS[kind or Kind.HUB]
        described = describe(model)
        rows = [(line.name, line.default, line.limits, line.meaning) for line in described]
        emit(described, table(model.__name__, ("setting", "default", "limits", "meaning"), rows), as_json=as_json)
        return
    loaded = load(file, KINDS[kind or kind_of(file)])
    lines = [line for line in explain(loaded) if not (changed and line.origin == "default")]
    rows = [(line.name, line.value, line.origin, line.meaning) for line in lines]
    emit(lines, table(str(file), ("setting", "value", "from", "meaning"), rows), as_json=as_json)
