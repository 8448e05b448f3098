"""`lienthong demo` and `lienthong up`: the embedded bus with the sample nation, in one process."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Final, TypeAlias

import aiohttp
import typer
import uvloop
from rich.markup import escape

from bus import logs
from bus.app.counter import Counter, Resolved, demo
from bus.app.embedded import Embedded
from bus.app.layout import Plan, lay_out
from bus.app.prepare import SCHEMAS_ADMIN
from bus.app.trust import refuse_development_pki
from bus.cli.at_node import at_node
from bus.cli.dossiers import refusal_heading, refused, shown
from bus.cli.exits import Exit
from bus.cli.options import Language, Tongue, endpoint
from bus.cli.output import Json, emit, err, out, progress, table
from bus.sample.__main__ import main as sample
from bus.sample.procedures import CONSUMER, CONSUMER_SYSTEM
from bus.sample.serve import Kind
from config.embedded import EmbeddedSettings, SampleSettings
from config.load import load
from config.parts import LogFormat, LogLevel, LogSettings

StateFolder: TypeAlias = Annotated[
    Path, typer.Option("--state", help="Folder for keys, ledger, registry, archives, sample data; made on first run.")
]
People: TypeAlias = Annotated[int, typer.Option(min=100, max=2_000_000, help="Size of the invented population.")]
HubListen: TypeAlias = Annotated[
    str, typer.Option(help="Where the hub listens, host:port; port 0 takes any.", callback=endpoint)
]
NodeListen: TypeAlias = Annotated[
    str, typer.Option(help="Where agency systems reach the node, host:port; port 0 takes any.", callback=endpoint)
]
LedgerListen: TypeAlias = Annotated[
    str, typer.Option(help="Where anybody reaches the ledger, host:port.", callback=endpoint)
]
SchemasListen: TypeAlias = Annotated[
    str, typer.Option(help="Where clients of schema registries reach ours, host:port.", callback=endpoint)
]
XRoadListen: TypeAlias = Annotated[
    str, typer.Option(help="Where systems that speak X-Road reach the node, host:port.", callback=endpoint)
]
AuditListen: TypeAlias = Annotated[
    str, typer.Option(help="Where auditors search the ledger, host:port.", callback=endpoint)
]
UsagesListen: TypeAlias = Annotated[
    str, typer.Option(help="Where portals ask for citizens who asked about them, host:port.", callback=endpoint)
]

_STATE: Final = Path("var/demo")


app = typer.Typer(help="The sample nation, shown at work.", invoke_without_command=True)


@app.callback()
def demo_command(  # noqa: PLR0913 - one option each
    context: typer.Context,
    *,
    stay: Annotated[bool, typer.Option("--stay", help="Stay up afterwards, until Ctrl-C.")] = False,
    state: StateFolder = _STATE,
    people: People = 10_000,
    hub_listen: HubListen = "127.0.0.1:8441",
    node_listen: NodeListen = "127.0.0.1:8500",
    ledger_listen: LedgerListen = "127.0.0.1:8480",
    audit_listen: AuditListen = "127.0.0.1:8450",
    usages_listen: UsagesListen = "127.0.0.1:8460",
    schemas_listen: SchemasListen = "127.0.0.1:8081",
    xroad_listen: XRoadListen = "127.0.0.1:8580",
    language: Language = Tongue.VI,
    verbose: Annotated[bool, typer.Option("--verbose", help="Show the log, on standard error.")] = False,
    as_json: Json = False,
) -> None:
    """Start the bus with the sample nation, resolve three dossiers, show one refusal."""
    if context.invoked_subcommand is not None:
        return
    settings = EmbeddedSettings(
        state_folder=state.absolute(),
        hub_listen=hub_listen,
        node_listen=node_listen,
        ledger_listen=ledger_listen,
        audit_listen=audit_listen,
        usages_listen=usages_listen,
        schemas_listen=schemas_listen,
        xroad_listen=xroad_listen,
        sample=SampleSettings(people=people),
    )
    level = LogLevel.INFO if verbose else LogLevel.ERROR
    logs.configure(LogSettings(format=LogFormat.CONSOLE, level=level))
    code = uvloop.run(_with_bus(settings, lambda bus: _demo(bus, language, as_json=as_json), stay=stay))
    raise typer.Exit(code)


@app.command("against")
def against_command(
    node: Annotated[str, typer.Argument(help="The address of a running node's face to agency systems.")],
    *,
    key_file: Annotated[Path, typer.Option(help="File with the API key to show.")],
    language: Language = Tongue.VI,
    as_json: Json = False,
) -> None:
    """Resolve the same dossiers at a node that runs already."""
    resolved, refusal = at_node(node, key_file, demo)
    _show(resolved, refusal, language, {}, as_json=as_json)
    if not all(one.done for one in resolved) or refusal.done:
        raise typer.Exit(Exit.NO)


@app.command("system")
def system_command(
    kind: Annotated[Kind, typer.Argument(help="Which of the sample nation's systems.")],
    *,
    data: Annotated[Path, typer.Option(help="Where `demo prepare` put the nation's data.")],
    port: Annotated[int, typer.Option(min=0, max=65_535, help="0 takes any.")],
    delay_ms: Annotated[int, typer.Option(min=0, max=60_000, help="Answer as slowly as this.")] = 0,
) -> None:
    """Serve one of the agencies' own systems, as an agency would, until stopped."""
    arguments = ["serve", kind, "--data", str(data), "--port", str(port), "--delay-ms", str(delay_ms)]
    if sample(arguments):
        raise typer.Exit(Exit.STATE)


