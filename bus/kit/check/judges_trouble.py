"""Judges of the group connection, once the connection is not well; of clocks; and of the group latency."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final, NamedTuple

from adapters.port import PeerFault
from bus.kit.check.facts import Asked, Ended, Facts
from bus.kit.check.relay import Way
from bus.kit.check.verdicts import NO_ANSWER, Judged, idle, met, unmet, untold

Limits = Mapping[str, float]
_NO_RELAY: Final = untold(
    "kết nối của loại này không dẫn qua trạm trung gian được", "this kind's connection cannot be led through the relay"
)
_NO_NETWORK: Final = idle("không có đường mạng", "there is no network in between")
_LOST: Final = frozenset({PeerFault.UNREACHABLE, PeerFault.BAD_ANSWER, PeerFault.TIMEOUT})


def _over(facts: Facts, way: Way) -> Judged | Ended:
    """How the question over that connection ended, or why none was asked."""
    if facts.endpoint is None:
        return _NO_NETWORK
    if not facts.known:
        return NO_ANSWER
    return facts.tampered.get(way) or _NO_RELAY


def _in_time(facts: Facts, way: Way, limits: Limits) -> Judged:
    ended = _over(facts, way)
    if isinstance(ended, Judged):
        return ended
    if ended.error is None:
        return unmet("vẫn trả lời", "it answered all the same")
    if ended.error.kind is not PeerFault.TIMEOUT:
        return unmet(f"không phải timeout: {ended.error}", f"not a time-out: {ended.error}")
    said = f"{ended.seconds:.2f} s / {ended.deadline_s:g} s"
    return met(said, said) if ended.seconds <= ended.deadline_s + limits["late_s"] else unmet(said, said)


def _is_lost(facts: Facts, way: Way) -> Judged:
    ended = _over(facts, way)
    if isinstance(ended, Judged):
        return ended
    if ended.error is None:
        return unmet("thành câu trả lời", "it became an answer")
    said = str(ended.error)
    return met(said, said) if ended.error.kind in _LOST else unmet(said, said)


def stalled(facts: Facts, limits: Limits) -> Judged:
    """A time-out, in time."""
    return _in_time(facts, Way.STALL, limits)


def slow(facts: Facts, limits: Limits) -> Judged:
    """The same for a connection that drips."""
    return _in_time(facts, Way.DRIP, limits)


def cut(facts: Facts, _limits: Limits) -> Judged:
    """A fault, and no answer."""
    return _is_lost(facts, Way.CUT)


def truncated(facts: Facts, _limits: Limits) -> Judged:
    """The same for a reply without its end."""
    return _is_lost(facts, Way.SHORTEN)


def nobody_listens(facts: Facts, _limits: Limits) -> Judged:
    """Unreachable, and a retry may help."""
    if facts.endpoint is None:
        return _NO_NETWORK
    ended = facts.nobody_listens
    if ended is None:
        return _NO_RELAY if facts.known else NO_ANSWER
    if ended.error is None or ended.error.kind is not PeerFault.UNREACHABLE or not ended.error.retry:
        said = str(ended.error or "answered")
        return unmet(said, said)
    return met("unreachable", "unreachable")


def recovers(facts: Facts, _limits: Limits) -> Judged:
    """The same adapter answers once the connection is well."""
    if facts.endpoint is None:
        return _NO_NETWORK
    ended = facts.after_trouble
    if ended is None:
        return _NO_RELAY if facts.known else NO_ANSWER
    if ended.error is not None:
        return unmet(f"còn hỏng: {ended.error}", f"still broken: {ended.error}")
    return met("trả lời lại được", "it answers again")


def size_bounded(facts: Facts, limits: Limits) -> Judged:
    """Reading stopped at the declared limit, give or take what was on its way."""
    endpoint = facts.endpoint
    if endpoint is None or endpoint.speaks == "postgresql":
        return idle("không có câu trả lời HTTP; xem 4.8", "there is no HTTP reply; see 4.8")
    if facts.flooded is None or not facts.flooded_bytes:
        return _NO_RELAY if facts.known else NO_ANSWER
    taken, most = facts.flooded_bytes // 1024, facts.max_answer_bytes // 1024
    said = (f"ngừng sau {taken} KiB, giới hạn {most}", f"stopped after {taken} KiB, the limit is {most}")
    refused = facts.flooded.error is not None and facts.flooded.error.kind is PeerFault.BAD_ANSWER
    return met(*said) if refused and taken <= most + limits["slack_kib"] else unmet(*said)


def connections_bounded(facts: Facts, _limits: Limits) -> Judged:
    """What the relay counted."""
    if facts.endpoint is None:
        return _NO_NETWORK
    if facts.most_connections is None:
        return _NO_RELAY if facts.known else NO_ANSWER
    said = f"{facts.most_connections} / {facts.concurrency}"
    return met(said, said) if facts.most_connections <= facts.concurrency else unmet(said, said)


def cancelled(facts: Facts, _limits: Limits) -> Judged:
    """A question after many given up is answered."""
    ended = facts.after_cancelling
    if ended is None:
        return NO_ANSWER
    if ended.error is not None:
        return unmet(f"bị chặn: {ended.error}", f"blocked: {ended.error}")
    return met("không ai bị chặn", "nobody is blocked")


def clock(facts: Facts, limits: Limits) -> Judged:
    """Replies' Date, and no data from the future."""
    now = datetime.now(UTC)
    ahead = [one.found.as_of for one in facts.known if one.found is not None and one.found.as_of is not None]
    if any((as_of - now).total_seconds() > limits["offset_s"] for as_of in ahead):
        return unmet("as_of ở tương lai", "as_of lies ahead")
    if facts.offsets_s:
        offset = statistics.median(facts.offsets_s)
        said = f"{offset:+.1f} s"
        return met(said, said) if abs(offset) <= limits["offset_s"] else unmet(said, said)
    if ahead:
        return met("as_of không ở tương lai", "as_of does not lie ahead")
    if facts.endpoint is None:
        return idle("hệ thống ở ngay máy này", "the system is on this machine")
    return untold("hệ thống không cho biết giờ", "the system does not say its time") if facts.asked else NO_ANSWER


