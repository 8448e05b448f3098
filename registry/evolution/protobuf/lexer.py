"""The words of a Protobuf text, with their lines; comments and blanks are dropped.

Source: Protocol Buffers language specification (proto2, proto3, editions), "Lexical elements".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from registry.evolution import limits
from registry.evolution.protobuf.refusals import refused

if TYPE_CHECKING:
    from collections.abc import Iterator

    from registry.evolution.budget import Budget

_BLANK: Final = re.compile(r"(?:\s+|//[^\n]*|/\*.*?\*/)*", re.DOTALL)
_TOKEN: Final = re.compile(
    r"""(?P<word>[A-Za-z_][A-Za-z0-9_]*)
    | (?P<number>0[xX][0-9a-fA-F]+ | (?:[0-9]+(?:\.[0-9]*)? | \.[0-9]+)(?:[eE][+-]?[0-9]+)?)
    | (?P<string>"(?:[^"\\\n]|\\.)*" | '(?:[^'\\\n]|\\.)*')
    | (?P<sign>[{}()\[\]<>;,=.:/+-])""",
    re.VERBOSE,
)


class Token(NamedTuple):
    """A word. ``kind`` is ``word``, ``number``, ``string``, ``sign`` or ``end``."""

    kind: str
    text: str
    line: int


def tokens(text: str, document: str, budget: Budget) -> Iterator[Token]:
    """The words of a text, and an end.

    Raises:
        SchemaError: ``too-long`` or ``not-protobuf``.
    """
    if len(text) > limits.TEXT:
        raise refused("too-long", "", None, document)
    at, line = 0, 1
    while True:
        blank = _BLANK.match(text, at)
        if blank is not None:
            line += text.count("\n", at, blank.end())
            at = blank.end()
        if at == len(text):
            yield Token("end", "", line)
            return
        found = _TOKEN.match(text, at)
        if found is None or found.lastgroup is None:
            raise refused("not-protobuf", ascii(text[at]), line, document)
        budget.spend(1, "schema")
        yield Token(found.lastgroup, found.group(), line)
        at = found.end()
