"""The difference between what a node holds and what the repository has: names → bytes, and how it travels.

Promises that a bundle is bounded in names and bytes before anything in it is looked at. A bundle carries no trust:
``bus.registry.follow`` judges every file in it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import msgspec
from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import Metadata, Snapshot, Targets, Timestamp
from tuf.api.serialization import DeserializationError

from bus.registry.layout import METADATA, ROLE_SECTIONS, metadata_path, stored_path, target_path
from bus.registry.refusal import Refusal, RegistryRefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Bundle = dict[str, bytes]

_NAME: Final = re.compile(
    r"metadata/(timestamp\.json|[1-9][0-9]{0,9}\.(root|snapshot|targets|directory|registrar)\.json)"
    r"|targets/(directory|registrar)/[0-9a-f]{64}\.[a-z]{1,40}\.json"
)
_MAX_NAMES: Final = 300


class BundleError(RegistryRefusedError):
    """The bytes are no bundle, or more than one may hold."""

    def __init__(self, detail: str) -> None:
        super().__init__(Refusal.TAMPERED, detail)


class Known(msgspec.Struct, frozen=True):
    """What a node already holds.

    Attributes:
        root: version of its trusted root (0: only the one it was given).
        metadata: role → version.
        sections: section name → SHA-256 hex.
    """

    root: int = 0
    metadata: dict[str, int] = {}
    sections: dict[str, str] = {}


def changed_since(repository: Path, known: Known) -> Bundle:
    """Every file that a node which holds ``known`` needs to come up to the newest snapshot.

    Raises:
        FileNotFoundError: nothing was published yet.
        RegistryRefusedError: a file of the repository itself is damaged.
    """
    try:
        return _difference(repository, known)
    except (RepositoryError, DeserializationError, KeyError) as error:
        raise RegistryRefusedError(Refusal.DAMAGED, f"{repository}: {error}") from error


def _difference(repository: Path, known: Known) -> Bundle:
    stamp = (repository / metadata_path("timestamp", None)).read_bytes()
    bundle = {metadata_path("timestamp", None): stamp, **dict(_roots(repository, known.root))}
    version = Metadata[Timestamp].from_bytes(stamp).signed.snapshot_meta.version
    snapshot_path = metadata_path("snapshot", version)
    snapshot = (repository / snapshot_path).read_bytes()
    if known.metadata.get("snapshot") != version:
        bundle[snapshot_path] = snapshot
    for name, meta in Metadata[Snapshot].from_bytes(snapshot).signed.meta.items():
        role = name.removesuffix(".json")
        path = metadata_path(role, meta.version)
        data = (repository / path).read_bytes()
        if known.metadata.get(role) != meta.version:
            bundle[path] = data
        if role in ROLE_SECTIONS:
            bundle.update(_sections(repository, role, data, known))
    return bundle


def pack(bundle: Bundle) -> bytes:
    """A bundle as one message."""
    return msgspec.msgpack.encode(bundle)


def unpack(data: bytes) -> Bundle:
    """The inverse of ``pack``.

    Raises:
        BundleError: not a bundle, an unexpected name, or too many.
    """
    try:
        bundle = msgspec.msgpack.decode(data, type=dict[str, bytes])
    except msgspec.MsgspecError:
        raise BundleError("not a bundle") from None
    if len(bundle) > _MAX_NAMES or not all(_NAME.fullmatch(name) for name in bundle):
        raise BundleError("a bundle with names that no repository has")
    return bundle


def _roots(repository: Path, since: int) -> Iterator[tuple[str, bytes]]:
    paths = (repository / METADATA).glob("*.root.json")
    versions = sorted(int(path.name.partition(".")[0]) for path in paths)
    for version in versions:
        if version > since:
            path = metadata_path("root", version)
            yield path, (repository / path).read_bytes()


def _sections(repository: Path, role: str, data: bytes, known: Known) -> Iterator[tuple[str, bytes]]:
    targets = Metadata[Targets].from_bytes(data).signed.targets
    for name in ROLE_SECTIONS[role]:
        target = targets.get(target_path(name))
        if target is None:
            raise RepositoryError(f"role {role} does not name the section {name}")
        digest = target.hashes["sha256"]
        if known.sections.get(name) != digest:
            path = stored_path(name, digest)
            yield path, (repository / path).read_bytes()
