import asyncio
import hashlib
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from link_world import LinkWorld, eventually

from bus import net
from bus.link.bodies import Bodies, digest_text
from bus.link.carry import BodyError, Carrier
from bus.link.spool import Announced, Name, Spool, SpoolLimits

EXCHANGE = "01890000-0000-7000-8000-000000000001"
SCAN = bytes(range(256)) * 10_000


def named(body: bytes) -> Announced:
    return Announced(len(body), hashlib.sha256(body).digest())


class Place:
    """A hub's spool behind HTTPS, and carriers of nodes that it does or does not know."""

    def __init__(self, world: LinkWorld, spool: Spool, folder: Path) -> None:
        self.world = world
        self.spool = spool
        self.folder = folder
        self.base = ""
        self.known: set[str] = set()

    def thumbprint(self, name: str) -> str:
        self.world.authority.client(name)
        return net.thumbprint(ssl.PEM_cert_to_DER_cert(self.world.authority.certificate(name)))

    @asynccontextmanager
    async def carrier(self, name: str, *, known: bool = True) -> AsyncIterator[tuple[Carrier, aiohttp.ClientSession]]:
        if known:
            self.known.add(self.thumbprint(name))
        connector = aiohttp.TCPConnector(ssl=self.world.authority.client(name))
        async with aiohttp.ClientSession(connector=connector) as client:
            yield Carrier(client, self.base), client

    def files(self) -> list[Path]:
        return sorted(self.folder.iterdir())


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    world = LinkWorld(tmp_path)
    folder = tmp_path / "spool"
    spool = Spool(folder, SpoolLimits(max_body_bytes=len(SCAN), max_exchange_bytes=2 * len(SCAN)), time.monotonic)
    here = Place(world, spool, folder)
    application = web.Application()
    application.add_routes(Bodies(spool, lambda x5t: x5t in here.known).routes())
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=world.authority.server()).start()
    here.base = f"https://127.0.0.1:{runner.addresses[0][1]}"
    yield here
    await runner.cleanup()


async def test_a_body_goes_from_its_owner_to_whom_it_is_granted_and_is_gone(place: Place):
    async with place.carrier("owner") as (owner, _), place.carrier("addressee") as (addressee, _):
        await owner.put(EXCHANGE, "scan", named(SCAN), SCAN)
        await owner.put(EXCHANGE, "scan", named(SCAN), SCAN)
        name = Name(place.thumbprint("owner"), EXCHANGE, "scan")
        assert place.spool.holds(name, named(SCAN))
        place.spool.grant(name, place.thumbprint("addressee"))
        got = bytearray()
        await addressee.fetch(EXCHANGE, "scan", named(SCAN), got.extend)
        assert got == SCAN
        assert place.files() == []
        with pytest.raises(BodyError, match=r"^body-unknown$"):
            await addressee.fetch(EXCHANGE, "scan", named(SCAN), got.extend)


async def test_only_whom_it_is_granted_to_gets_it_not_even_its_owner(place: Place):
    async with place.carrier("owner") as (owner, _), place.carrier("other") as (other, _):
        await owner.put(EXCHANGE, "scan", named(SCAN), SCAN)
        for carrier in (owner, other):
            with pytest.raises(BodyError, match=r"^body-unknown$"):
                await carrier.fetch(EXCHANGE, "scan", named(SCAN), bytearray().extend)
        async with aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=place.world.authority.client("other"))
        ) as client:
            answer = await client.delete(f"{place.base}/bodies/{EXCHANGE}/scan")
            assert answer.status == 204
        assert len(place.files()) == 1


async def test_a_peer_without_a_session_puts_and_gets_nothing(place: Place):
    async with place.carrier("nobody", known=False) as (nobody, _):
        with pytest.raises(BodyError, match=r"^no-session$"):
            await nobody.put(EXCHANGE, "scan", named(b"x"), b"x")
        with pytest.raises(BodyError, match=r"^no-session$"):
            await nobody.fetch(EXCHANGE, "scan", named(b"x"), bytearray().extend)


async def test_two_owners_of_the_same_name_do_not_meet(place: Place):
    async with place.carrier("owner") as (owner, _), place.carrier("thief") as (thief, _):
        await thief.put(EXCHANGE, "scan", named(b"false"), b"false")
        await owner.put(EXCHANGE, "scan", named(b"true"), b"true")
        place.spool.grant(Name(place.thumbprint("owner"), EXCHANGE, "scan"), place.thumbprint("thief"))
        got = bytearray()
        await thief.fetch(EXCHANGE, "scan", named(b"true"), got.extend)
        assert got == b"true"


