"""`lienthong sandbox`: answers for services that are registered and not yet connected."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
import uvloop

from bus import logs
from bus.cli.options import endpoint
from bus.cli.output import Json, emit, table
from bus.cli.signals import until_signal
from bus.kit.sandbox.face import KEY
from bus.kit.sandbox.run import Sandbox, SandboxParts, serve
from config.parts import LogFormat, LogLevel, LogSettings


def command(  # noqa: PLR0913 - one option each
    folder: Annotated[Path, typer.Argument(help="A registry: an authored folder, or a published one.")],
    *,
    service: Annotated[
        list[str] | None, typer.Option("--service", help="Serve this service (agency/system/service); repeatable.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Serve every service that has schemas.")] = False,
    listen: Annotated[str, typer.Option(help="Where it listens, host:port.", callback=endpoint)] = "127.0.0.1:8590",
    seed: Annotated[int, typer.Option(help="Same seed and same question, same answer.")] = 1,
    consumer: Annotated[
        str | None, typer.Option("--as", help="Ask as this agency (or agency/system), under its agreements.")
    ] = None,
    fault: Annotated[
        list[str] | None, typer.Option("--fault", help="NAME=SHARE, such as timeout=0.05; repeatable.")
    ] = None,
    delay: Annotated[str, typer.Option(help="Milliseconds, or uniform:50,500, normal:200,50…")] = "0",
    as_json: Json = False,
) -> None:
    """Serve valid, seeded, invented answers as a node would, for a team that builds before the connection exists.

    The API key is `sandbox`. Ctrl-C stops it.
    """
    if not service and not everything:
        raise typer.BadParameter("name services with --service, or all of them with --all")
    logs.configure(LogSettings(format=LogFormat.CONSOLE, level=LogLevel.WARNING))
    parts = SandboxParts(folder, tuple(service or ()), consumer, seed, _rates(fault or []), delay, listen)
    uvloop.run(until_signal(lambda stop: serve(parts, stop, lambda sandbox: _show(sandbox, as_json=as_json))))


def _rates(given: list[str]) -> dict[str, float]:
    found = {}
    for one in given:
        name, _, share = one.partition("=")
        try:
            found[name] = float(share)
        except ValueError:
            raise typer.BadParameter("a fault is NAME=SHARE, such as timeout=0.05") from None
    return found


def _show(sandbox: Sandbox, *, as_json: bool) -> None:
    served = [(one.service.id, one.operation.name) for one in sandbox.shelf]
    data = {"url": sandbox.url, "key": KEY, "operations": [f"{service}/{name}" for service, name in served]}
    shown = table(f"{sandbox.url}, API key {KEY}: invented answers", ("service", "operation"), served)
    emit(data, shown, f"questions to try: {sandbox.url}/sandbox", as_json=as_json)
