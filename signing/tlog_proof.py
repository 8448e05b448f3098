"""Proof files: that a record stands in the log, for anybody, offline (`.tlog-proof`).

Promises: `write` and `read` agree to the byte; `judge` passes only where the checkpoint counts under the reader's
policy and the path leads from the record to the checkpoint's root.
Leaves out: what the record says (`schemas.record`); the file's `extra` is where ours puts the record's bytes, which
count for nothing until the path has led from them to the root.

Source: c2sp.org/tlog-proof@v1.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from dataclasses import dataclass
from typing import Final

from signing.checkpoint import MAX_NOTE_BYTES, Checkpoint, NoteVerifier
from signing.merkle import HASH_BYTES, leaf_hash, verify_inclusion
from signing.tlog_policy import Policy
from signing.verdict import PASSED, Indication, Verdict, because

FIRST_LINE: Final = "c2sp.org/tlog-proof@v1"
MAX_EXTRA_BYTES: Final = 128 * 1024
MAX_PROOF_BYTES: Final = MAX_NOTE_BYTES + 2 * MAX_EXTRA_BYTES
_MAX_PATH: Final = 63
_INDEX: Final = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)


class ProofFileError(ValueError):
    """Not a proof file; the message names the rule."""


@dataclass(frozen=True, slots=True)
class ProofFile:
    """A proof file's content.

    Attributes:
        index: the record's number.
        path: inclusion path, leaf to root, hashes of 32 bytes.
        note: the checkpoint, signatures and cosignatures included.
        extra: opaque; a Lienthong ledger puts the leaf's bytes here, or nothing.
    """

    index: int
    path: tuple[bytes, ...]
    note: bytes
    extra: bytes | None = None


def write(proof: ProofFile) -> bytes:
    """The file's bytes."""
    lines = [FIRST_LINE]
    if proof.extra is not None:
        lines.append(f"extra {_encoded(proof.extra)}")
    lines.append(f"index {proof.index}")
    lines += [_encoded(node) for node in proof.path]
    return "".join(f"{line}\n" for line in (*lines, "")).encode() + proof.note


def looks_like(data: bytes) -> bool:
    """Whether this means to be a proof file."""
    return data.startswith(FIRST_LINE.encode() + b"\n")


def read(data: bytes) -> ProofFile:
    """Read a proof file.

    Raises:
        ProofFileError: not as specified.
    """
    if len(data) > MAX_PROOF_BYTES or not looks_like(data):
        raise ProofFileError(f"proof: starts with {FIRST_LINE}, at most {MAX_PROOF_BYTES} bytes")
    head, gap, note = data.partition(b"\n\n")
    if not gap or not note:
        raise ProofFileError("proof: an empty line, then the checkpoint")
    try:
        lines = head.decode("ascii").split("\n")[1:]
    except UnicodeDecodeError:
        raise ProofFileError("proof: ASCII before the checkpoint") from None
    extra = _decoded(lines.pop(0).removeprefix("extra ")) if lines and lines[0].startswith("extra ") else None
    if not lines or not lines[0].startswith("index ") or not _INDEX.fullmatch(lines[0].removeprefix("index ")):
        raise ProofFileError("proof: a line with the index, decimal without leading zeros")
    path = tuple(_decoded(line) for line in lines[1:])
    if len(path) > _MAX_PATH or any(len(node) != HASH_BYTES for node in path):
        raise ProofFileError(f"proof: at most {_MAX_PATH} hashes of {HASH_BYTES} bytes")
    return ProofFile(int(lines[0].removeprefix("index ")), path, note, extra)


def judge(
    proof: ProofFile, leaf: bytes, policy: Policy, logs: tuple[NoteVerifier, ...] = ()
) -> tuple[Verdict, Checkpoint | None]:
    """Judge a proof for a record's bytes: 1 to 5 the checkpoint under the policy, 6 the path to its root."""
    verdict, checkpoint = policy.judge(proof.note, logs)
    if checkpoint is None:
        return verdict, None
    if not verify_inclusion(leaf_hash(leaf), proof.index, checkpoint.size, proof.path, checkpoint.root):
        detail = "the path does not lead from the record to the checkpoint's root"
        return because(Indication.HASH_FAILURE, "6 inclusion", detail), None
    return PASSED, checkpoint


def _encoded(data: bytes) -> str:
    return b64encode(data).decode("ascii")


def _decoded(text: str) -> bytes:
    try:
        data = b64decode(text, validate=True)
    except ValueError:
        raise ProofFileError("proof: not base64") from None
    if _encoded(data) != text:
        raise ProofFileError("proof: not the one base64 spelling of its bytes")
    return data
