"""Orders of erasure as they travel to those who hold copies, and what these answer: both sealed, both plain JSON.

Promises: bytes are read strictly and never believed before their seal was judged; nothing in them names a person.
Leaves out: sealing (`signing.jws`), carrying (the link's topic 7), what is erased where (`bus.audit`, `bus.node`).
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from schemas.words import AgencyId, Instance, Moment, Short, Uuid7

MAX_EXCHANGES: Final = 256
"""In one order, so that it fits into a seal's 16 KiB."""
Hex = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]


class OrderFormatError(ValueError):
    """Not an order, or not an answer to one."""


class ErasureOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one holder must erase: everything that it keeps of these exchanges.

    Attributes:
        order: number of the record that is the order.
        part: of how many exchanges there are too many for one.
        agency: the holder.
        by: who ordered it.
        reason: why.
        exchanges: the questions' numbers.
    """

    v: Literal[1]
    kind: Literal["erasure-order"]
    instance: Instance
    order: Annotated[int, Meta(ge=0)]
    part: Annotated[int, Meta(ge=0)]
    agency: AgencyId
    by: Short
    reason: Annotated[str, Meta(min_length=1, max_length=400)]
    exchanges: Annotated[tuple[Uuid7, ...], Meta(min_length=1, max_length=MAX_EXCHANGES)]


class ErasureDone(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A holder's word that it was done.

    Attributes:
        at: when.
        pieces: how many pieces were there to erase.
        head: digest of the last line of the holder's deletion list, which its seal thereby vouches for.
    """

    v: Literal[1]
    kind: Literal["erasure-done"]
    instance: Instance
    order: Annotated[int, Meta(ge=0)]
    part: Annotated[int, Meta(ge=0)]
    agency: AgencyId
    at: Moment
    pieces: Annotated[int, Meta(ge=0)]
    head: Hex


_order: Final = msgspec.json.Decoder(ErasureOrder)
_done: Final = msgspec.json.Decoder(ErasureDone)
encode: Final = msgspec.json.Encoder().encode


def decode_order(data: bytes) -> ErasureOrder:
    """Read an order.

    Raises:
        OrderFormatError: malformed.
    """
    try:
        return _order.decode(data)
    except ValueError as error:
        raise OrderFormatError("erasure: not an order") from error


def decode_done(data: bytes) -> ErasureDone:
    """Read an answer.

    Raises:
        OrderFormatError: malformed.
    """
    try:
        return _done.decode(data)
    except ValueError as error:
        raise OrderFormatError("erasure: not an answer to an order") from error
