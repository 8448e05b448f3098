"""Where a ledger's parts are, and its keys as the files hold them.

Promises: reads key files, nothing else; nothing is created. Leaves out: starting a ledger from them (`process`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bus.ledger.anchors import FOLDER as ANCHORS
from bus.ledger.anchors import AnchorFolder
from bus.ledger.keys import LedgerKeyError, read_note_key
from signing.checkpoint import NoteError, NoteKey, NoteVerifier

if TYPE_CHECKING:
    from pathlib import Path

    from bus.batches import Sealing
    from bus.ledger.anchoring import AnchoringPlan


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
        sealing: with what each day's archive is sealed; None seals none.
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
    sealing: Sealing | None = None

    @property
    def folder(self) -> Path | None:
        """Where a ledger keeps files beside its store; None where it keeps none."""
        return None if self.tiles_folder is None else self.tiles_folder.parent

    @property
    def anchors(self) -> AnchorFolder | None:
        """Its time-stamped checkpoints."""
        return None if self.folder is None else AnchorFolder(self.folder / ANCHORS)

    @property
    def archives(self) -> Path | None:
        """Where its days' archives are."""
        return None if self.folder is None else self.folder / "archives"


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
