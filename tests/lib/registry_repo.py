"""A signed registry in a temporary folder, and what somebody who holds some of its keys could do to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import registry_folder
from securesystemslib.signer import Signer
from tuf.api.metadata import Metadata, MetaFile, Snapshot, TargetFile, Targets, Timestamp

from bus.registry.bundle import Bundle, Known, changed_since
from bus.registry.follow import Follower
from bus.registry.keys import RoleKeys, create_role_keys
from bus.registry.layout import metadata_path, stored_path, target_path
from bus.registry.publish import Published, create_repository, publish
from registry.sections import section_hash


@dataclass
class Repo:
    """A repository with all its keys; ``bundle`` is what a new node would be sent."""

    home: Path
    keys: RoleKeys
    root: bytes
    now: datetime

    @property
    def folder(self) -> Path:
        return self.home / "repository"

    def publish(self, **replaced: str) -> Published:
        return publish(registry_folder.folder(**replaced), self.folder, self.keys, now=self.now)

    def bundle(self, known: Known | None = None) -> Bundle:
        return changed_since(self.folder, known or Known())

    def follower(self, name: str = "node") -> Follower:
        return Follower(self.home / name, self.root)


def new_repo(home: Path, now: datetime | None = None) -> Repo:
    at = now or datetime.now(UTC)
    keys = create_role_keys(home / "keys")
    root = create_repository(home / "repository", keys, now=at)
    return Repo(home, keys, root, at)


def revoked() -> str:
    """The agreements with ag-0001 revoked."""
    return registry_folder.AGREEMENTS.replace(
        "valid_from = 2025-07-01\n", 'valid_from = 2025-07-01\nstate = "revoked"\n', 1
    )


def forge(repo: Repo, bundle: Bundle, role: str, section: str, content: bytes, signers: Sequence[Signer]) -> Bundle:
    """What a thief of ``signers`` and of the online key can bring: the role's metadata names ``content``.

    Everything around it (snapshot, timestamp) is signed properly by the online key.
    """
    forged = dict(bundle)
    snapshot = Metadata[Snapshot].from_bytes(next(v for k, v in bundle.items() if k.endswith(".snapshot.json")))
    held = snapshot.signed.meta[f"{role}.json"].version
    targets = Metadata[Targets].from_bytes(forged.pop(metadata_path(role, held)))
    targets.signed.version = held + 1
    path = target_path(section)
    targets.signed.targets[path] = TargetFile.from_data(path, content, ["sha256"])
    targets.signatures.clear()
    for signer in signers:
        targets.sign(signer, append=True)
    forged[metadata_path(role, held + 1)] = targets.to_bytes()
    forged[stored_path(section, section_hash(content))] = content
    return restamp(repo, forged, snapshot, {f"{role}.json": (held + 1, targets.to_bytes())})


def restamp(repo: Repo, bundle: Bundle, snapshot: Metadata[Snapshot], changed: dict[str, tuple[int, bytes]]) -> Bundle:
    """A new snapshot and timestamp by the online key."""
    new = dict(bundle)
    for name, (version, data) in changed.items():
        snapshot.signed.meta[name] = MetaFile(version, len(data), {"sha256": section_hash(data)})
    snapshot.signed.version += 1
    snapshot.sign(repo.keys.online[0])
    data = snapshot.to_bytes()
    new[metadata_path("snapshot", snapshot.signed.version)] = data
    stamp = Metadata[Timestamp].from_bytes(bundle["metadata/timestamp.json"])
    stamp.signed.version += 1
    stamp.signed.snapshot_meta = MetaFile(snapshot.signed.version, len(data), {"sha256": section_hash(data)})
    stamp.sign(repo.keys.online[0])
    new["metadata/timestamp.json"] = stamp.to_bytes()
    return new
