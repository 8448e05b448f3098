import asyncio
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bus.link.spool import Announced, Name, Spool, SpoolError, SpoolLimits
from signing.vault import CHUNK_BYTES

EXCHANGE = "01890000-0000-7000-8000-000000000001"
OTHER = "01890000-0000-7000-8000-000000000002"
MINE = Name("owner", EXCHANGE, "scan")
SIZES = [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 16 * CHUNK_BYTES, 16 * CHUNK_BYTES + 1, 40 * CHUNK_BYTES]


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def spool(folder: Path, clock: Clock | None = None, **limits: float) -> Spool:
    return Spool(folder, SpoolLimits(**limits), clock or Clock())  # type: ignore[arg-type]  # the test names fields


def named(body: bytes) -> Announced:
    return Announced(len(body), hashlib.sha256(body).digest())


def left_in(folder: Path) -> list[Path]:
    return sorted(folder.iterdir())


async def pieces(body: bytes, of: int = 50_000) -> AsyncIterator[bytes]:
    for at in range(0, len(body), of):
        yield body[at : at + of]


async def whole(bodies: Spool, name: Name) -> bytes:
    return b"".join([piece async for piece in bodies.read(name)])


@pytest.mark.parametrize("size", SIZES)
async def test_a_body_comes_back_as_it_was(tmp_path: Path, size: int):
    bodies = spool(tmp_path)
    body = bytes(n % 251 for n in range(size))
    assert await bodies.put(MINE, named(body), pieces(body)) is True
    assert bodies.holds(MINE, named(body))
    assert await whole(bodies, MINE) == body


async def test_nothing_on_disk_can_be_read_and_files_are_ours_alone(tmp_path: Path):
    bodies = spool(tmp_path)
    body = b"so giay khai sinh " * 10_000
    await bodies.put(MINE, named(body), pieces(body))
    (file,) = left_in(tmp_path)
    assert b"khai sinh" not in file.read_bytes()
    assert file.stat().st_mode & 0o777 == 0o600
    assert EXCHANGE not in file.name


async def test_what_a_crash_left_is_removed_at_the_next_start(tmp_path: Path):
    await spool(tmp_path).put(MINE, named(b"x"), pieces(b"x"))
    again = spool(tmp_path)
    assert left_in(tmp_path) == []
    assert not again.holds(MINE, named(b"x"))


@pytest.mark.parametrize(
    ("rule", "announced"),
    [
        ("body-digest", Announced(4, hashlib.sha256(b"else").digest())),
        ("body-length", Announced(3, hashlib.sha256(b"body").digest())),
        ("body-length", Announced(5, hashlib.sha256(b"body").digest())),
    ],
)
async def test_a_body_that_is_not_what_was_announced_leaves_nothing(tmp_path: Path, rule: str, announced: Announced):
    bodies = spool(tmp_path)
    with pytest.raises(SpoolError, match=f"^{rule}$"):
        await bodies.put(MINE, announced, pieces(b"body"))
    assert left_in(tmp_path) == []
    with pytest.raises(SpoolError, match=r"^body-unknown$"):
        bodies.grant(MINE, "other")
    assert await bodies.put(MINE, named(b"body"), pieces(b"body"))


async def test_the_same_again_is_no_new_body_and_another_under_its_name_is_refused(tmp_path: Path):
    bodies = spool(tmp_path)
    await bodies.put(MINE, named(b"one"), pieces(b"one"))
    assert await bodies.put(MINE, named(b"one"), pieces(b"one")) is False
    with pytest.raises(SpoolError, match=r"^body-exists$"):
        await bodies.put(MINE, named(b"two"), pieces(b"two"))
    assert await whole(bodies, MINE) == b"one"


