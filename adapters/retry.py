"""Whether and when a question is put again, as a pure function.

Promises: only an operation that is safe (declared so by the adapter and by the registry), only when the system could
not be reached, was busy, or certainly did nothing in time, and never past the question's own deadline; waits double and
are drawn at random between nothing and that ("full jitter"), so that many do not come back at once.
Leaves out: the waiting. Our own refusals (a full queue, a rate, an open circuit) are not retried: they would be again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from adapters.fault import PeerFault

if TYPE_CHECKING:
    from adapters.fault import PeerError

OUR_OWN: Final = frozenset({"no-turn-in-time", "too-many-waiting", "rate", "circuit-open", "not-started"})
LEAST_LEFT_S: Final = 0.01
"""With less time left than this nothing can be answered."""


@dataclass(frozen=True, slots=True)
class RetryLimits:
    """How often a question is put at most, the first wait's bound, and the longest. Seconds."""

    attempts: int = 1
    first_s: float = 0.2
    most_s: float = 5.0


def helps(error: PeerError) -> bool:
    """Whether a safe operation may be asked again after this error."""
    if not error.retry or error.rule in OUR_OWN:
        return False
    if error.kind is PeerFault.TIMEOUT:
        return error.outcome_known
    return error.kind in (PeerFault.UNREACHABLE, PeerFault.OVERLOADED)


def wait_s(limits: RetryLimits, error: PeerError, attempt: int, left_s: float, draw: float) -> float | None:
    """The seconds until the next attempt, or None: there is none.

    Args:
        limits: as declared.
        error: how the last attempt ended; where it names a wait of its own, that is kept.
        attempt: how many there have been, from 1.
        left_s: seconds until the question's deadline.
        draw: a number drawn evenly from 0 to 1.
    """
    if attempt >= limits.attempts or not helps(error):
        return None
    bound = min(limits.most_s, limits.first_s * 2.0 ** min(attempt - 1, 60))
    wait = (error.retry_after_s or 0.0) + draw * bound
    return wait if wait + LEAST_LEFT_S < left_s else None
