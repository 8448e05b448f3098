"""The settings of rate, circuit and retries that every kind of adapter has. Durations in seconds.

Leaves out: what they do (`adapters.pace`, `adapters.breaker`, `adapters.retry`).
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from adapters.breaker import BreakerLimits
from adapters.retry import RetryLimits

_STRICT = ConfigDict(frozen=True, extra="forbid", strict=True)


class BreakerSettings(BaseModel):
    """When the circuit opens, for how long, and how many questions try whether it may close."""

    model_config = _STRICT

    failures: int = Field(default=5, ge=0, le=100_000)
    """0 switches the circuit breaker off."""
    share: float = Field(default=0.5, ge=0, le=1, strict=False)
    window_s: float = Field(default=120.0, gt=0, le=86_400, strict=False)
    open_s: float = Field(default=15.0, gt=0, le=86_400, strict=False)
    probes: int = Field(default=1, ge=1, le=1000)

    @property
    def limits(self) -> BreakerLimits | None:
        """The same for the state machine; None: off."""
        if not self.failures:
            return None
        return BreakerLimits(self.failures, self.share, self.window_s, self.open_s, self.probes)


class RetrySettings(BaseModel):
    """How often a safe operation is put to the system at most, and the waits between."""

    model_config = _STRICT

    attempts: int = Field(default=1, ge=1, le=10)
    first_s: float = Field(default=0.2, gt=0, le=60, strict=False)
    most_s: float = Field(default=5.0, gt=0, le=300, strict=False)

    @property
    def limits(self) -> RetryLimits:
        """The same for the rule."""
        return RetryLimits(self.attempts, self.first_s, self.most_s)
