"""Checkpoints: a log's signed word on its size and root, as a C2SP signed note; keys in the C2SP text forms.

Promises: `seal` writes and `check` reads `c2sp.org/tlog-checkpoint`; a note is taken only when the log's own key
signed it, and refused when any known key's signature on it is wrong; unknown keys' lines are ignored, as specified.
Leaves out: whether the checkpoint goes on from an earlier one (`merkle.verify_consistency`), never signing two
histories (`bus.ledger.publisher`), witnesses' timestamps.

Sources: c2sp.org/signed-note v1.0.0, c2sp.org/tlog-checkpoint v1.0.0; RFC 8032 (Ed25519).
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Final, NamedTuple, Protocol, Self

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from signing.merkle import HASH_BYTES
from signing.verdict import PASSED, Indication, Verdict, VerdictError, because

MAX_NOTE_BYTES: Final = 64 * 1024
MAX_SIGNATURES: Final = 100
ED25519: Final = b"\x01"
_KEY_BYTES: Final = 32
_ID_BYTES: Final = 4
_SIGNATURE_BYTES: Final = 64
_DASH: Final = "— "
_SKEY_PREFIX: Final = "PRIVATE+KEY+"
_NAME: Final = re.compile(r"[^\s+\x00-\x20\x7f]{1,255}")
_SIZE: Final = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)
_CONTROL: Final = re.compile(r"[\x00-\x09\x0b-\x1f\x7f]")


class NoteError(ValueError):
    """A key's text, a name or a checkpoint's members are not as specified; the message names the rule."""


class Checkpoint(msgspec.Struct, frozen=True):
    """What a log vouches for.

    Attributes:
        origin: the log's name, a URL without scheme; never changes.
        size: number of leaves.
        root: Merkle root, 32 bytes.
        extensions: further lines, opaque; ours has none.
    """

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    @property
    def body(self) -> bytes:
        """The signed text: origin, size, root in base64, one line each."""
        root = b64encode(self.root).decode("ascii")
        return "".join(f"{line}\n" for line in (self.origin, str(self.size), root, *self.extensions)).encode()


class NoteVerifier(msgspec.Struct, frozen=True):
    """A public note key: its name (for a log, the origin) and its 32 Ed25519 bytes."""

    name: str
    public_key: bytes

    @property
    def key_id(self) -> bytes:
        """SHA-256(name ‖ LF ‖ type ‖ key), first four bytes."""
        return sha256(self.name.encode() + b"\n" + ED25519 + self.public_key).digest()[:_ID_BYTES]

    @property
    def text(self) -> str:
        """The vkey: `name+hexid+base64(type ‖ key)`."""
        return f"{self.name}+{self.key_id.hex()}+{b64encode(ED25519 + self.public_key).decode('ascii')}"

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Read a vkey.

        Raises:
            NoteError: malformed, not Ed25519, or the id is another key's.
        """
        name, key_id, key = key_parts(text, ED25519)
        verifier = cls(name, key)
        if verifier.key_id != key_id:
            raise NoteError("note key: the id is another key's")
        return verifier

    def verify(self, signature: bytes, data: bytes) -> bool:
        """Whether the signature is this key's over `data`."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public_key).verify(signature, data)
        except (InvalidSignature, ValueError):
            return False
        return True


class NoteSigner(Protocol):
    """Something that holds a note key."""

    @property
    def verifier(self) -> NoteVerifier:
        """The public side."""

    def sign(self, data: bytes) -> bytes:
        """The 64-byte Ed25519 signature over `data`."""


class NoteKey:
    """A note key in this process' memory."""

    __slots__ = ("_key", "verifier")

    def __init__(self, name: str, seed: bytes) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.verifier = NoteVerifier(named(name), self._key.public_key().public_bytes_raw())

    @classmethod
    def generate(cls, name: str) -> Self:
        """A fresh key under a name; a log's key is named as its origin."""
        return cls(name, Ed25519PrivateKey.generate().private_bytes_raw())

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Read the secret form.

        Raises:
            NoteError: malformed, not Ed25519, or the id is another key's. Never quotes the text.
        """
        if not text.startswith(_SKEY_PREFIX):
            raise NoteError("note key: a secret key's text starts with PRIVATE+KEY+")
        name, key_id, seed = key_parts(text.removeprefix(_SKEY_PREFIX))
        key = cls(name, seed)
        if key.verifier.key_id != key_id:
            raise NoteError("note key: the id is another key's")
        return key

    def to_text(self) -> str:
        """The secret form `PRIVATE+KEY+name+hexid+base64(type ‖ seed)`: keep it as a secret."""
        seed = b64encode(ED25519 + self._key.private_bytes_raw()).decode("ascii")
        return f"{_SKEY_PREFIX}{self.verifier.name}+{self.verifier.key_id.hex()}+{seed}"

    def sign(self, data: bytes) -> bytes:
        """The 64-byte Ed25519 signature over `data`."""
        return self._key.sign(data)


class PendingNote:
    """A checkpoint that waits for its signatures.

    Attributes:
        checkpoint: what is vouched for.
        to_sign: the bytes that every key signs.
    """

    __slots__ = ("checkpoint", "to_sign")

    def __init__(self, checkpoint: Checkpoint) -> None:
        self.checkpoint = checkpoint
        self.to_sign = checkpoint.body

    def complete(self, signatures: Iterable[tuple[NoteVerifier, bytes]]) -> bytes:
        """The note with one line per signature, in the order given.

        Raises:
            NoteError: none given, or one is not its key's over `to_sign`.
        """
        lines = [_signature_line(verifier, signature, self.to_sign) for verifier, signature in signatures]
        if not lines:
            raise NoteError("checkpoint: at least one signature")
        return self.to_sign + b"\n" + "".join(lines).encode()


def begin(origin: str, size: int, root: bytes) -> PendingNote:
    """Prepare a checkpoint.

    Raises:
        NoteError: the origin, size or root cannot be.
    """
    if not 0 <= size < 1 << 63 or len(root) != HASH_BYTES:
        raise NoteError("checkpoint: a size from 0 below 2**63, and a root of 32 bytes")
    return PendingNote(Checkpoint(named(origin), size, root))


def seal(origin: str, size: int, root: bytes, *signers: NoteSigner) -> bytes:
    """Write a checkpoint with signers at hand; the first is the log's own, named as the origin."""
    pending = begin(origin, size, root)
    return pending.complete((signer.verifier, signer.sign(pending.to_sign)) for signer in signers)