@app.command("prepare")
def prepare_command(  # noqa: PLR0913 - one option each
    folder: Annotated[Path, typer.Argument(help="Folder for settings, keys, ledger, registry, archives, data.")],
    *,
    hub_host: Annotated[str, typer.Option(help="The name or address by which nodes reach the hub.")] = "127.0.0.1",
    workers: Annotated[int, typer.Option(min=1, max=16, help="Hub workers.")] = 2,
    hub_port: Annotated[int, typer.Option(min=1, max=65_000, help="Of the first worker; the others follow.")] = 8441,
    node_port: Annotated[
        int, typer.Option(min=1, max=65_000, help="Of the one-stop's node; the others follow.")
    ] = 8500,
    ledger_port: Annotated[int, typer.Option(min=1, max=65_000, help="Where anybody reaches the ledger.")] = 8480,
    audit_port: Annotated[int, typer.Option(min=1, max=65_000, help="Where auditors search it.")] = 8450,
    usages_port: Annotated[int, typer.Option(min=1, max=65_000, help="Where portals ask for citizens.")] = 8460,
    schemas_port: Annotated[int, typer.Option(min=1, max=65_000, help="Of the registry of schemas.")] = 8081,
    system_port: Annotated[int, typer.Option(min=1, max=65_000, help="Of the first sample system.")] = 18101,
    people: People = 10_000,
    as_json: Json = False,
) -> None:
    """Write all that a hub and its nodes need to run the sample nation as separate processes. Starts nothing."""
    plan = Plan(
        hub_host=hub_host,
        hub_port=hub_port,
        workers=workers,
        node_port=node_port,
        ledger_port=ledger_port,
        audit_port=audit_port,
        usages_port=usages_port,
        schemas_port=schemas_port,
        system_port=system_port,
        people=people,
    )
    with progress() as bar:
        task = bar.add_task("keys, registry, ledger, sample nation", total=people)
        laid = lay_out(folder, plan, lambda _what, done: bar.advance(task, done))
    data = {
        "hub": str(laid.hub),
        "nodes": {name: str(path) for name, path in laid.nodes.items()},
        "commands": laid.commands,
        "node": laid.node_url,
        "ledger": laid.ledger_url,
        "key_file": str(laid.key_file),
    }
    last = f"lienthong demo against {laid.node_url} --key-file {laid.key_file}"
    rows = [(command,) for command in (*laid.commands, last)]
    emit(
        data,
        table("Start each of these in a terminal of its own, the last one when all stand", ("command",), rows),
        as_json=as_json,
    )


