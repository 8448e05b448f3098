"""Large bodies on their way: on disk, encrypted, for one owner and those it is granted to, for a short time.

Promises: every body has a key of its own that never leaves this process's memory, so that what a crash leaves on
disk is noise, and is removed at the next start; a body is there whole and with the digest that was announced, or
not at all; what one exchange, one owner and all together keep is bounded before the first byte is taken.
Leaves out: who may put and get (`bodies`), and what a body is for.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import os
import secrets
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

from signing import vault
from signing.vault import CHUNK_BYTES, TAG_BYTES

_SUFFIX: Final = ".body"
_BLOCK_BYTES: Final = 16 * CHUNK_BYTES
"""What is encrypted, written or read in one go in a thread."""


class SpoolError(Exception):
    """The body was not taken or is not there; `rule` is a word of `docs/link.md`."""

    def __init__(self, rule: str) -> None:
        super().__init__(rule)
        self.rule = rule


@dataclass(frozen=True, slots=True)
class SpoolLimits:
    """What is kept at most.

    Attributes:
        max_body_bytes: of one body.
        max_exchange_bytes, max_exchange_bodies: of one owner for one exchange.
        max_owner_bytes, max_owner_bodies: of one owner.
        max_total_bytes: of all.
        lifetime_s: afterwards a body is dropped, fetched or not.
        idle_s: an upload that stands still for so long is given up.
    """

    max_body_bytes: int = 512 * 1024 * 1024
    max_exchange_bytes: int = 1024 * 1024 * 1024
    max_exchange_bodies: int = 64
    max_owner_bytes: int = 2 * 1024 * 1024 * 1024
    max_owner_bodies: int = 1024
    max_total_bytes: int = 8 * 1024 * 1024 * 1024
    lifetime_s: float = 900.0
    idle_s: float = 30.0


class Name(NamedTuple):
    """A body: the thumbprint of the link certificate that put it, the exchange's id, the part's id."""

    owner: str
    exchange: str
    part: str


class Announced(NamedTuple):
    """What the body will be: bytes, and the SHA-256 of them."""

    length: int
    sha256: bytes


@dataclass(slots=True)
class _Body:
    announced: Announced
    path: Path
    key: bytes
    since_s: float
    whole: bool = False
    granted: set[str] = field(default_factory=set)


class Spool:
    """The bodies of one hub worker.

    Args:
        folder: its own; whatever bodies are left in it are removed.
        limits: see there.
        clock: seconds of any clock that does not jump.
    """

    def __init__(self, folder: Path, limits: SpoolLimits, clock: Callable[[], float]) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for left in folder.glob(f"*{_SUFFIX}"):
            left.unlink()
        self._folder = folder
        self._limits = limits
        self._clock = clock
        self._bodies: dict[Name, _Body] = {}

    async def put(self, name: Name, announced: Announced, pieces: AsyncIterable[bytes]) -> bool:
        """Take a body; false if the very same is here already.

        Raises:
            SpoolError: over a limit, another body under that name, or not what was announced; nothing is kept.
            TimeoutError: it stood still.
            OSError: the disk does not take it; nothing is kept.
        """
        if (here := self._bodies.get(name)) is not None:
            if here.whole and here.announced == announced:
                return False
            raise SpoolError("body-exists")
        self._check_room(name, announced.length)
        path = self._folder / f"{secrets.token_hex(16)}{_SUFFIX}"
        body = self._bodies[name] = _Body(announced, path, vault.new_key(), self._clock())
        try:
            await self._fill(name, body, pieces)
        finally:
            if not body.whole and self._bodies.get(name) is body:
                self.drop(name)
        return True

    def holds(self, name: Name, announced: Announced) -> bool:
        """Whether the whole body is here, as announced."""
        body = self._bodies.get(name)
        return body is not None and body.whole and body.announced == announced

    def grant(self, name: Name, to: str) -> None:
        """Let the holder of the link certificate with this thumbprint fetch a body.

        Raises:
            SpoolError: it is not here.
        """
        body = self._bodies.get(name)
        if body is None or not body.whole:
            raise SpoolError("body-unknown")
        body.granted.add(to)

    def granted_to(self, to: str, exchange: str, part: str) -> Name | None:
        """The body of that exchange and part that this certificate's holder may fetch."""
        for name, body in self._bodies.items():
            if (name.exchange, name.part) == (exchange, part) and to in body.granted:
                return name
        return None

    def announced(self, name: Name) -> Announced:
        """What a body that is here was announced to be."""
        return self._bodies[name].announced

    async def read(self, name: Name) -> AsyncGenerator[bytes, None]:
        """The body, in pieces.

        Raises:
            SpoolError: it is not here, or the disk gives back something else.
        """
        body = self._bodies.get(name)
        if body is None or not body.whole:
            raise SpoolError("body-unknown")
        opener = vault.BodyOpener(body.key, _bound_to(name))
        file = await asyncio.to_thread(body.path.open, "rb")
        try:
            while not opener.done:
                yield await asyncio.to_thread(_read_block, file, opener, body.announced.length)
        except vault.VaultError as error:
            raise SpoolError("body-damaged") from error
        finally:
            await asyncio.to_thread(file.close)

    def drop(self, name: Name) -> None:
        """Forget a body and its key."""
        body = self._bodies.pop(name, None)
        if body is not None:
            body.path.unlink(missing_ok=True)

    def forget(self, exchange: str, owner: str | None = None) -> None:
        """Forget the bodies of an exchange: all, or those that one owner put. Called at the outcome."""
        for name in [name for name in self._bodies if name.exchange == exchange and owner in {None, name.owner}]:
            self.drop(name)

    def expire(self) -> int:
        """Forget what is older than its lifetime; how many there were."""
        before_s = self._clock() - self._limits.lifetime_s
        old = [name for name, body in self._bodies.items() if body.since_s <= before_s]
        for name in old:
            self.drop(name)
        return len(old)

    def _check_room(self, name: Name, length: int) -> None:
        limits, same_owner = self._limits, [one for one in self._bodies.items() if one[0].owner == name.owner]
        of_exchange = [body.announced.length for one, body in same_owner if one.exchange == name.exchange]
        if length > limits.max_body_bytes:
            raise SpoolError("body-too-large")
        if len(of_exchange) >= limits.max_exchange_bodies or sum(of_exchange) + length > limits.max_exchange_bytes:
            raise SpoolError("exchange-quota")
        of_owner = sum(body.announced.length for _, body in same_owner)
        if len(same_owner) >= limits.max_owner_bodies or of_owner + length > limits.max_owner_bytes:
            raise SpoolError("owner-quota")
        if sum(body.announced.length for body in self._bodies.values()) + length > limits.max_total_bytes:
            raise SpoolError("spool-full")

    async def _fill(self, name: Name, body: _Body, pieces: AsyncIterable[bytes]) -> None:
        writing = _Writing(body.path, vault.BodySealer(body.key, _bound_to(name)))
        waiting = bytearray()
        stream = aiter(pieces)
        try:
            while (piece := await self._next(stream)) is not None:
                waiting += piece
                if writing.taken + len(waiting) > body.announced.length:
                    raise SpoolError("body-length")
                if len(waiting) > _BLOCK_BYTES:
                    block = bytes(waiting[:_BLOCK_BYTES])
                    del waiting[:_BLOCK_BYTES]
                    await asyncio.to_thread(writing.block, block, last=False)
            await asyncio.to_thread(writing.block, bytes(waiting), last=True)
        finally:
            await asyncio.to_thread(writing.close)
        if writing.taken != body.announced.length:
            raise SpoolError("body-length")
        if not hmac.compare_digest(writing.digest.digest(), body.announced.sha256):
            raise SpoolError("body-digest")
        if self._bodies.get(name) is not body:
            raise SpoolError("body-unknown")
        body.whole = True

    async def _next(self, stream: AsyncIterator[bytes]) -> bytes | None:
        async with asyncio.timeout(self._limits.idle_s):
            return await anext(stream, None)


class _Writing:
    """One file being filled; its methods run in a thread, one at a time."""

    def __init__(self, path: Path, sealer: vault.BodySealer) -> None:
        self.digest = hashlib.sha256()
        self.taken = 0
        self._sealer = sealer
        self._file = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")

    def block(self, data: bytes, *, last: bool) -> None:
        self.digest.update(data)
        self.taken += len(data)
        starts = range(0, max(len(data), 1), CHUNK_BYTES)
        for at in starts:
            ends = last and at == starts[-1]
            self._file.write(self._sealer.chunk(data[at : at + CHUNK_BYTES], last=ends))

    def close(self) -> None:
        self._file.close()


def _read_block(file: BinaryIO, opener: vault.BodyOpener, length: int) -> bytes:
    whole_chunks = max(length - 1, 0) // CHUNK_BYTES
    out = []
    for _ in range(_BLOCK_BYTES // CHUNK_BYTES):
        last = file.tell() // (CHUNK_BYTES + TAG_BYTES) == whole_chunks
        out.append(opener.chunk(file.read(CHUNK_BYTES + TAG_BYTES), last=last))
        if last:
            break
    return b"".join(out)


def _bound_to(name: Name) -> bytes:
    return "\n".join(name).encode()
