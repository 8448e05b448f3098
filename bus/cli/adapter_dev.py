"""`lienthong adapter dev`: questions, mappings and answers side by side, anew whenever a file changes."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from bus import logs
from bus.cli.exits import Exit
from bus.cli.kit_options import (
    FileOption,
    KindOption,
    Named,
    NodeOption,
    PluginOption,
    RegistryOption,
    SecretOption,
    ServiceOption,
    reader,
    registry_of,
)
from bus.cli.options import Language, Tongue
from bus.cli.output import out
from bus.kit.check.target import Target
from bus.kit.dev.page import Page, serving
from bus.kit.dev.terminal import mistakes_of, turn_of
from bus.kit.dev.workbench import Sources, Workbench, follow
from config.parts import LogFormat, LogLevel, LogSettings
from registry.snapshot import Snapshot


def command(  # noqa: PLR0913 - one option each
    *,
    samples_file: Annotated[Path | None, typer.Option("--samples", help="TOML or JSON file with questions.")] = None,
    node: NodeOption = None,
    service: ServiceOption = None,
    kind: KindOption = None,
    file: FileOption = None,
    secret: SecretOption = None,
    plugin: PluginOption = None,
    registry: RegistryOption = None,
    port: Annotated[int, typer.Option(min=0, max=65_535, help="The page's port; 0: any.")] = 0,
    page: Annotated[bool, typer.Option(help="Serve the page on 127.0.0.1.")] = True,
    once: Annotated[
        bool, typer.Option("--once", help="Ask every sample once and end; 1 where one is not well.")
    ] = False,
    language: Language = Tongue.VI,
) -> None:
    """Reload the adapter on every change and show each question on its way, here and on a page of this machine."""
    logs.configure(LogSettings(format=LogFormat.CONSOLE, level=LogLevel.ERROR))
    read = reader(Named(node, service, kind, file, secret, plugin))
    watched = tuple(one for one in (node, file, samples_file, registry) if one is not None)
    sources = Sources(str(file or service or node), read, samples_file, partial(_registry, read, registry), watched)
    bench = Workbench(sources)
    if once:
        raise typer.Exit(Exit.DONE if asyncio.run(_once(bench, language)) else Exit.NO)
    asyncio.run(_run(bench, language, Page(bench, language.value) if page else None, port))


def _registry(read: Callable[[], Target], folder: Path | None) -> Snapshot | None:
    return registry_of(folder, None if folder is not None else read().node)


async def _once(bench: Workbench, language: Tongue) -> bool:
    """Everything once: whether all is well."""
    shown = Shown(bench, language)
    try:
        if await bench.reload():
            await bench.ask_all()
        shown.news()
        return not bench.mistakes and all(turn.is_well for turn in bench.turns)
    finally:
        await bench.close()


async def _run(bench: Workbench, language: Tongue, page: Page | None, port: int) -> None:
    """Until SIGINT or SIGTERM."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(bench.close)
        if page is not None:
            url = await stack.enter_async_context(serving(page, port))
            out().print({Tongue.VI: "Trang: ", Tongue.EN: "Page: "}[language] + url, soft_wrap=True)
        shown = Shown(bench, language)
        tasks = [asyncio.create_task(follow(bench)), asyncio.create_task(_show(bench, shown))]
        stack.push_async_callback(_end, tasks)
        if await bench.reload():
            await bench.ask_all()
        waiting = asyncio.create_task(stop.wait())
        done, _ = await asyncio.wait([waiting, *tasks], return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()  # what broke the follower ends the command, with its name


async def _show(bench: Workbench, shown: Shown) -> None:
    while True:
        async with bench.changed:
            await bench.changed.wait()
        shown.news()


async def _end(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


class Shown:
    """What the terminal has shown already."""

    def __init__(self, bench: Workbench, language: Tongue) -> None:
        self._bench = bench
        self._language = language.value
        self._turn = 0
        self._revision = 0

    def news(self) -> None:
        """Print what is new."""
        console, bench = out(), self._bench
        if bench.mistakes and bench.revision != self._revision:
            console.print(mistakes_of(bench, self._language))
        self._revision = bench.revision
        for turn in sorted(one for one in bench.turns if one.number > self._turn):
            console.print(turn_of(turn, self._language, console.width))
            self._turn = turn.number