class SignatureLine(NamedTuple):
    """One line under a note: the key's name, its id (4 bytes), and the signature as that key's type has it."""

    name: str
    key_id: bytes
    signature: bytes

    @property
    def text(self) -> str:
        """The line, ended."""
        return f"{_DASH}{self.name} {b64encode(self.key_id + self.signature).decode('ascii')}\n"


def parse(note: bytes) -> tuple[Checkpoint, tuple[SignatureLine, ...]]:
    """A checkpoint and the lines under it, none of them verified.

    Raises:
        VerdictError: not a signed note, or not a checkpoint's text.
    """
    body, lines = _split(note)
    return _read_body(body), tuple(read_line(line) for line in lines)


def read_line(line: str) -> SignatureLine:
    """A signature line, without its dash and newline.

    Raises:
        VerdictError: not a name, a space and the base64 of an id and a signature.
    """
    name, _, encoded = line.partition(" ")
    blob = _base64(encoded, "3 signatures")
    if not _NAME.fullmatch(name) or len(blob) <= _ID_BYTES:
        raise _malformed("3 signatures", "a line is a key name, a space and a signature")
    return SignatureLine(name, blob[:_ID_BYTES], blob[_ID_BYTES:])


def read_lines(block: bytes) -> tuple[SignatureLine, ...]:
    """Signature lines alone, as a witness answers them.

    Raises:
        VerdictError: not one or more signature lines, each ended.
    """
    text = block.decode("utf-8", "replace")
    lines = text.removesuffix("\n").split("\n")
    if not text.endswith("\n") or len(lines) > MAX_SIGNATURES or not all(line.startswith(_DASH) for line in lines):
        raise _malformed("3 signatures", f"1 to {MAX_SIGNATURES} signature lines, each ended")
    return tuple(read_line(line.removeprefix(_DASH)) for line in lines)


def check(note: bytes, vkeys: Sequence[NoteVerifier]) -> tuple[Verdict, Checkpoint | None]:
    """Judge a checkpoint under known keys, of which the log's own carries its origin as name.

    Returns:
        A passed verdict with the checkpoint, or why not and None.
    """
    try:
        body, lines = _split(note)  # 1 one text, one block of signature lines
        checkpoint = _read_body(body)  # 2 origin, size, root
        signed_by = _signed_by(body, lines, vkeys)  # 3 every known key's signature holds
    except VerdictError as stop:
        return stop.verdict, None
    if checkpoint.origin not in signed_by:  # 4 the log itself is among them
        detail = "the log's own key has not signed it"
        return because(Indication.NO_SIGNING_CERTIFICATE_FOUND, "4 log key", detail), None
    return PASSED, checkpoint


