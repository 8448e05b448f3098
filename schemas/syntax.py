"""What is wrong with a file that is no TOML or JSON: the reference parser's word first, then other broken lines.

Promises: an empty list exactly when the reference parser takes the file; never an exception.
Sources: TOML 1.0.0; RFC 8259, whose section 4 lets a member repeat: here a repeated member is an error.
"""

import json
import re
import tomllib
from collections.abc import Iterator
from typing import NamedTuple, NoReturn

from tree_sitter import Node

from schemas.places import MAX_DEPTH, Index, Place, Syntax


class SyntaxMistake(NamedTuple):
    """One reason why a file is not TOML or JSON: place, rule name, sentences for people."""

    line: int
    column: int
    rule: str
    message_vi: str
    message_en: str


# Strings of both languages and TOML's comments are stepped over; what is left are brackets that nest.
_NESTING = re.compile(
    r'''"""(?:\\.|[^\\])*?"""|"(?:\\.|[^"\\\n])*"|\'{3}.*?\'{3}|\'[^\'\n]*\'|\#[^\n]*|[\[{]|[\]}]''', re.DOTALL
)


def first_too_deep(text: str) -> SyntaxMistake | None:
    """Where brackets nest deeper than any reader should follow, if they do."""
    depth = 0
    for match in _NESTING.finditer(text):
        found = match[0]
        if found in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                return _too_deep(_end(text[: match.start()]))
        elif found in "]}":
            depth -= 1
    return None


def syntax_errors(text: str, syntax: Syntax, index: Index, root: Node) -> list[SyntaxMistake]:
    """Every syntax error of a walked file."""
    if index.too_deep is not None:
        return [_too_deep(index.too_deep)]
    first = _toml_error(text) if syntax == "toml" else _json_error(text)
    if first is None:
        return [_repeated(place) for place in index.repeated]
    # The reference parser stops at its first error; the tree knows the other lines that do not parse.
    others = {index.place(node) for node in _broken(root)}
    return [first, *(_syntax(syntax, place, "") for place in others if place.line != first.line)]


def _broken(root: Node) -> Iterator[Node]:
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if node.is_error or node.is_missing:
            yield node
        elif node.has_error:
            waiting.extend(node.children)


_TOML_PLACE = re.compile(r"^(?P<what>.*) \(at (?:line (?P<line>\d+), column (?P<column>\d+)|end of document)\)$")


def _toml_error(text: str) -> SyntaxMistake | None:
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        match = _TOML_PLACE.match(str(error))
        if match is None:
            return _syntax("toml", Place(1, 1), str(error))
        line = match["line"]
        return _syntax("toml", Place(int(line), int(match["column"])) if line else _end(text), match["what"])
    except ValueError as error:
        # Not a syntax error to tomllib: an integer of more digits than Python converts.
        return _syntax("toml", Place(1, 1), str(error))
    except RecursionError:
        return _too_deep(Place(1, 1))
    return None


def _json_error(text: str) -> SyntaxMistake | None:
    try:
        json.loads(text, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        return _syntax("json", Place(error.lineno, error.colno), error.msg)
    except ValueError as error:
        return _syntax("json", Place(1, 1), str(error))
    except RecursionError:
        return _too_deep(Place(1, 1))
    return None


def _refuse_constant(_name: str) -> NoReturn:
    raise ValueError("NaN and Infinity are no JSON numbers")


def _end(text: str) -> Place:
    last = text.rfind("\n")
    return Place(text.count("\n") + 1, len(text) - last)


def _syntax(syntax: Syntax, place: Place, what: str) -> SyntaxMistake:
    name, detail = syntax.upper(), f": {what}" if what else ""
    return SyntaxMistake(*place, f"{syntax}-syntax", f"Sai cú pháp {name}{detail}", f"Not valid {name}{detail}")


def _repeated(place: Place) -> SyntaxMistake:
    return SyntaxMistake(
        *place,
        "json-repeated-member",
        "Tên trường bị lặp lại",
        "This member is already set in the same object",
    )


def _too_deep(place: Place) -> SyntaxMistake:
    vi, en = f"Lồng nhau quá {MAX_DEPTH} tầng", f"Nested deeper than {MAX_DEPTH} levels"
    return SyntaxMistake(*place, "too-deep", vi, en)


def not_utf8(data: bytes, offset: int) -> SyntaxMistake:
    """The file is no text from ``offset`` on."""
    before = data[:offset].decode("utf-8")
    return SyntaxMistake(*_end(before), "not-utf-8", "Tệp không phải UTF-8", "The file is not UTF-8 text")
