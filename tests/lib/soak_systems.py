"""Agencies' systems for the soak, in processes of their own: good ones, one that hangs, one slow, one that crashes.

As a script: `soak_systems.py good`, which prints its addresses, `crashing PORT`, or `manager PORT`, which starts the
crashing one again and again and prints a line at each death; all run until killed.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from aiohttp import web
from peer_soap import PopulationServer
from peer_systems import AN, rest_app, serving

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

SLOW_S = 0.3
CRASHES_AFTER = 7
"""Questions that the crashing system answers before it dies."""
RESTART_S = 1.0
ROOT = Path(__file__).parents[2]


def _plain(answer_s: float | None) -> web.Application:
    """A system that answers after so many seconds, or never."""

    async def person(_: web.Request) -> web.Response:
        if answer_s is None:
            await asyncio.Event().wait()
        await asyncio.sleep(answer_s or 0)
        return web.json_response({"ten": AN["ten"]})

    app = web.Application()
    app.router.add_get("/person", person)
    return app


def _crashing() -> web.Application:
    """A system that dies in the middle of every so-many-th question."""
    left = CRASHES_AFTER

    async def person(_: web.Request) -> web.Response:
        nonlocal left
        left -= 1
        if left <= 0:
            os._exit(1)
        return web.json_response({"ten": AN["ten"]})

    app = web.Application()
    app.router.add_get("/person", person)
    return app


async def _serve(what: str, port: int) -> None:
    if what == "crashing":
        runner = web.AppRunner(_crashing())
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        await asyncio.Event().wait()
    async with (
        serving(rest_app()) as rest,
        serving(PopulationServer().app()) as soap,
        serving(_plain(SLOW_S)) as slow,
        serving(_plain(None)) as hung,
    ):
        sys.stdout.write(json.dumps({"rest": rest, "soap": soap, "slow": slow, "hung": hung}) + "\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


def _manage(port: int) -> None:
    """A service manager, apart from those who ask: to start a process is work."""
    while True:
        subprocess.run([sys.executable, __file__, "crashing", str(port)], check=False, stderr=subprocess.DEVNULL)
        sys.stdout.write("died\n")
        sys.stdout.flush()
        time.sleep(RESTART_S)


async def _start(*arguments: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, str(Path(__file__)), *arguments),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{Path(__file__).parent}"},
        start_new_session=True,
    )


async def _end(process: asyncio.subprocess.Process) -> bytes:
    """Kill it and what it started; what it had still to say."""
    if process.returncode is None:
        os.killpg(process.pid, signal.SIGKILL)
    said, _ = await process.communicate()
    return said


@asynccontextmanager
async def systems(port: int, deaths: list[int], *, bad: bool) -> AsyncIterator[dict[str, str]]:
    """Addresses by name. Where `bad`, the crashing one runs, and `deaths` holds afterwards how often it died."""
    good = await _start("good")
    manager = await _start("manager", str(port)) if bad else None
    try:
        if good.stdout is None:
            raise RuntimeError("no output")
        urls: dict[str, str] = json.loads(await good.stdout.readline())
        yield {**urls, "crashing": f"http://127.0.0.1:{port}"}
    finally:
        await _end(good)
        if manager is not None:
            deaths.append((await _end(manager)).count(b"died"))


if __name__ == "__main__":
    if sys.argv[1] == "manager":
        _manage(int(sys.argv[2]))
    asyncio.run(_serve(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 0))
