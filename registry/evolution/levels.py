"""Compatibility levels: which versions a new one is compared with, in which direction, and the answers put together.

Promises: an answer speaks of old and new, whichever of the two wrote; whatever is not shown compatible is refused.
Leaves out: comparing two schemas (the formats), and who may change a level.
Source: the seven levels that schema registries share (facts of the peers: Confluent, Karapace, Apicurio).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeVar

from registry.evolution.verdict import Compatible, Finding, Incompatible, Place, Unknown, Verdict, Witness
from registry.model import Text

Version = TypeVar("Version")


class Level(StrEnum):
    """How far a new version may go, as clients write it."""

    NONE = "NONE"
    BACKWARD = "BACKWARD"
    BACKWARD_TRANSITIVE = "BACKWARD_TRANSITIVE"
    FORWARD = "FORWARD"
    FORWARD_TRANSITIVE = "FORWARD_TRANSITIVE"
    FULL = "FULL"
    FULL_TRANSITIVE = "FULL_TRANSITIVE"


class Direction(StrEnum):
    """Who wrote the documents that the other must accept."""

    BACKWARD = "BACKWARD"
    """The old schema's writers; the new one reads."""
    FORWARD = "FORWARD"
    """The new schema's writers; the old one reads."""


_BOTH: Final = (Direction.BACKWARD, Direction.FORWARD)


def directions(level: Level) -> tuple[Direction, ...]:
    """In which directions a level compares; none for ``NONE``."""
    if level is Level.NONE:
        return ()
    first = level.value.partition("_")[0]
    return _BOTH if first == "FULL" else (Direction(first),)


def compared(level: Level, older: Sequence[Version]) -> tuple[Version, ...]:
    """With which of the older versions a level compares, newest first.

    Args:
        level: the level.
        older: every version that counts, oldest first.
    """
    if level is Level.NONE:
        return ()
    newest_first = tuple(reversed(older))
    return newest_first if level.value.endswith("_TRANSITIVE") else newest_first[:1]


@dataclass(frozen=True, slots=True)
class Difference:
    """One reason why two versions do not go together, told from old and new.

    Attributes:
        rule: stable and documented; see ``registry.evolution.verdict``.
        direction: whose documents are refused.
        old: the place in the older version.
        new: the place in the newer one.
        mend: what the author may do; None where nothing was decided.
        decided: False where the comparison gave up, which refuses too.
        spent: steps that an undecided comparison took.
    """

    rule: str
    direction: Direction
    old: Place
    new: Place
    said: Text
    mend: Text | None = None
    decided: bool = True
    spent: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """What is said of a new version against one older.

    Attributes:
        differences: why not; empty where the two go together.
        witness: a document that shows it.
        cautions: what changes the meaning and no document.
    """

    differences: tuple[Difference, ...] = ()
    witness: Witness | None = None
    cautions: tuple[Difference, ...] = ()

    @property
    def compatible(self) -> bool:
        """Whether the two go together."""
        return not self.differences


def turned(direction: Direction, verdict: Verdict) -> Answer:
    """A verdict on writer and reader, told from old and new."""
    match verdict:
        case Compatible(cautions):
            return Answer(cautions=tuple(_difference(direction, one) for one in cautions))
        case Incompatible(findings, witness):
            return Answer(tuple(_difference(direction, one) for one in findings), witness)
        case Unknown(rule, writer, reader, said, spent):
            old, new = _sides(direction, writer, reader)
            return Answer((Difference(rule, direction, old, new, said, None, decided=False, spent=spent),))


def joined(answers: Sequence[Answer]) -> Answer:
    """Several directions against one version as one answer; the first witness is kept."""
    return Answer(
        tuple(one for answer in answers for one in answer.differences),
        next((answer.witness for answer in answers if answer.witness is not None), None),
        tuple(one for answer in answers for one in answer.cautions),
    )


def _difference(direction: Direction, finding: Finding) -> Difference:
    old, new = _sides(direction, finding.writer, finding.reader)
    return Difference(finding.rule, direction, old, new, finding.said, finding.mend)


def _sides(direction: Direction, writer: Place, reader: Place) -> tuple[Place, Place]:
    return (writer, reader) if direction is Direction.BACKWARD else (reader, writer)
