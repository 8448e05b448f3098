"""How long good adapters take with a hung, a slow and a crashing provider beside them, and without.

Both are measured in turns, so that what else the machine does weighs on both; ratios are of the middle turns.
"""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from bench_table import median, percentile, show
from soak_kit import BAD, GOOD, soak
from wires import free_ports

if TYPE_CHECKING:
    from pathlib import Path

SECONDS = float(os.environ.get("LIENTHONG_BENCH_SOAK_S", "4"))
TURNS = 5


async def test_the_others_with_bad_ones_beside_them_and_without(tmp_path: Path):
    p50s, p99s = defaultdict[tuple[str, bool], list[float]](list), defaultdict[tuple[str, bool], list[float]](list)
    outcomes, died = defaultdict[str, Counter[str]](Counter), 0
    for turn in range(TURNS):
        for bad in (False, True):
            watched, deaths = await soak(tmp_path / f"{turn}-{bad}", SECONDS, free_ports(1), bad=bad)
            died += deaths
            for name, one in watched.items():
                took = sorted(one.took)
                p50s[name, bad].append(percentile(took, 0.5) * 1000)
                p99s[name, bad].append(percentile(took, 0.99) * 1000)
                outcomes[name].update(one.outcomes)
    rows = []
    for name in GOOD:
        p50, p99 = ([median(times[name, bad]) for bad in (False, True)] for times in (p50s, p99s))
        rows.append((name, *p50, p50[1] / p50[0], *p99, p99[1] / p99[0]))
    show(
        f"Good adapters without and with bad ones beside them: the middle of {TURNS} turns of {SECONDS:.0f} s (ms)",
        ("adapter", "p50", "p50 with", "ratio", "p99", "p99 with", "ratio"),
        rows,
        *(f"{name}: {dict(outcomes[name])}" for name in (*GOOD, *BAD)),
        f"the crashing system died {died} times",
    )
