"""Signing a registry: folder → sections → roles → snapshot → timestamp, written so that readers always see a whole.

Promises that a role signs only when its sections changed or its signature grows old, so that the registrar can publish
without the directory's keys; that the timestamp is replaced last; that versions only grow. Leaves out how nodes fetch
(``bus.registry.follow``) and when the hub refreshes. Source: TUF specification 1.0.33 §6.1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tuf.api.metadata import Metadata, Root, TargetFile, Targets

from bus.registry.keys import ONLINE, ROOT, RoleKeys
from bus.registry.layout import ROLE_SECTIONS, Lifetimes, metadata_path, only_writer, stored_path, target_path, write
from bus.registry.roles import (
    LIFETIMES,
    RepositoryStateError,
    State,
    delegations,
    describe,
    enrol_all,
    freshen,
    grows_old,
    must_be_listed,
    newest_root,
    signed_bytes,
    until,
)
from registry import sections
from registry.authored.compiling import sections_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from securesystemslib.signer import Signer

    from registry.sections import Sections

__all__ = ["Published", "RepositoryStateError", "check_against", "create_repository", "publish", "refresh_timestamp"]


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
        if newest_root(repository):
            raise RepositoryStateError(f"{repository} already holds a registry")
        root = Metadata(Root(version=1, expires=until(now, lifetimes.root), consistent_snapshot=True))
        enrol_all(root.signed, keys)
        targets = Metadata(Targets(version=1, expires=until(now, lifetimes.targets), delegations=delegations(keys)))
        write(repository / metadata_path("targets", 1), signed_bytes(targets, keys.of(ROOT)))
        data = signed_bytes(root, keys.of(ROOT))
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
        RegistryError: the folder has mistakes, or breaks an agreement (``registry.moving``); nothing was written.
        RoleKeysError: a role must sign and its keys are not at hand, or no longer its keys; nothing was written.
        RepositoryStateError: there is no repository.
    """
    with only_writer(repository):
        current = State(repository)
        # 1. the folder must be free of mistakes, and break nobody's agreement
        data = sections.encode(_settled(files, current, now))
        # 2. who must sign: a role whose sections changed, or whose signature grows old
        signed = {
            role: metadata
            for role in ROLE_SECTIONS
            if (metadata := _role(current, role, data, now, lifetimes)) is not None
        }
        signers = {role: keys.of(role) for role in signed}
        online = keys.of(ONLINE)
        for role, held in {**signers, ONLINE: online}.items():
            must_be_listed(current, role, held)
        # 3. content first, then what names it
        for name, content in data.items():
            path = repository / stored_path(name, sections.section_hash(content))
            if not path.exists():
                write(path, content)
        meta = dict(current.meta)
        for role, metadata in signed.items():
            body = signed_bytes(metadata, signers[role])
            write(repository / metadata_path(role, metadata.signed.version), body)
            meta[f"{role}.json"] = describe(metadata.signed.version, body)
        # 4. snapshot and, last of all, timestamp
        changed = frozenset(name for role in signed for name in _differing(current, role, data))
        version = current.snapshot_version
        if signed:
            version += 1
        freshen(current, version, meta, online, now, lifetimes)
        return Published(version, changed)


def check_against(files: Mapping[str, bytes], repository: Path, *, now: datetime) -> None:
    """Check a folder as ``publish`` would, against what stands published; writes nothing.

    Raises:
        RegistryError: the folder has mistakes, or breaks an agreement.
        RepositoryStateError: there is no repository.
    """
    _settled(files, State(repository), now)


def _settled(files: Mapping[str, bytes], current: State, now: datetime) -> Sections:
    return sections_of(files, published(current), round(now.timestamp() * 1000))


def refresh_timestamp(
    repository: Path, online: Sequence[Signer], *, now: datetime, lifetimes: Lifetimes = LIFETIMES
) -> int:
    """Say again that the newest snapshot is the newest; the hub does this well within the timestamp's lifetime.

    Returns the snapshot's version, which grows only when the snapshot's own signature had to be renewed.

    Raises:
        RepositoryStateError: nothing was published yet.
        RoleKeysError: no online key, or one that was handed over.
    """
    keys = RoleKeys(online=tuple(online))
    with only_writer(repository):
        current = State(repository)
        if current.snapshot is None:
            raise RepositoryStateError(f"{repository} holds no published registry")
        must_be_listed(current, ONLINE, keys.of(ONLINE))
        old = grows_old(current.snapshot.signed, now, lifetimes.snapshot)
        version = current.snapshot_version + (1 if old else 0)
        freshen(current, version, current.meta, keys.of(ONLINE), now, lifetimes)
        return version


def published(current: State) -> Sections | None:
    """What stands published, decoded; None before the first publication.

    Raises:
        RepositoryStateError: a section that the metadata names is missing.
        SectionError: a newer program published it.
    """
    data: dict[str, bytes] = {}
    for role, names in ROLE_SECTIONS.items():
        signed = current.role(role)
        if signed is None:
            return None
        for name in names:
            path = current.repository / stored_path(name, signed.signed.targets[target_path(name)].hashes["sha256"])
            if not path.exists():
                raise RepositoryStateError(f"{path} is missing")
            data[name] = path.read_bytes()
    return sections.decode(data)


def _role(
    current: State, role: str, data: Mapping[str, bytes], now: datetime, lifetimes: Lifetimes
) -> Metadata[Targets] | None:
    """The role's next metadata, or None when what it signed still holds."""
    old, lifetime = current.role(role), getattr(lifetimes, role)
    if old is not None and not _differing(current, role, data) and not grows_old(old.signed, now, lifetime):
        return None
    targets = {
        target_path(name): TargetFile.from_data(target_path(name), data[name], ["sha256"])
        for name in ROLE_SECTIONS[role]
    }
    version = old.signed.version + 1 if old else 1
    return Metadata(Targets(version=version, expires=until(now, lifetime), targets=targets))


def _differing(current: State, role: str, data: Mapping[str, bytes]) -> frozenset[str]:
    old = current.role(role)
    held = {path: target.hashes["sha256"] for path, target in old.signed.targets.items()} if old else {}
    names = ROLE_SECTIONS[role]
    return frozenset(name for name in names if held.get(target_path(name)) != sections.section_hash(data[name]))
