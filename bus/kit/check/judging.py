"""From facts to a result: each row of the checklist by its judge."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from bus.kit.check import judges_connection as connection
from bus.kit.check import judges_node as node
from bus.kit.check import judges_security as security
from bus.kit.check import judges_trouble as trouble
from bus.kit.check.checklist import Checklist, Row
from bus.kit.check.facts import Facts
from bus.kit.check.verdicts import Judged, Verdict

Judge = Callable[[Facts, Mapping[str, float]], Judged]
JUDGES: Final[Mapping[str, Judge]] = {
    judge.__name__.replace("_", "-"): judge
    for judge in (
        node.seal_key,
        node.seal_trial,
        node.seal_registered,
        node.answers_sealable,
        node.archive_opens,
        node.archive_closed,
        node.free_space,
        node.answer_fits,
        node.leaves_nothing,
        security.secrets_closed,
        security.no_secret_in_file,
        security.encrypted,
        security.tls_version,
        security.certificate_days,
        security.certificate_strength,
        security.impostor_refused,
        security.other_name_refused,
        security.hostile_text,
        security.errors_without_values,
        security.about_whom_asked,
        connection.reachable,
        connection.known_found,
        connection.answer_shape,
        connection.operations_complete,
        connection.nobody_found,
        connection.malformed_refused,
        connection.codes_mapped,
        connection.lists_bounded,
        trouble.size_bounded,
        trouble.stalled,
        trouble.slow,
        trouble.cut,
        trouble.truncated,
        trouble.nobody_listens,
        trouble.recovers,
        connection.at_once,
        trouble.connections_bounded,
        trouble.cancelled,
        trouble.clock,
        trouble.p95,
        trouble.p95_at_once,
        trouble.timeout_declared,
        trouble.room,
    )
}


class Line(NamedTuple):
    """One row with its verdict."""

    row: Row
    judged: Judged


class Result(NamedTuple):
    """A whole check."""

    checklist: Checklist
    lines: tuple[Line, ...]

    def count(self, verdict: Verdict) -> int:
        """How many rows stand so."""
        return sum(line.judged.verdict is verdict for line in self.lines)

    @property
    def verdict(self) -> Verdict:
        """Unmet where any row is; else not judged where any is; else met."""
        for one in (Verdict.UNMET, Verdict.NOT_JUDGED):
            if self.count(one):
                return one
        return Verdict.MET


def judge(checklist: Checklist, facts: Facts, budget_ms: float | None = None) -> Result:
    """Judge every row.

    Args:
        checklist: the version to judge by.
        facts: what was seen.
        budget_ms: another p95 for rows 5.1 and, twice it, 5.2.
    """
    lines = []
    for row in checklist.row:
        limits = dict(row.limits)
        if budget_ms is not None and "p95_ms" in limits:
            limits["p95_ms"] = budget_ms * (2 if row.judge == "p95-at-once" else 1)
        lines.append(Line(row, JUDGES[row.judge](facts, limits)))
    return Result(checklist, tuple(lines))
