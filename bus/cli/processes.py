"""`lienthong hub FILE`: a hub as processes, from its settings file."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, TypeAlias

import typer
import uvloop

from bus import logs
from bus.app.audit_process import run_audit
from bus.app.hub_process import run_ledger, run_worker, supervise
from bus.app.log_process import run_log
from bus.app.trust import refuse_development_pki
from bus.cli.errors import CommandError
from bus.cli.exits import Exit
from config.hub import HubSettings
from config.load import load

Running: TypeAlias = Callable[[asyncio.Event], Awaitable[None]]


def hub_command(
    file: Annotated[Path, typer.Argument(help="The hub's settings (TOML).")],
    *,
    part: Annotated[
        str, typer.Option(help="Run one part only: ledger, worker-0, worker-1…, log or audit; for service managers.")
    ] = "",
) -> None:
    """Run a hub: its ledger process and its workers. SIGTERM or Ctrl-C drains and stops it."""
    settings = load(file, HubSettings).settings
    refuse_development_pki(settings)
    logs.configure(settings.log)
    uvloop.run(until_signal(_hub_part(file, settings, part)))


def _hub_part(file: Path, settings: HubSettings, part: str) -> Running:
    if not part:
        return lambda stop: supervise(file.absolute(), settings, stop)
    http = settings.ledger_http
    if part == "ledger":
        return lambda stop: run_ledger(settings, stop)
    if part == "log" and http is not None:
        return lambda stop: run_log(settings, http, stop)
    audit = settings.audit
    if part == "audit" and audit is not None:
        return lambda stop: run_audit(settings, audit, stop)
    known = {f"worker-{number}": number for number in range(len(settings.workers))}
    if part not in known:
        parts = ", ".join(["ledger", *known, *(["log"] if http is not None else []), *(["audit"] if audit else [])])
        raise CommandError(Exit.USAGE, "part", f"this hub has no such part; there are: {parts}")
    return lambda stop: run_worker(settings, known[part], stop)


async def until_signal(run: Running) -> None:
    """Run until SIGINT or SIGTERM sets the event."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await run(stop)
