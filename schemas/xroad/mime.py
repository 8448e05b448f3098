"""multipart/related as X-Road's SOAP messages use it: read within limits, every byte of every part kept, written anew.

Promises:
- what is read is what any other reader sees: one style of line end, a delimiter is a whole line, the first part is the
  message, the last delimiter is there; anything that two readers could take apart differently is refused;
- headers of parts keep names, order and values (RFC 2231 and encoded words are left as they stand); the content type
  comes first, as X-Road writes it;
- what is written has the literal `content-type:` in small letters without a blank, CRLF throughout, and a boundary that
  begins with `xroad` unless one is given: clients of X-Road look for these very bytes.

Leaves out: transfer encodings (parts stay as they came), nested multiparts, streaming.
Source: RFC 2046 §5.1, RFC 2387, SOAP Messages with Attachments (W3C Note, 2000), PR-MESS §2.4.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, TypeAlias

Headers: TypeAlias = tuple[tuple[str, str], ...]

MULTIPART: Final = "multipart/related"
CONTENT_TYPE: Final = "content-type"
MAX_CONTENT_TYPE: Final = 1_024
_WORD: Final = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_BLANKS: Final = r"[ \t]*"
_QUOTED: Final = r'"(?:[^"\\\x00-\x1f\x7f]|\\[\x20-\x7e])*"'
_BASE: Final = re.compile(rf"{_BLANKS}({_WORD}/{_WORD}){_BLANKS}(?=;|\Z)")
_PARAMETER: Final = re.compile(
    rf';{_BLANKS}({_WORD}){_BLANKS}={_BLANKS}([^\x00-\x20;"\\\x7f]+|{_QUOTED}){_BLANKS}(?=;|\Z)'
)
_END: Final = re.compile(rf";?{_BLANKS}\Z")
_BOUNDARY: Final = re.compile(r"[0-9A-Za-z'()+_,\-./:=? ]{0,69}[0-9A-Za-z'()+_,\-./:=?]")
_NAME: Final = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,80}")
_VALUE: Final = re.compile(r"[^\x00-\x08\x0a-\x1f\x7f]*")


class MimeError(Exception):
    """A content type or a multipart body was refused; `rule` is a fixed word."""

    def __init__(self, rule: str) -> None:
        super().__init__(f"MIME refused: {rule}")
        self.rule = rule


@dataclass(frozen=True, slots=True)
class MimeLimits:
    """What one multipart body may hold."""

    max_bytes: int = 16 * 1024 * 1024
    max_parts: int = 61
    """The message and sixty attachments."""
    max_headers: int = 32
    """Of one part."""
    max_header_bytes: int = 4_096
    """Of one header, with its continuation lines."""


DEFAULT: Final = MimeLimits()


class ContentType(NamedTuple):
    """A media type in small letters with its parameters, names in small letters."""

    base: str
    parameters: Mapping[str, str]


class Part(NamedTuple):
    """One part: its content type, the other headers as they stand (names in their own letters), and its bytes."""

    headers: Headers
    data: bytes

    def header(self, name: str) -> str | None:
        """The value of a header, whatever letters its name is in; None when it is not there."""
        return next((value for known, value in self.headers if known.lower() == name), None)


def content_type(text: str) -> ContentType:
    """Read a Content-Type (RFC 2045 §5.1; `type=text/xml` without quotes is taken, as everybody writes it).

    Raises:
        MimeError: `content-type`; a parameter that stands twice is refused too.
    """
    base = _BASE.match(text) if len(text) <= MAX_CONTENT_TYPE else None
    if base is None:
        raise MimeError("content-type")
    parameters: dict[str, str] = {}
    at = base.end()
    while (found := _PARAMETER.match(text, at)) is not None:
        name, at = found[1].lower(), found.end()
        if name in parameters:
            raise MimeError("content-type")
        parameters[name] = _unquoted(found[2])
    if not _END.match(text, at):
        raise MimeError("content-type")
    return ContentType(base[1].lower(), parameters)


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text[1:-1]) if text.startswith('"') else text


def read(header: str, data: bytes, limits: MimeLimits = DEFAULT) -> tuple[Part, ...]:
    """Take a multipart/related body apart; the first part is the SOAP message.

    Args:
        header: the whole Content-Type of the body.
        data: the body.
        limits: what it may hold.

    Raises:
        MimeError: a limit, or the rule of RFC 2046 or SOAP with Attachments that it breaks.
    """
    # ① the boundary
    kind = content_type(header)
    if kind.base != MULTIPART:
        raise MimeError("media-type")
    delimiter = b"--" + boundary_of(kind).encode("ascii")
    if len(data) > limits.max_bytes:
        raise MimeError("too-large")
    # ② the parts between delimiters, up to the last one
    pieces = _between(data, delimiter, limits.max_parts)
    # ③ headers from bytes in each
    parts = tuple(_part(piece, end, limits) for piece, end in pieces)
    # ④ the message is the first part, and nobody can take another for it
    _must_start_with_the_message(kind, parts[0])
    return parts


def boundary_of(kind: ContentType) -> str:
    """The boundary of a multipart type, or `MimeError`."""
    boundary = kind.parameters.get("boundary", "")
    if not _BOUNDARY.fullmatch(boundary):
        raise MimeError("boundary")
    return boundary


def _between(data: bytes, delimiter: bytes, most: int) -> list[tuple[bytes, bytes]]:
    """Each part's bytes with this body's line end; what stands before and behind is passed over (RFC 2046 §5.1.1)."""
    start = 0 if data.startswith(delimiter) else data.find(b"\n" + delimiter) + 1
    if not data.startswith(delimiter, start):
        raise MimeError("boundary-not-found")
    first = _after(data, start + len(delimiter), (b"\r\n", b"\n"))
    if first is None:
        raise MimeError("boundary-line")
    at, end = first
    pieces: list[tuple[bytes, bytes]] = []
    while True:
        if len(pieces) == most:
            raise MimeError("too-many-parts")
        found = data.find(end + delimiter, max(0, at - len(end)))
        if found < 0:
            raise MimeError("unterminated")
        piece = data[at : max(at, found)]
        if b"\n" + delimiter in piece:  # a reader who takes any line end would cut here
            raise MimeError("boundary-in-part")
        pieces.append((piece, end))
        after = found + len(end) + len(delimiter)
        is_last = data.startswith(b"--", after)
        following = _after(data, after + 2 * is_last, (end, b"") if is_last else (end,))
        if following is None:
            raise MimeError("boundary-line")
        if is_last:
            return pieces
        at = following[0]


def _after(data: bytes, at: int, ends: tuple[bytes, ...]) -> tuple[int, bytes] | None:
    """Where the line after a delimiter begins, and how this one ended; None when more than blanks stand behind it.

    The empty end is the end of the data.
    """
    while data[at : at + 1] in (b" ", b"\t"):
        at += 1
    fits = (end for end in ends if (data.startswith(end, at) if end else at == len(data)))
    return next(((at + len(end), end) for end in fits), None)


def _part(piece: bytes, end: bytes, limits: MimeLimits) -> Part:
    if piece.startswith(end):
        raise MimeError("part-without-content-type")
    head, blank, data = piece.partition(end + end)
    if not blank:
        raise MimeError("part-without-body")
    if len(head) > limits.max_headers * limits.max_header_bytes:  # before a list of its lines is made
        raise MimeError("too-many-headers")
    headers = tuple(_header(line) for line in _unfolded(head, end, limits))
    types = [value for name, value in headers if name.lower() == CONTENT_TYPE]
    if len(types) != 1:
        raise MimeError("part-without-content-type" if not types else "part-with-two-content-types")
    content_type(types[0])
    others = tuple(one for one in headers if one[0].lower() != CONTENT_TYPE)
    return Part(((CONTENT_TYPE, types[0]), *others), data)


def _unfolded(head: bytes, end: bytes, limits: MimeLimits) -> list[str]:
    """Header lines with their continuations joined (RFC 5322 §2.2.3)."""
    lines: list[str] = []
    for line in head.split(end):
        text = line.decode("latin-1")
        if line[:1] in (b" ", b"\t") and lines:
            lines[-1] += " " + text.strip(" \t")
        else:
            lines.append(text)
        if len(lines) > limits.max_headers:
            raise MimeError("too-many-headers")
        if len(lines[-1]) > limits.max_header_bytes:
            raise MimeError("header-too-long")
    return lines


def _header(line: str) -> tuple[str, str]:
    name, colon, value = line.partition(":")
    value = value.strip(" \t")
    if not colon or not _NAME.fullmatch(name) or not _VALUE.fullmatch(value):
        raise MimeError("header")
    return name, value


def _must_start_with_the_message(kind: ContentType, root: Part) -> None:
    """A `start` that names another part would show another message to whoever follows it (RFC 2387 §3.2)."""
    start = kind.parameters.get("start")
    if start is not None and start.strip("<> ") != (root.header("content-id") or "").strip("<> "):
        raise MimeError("start-is-not-the-first-part")
    if (root.header("content-transfer-encoding") or "8bit").lower() not in {"7bit", "8bit", "binary"}:
        raise MimeError("message-transfer-encoding")


def write(parts: Sequence[Part], boundary: str) -> bytes:
    """Put parts together: the exact bytes of each, its content type first, the other headers in their order.

    Raises:
        MimeError: the boundary is none, or stands in a part: `boundary_for` gives one that does not.
    """
    if not _BOUNDARY.fullmatch(boundary) or _inside(parts, boundary):
        raise MimeError("boundary")
    delimiter = b"--" + boundary.encode("ascii")
    body = b"".join(delimiter + b"\r\n" + _head(part) + b"\r\n" + part.data + b"\r\n" for part in parts)
    return body + delimiter + b"--\r\n"


def _head(part: Part) -> bytes:
    kind = part.header(CONTENT_TYPE) or "application/octet-stream"
    others = (f"{name}: {value}\r\n" for name, value in part.headers if name.lower() != CONTENT_TYPE)
    return f"{CONTENT_TYPE}:{kind}\r\n{''.join(others)}".encode("latin-1")


def boundary_for(parts: Sequence[Part], wanted: str | None = None) -> str:
    """`wanted` when it is a boundary that stands in no part; else one that begins with `xroad`, made from the parts."""
    if wanted is not None and _BOUNDARY.fullmatch(wanted) and not _inside(parts, wanted):
        return wanted
    digest = hashlib.sha256(b"".join(hashlib.sha256(part.data).digest() for part in parts))
    while True:
        boundary = "xroad" + digest.hexdigest()[:32]
        if not _inside(parts, boundary):
            return boundary
        digest.update(b".")


def _inside(parts: Sequence[Part], boundary: str) -> bool:
    mark = b"--" + boundary.encode("ascii")
    return any(mark in part.data for part in parts)


def quoted(text: str) -> str:
    """A parameter's value in quotes (RFC 2045 §5.1)."""
    return '"' + re.sub(r'(["\\])', r"\\\1", text) + '"'
