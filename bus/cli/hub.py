"""`lienthong hub FILE`: a hub as processes, from its settings file."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Annotated, TypeAlias

import typer
import uvloop

from bus import logs
from bus.app.supervisor import supervise
from bus.app.trust import refuse_development_pki
from bus.cli.errors import CommandError
from bus.cli.exits import Exit
from bus.cli.signals import until_signal
from bus.lifeline import end_with, tell_ready
from config.hub import HubSettings
from config.load import load

Running: TypeAlias = Callable[[asyncio.Event], Awaitable[None]]


def command(
    file: Annotated[Path, typer.Argument(help="The hub's settings (TOML).")],
    *,
    part: Annotated[
        str, typer.Option(help="Run one part only: ledger, worker-0, worker-1…, log, audit, usages, schemas.")
    ] = "",
    parent: Annotated[int, typer.Option(hidden=True, help="Process id of the supervisor, which is not outlived.")] = 0,
    ready: Annotated[int, typer.Option(hidden=True, help="Pipe on which it hears that this part stands.")] = 0,
) -> None:
    """Run a hub: its ledger process and its workers. SIGTERM or Ctrl-C drains and stops it."""
    if parent:
        end_with(parent)
    settings = load(file, HubSettings).settings
    refuse_development_pki(settings)
    logs.configure(settings.log)
    uvloop.run(until_signal(_part(file, settings, part, partial(tell_ready, ready) if ready else _nobody_waits)))


def _part(file: Path, settings: HubSettings, part: str, ready: Callable[[], None]) -> Running:
    """What this process runs; it imports that and no more, so that a part that died is soon back."""
    if not part:
        return lambda stop: supervise(file.absolute(), settings, stop)
    http = settings.ledger_http
    if part == "ledger":
        from bus.app.ledger_process import run_ledger  # noqa: PLC0415 - see above

        return lambda stop: run_ledger(settings, stop, ready)
    if part == "log" and http is not None:
        from bus.app.log_process import run_log  # noqa: PLC0415 - see above

        return lambda stop: run_log(settings, http, stop, ready)
    looking = _looking(part, settings, ready)
    if looking is not None:
        return looking
    registration = settings.registration
    if part == "schemas" and registration is not None:
        from bus.app.schemas_process import run_schemas  # noqa: PLC0415 - see above

        return lambda stop: run_schemas(settings, registration, stop, ready)
    known = {f"worker-{number}": number for number in range(len(settings.workers))}
    if part not in known:
        others = {"log": http, "audit": settings.audit, "usages": settings.usages, "schemas": registration}
        parts = ", ".join(["ledger", *known, *(name for name, given in others.items() if given is not None)])
        raise CommandError(Exit.USAGE, "part", f"this hub has no such part; there are: {parts}")
    from bus.app.hub_process import run_worker  # noqa: PLC0415 - see above

    return lambda stop: run_worker(settings, known[part], stop, ready)


def _looking(part: str, settings: HubSettings, ready: Callable[[], None]) -> Running | None:
    """The parts that look into the ledger, for auditors and for citizens."""
    audit, usages = settings.audit, settings.usages
    if part == "audit" and audit is not None:
        from bus.app.audit_process import run_audit  # noqa: PLC0415 - see above

        return lambda stop: run_audit(settings, audit, stop, ready)
    if part == "usages" and audit is not None and usages is not None:
        from bus.app.usages_process import run_usages  # noqa: PLC0415 - see above

        return lambda stop: run_usages(settings, usages, audit, stop, ready)
    return None


def _nobody_waits() -> None:
    """A part that a service manager runs tells nobody that it stands."""
