"""Levels: which versions are compared, in which direction, and verdicts told from old and new."""

from __future__ import annotations

import pytest

from registry.evolution.levels import Answer, Direction, Level, compared, directions, joined, turned
from registry.evolution.verdict import Compatible, Finding, Incompatible, Place, Unknown, Witness
from registry.model import Text

WORDS = Text("chữ", "words")
FINDING = Finding("property-became-required", Place("/writer"), Place("/reader"), WORDS, WORDS)


@pytest.mark.parametrize(
    ("level", "older", "ways"),
    [
        (Level.NONE, (), ()),
        (Level.BACKWARD, (3,), (Direction.BACKWARD,)),
        (Level.BACKWARD_TRANSITIVE, (3, 2, 1), (Direction.BACKWARD,)),
        (Level.FORWARD, (3,), (Direction.FORWARD,)),
        (Level.FORWARD_TRANSITIVE, (3, 2, 1), (Direction.FORWARD,)),
        (Level.FULL, (3,), (Direction.BACKWARD, Direction.FORWARD)),
        (Level.FULL_TRANSITIVE, (3, 2, 1), (Direction.BACKWARD, Direction.FORWARD)),
    ],
)
def test_each_level_compares_its_versions_its_way(level: Level, older: tuple[int], ways: tuple[Direction]):
    assert compared(level, [1, 2, 3]) == older
    assert compared(level, []) == ()
    assert directions(level) == ways


def test_the_old_one_writes_backward_and_reads_forward():
    (back,) = turned(Direction.BACKWARD, Incompatible((FINDING,), None)).differences
    assert (back.old.pointer, back.new.pointer) == ("/writer", "/reader")
    (forth,) = turned(Direction.FORWARD, Incompatible((FINDING,), None)).differences
    assert (forth.old.pointer, forth.new.pointer) == ("/reader", "/writer")


def test_compatible_keeps_its_cautions_and_unknown_refuses():
    careful = turned(Direction.BACKWARD, Compatible((FINDING,)))
    assert careful.compatible
    assert careful.cautions[0].rule == "property-became-required"
    unknown = turned(Direction.FORWARD, Unknown("budget-spent", Place("/w"), Place("/r"), WORDS, 7))
    assert not unknown.compatible
    (why,) = unknown.differences
    assert (why.decided, why.spent, why.mend, why.old.pointer) == (False, 7, None, "/r")


def test_directions_are_joined_with_the_first_witness():
    first = turned(Direction.BACKWARD, Compatible())
    second = turned(Direction.FORWARD, Incompatible((FINDING, FINDING), Witness("{}")))
    both = joined([first, second])
    assert len(both.differences) == 2
    assert both.witness == Witness("{}")
    assert joined([]) == Answer()
