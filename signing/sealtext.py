"""How a seal is spelled: three canonical base64url parts, four header members, four payload members.

Promises: readers take exactly what docs/seal.md allows and raise `SealTextError` on anything else: an unknown, a
missing or a repeated member, another type, padding, a second base64url spelling of the same bytes, over-long text.
Leaves out: whether the signature holds (`signing.jws`).

Sources: RFC 7515 §2, §4, §7.1; RFC 8259 §4; RFC 7493 (I-JSON) §2.3.
"""

from __future__ import annotations

import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import a2b_base64
from typing import Final

import msgspec

from schemas.sealed import MAX_SEAL_BYTES

TYPE: Final = "lienthong-seal"
VERSION: Final = 1
MAX_BATCH: Final = 4096
_PARTS: Final = 3
_ROOT_BYTES: Final = 32
_LAST_SECOND: Final = 253_402_300_799  # 9999-12-31T23:59:59Z
_ALPHABET: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_TO_STANDARD: Final = bytes.maketrans(b"-_", b"+/")
_LAST_CHARACTER: Final = {2: _ALPHABET[:64:16], 3: _ALPHABET[:64:4]}
"""By length modulo 4: the last characters whose spare bits are zero."""
_INSTANCE: Final = re.compile(r"[A-Z]{2}(-[a-z0-9]{1,20})?", re.ASCII)
_THUMBPRINT: Final = re.compile(r"[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]", re.ASCII)


class SealTextError(ValueError):
    """A seal's text is not as specified.

    Attributes:
        step: the check's step that refuses it.
    """

    def __init__(self, step: str, rule: str) -> None:
        super().__init__(rule)
        self.step = step


class Header(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The protected header: exactly these members."""

    alg: str
    typ: str
    x5t: str = msgspec.field(name="x5t#S256")
    iat: int


class Payload(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is signed: version, installation, batch size, Merkle root in base64url."""

    v: int
    instance: str
    size: int
    root: str

    @property
    def tree_root(self) -> bytes:
        """The root's 32 bytes; `payload` has checked the spelling."""
        return urlsafe_b64decode(self.root + "=")


_encode: Final = msgspec.json.Encoder().encode
_decode_header: Final = msgspec.json.Decoder(Header).decode
_decode_payload: Final = msgspec.json.Decoder(Payload).decode


def encoded(data: bytes) -> bytes:
    """Base64url without padding, ASCII."""
    return urlsafe_b64encode(data).rstrip(b"=")


def signing_input(head: Header, instance: str, size: int, tree_root: bytes) -> bytes:
    """`base64url(header).base64url(payload)`, members in the order of docs/seal.md.

    Raises:
        SealTextError: a member is outside what the readers here would take.
    """
    body = Payload(VERSION, instance, size, encoded(tree_root).decode("ascii"))
    _check_header(head)
    _check_payload(body)
    return encoded(_encode(head)) + b"." + encoded(_encode(body))


def parts(seal_text: bytes) -> tuple[bytes, bytes, bytes]:
    """Header, payload and signature bytes of a compact JWS of at most 2048 bytes."""
    if len(seal_text) > MAX_SEAL_BYTES:
        raise SealTextError("1 format", f"a seal has at most {MAX_SEAL_BYTES} bytes")
    if seal_text.translate(None, _ALPHABET + b".") or seal_text.count(b".") != _PARTS - 1:
        raise SealTextError("1 format", "a seal has three parts of base64url without padding")
    head, body, signature = seal_text.translate(_TO_STANDARD).split(b".")
    return _decoded(head), _decoded(body), _decoded(signature)


def _decoded(text: bytes) -> bytes:
    """Bytes of one part, whose characters stand in the standard alphabet; the last one may carry no spare bits."""
    over = len(text) % 4
    if text and over != 1 and (not over or text[-1] in _LAST_CHARACTER[over]):
        return a2b_base64(text + b"==="[over - 1 :] if over else text)
    raise SealTextError("1 format", "a part is empty or not the one base64url spelling of its bytes")


def header(text: bytes) -> Header:
    """Read the protected header."""
    try:
        read = _decode_header(text)
        if _encode(read) != text:  # another order or spacing is allowed, a repeated member is not: look closely
            read = msgspec.convert(_plain_object(text), Header)
    except ValueError as error:
        raise SealTextError("2 header", "the header has exactly alg, typ, x5t#S256 and iat") from error
    _check_header(read)
    return read


def payload(text: bytes) -> Payload:
    """Read the payload."""
    try:
        read = _decode_payload(text)
        if _encode(read) != text:
            read = msgspec.convert(_plain_object(text), Payload)
    except ValueError as error:
        raise SealTextError("3 payload", "the payload has exactly v, instance, size and root") from error
    _check_payload(read)
    return read


def _check_header(head: Header) -> None:
    if head.typ != TYPE:
        raise SealTextError("2 header", f"typ is {TYPE}")
    if not _THUMBPRINT.fullmatch(head.x5t):
        raise SealTextError("2 header", "x5t#S256 is a SHA-256 thumbprint in base64url")
    if not 0 < head.iat <= _LAST_SECOND:
        raise SealTextError("2 header", "iat is in seconds since the epoch")


def _check_payload(body: Payload) -> None:
    if body.v != VERSION:
        raise SealTextError("3 payload", f"v is {VERSION}")
    if not _INSTANCE.fullmatch(body.instance):
        raise SealTextError(
            "3 payload", "instance is two capitals, and a hyphen with up to twenty small letters or digits"
        )
    if not 0 < body.size <= MAX_BATCH:
        raise SealTextError("3 payload", f"a batch has 1 to {MAX_BATCH} envelopes")
    if not _THUMBPRINT.fullmatch(body.root):
        raise SealTextError("3 payload", "root is 32 bytes in base64url")


def _plain_object(text: bytes) -> object:
    """A JSON object of strings and integers, as a typed decoder has found already: here no member may repeat."""
    return json.loads(text.decode("utf-8"), object_pairs_hook=_no_repeats)


def _no_repeats(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member is repeated")
    return members
