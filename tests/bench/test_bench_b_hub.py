"""(b) The hub's own processes per exchange, everything on: both seals verified, both bodies validated, both records
durable, receipt sealed, mutual TLS 1.3 to both nodes. Beside it, in the same run, nginx that only proxies.

Generators and answering ends are processes of their own. Their names: "pool", "sealer" (`bench_link.py`), "http"
(`bench_http.py`).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bench_nginx
import pytest
from bench_link import ANSWER_BODY, QUESTION_BODY
from bench_processes import Bench, cpu_us_of
from bench_table import median, show

ROUNDS, SECONDS, AT_ONCE = 3, 2.0, 64
WAYS = (
    ("one at a time, seals alone", "pool", 1, 4_000),
    (f"{AT_ONCE} at once, seals alone", "pool", AT_ONCE, 9_000),
    (f"{AT_ONCE} at once, seals as they gather", "sealer", AT_ONCE, 0),
)
COLUMNS = ("what", "generator", "seals' batch", "exchanges/s", "worker µs", "ledger µs", "per core/s", "of nginx")


@pytest.mark.timeout(200)
def test_hub(bench: Bench, tmp_path: Path, figures: dict[str, float]) -> None:
    measured: dict[str, list[dict[str, Any]]] = {what: [] for what, *_ in WAYS}
    proxied: list[tuple[float, float]] = []
    with bench.watching() as others:
        for _ in range(ROUNDS):  # interleaved: a noisy minute troubles every row alike
            for what, way, at_once, ready in WAYS:
                measured[what].append(_put_through(bench, way, at_once, ready))
            if bench_nginx.installed():
                proxied.append(_proxied(bench, tmp_path))
    nginx_us = median([cpu for cpu, _ in proxied]) if proxied else 0.0
    rows = [_row(what, way, measured[what], nginx_us) for what, way, *_ in WAYS]
    figures["worker"] = float(rows[1][4])
    if proxied:
        rate = median([rate for _, rate in proxied])
        rows.append(("nginx, mTLS to mTLS, judges nothing", "http", "", rate, nginx_us, "", 1e6 / nginx_us, 1.0))
    else:
        rows.append((f"nginx: {bench_nginx.ABSENT}", "http", "", "", "", "", "", ""))
    notes = [
        f"medians of {ROUNDS} times {SECONDS:.0f} s; µs: processor time each; per core/s: what that gives a core;",
        "exchanges/s: what came through beside generators and answering ends on this machine's cores",
        str(others),
    ]
    if "stages" in figures:
        stages, whole = figures["stages"], figures["worker"]
        notes.insert(
            2, f"of the second row {stages:.0f} µs are (a)'s stages, {whole - stages:.0f} µs link, TLS, loop, sockets"
        )
    title = "(b) the hub's processes per exchange, and nginx as a mutual-TLS reverse proxy"
    show(title, COLUMNS, rows, *notes)
    assert all(one["count"] and not one["refused"] for rounds in measured.values() for one in rounds)


def _put_through(bench: Bench, way: str, at_once: int, ready: int) -> dict[str, Any]:
    return bench.run(
        "bench_link.py",
        way=way,
        at_once=at_once,
        pool=ready,
        seconds=SECONDS,
        warm_s=0.5,
        keys=bench.nation.state.keys.folder,
        hub_port=bench.nation.hub_port,
        watch={"worker": bench.worker.pid, "ledger": bench.ledger.pid},
    )


def _row(what: str, way: str, rounds: list[dict[str, Any]], nginx_us: float) -> tuple[object, ...]:
    worker, ledger = (median([one["cpu_us"][who] / one["count"] for one in rounds]) for who in ("worker", "ledger"))
    rate = median([one["count"] / one["seconds"] for one in rounds])
    batch = median([one["batch"] for one in rounds])
    return what, way, batch, rate, worker, ledger, 1e6 / worker, nginx_us / worker if nginx_us else ""


def _proxied(bench: Bench, place: Path) -> tuple[float, float]:
    """CPU µs per request of the worker in front, and requests per second."""
    answer = "a" * len(ANSWER_BODY)
    with bench_nginx.proxy(bench, place, answer) as (port, pid):
        settings = {
            "port": port,
            "path": "/",
            "body": "q" * len(QUESTION_BODY),
            "connections": bench_nginx.CONNECTIONS,
            "warm": 200,
            "tls": bench_nginx.tls_of(bench.nation.state.keys),
        }
        before = cpu_us_of(pid)
        done = bench.run("bench_http.py", way="closed", seconds=SECONDS, **settings)
        assert set(done["statuses"]) == {"200"}
        return (cpu_us_of(pid) - before) / done["count"], done["count"] / done["seconds"]