def up_command(
    file: Annotated[Path | None, typer.Argument(help="Settings of the embedded bus (TOML).")] = None,
    *,
    state: StateFolder = Path("var/up"),
    people: People = 10_000,
) -> None:
    """Start the embedded bus: hub, nodes and the sample nation on this machine. Ctrl-C stops it."""
    settings = (
        load(file, EmbeddedSettings).settings
        if file
        else EmbeddedSettings(state_folder=state.absolute(), sample=SampleSettings(people=people))
    )
    refuse_development_pki(settings)
    logs.configure(settings.log)
    raise typer.Exit(uvloop.run(_with_bus(settings, _nothing, stay=True)))


async def _with_bus(settings: EmbeddedSettings, act: Callable[[Embedded], Awaitable[Exit]], *, stay: bool) -> Exit:
    """Start, act, stay until a signal, stop."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    starting = asyncio.ensure_future(_started(settings))
    stopped = asyncio.ensure_future(stop.wait())
    await asyncio.wait({starting, stopped}, return_when=asyncio.FIRST_COMPLETED)
    if not starting.done():
        starting.cancel()
        await asyncio.gather(starting, return_exceptions=True)
        return Exit.DONE
    bus = await starting
    try:
        code = await act(bus)
        if stay and code is Exit.DONE:
            _say_where(bus)
            await stop.wait()
            err().print("Stopping…")
    finally:
        stopped.cancel()
        await bus.close()
    return code


async def _started(settings: EmbeddedSettings) -> Embedded:
    with progress() as bar:
        task = bar.add_task("starting: keys, registry, ledger, sample nation, hub, nodes", total=settings.sample.people)
        bus = await Embedded.start(settings, lambda _what, done: bar.advance(task, done))
        bar.update(task, completed=settings.sample.people)
    return bus


async def _demo(bus: Embedded, language: Tongue, *, as_json: bool) -> Exit:
    key = bus.state.api_key(CONSUMER, CONSUMER_SYSTEM)
    async with aiohttp.ClientSession() as session:
        resolved, refusal = await demo(Counter(bus.addresses.node, key, session))
    head = await bus.ledger.head()
    ledger = {"origin": bus.ledger.origin, "size": head.size, "root": head.root.hex()}
    _show(resolved, refusal, language, {"ledger": ledger}, as_json=as_json)
    return Exit.DONE if all(one.done for one in resolved) and not refusal.done else Exit.NO


def _show(
    resolved: list[Resolved], refusal: Resolved, language: Tongue, more: dict[str, object], *, as_json: bool
) -> None:
    data = {"dossiers": [asdict(one) for one in resolved], "refused": asdict(refusal), **more}
    parts = [shown(one, language) for one in resolved]
    emit(data, *parts, refusal_heading(language), refused(refusal.body, language), as_json=as_json)


async def _nothing(_bus: Embedded) -> Exit:
    return Exit.DONE


def _say_where(bus: Embedded) -> None:
    addresses = bus.addresses
    key_file = bus.state.folder / "api-keys" / f"{CONSUMER}.{CONSUMER_SYSTEM}"
    rows = [
        ("hub (links, mutual TLS)", addresses.hub),
        ("node, for agency systems", addresses.node),
        ("its description (OpenAPI 3.1)", f"{addresses.node}/openapi.json"),
        ("an API key for it", key_file),
        ("node, for systems that speak X-Road", addresses.xroad),
        ("ledger: checkpoint, tiles, proofs", f"{addresses.ledger}/checkpoint"),
        ("an auditor's API key for its entries", bus.state.folder / "api-keys" / "auditor"),
        ("its search, for auditors", addresses.audit),
        ("the national auditor's key for it", bus.state.folder / "audit" / "auditor.key"),
        ("registry of schemas", addresses.schemas),
        (f"the secret of its key '{SCHEMAS_ADMIN}'", bus.state.schemas / "admin.key"),
        ("who asked about me, for citizens' portals", addresses.usages),
        *((f"sample system: {name}", url) for name, url in addresses.systems.items()),
        ("everything that is kept", bus.state.folder),
    ]
    console = out()
    console.print(table("The bus is up. Ctrl-C stops it.", ("what", "where"), rows))
    console.print(
        f'Try: curl -s -H "X-Api-Key: $(cat {escape(str(key_file))})" {escape(addresses.node)}/health', soft_wrap=True
    )
