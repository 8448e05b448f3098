"""What a seal must satisfy beyond being cryptographically sound: small values that compose.

Promises: a policy is a frozen value; `AllOf` answers with the first that does not hold. The only way to skip
policy is `UnsafeAcceptAnything`, which lint bans outside tests.
Leaves out: who may ask for what; that is the registry's and the gate's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol

import msgspec

from signing.keys import Algorithm
from signing.verdict import PASSED, Indication, Verdict, because

STEP: Final = "10 policy"


class SealFacts(msgspec.Struct, frozen=True):
    """What a sound seal says, and what the registry says of its certificate.

    Attributes:
        x5t: SHA-256 thumbprint of the sealing certificate.
        agency: whom the certificate is registered for, None outside a registry.
        alg: the registered algorithm.
        instance: the installation the seal is for, such as `VN-test`.
        iat_ms: when the sealer says it sealed, ms since the epoch, whole seconds.
        size: how many envelopes the batch holds.
        root: Merkle root over the batch.
    """

    x5t: str
    agency: str | None
    alg: Algorithm
    instance: str
    iat_ms: int
    size: int
    root: bytes


class Policy(Protocol):
    """One requirement on a sound seal."""

    def judge(self, facts: SealFacts, at_ms: int) -> Verdict:
        """Whether it holds for a seal known to exist at `at_ms`."""


@dataclass(frozen=True, slots=True)
class FreshWithin:
    """Sealed at most `past_ms` before and `future_ms` after the moment of the check: for live messages."""

    past_ms: int = 300_000
    future_ms: int = 30_000

    def judge(self, facts: SealFacts, at_ms: int) -> Verdict:
        """Compare the sealer's time with ours."""
        if -self.future_ms <= at_ms - facts.iat_ms <= self.past_ms:
            return PASSED
        return because(
            Indication.SIG_CONSTRAINTS_FAILURE, STEP, "sealed outside the window around the moment of the check"
        )


@dataclass(frozen=True, slots=True)
class SealedBefore:
    """Sealed no later than the moment it is known to have existed, give or take a clock: for archived evidence."""

    tolerance_ms: int = 30_000

    def judge(self, facts: SealFacts, at_ms: int) -> Verdict:
        """Refuse a sealing time after the proof of existence."""
        if facts.iat_ms <= at_ms + self.tolerance_ms:
            return PASSED
        return because(Indication.SIG_CONSTRAINTS_FAILURE, STEP, "sealed after the moment it is said to have existed")


@dataclass(frozen=True, slots=True)
class SealedBy:
    """Sealed with a certificate registered for this agency."""

    agency: str

    def judge(self, facts: SealFacts, at_ms: int) -> Verdict:
        """Compare the certificate's agency."""
        del at_ms  # whom a certificate belongs to does not depend on the moment
        if facts.agency == self.agency:
            return PASSED
        return because(Indication.SIG_CONSTRAINTS_FAILURE, STEP, "sealed by another agency")


@dataclass(frozen=True, slots=True)
class SealedWith:
    """Sealed with one of these algorithms: how an algorithm is retired at a date."""

    algorithms: frozenset[Algorithm]

    def judge(self, facts: SealFacts, at_ms: int) -> Verdict:
        """Look the algorithm up."""
        del at_ms  # the caller picks the list for its date
        if facts.alg in self.algorithms:
            return PASSED
        return because(Indication.CRYPTO_CONSTRAINTS_FAILURE, STEP, "sealed with an algorithm this policy has retired")


class AllOf:
    """Every one of these policies; the first that does not hold decides. `AllOf()` of nothing is refused."""

    __slots__ = ("policies",)

    def __init__(self, *policies: Policy) -> None:
        if not policies:
            raise ValueError("policy: AllOf needs at least one policy")
        self.policies = policies

    def judge(self, facts: SealFacts, at_ms: int) -> Verdict:
        """Ask each in turn."""
        for policy in self.policies:
            verdict = policy.judge(facts, at_ms)
            if not verdict.passed:
                return verdict
        return PASSED


class UnsafeAcceptAnything:
    """No requirement at all. Tests only."""

    __slots__ = ()

    def judge(self, facts: SealFacts, at_ms: int) -> Verdict:
        """Accept."""
        del facts, at_ms
        return PASSED
