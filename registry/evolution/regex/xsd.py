r"""Patterns as XML Schema 1.0 has them: the whole text must match.

Promises: the same texts as XML Schema 1.0 part 2, appendix F, over the characters of XML 1.0; ``^`` and ``$`` stand for
themselves. ``\i`` and ``\c`` follow XML 1.0 second edition, which that appendix names.
Leaves out: white space handling, which comes before a pattern and is the type's affair.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from registry.evolution.regex.charset import XML, CharSet, char_set, chars
from registry.evolution.regex.cursor import Cursor
from registry.evolution.regex.errors import PatternSyntaxError, PatternUnsupportedError
from registry.evolution.regex.names import NAME_CHARACTERS, NAME_STARTS
from registry.evolution.regex.properties import category, xsd_property
from registry.evolution.regex.tree import One, Tree, either, repeat, row

if TYPE_CHECKING:
    from collections.abc import Iterable

_LINE_ENDS: Final = chars("\n\r")
_SPACES: Final = chars(" \t\n\r")
_SINGLE: Final = {"n": "\n", "r": "\r", "t": "\t", **{char: char for char in "\\|.?*+(){}-[]^"}}


def read(cursor: Cursor) -> Tree:
    """The texts that match a pattern.

    Raises:
        PatternUnsupportedError: ``block`` (unknown), ``too-deep``, ``too-long``, ``count-too-large``;
            ``PatternSyntaxError`` where it is no pattern.
    """
    found = _branches(cursor)
    if cursor.next:
        raise PatternSyntaxError(cursor.at)
    return found


def _branches(cursor: Cursor) -> Tree:
    found = [_branch(cursor)]
    while cursor.eat("|"):
        found.append(_branch(cursor))
    return either(*found)


def _branch(cursor: Cursor) -> Tree:
    found: list[Tree] = []
    while cursor.next and cursor.next not in "|)":
        atom = _group(cursor) if cursor.eat("(") else One(_character(cursor))
        times = cursor.times()
        found.append(atom if times is None else repeat(atom, *times))
    return row(*found)


def _group(cursor: Cursor) -> Tree:
    cursor.deeper(1)
    found = _branches(cursor)
    cursor.expect(")")
    cursor.deeper(-1)
    return found


def _character(cursor: Cursor) -> CharSet:
    at = cursor.at
    char = cursor.take()
    if char == ".":
        return XML - _LINE_ENDS
    if char == "\\":
        return _escape(cursor)
    if char == "[":
        return _class(cursor)
    if char in "?*+{}]":
        raise PatternSyntaxError(at)
    return chars(char) & XML


def _class(cursor: Cursor) -> CharSet:
    """A class, after its bracket: a group, negated or not, less another class or not."""
    negated = cursor.eat("^")
    found: list[CharSet] = []
    less = CharSet(())
    while not (found and cursor.eat("]")):
        if found and cursor.eat("-["):
            cursor.deeper(1)
            less = _class(cursor)
            cursor.deeper(-1)
            cursor.expect("]")
            break
        found.append(_range(cursor))
    whole = cursor.joined(found)
    return ((XML - whole) if negated else whole) - less


def _range(cursor: Cursor) -> CharSet:
    at = cursor.at
    low, is_single = _member(cursor)
    if not is_single or cursor.next != "-" or cursor.pattern[cursor.at + 1 : cursor.at + 2] in {"]", "["}:
        return low
    cursor.expect("-")
    high, is_also_single = _member(cursor)
    if not is_also_single or not low or not high or high.ranges[0] < low.ranges[0]:
        raise PatternSyntaxError(at)
    return char_set([(low.ranges[0][0], high.ranges[0][0])]) & XML


def _member(cursor: Cursor) -> tuple[CharSet, bool]:
    """A member of a class, and whether it is one character."""
    at = cursor.at
    char = cursor.take()
    if char == "\\":
        return _escape(cursor), cursor.pattern[at + 1] in _SINGLE
    if char in "[]":
        raise PatternSyntaxError(at)
    return chars(char) & XML, True


def _escape(cursor: Cursor) -> CharSet:
    at = cursor.at - 1
    char = cursor.take()
    if char in _SINGLE:
        return chars(_SINGLE[char])
    if char in "pP":
        cursor.expect("{")
        found = xsd_property(cursor.until("}"))
        if found is None:
            raise PatternUnsupportedError("block", at)
        cursor.budget.spend(len(found.ranges), "pattern")
        return (XML - found) if char == "P" else found & XML
    named = _named(char.lower())
    if named is None:
        raise PatternSyntaxError(at)
    cursor.budget.spend(len(named.ranges), "pattern")
    return (XML - named) if char.isupper() else named & XML


def _named(char: str) -> CharSet | None:
    if char == "s":
        return _SPACES
    if char == "i":
        return NAME_STARTS
    if char == "c":
        return NAME_CHARACTERS
    if char == "d":
        return _categories(("Nd",))
    if char == "w":
        return XML - _categories("PZC")
    return None


def _categories(names: Iterable[str]) -> CharSet:
    return char_set(one for name in names for one in (category(name) or XML).ranges)
