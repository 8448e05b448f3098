"""What the hub writes down of an exchange: leaves, details and the receipt that opens them.

Promises: a leaf names no person; details bind the digests of envelope, seal and parts; a receipt carries both leaves
with salts and details, so that either party proves the exchange without the hub. Leaves out: durability (`bus.ledger`).
"""

from __future__ import annotations

import os
from typing import Final, NamedTuple

import msgspec

from bus import bodies
from bus.ledger.port import Append, Quota
from registry.model import Agreement
from schemas.envelope import Envelope, Leaf, Receipt
from schemas.problems import Code, problem
from schemas.record import (
    SALT_BYTES,
    Details,
    LeafType,
    Outcome,
    PartDigest,
    Record,
    commit,
    encode_details,
    encode_leaf,
)
from schemas.sealed import Sealed
from schemas.text import b64url_encode, moment

INCLUDED_WITHIN_MS: Final = 60_000
MAX_ASKED_BYTES: Final = 9 * 1024
"""Of an asked's details and the subjects that its outcome names again: both must fit into one receipt of 16 KiB."""
OUTCOME_GRACE_MS: Final = 5_000
"""How long after a question's expiry its outcome may still be recorded before it is called unknown."""
_UTC7_MS: Final = 7 * 3600 * 1000
_PERIOD_CHARS: Final = {"day": 10, "hour": 13, "minute": 16}


class Entry(NamedTuple):
    """One record on its way: the bytes of leaf and details, and the salt between them."""

    leaf: bytes
    details: bytes
    salt: bytes

    def at(self, index: int) -> Leaf:
        """The form in a receipt."""
        return Leaf(
            index=index,
            leaf=b64url_encode(self.leaf),
            salt=b64url_encode(self.salt),
            details=b64url_encode(self.details),
        )


def unique_key(envelope: Envelope) -> bytes:
    """(instance, sealer, id): what may stand in the ledger only once."""
    return f"{envelope.instance}|{envelope.sealer}|{envelope.id}".encode()


def dossier_fact(consumer: str, dossier: str) -> str:
    """The fact that a consumer has declared this dossier open."""
    return f"dossier|{consumer}|{dossier}"


def closed_fact(consumer: str, dossier: str) -> str:
    """The fact that a consumer has closed this dossier: it stands for ever."""
    return f"closed|{consumer}|{dossier}"


def procedure_fact(consumer: str, dossier: str, procedure: str) -> str:
    """The fact that an open dossier is one of this procedure."""
    return f"{dossier_fact(consumer, dossier)}|procedure|{procedure}"


def party_fact(consumer: str, dossier: str, scheme: str, number: str) -> str:
    """The fact that somebody is a party of an open dossier; the ledger keeps it only as a keyed digest."""
    return f"{dossier_fact(consumer, dossier)}|party|{scheme}|{number}"


def quota_of(agreement: Agreement, now_ms: int) -> Quota | None:
    """The agreement's bucket for this day, hour or minute in Vietnam (UTC+7)."""
    if agreement.quota is None:
        return None
    period = moment(now_ms + _UTC7_MS)[: _PERIOD_CHARS[agreement.quota.per]]
    return Quota(f"{agreement.id}|{period}", agreement.quota.count)


def entry(record_type: LeafType, now_ms: int, envelope: Envelope, details: Details, **members: object) -> Entry:
    """Bind details under a fresh salt and lay out the leaf; `members` are the leaf's own."""
    salt = os.urandom(SALT_BYTES)
    data = encode_details(details)
    consumer = envelope.consumer.agency if envelope.consumer else envelope.sealer
    record = Record(
        v=1,
        type=record_type,
        time=moment(now_ms),
        consumer=consumer,
        commit=commit(data, salt),
        provider=envelope.service.partition("/")[0] if envelope.service else None,
        service=envelope.service,
        **members,  # type: ignore[arg-type] # each caller names members of Record; mypy cannot see through **
    )
    return Entry(encode_leaf(record), data, salt)


