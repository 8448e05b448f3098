"""What a check concludes: passed, failed or indeterminate, and why, in ETSI's own words.

Promises: one vocabulary for every check in `signing`; the status follows from the indication, so that nobody
can report a broken signature as a doubt. A detail names the rule, never the data that broke it.
Leaves out: texts for people in two languages; the faces render those.

Source: ETSI EN 319 102-1 v1.4.1, tables 5 and 6 (the sub-indications in use here).
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final, Self

import msgspec


class Status(StrEnum):
    """The three main indications: TOTAL-PASSED, TOTAL-FAILED, INDETERMINATE."""

    PASSED = "passed"
    FAILED = "failed"
    INDETERMINATE = "indeterminate"


class Indication(StrEnum):
    """Sub-indications of EN 319 102-1 that our checks use."""

    FORMAT_FAILURE = "FORMAT_FAILURE"
    HASH_FAILURE = "HASH_FAILURE"
    SIG_CRYPTO_FAILURE = "SIG_CRYPTO_FAILURE"
    EXPIRED = "EXPIRED"
    NOT_YET_VALID = "NOT_YET_VALID"
    SIG_CONSTRAINTS_FAILURE = "SIG_CONSTRAINTS_FAILURE"
    CHAIN_CONSTRAINTS_FAILURE = "CHAIN_CONSTRAINTS_FAILURE"
    CRYPTO_CONSTRAINTS_FAILURE = "CRYPTO_CONSTRAINTS_FAILURE"
    NO_SIGNING_CERTIFICATE_FOUND = "NO_SIGNING_CERTIFICATE_FOUND"
    NO_CERTIFICATE_CHAIN_FOUND = "NO_CERTIFICATE_CHAIN_FOUND"
    REVOKED_NO_POE = "REVOKED_NO_POE"
    OUT_OF_BOUNDS_NO_POE = "OUT_OF_BOUNDS_NO_POE"
    SIGNED_DATA_NOT_FOUND = "SIGNED_DATA_NOT_FOUND"
    TIMESTAMP_ORDER_FAILURE = "TIMESTAMP_ORDER_FAILURE"
    REVOKED_CA_NO_POE = "REVOKED_CA_NO_POE"
    CRYPTO_CONSTRAINTS_FAILURE_NO_POE = "CRYPTO_CONSTRAINTS_FAILURE_NO_POE"
    TRY_LATER = "TRY_LATER"
    GENERIC = "GENERIC"


FAILING: Final = frozenset(
    {
        Indication.FORMAT_FAILURE,
        Indication.HASH_FAILURE,
        Indication.SIG_CRYPTO_FAILURE,
        Indication.EXPIRED,
        Indication.NOT_YET_VALID,
    }
)
"""Indications that mean TOTAL-FAILED (table 5); every other one means INDETERMINATE (table 6)."""


class VerdictError(Exception):
    """A boundary needed a passed verdict and got another.

    Attributes:
        verdict: what was concluded instead.
    """

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(str(verdict))
        self.verdict = verdict


class Verdict(msgspec.Struct, frozen=True):
    """The outcome of one check.

    Attributes:
        status: passed, failed or indeterminate.
        reason: why not passed; None when passed.
        step: the verifier's step that decided, such as `7 signature`.
        detail: the rule in plain words; never holds data from the message.
    """

    status: Status
    reason: Indication | None = None
    step: str = ""
    detail: str = ""

    @property
    def passed(self) -> bool:
        """Whether every step held."""
        return self.status is Status.PASSED

    def must_pass(self) -> Self:
        """Return this verdict if it passed.

        Raises:
            VerdictError: it did not.
        """
        if self.status is not Status.PASSED:
            raise VerdictError(self)
        return self

    def __str__(self) -> str:
        if self.reason is None:
            return self.status.value
        return f"{self.status.value}: {self.reason.value} at step {self.step}: {self.detail}"


PASSED: Final = Verdict(Status.PASSED)
"""The verdict of a check that held."""


def status_of(reason: Indication) -> Status:
    """The main indication that a sub-indication belongs to."""
    return Status.FAILED if reason in FAILING else Status.INDETERMINATE


def because(reason: Indication, step: str, detail: str) -> Verdict:
    """The verdict that `reason` asks for: failed or indeterminate."""
    return Verdict(status_of(reason), reason, step, detail)
