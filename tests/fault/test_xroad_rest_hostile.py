"""Bytes that no honest client or service sends, at the X-Road face and behind it: refused each time, nothing hangs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from xroad_world import ECHO, ONE_STOP, XRoadWorld

from adapters.xroad_rest import XRoadRestAdapter, XRoadRestSettings
from bus.xroad.around import Limits

AT = "/r1/VN/GOV/G01/population/echo"
HEAD = f"Host: x\r\nX-Road-Client: {ONE_STOP}\r\n"


async def raw(world: XRoadWorld, data: bytes, *, end: bool = False) -> bytes:
    """Send bytes, and read what comes until the other side closes, or for a second."""
    host, port = world.face.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(data)
    await writer.drain()
    if end:
        writer.write_eof()
    got = b""
    try:
        async with asyncio.timeout(3):
            while piece := await reader.read(65536):
                got += piece
    except (TimeoutError, ConnectionError):
        got += b"<no end>"
    writer.close()
    return got


def request(
    verb: str = "GET", target: str = f"{AT}/a", more: str = "", body: bytes = b"", version: str = "1.1"
) -> bytes:
    return f"{verb} {target} HTTP/{version}\r\n{HEAD}{more}Connection: close\r\n\r\n".encode() + body


REFUSED = {
    "another server's address": request(target=f"http://elsewhere.example{AT}/a"),
    "a host to connect to": request("CONNECT", "elsewhere.example:443"),
    "an asterisk": request("OPTIONS", "*"),
    "no target": b"GET  HTTP/1.1\r\n\r\n",
    "a verb of 200 letters": request("G" * 200),
    "a fragment": request(target=f"{AT}/a#b"),
    "a space in the target": request(target=f"{AT}/a b"),
    "bytes in the target": f"GET {AT}/\xff\xfe HTTP/1.1\r\n{HEAD}\r\n".encode("latin-1"),
    "a header in another encoding": request(more="X-Own: caf\xe9\r\n").decode().encode("latin-1"),
    "a header with a zero byte": request(more="X-Own: a\0b\r\n"),
    "a header that is folded": request(more="X-Own: a\r\n b\r\n"),
    "a header without a colon": request(more="X-Own\r\n"),
    "a name with a space": request(more="X-Road-Client : VN/GOV/G01\r\n"),
    "two lengths": request("POST", more="Content-Length: 1\r\nContent-Length: 2\r\n", body=b"ab"),
    "a length and chunks": request(
        "POST", more="Content-Length: 4\r\nTransfer-Encoding: chunked\r\n", body=b"0\r\n\r\n"
    ),
    "a length below zero": request("POST", more="Content-Length: -1\r\n", body=b"ab"),
    "a chunk that is none": request("POST", more="Transfer-Encoding: chunked\r\n", body=b"zz\r\nab\r\n"),
    "a body that stops": request("POST", more="Content-Length: 10\r\n", body=b"abc"),
    "201 headers": request(more="".join(f"X-{number}: a\r\n" for number in range(201))),
    "a very long header": request(more=f"X-Own: {'a' * 20_000}\r\n"),
    "a very long target": request(target=f"{AT}/{'a' * 20_000}"),
    "a path of 300 segments": request(target=AT + "/a" * 300),
    "no HTTP": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(100),
}


CUT = {"a body that stops"}
"""Whoever sends this hangs up."""


@pytest.mark.parametrize("name", REFUSED)
async def test_what_no_honest_client_sends_reaches_no_service(name: str):
    async with XRoadWorld().standing() as world:
        said = await raw(world, REFUSED[name], end=name in CUT)
        status = said[9:12]
        assert said == b"" or (said.startswith(b"HTTP/1.") and b"400" <= status < b"600"), said
        assert b"Traceback" not in said
        assert world.existing.calls == []
        assert await world.told() == ()
        assert (await world.call("GET", "/a")).status == 200, "and the next one is served"


async def test_http_1_0_and_bare_requests():
    async with XRoadWorld().standing() as world:
        said = await raw(world, request(version="1.0"))
        assert said.startswith(b"HTTP/1.0 200"), said
        assert b"transfer-encoding" not in said.lower()


async def test_two_requests_in_one_breath_are_two():
    async with XRoadWorld().standing() as world:
        first = f"POST {AT}/one HTTP/1.1\r\n{HEAD}Content-Length: 2\r\n\r\nab".encode()
        said = await raw(world, first + request(target=f"{AT}/two"))
        assert said.count(b"HTTP/1.1 200 OK") == 2, said
        assert [call.target for call in world.existing.calls] == ["/api/one", "/api/two"]


async def test_a_client_that_sends_slowly_loses_its_turn():
    async with XRoadWorld(limits=Limits(timeout_ms=200)).standing() as world:
        said = await raw(world, request("POST", more="Content-Length: 10\r\n", body=b"a"))
        assert b"X-Road-Error: Client.IOError" in said, said
        assert world.existing.calls == []


async def test_too_many_at_once_are_told_so():
    async with XRoadWorld(limits=Limits(max_in_flight=1)).standing() as world:
        with world.around.place("a200003"):
            said = await world.call("GET", "/a")
        assert (said.status, said.error) == (500, "Server.ClientProxy.IOError")
        assert (await world.call("GET", "/a")).status == 200


Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def behind(serve: Serve, **settings: object) -> AsyncIterator[XRoadWorld]:
    """A world whose service is these bytes."""

    async def served(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            await serve(reader, writer)
        finally:
            writer.close()

    server = await asyncio.start_server(served, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with XRoadWorld().standing() as world:
        given = {"timeout_s": 1.0, "max_answer_bytes": 4096, **settings}
        adapter = XRoadRestAdapter(
            XRoadRestSettings(service_url=f"http://127.0.0.1:{port}", operations={"read": {}, "write": {}}, **given)
        )
        await adapter.start()
        world.population.adapters[ECHO] = adapter
        yield world
        await adapter.close()
    server.close()


def says(data: bytes) -> Serve:
    async def serve(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(data)
        await writer.drain()

    return serve


FAILED = "Server.ServerProxy.ServiceFailed"
ANSWERS = {
    "another protocol": (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
        f"{FAILED}.InvalidResponse",
    ),
    "an interim answer and no other": (b"HTTP/1.1 100 Continue\r\n\r\n", f"{FAILED}.NetworkError"),
    "nothing": (b"", f"{FAILED}.NetworkError"),
    "no HTTP": (b"hello\r\n\r\n", f"{FAILED}.InvalidResponse"),
    "half a head": (b"HTTP/1.1 200 OK\r\nX-", f"{FAILED}.NetworkError"),
    "half a body": (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", f"{FAILED}.InvalidResponse"),
    "a chunk that is none": (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        f"{FAILED}.InvalidResponse",
    ),
    "two lengths": (
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        f"{FAILED}.InvalidResponse",
    ),
    "more than it may": (b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n" + bytes(5000), f"{FAILED}.InvalidResponse"),
    "a header of 100,000 bytes": (
        b"HTTP/1.1 200 OK\r\nX-Own: " + b"a" * 100_000 + b"\r\n\r\n",
        f"{FAILED}.InvalidResponse",
    ),
}


@pytest.mark.parametrize("name", ANSWERS)
async def test_what_no_honest_service_answers_is_its_fault(name: str):
    data, error = ANSWERS[name]
    async with behind(says(data)) as world:
        said = await world.call("GET", "/a")
        assert (said.status, said.error) == (500, error), said
        assert (await world.told())[-1].startswith("fault 5")


async def test_a_service_s_silence_has_an_unknown_end_where_it_may_have_acted():
    async def silent(_reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(2)

    async with behind(silent, timeout_s=0.2) as world:
        assert (await world.call("GET", "/a")).error == f"{FAILED}.IOError"
        said = await world.call("POST", "/a", b"x")
        assert (said.error, "[407 " in said.json["message"]) == ("Server.ServerProxy.IOError", True)


async def test_headers_of_older_services_are_read():
    data = "HTTP/1.1 299 Đủ rồi\r\nX-Own: caf\xe9\r\nContent-Length: 0\r\n\r\n"
    async with behind(says(data.encode("utf-8").replace("caf\xe9".encode(), b"caf\xe9"))) as world:
        said = await world.call("GET", "/a")
        assert (said.status, said.headers["X-Own"]) == (299, "caf\xe9")


@pytest.mark.parametrize("status", [204, 206, 301, 304, 400, 401, 404, 500, 503, 599])
async def test_any_status_of_an_opaque_service_is_its_answer(status: int):
    data = f"HTTP/1.1 {status} Said\r\nContent-Length: 0\r\nX-Road-Error: forged\r\n\r\n"
    async with behind(says(data.encode())) as world:
        said = await world.call("GET", "/a")
        assert (said.status, said.reason, said.error) == (status, "Said", None)
