"""Whether a reply belongs to the question it claims to answer: the same rule at the hub and at the asking node.

Promises: bound by the digest of the question's very bytes, and by service and consumer; sealed by the provider (or,
for a fault, by the hub's operator too where the caller allows it); about the question's subjects and no other.
"""

from __future__ import annotations

from typing import Final

from bus import bodies
from schemas.envelope import Envelope, Kind
from schemas.problems import Code, problem
from schemas.record import Outcome
from schemas.sealed import Sealed

REPLIES: Final = frozenset({Kind.ANSWER, Kind.FAULT})
"""A pending reply has no continuation yet, so it is none."""


def outcome_of(reply: Envelope) -> Outcome:
    """The word in the leaf for how this reply ends its exchange."""
    if reply.problem is None:
        return "answered"
    return "outcome-unknown" if reply.problem.code is Code.OUTCOME_UNKNOWN else "fault"


def check_reply(reply: Envelope, question: Envelope, asked: Sealed, sealers: frozenset[str]) -> None:
    """Judge one reply.

    1. it is an answer or a fault, sealed by one of `sealers`
    2. it names the digest of the question's bytes, and its id
    3. where it names consumer, service and operation, they are the question's
    4. whose data it says it holds are subjects of the question, in the sealer's own claim

    Raises:
        ProblemError: 121, with the member's place.
    """
    wrong = _first_wrong(reply, question, asked, sealers)
    if wrong is not None:
        rule, place = wrong
        raise problem(Code.ANSWER_TO_ANOTHER_QUESTION, rule=rule, place=place)


def _first_wrong(reply: Envelope, question: Envelope, asked: Sealed, sealers: frozenset[str]) -> tuple[str, str] | None:
    if reply.kind not in REPLIES:
        return "reply-kind", "/kind"
    if reply.sealer not in sealers:
        return "sealed-by-the-provider", "/sealer"
    to = reply.in_reply_to
    if to is None or to.sha256 != bodies.digest(asked.envelope) or to.id not in {None, question.id}:
        return "in-reply-to", "/in_reply_to"
    for name in ("consumer", "service", "operation"):
        said = getattr(reply, name)
        if said is not None and said != getattr(question, name):
            return "same-" + name, f"/{name}"
    subjects = {(who.scheme, who.id) for who in question.subjects}
    for index, who in enumerate(reply.about):
        if (who.scheme, who.id) not in subjects or who.asserted_by != reply.sealer:
            return "about-the-subjects", f"/about/{index}"
    return None
