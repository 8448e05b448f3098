"""One exchange as a dispute bundle: pieces from the archive, the registry's snapshot, proofs from the ledger.

Promises: what cannot be had is left out and named, never made up: a bundle without the ledger's proof says "cannot
tell" at that step. Proofs are held against the checkpoint's root before they go in. The same pieces, snapshot and
checkpoint give the same bytes. Nothing is written to archive, registry or ledger.
Leaves out: judging (`signing.casefile`), where archive, registry and ledger are (`bus.app.evidence`).
"""

from __future__ import annotations

import asyncio
from base64 import b64decode
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from bus.ledger.port import LedgerError
from bus.ledger.tree import Prover, TileSource
from bus.node import seals
from bus.node.gather import gather
from bus.registry.layout import METADATA
from signing import registry_proof
from signing.bundle import MAX_DAYS, PIECES, Bundle
from signing.casefile import check, write
from signing.dispute import offered
from signing.evidence import LogProof
from signing.examine import overall
from signing.merkle import MerkleError, leaf_hash, verify_inclusion
from signing.receipt import Opened, ReceiptError, open_receipt
from signing.verdict import Status

if TYPE_CHECKING:
    from bus.node.archive import SqlArchive

_TRIES: Final = 5


class SnapshotMissingError(Exception):
    """The node has no registry snapshot yet, or it is not whole."""


class Anchored(NamedTuple):
    """A time-stamped checkpoint: the signed note, and tokens over it (RFC 3161)."""

    note: bytes
    tokens: tuple[bytes, ...]


class Log(NamedTuple):
    """A published log within reach: its newest checkpoint, and its tiles.

    Attributes:
        checkpoint: gives the newest signed note; None before the first.
        tiles: hash tiles.
        key: its public key (vkey), if known.
        anchored: gives the first time-stamped checkpoint that covers a record, with its tokens; None where none does.
    """

    checkpoint: Callable[[], Awaitable[bytes | None]]
    tiles: TileSource
    key: str | None = None
    anchored: Callable[[int], Awaitable[Anchored | None]] | None = None


class Exported(NamedTuple):
    """A bundle that was made.

    Attributes:
        data: the ZIP.
        status: what its own pages conclude, by the trust that it offers itself.
        missing: what is not in it: pieces, `ledger-proof`.
    """

    data: bytes
    status: Status
    missing: tuple[str, ...]


async def export(
    archive: SqlArchive, exchange: str, registry: Path, log: Log | None, log_key: str | None = None
) -> Exported:
    """Make the bundle of one exchange.

    Args:
        archive: the agency's, whichever side of the exchange it was on.
        exchange: the question's number.
        registry: the folder of the node's trusted registry.
        log: the ledger; None where it cannot be reached.
        log_key: the ledger's public key (vkey) where `log` does not know it.

    Raises:
        NothingKeptError: the archive holds no question of this number.
        SnapshotMissingError: the registry's folder holds no whole snapshot.
    """
    pieces = await gather(archive, exchange)
    bundle = Bundle(pieces, snapshot_files(registry), log_key=log_key or (log.key if log else None))
    proof = await _proof(log, _opened(bundle))
    days = await _days(archive, exchange)
    bundle = Bundle(bundle.pieces, bundle.registry, proof, bundle.log_key, days)
    data = write(bundle)
    missing = [name for name in PIECES if name not in pieces]
    if proof is None:
        missing.append("ledger-proof")
    return Exported(data, overall(check(data, offered(bundle), bundle.at_ms)), tuple(missing))


def snapshot_files(folder: Path) -> dict[str, bytes]:
    """The metadata and both sections of a node's current snapshot, by the names of `signing.registry_proof`.

    Raises:
        SnapshotMissingError: there is none, or it is not whole.
    """
    for _ in range(_TRIES):
        try:
            return _snapshot_files(folder)
        except FileNotFoundError:
            continue  # a running node has just moved on to a newer generation
        except (ValueError, OSError) as error:
            raise SnapshotMissingError(f"registry: {folder} cannot be read ({type(error).__name__})") from error
    raise SnapshotMissingError(f"registry: no whole snapshot in {folder}; let the node connect once")


def _snapshot_files(folder: Path) -> dict[str, bytes]:
    generation = folder / f"generation-{int((folder / 'current').read_bytes()):06d}"
    metadata = generation / METADATA
    roots = (metadata / "root_history").glob("*.root.json")
    files = {f"root-{path.name.partition('.')[0]}.json": path.read_bytes() for path in roots}
    files |= {name: (metadata / name).read_bytes() for name in registry_proof.FIXED}
    for name, digest in registry_proof.section_digests(files["directory.json"]).items():
        files[name] = (folder / "sections" / digest).read_bytes()
    return files


async def _days(archive: SqlArchive, exchange: str) -> dict[str, bytes]:
    """The signed lists that name seals of this exchange, as far as those days are sealed."""
    kept = await archive.evidence(exchange)
    days = {datetime.fromtimestamp(one.kept_ms / 1000, UTC).date() for one in kept}
    found = await asyncio.to_thread(seals.of_exchange, archive.folder, exchange, days)
    return dict(sorted(found.items())[:MAX_DAYS])


def _opened(bundle: Bundle) -> Opened | None:
    receipt = bundle.pieces.get("receipt")
    try:
        return open_receipt(receipt.envelope) if receipt and receipt.envelope else None
    except ReceiptError:
        return None


async def _proof(log: Log | None, opened: Opened | None) -> LogProof | None:
    """Both leaves under the first time-stamped checkpoint that covers them, else the newest; None without either."""
    if log is None or opened is None:
        return None
    try:
        stamped = await log.anchored(opened.outcome.index) if log.anchored is not None else None
        note = stamped.note if stamped is not None else await log.checkpoint()
        origin, size, root = _head(note or b"")
        if origin != opened.origin or opened.outcome.index >= size:
            return None
        prover = Prover(log.tiles, size)
        paths = [await prover.inclusion(leaf.index) for leaf in (opened.asked, opened.outcome)]
    except (LedgerError, MerkleError, OSError, ValueError):
        return None
    for leaf, path in zip((opened.asked, opened.outcome), paths, strict=True):
        if not verify_inclusion(leaf_hash(leaf.data), leaf.index, size, path, root):
            return None
    return LogProof(note or b"", paths[0], paths[1], stamped.tokens if stamped is not None else ())


def _head(note: bytes) -> tuple[str, int, bytes]:
    """Origin, size and root of a checkpoint; its signature is for whoever judges the bundle.

    Raises:
        ValueError: it is none.
    """
    origin, size, root = note.decode().split("\n")[:3]
    return origin, int(size), b64decode(root, validate=True)
