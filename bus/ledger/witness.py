"""A witness: cosigns a log's checkpoint only when it goes on from the last one that it cosigned.

Promises: what is answered to `add-checkpoint` is what c2sp.org/tlog-witness says; a checkpoint is durable in the
witness' folder before its cosignature leaves, and comparing, verifying and keeping are one step per log, so two
requests at once never turn it back; one process serves a folder; a folder whose memory of a log was lost is refused.
Leaves out: HTTP (`bus.http.witness`), judging what a log's records say.

    witness.key   the key, C2SP secret form      logs   a vkey per line; several of one origin may stand
    state/<hex>   the last cosigned note of the log whose origin's SHA-256 this is; empty before the first
"""

from __future__ import annotations

import asyncio
import fcntl
import hashlib
import os
import re
from base64 import b64decode
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple, Self

from bus.ledger.port import LedgerError
from bus.storage.durable import replace_durably
from config.secrets import read_secret, write_secret
from signing.checkpoint import MAX_NOTE_BYTES, Checkpoint, NoteError, NoteVerifier, check, parse
from signing.cosignature import CosignatureKey
from signing.merkle import EMPTY_ROOT, HASH_BYTES, verify_consistency
from signing.verdict import VerdictError

MAX_PROOF_LINES: Final = 63
MAX_BODY_BYTES: Final = MAX_NOTE_BYTES + 64 * MAX_PROOF_LINES
SIZE_TYPE: Final = "text/x.tlog.size"
TEXT_TYPE: Final = "text/plain"
_OLD: Final = re.compile(rb"old (0|[1-9][0-9]{0,18})")


class WitnessError(LedgerError):
    """The witness' folder is not usable; the message says why."""


class WitnessAnswer(NamedTuple):
    """An HTTP answer: status, body, media type."""

    status: int
    body: bytes
    media_type: str = TEXT_TYPE


class _Request(NamedTuple):
    old: int
    path: tuple[bytes, ...]
    note: bytes
    checkpoint: Checkpoint


def init(folder: Path, name: str) -> str:
    """Make a witness' folder and key; returns the vkey.

    Raises:
        NoteError: the name cannot be a key's.
        FileExistsError: there is a key already.
    """
    key = CosignatureKey.generate(name)
    (folder / "state").mkdir(parents=True, exist_ok=True, mode=0o700)
    write_secret(folder / "witness.key", key.to_text().encode() + b"\n")
    return key.verifier.text


def trust(folder: Path, vkey: str) -> NoteVerifier:
    """Cosign this log from now on (from the next start); a second key of a known origin rolls the first.

    Raises:
        NoteError: not a log's vkey.
        WitnessError: there is no witness here.
    """
    log = NoteVerifier.from_text(vkey)
    if not (folder / "witness.key").exists():
        raise WitnessError(f"witness: {folder} holds no witness; lienthong witness init makes one")
    known = _logs(folder)
    state = _state_file(folder, log.name)
    if log.name not in known and not state.exists():
        replace_durably(state, b"")
    if log not in known.get(log.name, ()):
        texts = [one.text for keys in known.values() for one in keys]
        replace_durably(folder / "logs", "".join(f"{text}\n" for text in (*texts, log.text)).encode())
    return log


def read_key(folder: Path) -> CosignatureKey:
    """The witness' key.

    Raises:
        SecretError: missing, or open to others.
        WitnessError: no cosignature key.
    """
    try:
        return CosignatureKey.from_text(read_secret(folder / "witness.key").decode())
    except (NoteError, UnicodeDecodeError):
        raise WitnessError(f"witness: {folder / 'witness.key'} holds no witness key") from None


def origin_hash(origin: str) -> str:
    """How monitors name a log: SHA-256 of its origin, hex."""
    return hashlib.sha256(origin.encode()).hexdigest()


