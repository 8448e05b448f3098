"""What the commands about signed lists of digests share: a day by its name, levels, renewal, the word on containers."""

from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Annotated, TypeAlias

import typer
from rich.text import Text

from bus.batches import SealedDays, Sealing, holds, judge
from bus.cli.errors import CommandError
from bus.cli.exits import Exit
from bus.cli.output import emit, table
from signing.examine import Finding
from signing.packet import StepError, reopen
from signing.verdict import PASSED, Indication, because

Day: TypeAlias = Annotated[str, typer.Option("--day", help="A day (UTC) such as 2026-11-21; every day when left out.")]


def day_named(text: str) -> date | None:
    """A day; None for an empty text.

    Raises:
        CommandError: it is none.
    """
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise CommandError(Exit.USAGE, "day", "a day is written 2026-11-21") from None


def unlasting(sealing: Sealing | None) -> str:
    """What is to be told where lists will not outlast the seal's certificate; empty where they will."""
    if sealing is None:
        return "not sealed: this ledger has no key to seal with"
    if sealing.lasting:
        return ""
    return "level B alone, without time-stamp and status: set [evidence] in the settings, then renew"


def warned(warning: str) -> list[Text]:
    """A warning as a line for people, where there is one."""
    return [Text(f"warning: {warning}", style="yellow")] if warning else []


def level_said(containers: Iterable[Path]) -> str:
    """The lowest level among containers; empty where there is none."""
    levels = [reopen(path.read_bytes()).level for path in containers]
    return f"B-{min(levels).name}" if levels and min(levels).name != "B" else "B" if levels else ""


def renewed(sealed: SealedDays, day: date | None, sealing: Sealing, *, as_json: bool) -> None:
    """Renew the containers of a day, or of all, and say what they are then.

    Raises:
        NotSealedError: a container stays as it is; those before it are renewed.
    """
    rows = [(path.name, f"B-{sealed.renew(path, sealing).name}") for path in sealed.containers(day)]
    data = [dict(zip(("container", "level"), row, strict=True)) for row in rows]
    emit(data, table("Renewed", ("container", "level"), rows) if rows else "there is nothing to renew", as_json=as_json)


def sealed_findings(sealed: SealedDays, day: date | None, sealing: Sealing | None) -> list[Finding]:
    """What the strict judge says of each container, at the level that it has, under the settings' own trust."""
    return [] if sealing is None else [_finding(path, sealing) for path in sealed.containers(day)]


def _finding(path: Path, sealing: Sealing) -> Finding:
    about = f"signed list {path.name}"
    try:
        level, checked = judge(path.read_bytes(), sealing)
    except StepError as error:
        return Finding(1, about, because(Indication.FORMAT_FAILURE, "1 container", str(error)))
    verdict = PASSED if holds(level, checked.verdict) else checked.verdict
    return Finding(1, f"{about}, level B-{level.name}" if level.name != "B" else f"{about}, level B", verdict)
