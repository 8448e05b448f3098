"""What the law and operators ask of the ledger as a whole: four reports, each a plain list of rows.

Promises: computed from the search tables alone, so the same entries give the same report wherever the tables were made
(`lienthong audit report --from` makes them anew from raw entries); no row names a person; the period, the ledger's size
and the scope stand in the report. Leaves out: judging; a report counts and names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import accumulate
from typing import Any, Final, NamedTuple

import msgspec
import sqlalchemy as sa

from bus.audit.index import IndexStore, Sight
from bus.audit.tables import OVERRIDES, RECORDS
from schemas.problem_texts import slug
from schemas.problems import Code
from schemas.record import LeafType
from schemas.text import moment

SLOW_MS: Final = 250
"""An answer over this is slow; a provider is named as slow when over one in twenty of its answers is."""
_SLOW_SHARE: Final = 0.05
_SIDE: Final = RECORDS.alias("outcomes")
Rows = Iterator[dict[str, Any]]


class Span(NamedTuple):
    """What a report covers: records below `size`, of this period, within sight."""

    size: int
    now_ms: int
    since_ms: int | None = None
    until_ms: int | None = None
    sight: Sight = Sight()


class Report(msgspec.Struct, frozen=True):
    """A report with what it was made of."""

    report: str
    as_of: int
    since: str | None
    until: str | None
    rows: list[dict[str, Any]]


def make(name: str, index: IndexStore, span: Span) -> Report:
    """Make one report.

    Raises:
        KeyError: there is no such report.
    """
    work = REPORTS[name]
    since = None if span.since_ms is None else moment(span.since_ms)
    until = None if span.until_ms is None else moment(span.until_ms)
    with index.engine.connect() as connection:
        return Report(name, span.size, since, until, list(work(connection, span)))


def _unanswered(connection: sa.Connection, span: Span) -> Rows:
    """Per provider: questions without outcome, refused ones and faults, by reason, with the oldest's age."""
    settled = sa.exists().where(_SIDE.c.asked == RECORDS.c.idx, _SIDE.c.idx < span.size)
    waiting = (
        sa.select(RECORDS.c.provider, sa.null().label("outcome"), sa.null().label("code"), *_counted())
        .where(RECORDS.c.type == int(LeafType.ASKED), ~settled, *_within(span))
        .group_by(RECORDS.c.provider)
    )
    ended = (
        sa.select(RECORDS.c.provider, RECORDS.c.outcome, RECORDS.c.code, *_counted())
        .where(
            RECORDS.c.type == int(LeafType.OUTCOME),
            RECORDS.c.outcome.in_(("fault", "refused", "outcome-unknown")),
            *_within(span),
        )
        .group_by(RECORDS.c.provider, RECORDS.c.outcome, RECORDS.c.code)
    )
    found = [*connection.execute(waiting), *connection.execute(ended)]
    for row in sorted(found, key=lambda row: (row.provider or "", row.outcome or "", row.code or 0)):
        yield {
            "provider": row.provider,
            "outcome": row.outcome or "none-yet",
            "code": row.code,
            "reason": slug(Code(row.code)) if row.code else None,
            "count": row.many,
            "oldest": moment(row.first_ms),
            "newest": moment(row.last_ms),
            "oldest_age_s": max(0, span.now_ms - row.first_ms) // 1000,
        }


