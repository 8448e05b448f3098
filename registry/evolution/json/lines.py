"""Lines of a JSON text: of the value at a path, of a name that repeats, of a word that a reader refuses.

Promises one pass over the text, whatever its shape (a schema may be one line of a megabyte). The text is one
that ``json`` has taken, or has refused for the reason that is looked for.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

_WORD: Final = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[\[\]{},:]|[^\s\[\]{},:"]++', re.DOTALL)


class _Word(NamedTuple):
    """A name or a value: how many containers it is in, its name or index there, where it begins."""

    depth: int
    step: str | int
    start: int
    text: str
    is_name: bool


def line_of(text: str, path: tuple[str | int, ...]) -> int:
    """The line, from 1, where the value at ``path`` begins, or its nearest parent."""
    matched, begins = 0, 0
    for word in _words(text):
        if word.is_name:
            continue
        if word.depth == 0:
            begins = word.start
        elif word.depth <= matched:
            break
        elif word.depth == matched + 1 and matched < len(path) and _same(word.step, path[matched]):
            matched, begins = matched + 1, word.start
        if matched == len(path):
            break
    return _line(text, begins)


def line_of_repeated(text: str) -> int | None:
    """The line of the first name that its object has already."""
    names: list[set[str]] = []
    for word in _words(text):
        del names[word.depth :]
        names.extend(set() for _ in range(word.depth - len(names)))
        if word.is_name:
            name = json.loads(word.text)
            if name in names[-1]:
                return _line(text, word.start)
            names[-1].add(name)
    return None


def line_of_word(text: str, refused: Callable[[str], bool]) -> int | None:
    """The line of the first number or bare word that is refused."""
    for word in _words(text):
        if word.text[0] not in '"[{' and refused(word.text):
            return _line(text, word.start)
    return None


def _words(text: str) -> Iterator[_Word]:
    steps: list[str | int] = []
    naming = False
    for match in _WORD.finditer(text):
        word = match[0]
        if word in "]}":
            del steps[-1:]
            naming = False
        elif word == ",":
            naming = bool(steps) and isinstance(steps[-1], str)
            if steps and isinstance(steps[-1], int):
                steps[-1] += 1
        elif naming and word[0] == '"':
            steps[-1], naming = word, False
            yield _Word(len(steps), word, match.start(), word, is_name=True)
        elif word != ":":
            yield _Word(len(steps), steps[-1] if steps else 0, match.start(), word, is_name=False)
            if word in "[{":
                naming = word == "{"
                steps.append("" if naming else 0)


def _same(step: str | int, wanted: str | int) -> bool:
    if isinstance(step, int) or isinstance(wanted, int):
        return step == wanted
    return step[1:-1] == wanted or ("\\" in step and json.loads(step) == wanted)


def _line(text: str, at: int) -> int:
    return text.count("\n", 0, at) + 1
