"""How a registry's difference travels over the link: small files together, large ones in pieces.

Promises: no message is over 3 MiB whatever the nation's size; a piece names its file by its signed hash's path, so that
a newer publication in between cannot mix in. Leaves out: trust; what arrives is judged as a whole (`follow`).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

import msgspec

from bus.registry.bundle import Bundle, BundleError, Known, changed_since, pack, unpack

PIECE_BYTES: Final = 2 * 1024 * 1024
MAX_FILE_BYTES: Final = 512 * 1024 * 1024


class Wanted(msgspec.Struct, frozen=True, array_like=True):
    """What a node asks: everything newer than `known`, or one piece of a file that it was told of."""

    known: Known
    path: str = ""
    offset: int = 0


class Told(msgspec.Struct, frozen=True, array_like=True):
    """The answer: files whole, and the lengths of those that are to be fetched in pieces."""

    files: dict[str, bytes]
    large: dict[str, int]


_wanted: Final = msgspec.msgpack.Decoder(Wanted)
_told: Final = msgspec.msgpack.Decoder(Told)


def ask(wanted: Wanted) -> bytes:
    """The question's bytes."""
    return msgspec.msgpack.encode(wanted)


def answer(repository: Path, question: bytes) -> bytes:
    """The hub's answer; reads files, so an event loop calls it in a thread.

    Raises:
        BundleError: no question of ours, or a path that no bundle has.
        FileNotFoundError: nothing was published yet, or the file is gone.
    """
    try:
        wanted = _wanted.decode(question)
    except msgspec.DecodeError:
        raise BundleError("not a question for the registry") from None
    if wanted.path:
        return _piece(repository, wanted)
    files: Bundle = {}
    large: dict[str, int] = {}
    for path, data in changed_since(repository, wanted.known).items():
        if len(data) + sum(map(len, files.values())) > PIECE_BYTES:
            large[path] = len(data)
        else:
            files[path] = data
    return msgspec.msgpack.encode(Told(files, large))


def _piece(repository: Path, wanted: Wanted) -> bytes:
    unpack(pack({wanted.path: b""}))  # refuses every path that leads out of the repository
    with (repository / wanted.path).open("rb") as file:
        file.seek(max(0, wanted.offset))
        return file.read(PIECE_BYTES)


async def collect(known: Known, call: Callable[[bytes], Awaitable[bytes]]) -> Bundle:
    """Bring the whole difference; `call` puts one question and returns its answer.

    Raises:
        BundleError: what came is no answer, or a file is longer than told.
        LinkError: whatever `call` raises.
    """
    try:
        told = _told.decode(await call(ask(Wanted(known))))
    except msgspec.DecodeError:
        raise BundleError("not an answer of a registry") from None
    bundle = dict(told.files)
    for path, length in told.large.items():
        bundle[path] = await _whole(path, length, call)
    return unpack(pack(bundle))


async def _whole(path: str, length: int, call: Callable[[bytes], Awaitable[bytes]]) -> bytes:
    if not 0 < length <= MAX_FILE_BYTES:
        raise BundleError("a file of the registry is longer than any may be")
    pieces = bytearray()
    while len(pieces) < length:
        piece = await call(ask(Wanted(Known(), path, len(pieces))))
        if not piece:
            raise BundleError("a file of the registry ended early")
        pieces += piece
    if len(pieces) > length:
        raise BundleError("a file of the registry is longer than told")
    return bytes(pieces)
