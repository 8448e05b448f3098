"""How bytes and moments are written in text: base64url without padding, RFC 3339 UTC milliseconds, two tongues.

Promises: one spelling per value; a second spelling of the same value is refused.
"""

from __future__ import annotations

import base64
import binascii
import re
from datetime import UTC, datetime, timedelta
from typing import Final, TypedDict

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MOMENT: Final = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z", re.ASCII)


class Bilingual(TypedDict):
    """A text for people, in Vietnamese and English."""

    vi: str
    en: str


def b64url_encode(data: bytes) -> str:
    """Base64url without padding (RFC 7515 §2)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def b64url_decode(text: str) -> bytes:
    """Strict inverse of `b64url_encode`.

    Raises:
        ValueError: padding, a foreign character, or trailing bits that are not zero.
    """
    try:
        data = base64.b64decode(text.translate(_TO_STANDARD) + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError("not base64url without padding") from error
    if b64url_encode(data) != text:
        raise ValueError("not the one base64url spelling of its bytes")
    return data


_TO_STANDARD: Final = str.maketrans({"-": "+", "_": "/", "+": "!", "/": "!", "=": "!"})


def moment(at_ms: int) -> str:
    """Milliseconds since the epoch as RFC 3339 UTC with three decimals and Z."""
    when = _EPOCH + timedelta(milliseconds=at_ms)
    return f"{when:%Y-%m-%dT%H:%M:%S}.{at_ms % 1000:03d}Z"


def moment_ms(text: str) -> int:
    """Strict inverse of `moment`.

    Raises:
        ValueError: any other spelling, or no such day or hour.
    """
    if not _MOMENT.fullmatch(text):
        raise ValueError("not RFC 3339 UTC with milliseconds and Z")
    when = datetime.fromisoformat(text[:-1]).replace(tzinfo=UTC)
    return (when - _EPOCH) // timedelta(milliseconds=1)
