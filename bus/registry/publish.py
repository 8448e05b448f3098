"""Signing a registry: folder → sections → roles → snapshot → timestamp, written so that readers always see a whole.

Promises that a role signs only when its sections changed or its signature grows old, so that the registrar can publish
without the directory's keys; that the timestamp is replaced last; that versions only grow. Leaves out how nodes fetch
(``bus.registry.follow``) and when the hub refreshes. Source: TUF specification 1.0.33 §6.1.
"""

from __future__ import annotations

from dataclasses import dataclass
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
    TargetFile,
    Targets,
    Timestamp,
)

from bus.registry.keys import DIRECTORY, ONLINE, REGISTRAR, ROOT, THRESHOLDS, RoleKeys
from bus.registry.layout import (
    METADATA,
    ROLE_SECTIONS,
    Lifetimes,
    metadata_path,
    only_writer,
    stored_path,
    target_path,
    write,
)
from registry import sections
from registry.authored.compiling import sections_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from securesystemslib.signer import Signer

Payload = TypeVar("Payload", Root, Timestamp, Snapshot, Targets)

LIFETIMES: Final = Lifetimes()
_RENEW_AT: Final = 3
"""A signature is renewed when less than a third of its lifetime is left."""


class RepositoryStateError(Exception):
    """There is no repository where one is wanted, or there is one already."""


@dataclass(frozen=True, slots=True)
class Published:
    """What a publication came to.

    Attributes:
        version: of the snapshot; the number that every node will hold at least.
        changed: names of the sections that differ from the version before.
    """

    version: int
    changed: frozenset[str]


def create_repository(repository: Path, keys: RoleKeys, *, now: datetime, lifetimes: Lifetimes = LIFETIMES) -> bytes:
    """Begin a repository: its first root and the delegations. Returns root.json, which nodes are given to start from.

    Raises:
        RepositoryStateError: one exists already; it is never overwritten.
        RoleKeysError: too few root keys, or none of some role.
    """
    with only_writer(repository):
        if _root_version(repository):
            raise RepositoryStateError(f"{repository} already holds a registry")
        root = Metadata(Root(version=1, expires=_until(now, lifetimes.root), consistent_snapshot=True))
        for role in ("root", "targets"):
            _enrol(root.signed, role, keys.of(ROOT), THRESHOLDS[ROOT])
        for role in ("snapshot", "timestamp"):
            _enrol(root.signed, role, keys.of(ONLINE), THRESHOLDS[ONLINE])
        targets = Metadata(Targets(version=1, expires=_until(now, lifetimes.targets), delegations=_delegations(keys)))
        write(repository / metadata_path("targets", 1), _signed(targets, keys.of(ROOT)))
        data = _signed(root, keys.of(ROOT))
        write(repository / metadata_path("root", 1), data)
        return data


def publish(
    files: Mapping[str, bytes], repository: Path, keys: RoleKeys, *, now: datetime, lifetimes: Lifetimes = LIFETIMES
) -> Published:
    """Check, compile and sign an authored folder.

    Args:
        files: path inside the folder → content (``bus.registry.files.read_folder``).
        repository: made by ``create_repository``.
        keys: those of every role that has something to sign, and the online key.
        now: aware, UTC.
        lifetimes: of the new signatures.

    Raises:
        RegistryError: the folder has mistakes; nothing was written.
        RoleKeysError: a role must sign and its keys are not at hand; nothing was written.
        RepositoryStateError: there is no repository.
    """
    # 1. the folder must be free of mistakes
    data = sections.encode(sections_of(files))
    with only_writer(repository):
        current = _State(repository)
        # 2. who must sign: a role whose sections changed, or whose signature grows old
        signed = {
            role: metadata
            for role in ROLE_SECTIONS
            if (metadata := _role(current, role, data, now, lifetimes)) is not None
        }
        signers = {role: keys.of(role) for role in signed}
        online = keys.of(ONLINE)
        # 3. content first, then what names it
        for name, content in data.items():
            path = repository / stored_path(name, sections.section_hash(content))
            if not path.exists():
                write(path, content)
        meta = dict(current.meta)
        for role, metadata in signed.items():
            body = _signed(metadata, signers[role])
            write(repository / metadata_path(role, metadata.signed.version), body)
            meta[f"{role}.json"] = _meta(metadata.signed.version, body)
        # 4. snapshot and, last of all, timestamp
        changed = frozenset(name for role in signed for name in _differing(current, role, data))
        version = current.snapshot_version
        if signed:
            version += 1
        _freshen(current, version, meta, online, now, lifetimes)
        return Published(version, changed)


