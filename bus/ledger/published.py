"""The log as it is published: checkpoint, tiles, entry bundles by their paths, and proofs, up to the newest checkpoint.

Promises: nothing is given out that no published checkpoint covers; a path has one spelling; whatever is given out for
a path today is given out for it for ever (checkpoint aside).
Leaves out: HTTP and the link, which carry it; who may read entries: `Kind` says which those are.
"""

from __future__ import annotations

import asyncio
import re
from enum import Enum
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol, runtime_checkable

from bus.ledger.anchors import FOLDER as ANCHORS
from bus.ledger.anchors import Anchor, AnchorFolder
from bus.ledger.port import LedgerError
from bus.ledger.tiles import CHECKPOINT_PATH, MAX_LEVEL, WIDTH, Tile, TileError, encode_tile, path_of_number
from bus.ledger.tree import OwnTiles, Prover
from signing.checkpoint import Checkpoint, parse
from signing.tlog_proof import ProofFile
from signing.tlog_proof import write as write_proof

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

MINIMUM_FILE: Final = "minimum-index"
_PATH: Final = re.compile(
    r"tile/(?P<level>0|[1-9][0-9]?|entries)/(?P<number>(?:x[0-9]{3}/){0,5}[0-9]{3})(?:\.p/(?P<width>[1-9][0-9]{0,2}))?",
    re.ASCII,
)


class NotPublishedError(LedgerError):
    """No published checkpoint covers this, or no log has such a path."""


class Kind(Enum):
    """What a resource is, which decides who may have it and how long it may be cached."""

    CHECKPOINT = "checkpoint"
    TILE = "tile"
    ENTRIES = "entries"


class Place(NamedTuple):
    """A path as read: a tile, or the bundle at level 0 with the same number and width."""

    kind: Kind
    tile: Tile = Tile(0, 0)


class Reading(Protocol):
    """What of a ledger is published."""

    async def read(self, start: int, end: int) -> Sequence[bytes]:
        """See `bus.ledger.port.Ledger`."""

    async def checkpoint(self) -> bytes:
        """See `bus.ledger.port.Ledger`."""


@runtime_checkable
class Hashing(Protocol):
    """A ledger that gives leaf hashes, of pruned records too."""

    async def hashes(self, start: int, end: int) -> Sequence[bytes]:
        """Leaf hashes of [start, end), perhaps cut short."""


def place_of(path: str) -> Place:
    """Read a path of a published log.

    Raises:
        NotPublishedError: not one of its paths.
    """
    if path == CHECKPOINT_PATH:
        return Place(Kind.CHECKPOINT)
    found = _PATH.fullmatch(path)
    if found is None:
        raise NotPublishedError("log: no such path")
    entries = found["level"] == "entries"
    level, width = 0 if entries else int(found["level"]), int(found["width"] or WIDTH)
    number = int(found["number"].replace("x", "").replace("/", ""))
    full_in_words = found["width"] is not None and width >= WIDTH
    if level > MAX_LEVEL or full_in_words or path_of_number(number) != found["number"]:
        raise NotPublishedError("log: no such path")
    return Place(Kind.ENTRIES if entries else Kind.TILE, Tile(level, number, width))


