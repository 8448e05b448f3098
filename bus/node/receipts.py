"""Whether a receipt proves the exchange it is handed out for.

Promises: a receipt that passes was sealed by the operator, opens both leaves, and binds this very question and this
very reply by digest; anybody can repeat these steps with `lienthong-check`.
Leaves out: inclusion in the published log, which a node checks against checkpoints.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from bus import bodies
from schemas.envelope import Envelope, Kind, Leaf, Receipt
from schemas.problems import Code, FaultAt, ProblemError, problem
from schemas.record import (
    Details,
    LeafType,
    Record,
    RecordFormatError,
    decode_details,
    decode_leaf,
    opens,
)
from schemas.sealed import Sealed
from schemas.text import b64url_decode

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


def check_receipt(receipt: Envelope, operator: str, question: Envelope, asked: Sealed, reply: Sealed) -> Proven:
    """Judge one receipt.

    1. a receipt, sealed by the operator, in reply to the question's very bytes
    2. its asked leaf opens to this question: parties, service, digests
    3. its outcome leaf settles that asked, and opens to this reply's digest

    Raises:
        ProblemError: 601, with the rule.
    """
    body = receipt.receipt
    if receipt.kind is not Kind.RECEIPT or receipt.sealer != operator or body is None:
        raise _wrong("receipt-of-the-operator")
    to = receipt.in_reply_to
    if to is None or to.sha256 != bodies.digest(asked.envelope):
        raise _wrong("receipt-for-this-question")
    first, first_details = _opened(body.asked)
    last, last_details = _opened(body.outcome)
    _asked_holds(first, first_details, question, asked)
    if last.type is not LeafType.OUTCOME or last.asked != body.asked.index:
        raise _wrong("outcome-settles-the-asked")
    if last_details.envelope != bodies.digest(reply.envelope):
        raise _wrong("outcome-of-this-reply")
    return _proven(body, first, last, last_details)


def provider_of(receipt: Receipt) -> str:
    """The provider that the asked leaf names; empty where the leaf cannot be read."""
    try:
        return decode_leaf(b64url_decode(receipt.asked.leaf)).provider or ""
    except (RecordFormatError, ValueError):
        return ""


def _asked_holds(record: Record, details: Details, question: Envelope, asked: Sealed) -> None:
    consumer = question.consumer.agency if question.consumer else question.sealer
    same = (record.type, record.consumer, record.service) == (LeafType.ASKED, consumer, question.service)
    if not same or details.envelope != bodies.digest(asked.envelope):
        raise _wrong("asked-is-this-question")


def _opened(leaf: Leaf) -> tuple[Record, Details]:
    try:
        record = decode_leaf(b64url_decode(leaf.leaf))
        details = b64url_decode(leaf.details or "")
        if not opens(record, details, b64url_decode(leaf.salt)):
            raise _wrong("commitment-opens")
        return record, decode_details(details)
    except (RecordFormatError, ValueError) as error:
        raise _wrong("leaf-readable") from error


def _proven(body: Receipt, first: Record, last: Record, details: Details) -> Proven:
    return Proven(
        origin=body.origin,
        term=body.term,
        asked=body.asked.index,
        outcome=body.outcome.index,
        asked_at=first.time,
        outcome_at=last.time,
        hops=details.hops,
    )


def _wrong(rule: str) -> ProblemError:
    return problem(Code.RECORD_NOT_WRITTEN, rule=rule, fault_at=FaultAt.HUB)
