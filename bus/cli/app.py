"""The `lienthong` command, put together from its commands' files.

A command's file has a function that typer calls; what it does is a plain function elsewhere. Errors go through
`bus.cli.failures`, results through `bus.cli.output`, exit codes are `bus.cli.exits`.
"""

import sys
from typing import Annotated

import typer

from bus.cli import (
    api_keys,
    audit,
    auditors,
    demo,
    doctor,
    dossier,
    explain_config,
    keys,
    ledger,
    node_commands,
    processes,
    registry,
    witness,
)
from bus.cli.exits import Exit
from bus.cli.failures import report, wants_json
from bus.cli.output import Json, emit
from bus.version import version

app = typer.Typer(
    name="lienthong",
    help="Lienthong: an interoperability bus for government data.",
    epilog="Exit codes and every command: docs/operators.md",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)

app.add_typer(demo.app, name="demo")
app.command("hub")(processes.hub_command)
app.add_typer(node_commands.app, name="node")
app.command("up")(demo.up_command)
app.add_typer(dossier.app, name="dossier")
app.command("explain-config")(explain_config.command)
app.command("doctor")(doctor.command)
keys.app.add_typer(api_keys.app, name="api-key")
app.add_typer(keys.app, name="keys")
app.add_typer(registry.app, name="registry")
app.add_typer(ledger.app, name="ledger")
app.add_typer(audit.app, name="audit")
keys.app.add_typer(auditors.app, name="auditor")
app.add_typer(witness.app, name="witness")


@app.command("version")
def version_command(*, as_json: Json = False) -> None:
    """Which Lienthong this is."""
    emit({"version": version(), "python": sys.version.split()[0]}, f"lienthong {version()}", as_json=as_json)


def _show_version(wanted: bool) -> None:  # noqa: FBT001 - typer hands an option's value over by place
    if wanted:
        emit({}, f"lienthong {version()}", as_json=False)
        raise typer.Exit(Exit.DONE)


@app.callback()
def options(
    *,
    _show: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_show_version, help="Which Lienthong this is.")
    ] = False,
) -> None:
    """Lienthong: an interoperability bus for government data."""


def main() -> None:
    """Run the command line of this process and exit with its code."""
    try:
        app(prog_name="lienthong")
    except Exception as error:  # noqa: BLE001 - the last place that can still turn an error into a message and a code
        sys.exit(report(error, as_json=wants_json()))
