"""A sealed envelope as it travels: the exact bytes that were sealed, the seal, and the place in its batch.

Promises: the envelope's bytes are carried untouched, on the link (msgpack) and in evidence files (JSON).
Leaves out: whether the seal holds; `signing.jws` judges that.
"""

from __future__ import annotations

from typing import Final

import msgspec

from schemas.text import b64url_decode, b64url_encode

MAX_ENVELOPE_BYTES: Final = 16 * 1024
MAX_SEAL_BYTES: Final = 2 * 1024
MAX_PATH: Final = 32


class Sealed(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """One envelope with the seal over its batch.

    Attributes:
        envelope: the JSON bytes exactly as sealed, at most 16 KiB.
        seal: compact JWS (RFC 7515 §7.1) over `{v, instance, size, root}`.
        index: place of the envelope in the batch, from 0.
        size: how many envelopes the batch holds; one is a batch of one.
        path: inclusion path (RFC 6962 §2.1.1), leaf to root, 32 bytes each.
    """

    envelope: bytes
    seal: bytes
    index: int
    size: int
    path: tuple[bytes, ...] = ()


class SealedFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The JSON form of `Sealed` in evidence files; binary members are base64url without padding."""

    envelope: str
    seal: str
    index: int
    size: int
    path: tuple[str, ...] = ()


class SealedFormatError(ValueError):
    """The bytes are no sealed envelope; the message names the rule."""


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Sealed)


def pack(sealed: Sealed) -> bytes:
    """The link's form: a msgpack array of five members."""
    return _encoder.encode(sealed)


def unpack(data: bytes) -> Sealed:
    """Read the link's form.

    Raises:
        SealedFormatError: not five members of the right kind, or one over its limit.
    """
    try:
        sealed = _decoder.decode(data)
    except msgspec.DecodeError as error:
        raise SealedFormatError("sealed: not a msgpack array of five members") from error
    return bounded(sealed)


def bounded(sealed: Sealed) -> Sealed:
    """Return `sealed` if every member is within its limit.

    Raises:
        SealedFormatError: a member is over its limit, or the place is outside the batch.
    """
    if not 0 < len(sealed.envelope) <= MAX_ENVELOPE_BYTES:
        raise SealedFormatError(f"sealed: an envelope has 1 to {MAX_ENVELOPE_BYTES} bytes")
    if not 0 < len(sealed.seal) <= MAX_SEAL_BYTES:
        raise SealedFormatError(f"sealed: a seal has 1 to {MAX_SEAL_BYTES} bytes")
    if not 0 <= sealed.index < sealed.size:
        raise SealedFormatError("sealed: the index must be below the batch size")
    if len(sealed.path) > MAX_PATH or any(len(node) != 32 for node in sealed.path):  # noqa: PLR2004 - SHA-256
        raise SealedFormatError("sealed: a path has at most 32 nodes of 32 bytes")
    return sealed


def to_file(sealed: Sealed) -> SealedFile:
    """The form in evidence files."""
    return SealedFile(
        envelope=b64url_encode(sealed.envelope),
        seal=sealed.seal.decode("ascii"),
        index=sealed.index,
        size=sealed.size,
        path=tuple(b64url_encode(node) for node in sealed.path),
    )


def from_file(form: SealedFile) -> Sealed:
    """Read the form in evidence files.

    Raises:
        SealedFormatError: a member is not base64url or over its limit.
    """
    try:
        sealed = Sealed(
            envelope=b64url_decode(form.envelope),
            seal=form.seal.encode("ascii"),
            index=form.index,
            size=form.size,
            path=tuple(b64url_decode(node) for node in form.path),
        )
    except ValueError as error:
        raise SealedFormatError("sealed: binary members are base64url without padding") from error
    return bounded(sealed)
