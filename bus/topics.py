"""What a message on the link is about, and how its head is laid out.

Promises: topic numbers are never reused (`docs/link.md` lists them); heads are msgpack arrays of the structs here.
Leaves out: frames and streams (`bus.link`), and what each side does with a message.
"""

from __future__ import annotations

from enum import IntEnum

import msgspec

from schemas.problems import Code, problem
from schemas.sealed import Sealed, SealedFormatError, bounded


class Topic(IntEnum):
    """The first byte of a message."""

    EXCHANGE = 1
    RECEIPT = 2
    DECLARE = 3
    REGISTRY = 4
    REGISTRY_CHANGED = 5
    LOG = 6
    ERASURE = 7
    RENEWAL = 8


class Reply(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """What comes back for a question or a declaration: the sealed answer or fault, and the receipt if recorded."""

    sealed: Sealed
    receipt: Sealed | None = None


class ErasureAsk(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """A holder asks for orders of erasure, and answers those that it has carried out: sealed envelopes, packed."""

    agency: str
    answers: tuple[bytes, ...] = ()


class RenewalAsk(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """An agency asks for its next seal certificate; the sealed request is the message's one part."""

    agency: str


class RenewalReply(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """The new certificate, DER; or the rule and the sentence why there is none."""

    certificate: bytes
    rule: str = ""
    sentence: str = ""


_encoder = msgspec.msgpack.Encoder()
_renewal_ask_decoder = msgspec.msgpack.Decoder(RenewalAsk)
_renewal_reply_decoder = msgspec.msgpack.Decoder(RenewalReply)
_ask_decoder = msgspec.msgpack.Decoder(ErasureAsk)
_decoder = msgspec.msgpack.Decoder(Reply)


def head(reply: Reply) -> bytes:
    """The head's bytes."""
    return _encoder.encode(reply)


def read_reply(data: bytes) -> Reply:
    """Read a reply's head.

    Raises:
        ProblemError: 101, not a reply, or a sealed envelope in it is over a limit.
    """
    try:
        reply = _decoder.decode(data)
        bounded(reply.sealed)
        if reply.receipt is not None:
            bounded(reply.receipt)
    except (msgspec.DecodeError, SealedFormatError) as error:
        raise problem(Code.ENVELOPE_MALFORMED, rule="reply-head", place="/") from error
    return reply


def erasure_ask(ask: ErasureAsk) -> bytes:
    """The head's bytes."""
    return _encoder.encode(ask)


def read_erasure_ask(data: bytes) -> ErasureAsk:
    """Read a holder's question.

    Raises:
        ProblemError: 101, not one.
    """
    try:
        return _ask_decoder.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise problem(Code.ENVELOPE_MALFORMED, rule="erasure-head", place="/") from error


def renewal_ask(agency: str) -> bytes:
    """The head's bytes."""
    return _encoder.encode(RenewalAsk(agency))


def read_renewal_ask(data: bytes) -> str:
    """Read an agency's question.

    Raises:
        ProblemError: 101, not one.
    """
    try:
        return _renewal_ask_decoder.decode(data).agency
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise problem(Code.ENVELOPE_MALFORMED, rule="renewal-head", place="/") from error


def renewal_reply(reply: RenewalReply) -> bytes:
    """The head's bytes."""
    return _encoder.encode(reply)


def read_renewal_reply(data: bytes) -> RenewalReply:
    """Read the hub's answer.

    Raises:
        ProblemError: 101, not one.
    """
    try:
        return _renewal_reply_decoder.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise problem(Code.ENVELOPE_MALFORMED, rule="renewal-reply", place="/") from error