@pytest.mark.parametrize(
    ("rule", "announced"),
    [
        ("body-digest", Announced(4, hashlib.sha256(b"else").digest())),
        ("body-too-large", Announced(len(SCAN) + 1, bytes(32))),
    ],
)
async def test_what_is_not_as_announced_is_refused(place: Place, rule: str, announced: Announced):
    async with place.carrier("owner") as (owner, _):
        with pytest.raises(BodyError, match=f"^{rule}$"):
            await owner.put(EXCHANGE, "scan", announced, b"body")
        await eventually(lambda: place.files() == [])


async def test_a_quota_of_one_exchange_is_kept(place: Place):
    async with place.carrier("owner") as (owner, _):
        for part in ("one", "two"):
            await owner.put(EXCHANGE, part, named(SCAN), SCAN)
        with pytest.raises(BodyError, match=r"^exchange-quota$"):
            await owner.put(EXCHANGE, "three", named(b"x"), b"x")


@pytest.mark.parametrize(
    ("status", "exchange", "part", "digest"),
    [
        (400, "not-an-id", "scan", digest_text(bytes(32))),
        (400, EXCHANGE, "Scan", digest_text(bytes(32))),
        (400, EXCHANGE, "..%2fx", digest_text(bytes(32))),
        (400, EXCHANGE, "scan", ""),
        (400, EXCHANGE, "scan", "sha-512=:AAAA:"),
        (400, EXCHANGE, "scan", "sha-256=:" + "A" * 43 + "-:"),
    ],
)
async def test_what_is_no_name_and_no_digest_is_refused(
    place: Place, status: int, exchange: str, part: str, digest: str
):
    async with place.carrier("owner") as (_, client):
        answer = await client.put(
            f"{place.base}/bodies/{exchange}/{part}", data=b"x", headers={"Content-Digest": digest}
        )
        assert answer.status == status
        assert (await answer.json())["code"] in {"name-malformed", "digest-malformed"}


async def test_a_length_is_needed(place: Place):
    async def unknown() -> AsyncIterator[bytes]:
        yield b"x"

    async with place.carrier("owner") as (_, client):
        headers = {"Content-Digest": digest_text(bytes(32))}
        answer = await client.put(f"{place.base}/bodies/{EXCHANGE}/scan", data=unknown(), headers=headers)
        assert answer.status == 411


async def test_an_upload_cut_off_leaves_nothing(place: Place):
    async def cut() -> AsyncIterator[bytes]:
        yield SCAN[:100_000]
        await eventually(lambda: len(place.files()) == 1)
        raise ConnectionResetError("tested")

    async with place.carrier("owner") as (owner, _):
        with pytest.raises((BodyError, ConnectionResetError)):
            await owner.put(EXCHANGE, "scan", named(SCAN), cut())
        await eventually(lambda: place.files() == [])
        await owner.put(EXCHANGE, "scan", named(SCAN), SCAN)


async def test_a_fetched_body_that_is_another_than_the_envelope_names_is_refused(place: Place):
    async with place.carrier("owner") as (owner, _), place.carrier("addressee") as (addressee, _):
        await owner.put(EXCHANGE, "scan", named(b"body"), b"body")
        place.spool.grant(Name(place.thumbprint("owner"), EXCHANGE, "scan"), place.thumbprint("addressee"))
        for rule, announced in (
            ("body-digest", Announced(4, bytes(32))),
            ("body-length", Announced(3, named(b"body").sha256)),
            ("body-length", Announced(5, named(b"body").sha256)),
        ):
            with pytest.raises(BodyError, match=f"^{rule}$"):
                await addressee.fetch(EXCHANGE, "scan", announced, bytearray().extend)


async def test_a_hub_that_is_not_there_is_named(place: Place):
    async with place.carrier("owner") as (_, client):
        nowhere = Carrier(client, "https://127.0.0.1:1")
        with pytest.raises(BodyError, match=r"^unreachable$"):
            await nowhere.put(EXCHANGE, "scan", named(b"x"), b"x")
        with pytest.raises(BodyError, match=r"^unreachable$"):
            await nowhere.fetch(EXCHANGE, "scan", named(b"x"), bytearray().extend)


async def test_many_bodies_at_once(place: Place):
    async with place.carrier("owner") as (owner, _):
        bodies = [bytes([n]) * 40_000 for n in range(40)]
        await asyncio.gather(*(owner.put(EXCHANGE, f"p{n}", named(body), body) for n, body in enumerate(bodies)))
        owners = place.thumbprint("owner")
        assert all(place.spool.holds(Name(owners, EXCHANGE, f"p{n}"), named(body)) for n, body in enumerate(bodies))
