"""`lienthong adapter dev` as a process: it shows, follows a broken and a mended edit, and ends when told to."""

from __future__ import annotations

import asyncio
import re
import signal
from pathlib import Path

import aiohttp
from check_kit import Files
from dev_kit import edit
from peer_systems import AN, rest_app, serving
from processes import COMMAND, ENV
from wires import until


async def test_it_is_developed_with(tmp_path: Path):
    async with serving(rest_app()) as url:
        files = Files(tmp_path / "kit").write(url)
        process = await asyncio.create_subprocess_exec(
            *(*COMMAND, "adapter", "dev", *files.named, "--language", "en"),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=ENV,
        )
        assert process.stdout is not None
        assert process.stderr is not None
        printed: list[bytes] = []
        reading = asyncio.create_task(keep(process.stdout, printed))
        logged = asyncio.create_task(process.stderr.read())

        def shown() -> str:
            return b"".join(printed).decode()

        try:
            await until(lambda: shown().count("\u256d") == 5, within_s=60)
            assert AN["id"] in shown()
            page = re.findall(r"Page: (http://127\.0\.0\.1:\d+/\S+/)", shown())[0]
            async with aiohttp.ClientSession() as session, session.get(page) as answer:
                assert "Adapter workbench" in await answer.text()
            edit(files.adapter, "timeout_s", "time_out")
            await until(lambda: "the last working version stays" in shown())
            edit(files.adapter, "time_out", "timeout_s")
            await until(lambda: shown().count("a day of birth") == 2)
        finally:
            process.send_signal(signal.SIGTERM)
            assert await asyncio.wait_for(process.wait(), 30) == 0
            await reading
        assert AN["id"].encode() not in await logged  # shown, never logged


async def keep(stream: asyncio.StreamReader, printed: list[bytes]) -> None:
    while data := await stream.read(65536):
        printed.append(data)
