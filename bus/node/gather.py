"""The pieces of one exchange out of an agency's archive, on whichever side of it the agency was.

Promises: pieces are chosen by their digests, not by their order: of several under one number, those that belong to the
same question; nothing is judged here. Leaves out: proofs and the registry (`bus.node.export`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from bus import bodies
from bus.topics import read_reply
from schemas.envelope import Envelope, Kind, decode
from schemas.problems import ProblemError
from schemas.sealed import Sealed, SealedFormatError, unpack
from signing.bundle import Piece

if TYPE_CHECKING:
    from bus.node.archive import Kept, SqlArchive


class NothingKeptError(Exception):
    """The archive holds nothing of this exchange."""


async def gather(archive: SqlArchive, exchange: str) -> dict[str, Piece]:
    """`question`, `reply` and `receipt` of an exchange, as far as they are kept.

    Raises:
        NothingKeptError: no question of this number is kept.
        DetailsUnreadableError: the archive's key is another one, or a box was altered.
    """
    kept = await archive.evidence(exchange)
    questions = [piece for one in kept if one.kind == "question" for piece in _pieces(one.kept)]
    receipts = [piece for one in kept if one.kind == "receipt" for piece in _pieces(one.kept)]
    replies = [pair for one in kept if one.kind == "reply" for pair in _replies(one.kept)]
    for sealer in {piece.envelope.sealer for piece in questions if piece.envelope}:
        answer = await archive.answer_for(sealer, exchange)
        replies += list(_replies(answer)) if answer else []
    receipts += [receipt for _, receipt in replies if receipt is not None]
    found = [_of(question, [reply for reply, _ in replies], receipts) for question in questions]
    if not found:
        raise NothingKeptError(f"archive: no question of exchange {exchange} is kept here")
    return max(found, key=len)


def _of(question: Piece, replies: list[Piece], receipts: list[Piece]) -> dict[str, Piece]:
    """One question with the reply and the receipt that name its digest."""
    asked = bodies.digest(question.sealed.envelope)
    found = {"question": question}
    for name, pieces in (("reply", replies), ("receipt", receipts)):
        fitting = [piece for piece in pieces if _names(piece.envelope, asked)]
        if fitting:
            found[name] = fitting[-1]
    return found


def _names(envelope: Envelope | None, asked: str) -> bool:
    return envelope is not None and envelope.in_reply_to is not None and envelope.in_reply_to.sha256 == asked


def _pieces(kept: Kept) -> Iterator[Piece]:
    try:
        yield _piece(unpack(kept.sealed), kept.parts)
    except SealedFormatError:
        return


def _replies(kept: Kept) -> Iterator[tuple[Piece, Piece | None]]:
    try:
        reply = read_reply(kept.sealed)
    except ProblemError:
        return
    receipt = _piece(reply.receipt, ()) if reply.receipt is not None else None
    yield _piece(reply.sealed, kept.parts), receipt


def _piece(sealed: Sealed, parts: tuple[bytes, ...]) -> Piece:
    """Bodies stand in the order in which the envelope names them."""
    try:
        envelope = decode(sealed.envelope)
    except ProblemError:
        return Piece(sealed)
    named = () if envelope.kind is Kind.RECEIPT else envelope.parts
    return Piece(sealed, {part.id: data for part, data in zip(named, parts, strict=False)})
