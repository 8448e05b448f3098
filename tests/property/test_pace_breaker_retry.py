"""Rate, circuit and retries against the plainest models of them, over random histories."""

from __future__ import annotations

from typing import Final

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, precondition, rule

from adapters import retry
from adapters.breaker import SLOTS, Breaker, BreakerLimits, Circuit, Ticket
from adapters.fault import PeerError, PeerFault
from adapters.pace import Pace, PaceLimits
from adapters.retry import RetryLimits

# Quarters of seconds are exact in binary: the laws below hold without a tolerance.
QUARTERS = st.integers(0, 40).map(lambda n: n / 4)
SLACK: Final = 1e-9


@given(
    per_second=st.sampled_from([0.5, 1.0, 2.0, 8.0]),
    burst=st.integers(1, 5),
    asked=st.lists(st.tuples(QUARTERS, QUARTERS), max_size=60),
)
def test_no_stretch_of_time_sees_more_turns_than_burst_and_rate_allow(
    per_second: float, burst: int, asked: list[tuple[float, float]]
):
    pace, now, turns = Pace(PaceLimits(per_second, burst)), 0.0, []
    for gap, most in asked:
        now += gap
        alone = pace.wait_s(now)
        wait = pace.reserve(now, most)
        assert (wait is None) == (alone > most)
        if wait is not None:
            assert wait == alone
            turns.append(now + wait)
    assert turns == sorted(turns)
    for first, start in enumerate(turns):
        for last in range(first, len(turns)):
            assert last - first + 1 <= burst + per_second * (turns[last] - start) + SLACK


@given(per_second=st.sampled_from([0.5, 1.0, 2.0]), burst=st.integers(1, 4), ask=st.integers(1, 20))
def test_nobody_waits_longer_than_the_rate_asks_for(per_second: float, burst: int, ask: int):
    pace = Pace(PaceLimits(per_second, burst))
    waits = [pace.reserve(7.0, 1e9) for _ in range(ask)]
    assert waits == [max(0, n + 1 - burst) / per_second for n in range(ask)]


LIMITS = BreakerLimits(failures=3, share=0.5, window_s=10.0, open_s=4.0, probes=2)


class Model:
    """The rules of the circuit, told with a list of everything that ended."""

    def __init__(self) -> None:
        self.state, self.changed, self.era = Circuit.CLOSED, 0.0, 0
        self.ended: list[tuple[float, bool]] = []
        self.out = self.good = 0

    def become(self, state: Circuit, now: float) -> None:
        self.state, self.changed, self.era = state, now, self.era + 1
        self.ended, self.out, self.good = [], 0, 0

    def admits(self, now: float) -> bool:
        if self.state is Circuit.OPEN and now - self.changed >= LIMITS.open_s:
            self.become(Circuit.HALF_OPEN, now)
        if self.state is Circuit.HALF_OPEN and self.out < LIMITS.probes:
            self.out += 1
            return True
        return self.state is Circuit.CLOSED

    def ends(self, era: int, now: float, failed: bool | None) -> None:  # noqa: FBT001 - as the machine's own word
        if era != self.era:
            return
        if self.state is Circuit.HALF_OPEN:
            self.out -= failed is None
            self.good += failed is False
            if failed:
                self.become(Circuit.OPEN, now)
            elif self.good == LIMITS.probes:
                self.become(Circuit.CLOSED, now)
        elif failed is not None:
            self.ended.append((now, failed))
            part = LIMITS.window_s / SLOTS
            recent = [bad for at, bad in self.ended if at // part > now // part - SLOTS]
            if sum(recent) >= LIMITS.failures and sum(recent) >= LIMITS.share * len(recent):
                self.become(Circuit.OPEN, now)


class BreakerAgainstModel(RuleBasedStateMachine):
    tickets = Bundle("tickets")

    def __init__(self) -> None:
        super().__init__()
        self.breaker, self.model, self.now = Breaker(LIMITS), Model(), 100.0

    @rule(gap=QUARTERS)
    def pass_time(self, gap: float) -> None:
        self.now += gap

    @rule(target=tickets)
    def ask(self) -> tuple[Ticket | None, int]:
        due = self.breaker.wait_s(self.now) == 0
        ticket = self.breaker.admit(self.now)
        assert (ticket is not None) == due
        assert (ticket is not None) == self.model.admits(self.now)
        return ticket, self.model.era

    @rule(ticket=consumes(tickets), failed=st.sampled_from([True, True, False, None]))
    def end(self, ticket: tuple[Ticket | None, int], failed: bool | None) -> None:  # noqa: FBT001 - drawn
        if ticket[0] is not None:
            self.breaker.record(ticket[0], self.now, failed=failed)
            self.model.ends(ticket[1], self.now, failed)

    @precondition(lambda self: self.model.state is Circuit.CLOSED)
    @rule(times=st.integers(1, 4))
    def fail_at_once(self, times: int) -> None:
        for _ in range(times):
            ticket, era = self.ask()
            self.end((ticket, era), failed=True)

    @invariant()
    def they_agree(self) -> None:
        assert self.breaker.state is self.model.state
        failures = self.breaker.failures(self.now)
        closed = self.model.state is Circuit.CLOSED
        assert failures <= len(self.model.ended) if closed else failures >= LIMITS.failures
        assert len(self.breaker._slots) <= SLOTS


TestBreaker = BreakerAgainstModel.TestCase


@given(
    limits=st.builds(
        RetryLimits, attempts=st.integers(1, 5), first_s=st.just(0.25), most_s=st.sampled_from([0.5, 4.0])
    ),
    kind=st.sampled_from(list(PeerFault)),
    known=st.booleans(),
    attempt=st.integers(1, 6),
    left_s=QUARTERS,
    draw=st.floats(0, 1),
    hint=st.sampled_from([None, 0.0, 2.0]),
    rule_=st.sampled_from([None, "circuit-open", "connection-lost"]),
)
def test_a_retry_is_bounded_within_the_deadline_and_only_where_it_helps(
    *, limits: RetryLimits, kind: PeerFault, known: bool, attempt: int, left_s: float, draw: float,
    hint: float | None, rule_: str | None,
):  # fmt: skip
    error = PeerError(kind, outcome_known=known, rule=rule_, retry_after_s=hint)
    wait = retry.wait_s(limits, error, attempt, left_s, draw)
    if wait is None:
        return
    assert attempt < limits.attempts
    assert kind in {PeerFault.UNREACHABLE, PeerFault.OVERLOADED, PeerFault.TIMEOUT}
    assert kind is not PeerFault.TIMEOUT or known
    assert rule_ != "circuit-open"
    assert (hint or 0.0) <= wait < left_s
    assert wait <= (hint or 0.0) + min(limits.most_s, limits.first_s * 2 ** (attempt - 1))