class Figures(NamedTuple):
    """Milliseconds of measured calls."""

    calls: int
    p50_ms: float
    p95_ms: float
    max_ms: float

    def __str__(self) -> str:
        return f"n {self.calls}: p50 {self.p50_ms:.1f}, p95 {self.p95_ms:.1f}, max {self.max_ms:.1f} ms"


def figures(calls: Sequence[Asked]) -> Figures | None:
    """p50, p95 (nearest rank) and max; None without calls."""
    taken = sorted(one.seconds * 1000 for one in calls if one.found is not None)
    if not taken:
        return None
    rank = max(0, -(-95 * len(taken) // 100) - 1)
    return Figures(len(taken), statistics.median(taken), taken[rank], taken[-1])


def p95(facts: Facts, limits: Limits) -> Judged:
    """One by one."""
    return _within(figures(facts.measured), limits)


def p95_at_once(facts: Facts, limits: Limits) -> Judged:
    """At the declared concurrency; with a declared rate the waiting is the adapter's own."""
    if facts.per_second is not None:
        return idle("nhịp đã khai quyết định", "the declared rate decides")
    return _within(figures(facts.at_once), limits)


def _within(found: Figures | None, limits: Limits) -> Judged:
    if found is None:
        return NO_ANSWER
    if found.calls < limits.get("calls", 1):
        return untold(f"quá ít lượt đo: {found}", f"too few calls: {found}")
    said = f"{found}; ≤ {limits['p95_ms']:g} ms"
    return met(said, said) if found.p95_ms <= limits["p95_ms"] else unmet(said, said)


def timeout_declared(facts: Facts, limits: Limits) -> Judged:
    """No longer than the registry's shortest for these operations; else than the list's own figure."""
    most = limits["timeout_s"]
    if facts.service is not None:
        own = [one.timeout_ms / 1000 for name, one in facts.service.operations.items() if name in facts.operations]
        most = max(own, default=most)
    said = f"{facts.timeout_s:g} s ≤ {most:g} s"
    if facts.timeout_s <= most:
        return met(said, said)
    over = f"{facts.timeout_s:g} s > {most:g} s"
    return unmet(over, over)


def room(facts: Facts, limits: Limits) -> Judged:
    """The slowest measured call against a part of the declared time-out."""
    found = figures(facts.measured)
    if found is None:
        return NO_ANSWER
    most = facts.timeout_s * 1000 * limits["part"]
    said = f"max {found.max_ms:.1f} ms; ≤ {most:g} ms"
    return met(said, said) if found.max_ms <= most else unmet(said, said)
