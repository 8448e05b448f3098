"""Open a receipt: two leaves of the ledger, and the details to which each is committed.

Promises: leaves of version 1 whose commitments open under the salts that the receipt hands over, the outcome settling
the asked; `Opened.is_of` tells whether the asked leaf is of a given question.
Leaves out: the receipt's own seal (`signing.jws`), inclusion in the log (`signing.merkle`).

Sources: docs/record.md; `schemas.record`.
"""

from __future__ import annotations

from dataclasses import dataclass

from schemas.envelope import Envelope, Kind, Leaf
from schemas.record import Details, LeafType, Record, RecordFormatError, decode_details, decode_leaf, opens
from schemas.text import b64url_decode


class ReceiptError(ValueError):
    """The receipt does not open; the message names the rule."""


@dataclass(frozen=True, slots=True)
class OpenedLeaf:
    """One leaf with what it is committed to.

    Attributes:
        index: its place in the ledger.
        data: its bytes, as hashed.
        record: the leaf, read.
        details: what the commitment binds.
    """

    index: int
    data: bytes
    record: Record
    details: Details


@dataclass(frozen=True, slots=True)
class Opened:
    """Both leaves of one exchange.

    Attributes:
        origin: the ledger's name.
        asked: recorded before anything left the hub.
        outcome: how it ended.
    """

    origin: str
    asked: OpenedLeaf
    outcome: OpenedLeaf

    def is_of(self, question: Envelope) -> bool:
        """Whether the asked leaf names this question's consumer, service, purpose and id."""
        consumer = question.consumer.agency if question.consumer else question.sealer
        record, details = self.asked.record, self.asked.details
        said = (record.consumer, record.service, record.purpose, details.exchange, details.sealer)
        return said == (consumer, question.service, question.purpose, question.id, question.sealer)


def open_receipt(envelope: Envelope) -> Opened:
    """Open both leaves of a receipt envelope.

    Raises:
        ReceiptError: no receipt, a leaf or its details do not read, a commitment does not open, or the outcome
            settles another exchange.
    """
    body = envelope.receipt
    if envelope.kind is not Kind.RECEIPT or body is None:
        raise ReceiptError("not a receipt")
    asked, outcome = _opened(body.asked), _opened(body.outcome)
    if asked.record.type is not LeafType.ASKED or outcome.record.type is not LeafType.OUTCOME:
        raise ReceiptError("the leaves are not an asked and an outcome")
    if outcome.record.asked != asked.index or outcome.index <= asked.index:
        raise ReceiptError("the outcome settles another asked")
    same = ("consumer", "provider", "service", "purpose")
    if any(getattr(asked.record, name) != getattr(outcome.record, name) for name in same):
        raise ReceiptError("the two leaves name different parties or services")
    return Opened(body.origin, asked, outcome)


def _opened(leaf: Leaf) -> OpenedLeaf:
    try:
        data, details = b64url_decode(leaf.leaf), b64url_decode(leaf.details or "")
        record = decode_leaf(data)
        held = opens(record, details, b64url_decode(leaf.salt))
        if held:
            return OpenedLeaf(leaf.index, data, record, decode_details(details))
    except (RecordFormatError, ValueError) as error:
        raise ReceiptError("a leaf or its details do not read") from error
    raise ReceiptError("a commitment does not open")
