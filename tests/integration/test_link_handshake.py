import asyncio
import ssl
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from link_world import INSTANCE, LinkWorld, eventually, now_ms
from structlog.testing import capture_logs

from bus import net
from bus.link import Hello, LinkClosedError, LinkRefusedError, Message, Peer, frames, hello
from bus.link.hello import Refuse

SMALL = Message(1, b"x")


@pytest.fixture
def world(tmp_path: Path) -> LinkWorld:
    return LinkWorld(tmp_path)


async def test_a_node_that_knows_a_newer_version_gets_the_one_both_know(world: LinkWorld):
    async with world.hub() as hub, world.node(hub.address, versions=(2, 1)) as node:
        assert node.sessions[0].welcome.version == 1
        assert await node.call(SMALL, 5) == SMALL


@pytest.mark.parametrize(
    ("problem", "node"),
    [
        ("refused: version", {"versions": (9,)}),
        ("refused: instance", {"instance": "VN"}),
        ("refused: clock", {"now_ms": lambda: now_ms() + 31_000}),
        ("refused: clock", {"now_ms": lambda: now_ms() - 31_000}),
    ],
)
async def test_what_does_not_fit_is_refused_and_the_node_says_why(
    world: LinkWorld, problem: str, node: dict[str, object]
):
    async with world.hub() as hub, world.node(hub.address, wait=False, **node) as link:
        await eventually(lambda: link.state()[0].problem == problem)
        assert hub.opened == []


async def test_a_refusal_tells_the_hubs_time_and_versions(world: LinkWorld):
    async with world.hub(clock=lambda: 5_000) as hub, aiohttp.ClientSession() as client:
        socket = await client.ws_connect(hub.address, ssl=world.authority.client())
        await socket.send_bytes(hello.frame_of(Hello((1,), INSTANCE, (), 1_000_000, 1, 1000)))
        refuse = hello.read(frames.decode(await socket.receive_bytes()), Refuse)
        assert refuse == Refuse("clock", 0, 5_000, (1,))
        goodbye = await socket.receive()
        assert (goodbye.data, goodbye.extra) == (1008, "clock")


async def test_a_node_judges_the_hubs_clock_itself_too(world: LinkWorld):
    async def forgiving(_peer: Peer, greeting: Hello) -> LinkRefusedError | None:
        hub_clock[0] = greeting.time_ms + 40_000  # a hub whose clock runs away between hello and welcome
        return None

    hub_clock = [now_ms()]
    hub_world = world.hub(judge=forgiving, clock=lambda: hub_clock[0])
    async with hub_world as hub, world.node(hub.address, wait=False) as node:
        await eventually(lambda: node.state()[0].problem == "refused: clock")
        assert node.state()[0].offset_ms > 39_000


async def test_an_offset_over_two_seconds_is_told_and_lived_with(world: LinkWorld):
    with capture_logs() as logs:
        async with world.hub(clock=lambda: now_ms() + 3_000) as hub, world.node(hub.address) as node:
            assert 2_500 < node.state()[0].offset_ms < 3_500
            assert node.sessions[0].offset_ms == node.state()[0].offset_ms
    assert [log["event"] for log in logs if log["log_level"] == "warning"] == ["link.clock_off"]


async def test_whom_the_hub_does_not_know_gets_no_session_whom_it_knows_does(world: LinkWorld):
    seen: list[tuple[Peer, Hello]] = []

    async def judge(peer: Peer, greeting: Hello) -> LinkRefusedError | None:
        seen.append((peer, greeting))
        return None if greeting.process == "known" else LinkRefusedError("not-permitted", retry_after_ms=60_000)

    async with (
        world.hub(judge=judge) as hub,
        world.node(hub.address, name="known") as known,
        world.node(hub.address, name="stranger", wait=False) as stranger,
    ):
        await eventually(lambda: stranger.state()[0].problem == "refused: not-permitted")
        assert not stranger.sessions
        assert await known.call(SMALL, 5) == SMALL
    by_process = {greeting.process: peer.x5t for peer, greeting in seen}
    assert len(set(by_process.values())) == 2
    assert seen[0][0].x5t == net.thumbprint(seen[0][0].certificate)


async def test_both_ends_see_the_others_certificate(world: LinkWorld):
    async with world.hub() as hub, world.node(hub.address) as node:
        near = (await hub.session()).peer
        far = node.sessions[0].peer
        assert near.address == "127.0.0.1"
        assert far.address == hub.address
        assert len({near.x5t, far.x5t, net.thumbprint(b"")}) == 3