def _split(note: bytes) -> tuple[bytes, list[str]]:
    try:
        text = note.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _malformed("1 note", "not UTF-8") from error
    if len(note) > MAX_NOTE_BYTES or _CONTROL.search(text):
        raise _malformed("1 note", f"at most {MAX_NOTE_BYTES} bytes, no control characters")
    body, gap, block = text.rpartition("\n\n")
    if not gap or not block.endswith("\n"):
        raise _malformed("1 note", "a text, an empty line, signature lines, each ended")
    lines = block[:-1].split("\n")
    if len(lines) > MAX_SIGNATURES or not all(line.startswith(_DASH) for line in lines):
        raise _malformed("1 note", f"1 to {MAX_SIGNATURES} signature lines")
    return f"{body}\n".encode(), [line.removeprefix(_DASH) for line in lines]


def _read_body(body: bytes) -> Checkpoint:
    lines = body.decode().removesuffix("\n").split("\n")
    if len(lines) < 3 or not all(lines):  # noqa: PLR2004 - origin, size, root
        raise _malformed("2 checkpoint", "three lines or more, none empty")
    origin, size, root, *extensions = lines
    if not _SIZE.fullmatch(size):
        raise _malformed("2 checkpoint", "the size is decimal without leading zeros")
    decoded = _base64(root, "2 checkpoint")
    if len(decoded) != HASH_BYTES:
        raise _malformed("2 checkpoint", "the root has 32 bytes")
    return Checkpoint(origin, int(size), decoded, tuple(extensions))


def _signed_by(body: bytes, lines: list[str], vkeys: Sequence[NoteVerifier]) -> set[str]:
    """Names of the known keys whose signatures hold."""
    known = {(key.name, key.key_id): key for key in vkeys}
    names = set()
    for line in lines:
        signed = read_line(line)
        key = known.get((signed.name, signed.key_id))
        if key is None:
            continue
        if not key.verify(signed.signature, body):
            detail = "a known key's signature does not hold"
            raise VerdictError(because(Indication.SIG_CRYPTO_FAILURE, "3 signatures", detail))
        names.add(signed.name)
    return names


def _signature_line(verifier: NoteVerifier, signature: bytes, signed: bytes) -> str:
    if len(signature) != _SIGNATURE_BYTES or not verifier.verify(signature, signed):
        raise NoteError("checkpoint: a signature is not its key's")
    return f"{_DASH}{verifier.name} {b64encode(verifier.key_id + signature).decode('ascii')}\n"


def key_parts(text: str, kind: bytes = ED25519) -> tuple[str, bytes, bytes]:
    """Name, id and key bytes of either key form, for keys of one signature type.

    Raises:
        NoteError: malformed, or a key of another type.
    """
    name, _, rest = text.partition("+")
    key_id, _, encoded = rest.partition("+")
    try:
        blob = b64decode(encoded, validate=True)
        identifier = bytes.fromhex(key_id)
    except ValueError as error:
        raise NoteError("note key: name+hexid+base64") from error
    if len(identifier) != _ID_BYTES or len(blob) != 1 + _KEY_BYTES or blob[:1] != kind:
        raise NoteError("note key: an id of four bytes and an Ed25519 key of 32")
    return named(name), identifier, blob[1:]


def named(name: str) -> str:
    """The name, if a key can have it.

    Raises:
        NoteError: empty, over 255 characters, or with spaces or a plus.
    """
    if not _NAME.fullmatch(name):
        raise NoteError("note key: a name has 1 to 255 characters, no spaces, no plus")
    return name


def _base64(text: str, step: str) -> bytes:
    try:
        decoded = b64decode(text, validate=True)
    except ValueError as error:
        raise _malformed(step, "not base64") from error
    if b64encode(decoded).decode("ascii") != text:
        raise _malformed(step, "not the one base64 spelling of its bytes")
    return decoded


def _malformed(step: str, detail: str) -> VerdictError:
    return VerdictError(because(Indication.FORMAT_FAILURE, step, detail))
