"""X-Road REST end to end under X-Road's own load mix, beside the plain call to the same service in the same run.

Client, face over TLS, both nodes, hub, ledger on disk and the service share one process and its two cores: figures are
ratios to the plain call and processor time of all of it together.
"""

from __future__ import annotations

import asyncio
import itertools
import random
import resource
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import aiohttp
import pytest
import xroad_nation
from bench_table import percentile, show
from xroad_nation import CLIENT, SYSTEM, XRoadNation
from xroad_world import data_of
from yarl import URL

KB, MB = 1024, 1024 * 1024
MIX: Final = ((2 * KB, 150), (10 * KB, 300), (100 * KB, 45), (2 * MB, 4), (10 * MB, 1))
"""Bytes of a request, and how many of 500: 30 %, 60 %, 9 %, 0.9 %, 0.1 %."""
CALLERS: Final = 4


class Done(NamedTuple):
    """One run of the mix."""

    ms: dict[int, list[float]]
    seconds: float
    cpu_s: float


@pytest.fixture(scope="module")
def nation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[XRoadNation]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(xroad_nation, "BYTES", 16 * MB)
        running = XRoadNation(tmp_path_factory.mktemp("bench-xroad"))
        yield running
        running.close()


@pytest.mark.timeout(300)
async def test_x_road_s_load_mix(nation: XRoadNation):
    sizes = [size for size, count in MIX for _ in range(count)]
    random.Random(1).shuffle(sizes)  # noqa: S311 - the same order in every run
    face = URL(f"{nation.face}/r1/VN-test/GOV/G01/population/echo/load", encoded=True)
    plain = URL(f"http://127.0.0.1:{nation._service.addresses[0][1]}/api/load")
    nation.existing.body = b"x" * KB
    await calls(nation, face, sizes[:20])
    by_bus, straight = await calls(nation, face, sizes), await calls(nation, plain, sizes)
    rows = [
        (
            f"{size // KB:,} kB",
            len(by_bus.ms[size]),
            percentile(sorted(straight.ms[size]), 0.5),
            percentile(sorted(by_bus.ms[size]), 0.5),
            percentile(sorted(by_bus.ms[size]), 0.5) / percentile(sorted(straight.ms[size]), 0.5),
            percentile(sorted(by_bus.ms[size]), 0.95),
        )
        for size, _ in MIX
    ]
    runs = (("plain", straight), ("bus", by_bus))
    columns = ("request", "calls", "plain p50 ms", "bus p50 ms", "times", "bus p95 ms")
    show(
        f"X-Road REST, {len(sizes)} calls, {CALLERS} at once, answers of 1 kB",
        columns,
        rows,
        *(f"{name}: {len(sizes) / one.seconds:,.0f} calls/s, {_cost(one):.2f} ms processor each" for name, one in runs),
    )
    assert rows


async def calls(nation: XRoadNation, url: URL, sizes: Sequence[int]) -> Done:
    """All of them by a few callers, each as soon as its last is answered."""
    bodies = {size: b"b" * size for size, _ in MIX}
    left, ms = iter(sizes), defaultdict[int, list[float]](list)
    headers = {"X-Road-Client": CLIENT, "Content-Type": "application/octet-stream"}
    began, cpu = time.perf_counter(), _cpu_s()
    connector = aiohttp.TCPConnector(ssl=nation.tls(SYSTEM), limit=CALLERS)
    async with aiohttp.ClientSession(connector=connector, headers=headers) as session:

        async def caller() -> None:
            for size in left:
                start = time.perf_counter()
                async with session.post(url, data=data_of(bodies[size])) as said:
                    assert (said.status, len(await said.read())) == (200, KB), said.headers
                ms[size].append((time.perf_counter() - start) * 1000)

        await asyncio.gather(*(caller() for _ in itertools.repeat(None, CALLERS)))
    return Done(ms, time.perf_counter() - began, _cpu_s() - cpu)


def _cost(done: Done) -> float:
    """Milliseconds of processor time for one call."""
    return done.cpu_s / sum(map(len, done.ms.values())) * 1000


def _cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