class PublishedLog:
    """One ledger's published face.

    Args:
        ledger: the ledger, in this process or over its socket.
        folder: where full tiles are kept as files; may be shared by processes, may be deleted any time. The
            ledger's time-stamped checkpoints stand beside it.
    """

    def __init__(self, ledger: Reading, folder: Path | None = None) -> None:
        self._ledger = ledger
        self._anchors = None if folder is None else AnchorFolder(folder.parent / ANCHORS)
        self._note = b""
        self._newest: Checkpoint | None = None
        self._minimum_file = None if folder is None else folder.parent / MINIMUM_FILE
        self.tiles = OwnTiles(ledger.read, folder, ledger.hashes if isinstance(ledger, Hashing) else None)

    async def checkpoint(self) -> bytes:
        """The newest published note.

        Raises:
            NotPublishedError: none was published yet (no quorum of witnesses so far).
        """
        note = await self._ledger.checkpoint()
        if not note:
            raise NotPublishedError("log: no checkpoint was published yet")
        if note != self._note:
            self._newest, self._note = parse(note)[0], note
        return note

    async def newest(self) -> Checkpoint:
        """The newest published checkpoint."""
        await self.checkpoint()
        if self._newest is None:
            raise NotPublishedError("log: no checkpoint was published yet")
        return self._newest

    async def resource(self, place: Place) -> bytes:
        """The bytes at a place.

        Raises:
            NotPublishedError: no published checkpoint covers it.
            PrunedRecordError: a bundle below the minimum index, whose records were pruned.
        """
        if place.kind is Kind.CHECKPOINT:
            return await self.checkpoint()
        tile = place.tile
        needed = (tile.n * WIDTH + tile.width) * WIDTH**tile.level
        if (self._newest is None or self._newest.size < needed) and (await self.newest()).size < needed:
            raise NotPublishedError("log: no published checkpoint reaches there")
        try:
            if place.kind is Kind.ENTRIES:
                return await self.tiles.bundle(tile.n, tile.width)
            return encode_tile(await self.tiles.hashes(tile))
        except TileError as error:
            raise NotPublishedError("log: no such tile") from error

    async def inclusion(self, index: int, size: int | None = None) -> tuple[int, tuple[bytes, ...]]:
        """The path of a record in a tree of `size`, by default the newest published; returns that size too.

        Raises:
            NotPublishedError: the record is not below the size, or the size not published.
        """
        size = await self._published(size)
        if not 0 <= index < size:
            raise NotPublishedError("log: no such record in a tree of this size")
        return size, await Prover(self.tiles, size).inclusion(index)

    async def consistency(self, first: int, second: int | None = None) -> tuple[int, tuple[bytes, ...]]:
        """The path from one size to another, by default the newest published; returns the latter too.

        Raises:
            NotPublishedError: a size is beyond what is published, or the first is over the second.
        """
        second = await self._published(second)
        if not 0 <= first <= second:
            raise NotPublishedError("log: the first size must not exceed the second")
        return second, await Prover(self.tiles, second).consistency(first)

    async def proof(self, index: int, *, with_leaf: bool) -> bytes:
        """The proof file of a record, under the newest published checkpoint.

        Args:
            index: the record's number.
            with_leaf: whether the record's own bytes go into it: for whoever may read entries.

        Raises:
            NotPublishedError: no published checkpoint covers it yet.
            PrunedRecordError: its bytes were pruned and are asked for.
        """
        note = await self.checkpoint()
        _, path = await self.inclusion(index, parse(note)[0].size)
        leaf = (await self._ledger.read(index, index + 1))[0] if with_leaf else None
        return write_proof(ProofFile(index, path, note, leaf))

    async def minimum(self) -> int:
        """The minimum index: records below it may be pruned, none from it on is."""
        if self._minimum_file is None:
            return 0
        try:
            return int(await asyncio.to_thread(self._minimum_file.read_text, "ascii"))
        except (FileNotFoundError, ValueError):
            return 0

    async def anchored(self, index: int) -> Anchor:
        """The first time-stamped checkpoint whose tree holds a record.

        Raises:
            NotPublishedError: none does yet.
        """
        found = None if self._anchors is None else await asyncio.to_thread(self._anchors.covering, index)
        if found is None or found.size > (await self.newest()).size:
            raise NotPublishedError("log: no time-stamped checkpoint covers it yet")
        return found

    async def _published(self, size: int | None) -> int:
        newest = await self.newest()
        if size is not None and size > newest.size:
            raise NotPublishedError("log: this size is not published")
        return newest.size if size is None else size
