"""The `lienthong` command, put together from its commands' files.

A command's file has a function that typer calls; what it does is a plain function elsewhere. Errors go through
`bus.cli.failures`, results through `bus.cli.output`; exit codes are `bus.cli.exits`, the list is `bus.cli.commands`.
"""

import sys
from collections.abc import Iterable
from typing import Annotated

import typer

from bus.cli.commands import COMMANDS, add
from bus.cli.exits import Exit
from bus.cli.output import emit
from bus.version import version


def _show_version(wanted: bool) -> None:  # noqa: FBT001 - typer hands an option's value over by place
    if wanted:
        emit({}, f"lienthong {version()}", as_json=False)
        raise typer.Exit(Exit.DONE)


def options(
    *,
    _show: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_show_version, help="Which Lienthong this is.")
    ] = False,
) -> None:
    """Lienthong: an interoperability bus for government data."""


def build(names: Iterable[str] = COMMANDS) -> typer.Typer:
    """The command line with these commands."""
    app = typer.Typer(
        name="lienthong",
        help="Lienthong: an interoperability bus for government data.",
        epilog="Exit codes and every command: docs/operators.md",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode="rich",
    )
    app.callback()(options)
    return add(app, names)


def main() -> None:
    """Run the command line of this process and exit with its code."""
    first = sys.argv[1] if len(sys.argv) > 1 else ""
    as_json = "--json" in sys.argv[1:]
    try:
        # For scripts even wrong usage is one JSON document; for people typer says it best itself.
        code = build([first] if first in COMMANDS else COMMANDS)(prog_name="lienthong", standalone_mode=not as_json)
    except Exception as error:  # noqa: BLE001 - the last place that can still turn an error into a message and a code
        from bus.cli.failures import report  # noqa: PLC0415 - it knows every part's errors: only a failure pays for that

        code = report(error, as_json=as_json)
    sys.exit(code or Exit.DONE)
