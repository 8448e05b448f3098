"""Limits of every kind, over real connections: what a busy system asks for, connections that are never made, turns."""

from __future__ import annotations

import asyncio
import socket
import time
from contextlib import asynccontextmanager

import pytest
from aiohttp import web
from peer_systems import nowhere, serving

from adapters.kinds import build
from adapters.port import PeerError, PeerFault, Query
from bus.problems import http_answer, of_peer

ANSWER = {"fields": [{"to": "name", "from": "name"}]}
ASKED = Query("person", {}, timeout_s=5.0, safe=True)


@asynccontextmanager
async def asking(url: str, *, safe: bool = True, **settings: object):
    operation = {"path": "/person", "answer": ANSWER, "safe": safe}
    adapter = build("rest", {"base_url": url, "operations": {"person": operation}, **settings})
    await adapter.start()
    try:
        yield adapter
    finally:
        await adapter.close()


class Busy:
    """Says 503 so many times, with these words in Retry-After, and answers from then on."""

    def __init__(self, times: int, retry_after: str | None) -> None:
        self.left, self.retry_after = times, retry_after
        self.asked: list[float] = []

    async def person(self, _: web.Request) -> web.Response:
        self.asked.append(time.monotonic())
        self.left -= 1
        if self.left >= 0:
            return web.Response(status=503, headers={"Retry-After": self.retry_after} if self.retry_after else {})
        return web.json_response({"name": "An"})

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/person", self.person)
        return app


RETRY = {"attempts": 3, "first_s": 0.01, "most_s": 0.01}


async def test_a_busy_system_is_asked_again_when_it_wants_to_be():
    busy = Busy(1, "1")
    async with serving(busy.app()) as url, asking(url, retry=RETRY) as adapter:
        assert (await adapter.ask(ASKED)).body == {"name": "An"}
    assert len(busy.asked) == 2
    assert busy.asked[1] - busy.asked[0] >= 1


@pytest.mark.parametrize(
    ("said", "hint", "seconds"),
    [
        ("2", 2.0, "2"),
        ("999999999", 3600.0, "3600"),
        ("Fri, 31 Dec 2026 23:59:59 GMT", None, "1"),
        ("-1", None, "1"),
        ("1" * 30, None, "1"),
        (None, None, "1"),
    ],
)
async def test_what_a_busy_system_asks_for_reaches_who_asked(said: str | None, hint: float | None, seconds: str):
    busy = Busy(9, said)
    async with serving(busy.app()) as url, asking(url) as adapter:
        with pytest.raises(PeerError) as caught:
            await adapter.ask(ASKED)
    error = caught.value
    assert (error.kind, error.retry_after_s, len(busy.asked)) == (PeerFault.OVERLOADED, hint, 1)
    assert http_answer(of_peer(error)).headers["Retry-After"] == seconds


async def test_an_open_circuit_says_when_to_come_back():
    async with nowhere() as url, asking(url, breaker={"failures": 2, "open_s": 60}) as adapter:
        for _ in range(2):
            with pytest.raises(PeerError, match=r"^unreachable$"):
                await adapter.ask(ASKED)
        with pytest.raises(PeerError, match="circuit-open") as caught:
            await adapter.ask(ASKED)
    answer = http_answer(of_peer(caught.value))
    assert answer.status == 502
    assert 0 < int(answer.headers["Retry-After"]) <= 60


async def test_a_connection_that_is_never_made_ends_early_and_nothing_was_asked():
    with socket.socket() as deaf:  # its queue is full, and nobody accepts: to us, packets get lost
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        address = deaf.getsockname()
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:
            one.setblocking(False)  # noqa: FBT003 - the socket's own signature
            one.connect_ex(address)
        async with asking(f"http://127.0.0.1:{address[1]}", connect_timeout_s=0.1) as adapter:
            with pytest.raises(PeerError) as caught:
                await adapter.ask(ASKED)
        for one in waiting:
            one.close()
    error = caught.value
    assert (error.kind, error.rule, error.outcome_known) == (PeerFault.UNREACHABLE, "connect-timeout", True)


async def test_the_pool_holds_no_more_connections_than_questions_may_be_with_the_system():
    now = most = 0
    peers: set[object] = set()

    async def person(request: web.Request) -> web.Response:
        nonlocal now, most
        now += 1
        most = max(most, now)
        peers.add(request.transport and request.transport.get_extra_info("peername"))
        await asyncio.sleep(0.01)
        now -= 1
        return web.json_response({"name": "An"})

    app = web.Application()
    app.router.add_get("/person", person)
    async with serving(app) as url, asking(url, max_concurrency=3, max_waiting=100) as adapter:
        await asyncio.gather(*(adapter.ask(ASKED) for _ in range(30)))
    assert most == 3
    assert len(peers) == 3
