"""The port between a node and an agency's system: a question goes in, one answer or one fault comes out.

Promises, for every kind of adapter, because the base class does it:
- at most `max_concurrency` questions are with the system at once, at most `max_waiting` wait;
- nothing outlasts the question's own `timeout_s` (nor the adapter's);
- an answer is plain JSON of bounded size, or it is no answer;
- whatever goes wrong leaves as a `PeerError`: a fault is never shaped like data, and carries none.

Leaves out: who may ask (the hub and the node have judged that), schemas, seals, retries.
"""

from __future__ import annotations

import asyncio
import inspect
import re
import time
import traceback
from abc import ABC, abstractmethod
from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar, Final, TypeVar

import orjson
import structlog

from schemas.parts import BODY, Carried

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from datetime import datetime

T = TypeVar("T")

KIND_NAME: Final = re.compile(r"^[a-z][a-z0-9-]{0,39}\Z")
_PEER_CODE: Final = re.compile(r"^(?!.*\d{9})[A-Za-z0-9._:\-]{1,32}\Z")

log = structlog.get_logger(__name__)


class PeerFault(StrEnum):
    """Why there is no answer. A closed list: the node turns each into a numbered problem."""

    NO_MATCH = "no-match"
    """The system looked and holds nobody and nothing of that description."""
    SEVERAL_MATCHES = "several-matches"
    """More than one record fits; choosing one would be inventing an answer."""
    NOT_PERMITTED = "not-permitted"
    """The system refuses this officer or this caller."""
    NOT_LICENSED = "not-licensed"
    """The system refuses this procedure or purpose for this agency."""
    BAD_QUESTION = "bad-question"
    """The question cannot be put to the system: something is missing or has a wrong form."""
    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"
    OVERLOADED = "overloaded"
    BAD_ANSWER = "bad-answer"
    """The system answered something that cannot be read. Nothing is guessed from it."""
    FAULT = "fault"
    """The system reported an error of its own, or the adapter failed."""


_RETRY: Final = frozenset({PeerFault.UNREACHABLE, PeerFault.TIMEOUT, PeerFault.OVERLOADED})
_OUTCOME_UNKNOWN: Final = frozenset({PeerFault.TIMEOUT, PeerFault.BAD_ANSWER, PeerFault.FAULT})


class PeerError(Exception):
    """The one way an adapter says no. Holds no citizen's data: only codes, rules and places.

    Attributes:
        kind: the reason, from the closed list.
        peer_code: the system's own code ("004"), kept when it is short and holds no long number.
        retry: whether asking again may help.
        outcome_known: False when the system may have acted on the question without our knowing.
        rule: what was broken, a fixed word such as "date-form".
        at: where, a field path of the declaration, such as "birth".
    """

    def __init__(
        self,
        kind: PeerFault,
        *,
        peer_code: str | None = None,
        retry: bool | None = None,
        outcome_known: bool | None = None,
        rule: str | None = None,
        at: str | None = None,
    ) -> None:
        self.kind = kind
        self.peer_code = peer_code if peer_code and _PEER_CODE.match(peer_code) else None
        self.retry = kind in _RETRY if retry is None else retry
        self.outcome_known = kind not in _OUTCOME_UNKNOWN if outcome_known is None else outcome_known
        self.rule = rule
        self.at = at
        details = [("code", self.peer_code), ("rule", rule), ("at", at)]
        super().__init__(" ".join([kind.value, *(f"{name}={text}" for name, text in details if text)]))


class DeclarationError(Exception):
    """Settings or a field map are wrong. Raised at import or at start, never when a citizen waits.

    `mistakes` lists all of them as "place: what is wrong".
    """

    def __init__(self, *mistakes: str) -> None:
        super().__init__("; ".join(mistakes))
        self.mistakes = mistakes


@dataclass(frozen=True, slots=True)
class Officer:
    """Who asks, as the consumer agency asserts: its own code for the person and for the unit."""

    id: str
    unit: str


@dataclass(frozen=True, slots=True)
class Query:
    """One question, already verified and permitted.

    `body` is the question as the service's schema has it; `fields` the dictionary terms asked (empty:
    all); `consumer` the asking agency's code as text; `request_id` is unique per attempt chain;
    `timeout_s` the seconds that remain. `repr` shows neither body nor officer.
    """

    operation: str
    body: Mapping[str, object] = field(repr=False)
    fields: frozenset[str] = frozenset()
    purpose: str | None = None
    procedure: str | None = None
    dossier: str | None = field(default=None, repr=False)
    officer: Officer | None = field(default=None, repr=False)
    consumer: str = ""
    request_id: str = ""
    correlation: str = ""
    timeout_s: float = 30.0
    parts: tuple[Carried, ...] = field(default=(), repr=False)
    """Of an X-Road service only: the body as it travelled, first, and X-Road's own message beside it."""


@dataclass(frozen=True, slots=True)
class Found:
    """The one match: `body` is plain JSON, `as_of` the moment the system says its data is from.

    Of an X-Road service `parts` hold it instead: the body first, X-Road's own message beside it.
    """

    body: dict[str, object] = field(repr=False, default_factory=dict)
    as_of: datetime | None = None
    parts: tuple[Carried, ...] = field(default=(), repr=False)


