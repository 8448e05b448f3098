"""The search at a generated million records (LIENTHONG_BENCH_RECORDS=10000000 for ten): feeding, searches, export.

Figures are printed, nothing is asserted by time. LIENTHONG_BENCH_DATABASE names a PostgreSQL database to use instead of
a SQLite file; it must be empty.
"""

from __future__ import annotations

import hashlib
import os
import random
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from audit_kit import START_MS, Book, Desk
from bulk_index import fill
from ledger_kit import ORIGIN

from bus.audit.index import EVERYTHING, NO_KEYS, Batch, IndexStore, Keys, Linked, Sight
from bus.audit.inquiry import EXPORT_STRIDE, read_many
from bus.audit.proofs import Proofs
from bus.audit.query import Place, Search
from bus.audit.reports import REPORTS, Span, make
from bus.audit.rows import Row
from bus.ledger.tree import OwnTiles
from bus.storage.kinds import create_store, open_store

RECORDS = int(os.environ.get("LIENTHONG_BENCH_RECORDS", "1000000"))
REAL = 20_000
STRIDE = 65_536
AGENCIES = [f"a{number:06d}" for number in range(100_100, 100_400)]
SERVICES = [f"{agency}/system/service-{number}" for agency in AGENCIES[:60] for number in range(2)]
MOMENTS_MS = 86_400_000 * 365


def name(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()[:16]


def batch(start: int, end: int, choose: random.Random) -> Batch:
    """Exchanges two by two: asked, outcome."""
    rows: list[Row] = []
    links: list[Linked] = []
    for idx in range(start, end, 2):
        at_ms = START_MS + idx * (MOMENTS_MS // RECORDS)
        service = choose.choice(SERVICES)
        asked = Row(
            idx,
            at_ms,
            1,
            consumer=choose.choice(AGENCIES),
            provider=service.partition("/")[0],
            service=service,
            purpose="dossier" if choose.random() < 0.9 else "statistics",
            validated=True,
            basis="278/2025/NĐ-CP",
            procedure=f"1.{choose.randrange(2000):06d}",
            dossier=f"000.00.12.H56-261122-{idx // 12:06d}",
            officer=name(f"officer {choose.randrange(5000)}"),
        )
        ended = "answered" if choose.random() < 0.97 else "fault"
        took = int(choose.expovariate(1 / 60)) + 5
        outcome = asked._replace(
            idx=idx + 1, type=2, time_ms=at_ms + took, latency_ms=took, asked=idx, outcome=ended,
            code=None if ended == "answered" else 507,
        )  # fmt: skip
        rows += [asked, outcome]
        who = name(f"person {choose.randrange(RECORDS // 4)}")
        links += [Linked(who, at_ms, idx, idx), Linked(who, at_ms + took, idx + 1, idx)]
    return Batch(start, end, rows, links)


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def timed(what: str, search: Callable[[], list[Row]], rounds: int = 30) -> None:
    took = []
    found = 0
    for _ in range(rounds):
        began = time.perf_counter()
        found = len(search())
        took.append((time.perf_counter() - began) * 1000)
    worst = max(took)
    say(f"  {what:44s} {statistics.median(took):8.2f} ms median {worst:8.2f} ms worst   {found} records")


@pytest.mark.timeout(0)
def test_search(tmp_path: Path):
    url = os.environ.get("LIENTHONG_BENCH_DATABASE") or f"sqlite:///{tmp_path / 'index.sqlite3'}"
    choose = random.Random(7)  # noqa: S311 - test data
    began = time.perf_counter()
    say(f"\n{url.partition(':')[0]}, {RECORDS} records:")
    fill(url, (batch(start, min(RECORDS, start + STRIDE), choose) for start in range(0, RECORDS, STRIDE)), say)
    took = time.perf_counter() - began
    say(f"  filled in {took:.0f} s, {RECORDS / took:.0f} rows/s")
    index = IndexStore(url)

    def by(equal: dict[str, str | int], sight: Sight = EVERYTHING, keys: Keys = NO_KEYS, **more: int) -> None:
        search = Search(equal=tuple(equal.items()), limit=100, **more)  # type: ignore[arg-type]
        what = ", ".join([*equal, *more, *(["scope"] if sight.agencies else []), *(["person"] if keys.subject else [])])
        timed(what or "newest", lambda: index.search(search, RECORDS, sight, keys))

    say("searches, 100 records a page:")
    by({})
    by({"service": SERVICES[7]})
    by({"consumer": AGENCIES[70]})
    by({"dossier": f"000.00.12.H56-261122-{RECORDS // 24:06d}"})
    by({"procedure": "1.000500"})
    by({"outcome": "fault"})
    by({"outcome": "fault", "service": SERVICES[3], "purpose": "statistics"})
    by({"code": 507, "consumer": AGENCIES[90]})
    by({"purpose": "dossier"}, since_ms=START_MS + MOMENTS_MS // 3, until_ms=START_MS + MOMENTS_MS // 2)
    by({}, Sight(tuple(AGENCIES[:1])))
    by({"purpose": "statistics"}, Sight(tuple(AGENCIES[10:50])))
    by({}, keys=Keys(subject=tuple(name(f"person {number}") for number in (11, 12, 13))))
    by({}, Sight(tuple(AGENCIES[:3])), Keys(officer=(name("officer 17"),)))
    deep = Place(RECORDS, START_MS + MOMENTS_MS // 2, RECORDS // 2, b"")
    timed("page in the middle", lambda: index.search(Search(after=deep), RECORDS))
    for report in REPORTS:
        began = time.perf_counter()
        rows = make(report, index, Span(RECORDS, START_MS + MOMENTS_MS)).rows
        say(f"  report {report:20s} {time.perf_counter() - began:8.2f} s   {len(rows)} rows")
    export_rows(index)
    index.close()


def export_rows(index: IndexStore) -> None:
    began, done = time.perf_counter(), 0
    search = Search(limit=EXPORT_STRIDE)
    while done < min(RECORDS, 200_000):
        rows = index.search(search, RECORDS)
        done += len(rows)
        search = search._replace(after=Place(RECORDS, rows[-1].time_ms, rows[-1].idx, b""))
    took = time.perf_counter() - began
    say(f"  export of rows (CSV): {done / took:.0f} records/s")


@pytest.mark.timeout(0)
async def test_feeding_and_proving(tmp_path: Path):
    """The whole way: entries and sealed details on disk, fed, then shown with details and proofs."""
    url = f"sqlite:///{tmp_path / 'ledger.sqlite3'}"
    create_store(url, ORIGIN)
    book = Book(1).some(REAL)
    desk = Desk(book, f"sqlite:///{tmp_path / 'index.sqlite3'}", tmp_path, open_store(url))
    began = time.perf_counter()
    size = desk.indexer.catch_up()
    took = time.perf_counter() - began
    say(f"\nfed from entries and details: {size / took:.0f} records/s")

    async def read(start: int, end: int) -> list[bytes]:
        return desk.store.read(start, end)

    proofs = Proofs(OwnTiles(read, tmp_path / "tiles"), size)
    began, done = time.perf_counter(), 0
    for start in range(0, size, EXPORT_STRIDE):
        numbers = range(start, min(size, start + EXPORT_STRIDE))
        read_many(desk.shelf, numbers)
        done += len([await proofs.path(idx) for idx in numbers])
    say(f"shown with details and proofs (JSON Lines): {done / (time.perf_counter() - began):.0f} records/s")
    desk.index.close()
    desk.store.close()