def refresh_timestamp(
    repository: Path, online: Sequence[Signer], *, now: datetime, lifetimes: Lifetimes = LIFETIMES
) -> int:
    """Say again that the newest snapshot is the newest; the hub does this well within the timestamp's lifetime.

    Returns the snapshot's version, which grows only when the snapshot's own signature had to be renewed.

    Raises:
        RepositoryStateError: nothing was published yet.
        RoleKeysError: no online key.
    """
    keys = RoleKeys(online=tuple(online))
    with only_writer(repository):
        current = _State(repository)
        if current.snapshot is None:
            raise RepositoryStateError(f"{repository} holds no published registry")
        old = _grows_old(current.snapshot.signed, now, lifetimes.snapshot)
        version = current.snapshot_version + (1 if old else 0)
        _freshen(current, version, current.meta, keys.of(ONLINE), now, lifetimes)
        return version


class _State:
    """The repository as it stands, read once under the lock."""

    def __init__(self, repository: Path) -> None:
        if not _root_version(repository):
            raise RepositoryStateError(f"{repository} holds no registry; create one first")
        self.repository = repository
        stamp = repository / metadata_path("timestamp", None)
        self.timestamp = Metadata[Timestamp].from_file(str(stamp)) if stamp.exists() else None
        self.snapshot_version = self.timestamp.signed.snapshot_meta.version if self.timestamp else 0
        self.snapshot = self._read_snapshot()
        self.meta = dict(self.snapshot.signed.meta) if self.snapshot else {"targets.json": self._targets_meta()}

    def role(self, role: str) -> Metadata[Targets] | None:
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
        return _meta(1, (self.repository / metadata_path("targets", 1)).read_bytes())


def _root_version(repository: Path) -> int:
    versions = (path.name.partition(".")[0] for path in (repository / METADATA).glob("*.root.json"))
    return max(map(int, versions), default=0)


def _enrol(root: Root, role: str, signers: Sequence[Signer], threshold: int) -> None:
    for signer in signers:
        root.add_key(signer.public_key, role)
    root.roles[role].threshold = threshold


def _delegations(keys: RoleKeys) -> Delegations:
    """Each role may name targets below its own folder only, and nobody after it is asked (terminating)."""
    known = {}
    roles = {}
    for role in (DIRECTORY, REGISTRAR):
        signers = keys.of(role)
        known.update({signer.public_key.keyid: signer.public_key for signer in signers})
        ids = [signer.public_key.keyid for signer in signers]
        roles[role] = DelegatedRole(role, ids, THRESHOLDS[role], terminating=True, paths=[f"{role}/*"])
    return Delegations(known, roles)


def _role(
    current: _State, role: str, data: Mapping[str, bytes], now: datetime, lifetimes: Lifetimes
) -> Metadata[Targets] | None:
    """The role's next metadata, or None when what it signed still holds."""
    old, lifetime = current.role(role), getattr(lifetimes, role)
    if old is not None and not _differing(current, role, data) and not _grows_old(old.signed, now, lifetime):
        return None
    targets = {
        target_path(name): TargetFile.from_data(target_path(name), data[name], ["sha256"])
        for name in ROLE_SECTIONS[role]
    }
    version = old.signed.version + 1 if old else 1
    return Metadata(Targets(version=version, expires=_until(now, lifetime), targets=targets))


def _differing(current: _State, role: str, data: Mapping[str, bytes]) -> frozenset[str]:
    old = current.role(role)
    held = {path: target.hashes["sha256"] for path, target in old.signed.targets.items()} if old else {}
    names = ROLE_SECTIONS[role]
    return frozenset(name for name in names if held.get(target_path(name)) != sections.section_hash(data[name]))


def _freshen(
    current: _State,
    version: int,
    meta: dict[str, MetaFile],
    online: Sequence[Signer],
    now: datetime,
    lifetimes: Lifetimes,
) -> None:
    """Sign the snapshot if its version is new, then the timestamp, always."""
    path = current.repository / metadata_path("snapshot", version)
    if version != current.snapshot_version:
        snapshot = Metadata(Snapshot(version=version, expires=_until(now, lifetimes.snapshot), meta=meta))
        write(path, _signed(snapshot, online))
    number = current.timestamp.signed.version + 1 if current.timestamp else 1
    stamp = Timestamp(
        version=number,
        expires=_until(now, lifetimes.timestamp),
        snapshot_meta=_meta(version, path.read_bytes()),
    )
    write(current.repository / metadata_path("timestamp", None), _signed(Metadata(stamp), online))


def _signed(metadata: Metadata[Payload], signers: Sequence[Signer]) -> bytes:
    for signer in signers:
        metadata.sign(signer, append=True)
    return metadata.to_bytes()


def _meta(version: int, data: bytes) -> MetaFile:
    return MetaFile(version, len(data), {"sha256": sections.section_hash(data)})


def _until(now: datetime, lifetime: timedelta) -> datetime:
    return (now.astimezone(UTC) + lifetime).replace(microsecond=0)


def _grows_old(signed: Signed, now: datetime, lifetime: timedelta) -> bool:
    return signed.expires - now < lifetime / _RENEW_AT
