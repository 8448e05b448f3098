"""Whether a receipt proves the exchange it is handed out for, as the asking node and as the providing node see it.

Promises: a receipt that passes was sealed by the operator, opens both leaves, and binds this very question and this
very reply by digest; anybody can repeat these steps with `lienthong-check`.
Leaves out: inclusion in the published log, which a node checks against checkpoints.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from bus import bodies
from bus.replies import outcome_of
from schemas.envelope import Envelope, Receipt
from schemas.problems import Code, FaultAt, ProblemError, problem
from schemas.sealed import Sealed
from signing.receipt import Opened, ReceiptError, open_receipt

Promised = Callable[[Receipt], None]
"""Told of every receipt that holds."""


def nobody(_receipt: Receipt) -> None:
    """Nobody watches the ledger."""


class Proven(NamedTuple):
    """What a receipt proves: both leaves' places, when the hub recorded them, and the hop times (ms)."""

    origin: str
    term: int
    asked: int
    outcome: int
    asked_at: str
    outcome_at: str
    hops: dict[str, int]


class Exchanged(NamedTuple):
    """What the asking node holds beside the receipt: the question and the reply, as sealed and as read."""

    question: Envelope
    asked: Sealed
    reply: Envelope
    replied: Sealed


def check_receipt(receipt: Envelope, operator: str, held: Exchanged) -> Proven:
    """Judge one receipt at the asking node.

    1. a receipt, sealed by the operator, in reply to the question's very bytes
    2. both leaves open, and the outcome settles the asked
    3. the asked is this question's: parties, service, purpose, digest
    4. the outcome is this reply's: digest, and the word for how it ended

    Raises:
        ProblemError: 601, with the rule.
    """
    opened = opened_by(receipt, operator)
    asked = bodies.digest(held.asked.envelope)
    if receipt.in_reply_to is None or receipt.in_reply_to.sha256 != asked:
        raise _wrong("receipt-for-this-question")
    if not opened.is_of(held.question) or opened.asked.details.envelope != asked:
        raise _wrong("asked-is-this-question")
    if opened.outcome.details.envelope != bodies.digest(held.replied.envelope):
        raise _wrong("outcome-of-this-reply")
    if opened.outcome.record.outcome != outcome_of(held.reply):
        raise _wrong("outcome-as-replied")
    body = receipt.receipt
    return Proven(
        origin=opened.origin,
        term=body.term if body else 0,
        asked=opened.asked.index,
        outcome=opened.outcome.index,
        asked_at=opened.asked.record.time,
        outcome_at=opened.outcome.record.time,
        hops=opened.outcome.details.hops,
    )


def opened_by(receipt: Envelope, operator: str) -> Opened:
    """Both leaves of the operator's receipt.

    Raises:
        ProblemError: 601, somebody else sealed it, or a leaf does not open.
    """
    if receipt.sealer != operator:
        raise _wrong("receipt-of-the-operator")
    try:
        return open_receipt(receipt)
    except ReceiptError as error:
        raise _wrong("leaves-open") from error


def must_name_answer(opened: Opened, answer: Sealed | None) -> None:
    """Judge a receipt at the providing node: nobody may say that it answered what it did not.

    Args:
        opened: the receipt's leaves.
        answer: what this node sealed in reply to that question; None where it sealed nothing.

    Raises:
        ProblemError: 601.
    """
    if opened.outcome.record.outcome != "answered":
        return
    if answer is None or opened.outcome.details.envelope != bodies.digest(answer.envelope):
        raise _wrong("outcome-of-our-answer")


def _wrong(rule: str) -> ProblemError:
    return problem(Code.RECORD_NOT_WRITTEN, rule=rule, fault_at=FaultAt.HUB)
