"""Where elements stand in XML bytes that the XML door has let in, so that a piece can be changed and the rest kept.

Promises: the elements come in document order with the depth they have, as a parser of the same bytes sees them.
Leaves out: judging: bytes that `schemas.xml.parse` refused give nonsense here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

_TOKEN: Final = re.compile(
    rb"""<!--.*?-->|<!\[CDATA\[.*?\]\]>|<\?.*?\?>|<[^"'>]*(?:"[^"]*"[^"'>]*|'[^']*'[^"'>]*)*>""", re.DOTALL
)
_NAME: Final = re.compile(rb"<([^\s/>]+)")


class Tag(NamedTuple):
    """One element in the bytes.

    Attributes:
        depth: 0 for the root.
        start: where its start tag begins.
        inner: where its content begins; of an empty-element tag, its end.
        close: where its end tag begins; of an empty-element tag, its end.
        end: behind its last byte.
    """

    depth: int
    start: int
    inner: int
    close: int
    end: int

    def name(self, data: bytes) -> str:
        """Its name as written, with the prefix."""
        found = _NAME.match(data, self.start)
        return found[1].decode() if found else ""

    def outer(self, data: bytes) -> bytes:
        """The element, tags and all."""
        return data[self.start : self.end]

    def content(self, data: bytes) -> bytes:
        """What stands between its tags."""
        return data[self.inner : self.close]


def closed(data: bytes, deepest: int) -> Iterator[Tag]:
    """Elements down to a depth, each when it ends: children before their parent.

    Args:
        data: XML that `schemas.xml.parse` has let in.
        deepest: elements below this depth are passed over.
    """
    open_tags: list[tuple[int, int]] = []
    for token in _TOKEN.finditer(data):
        start, end = token.span()
        kind = data[start + 1 : start + 2]
        if kind in (b"!", b"?"):
            continue
        if kind == b"/":
            began, inner = open_tags.pop()
            if len(open_tags) <= deepest:
                yield Tag(len(open_tags), began, inner, start, end)
        elif data[end - 2 : end - 1] == b"/":
            if len(open_tags) <= deepest:
                yield Tag(len(open_tags), start, end, end, end)
        else:
            open_tags.append((start, end))
