"""The workbench as a page of this machine: question → request → reply → answer, with a form to put one.

Promises: listens on 127.0.0.1 only, answers nothing but the random address that the terminal shows, and nobody who
came by another host's name (DNS rebinding) or from another site; nothing is fetched from elsewhere, nothing is kept by
the browser; the page works without its script, which only saves pressing reload.
Leaves out: other users of this machine who can read this user's terminal or memory.
"""

from __future__ import annotations

import asyncio
import hmac
import secrets
from base64 import b64encode
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from hashlib import sha256
from importlib.resources import files
from typing import Final

import jinja2
import orjson
from aiohttp import web

from bus.kit.check.samples import Sample
from bus.kit.dev.workbench import Workbench
from registry.model import Text

MAX_QUESTION_BYTES: Final = 256 * 1024
_BEAT_S: Final = 15.0
_GRACE_S: Final = 0.5
_HERE: Final = frozenset({"127.0.0.1", "localhost"})
STYLE: Final = files("bus.kit.dev").joinpath("templates", "dev.css").read_text(encoding="utf-8")
SCRIPT: Final = files("bus.kit.dev").joinpath("templates", "dev.js").read_text(encoding="utf-8")
_NOT_JSON: Final = Text("Câu hỏi phải là một đối tượng JSON.", "A question is a JSON object.")
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def _digest(text: str) -> str:
    return b64encode(sha256(text.encode()).digest()).decode()


HEADERS: Final = {
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_digest(STYLE)}'; script-src 'sha256-{_digest(SCRIPT)}'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class Page:
    """The page of one workbench; `token` is the random part of its address."""

    def __init__(self, bench: Workbench, first: str = "vi") -> None:
        self._bench = bench
        self._first = first
        self.token: Final = secrets.token_urlsafe(24)
        self._asked = ""
        self._refused: Text | None = None
        self._templates = jinja2.Environment(
            loader=jinja2.PackageLoader("bus.kit.dev", "templates"),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def application(self) -> web.Application:
        """The routes; all below the token."""
        app = web.Application(client_max_size=MAX_QUESTION_BYTES, middlewares=[self._guard])
        app.router.add_get("/{token}/", self._page)
        app.router.add_get("/{token}/view", self._view)
        app.router.add_get("/{token}/events", self._events)
        app.router.add_post("/{token}/ask", self._ask)
        app.router.add_post("/{token}/again", self._again)
        return app

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Right host, right token, right site; else there is nothing here."""
        host = request.host.rpartition(":")[0] or request.host
        given = request.match_info.get("token", "").encode()
        origin = request.headers.get("Origin", f"http://{request.host}")
        if host not in _HERE or not hmac.compare_digest(given, self.token.encode()):
            raise web.HTTPNotFound(headers=HEADERS)
        if origin not in {f"http://{request.host}", "null"} or (origin == "null" and request.method != "GET"):
            raise web.HTTPForbidden(headers=HEADERS)
        return await handler(request)

    async def _page(self, _request: web.Request) -> web.Response:
        return self._html("dev.html")

    async def _view(self, _request: web.Request) -> web.Response:
        return self._html("dev_view.html")

    def _html(self, name: str) -> web.Response:
        bench = self._bench
        body = self._templates.get_template(name).render(
            bench=bench,
            question=self._asked or _example(bench),
            refused=self._refused,
            style=STYLE,
            script=SCRIPT,
            first=self._first,
            second="en" if self._first == "vi" else "vi",
        )
        return web.Response(text=body, content_type="text/html", headers=HEADERS)

    async def _ask(self, request: web.Request) -> web.Response:
        form = await request.post()
        operation, text = str(form.get("operation", "")), str(form.get("question", ""))
        self._asked, self._refused = text, None
        try:
            body = orjson.loads(text)
        except orjson.JSONDecodeError:
            body = None
        if isinstance(body, dict):
            await self._bench.ask("", Sample(operation=operation, body=body))
        else:
            self._refused = _NOT_JSON
        raise web.HTTPSeeOther(f"/{self.token}/", headers=HEADERS)

    async def _again(self, _request: web.Request) -> web.Response:
        await self._bench.ask_all()
        raise web.HTTPSeeOther(f"/{self.token}/", headers=HEADERS)

    async def _events(self, request: web.Request) -> web.StreamResponse:
        """Server-sent events: one per change, and a sign of life in between."""
        stream = web.StreamResponse(headers={**HEADERS, "Content-Type": "text/event-stream"})
        await stream.prepare(request)
        await stream.write(b"retry: 1000\n\n")
        while True:
            try:
                async with asyncio.timeout(_BEAT_S), self._bench.changed:
                    await self._bench.changed.wait()
            except TimeoutError:
                await stream.write(b": alive\n\n")
            else:
                await stream.write(f"event: news\ndata: {self._bench.revision}\n\n".encode())


def _example(bench: Workbench) -> str:
    """The first sample's question, to start from."""
    named = bench.samples.named()
    return orjson.dumps(named[0][1].body, option=orjson.OPT_INDENT_2).decode() if named else "{}"


@asynccontextmanager
async def serving(page: Page, port: int = 0) -> AsyncIterator[str]:
    """Serve until the block ends; the page's whole address."""
    runner = web.AppRunner(page.application(), access_log=None, shutdown_timeout=_GRACE_S)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
        host, taken = runner.addresses[0][:2]
        yield f"http://{host}:{taken}/{page.token}/"
    finally:
        await runner.cleanup()