@pytest.mark.parametrize(
    ("rule", "limits"),
    [
        ("body-too-large", {"max_body_bytes": 9}),
        ("exchange-quota", {"max_exchange_bytes": 19}),
        ("exchange-quota", {"max_exchange_bodies": 1}),
        ("owner-quota", {"max_owner_bytes": 19}),
        ("owner-quota", {"max_owner_bodies": 1}),
        ("spool-full", {"max_total_bytes": 19}),
    ],
)
async def test_a_quota_refuses_before_the_first_byte(tmp_path: Path, rule: str, limits: dict[str, int]):
    bodies = spool(tmp_path, **limits)
    ten = b"0123456789"
    if rule != "body-too-large":
        await bodies.put(MINE, named(ten), pieces(ten))

    async def untouched() -> AsyncIterator[bytes]:
        pytest.fail("a byte was asked for")
        yield b""

    with pytest.raises(SpoolError, match=f"^{rule}$"):
        await bodies.put(MINE._replace(part="second"), named(ten), untouched())


async def test_one_exchanges_quota_is_not_anothers(tmp_path: Path):
    bodies = spool(tmp_path, max_exchange_bytes=10, max_owner_bytes=20)
    ten = b"0123456789"
    for name in (MINE, MINE._replace(exchange=OTHER), MINE._replace(owner="another")):
        await bodies.put(name, named(ten), pieces(ten))


async def test_only_whom_it_was_granted_to_finds_a_body(tmp_path: Path):
    bodies = spool(tmp_path)
    await bodies.put(MINE, named(b"x"), pieces(b"x"))
    assert bodies.granted_to("addressee", EXCHANGE, "scan") is None
    assert bodies.granted_to("owner", EXCHANGE, "scan") is None
    bodies.grant(MINE, "addressee")
    assert bodies.granted_to("addressee", EXCHANGE, "scan") == MINE
    assert bodies.granted_to("addressee", OTHER, "scan") is None
    assert bodies.granted_to("addressee", EXCHANGE, "other") is None


async def test_an_outcome_forgets_the_bodies_of_its_exchange(tmp_path: Path):
    bodies = spool(tmp_path)
    names = [MINE, MINE._replace(owner="another"), MINE._replace(exchange=OTHER)]
    for name in names:
        await bodies.put(name, named(b"x"), pieces(b"x"))
    bodies.forget(EXCHANGE, "owner")
    assert [bodies.holds(name, named(b"x")) for name in names] == [False, True, True]
    bodies.forget(EXCHANGE)
    assert [bodies.holds(name, named(b"x")) for name in names] == [False, False, True]
    assert len(left_in(tmp_path)) == 1


async def test_a_body_lives_only_so_long(tmp_path: Path, clock: Clock):
    bodies = spool(tmp_path, clock, lifetime_s=10)
    await bodies.put(MINE, named(b"x"), pieces(b"x"))
    clock.now = 9
    await bodies.put(MINE._replace(part="later"), named(b"x"), pieces(b"x"))
    assert bodies.expire() == 0
    clock.now = 10
    assert bodies.expire() == 1
    assert len(left_in(tmp_path)) == 1


async def test_a_damaged_disk_is_noticed(tmp_path: Path):
    bodies = spool(tmp_path)
    body = bytes(100_000)
    await bodies.put(MINE, named(body), pieces(body))
    (file,) = left_in(tmp_path)
    data = bytearray(file.read_bytes())
    data[70_000] ^= 1
    file.write_bytes(data)
    with pytest.raises(SpoolError, match=r"^body-damaged$"):
        await whole(bodies, MINE)


async def test_an_upload_that_expires_on_its_way_is_not_kept(tmp_path: Path, clock: Clock):
    bodies = spool(tmp_path, clock, lifetime_s=10)

    async def slow() -> AsyncIterator[bytes]:
        yield b"a"
        clock.now = 11
        bodies.expire()
        yield b"b"

    with pytest.raises(SpoolError, match=r"^body-unknown$"):
        await bodies.put(MINE, named(b"ab"), slow())
    assert left_in(tmp_path) == []


async def test_an_upload_that_stands_still_is_given_up(tmp_path: Path):
    bodies = spool(tmp_path, idle_s=0.02)

    async def stuck() -> AsyncIterator[bytes]:
        yield b"a"
        await asyncio.Event().wait()

    with pytest.raises(TimeoutError):
        await bodies.put(MINE, named(b"ab"), stuck())
    assert left_in(tmp_path) == []