class Reach(StrEnum):
    """What a probe found."""

    REACHABLE = "reachable"
    UNREACHABLE = "unreachable"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Probe:
    """For `doctor`: could the system be reached just now, and how long that took."""

    reach: Reach
    detail: str
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one adapter may take. All are hard: over them a question is refused, not queued for ever."""

    max_concurrency: int = 8
    max_waiting: int = 64
    timeout_s: float = 30.0
    max_answer_bytes: int = 1024 * 1024


@dataclass(slots=True)
class Tally:
    """Counts since start: outcomes by name ("found" or a `PeerFault`), seconds spent, questions inside."""

    outcomes: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    inside: int = 0


class Adapter(ABC):
    """One connection to one system. A kind writes `_ask`; the rest is the same for all.

    Wrong kinds fail at import: a class that defines `_ask` must be asynchronous and bear a `kind`.
    """

    kind: ClassVar[str]

    def __init_subclass__(cls, **arguments: object) -> None:
        super().__init_subclass__(**arguments)
        if "_ask" not in cls.__dict__:
            return
        if not KIND_NAME.match(getattr(cls, "kind", "")):
            raise DeclarationError(f"{cls.__qualname__}: an adapter names its kind in small letters")
        if not inspect.iscoroutinefunction(cls._ask):
            raise DeclarationError(f"{cls.__qualname__}._ask: must be an async function")

    def __init__(self, bounds: Bounds | None = None) -> None:
        self.bounds = bounds or Bounds()
        self.tally = Tally()
        self._slots = asyncio.Semaphore(self.bounds.max_concurrency)

    @property
    @abstractmethod
    def operations(self) -> frozenset[str]:
        """The operations that this adapter can answer."""

    async def start(self) -> None:  # noqa: B027 - a kind that opens nothing has nothing to write
        """Open what lasts (pools, sessions) and check declarations that need files."""

    async def close(self) -> None:  # noqa: B027 - the same
        """Release what `start` opened. Safe to call twice and without `start`."""

    @abstractmethod
    async def _ask(self, query: Query) -> Found:
        """Put one question to the system: return the one match or raise."""

    async def _probe(self) -> Probe:
        return Probe(Reach.UNKNOWN, "this kind has no probe")

    async def ask(self, query: Query) -> Found:
        """Return the one match, or raise `PeerError`: nothing else, and within the time given."""
        began = time.monotonic()
        self.tally.inside += 1
        outcome = "cancelled"
        try:
            # ① an operation that nobody declared, or a question too late, is refused here
            self._check_query(query)
            # ② one deadline for waiting and for asking
            found = await self._in_turn(query)
            # ③ the answer is JSON of bounded size
            self._check_found(found)
            outcome = "found"
        except PeerError as error:
            outcome = error.kind.value
            raise
        else:
            return found
        finally:
            self.tally.inside -= 1
            self.tally.outcomes[outcome] += 1
            self.tally.seconds += time.monotonic() - began

    async def probe(self) -> Probe:
        """Try to reach the system; never raises, never asks about a person."""
        began = time.monotonic()
        try:
            found = await self._guarded(self._probe, self.bounds.timeout_s)
        except PeerError as error:
            return Probe(Reach.UNREACHABLE, str(error), time.monotonic() - began)
        return Probe(found.reach, found.detail, time.monotonic() - began)

    async def _in_turn(self, query: Query) -> Found:
        timeout_s = min(query.timeout_s, self.bounds.timeout_s)
        deadline = time.monotonic() + timeout_s
        try:
            async with asyncio.timeout(timeout_s):  # not wait_for: Python 3.11's may swallow a cancellation
                await self._slots.acquire()
        except TimeoutError:
            raise PeerError(PeerFault.OVERLOADED, rule="no-turn-in-time") from None
        try:
            return await self._guarded(lambda: self._ask(query), deadline - time.monotonic())
        finally:
            self._slots.release()

    async def _guarded(self, act: Callable[[], Awaitable[T]], timeout_s: float) -> T:
        """Run one call; whatever it raises becomes a `PeerError` without the text of the original."""
        try:
            async with asyncio.timeout(timeout_s):
                return await act()
        except PeerError:
            raise
        except TimeoutError:
            raise PeerError(PeerFault.TIMEOUT) from None
        except Exception as error:  # noqa: BLE001 - the port's promise: any foreign error becomes a PeerError
            self._log(error)
            raise PeerError(PeerFault.FAULT, rule="adapter-failed") from None

    def _log(self, error: Exception) -> None:
        """Log type and place of a foreign error: its text may quote a citizen's data."""
        place = traceback.extract_tb(error.__traceback__)[-1]
        log.error(
            "adapter failed",
            kind=self.kind,
            error=type(error).__qualname__,
            file=place.filename.rpartition("/")[2],
            line=place.lineno,
        )

    def _check_query(self, query: Query) -> None:
        if query.operation not in self.operations:
            raise PeerError(PeerFault.BAD_QUESTION, rule="unknown-operation")
        if query.timeout_s <= 0:
            raise PeerError(PeerFault.TIMEOUT, outcome_known=True, rule="no-time-left")
        if self.tally.inside > self.bounds.max_concurrency + self.bounds.max_waiting:
            raise PeerError(PeerFault.OVERLOADED, rule="too-many-waiting")

    def _check_found(self, found: Found) -> None:
        if found.as_of is not None and found.as_of.tzinfo is None:
            raise PeerError(PeerFault.BAD_ANSWER, rule="as-of-without-zone")
        try:
            size = len(orjson.dumps(found.body)) + sum(len(part.data) for part in found.parts)
        except TypeError:
            raise PeerError(PeerFault.BAD_ANSWER, rule="not-json") from None
        if found.parts and found.parts[0].id != BODY:
            raise PeerError(PeerFault.BAD_ANSWER, rule="body-first")
        if size > self.bounds.max_answer_bytes:
            raise PeerError(PeerFault.BAD_ANSWER, rule="too-large")
