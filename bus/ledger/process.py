"""The ledger's own process: from its files to a served socket, until it is told to end or has stopped itself.

Promises: nothing is created here. A missing store, guard or key stops the start with the reason; so does a store that
another process holds, a newer format, or a store that lost what was signed. When the ledger stops itself, `serve`
raises the reason, and whoever supervises the process starts it again.
Leaves out: signals and logging set-up, which belong to the command line.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from bus.clock import SteadyClock
from bus.ledger.files import LedgerFiles, note_keys_of, verifiers_of
from bus.ledger.guard import Guard
from bus.ledger.keys import read_vault_key
from bus.ledger.port import LedgerError
from bus.ledger.sequencer import CADENCE_S, GROUP_LIMIT, StoredLedger, Witnesses
from bus.ledger.server import LedgerServer
from bus.ledger.upkeep import Upkeep
from bus.ledger.vault import Vault
from bus.ledger.witnessing import STATE_FILE
from bus.storage.kinds import open_store
from signing.checkpoint import seal
from signing.tlog_policy import Policy, PolicyError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


__all__ = ["LedgerFiles", "note_keys_of", "serve", "start_ledger", "verifiers_of", "witnesses_of"]


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
