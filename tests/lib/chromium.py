"""A headless Chromium, driven over its own protocol: real layout, real policies, no library in between.

Source: Chrome DevTools Protocol, stable 1.3.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import signal
import tempfile
from base64 import b64decode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
START_S = 60
_LISTENING = re.compile(rb"DevTools listening on (ws://127\.0\.0\.1:\d+/\S+)")


def chromium() -> str:
    """The browser on this machine; without one the test is skipped, and the closing summary says how to get it."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        pytest.skip("no chromium on this machine")
    return found


class Tab:
    """One page of the browser."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse, session: str) -> None:
        self._socket = socket
        self._session = session
        self._last = 0
        self.events: list[dict[str, Any]] = []

    async def call(self, method: str, **params: object) -> dict[str, Any]:
        """Call a method of the protocol; events that come meanwhile are kept."""
        self._last += 1
        await self._socket.send_str(
            _text({"id": self._last, "sessionId": self._session, "method": method, "params": params})
        )
        while True:
            told = await self._next()
            if told.get("id") == self._last:
                assert "error" not in told, told
                return dict(told["result"])

    async def open(self, url: str, width: int, *, headers: dict[str, str] | None = None) -> None:
        """Go to an address in a window of this width, and wait until all of it has loaded."""
        for domain in ("Page", "Network", "Log", "Runtime", "Accessibility"):
            await self.call(f"{domain}.enable")
        await self.call("Network.setExtraHTTPHeaders", headers=headers or {})
        await self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=844, deviceScaleFactor=1, mobile=width < 600
        )
        self.events.clear()
        await self.call("Page.navigate", url=url)
        await self.happened("Page.loadEventFired")

    async def happened(self, method: str) -> dict[str, Any]:
        """Wait for an event."""
        while True:
            for event in self.events:
                if event.get("method") == method:
                    return event
            await self._next()

    async def says(self, expression: str) -> Any:  # noqa: ANN401 - whatever it evaluates to
        """The value of an expression in the page; the protocol stands above the page's own policy."""
        found = await self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    async def fetched(self) -> list[str]:
        """Every address that the page asked for."""
        return [
            str(event["params"]["request"]["url"])
            for event in self.events
            if event.get("method") == "Network.requestWillBeSent"
        ]

    def complaints(self) -> list[str]:
        """What the browser found wrong: policies broken, things not loaded."""
        return [
            str(event["params"]["entry"]["text"]) for event in self.events if event.get("method") == "Log.entryAdded"
        ]

    async def spoken(self) -> list[tuple[str, str]]:
        """Role and name of everything that is read aloud."""
        tree = await self.call("Accessibility.getFullAXTree")
        return [
            (str(node["role"]["value"]), str(node.get("name", {}).get("value", "")))
            for node in tree["nodes"]
            if not node.get("ignored")
        ]

    async def pdf(self) -> bytes:
        """The page as it is printed."""
        return b64decode((await self.call("Page.printToPDF", printBackground=False))["data"])

    async def _next(self) -> dict[str, Any]:
        message = await self._socket.receive(timeout=START_S)
        assert message.type is aiohttp.WSMsgType.TEXT, message.type
        told: dict[str, Any] = msgspec.json.decode(message.data)
        if "method" in told:
            self.events.append(told)
        return told


@asynccontextmanager
async def browser() -> AsyncIterator[Tab]:
    """A browser with nothing in it but one empty tab; nothing of it is left afterwards."""
    program = chromium()
    with tempfile.TemporaryDirectory(prefix="lienthong-chromium-", ignore_cleanup_errors=True) as folder:
        process = await asyncio.create_subprocess_exec(
            *(program, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"),
            *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
            *("--remote-debugging-port=0", f"--user-data-dir={folder}", "about:blank"),
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
            env={"HOME": folder, "PATH": str(Path(program).parent), "LANG": "C.UTF-8"},
            start_new_session=True,
        )
        assert process.stderr is not None
        try:
            address = await asyncio.wait_for(_listening(process.stderr), START_S)
            rest = asyncio.create_task(process.stderr.read())  # so that it never waits for us to read
            async with (
                aiohttp.ClientSession() as session,
                session.ws_connect(address, max_msg_size=64 * 1024 * 1024) as socket,
            ):
                yield await _tab(socket)
            rest.cancel()
        finally:
            os.killpg(process.pid, signal.SIGKILL)  # it has many processes, all of this group
            await process.wait()


async def _listening(said: asyncio.StreamReader) -> str:
    while line := await said.readline():
        if found := _LISTENING.search(line):
            return found[1].decode()
    raise AssertionError("chromium ended before it listened")


async def _tab(socket: aiohttp.ClientWebSocketResponse) -> Tab:
    whole = Tab(socket, "")
    await socket.send_str(_text({"id": 1, "method": "Target.createTarget", "params": {"url": "about:blank"}}))
    target = (await _answer(whole, 1))["targetId"]
    params = {"targetId": target, "flatten": True}
    await socket.send_str(_text({"id": 2, "method": "Target.attachToTarget", "params": params}))
    tab = Tab(socket, (await _answer(whole, 2))["sessionId"])
    tab._last = 2
    return tab


async def _answer(tab: Tab, number: int) -> dict[str, Any]:
    while True:
        told = await tab._next()
        if told.get("id") == number:
            return dict(told["result"])


def _text(message: dict[str, Any]) -> str:
    return msgspec.json.encode(message).decode()


CONTRAST = """(() => {
  const parse = text => (text.match(/[\\d.]+/g) || []).map(Number);
  const luminance = ([r, g, b]) => [r, g, b].map(c => (c /= 255) <= .03928 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [.2126, .7152, .0722][i], 0);
  const ground = one => { for (; one; one = one.parentElement) {
    const found = parse(getComputedStyle(one).backgroundColor);
    if (found.length === 3 || found[3] > 0) return found; } return [255, 255, 255]; };
  const ratios = [...document.querySelectorAll('main *')].filter(one => [...one.childNodes]
    .some(node => node.nodeType === 3 && node.textContent.trim())).map(one => {
      const [a, b] = [luminance(parse(getComputedStyle(one).color)), luminance(ground(one))].sort((x, y) => y - x);
      return (a + .05) / (b + .05); });
  return Math.min(...ratios);
})()"""
"""The least contrast of any text with its ground (WCAG 2.2, 1.4.3), as an expression for `Tab.says`."""
