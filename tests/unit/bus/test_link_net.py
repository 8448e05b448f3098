import asyncio
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from link_world import Authority

from bus import net


async def answer(request: web.Request) -> web.StreamResponse:
    match request.match_info["what"]:
        case "echo":
            body = await request.read()
            return web.Response(body=request.headers["Content-Type"].encode() + b":" + body)
        case "moved":
            raise web.HTTPFound("/echo")
        case "endless":
            response = web.StreamResponse()
            await response.prepare(request)
            while True:
                await response.write(bytes(10_000))
        case "slow":
            await asyncio.sleep(30)
    raise web.HTTPServiceUnavailable


@pytest.fixture
async def server() -> AsyncIterator[TestServer]:
    application = web.Application()
    application.router.add_post("/{what}", answer)
    async with TestServer(application) as server:
        yield server


async def post(server: TestServer, what: str) -> bytes:
    async with aiohttp.ClientSession() as client:
        address = str(server.make_url(f"/{what}"))
        return await net.post(client, address, b"body", media_type="application/x", timeout_s=0.5, max_bytes=50_000)


async def test_post_hands_bytes_over_and_back(server: TestServer):
    assert await post(server, "echo") == b"application/x:body"


@pytest.mark.parametrize(
    ("what", "why"),
    [
        ("moved", "status 302"),
        ("endless", "an answer of more than 50000 bytes"),
        ("slow", "TimeoutError"),
        ("elsewhere", "status 503"),
    ],
)
async def test_post_takes_nothing_but_a_whole_answer(server: TestServer, what: str, why: str):
    with pytest.raises(net.PostError, match=f"^{why}$"):
        await post(server, what)


async def test_post_to_nobody_is_an_error():
    async with aiohttp.ClientSession() as client:
        with pytest.raises(net.PostError, match=r"^ClientConnectorError$"):
            await net.post(client, "http://127.0.0.1:1", b"", media_type="a/b", timeout_s=1, max_bytes=1)


def test_contexts_speak_tls_1_3_alone_and_trust_nobody_but_whom_they_were_given(tmp_path: Path):
    authority = Authority(tmp_path)
    server, client = authority.server(), authority.client()
    for context in (server, client):
        assert context.minimum_version == context.maximum_version == ssl.TLSVersion.TLSv1_3
        assert context.verify_mode is ssl.CERT_REQUIRED
        assert context.verify_flags & ssl.VERIFY_X509_STRICT
        assert len(context.get_ca_certs()) == 1
    assert client.check_hostname
    assert server.num_tickets == 0


def test_towards_an_agencys_own_system_tls_may_be_older_but_is_checked(tmp_path: Path):
    authority = Authority(tmp_path)
    authority.client("us")
    (tmp_path / "ca.pem").write_text(authority.anchors)
    context = net.system_context(str(tmp_path / "ca.pem"), str(tmp_path / "us.pem"), str(tmp_path / "us.key"))
    assert context.minimum_version == ssl.TLSVersion.TLSv1_2
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert len(context.get_ca_certs()) == 1


def test_a_thumbprint_is_base64url_of_sha_256_without_padding():
    assert net.thumbprint(b"") == "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"
