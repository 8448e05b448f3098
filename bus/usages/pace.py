"""How often one person may look within an hour.

Promises: counted per person, whatever portal they come by; nobody's number is kept, only a digest of it under a key of
this process. Leaves out: counting over restarts.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import Final

from bus.clock import Clock
from schemas.problems import Code, FaultAt, problem

HOUR_MS: Final = 3_600_000
MAX_PEOPLE: Final = 200_000
"""Who looked within the last hour, at most; beyond that the quietest are forgotten."""


class Pace:
    """Counts looks."""

    def __init__(self, clock: Clock, looks_per_hour: int) -> None:
        self._clock = clock
        self._most = looks_per_hour
        self._key = secrets.token_bytes(32)
        self._seen: dict[bytes, tuple[int, int]] = {}

    def count(self, number: str) -> None:
        """One more look of this person.

        Raises:
            ProblemError: 826 too many within the hour that began with the first of them.
        """
        now, who = self._clock(), hmac.digest(self._key, number.encode(), hashlib.sha256)
        began, looks = self._seen.get(who, (now, 0))
        if now - began >= HOUR_MS:
            began, looks = now, 0
        if looks >= self._most:
            wait = HOUR_MS - (now - began)
            raise problem(Code.TOO_MANY_LOOKS, fault_at=FaultAt.CONSUMER_SYSTEM, retry_after_ms=wait)
        self._seen.pop(who, None)
        self._seen[who] = (began, looks + 1)
        if len(self._seen) > MAX_PEOPLE:
            del self._seen[next(iter(self._seen))]