class Witness:
    """A witness on its folder; made by `open`, ended by `close`."""

    def __init__(self, folder: Path, key: CosignatureKey, now_s: Callable[[], int], lock: int) -> None:
        self._folder = folder
        self._key = key
        self._now_s = now_s
        self._lock = lock
        self._logs = _logs(folder)
        self._last = {origin: _last(folder, origin) for origin in self._logs}
        self._one_at_a_time: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self.vkey = key.verifier.text

    @classmethod
    def open(cls, folder: Path, now_s: Callable[[], int]) -> Self:
        """Take a folder.

        Args:
            folder: made by `init`.
            now_s: seconds since the epoch.

        Raises:
            WitnessError: another process serves it, or what it cosigned of a log was lost.
            SecretError: the key is missing or open to others.
        """
        key = read_key(folder)
        lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return cls(folder, key, now_s, lock)
        except BlockingIOError:
            os.close(lock)
            raise WitnessError(f"witness: another process serves {folder}") from None
        except BaseException:
            os.close(lock)
            raise

    def close(self) -> None:
        """Let go of the folder."""
        os.close(self._lock)

    @property
    def logs(self) -> Mapping[str, Sequence[NoteVerifier]]:
        """Origin → its keys."""
        return self._logs

    def newest(self, origin: str) -> bytes:
        """The last note cosigned of a log, with our cosignature; empty before the first."""
        return self._last.get(origin, b"")

    def by_hash(self, hashed: str) -> bytes:
        """The same by the hash of the origin."""
        return next((note for origin, note in self._last.items() if origin_hash(origin) == hashed), b"")

    async def add_checkpoint(self, body: bytes) -> WitnessAnswer:
        """Answer one `add-checkpoint` request."""
        # 1. an old size, proof lines, a checkpoint
        try:
            request = _read(body)
        except (VerdictError, ValueError):
            return WitnessAnswer(400, b"malformed\n")
        origin = request.checkpoint.origin
        # 2. of a log that is known, and signed by it
        keys = self._logs.get(origin)
        if keys is None:
            return WitnessAnswer(404, b"unknown log\n")
        if not check(request.note, keys)[0].passed:
            return WitnessAnswer(403, b"not signed by a known key of this log\n")
        # 3. one request of a log after the other
        async with self._one_at_a_time[origin]:
            return await self._judge(request)

    async def _judge(self, request: _Request) -> WitnessAnswer:
        old, new = request.old, request.checkpoint
        if old > new.size:
            return WitnessAnswer(400, b"the old size is over the new\n")
        # 4. from where this witness is
        last = self._last[new.origin]
        known = parse(last)[0] if last else Checkpoint(new.origin, 0, EMPTY_ROOT)
        if old != known.size or (old == new.size and known.root != new.root):
            return WitnessAnswer(409, b"%d\n" % known.size, SIZE_TYPE)
        # 5. nothing changed or removed
        if not verify_consistency(old, new.size, known.root, new.root, request.path):
            return WitnessAnswer(422, b"the consistency proof does not hold\n")
        # 6. durable before anybody hears of it
        line = self._key.cosign(new, self._now_s()).text.encode()
        note = _without_cosignatures(request.note) + line
        await asyncio.to_thread(replace_durably, _state_file(self._folder, new.origin), note)
        self._last[new.origin] = note
        return WitnessAnswer(200, line)


def _read(body: bytes) -> _Request:
    head, gap, note = body.partition(b"\n\n")
    first, *lines = head.split(b"\n")
    old = _OLD.fullmatch(first)
    if not gap or old is None or len(lines) > MAX_PROOF_LINES:
        raise ValueError("witness: an old size, at most 63 hashes, an empty line, a checkpoint")
    path = tuple(b64decode(line, validate=True) for line in lines)
    if any(len(node) != HASH_BYTES for node in path):
        raise ValueError("witness: a hash has 32 bytes")
    return _Request(int(old[1]), path, note, parse(note)[0])


def _without_cosignatures(note: bytes) -> bytes:
    """The note with the lines under the log's own name only: what others put there is not ours to keep."""
    checkpoint, lines = parse(note)
    own = "".join(line.text for line in lines if line.name == checkpoint.origin)
    return checkpoint.body + b"\n" + own.encode()


def _logs(folder: Path) -> dict[str, tuple[NoteVerifier, ...]]:
    file = folder / "logs"
    texts = file.read_text("utf-8").split() if file.exists() else []
    logs: defaultdict[str, tuple[NoteVerifier, ...]] = defaultdict(tuple)
    for text in texts:
        try:
            key = NoteVerifier.from_text(text)
        except NoteError as error:
            raise WitnessError(f"witness: {file} holds something else than vkeys") from error
        logs[key.name] += (key,)
    return dict(logs)


def _last(folder: Path, origin: str) -> bytes:
    file = _state_file(folder, origin)
    try:
        note = file.read_bytes()
    except FileNotFoundError:
        raise WitnessError(
            f"witness: what it cosigned of {origin} was lost ({file}); a witness that forgot is retired, not restarted"
        ) from None
    try:
        known = parse(note)[0].origin if note else origin
    except VerdictError as error:
        raise WitnessError(f"witness: {file} holds no checkpoint") from error
    if known != origin:
        raise WitnessError(f"witness: {file} holds another log's checkpoint")
    return note


def _state_file(folder: Path, origin: str) -> Path:
    return folder / "state" / origin_hash(origin)
