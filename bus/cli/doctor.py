"""`lienthong doctor [FILE]`: is this machine, this installation and this settings file fit to run?"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from bus import logs
from bus.cli.exits import Exit
from bus.cli.output import Json, emit, table
from bus.doctor import Health, examine
from config.parts import LogFormat, LogLevel, LogSettings


def command(
    file: Annotated[Path | None, typer.Argument(help="Settings of a hub, a node or the embedded bus.")] = None,
    *,
    as_json: Json = False,
) -> None:
    """Look at the installation and, where given, at a settings file and all that it names."""
    logs.configure(LogSettings(format=LogFormat.CONSOLE, level=LogLevel.ERROR))  # standard output is the answer's
    findings = examine(file, datetime.now(UTC))
    rows = [(finding.health, finding.check, finding.text, finding.mend) for finding in findings]
    emit(findings, table("Doctor", ("health", "what", "how it is", "how to mend it"), rows), as_json=as_json)
    if any(finding.health is Health.BAD for finding in findings):
        raise typer.Exit(Exit.NO)
