"""(c) From agency system to agency system, open loop: HTTP face, node, hub, node, the providing system, and back.

Questions come at moments drawn beforehand (Poisson), at a rate that nobody's slowness lowers; a latency counts from
the moment at which its question was due. The providing system is the memory adapter, which answers at once: what is
measured is the bus. Run twice: with ledger and archives on this machine's disk, and on a memory file system, where
what makes a record durable costs nothing, so that the difference is the disk's.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from bench_nation import NAME, PROVIDER, SUBJECTS, Nation, service_of
from bench_processes import Bench
from bench_table import fdatasync_ms, percentile, show

RATES = ((100, 10.0), (250, 8.0), (500, 6.0))
COLUMNS = (
    "state on",
    "asked/s",
    "questions",
    "failed",
    "p50 ms",
    "p99 ms",
    "p99.9 ms",
    *("counter", "worker", "ledger", "provider"),
)


@pytest.mark.timeout(120)
@pytest.mark.parametrize("where", ["disk", "memory"])
def test_latency(where: str, bench: Bench, bench_in_memory: Bench | None) -> None:
    standing = bench if where == "disk" else bench_in_memory
    if standing is None:
        show("(c) state on memory: this machine has no /dev/shm", COLUMNS, [])
        return
    ask(standing, 50, 1.0)  # every code path has run, every connection stands
    with standing.watching() as others:
        rows = [_row(where, per_s, ask(standing, per_s, seconds)) for per_s, seconds in RATES]
    sync = fdatasync_ms(standing.nation.state.folder)
    show(
        f"(c) from agency system to agency system, open loop, state on {where}",
        COLUMNS,
        rows,
        "generator: http; the last four are processor µs per question;"
        f" fdatasync there now: p50 {percentile(sync, 0.5):.2f}, p99 {percentile(sync, 0.99):.2f} ms",
        str(others),
    )
    assert rows


def ask(bench: Bench, per_s: float, seconds: float) -> dict[str, Any]:
    """Ask at this rate; what came back, and what it cost each process."""
    processes = (bench.counter, bench.worker, bench.ledger, bench.provider)
    before = [one.cpu_us() for one in processes]
    done = bench.run(
        "bench_http.py",
        way="open",
        port=bench.nation.counter_port,
        path=f"/ask/{service_of(PROVIDER)}/read",
        body=_body(),
        headers=_headers(bench.nation),
        per_s=per_s,
        seconds=seconds,
        connections=16,
    )
    done["spent"] = [
        (one.cpu_us() - start) / max(1, done["count"]) for one, start in zip(processes, before, strict=True)
    ]
    return done


def _headers(nation: Nation) -> dict[str, str]:
    return {"X-Api-Key": nation.api_key}


def _body() -> str:
    officer = {"id": "CB-0001", "unit": "Một cửa"}
    subject = {"scheme": "citizen", "id": SUBJECTS[0], "assurance": "substantial"}
    question = {"number": SUBJECTS[0], "name": NAME}
    return json.dumps({"purpose": "audit", "body": question, "officer": officer, "subjects": [subject]})


def _row(where: str, per_s: float, done: dict[str, Any]) -> tuple[object, ...]:
    answered = done["statuses"].get("200", 0)
    times = done["latencies_ms"]
    quantiles = [percentile(times, share) for share in (0.5, 0.99, 0.999)]
    return where, per_s, done["count"], done["count"] - answered, *quantiles, *done["spent"]
