"""What goes between a serving process and the process that holds a token: frames of MessagePack behind their length.

Promises: a frame is at most 64 KiB; what does not decode is an error; no frame ever holds a PIN, a private key or the
data that are signed, only their digest. Leaves out: the socket pair itself (`slot`, `process`).

    frame = length (4 bytes, big-endian) ‖ MessagePack of one message
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Final, TypeAlias

import msgspec

MAX_FRAME_BYTES: Final = 65_536
LENGTH_BYTES: Final = 4


class SlotWireError(Exception):
    """The other end sent what is no frame."""


class Fault(StrEnum):
    """Why the token did not do what was asked: also the rule of the error that people see."""

    LIBRARY = "key-library"
    """python-pkcs11 is not installed."""
    MODULE = "key-module"
    """The vendor's library cannot be loaded."""
    TOKEN = "key-token"  # noqa: S105 - the name of a rule
    """There is no such token, or more than one."""
    PIN = "key-pin"
    """The PIN's file cannot be read, or the token refuses the PIN. Never tried again with the same file."""
    KEY = "key-missing"
    """There is no such key or certificate in the token, or more than one."""
    REFUSED = "key-refused"
    """The token refuses this one operation."""
    LOST = "key-token-lost"
    """The token went away in the middle of its work; the process ends and another one looks for it."""


class TokenName(msgspec.Struct, frozen=True):
    """Which token: every member that is set must fit, and exactly one token with them all."""

    label: str = ""
    serial: str = ""
    slot: int | None = None


class KeyName(msgspec.Struct, frozen=True):
    """Which key of a token, by label (CKA_LABEL), id (CKA_ID) or both."""

    label: str = ""
    id: bytes = b""


class Open(msgspec.Struct, frozen=True, tag=True):
    """The first message: load, find, log in."""

    module: str
    token: TokenName
    pin_file: str
    write: bool = False


class Sign(msgspec.Struct, frozen=True, tag=True):
    """Sign a digest: SHA-384 for ES384, else SHA-256. The answer is raw: r ‖ s, or the modulus' length."""

    number: int
    key: KeyName
    alg: str
    digest: bytes


class Public(msgspec.Struct, frozen=True, tag=True):
    """The public key: DER of its SubjectPublicKeyInfo (EC), or of its RSAPublicKey."""

    number: int
    key: KeyName


class Certificate(msgspec.Struct, frozen=True, tag=True):
    """The certificate (DER) with the same id as the key."""

    number: int
    key: KeyName


class Look(msgspec.Struct, frozen=True, tag=True):
    """Every signing key: MessagePack of a list of `Found`."""

    number: int


class Make(msgspec.Struct, frozen=True, tag=True):
    """Make a key pair in the token: `bits` of RSA, P-384 where 384, P-256 where 0."""

    number: int
    key: KeyName
    bits: int


class Keep(msgspec.Struct, frozen=True, tag=True):
    """Put a certificate (DER, its subject's name too) beside a key, in the place of the one that is there."""

    number: int
    key: KeyName
    certificate: bytes
    subject: bytes


class Found(msgspec.Struct, frozen=True):
    """One signing key of a token."""

    label: str
    id: bytes
    kind: str
    extractable: bool
    certificate: bytes


class Done(msgspec.Struct, frozen=True, tag=True):
    """The answer to a request; number 0 is the answer to `Open`."""

    number: int
    value: bytes = b""


class Failed(msgspec.Struct, frozen=True, tag=True):
    """A request could not be fulfilled; `words` name what the token said, never a value."""

    number: int
    fault: Fault
    words: str


Request: TypeAlias = Sign | Public | Certificate | Look | Make | Keep
Reply: TypeAlias = Done | Failed
requests: Final = msgspec.msgpack.Decoder(Request)
openings: Final = msgspec.msgpack.Decoder(Open)
replies: Final = msgspec.msgpack.Decoder(Reply)
found: Final = msgspec.msgpack.Decoder(list[Found])
_encoder: Final = msgspec.msgpack.Encoder()


def encoded(message: object) -> bytes:
    """MessagePack of a message."""
    return _encoder.encode(message)


def framed(message: Open | Request | Reply) -> bytes:
    """One frame.

    Raises:
        SlotWireError: it would be too long.
    """
    content = _encoder.encode(message)
    if len(content) > MAX_FRAME_BYTES:
        raise SlotWireError("over 64 KiB")
    return len(content).to_bytes(LENGTH_BYTES, "big") + content


class Frames:
    """Cuts what arrives into the contents of frames."""

    __slots__ = ("_held",)

    def __init__(self) -> None:
        self._held = bytearray()

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Take bytes as they come; yield what is whole.

        Raises:
            SlotWireError: a length over 64 KiB.
        """
        self._held += data
        while len(self._held) >= LENGTH_BYTES:
            length = int.from_bytes(self._held[:LENGTH_BYTES], "big")
            if length > MAX_FRAME_BYTES:
                raise SlotWireError("over 64 KiB")
            end = LENGTH_BYTES + length
            if len(self._held) < end:
                return
            content = bytes(self._held[LENGTH_BYTES:end])
            del self._held[:end]
            yield content
