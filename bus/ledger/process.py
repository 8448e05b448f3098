"""The ledger's own process: from its files to a served socket, until it is told to end or has stopped itself.

Promises: nothing is created here. A missing store, guard or key stops the start with the reason; so does a store that
another process holds, a newer format, or a store that lost what was signed. When the ledger stops itself, `serve`
raises the reason, and whoever supervises the process starts it again.
Leaves out: signals and logging set-up, which belong to the command line.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bus.clock import SteadyClock
from bus.ledger.anchoring import AnchoringPlan
from bus.ledger.anchors import FOLDER as ANCHORS
from bus.ledger.anchors import AnchorFolder
from bus.ledger.guard import Guard
from bus.ledger.keys import LedgerKeyError, read_note_key, read_vault_key
from bus.ledger.port import LedgerError
from bus.ledger.sequencer import CADENCE_S, GROUP_LIMIT, StoredLedger, Witnesses
from bus.ledger.server import LedgerServer
from bus.ledger.upkeep import Upkeep
from bus.ledger.vault import Vault
from bus.ledger.witnessing import STATE_FILE
from bus.storage.kinds import open_store
from signing.checkpoint import NoteError, NoteKey, NoteVerifier, seal
from signing.tlog_policy import Policy, PolicyError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class LedgerFiles:
    """Where a ledger's parts are.

    Attributes:
        origin: the ledger's name for ever, the first line of its checkpoints.
        store_url: `sqlite:///path` or `postgresql://…`.
        guard_file: outside every backup of the store.
        note_key_file: the Ed25519 key that signs checkpoints, in its C2SP text form.
        vault_key_file: the key that encrypts details, 32 bytes in base64url.
        tiles_folder: where full tiles are kept as files; may be lost at any time. None keeps none.
        second_note_key_file: a key of the same origin that signs beside the first, while one follows the other.
        retired_note_keys: vkeys that signed once and no longer do.
        policy_file: whose witnesses are asked for cosignatures (c2sp.org/tlog-policy); None asks nobody.
        witness_wait_s: how long a checkpoint waits for them, in seconds.
        publish_without_quorum: whether it is published without a quorum, with an alarm.
        anchoring: who stamps its checkpoints; None asks nobody.
    """

    origin: str
    store_url: str
    guard_file: Path
    note_key_file: Path
    vault_key_file: Path
    tiles_folder: Path | None = None
    second_note_key_file: Path | None = None
    retired_note_keys: tuple[str, ...] = ()
    policy_file: Path | None = None
    witness_wait_s: float = 3.0
    publish_without_quorum: bool = False
    anchoring: AnchoringPlan | None = None

    @property
    def folder(self) -> Path | None:
        """Where a ledger keeps files beside its store; None where it keeps none."""
        return None if self.tiles_folder is None else self.tiles_folder.parent

    @property
    def anchors(self) -> AnchorFolder | None:
        """Its time-stamped checkpoints."""
        return None if self.folder is None else AnchorFolder(self.folder / ANCHORS)


def note_keys_of(files: LedgerFiles) -> tuple[NoteKey, ...]:
    """The keys that sign checkpoints, the first first.

    Raises:
        SecretError, LedgerKeyError: a key file is missing, open to others, or no key of this origin.
    """
    paths = (files.note_key_file, files.second_note_key_file)
    return tuple(read_note_key(path, files.origin) for path in paths if path is not None)


def verifiers_of(files: LedgerFiles) -> tuple[NoteVerifier, ...]:
    """Every public key under which a checkpoint of this ledger may stand: signing ones and retired ones.

    Raises:
        SecretError, LedgerKeyError: as `note_keys_of`; or a retired key is no vkey of this origin.
    """
    try:
        retired = tuple(NoteVerifier.from_text(text) for text in files.retired_note_keys)
    except NoteError as error:
        raise LedgerKeyError(f"ledger: a retired note key is no vkey ({error})") from error
    if any(key.name != files.origin for key in retired):
        raise LedgerKeyError("ledger: a retired note key signs for another origin")
    return (*(key.verifier for key in note_keys_of(files)), *retired)


def witnesses_of(files: LedgerFiles) -> Witnesses | None:
    """Under which policy checkpoints are published; None under none.

    Raises:
        LedgerError: the policy cannot be read, or does not name a key of this ledger.
    """
    if files.policy_file is None:
        return None
    try:
        policy = Policy.from_text(files.policy_file.read_bytes())
    except (OSError, PolicyError) as error:
        raise LedgerError(f"ledger: {files.policy_file} is no policy ({error})") from error
    own = {key.verifier.public_key for key in note_keys_of(files)}
    if policy.logs and own.isdisjoint(log.public_key for log in policy.logs):
        raise LedgerError(f"ledger: {files.policy_file} names other logs, not this one")
    return Witnesses(
        policy,
        files.witness_wait_s,
        files.publish_without_quorum,
        None if files.folder is None else files.folder / STATE_FILE,
        files.tiles_folder,
    )


async def start_ledger(
    files: LedgerFiles,
    *,
    clock: Callable[[], int] | None = None,
    cadence_s: float = CADENCE_S,
    group_limit: int = GROUP_LIMIT,
) -> StoredLedger:
    """Start the ledger in this process.

    Raises:
        MissingStoreError: there is no store; `lienthong ledger init` creates one.
        FormatVersionError: the store's format is not this program's.
        StoreHeldError: another process serves it.
        GuardError: the guard is missing, or the store lost or changed what was signed.
        LedgerError: store and settings name different origins.
        SecretError, LedgerKeyError: a key file is missing, open to others, or no key.
    """
    note_keys = note_keys_of(files)
    witnesses = witnesses_of(files)
    vault = Vault.under(read_vault_key(files.vault_key_file))
    store = await asyncio.to_thread(open_store, files.store_url)
    if store.origin != files.origin:
        store.close()
        raise LedgerError(f"ledger: the store's origin is {store.origin}, the settings say {files.origin}")
    return await StoredLedger.start(
        store,
        vault=vault,
        guard=Guard(files.guard_file, files.origin),
        sign=lambda origin, size, root: seal(origin, size, root, *note_keys),
        clock=clock or SteadyClock(),
        cadence_s=cadence_s,
        group_limit=group_limit,
        witnesses=witnesses,
    )


async def serve(
    files: LedgerFiles,
    socket: Path,
    *,
    ready: Callable[[], None] | None = None,
    cadence_s: float = CADENCE_S,
    group_limit: int = GROUP_LIMIT,
) -> None:
    """Serve the ledger at `socket` until cancelled.

    Args:
        files: its parts.
        socket: the Unix socket's file, in a folder that only this user can enter.
        ready: called once the socket takes connections.
        cadence_s: seconds between checkpoints.
        group_limit: the most records made durable in one write.

    Raises:
        LedgerStoppedError: the ledger stopped itself (disk full or failing, a higher term); start it again.
        LedgerError: and whatever `start_ledger` raises.
    """
    ledger = await start_ledger(files, cadence_s=cadence_s, group_limit=group_limit)
    server = LedgerServer(ledger, socket)
    upkeep = Upkeep.start(files, ledger)
    try:
        await server.start()
        if ready is not None:
            ready()
        raise await ledger.failure()
    finally:
        await server.close()
        await upkeep.close()
        await ledger.close()
