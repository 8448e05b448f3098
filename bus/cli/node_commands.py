"""`lienthong node …`: enrol and run a node, hand out its evidence, look after its archive.

`lienthong node FILE` is `lienthong node run FILE`: an operator's unit files name it so.
"""

from __future__ import annotations

import typer
from typer.core import TyperGroup

from bus.cli import archive, enrol, evidence, node

RUN = "run"


class _FileOrCommand(TyperGroup):
    """Takes a settings file where a command's name could stand."""

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override] # click's Context
        """Put `run` before what is neither a command nor an option; a file named like a command is `./archive`."""
        if args and args[0] not in self.commands and not args[0].startswith("-"):
            args = [RUN, *args]
        return super().parse_args(ctx, args)


app: typer.Typer = typer.Typer(
    cls=_FileOrCommand,
    help="A node: run it (`lienthong node FILE`), hand out evidence, look after the archive.",
    no_args_is_help=True,
    subcommand_metavar="FILE | COMMAND [ARGS]...",
)
app.command(RUN)(node.command)
app.command("enrol")(enrol.command)
app.add_typer(evidence.app, name="evidence")
app.add_typer(archive.app, name="archive")
