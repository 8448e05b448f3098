"""What a node says of the machine that it runs on, in the form of X-Road's environmental monitoring.

Promises: few numbers, read when they are asked for, of this process and its machine; a number that the system does not
give is left out. Leaves out: lists of processes, packages and certificates, which X-Road's own servers give too.
Source: PR-ENVMONMES.
"""

from __future__ import annotations

import os
import platform
import resource
import statistics
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from bus.version import version
from schemas.text import moment

_VERSION: Final = version()
_OPEN_FILES: Final = Path("/proc/self/fd")


class Metric(NamedTuple):
    """One element: `stringMetric`, `numericMetric`, `histogramMetric` or `metricSet`."""

    kind: str
    values: tuple[tuple[str, str], ...]
    inner: tuple[Metric, ...] = ()


def metrics(server: str, wanted: frozenset[str], durations_ms: Sequence[int], now_ms: int) -> Metric:
    """All metrics, or those whose names are wanted."""
    system = tuple(one for one in _system(durations_ms, now_ms) if not wanted or one.values[0][1] in wanted)
    inner: tuple[Metric, ...] = ()
    if not wanted or "proxyVersion" in wanted:
        inner = (_text("proxyVersion", f"lienthong-{_VERSION}"),)
    if system:
        inner += (Metric("metricSet", (("name", "systemMetrics"),), system),)
    return Metric("metricSet", (("name", server),), inner or (_text("proxyVersion", f"lienthong-{_VERSION}"),))


def _system(durations_ms: Sequence[int], now_ms: int) -> Iterator[Metric]:
    yield _text("OperatingSystem", f"{platform.system()} {platform.release()}")
    page = os.sysconf("SC_PAGE_SIZE")
    yield _number("TotalPhysicalMemory", page * os.sysconf("SC_PHYS_PAGES"))
    yield _number("FreePhysicalMemory", page * os.sysconf("SC_AVPHYS_PAGES"))
    yield _number("ProcessMemory", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
    yield _number("MaxFileDescriptorCount", resource.getrlimit(resource.RLIMIT_NOFILE)[0])
    if _OPEN_FILES.is_dir():
        yield _number("OpenFileDescriptorCount", sum(1 for _ in _OPEN_FILES.iterdir()))
    if durations_ms:
        yield _histogram("RequestDuration", durations_ms, now_ms)


def _text(name: str, value: str) -> Metric:
    return Metric("stringMetric", (("name", name), ("value", value)))


def _number(name: str, value: float) -> Metric:
    return Metric("numericMetric", (("name", name), ("value", str(value))))


def _histogram(name: str, numbers: Sequence[int], now_ms: int) -> Metric:
    values = {
        "min": min(numbers),
        "max": max(numbers),
        "mean": statistics.fmean(numbers),
        "median": statistics.median(numbers),
        "stddev": statistics.pstdev(numbers),
    }
    shown = ((key, f"{value:.3f}") for key, value in values.items())
    return Metric("histogramMetric", (("name", name), ("updated", moment(now_ms)), *shown))
