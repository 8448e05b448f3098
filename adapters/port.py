"""The port between a node and an agency's system: a question goes in, one answer or one fault comes out.

Promises, for every kind of adapter, because the base class does it:
- at most `max_concurrency` questions are with the system at once, at most `max_waiting` wait;
- nothing outlasts the question's own `timeout_s` (nor the adapter's);
- the rate, the circuit and the retries that the settings declare are kept (`adapters.guard`);
- an answer is plain JSON of bounded size, or it is no answer;
- whatever goes wrong leaves as a `PeerError`: a fault is never shaped like data, and carries none.

Leaves out: who may ask (the hub and the node have judged that), schemas, seals.
"""

from __future__ import annotations

import asyncio
import inspect
import re
import time
import traceback
from abc import ABC, abstractmethod
from collections import Counter
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar, Final, TypeVar

import orjson
import structlog

from adapters.fault import DeclarationError, PeerError, PeerFault
from adapters.guard import Guard, GuardLimits, Standing
from schemas.parts import BODY, Carried

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from datetime import datetime

T = TypeVar("T")

KIND_NAME: Final = re.compile(r"^[a-z][a-z0-9-]{0,39}\Z")

_YEARS: Final = range(1900, 9999)
"""Of a moment: four digits, in UTC too."""

log = structlog.get_logger(__name__)

__all__ = [
    "Adapter",
    "Bounds",
    "DeclarationError",
    "Found",
    "Officer",
    "PeerError",
    "PeerFault",
    "Probe",
    "Query",
    "Reach",
    "Tally",
]


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
    safe: bool = False
    """Whether the registry calls the operation safe: only then may it be put to the system more than once."""


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
    guard: GuardLimits = field(default_factory=GuardLimits)


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
        self.service = ""
        """The service that it answers for, as logs and health name it; the node says so."""
        self.guard = Guard(self.bounds.guard, self.bounds.max_concurrency)
        self.guard.told = self._tell
        self.on_circuit: Callable[[str, Standing], None] | None = None
        """Told of each change of the circuit, with the service."""

    @property
    @abstractmethod
    def operations(self) -> frozenset[str]:
        """The operations that this adapter can answer."""

    async def start(self) -> None:  # noqa: B027 - a kind that opens nothing has nothing to write
        """Open what lasts (pools, sessions) and check declarations that need files."""

    async def close(self) -> None:  # noqa: B027 - the same
        """Release what `start` opened. Safe to call twice and without `start`."""

    def left_for_people(self) -> tuple[str, ...]:
        """What lies about that somebody must look at, such as refused files; for `doctor`, without a start."""
        return ()

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
        again = query.safe and query.operation in self.guard.retried

        async def act(left_s: float) -> Found:
            left = replace(query, timeout_s=max(0.001, left_s))
            return await self._guarded(lambda: self._ask(left), left_s)

        return await self.guard.run(timeout_s, act, again=again)

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

    def _tell(self, standing: Standing) -> None:
        """The circuit has changed."""
        circuit, failures = standing.circuit.value, standing.failures
        log.warning("adapter-circuit", kind=self.kind, service=self.service, circuit=circuit, failures=failures)
        if self.on_circuit is not None:
            self.on_circuit(self.service, standing)

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
        if found.as_of is not None and found.as_of.year not in _YEARS:
            raise PeerError(PeerFault.BAD_ANSWER, rule="as-of-year")
        try:
            size = len(orjson.dumps(found.body)) + sum(len(part.data) for part in found.parts)
        except TypeError:
            raise PeerError(PeerFault.BAD_ANSWER, rule="not-json") from None
        if found.parts and found.parts[0].id != BODY:
            raise PeerError(PeerFault.BAD_ANSWER, rule="body-first")
        if size > self.bounds.max_answer_bytes:
            raise PeerError(PeerFault.BAD_ANSWER, rule="too-large")
