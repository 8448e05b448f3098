r"""Patterns as JSON Schema has them: ECMA-262 with the flag ``u``, found anywhere in the text.

Promises: the same texts as ECMA-262 (2024) §22.2, code point by code point. More is taken than the flag ``u`` allows
where the meaning is plain: an escaped punctuation mark (``\_``, ``\-``), a lone ``]`` or ``}``, a hyphen beside a class
(``[\w-.]``).
Leaves out, by the rule of the refusal: ``lookaround`` (save for looking ahead from the very start: ``^(?=…)(?!…)``),
``back-reference``, ``word-boundary``, ``modifier``, ``unicode-property`` (scripts and binary properties),
``anchor-in-repetition``, ``too-deep``, ``too-long``, ``count-too-large``.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final, NamedTuple

from registry.evolution.regex.anchors import END, START, Pieces, any_of, in_a_row, repeated, searched
from registry.evolution.regex.charset import EVERY, LAST, CharSet, char_set, chars
from registry.evolution.regex.cursor import Cursor
from registry.evolution.regex.errors import PatternSyntaxError, PatternUnsupportedError
from registry.evolution.regex.properties import category, ecma_property
from registry.evolution.regex.tree import One, Tree

if TYPE_CHECKING:
    from collections.abc import Iterator

_DIGIT: Final = chars("0123456789")
_WORD: Final = char_set([(0x30, 0x39), (0x41, 0x5A), (0x5F, 0x5F), (0x61, 0x7A)])
_LINE_ENDS: Final = chars("\n\r\u2028\u2029")
_SPACES: Final = chars("\t\n\v\f\r\u00a0\ufeff\u2028\u2029")
_CONTROL: Final = {"t": 9, "n": 10, "v": 11, "f": 12, "r": 13}
_SUPPLEMENTARY: Final = 0x10000
_HEX: Final = frozenset("0123456789abcdefABCDEF")


class Ahead(NamedTuple):
    """A text that must be (or, negated, must not be) among these."""

    tree: Tree
    negated: bool


class Found(NamedTuple):
    """The texts in which a pattern is found: those of the tree that pass what looks ahead."""

    tree: Tree
    ahead: tuple[Ahead, ...] = ()


def read(cursor: Cursor) -> Found:
    """The texts in which a pattern is found.

    Raises:
        PatternUnsupportedError: see above; ``PatternSyntaxError`` where it is no pattern.
    """
    ahead = tuple(_ahead(cursor)) if cursor.pattern.startswith(("^(?=", "^(?!")) else ()
    pieces = in_a_row([START, _terms(cursor)]) if ahead else _alternatives(cursor)
    if ahead and cursor.next == "|":
        raise PatternUnsupportedError("lookaround", cursor.at)
    if cursor.next:
        raise PatternSyntaxError(cursor.at)
    return Found(searched(pieces), ahead)


def _ahead(cursor: Cursor) -> Iterator[Ahead]:
    """What looks ahead from the very start of the text: there it is an intersection."""
    cursor.expect("^")
    while cursor.pattern.startswith(("(?=", "(?!"), cursor.at):
        negated = cursor.pattern[cursor.at + 2] == "!"
        cursor.at += 3
        cursor.deeper(1)
        pieces = _alternatives(cursor)
        cursor.expect(")")
        cursor.deeper(-1)
        yield Ahead(searched(in_a_row([START, pieces])), negated)


def _alternatives(cursor: Cursor) -> Pieces:
    found = [_terms(cursor)]
    while cursor.eat("|"):
        found.append(_terms(cursor))
    return any_of(found)


def _terms(cursor: Cursor) -> Pieces:
    found: list[Pieces] = []
    while cursor.next and cursor.next not in "|)":
        found.append(_term(cursor))
    return in_a_row(found)


def _term(cursor: Cursor) -> Pieces:
    at = cursor.at
    if cursor.eat("^"):
        return START
    if cursor.eat("$"):
        return END
    atom = _group(cursor) if cursor.eat("(") else Pieces(One(_character(cursor)))
    times = cursor.times()
    if times is None:
        return atom
    # greedy or lazy: the same texts
    cursor.eat("?")
    return repeated(atom, *times, at)


def _group(cursor: Cursor) -> Pieces:
    at = cursor.at - 1
    if cursor.eat("?"):
        if cursor.next in {"=", "!"} or cursor.pattern.startswith(("<=", "<!"), cursor.at):
            raise PatternUnsupportedError("lookaround", at)
        if cursor.eat("<"):
            if not cursor.until(">"):
                raise PatternSyntaxError(at)
        elif not cursor.eat(":"):
            raise PatternUnsupportedError("modifier", at)
    cursor.deeper(1)
    found = _alternatives(cursor)
    cursor.expect(")")
    cursor.deeper(-1)
    return found


def _character(cursor: Cursor) -> CharSet:
    """One character of the pattern outside a class, as the set that it stands for."""
    at = cursor.at
    char = cursor.take()
    if char == ".":
        return EVERY - _LINE_ENDS
    if char == "[":
        return _class(cursor)
    if char == "\\":
        if cursor.next in {"b", "B"}:
            raise PatternUnsupportedError("word-boundary", at)
        if cursor.next in set("k123456789"):
            raise PatternUnsupportedError("back-reference", at)
        return _escape(cursor)
    if char in "*+?{":
        raise PatternSyntaxError(at)
    return chars(char)


def _class(cursor: Cursor) -> CharSet:
    """A class, after its bracket."""
    negated = cursor.eat("^")
    found: list[CharSet] = []
    while not cursor.eat("]"):
        found += _range(cursor)
    whole = cursor.joined(found)
    return ~whole if negated else whole


def _range(cursor: Cursor) -> list[CharSet]:
    """A member of a class: one character, a named set, or a range."""
    low = _member(cursor)
    at = cursor.at
    if not cursor.eat("-"):
        return [low]
    if cursor.next == "]":
        return [low, chars("-")]
    high = _member(cursor)
    first, last = _code(low), _code(high)
    if first is None or last is None:
        return [low, chars("-"), high]
    if last < first:
        raise PatternSyntaxError(at)
    return [char_set([(first, last)])]


def _code(one: CharSet) -> int | None:
    """The code point where the set is a single character."""
    return one.ranges[0][0] if len(one.ranges) == 1 and one.ranges[0][0] == one.ranges[0][1] else None


def _member(cursor: Cursor) -> CharSet:
    char = cursor.take()
    if char != "\\":
        return chars(char)
    return chars("\b") if cursor.eat("b") else _escape(cursor)


def _escape(cursor: Cursor) -> CharSet:
    """What stands after a backslash."""
    at = cursor.at - 1
    char = cursor.take()
    if char in "dDwWsS":
        named = {"d": _DIGIT, "w": _WORD}.get(char.lower()) or _white()
        return ~named if char.isupper() else named
    if char in "pP":
        return _property(cursor, negated=char == "P", at=at)
    if char == "u":
        return _unicode(cursor)
    return chars(chr(_escaped_code(cursor, char, at)))


def _escaped_code(cursor: Cursor, char: str, at: int) -> int:
    """The one character that an escape names."""
    if char in _CONTROL:
        return _CONTROL[char]
    if char == "c" and cursor.next.isascii() and cursor.next.isalpha():
        return ord(cursor.take()) % 32
    if char == "0" and not cursor.next.isdigit():
        return 0
    if char == "x":
        return _hex(cursor, 2)
    if char.isascii() and not char.isalnum():
        return ord(char)
    raise PatternSyntaxError(at)


@cache
def _white() -> CharSet:
    return _SPACES | (category("Zs") or _SPACES)


def _property(cursor: Cursor, *, negated: bool, at: int) -> CharSet:
    cursor.expect("{")
    found = ecma_property(cursor.until("}"))
    if found is None:
        raise PatternUnsupportedError("unicode-property", at)
    cursor.budget.spend(len(found.ranges), "pattern")
    return ~found if negated else found


def _unicode(cursor: Cursor) -> CharSet:
    r"""``\u`` with four digits, two such for one character beyond the first plane, or ``\u{...}``."""
    if cursor.eat("{"):
        code = _number(cursor, cursor.until("}"))
        return char_set([(code, code)])
    code = _hex(cursor, 4)
    if 0xD800 <= code <= 0xDBFF and cursor.pattern.startswith("\\u", cursor.at):  # noqa: PLR2004 - high surrogates
        back = cursor.at
        cursor.at += 2
        low = _hex(cursor, 4) if cursor.next != "{" else 0
        if 0xDC00 <= low <= 0xDFFF:  # noqa: PLR2004 - low surrogates
            return chars(chr(_SUPPLEMENTARY + ((code - 0xD800) << 10) + low - 0xDC00))
        cursor.at = back
    return char_set([(code, code)])


def _hex(cursor: Cursor, digits: int) -> int:
    return _number(cursor, "".join(cursor.take() for _ in range(digits)))


def _number(cursor: Cursor, digits: str) -> int:
    if not digits or not set(digits) <= _HEX or len(digits.lstrip("0")) > len(f"{LAST:x}") or int(digits, 16) > LAST:
        raise PatternSyntaxError(cursor.at)
    return int(digits, 16)
