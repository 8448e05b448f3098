"""The roles of a registry repository: who may sign, what each last signed, and signing again.

Promises small steps that ``publish`` and ``ceremony`` put in order; each signs or reads, none decides. Leaves out
verification: a repository trusts its own disk, a node trusts nothing (``bus.registry.follow``).
Source: TUF specification 1.0.33 §2.1 (roles), §4 (formats).
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, TypeVar

from tuf.api.metadata import (
    DelegatedRole,
    Delegations,
    Metadata,
    MetaFile,
    Root,
    Signed,
    Snapshot,
    Targets,
    Timestamp,
)

from bus.registry.keys import DIRECTORY, ONLINE, REGISTRAR, ROOT, THRESHOLDS, RoleKeys, RoleKeysError
from bus.registry.layout import METADATA, Lifetimes, metadata_path, write
from registry import sections

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from securesystemslib.signer import Signer

Payload = TypeVar("Payload", Root, Timestamp, Snapshot, Targets)

LIFETIMES: Final = Lifetimes()
_RENEW_AT: Final = 3
"""A signature is renewed when less than a third of its lifetime is left."""


class RepositoryStateError(Exception):
    """There is no repository where one is wanted, or there is one already."""


class State:
    """The repository as it stands, read once under the lock; our own files, not verified again."""

    def __init__(self, repository: Path) -> None:
        self.root_version = newest_root(repository)
        if not self.root_version:
            raise RepositoryStateError(f"{repository} holds no registry; create one first")
        self.repository = repository
        stamp = repository / metadata_path("timestamp", None)
        self.timestamp = Metadata[Timestamp].from_file(str(stamp)) if stamp.exists() else None
        self.snapshot_version = self.timestamp.signed.snapshot_meta.version if self.timestamp else 0
        self.snapshot = self._read_snapshot()
        self.meta = dict(self.snapshot.signed.meta) if self.snapshot else {"targets.json": self._targets_meta()}

    def role(self, role: str) -> Metadata[Targets] | None:
        """What a delegated role last signed, as far as the snapshot knows."""
        found = self.meta.get(f"{role}.json")
        if found is None:
            return None
        return Metadata[Targets].from_file(str(self.repository / metadata_path(role, found.version)))

    def _read_snapshot(self) -> Metadata[Snapshot] | None:
        if not self.snapshot_version:
            return None
        path = self.repository / metadata_path("snapshot", self.snapshot_version)
        return Metadata[Snapshot].from_file(str(path))

    def _targets_meta(self) -> MetaFile:
        """Before the first snapshot: the newest delegations there are."""
        paths = (self.repository / METADATA).glob("*.targets.json")
        version = max(int(path.name.partition(".")[0]) for path in paths)
        return describe(version, (self.repository / metadata_path("targets", version)).read_bytes())


def newest_root(repository: Path) -> int:
    """The version of the newest root; 0 where there is no repository."""
    versions = (path.name.partition(".")[0] for path in (repository / METADATA).glob("*.root.json"))
    return max(map(int, versions), default=0)


def enrol_all(root: Root, keys: RoleKeys) -> None:
    """Make these, and only these, the keys of the top-level roles; the root's keys also sign the delegations."""
    for role, held in (("root", ROOT), ("targets", ROOT), ("snapshot", ONLINE), ("timestamp", ONLINE)):
        for keyid in list(root.roles[role].keyids):
            root.revoke_key(keyid, role)
        for signer in keys.of(held):
            root.add_key(signer.public_key, role)
        root.roles[role].threshold = THRESHOLDS[held]


def must_be_listed(current: State, role: str, signers: Sequence[Signer]) -> None:
    """Refuse keys that have been handed over: what they sign, nobody would take.

    Raises:
        RoleKeysError: one of them is none that the newest root, or the delegation, lists for the role.
    """
    if role == ONLINE:
        path = current.repository / metadata_path("root", current.root_version)
        listed = Metadata[Root].from_file(str(path)).signed.roles["timestamp"].keyids
    else:
        path = current.repository / metadata_path("targets", current.meta["targets.json"].version)
        delegated = Metadata[Targets].from_file(str(path)).signed.delegations
        listed = delegated.roles[role].keyids if delegated and delegated.roles else []
    if any(signer.public_key.keyid not in listed for signer in signers):
        raise RoleKeysError(f"the key of role {role} is none that the registry lists for it; it was handed over")


def delegations(keys: RoleKeys) -> Delegations:
    """Each role may name targets below its own folder only, and nobody after it is asked (terminating)."""
    known = {}
    roles = {}
    for role in (DIRECTORY, REGISTRAR):
        signers = keys.of(role)
        known.update({signer.public_key.keyid: signer.public_key for signer in signers})
        ids = [signer.public_key.keyid for signer in signers]
        roles[role] = DelegatedRole(role, ids, THRESHOLDS[role], terminating=True, paths=[f"{role}/*"])
    return Delegations(known, roles)


def freshen(
    current: State,
    version: int,
    meta: dict[str, MetaFile],
    online: Sequence[Signer],
    now: datetime,
    lifetimes: Lifetimes,
) -> None:
    """Sign the snapshot if its version is new, then the timestamp, always."""
    path = current.repository / metadata_path("snapshot", version)
    if version != current.snapshot_version:
        snapshot = Metadata(Snapshot(version=version, expires=until(now, lifetimes.snapshot), meta=meta))
        write(path, signed_bytes(snapshot, online))
    number = current.timestamp.signed.version + 1 if current.timestamp else 1
    stamp = Timestamp(
        version=number,
        expires=until(now, lifetimes.timestamp),
        snapshot_meta=describe(version, path.read_bytes()),
    )
    write(current.repository / metadata_path("timestamp", None), signed_bytes(Metadata(stamp), online))


def signed_bytes(metadata: Metadata[Payload], signers: Sequence[Signer]) -> bytes:
    """Sign anew by these signers and nobody else."""
    metadata.signatures.clear()
    for signer in signers:
        metadata.sign(signer, append=True)
    return metadata.to_bytes()


def describe(version: int, data: bytes) -> MetaFile:
    """A metadata file as the snapshot names it: version, length and hash, so that none can be exchanged."""
    return MetaFile(version, len(data), {"sha256": sections.section_hash(data)})


def until(now: datetime, lifetime: timedelta) -> datetime:
    """When a signature made now ends; TUF writes whole seconds."""
    return (now.astimezone(UTC) + lifetime).replace(microsecond=0)


def grows_old(signed: Signed, now: datetime, lifetime: timedelta) -> bool:
    """Whether it is time to sign again."""
    return signed.expires - now < lifetime / _RENEW_AT
