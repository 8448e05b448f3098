"""Answers to "which schema has this id", kept in memory: bytes, their tag, and whose subjects have it.

Promises: what an id means never changes, so what is kept stays true; a hard deletion, by whichever process, empties it
within a second; it never holds more than its bytes. Leaves out: making an answer.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Callable
from typing import Final, NamedTuple

import structlog

from bus.registration.access import Principal
from bus.storage.port import StoreError
from config.registrants import Right
from registry.registered.names import Subject

log = structlog.get_logger(__name__)
MAX_BYTES: Final = 128 << 20
EVERY_S: Final = 0.5
Key = tuple[str, ...]


class Kept(NamedTuple):
    """One answer; `readers` are the ids of principals who may have it."""

    body: bytes
    etag: str
    subjects: tuple[Subject, ...]
    readers: dict[Principal, bool]

    def readable(self, who: Principal) -> bool:
        """Whether one of the subjects that have it may be read."""
        found = self.readers.get(who)
        if found is None:
            found = self.readers[who] = any(who.may(Right.READ, one) for one in self.subjects)
        return found


def tag_of(body: bytes) -> str:
    """The entity tag of an answer (RFC 9110 §8.8.3)."""
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'


class Known:
    """The answers used last."""

    def __init__(self, max_bytes: int = MAX_BYTES) -> None:
        self._max = max_bytes
        self._size = 0
        self._answers: OrderedDict[Key, Kept] = OrderedDict()
        self._generation: int | None = None

    def get(self, key: Key, who: Principal) -> Kept | None:
        """An answer that is kept and that this one may have."""
        found = self._answers.get(key)
        if found is None or not found.readable(who):
            return None
        self._answers.move_to_end(key)
        return found

    def put(self, key: Key, body: bytes, subjects: tuple[Subject, ...]) -> Kept:
        """Keep an answer in place of an older one."""
        old = self._answers.pop(key, None)
        self._size += len(body) - (len(old.body) if old is not None else 0)
        kept = self._answers[key] = Kept(body, tag_of(body), subjects, {})
        while self._size > self._max and len(self._answers) > 1:
            _, gone = self._answers.popitem(last=False)
            self._size -= len(gone.body)
        return kept

    def clear(self) -> None:
        """Forget everything."""
        self._answers.clear()
        self._size = 0

    async def watch(self, generation: Callable[[], int]) -> None:
        """Forget everything whenever something was deleted for good, for ever."""
        while True:
            try:
                now = await asyncio.to_thread(generation)
            except StoreError as error:
                log.warning("registration-store", reason=str(error))
            else:
                if self._generation not in {None, now}:
                    self.clear()
                self._generation = now
            await asyncio.sleep(EVERY_S)