async def test_no_certificate_no_connection(world: LinkWorld):
    nobody = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    nobody.load_verify_locations(cadata=world.authority.anchors)
    async with world.hub() as hub, aiohttp.ClientSession() as client:
        with pytest.raises((aiohttp.ClientError, OSError)):
            await client.ws_connect(hub.address, ssl=nobody)
        assert hub.opened == []


async def test_a_certificate_of_another_authority_is_no_certificate(world: LinkWorld, tmp_path: Path):
    folder = tmp_path / "other"
    folder.mkdir()
    other = LinkWorld(folder)
    async with world.hub() as hub, world.node(hub.address, tls=other.authority.client, wait=False) as node:
        await eventually(lambda: node.state()[0].problem == "unreachable: ClientConnectorCertificateError")
        both = other.authority.client()
        both.load_verify_locations(cadata=world.authority.anchors)
        async with aiohttp.ClientSession() as client:
            with pytest.raises((aiohttp.ClientError, OSError)):
                await client.ws_connect(hub.address, ssl=both)
        assert hub.opened == []


async def test_tls_1_2_is_not_spoken(world: LinkWorld):
    old = world.authority.client()
    old.minimum_version = ssl.TLSVersion.TLSv1_2
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    async with world.hub() as hub, aiohttp.ClientSession() as client:
        with pytest.raises(aiohttp.ClientConnectorError):
            await client.ws_connect(hub.address, ssl=old)


async def test_a_server_whose_name_is_another_is_not_talked_to(world: LinkWorld):
    async with world.hub() as hub:
        elsewhere = hub.address.replace("127.0.0.1", "127.0.0.2")
        port = int(hub.address.split(":")[2].split("/")[0])
        async with world.hub(host="127.0.0.2", port=port), world.node(elsewhere, wait=False) as node:
            await eventually(lambda: node.state()[0].problem == "unreachable: ClientConnectorCertificateError")


async def test_without_tls_there_is_no_link(world: LinkWorld):
    async with world.hub() as hub:
        application = web.Application()
        application.add_routes(hub.link.routes())
        async with TestServer(application) as server, aiohttp.ClientSession() as client:
            with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                await client.ws_connect(server.make_url("/link"))
            assert refused.value.status == 403


async def test_handshakes_over_the_rate_are_sent_away_and_come_back(world: LinkWorld):
    hub_ms = now_ms()
    async with (
        world.hub(handshakes_per_s=1, clock=lambda: hub_ms) as hub,
        world.node(hub.address, name="first"),
        world.node(hub.address, name="second", wait=False) as second,
    ):
        await eventually(lambda: second.state()[0].phase == "waiting")
        assert second.state()[0].problem == "refused: busy"
        hub_ms += 1_000
        await second.ready(10)


async def test_a_full_worker_sends_nodes_away(world: LinkWorld):
    async with (
        world.hub(max_sessions=1) as hub,
        world.node(hub.address, name="first"),
        world.node(hub.address, name="second", wait=False) as second,
    ):
        await eventually(lambda: second.state()[0].problem == "refused: busy")


async def test_a_peer_that_says_no_hello_is_let_go(world: LinkWorld):
    world.quick_handshake()
    async with world.hub() as hub, aiohttp.ClientSession() as client:
        socket = await client.ws_connect(hub.address, ssl=world.authority.client())
        assert frames.decode(await socket.receive_bytes()).kind == frames.Kind.REFUSE
        assert (await socket.receive()).extra == "malformed"


@pytest.mark.parametrize("data", [b"", b"GET /", frames.encode(frames.Kind.PING)])
async def test_a_peer_whose_first_frame_is_no_hello_is_refused(world: LinkWorld, data: bytes):
    async with world.hub() as hub, aiohttp.ClientSession() as client:
        socket = await client.ws_connect(hub.address, ssl=world.authority.client())
        await socket.send_bytes(data)
        refuse = hello.read(frames.decode(await socket.receive_bytes()), Refuse)
        assert refuse.code == "malformed"


async def test_a_hub_that_says_nothing_is_given_up(world: LinkWorld):
    world.quick_handshake()

    async def never(_peer: Peer, _greeting: Hello) -> LinkRefusedError | None:
        await asyncio.sleep(5)
        return None

    async with world.hub(judge=never) as hub, world.node(hub.address, wait=False) as node:
        await eventually(lambda: node.state()[0].problem == "unreachable: TimeoutError")
        with pytest.raises(LinkClosedError):
            await node.ready(0.01)
