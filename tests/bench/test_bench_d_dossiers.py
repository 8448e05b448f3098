"""(d) Dossiers with six needs at six agencies whose systems take 5 or 50 ms: what the bus adds to the slowest.

One dossier is: declare it at the hub, six questions at once (each with both seals, both records, a receipt), keep the
result; over HTTP at the counter's node. One after another, then five per second (open loop).
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from bench_nation import BIRTH, FORM, NAME, ROLE, SUBJECTS
from bench_processes import Bench
from bench_table import percentile, show

DELAYS_MS = (5, 50)
SECONDS, PER_S = 4.0, 5.0
HOW: tuple[tuple[str, dict[str, object]], ...] = (
    ("one by one", {"way": "closed", "connections": 1}),
    (f"{PER_S:.0f} per second", {"way": "open", "connections": 4, "per_s": PER_S}),
)
COLUMNS = ("state on", "systems take", "how", "dossiers", "p50 ms", "p99 ms", "p50 over slowest", "p99 over slowest")


@pytest.mark.timeout(120)
def test_dossiers(bench: Bench, bench_in_memory: Bench | None) -> None:
    rows, notes = [], []
    for where, standing in (("disk", bench), ("memory", bench_in_memory)):
        if standing is None:
            continue
        _resolve(standing, 5, way="closed", connections=1, seconds=1.0)  # every code path has run
        with standing.watching() as others:
            rows += [
                _row(where, delay_ms, how, _resolve(standing, delay_ms, seconds=SECONDS, **settings))
                for delay_ms in DELAYS_MS
                for how, settings in HOW
            ]
        notes.append(f"state on {where}: {others}")
    title = "(d) dossiers with six needs, from the counter's HTTP request to its answer"
    show(title, COLUMNS, rows, "generator: http", *notes)
    assert rows


def _resolve(bench: Bench, delay_ms: int, **settings: object) -> dict[str, Any]:
    person = {"role": ROLE, "id": SUBJECTS[delay_ms], "name": NAME, "birth": BIRTH, "assurance": "high"}
    done = bench.run(
        "bench_http.py",
        port=bench.nation.counter_port,
        path="/dossiers",
        body=json.dumps({"form": FORM, "parties": [person], "officer": {"id": "CB-0001", "unit": "Một cửa"}}),
        headers={"X-Api-Key": bench.nation.api_key},
        must_hold='"left_to_citizen":[]',
        **settings,
    )
    assert set(done["statuses"]) == {"201"}, done["statuses"]
    return done


def _row(where: str, delay_ms: int, how: str, done: dict[str, Any]) -> tuple[object, ...]:
    p50, p99 = (percentile(done["latencies_ms"], share) for share in (0.5, 0.99))
    return where, f"{delay_ms} ms", how, done["count"], p50, p99, p50 - delay_ms, p99 - delay_ms
