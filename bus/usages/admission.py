"""A citizen's token becomes the citizen, or a refusal by number.

Promises: 1 the token is judged under the issuer's keys 2 the challenge it answers was this portal's and is used up by
it, unless a cursor goes on with the look that it opened 3 the person has not looked too often; a token shown again is
no look, so that nobody who saw one can use up another's. The portal's word counts for nothing but whom the challenge
was given to. No number, nonce or token reaches an error or a log.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from bus.clock import Clock
from bus.usages.issuer import Issuer
from bus.usages.pace import Pace
from bus.usages.tickets import Resume, Tickets, digest_of
from schemas.problems import Code, FaultAt, ProblemError, problem
from schemas.words import Assurance
from signing import idtoken
from signing.idtoken import TokenPolicy, TokenVerdict, Told


@dataclass(frozen=True, slots=True)
class Citizen:
    """Who looks.

    Attributes:
        portal: by which portal; None where portals are not told apart.
        nonce: digest of the challenge that the token answered.
        resume: where the look goes on; None for a new one.
    """

    number: str = field(repr=False)
    level: Assurance
    portal: str | None
    nonce: bytes = field(repr=False)
    resume: Resume | None = None


class Admission:
    """The door for citizens."""

    def __init__(self, policy: TokenPolicy, issuer: Issuer, tickets: Tickets, pace: Pace, clock: Clock) -> None:
        self._policy = policy
        self._issuer = issuer
        self._tickets = tickets
        self._pace = pace
        self._clock = clock

    async def admit(self, token: str | None, portal: str | None, cursor: str | None, question: bytes) -> Citizen:
        """Who holds this token.

        Args:
            token: the token as it came; None where none did.
            portal: who brings it.
            cursor: by which an earlier look of the same token goes on.
            question: digest of what is asked, to which a cursor is bound.

        Raises:
            ProblemError: 821 to 824, 826, 827; 804 the cursor is of another token or question.
        """
        if not token:
            raise problem(Code.TOKEN_MISSING, fault_at=FaultAt.CONSUMER_SYSTEM)
        told = await self._judged(token)
        if cursor is not None:
            resume = self._tickets.resumed(cursor, told.nonce, question)
            self._pace.count(told.number)
            return Citizen(told.number, told.level, portal, digest_of(told.nonce), resume)
        self._tickets.redeem(told.nonce, portal)
        self._pace.count(told.number)
        return Citizen(told.number, told.level, portal, digest_of(told.nonce))

    async def _judged(self, token: str) -> Told:
        keys = await self._issuer.keys(idtoken.key_named(token))
        verdict = idtoken.check(token, keys, self._policy, self._clock())
        if verdict.told is None:
            raise self._refused(verdict)
        return verdict.told

    def _refused(self, verdict: TokenVerdict) -> ProblemError:
        if verdict.step == "level":
            least = self._policy.least
            return problem(Code.IDENTIFIED_TOO_WEAKLY, rule="level", fault_at=FaultAt.CONSUMER_SYSTEM, least=least)
        return problem(Code.TOKEN_REFUSED, rule=verdict.step, fault_at=FaultAt.CONSUMER_SYSTEM)
