"""How bytes and moments are written in text: base64url without padding, RFC 3339 UTC milliseconds, two tongues.

Promises: one spelling per value; a second spelling of the same value is refused.
"""

from __future__ import annotations

import binascii
import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final, TypedDict

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SECONDS: Final = 256
"""Calendar work is done once per second: what passes through a process at one time names few of them, many times."""
_MOMENT: Final = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z", re.ASCII)


class Bilingual(TypedDict):
    """A text for people, in Vietnamese and English."""

    vi: str
    en: str


def b64url_encode(data: bytes) -> str:
    """Base64url without padding (RFC 7515 §2)."""
    return binascii.b2a_base64(data, newline=False).translate(_TO_URL, b"=").decode("ascii")


def b64url_decode(text: str) -> bytes:
    """Strict inverse of `b64url_encode`.

    Raises:
        ValueError: padding, a foreign character, or trailing bits that are not zero.
    """
    try:
        padded = text.encode("ascii").translate(_TO_STANDARD) + b"=" * (-len(text) % 4)
        data = binascii.a2b_base64(padded, strict_mode=True)
    except ValueError as error:
        raise ValueError("not base64url without padding") from error
    if b64url_encode(data) != text:
        raise ValueError("not the one base64url spelling of its bytes")
    return data


_TO_URL: Final = bytes.maketrans(b"+/", b"-_")
_TO_STANDARD: Final = bytes.maketrans(b"-_+/=", b"+/!!!")


def moment(at_ms: int) -> str:
    """Milliseconds since the epoch as RFC 3339 UTC with three decimals and Z."""
    second, milli = divmod(at_ms, 1000)
    return f"{_written(second)}.{milli:03d}Z"


@lru_cache(maxsize=_SECONDS)
def _written(second: int) -> str:
    return f"{_EPOCH + timedelta(seconds=second):%Y-%m-%dT%H:%M:%S}"


def moment_ms(text: str) -> int:
    """Strict inverse of `moment`.

    Raises:
        ValueError: any other spelling, or no such day or hour.
    """
    if not _MOMENT.fullmatch(text):
        raise ValueError("not RFC 3339 UTC with milliseconds and Z")
    return _second(text[:-5]) * 1000 + int(text[-4:-1])


@lru_cache(maxsize=_SECONDS)
def _second(text: str) -> int:
    return (datetime.fromisoformat(text).replace(tzinfo=UTC) - _EPOCH) // timedelta(seconds=1)
