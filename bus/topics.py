"""What a message on the link is about, and how its head is laid out.

Promises: topic numbers are never reused (`docs/link.md` lists them); heads are msgpack arrays of the structs here.
Leaves out: frames and streams (`bus.link`), and what each side does with a message.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final, TypeVar

import msgspec

from schemas.problems import Code, problem
from schemas.sealed import Sealed, SealedFormatError, bounded

MAX_INLINE_PART_BYTES: Final = 1024 * 1024
"""A larger part goes by `/bodies`."""


class Topic(IntEnum):
    """The first byte of a message."""

    EXCHANGE = 1
    RECEIPT = 2
    DECLARE = 3
    REGISTRY = 4
    REGISTRY_CHANGED = 5


class Reply(msgspec.Struct, frozen=True, array_like=True):
    """What comes back for a question or a declaration: the sealed answer or fault, and the receipt if recorded."""

    sealed: Sealed
    receipt: Sealed | None = None


class RegistryAsk(msgspec.Struct, frozen=True, array_like=True):
    """Which sections the node already holds, by SHA-256 (hex) of their bytes."""

    have: tuple[str, ...] = ()


class RegistryBundle(msgspec.Struct, frozen=True, array_like=True):
    """The repository's metadata and the sections that the node lacks, by path."""

    files: dict[str, bytes]


_encoder = msgspec.msgpack.Encoder()
_T = TypeVar("_T", Reply, RegistryAsk, RegistryBundle)
_decoders: Final[dict[type, msgspec.msgpack.Decoder[object]]] = {
    kind: msgspec.msgpack.Decoder(kind) for kind in (Reply, RegistryAsk, RegistryBundle)
}


def head(value: Reply | RegistryAsk | RegistryBundle) -> bytes:
    """The head's bytes."""
    return _encoder.encode(value)


def read(kind: type[_T], data: bytes) -> _T:
    """Read a head.

    Raises:
        ProblemError: 101, not a head of this kind, or a sealed envelope in it is over a limit.
    """
    try:
        value = _decoders[kind].decode(data)
        if isinstance(value, Reply):
            bounded(value.sealed)
            if value.receipt is not None:
                bounded(value.receipt)
    except (msgspec.DecodeError, SealedFormatError) as error:
        raise problem(Code.ENVELOPE_MALFORMED, rule=f"head-{kind.__name__.lower()}", place="/") from error
    if not isinstance(value, kind):
        raise problem(Code.ENVELOPE_MALFORMED, rule=f"head-{kind.__name__.lower()}", place="/")
    return value
