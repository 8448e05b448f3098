"""Time-stamped checkpoints as files: `<size>.txt` is the note as it was published, `<size>.tst` the token over it.

Promises: an anchor that is there is whole: the note is durable before its token. Names sort as sizes do, and any tool
reads both files (`openssl ts -verify -token_in -in N.tst -data N.txt`). Nothing is ever replaced.
Leaves out: whether tokens hold (`signing.timestamp`), getting them (`bus.ledger.anchoring`).
"""

from __future__ import annotations

from bisect import bisect_right
from pathlib import Path
from typing import Final, NamedTuple

from bus.storage.durable import replace_durably
from signing.checkpoint import parse

FOLDER: Final = "anchors"
_DIGITS: Final = 19


class Anchor(NamedTuple):
    """One time-stamped checkpoint.

    Attributes:
        size: of the tree that it vouches for.
        note: the signed note, the very bytes that were stamped.
        token: the TimeStampToken, DER.
    """

    size: int
    note: bytes
    token: bytes


class AnchorFolder:
    """The anchors of one ledger; may be read by other processes while one writes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, note: bytes, token: bytes) -> Anchor:
        """Keep a time-stamped note, durably; the first of a size stays."""
        size = parse(note)[0].size
        held = self.read(size)
        if held is not None:
            return held
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        replace_durably(self._file(size, "txt"), note)
        replace_durably(self._file(size, "tst"), token)
        return Anchor(size, note, token)

    def sizes(self) -> list[int]:
        """The sizes that are anchored, rising."""
        return sorted(int(path.stem) for path in self._folder.glob("[0-9]*.tst"))

    def read(self, size: int) -> Anchor | None:
        """The anchor of this size; None where there is none."""
        try:
            return Anchor(size, self._file(size, "txt").read_bytes(), self._file(size, "tst").read_bytes())
        except FileNotFoundError:
            return None

    def newest(self) -> Anchor | None:
        """The anchor of the highest size."""
        sizes = self.sizes()
        return self.read(sizes[-1]) if sizes else None

    def covering(self, index: int) -> Anchor | None:
        """The first anchor whose tree holds the record of this number: the nearest to it in time."""
        sizes = self.sizes()
        at = bisect_right(sizes, index)
        return self.read(sizes[at]) if at < len(sizes) else None

    def between(self, after: int, up_to: int) -> list[Anchor]:
        """The anchors of sizes over `after`, up to and including `up_to`."""
        found = (self.read(size) for size in self.sizes() if after < size <= up_to)
        return [anchor for anchor in found if anchor is not None]

    def _file(self, size: int, kind: str) -> Path:
        return self._folder / f"{size:0{_DIGITS}d}.{kind}"
