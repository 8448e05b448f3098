"""How figures are shown: plain tables on standard output, and the statistics that stand in them."""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path


def show(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]], *notes: str) -> None:
    """Print one table: the first column is text, the others are figures."""
    cells = [[_cell(value) for value in row] for row in rows]
    widths = [max(len(row[at]) for row in [list(columns), *cells]) for at in range(len(columns))]
    lines = [f"\n\n{title}", "  " + _line(columns, widths), "  " + "-" * (sum(widths) + 2 * (len(widths) - 1))]
    lines += ["  " + _line(row, widths) for row in cells]
    lines += [f"  {note}" for note in notes]
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


def median(values: Sequence[float]) -> float:
    """The middle one."""
    return statistics.median(values)


def percentile(ordered: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` of all values do not exceed; `ordered` rises."""
    return ordered[min(len(ordered) - 1, max(0, -(-len(ordered) * share // 1).__int__() - 1))]


def fdatasync_ms(place: Path, times: int = 60) -> list[float]:
    """How long this disk takes to make 4 KiB durable, in milliseconds, rising: every durable record waits for it."""
    took = []
    file = place / "fdatasync"
    with file.open("wb", buffering=0) as out:
        for _ in range(times):
            out.write(b"x" * 4096)
            began = time.perf_counter()
            os.fdatasync(out.fileno())
            took.append((time.perf_counter() - began) * 1000)
            time.sleep(0.004)
    file.unlink()
    return sorted(took)


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 100 else f"{value:,.1f}" if abs(value) >= 1 else f"{value:.2f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    first, *others = (
        cell.ljust(width) if not at else cell.rjust(width)
        for at, (cell, width) in enumerate(zip(cells, widths, strict=True))
    )
    return "  ".join([first, *others]).rstrip()
