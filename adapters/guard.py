"""What stands between the port and one system: turns, rate, circuit, retries; the clockwork of the pure parts.

Promises: a question that is refused here has done nothing (the outcome is known) and says when to come back; a change
of the circuit is logged and told; nothing here outlasts the question's deadline.
Leaves out: what is asked (`adapters.port`), and the rules themselves (`breaker`, `pace`, `retry`).
"""

from __future__ import annotations

import asyncio
import random
import re
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeVar

import structlog

from adapters import retry
from adapters.breaker import Breaker, Circuit
from adapters.fault import PeerError, PeerFault
from adapters.pace import Pace
from adapters.retry import RetryLimits

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from adapters.breaker import BreakerLimits, Ticket
    from adapters.pace import PaceLimits

T = TypeVar("T")
_AWAY: Final = frozenset({PeerFault.UNREACHABLE, PeerFault.TIMEOUT, PeerFault.OVERLOADED})
_BLAMES_US: Final = re.compile(r"4\d\d", re.ASCII)
_KNOWN_HERE: Final = frozenset({"not-started", "no-data", "data-too-old", "no-folder"})
"""Refusals for which nobody was asked."""
_SAYS_NOTHING: Final = frozenset({PeerFault.BAD_QUESTION, PeerFault.BAD_ANSWER})

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class GuardLimits:
    """What is kept towards one system; None: not. `safe` names the operations that may be put more than once."""

    pace: PaceLimits | None = None
    breaker: BreakerLimits | None = None
    retry: RetryLimits = field(default_factory=RetryLimits)
    safe: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Standing:
    """How things stand with one system, for its own agency's eyes: the circuit, since when, failures of late."""

    circuit: Circuit
    seconds: float
    failures: int
    retries: int


class Guard:
    """Lets questions through to one system."""

    def __init__(self, limits: GuardLimits, max_concurrency: int) -> None:
        self._limits = limits
        self._slots = asyncio.Semaphore(max_concurrency)
        self._pace = None if limits.pace is None else Pace(limits.pace)
        self._breaker = None if limits.breaker is None else Breaker(limits.breaker)
        self._since = time.monotonic()
        self._retries = 0
        self.told: Callable[[Standing], None] = _nobody
        """Called on each change of the circuit."""

    @property
    def retried(self) -> frozenset[str]:
        """The operations that may be put to the system more than once."""
        return self._limits.safe if self._limits.retry.attempts > 1 else frozenset()

    @property
    def standing(self) -> Standing:
        """How things stand just now."""
        now, breaker = time.monotonic(), self._breaker
        circuit = Circuit.CLOSED if breaker is None else breaker.state
        failures = 0 if breaker is None else breaker.failures(now)
        return Standing(circuit, now - self._since, failures, self._retries)

    async def run(self, timeout_s: float, act: Callable[[float], Awaitable[T]], *, again: bool) -> T:
        """Do it in its turn, and again where that helps.

        Args:
            timeout_s: seconds for all of it.
            act: puts the question, given the seconds that are left.
            again: whether the operation may be put more than once.
        """
        deadline = time.monotonic() + timeout_s
        attempt = 1
        while True:
            try:
                return await self._attempt(deadline, act)
            except PeerError as error:
                left_s = deadline - time.monotonic()
                draw = random.random()  # noqa: S311 - spreads retries, guards nothing
                wait_s = retry.wait_s(self._limits.retry, error, attempt, left_s, draw) if again else None
                if wait_s is None:
                    raise
            self._retries += 1
            attempt += 1
            await asyncio.sleep(wait_s)

    async def _attempt(self, deadline: float, act: Callable[[float], Awaitable[T]]) -> T:
        # ① while the circuit is open nobody waits in vain
        self._must_be_closed(0.0 if self._breaker is None else self._breaker.wait_s(time.monotonic()))
        # ② a turn, ③ at the rate
        async with self._turn(deadline):
            await self._in_pace(deadline)
            # ④ the circuit again, which may have opened meanwhile
            ticket = self._admitted()
            failed: bool | None = None
            try:
                done = await act(deadline - time.monotonic())
                failed = False
            except PeerError as error:
                failed = tells_failure(error)
                raise
            else:
                return done
            finally:
                self._record(ticket, failed=failed)

    @asynccontextmanager
    async def _turn(self, deadline: float) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(
                deadline - time.monotonic()
            ):  # Python 3.11's wait_for may swallow a cancellation
                await self._slots.acquire()
        except TimeoutError:
            raise PeerError(PeerFault.OVERLOADED, rule="no-turn-in-time") from None
        try:
            yield
        finally:
            self._slots.release()

    async def _in_pace(self, deadline: float) -> None:
        if self._pace is None:
            return
        now = time.monotonic()
        wait_s = self._pace.reserve(now, deadline - now)
        if wait_s is None:
            raise PeerError(PeerFault.OVERLOADED, rule="rate", retry_after_s=self._pace.wait_s(now))
        if wait_s:
            await asyncio.sleep(wait_s)

    def _admitted(self) -> Ticket | None:
        if self._breaker is None:
            return None
        before, now = self._breaker.state, time.monotonic()
        ticket = self._breaker.admit(now)
        if ticket is None:
            self._must_be_closed(self._breaker.wait_s(now))
        self._changed(before)
        return ticket

    def _must_be_closed(self, wait_s: float) -> None:
        if wait_s:
            raise PeerError(PeerFault.UNREACHABLE, rule="circuit-open", retry_after_s=wait_s)

    def _record(self, ticket: Ticket | None, *, failed: bool | None) -> None:
        if self._breaker is not None and ticket is not None:
            before = self._breaker.state
            self._breaker.record(ticket, time.monotonic(), failed=failed)
            self._changed(before)

    def _changed(self, before: Circuit) -> None:
        if self._breaker is None or self._breaker.state is before:
            return
        self._since = time.monotonic()
        self.told(self.standing)


def tells_failure(error: PeerError) -> bool | None:
    """Whether an error is the system's failing (True), an answer of its own (False), or tells nothing (None).

    A fault with a code that the system gave itself is an answer, and so is a status that blames the question (4xx):
    it is there, and works.
    """
    if error.rule in _KNOWN_HERE or error.kind in _SAYS_NOTHING:
        return None
    if error.kind is PeerFault.FAULT:
        return not error.outcome_known and not _BLAMES_US.fullmatch(error.peer_code or "")
    return error.kind in _AWAY


def _nobody(_: Standing) -> None:
    """Nobody listens."""
