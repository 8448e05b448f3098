"""What the search tables hold of one record: pure, from leaf, details and the asked that it settles.

Promises: the same leaf, details and asked give the same rows; without details only what the leaf says; a leaf of
another version has a row too, so that none is passed over. Leaves out: writing rows (`bus.audit.index`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from schemas.envelope import Subject
from schemas.inquiry import Inquiry, decode_erasure, decode_inquiry
from schemas.record import Details, LeafType, Record, RecordFormatError, decode_details, decode_leaf
from schemas.text import moment_ms

UNREADABLE: Final = 0
"""The type of a leaf that this program does not know."""


class Row(NamedTuple):
    """A row of `records`; the names are the columns'."""

    idx: int
    time_ms: int
    type: int
    consumer: str | None = None
    provider: str | None = None
    service: str | None = None
    purpose: str | None = None
    outcome: str | None = None
    code: int | None = None
    validated: bool | None = None
    asked: int | None = None
    latency_ms: int | None = None
    basis: str | None = None
    procedure: str | None = None
    dossier: str | None = None
    officer: bytes | None = None
    erased: bool = False


class Told(NamedTuple):
    """What a record's details tell, read but not yet tied to its asked.

    Attributes:
        people: whom it is about, as (scheme, number).
        officer: who acted, in the clear: it must not reach a table.
        overrides: (field, reason) of each passing of the guard.
        erases: ranges that an order erases.
        prunes: the minimum index that an order of pruning sets; 0 for none.
        order: id of an order of erasure or pruning.
    """

    basis: str | None = None
    procedure: str | None = None
    dossier: str | None = None
    officer: str | None = None
    people: tuple[tuple[str, str], ...] = ()
    overrides: tuple[tuple[str, str], ...] = ()
    erases: tuple[tuple[int, int], ...] = ()
    prunes: int = 0
    order: str = ""


NOTHING: Final = Told()


def read_leaf(leaf: bytes) -> Record | None:
    """The leaf's record, or None for one that this program does not know."""
    try:
        return decode_leaf(leaf)
    except RecordFormatError:
        return None


def told(record: Record | None, details: bytes | None) -> Told:
    """What the details tell; nothing where there are none, or none that this program can read."""
    if record is None or details is None:
        return NOTHING
    reader = _READERS.get(record.type, _of_exchange)
    try:
        return reader(details)
    except RecordFormatError:
        return NOTHING


def row_of(idx: int, record: Record | None, *, erased: bool) -> Row:
    """The row as far as the leaf alone tells it."""
    if record is None:
        return Row(idx, 0, UNREADABLE, erased=erased)
    return Row(
        idx=idx,
        time_ms=moment_ms(record.time),
        type=int(record.type),
        consumer=record.consumer,
        provider=record.provider,
        service=record.service,
        purpose=record.purpose,
        outcome=record.outcome,
        code=record.code,
        validated=record.validated,
        asked=record.asked,
        erased=erased,
    )


def _of_exchange(data: bytes) -> Told:
    details: Details = decode_details(data)
    return Told(
        basis=details.basis,
        procedure=details.procedure,
        dossier=details.dossier,
        officer=details.officer.id if details.officer else None,
        people=_people(details.subjects),
        overrides=tuple(_split(one) for one in details.overrides),
    )


def _of_inquiry(data: bytes) -> Told:
    inquiry: Inquiry = decode_inquiry(data)
    return Told(officer=inquiry.by, people=_people(inquiry.subjects))


def _of_erasure(data: bytes) -> Told:
    order = decode_erasure(data)
    return Told(erases=order.ranges, prunes=order.minimum or 0, order=order.erasure)


_READERS: Final[dict[LeafType, Callable[[bytes], Told]]] = {
    LeafType.INQUIRY: _of_inquiry,
    LeafType.ERASURE: _of_erasure,
}


def _people(subjects: tuple[Subject, ...]) -> tuple[tuple[str, str], ...]:
    return tuple(dict.fromkeys((who.scheme, who.id) for who in subjects))


def _split(override: str) -> tuple[str, str]:
    field, _, reason = override.rpartition(":")
    return field[:80], reason[:40]
