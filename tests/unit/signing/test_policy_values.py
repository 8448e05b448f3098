"""Policies are values; they compose, and the first that does not hold decides."""

import pytest
from seal_kit import INSTANCE, NOW_MS

from signing.keys import Algorithm
from signing.policy import (
    AllOf,
    FreshWithin,
    SealedBefore,
    SealedBy,
    SealedWith,
    SealFacts,
    UnsafeAcceptAnything,  # noqa: TID251 - this is its test
)
from signing.verdict import Indication, VerdictError, because

FACTS = SealFacts("x", "a100001", Algorithm.ES256, INSTANCE, NOW_MS, 1, bytes(32))
ES_ONLY = SealedWith(frozenset({Algorithm.ES256}))
RSA_ONLY = SealedWith(frozenset({Algorithm.PS256, Algorithm.RS256}))


@pytest.mark.parametrize(
    ("policy", "at_ms", "reason"),
    [
        (FreshWithin(1000, 500), NOW_MS + 1000, None),
        (FreshWithin(1000, 500), NOW_MS + 1001, Indication.SIG_CONSTRAINTS_FAILURE),
        (FreshWithin(1000, 500), NOW_MS - 500, None),
        (FreshWithin(1000, 500), NOW_MS - 501, Indication.SIG_CONSTRAINTS_FAILURE),
        (SealedBefore(500), NOW_MS - 500, None),
        (SealedBefore(500), NOW_MS - 501, Indication.SIG_CONSTRAINTS_FAILURE),
        (SealedBefore(), NOW_MS + 10**12, None),
        (SealedBy("a100001"), NOW_MS, None),
        (SealedBy("a100002"), NOW_MS, Indication.SIG_CONSTRAINTS_FAILURE),
        (ES_ONLY, NOW_MS, None),
        (RSA_ONLY, NOW_MS, Indication.CRYPTO_CONSTRAINTS_FAILURE),
        (AllOf(SealedBy("a100001"), ES_ONLY, FreshWithin()), NOW_MS, None),
        (AllOf(SealedBy("a100001"), RSA_ONLY, SealedBy("a100002")), NOW_MS, Indication.CRYPTO_CONSTRAINTS_FAILURE),
        (AllOf(AllOf(SealedBy("a100002"))), NOW_MS, Indication.SIG_CONSTRAINTS_FAILURE),
        (UnsafeAcceptAnything(), NOW_MS, None),
    ],
)
def test_policies(policy: object, at_ms: int, reason: Indication | None):
    assert policy.judge(FACTS, at_ms).reason is reason


def test_all_of_nothing_is_refused():
    with pytest.raises(ValueError, match="at least one"):
        AllOf()


@pytest.mark.parametrize("reason", Indication)
def test_the_status_follows_from_the_indication(reason: Indication):
    verdict = because(reason, "1", "rule")
    assert not verdict.passed
    with pytest.raises(VerdictError, match=reason.value):
        verdict.must_pass()
