"""What a repository holds, for people: its version, and how long each role's signature still holds.

Leaves out any judgement: nothing is verified here, a node does that (``bus.registry.follow``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tuf.api.metadata import Metadata, Snapshot, Timestamp

from bus.registry.layout import METADATA, ROLE_SECTIONS, metadata_path
from bus.registry.publish import RepositoryStateError

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class RoleState:
    """One role's newest metadata: its version, when it expires, how many keys signed it."""

    role: str
    version: int
    expires: datetime
    signatures: int


@dataclass(frozen=True, slots=True)
class Summary:
    """The repository as it stands; version 0 is one where nothing was published yet."""

    version: int
    roles: tuple[RoleState, ...]


def summarise(repository: Path) -> Summary:
    """Read a repository.

    Raises:
        RepositoryStateError: there is none, or it cannot be read.
    """
    roots = sorted(int(path.name.partition(".")[0]) for path in (repository / METADATA).glob("*.root.json"))
    if not roots:
        raise RepositoryStateError(f"{repository} holds no registry")
    states = [_state(repository, "root", roots[-1])]
    if not (repository / metadata_path("timestamp", None)).exists():
        return Summary(0, (*states, _state(repository, "targets", 1)))
    timestamp = Metadata[Timestamp].from_file(str(repository / metadata_path("timestamp", None)))
    version = timestamp.signed.snapshot_meta.version
    snapshot = Metadata[Snapshot].from_file(str(repository / metadata_path("snapshot", version)))
    roles = [(role, snapshot.signed.meta[f"{role}.json"].version) for role in ("targets", *ROLE_SECTIONS)]
    states += [_state(repository, role, number) for role, number in roles]
    states += [_state(repository, "snapshot", version), _state(repository, "timestamp", None)]
    return Summary(version, tuple(states))


def _state(repository: Path, role: str, version: int | None) -> RoleState:
    metadata = Metadata[Any].from_file(str(repository / metadata_path(role, version)))
    return RoleState(role, metadata.signed.version, metadata.signed.expires, len(metadata.signatures))