def details_of(sealed: Sealed, envelope: Envelope, **members: object) -> Details:
    """The details that every record of this envelope has; `members` are the stage's own."""
    return Details(
        exchange=envelope.id,
        sealer=envelope.sealer,
        envelope=bodies.digest(sealed.envelope),
        seal=bodies.digest(sealed.seal),
        parts=tuple(PartDigest(id=part.id, sha256=part.sha256, length=part.length) for part in envelope.parts),
        **members,  # type: ignore[arg-type] # each caller names members of Details; mypy cannot see through **
    )


def asked_entry(
    sealed: Sealed, question: Envelope, agreement: str, snapshot: int, now_ms: int, *, shaped: bool
) -> Entry:
    """The record that stands before anything leaves the hub.

    Raises:
        ProblemError: 102, it would not fit into a receipt.
    """
    details = details_of(
        sealed,
        question,
        operation=question.operation,
        officer=question.officer,
        procedure=question.procedure,
        dossier=question.dossier,
        basis=question.basis,
        subjects=question.subjects,
        fields=question.fields,
        schema=question.schema,
        agreement=agreement,
        snapshot=snapshot,
        correlation=question.correlation,
    )
    made = entry(LeafType.ASKED, now_ms, question, details, purpose=question.purpose, validated=shaped)
    if len(made.details) + len(msgspec.json.encode(question.subjects)) > MAX_ASKED_BYTES:
        raise problem(Code.ENVELOPE_TOO_LARGE, rule="fits-a-receipt", place="/", limit=MAX_ASKED_BYTES)
    return made


def outcome_entry(
    question: Envelope,
    answer: tuple[Sealed, Envelope],
    outcome: Outcome,
    now_ms: int,
    *,
    asked: int,
    validated: bool | None,
    hops: dict[str, int],
) -> Entry:
    """The record of how it ended: whose envelope answered, and when each stage passed."""
    sealed, envelope = answer
    code = int(envelope.problem.code) if envelope.problem else None
    details = details_of(sealed, envelope, schema=envelope.schema, subjects=envelope.about, hops=hops)
    return entry(
        LeafType.OUTCOME,
        now_ms,
        question,
        details,
        purpose=question.purpose,
        outcome=outcome,
        code=code,
        validated=validated,
        asked=asked,
    )


def refused_entry(sealed: Sealed, question: Envelope, code: int, now_ms: int) -> Entry:
    """The record of a question that the gate refused: nothing left the hub."""
    details = details_of(
        sealed,
        question,
        operation=question.operation,
        officer=question.officer,
        procedure=question.procedure,
        dossier=question.dossier,
        subjects=question.subjects,
        correlation=question.correlation,
    )
    return entry(LeafType.OUTCOME, now_ms, question, details, purpose=question.purpose, outcome="refused", code=code)


def append_of(one: Entry, **members: object) -> Append:
    """The ledger's form of an entry; `members` are unique key, quota, deadline, what it closes, facts."""
    return Append(one.leaf, one.details, one.salt, **members)  # type: ignore[arg-type] # named by each caller


def receipt_of(origin: str, term: int, asked: Leaf, outcome: Leaf, now_ms: int) -> Receipt:
    """The receipt's body."""
    return Receipt(
        origin=origin, term=term, asked=asked, outcome=outcome, included_by=moment(now_ms + INCLUDED_WITHIN_MS)
    )


def settling(asked: Record, index: int, details: bytes, now_ms: int) -> Append:
    """The outcome of an asked that nobody settled in time, from its leaf alone."""
    salt = os.urandom(SALT_BYTES)
    record = Record(
        v=1,
        type=LeafType.OUTCOME,
        time=moment(now_ms),
        consumer=asked.consumer,
        commit=commit(details, salt),
        provider=asked.provider,
        service=asked.service,
        purpose=asked.purpose,
        outcome="outcome-unknown",
        code=int(Code.OUTCOME_UNKNOWN),
        asked=index,
    )
    return Append(encode_leaf(record), details, salt, closes=index)
