"""The ledger's first aims: durable records per second and latency at 1, 16 and 256 callers beside raw fdatasync; lag.

Figures are printed, nothing is asserted by time. LIENTHONG_BENCH_LEDGER names an empty PostgreSQL database to measure
beside SQLite, LIENTHONG_BENCH_SECONDS how long each setting runs.
"""

from __future__ import annotations

import asyncio
import os
import time
from itertools import count
from pathlib import Path

import pytest
from bench_table import fdatasync_ms, median, percentile, show
from ledger_kit import ORIGIN, VAULT_KEY, new_guard, sign

from bus.ledger.guard import Guard
from bus.ledger.port import Append, Appended, Quota
from bus.ledger.sequencer import StoredLedger
from bus.ledger.vault import Vault
from bus.storage.kinds import create_store, open_store
from schemas.record import LeafType, Record, commit, encode_leaf
from signing.checkpoint import parse

SECONDS = float(os.environ.get("LIENTHONG_BENCH_SECONDS", "4"))
POSTGRESQL = os.environ.get("LIENTHONG_BENCH_LEDGER", "")
CALLERS = (1, 16, 256)
DETAILS = b'{"exchange":"' + b"x" * 570 + b'"}'


def item(number: int) -> Append:
    """A record as the hub makes one: a leaf of some 350 bytes, 600 of details, a key, a quota, a deadline."""
    salt = number.to_bytes(32, "big")
    leaf = Record(
        v=1,
        type=LeafType.ASKED,
        time="2026-11-22T05:00:00.123Z",
        consumer="a100001",
        provider="a100002",
        service="a100002/population/person-basic-data-of-the-nation",
        purpose="dossier",
        validated=True,
        commit=commit(DETAILS, salt),
    )
    unique = b"VN-test|a100001|" + number.to_bytes(16, "big")
    return Append(encode_leaf(leaf), DETAILS, salt, unique, Quota("a100001/2026-11-22", 1 << 40), 1 << 50)


async def ledger_on(url: str, folder: Path, cadence_s: float) -> StoredLedger:
    return await StoredLedger.start(
        open_store(url),
        vault=Vault.under(VAULT_KEY),
        guard=Guard(folder / "guard.json", ORIGIN),
        sign=sign,
        clock=lambda: time.time_ns() // 1_000_000,
        cadence_s=cadence_s,
    )


async def appended(ledger: StoredLedger, callers: int, numbers: count[int]) -> tuple[float, list[float]]:
    """Records per second, and each append's latency in milliseconds, rising."""
    took: list[float] = []
    began = time.perf_counter()

    async def caller() -> None:
        while time.perf_counter() - began < SECONDS:
            one = item(next(numbers))
            since = time.perf_counter()
            assert isinstance(await ledger.append(one), Appended)
            took.append((time.perf_counter() - since) * 1000)

    await asyncio.gather(*(caller() for _ in range(callers)))
    return len(took) / (time.perf_counter() - began), sorted(took)


async def lags(ledger: StoredLedger, numbers: count[int]) -> list[float]:
    """From a record's acknowledgement to the published checkpoint that covers it, in ms, rising; under full load."""
    ends = time.perf_counter() + max(SECONDS, 4)
    waiting: dict[int, float] = {}
    found: list[float] = []

    async def caller() -> None:
        while time.perf_counter() < ends:
            outcome = await ledger.append(item(next(numbers)))
            assert isinstance(outcome, Appended)
            waiting[outcome.index] = time.perf_counter()

    async def look() -> None:
        while time.perf_counter() < ends or waiting:
            await asyncio.sleep(0.01)
            size = parse(await ledger.checkpoint())[0].size
            now = time.perf_counter()
            covered = [index for index in waiting if index < size]
            found.extend((now - waiting.pop(index)) * 1000 for index in covered)

    await asyncio.gather(look(), *(caller() for _ in range(64)))
    return sorted(found)


@pytest.mark.timeout(0)
async def test_durable_records_and_lag(tmp_path: Path):
    new_guard(tmp_path)
    stores = {"SQLite": f"sqlite:///{tmp_path}/ledger.db"} | ({"PostgreSQL": POSTGRESQL} if POSTGRESQL else {})
    rows, lagging = [], []
    for name, url in stores.items():
        (tmp_path / "guard.json").unlink(missing_ok=True)
        new_guard(tmp_path)
        create_store(url, ORIGIN)
        ledger, numbers = await ledger_on(url, tmp_path, 1.0), count()
        for callers in CALLERS:
            synced = fdatasync_ms(tmp_path)
            cpu = time.process_time()
            rate, took = await appended(ledger, callers, numbers)
            cpu_us = (time.process_time() - cpu) * 1e6 / len(took)
            rows.append(
                (
                    f"{name}, {callers} callers",
                    rate,
                    median(took),
                    percentile(took, 0.99),
                    took[-1],
                    cpu_us,
                    median(synced),
                )
            )
        lag = await lags(ledger, numbers)
        lagging.append((name, len(lag), median(lag), percentile(lag, 0.99), lag[-1]))
        await ledger.close()
    show(
        "Durable records (in process; leaf 350 B, details 600 B, key, quota, deadline)",
        ("", "records/s", "median ms", "p99 ms", "worst ms", "CPU µs each", "fdatasync ms"),
        rows,
        f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores",
    )
    show(
        "Checkpoint lag under 64 callers, cadence 1 s",
        ("", "records", "median ms", "p99 ms", "worst ms"),
        lagging,
    )