def _latency(connection: sa.Connection, span: Span) -> Rows:
    """Per provider and service: answers, their time between asked and outcome, and who is slow."""
    statement = (
        sa.select(RECORDS.c.provider, RECORDS.c.service, RECORDS.c.latency_ms, sa.func.count().label("many"))
        .where(RECORDS.c.outcome == "answered", RECORDS.c.latency_ms.is_not(None), *_within(span))
        .group_by(RECORDS.c.provider, RECORDS.c.service, RECORDS.c.latency_ms)
        .order_by(RECORDS.c.provider, RECORDS.c.service, RECORDS.c.latency_ms)
    )
    services: dict[tuple[str, str], list[tuple[int, int]]] = {}
    for row in connection.execute(statement):
        services.setdefault((row.provider, row.service), []).append((row.latency_ms, row.many))
    for (provider, service), times in services.items():
        count = sum(many for _, many in times)
        slow = sum(many for ms, many in times if ms > SLOW_MS)
        yield {
            "provider": provider,
            "service": service,
            "answers": count,
            "mean_ms": round(sum(ms * many for ms, many in times) / count, 1),
            "p50_ms": _quantile(times, count, 50),
            "p95_ms": _quantile(times, count, 95),
            "p99_ms": _quantile(times, count, 99),
            "most_ms": times[-1][0],
            "over_250_ms": slow,
            "slow": slow > count * _SLOW_SHARE,
        }


def _outside_dossier(connection: sa.Connection, span: Span) -> Rows:
    """Per consumer, service and purpose: questions asked outside any dossier; erased ones cannot tell."""
    statement = (
        sa.select(RECORDS.c.consumer, RECORDS.c.service, RECORDS.c.purpose, RECORDS.c.erased, *_counted())
        .where(RECORDS.c.type == int(LeafType.ASKED), RECORDS.c.dossier.is_(None), *_within(span))
        .group_by(RECORDS.c.consumer, RECORDS.c.service, RECORDS.c.purpose, RECORDS.c.erased)
        .order_by(RECORDS.c.consumer, RECORDS.c.service, RECORDS.c.purpose, RECORDS.c.erased)
    )
    for row in connection.execute(statement):
        yield {
            "consumer": row.consumer,
            "service": row.service,
            "purpose": row.purpose,
            "details": "erased" if row.erased else "kept",
            "count": row.many,
            "oldest": moment(row.first_ms),
            "newest": moment(row.last_ms),
        }


def _overrides(connection: sa.Connection, span: Span) -> Rows:
    """Per agency, reason and field: how often the guard against asking twice was passed."""
    columns = (RECORDS.c.consumer, OVERRIDES.c.reason, OVERRIDES.c.field)
    statement = (
        sa.select(*columns, *_counted())
        .select_from(sa.join(OVERRIDES, RECORDS, OVERRIDES.c.idx == RECORDS.c.idx))
        .where(*_within(span))
        .group_by(*columns)
        .order_by(*columns)
    )
    for row in connection.execute(statement):
        yield {
            "consumer": row.consumer,
            "reason": row.reason,
            "field": row.field,
            "count": row.many,
            "oldest": moment(row.first_ms),
            "newest": moment(row.last_ms),
        }


REPORTS: Final[Mapping[str, Callable[[sa.Connection, Span], Rows]]] = {
    "unanswered": _unanswered,
    "latency": _latency,
    "outside-dossier": _outside_dossier,
    "overrides": _overrides,
}


def _counted() -> tuple[sa.ColumnElement[Any], ...]:
    return (
        sa.func.count().label("many"),
        sa.func.min(RECORDS.c.time_ms).label("first_ms"),
        sa.func.max(RECORDS.c.time_ms).label("last_ms"),
    )


def _within(span: Span) -> list[sa.ColumnElement[bool]]:
    limits: list[sa.ColumnElement[bool]] = [RECORDS.c.idx < span.size]
    if span.since_ms is not None:
        limits.append(RECORDS.c.time_ms >= span.since_ms)
    if span.until_ms is not None:
        limits.append(RECORDS.c.time_ms < span.until_ms)
    agencies = span.sight.agencies
    if agencies is not None:
        limits.append(sa.or_(RECORDS.c.consumer.in_(agencies), RECORDS.c.provider.in_(agencies)))
    return limits


def _quantile(times: list[tuple[int, int]], count: int, percent: int) -> int:
    """The smallest time that at least `percent` of all did not exceed."""
    needed = -(-count * percent // 100)
    reached = zip(times, accumulate(many for _, many in times), strict=True)
    return next(ms for (ms, _), so_far in reached if so_far >= needed)
