"""What commands print: tables for people on a terminal, one JSON document for scripts.

Promises: with `--json`, standard output holds exactly one JSON document and nothing else; progress, notes and
errors for people go to standard error.
"""

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Annotated, Final, TextIO, TypeAlias

import orjson
import typer
from rich.console import Console, RenderableType
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

Json: TypeAlias = Annotated[bool, typer.Option("--json", help="One JSON document on standard output, for scripts.")]

PIPE_COLUMNS: Final = 120
_JSON_OPTIONS = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE | orjson.OPT_NON_STR_KEYS


def out() -> Console:
    """Standard output, for people."""
    return _console(sys.stdout)


def err() -> Console:
    """Standard error, for people."""
    return _console(sys.stderr)


def _console(stream: TextIO) -> Console:
    # A pipe or a log file has no width: tables are laid out for a wide one.
    return Console(file=stream, highlight=False, width=None if stream.isatty() else PIPE_COLUMNS)


def emit(data: object, *shown: RenderableType, as_json: bool) -> None:
    """Print a result: `data` as JSON or `shown` for people."""
    if as_json:
        sys.stdout.buffer.write(orjson.dumps(data, default=str, option=_JSON_OPTIONS))
        sys.stdout.flush()
        return
    console = out()
    for renderable in shown:
        # A key or a checkpoint on a line of its own must stay one line.
        console.print(renderable, soft_wrap=isinstance(renderable, str))


def table(title: str, columns: Iterable[str], rows: Iterable[Iterable[object]]) -> Table:
    """A table of plain texts: nothing in a cell is taken as markup."""
    made = Table(title=title, title_justify="left", title_style="bold", header_style="bold", expand=False)
    for column in columns:
        made.add_column(column, overflow="fold")
    for row in rows:
        made.add_row(*(Text(str(cell)) for cell in row))
    return made


@contextmanager
def progress() -> Iterator[Progress]:
    """A progress display on standard error, for anything that may take over a second."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=err(), transient=True) as shown:
        yield shown
