"""What every X-Road handler of one node works with: who asks, who may, the registry, limits, the style of errors.

Promises nothing of its own. The composition root makes one (`bus.app.xroad`); REST, SOAP and metaservices share it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from bus.clock import Clock
from bus.directory import Directory
from bus.node.ports import Asking
from bus.xroad.clients import Speakers
from registry.xroad import XRoadBook
from schemas.problems import Code, FaultAt, problem
from schemas.xroad.codes import Style

RETRY_AFTER_MS: Final = 1_000


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of the face.

    Attributes:
        max_body_bytes: the largest payload of a request.
        max_memory_bytes: how much of it is held in memory while it is received; what is over goes to a file.
        timeout_ms: how long an answer is worth waiting for.
        max_in_flight: calls that one agency's clients may have under way.
    """

    max_body_bytes: int = 4 * 1024 * 1024
    max_memory_bytes: int = 1024 * 1024
    timeout_ms: int = 60_000
    max_in_flight: int = 256


@dataclass(frozen=True, slots=True)
class Around:
    """The parts, by name. `askers` grows as agencies are served: agency → who asks for it."""

    askers: Mapping[str, Asking]
    directory: Directory
    speakers: Speakers
    clock: Clock
    style: Style = Style.CAMEL
    limits: Limits = field(default_factory=Limits)
    _under_way: Counter[str] = field(default_factory=Counter)

    @property
    def book(self) -> XRoadBook:
        """The registry of now, by X-Road's identifiers."""
        return self.directory.snapshot.xroad

    @property
    def instance(self) -> str:
        """The X-Road instance of this bus; its own one where the registry names none."""
        return self.book.instance(self.clock()) or self.directory.snapshot.instance

    @contextmanager
    def place(self, agency: str) -> Iterator[None]:
        """One of the places that an agency's clients have under way together.

        Raises:
            ProblemError: 403, they are all taken.
        """
        if self._under_way[agency] >= self.limits.max_in_flight:
            raise problem(Code.TOO_BUSY, fault_at=FaultAt.CONSUMER_NODE, retry_after_ms=RETRY_AFTER_MS)
        self._under_way[agency] += 1
        try:
            yield
        finally:
            self._under_way[agency] -= 1
