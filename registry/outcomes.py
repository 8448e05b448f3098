"""From a plan to its end: what to ask next, and what the answers amount to.

Promises that an alternative is asked only when the one before it has failed (least data), that one question serves
every need it can, and that each requirement ends as ``Evidence`` or as a ``Gap`` that says why. Leaves out asking, and
judging whether a name fits its person (``bus.node``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from registry.procedures import GapReason

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from registry.model import Agreement, Condition, Requirement, Scalar
    from registry.procedures import Need, Plan, Source, Wanted

# What to say when alternatives failed for different reasons: first what an official or time can still mend.
_WEIGHT: Final = (
    GapReason.MISMATCH,
    GapReason.SEVERAL_MATCHES,
    GapReason.PROVIDER_DOWN,
    GapReason.OUTCOME_UNKNOWN,
    GapReason.NOT_ASKED,
    GapReason.REFUSED,
    GapReason.BAD_ANSWER,
    GapReason.NO_MATCH,
    GapReason.NO_AGREEMENT,
    GapReason.NO_PROVIDER,
    GapReason.CITIZEN_MUST_SUPPLY,
)


@dataclass(frozen=True, slots=True)
class Found:
    """An answer that passed every check.

    Attributes:
        exchange: id of the exchange, whose receipt proves it.
        as_of_ms: how old the provider says the data is.
    """

    body: object
    exchange: str
    as_of_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Failed:
    """Why there is no answer; ``code`` is the problem's number where there was one."""

    reason: GapReason
    exchange: str | None = None
    code: int | None = None


Outcome = Found | Failed


@dataclass(frozen=True, slots=True)
class Ask:
    """One question to put, about one role, for every evidence type that it can serve.

    Attributes:
        serves: keys under which its outcome is to be recorded.
        terms: all terms needed, to be named as the question's fields.
    """

    role: str
    service: str
    operation: str
    agreement: Agreement
    terms: frozenset[str]
    question: Mapping[str, Scalar]
    safe: bool
    timeout_ms: int
    serves: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Piece:
    """One evidence type that was found, and where."""

    evidence: str
    service: str
    operation: str
    terms: frozenset[str]
    found: Found


@dataclass(frozen=True, slots=True)
class Evidence:
    """A requirement that data meets; the papers named need not be brought."""

    requirement: Requirement
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Missing:
    """One evidence type that was not had: from whom, and why."""

    evidence: str
    service: str | None
    reason: GapReason
    exchange: str | None = None
    code: int | None = None


@dataclass(frozen=True, slots=True)
class Gap:
    """A requirement left to the citizen; ``details`` names every evidence type that was tried or could not be."""

    requirement: Requirement
    reason: GapReason
    details: tuple[Missing, ...]


def next_asks(plan: Plan, outcomes: Mapping[str, Outcome]) -> tuple[Ask, ...]:
    """The questions to put now, given what is known; empty when the plan is at its end.

    Ask them together, record each outcome under every key it ``serves``, and call again: alternatives follow only
    after a failure.
    """
    pending: dict[tuple[object, ...], list[tuple[Wanted, Source]]] = {}
    seen: set[str] = set()
    for need in plan.needs:
        for wanted in _open_choice(need, outcomes):
            if wanted.source is None or wanted.key in outcomes or wanted.key in seen:
                continue
            seen.add(wanted.key)
            source = wanted.source
            same = (wanted.role, source.service, source.operation, tuple(sorted(source.question.items(), key=repr)))
            pending.setdefault(same, []).append((wanted, source))
    return tuple(_ask(group) for group in pending.values())


def conclude(plan: Plan, outcomes: Mapping[str, Outcome]) -> tuple[Evidence | Gap, ...]:
    """What each need came to; whatever has no outcome counts as not asked."""
    return tuple(_conclude(need, outcomes) for need in plan.needs)


def fill_question(question: Mapping[str, Scalar], facts: Mapping[str, str | None]) -> dict[str, Scalar]:
    """The question's body: ``$subject.id``, ``$subject.name`` and ``$subject.birth`` replaced, unknown ones left out.

    Args:
        question: as the evidence provider declares it.
        facts: "id", "name" and "birth" of the subject, as far as known.
    """
    filled: dict[str, Scalar] = {}
    for name, value in question.items():
        if not isinstance(value, str) or not value.startswith("$subject."):
            filled[name] = value
        elif (fact := facts.get(value.removeprefix("$subject."))) is not None:
            filled[name] = fact
    return filled


def _open_choice(need: Need, outcomes: Mapping[str, Outcome]) -> tuple[Wanted, ...]:
    """The first alternative that has not failed yet; none when one is met or all failed."""
    for choice in () if need.only_citizen else need.feasible:
        if not any(_failure(wanted, outcomes) for wanted in choice if wanted.key in outcomes):
            return choice
    return ()


def _ask(group: list[tuple[Wanted, Source]]) -> Ask:
    wanted, source = group[0]
    return Ask(
        role=wanted.role,
        service=source.service,
        operation=source.operation,
        agreement=source.agreement,
        terms=frozenset[str]().union(*(each.terms for each, _ in group)),
        question=source.question,
        safe=source.safe,
        timeout_ms=source.timeout_ms,
        serves=tuple(each.key for each, _ in group),
    )


def _conclude(need: Need, outcomes: Mapping[str, Outcome]) -> Evidence | Gap:
    if need.only_citizen:
        return Gap(need.requirement, GapReason.CITIZEN_MUST_SUPPLY, ())
    for choice in need.feasible:
        if not any(_failure(wanted, outcomes) for wanted in choice):
            return Evidence(need.requirement, tuple(_pieces(choice, outcomes)))
    missing: dict[str, Missing] = {}
    for wanted in (wanted for choice in need.choices for wanted in choice):
        if failure := _failure(wanted, outcomes):
            missing[wanted.key] = failure
    reasons = {row.reason for row in missing.values()}
    return Gap(need.requirement, next(r for r in _WEIGHT if r in reasons), tuple(missing.values()))


def _pieces(choice: tuple[Wanted, ...], outcomes: Mapping[str, Outcome]) -> Iterator[Piece]:
    for wanted in choice:
        found, source = outcomes[wanted.key], wanted.source
        if isinstance(found, Found) and source is not None:
            yield Piece(wanted.evidence, source.service, source.operation, wanted.terms, found)


def _failure(wanted: Wanted, outcomes: Mapping[str, Outcome]) -> Missing | None:
    """Why this evidence is not had, or None when it is."""
    if wanted.source is None:
        return Missing(wanted.evidence, None, wanted.reason or GapReason.NO_PROVIDER)
    service, outcome = wanted.source.service, outcomes.get(wanted.key)
    if outcome is None:
        return Missing(wanted.evidence, service, GapReason.NOT_ASKED)
    if isinstance(outcome, Failed):
        return Missing(wanted.evidence, service, outcome.reason, outcome.exchange, outcome.code)
    if not _met(wanted.source.condition, outcome.body):
        return Missing(wanted.evidence, service, GapReason.NO_MATCH, outcome.exchange)
    return None


def _met(condition: Condition | None, body: object) -> bool:
    """Follow the JSON pointer (RFC 6901); what is not there meets nothing, and 1 is not true."""
    if condition is None:
        return True
    node = body
    for step in condition.pointer.split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        if isinstance(node, dict) and name in node:
            node = node[name]
        elif isinstance(node, list) and name.isdecimal() and int(name) < len(node):
            node = node[int(name)]
        else:
            return False
    return type(node) is type(condition.equals) and node == condition.equals
