"""Parts and their digests: an envelope names each body by SHA-256, and nothing is read before it matches.

Promises: parts travel in the envelope's order; a missing, extra, altered or oversize one is refused by its place.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Sequence
from typing import Final

from schemas.envelope import Envelope, Part
from schemas.parts import BODY, Carried
from schemas.problems import Code, problem
from schemas.text import b64url_encode

MAX_INLINE_BYTES: Final = 1024 * 1024
"""A larger part goes by `/bodies`."""


def digest(data: bytes) -> str:
    """SHA-256 as the envelope writes it."""
    return b64url_encode(hashlib.sha256(data).digest())


def part_of(data: bytes, media_type: str, part_id: str = BODY) -> Part:
    """Name a body."""
    return Part(id=part_id, media_type=media_type, length=len(data), sha256=digest(data))


def part_named(carried: Carried) -> Part:
    """Name a part that is carried beside the body."""
    return part_of(carried.data, carried.media_type, carried.id)


def named(parts: Sequence[Part], data: Sequence[bytes]) -> tuple[Carried, ...]:
    """The bytes with their names: of parts that have been matched."""
    return tuple(Carried(part.id, part.media_type, body) for part, body in zip(parts, data, strict=True))


def match(
    envelope: Envelope, bodies: Sequence[bytes], max_bytes: int, held: Callable[[Part], bool] | None = None
) -> None:
    """Check every body against its name.

    Args:
        envelope: names each part's length and digest.
        bodies: one per part; empty for a large one that travels by `/bodies`.
        max_bytes: the largest part taken.
        held: whether a large part lies whole in the spool; None where every body must be at hand.

    Raises:
        ProblemError: 115, 116 or 117, with the part's place.
    """
    if len(bodies) != len(envelope.parts):
        raise problem(Code.PART_MISSING, rule="as-many-bodies-as-parts", place="/parts")
    for index, (part, body) in enumerate(zip(envelope.parts, bodies, strict=True)):
        place = f"/parts/{index}"
        if part.length > max_bytes:
            raise problem(Code.PART_TOO_LARGE, place=place, limit=max_bytes)
        if held is not None and by_spool(part):
            if body or not held(part):
                raise problem(Code.PART_MISSING, rule="spooled", place=place)
        elif len(body) != part.length or not hmac.compare_digest(digest(body), part.sha256):
            raise problem(Code.PART_DIGEST, rule="sha256", place=place)


def by_spool(part: Part) -> bool:
    """Whether a part is too large to travel inside a message."""
    return part.length > MAX_INLINE_BYTES
