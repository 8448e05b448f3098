"""Following the registry from a node: a bundle is judged by TUF, whole or not at all, and never backwards.

Promises that a refused bundle leaves the trusted store as it was, that an accepted one survives power loss before the
snapshot is handed out, and that what lies on disk is judged again at each start. Leaves out how bundles come
(``bus.link``) and threads: calls read and write files, so an event loop calls them in a thread.
Expiry is judged by this machine's clock. Source: TUF specification 1.0.33 §5 (detailed client workflow).
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Final

from tuf.api import exceptions
from tuf.api.metadata import Metadata, Targets
from tuf.api.metadata import Snapshot as SnapshotRole
from tuf.api.serialization import DeserializationError
from tuf.ngclient import FetcherInterface, Updater

from bus.registry.bundle import Bundle, Known
from bus.registry.layout import METADATA, ROLE_SECTIONS, TARGETS, metadata_path, sync, target_path, write
from bus.registry.refusal import Refusal, RegistryRefusedError
from registry.sections import NAMES, SectionError
from registry.snapshot import Snapshot, from_sections

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

__all__ = ["Follower", "Refusal", "RegistryRefusedError"]

_CURRENT: Final = "current"
_GENERATION: Final = "generation-{:06d}"
_SECTIONS: Final = "sections"


class Follower:
    """A node's trusted copy of the registry, in a folder of its own.

    Args:
        folder: the trusted store; made if missing.
        root: the root.json that the node was given when it was set up.
        instance: the only instance whose registry is accepted; None accepts the first and keeps to it.
    """

    def __init__(self, folder: Path, root: bytes, instance: str | None = None) -> None:
        self._folder = folder
        self._root = root
        self._instance = instance
        self._snapshot: Snapshot | None = None
        folder.mkdir(parents=True, exist_ok=True)

    @property
    def snapshot(self) -> Snapshot | None:
        """The snapshot in use, None before the first ``load`` or ``update`` that succeeded."""
        return self._snapshot

    def load(self) -> Snapshot | None:
        """Judge again what lies on disk; None when there is nothing yet.

        Raises:
            RegistryRefusedError: it was altered, or has expired since.
        """
        return self.update({}) if self._generation() else None

    def known(self) -> Known:
        """What the hub need not send; a damaged store counts as empty."""
        current = self._generation()
        if current is None:
            return Known()
        try:
            return _known(self._folder / _GENERATION.format(current), self._folder / _SECTIONS)
        except (OSError, DeserializationError, KeyError):
            return Known()

    def update(self, bundle: Mapping[str, bytes]) -> Snapshot:
        """Judge a bundle; trust and return the snapshot that it leads to.

        The same snapshot object is returned while nothing but its freshness has changed.

        Raises:
            RegistryRefusedError: with the reason; nothing has changed.
            OSError: the store cannot be written; nothing has changed.
        """
        # 1. work on a copy, so that a refusal leaves no trace
        current = self._generation() or 0
        old, new = (self._folder / _GENERATION.format(number) for number in (current, current + 1))
        self._begin(old if current else None, new)
        try:
            # 2. TUF: root, timestamp, snapshot, targets, roles, sections
            data = self._judged(new, _with_local_timestamp(bundle, old))
            # 3. the registry's own rules: forward, this instance, readable
            snapshot = self._accepted(new, data)
        except BaseException:
            shutil.rmtree(new, ignore_errors=True)
            raise
        # 4. trust it, durably
        _sync_tree(new)
        sync(self._folder / _SECTIONS)
        write(self._folder / _CURRENT, str(current + 1).encode())
        self._snapshot = snapshot
        self._sweep(current + 1, snapshot.section_hashes.values())
        return snapshot

    def _generation(self) -> int | None:
        try:
            return int((self._folder / _CURRENT).read_bytes())
        except (FileNotFoundError, ValueError):
            return None

    def _begin(self, old: Path | None, new: Path) -> None:
        shutil.rmtree(new, ignore_errors=True)
        if old is not None and old.is_dir():
            shutil.copytree(old, new, symlinks=True)
        (new / METADATA).mkdir(parents=True, exist_ok=True)
        (self._folder / _SECTIONS).mkdir(exist_ok=True)

    def _judged(self, new: Path, bundle: Mapping[str, bytes]) -> dict[str, bytes]:
        try:
            updater = Updater(
                str(new / METADATA),
                f"{METADATA}/",
                target_base_url=f"{TARGETS}/",
                fetcher=_FromBundle(bundle),
                bootstrap=self._root,
            )
            updater.refresh()
            return {name: self._section(updater, name) for name in NAMES}
        except (exceptions.RepositoryError, exceptions.DownloadError, DeserializationError) as error:
            raise _refused(error) from error

    def _section(self, updater: Updater, name: str) -> bytes:
        """A section's bytes, brought or already here: files are named by their hash, so none is ever overwritten."""
        target = updater.get_targetinfo(target_path(name))
        if target is None:
            raise exceptions.RepositoryError(f"section {name} is signed by no role")
        path = self._folder / _SECTIONS / target.hashes["sha256"]
        if updater.find_cached_target(target, str(path)) is None:
            updater.download_target(target, str(path))
            sync(path)
        return path.read_bytes()

    def _sweep(self, current: int, hashes: Iterable[str]) -> None:
        """Remove what the current generation does not name: older generations, half-written ones, old sections."""
        keep = {_GENERATION.format(current), *hashes}
        for path in (*self._folder.glob("generation-*"), *(self._folder / _SECTIONS).iterdir()):
            if path.name not in keep:
                shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)

    def _accepted(self, new: Path, data: dict[str, bytes]) -> Snapshot:
        version, before = _read_snapshot(new).version, self._snapshot
        if before is not None and version < before.version:
            raise RegistryRefusedError(Refusal.ROLLED_BACK, f"version {version} after {before.version}")
        try:
            snapshot = from_sections(data, version, before)
        except SectionError as error:
            raise RegistryRefusedError(Refusal.DAMAGED, str(error)) from error
        wanted = self._instance or (before.instance if before else snapshot.instance)
        if snapshot.instance != wanted:
            raise RegistryRefusedError(Refusal.WRONG_INSTANCE, f"{snapshot.instance} instead of {wanted}")
        same = before is not None and (before.version, before.section_hashes) == (version, snapshot.section_hashes)
        return before if same and before is not None else snapshot


class _FromBundle(FetcherInterface):
    """The network as the updater sees it: the files of one bundle."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._files = files

    def _fetch(self, url: str) -> Iterator[bytes]:
        if url not in self._files:
            raise exceptions.DownloadHTTPError(f"{url} was not brought", 404)
        return iter((self._files[url],))


def _with_local_timestamp(bundle: Mapping[str, bytes], old: Path) -> Bundle:
    """TUF always asks for a timestamp; judging the store alone, the one on disk is offered again."""
    files = dict(bundle)
    path = old / METADATA / "timestamp.json"
    if metadata_path("timestamp", None) not in files and path.exists():
        files[metadata_path("timestamp", None)] = path.read_bytes()
    return files


def _refused(error: Exception) -> RegistryRefusedError:
    """Name TUF's reason by ours; the exception classes are python-tuf's public API."""
    kinds: tuple[tuple[type[Exception], Refusal], ...] = (
        (exceptions.ExpiredMetadataError, Refusal.EXPIRED),
        (exceptions.UnsignedMetadataError, Refusal.THRESHOLD),
        (exceptions.BadVersionNumberError, Refusal.ROLLED_BACK),
        (exceptions.LengthOrHashMismatchError, Refusal.TAMPERED),
        (exceptions.DownloadLengthMismatchError, Refusal.TAMPERED),
        (exceptions.DownloadError, Refusal.INCOMPLETE),
    )
    refusal = next((refusal for kind, refusal in kinds if isinstance(error, kind)), Refusal.TAMPERED)
    if refusal is Refusal.INCOMPLETE and _expired_first(error):
        refusal = Refusal.EXPIRED
    return RegistryRefusedError(refusal, str(error))


def _expired_first(error: BaseException) -> bool:
    """Whether a file was missed only because the one in the store had expired: the updater asks for a newer one."""
    cause = error.__context__
    while cause is not None and not isinstance(cause, exceptions.ExpiredMetadataError):
        cause = cause.__context__
    return cause is not None


def _known(generation: Path, held: Path) -> Known:
    roots = (path.name.partition(".")[0] for path in (generation / METADATA / "root_history").glob("*.root.json"))
    versions = {"snapshot": _read_snapshot(generation).version}
    sections: dict[str, str] = {}
    for role in ("targets", *ROLE_SECTIONS):
        signed = Metadata[Targets].from_file(str(generation / METADATA / f"{role}.json")).signed
        versions[role] = signed.version
        for name in ROLE_SECTIONS.get(role, ()):
            digest = signed.targets[target_path(name)].hashes["sha256"]
            if (held / digest).exists():
                sections[name] = digest
    return Known(root=max(map(int, roots), default=0), metadata=versions, sections=sections)


def _read_snapshot(generation: Path) -> SnapshotRole:
    return Metadata[SnapshotRole].from_file(str(generation / METADATA / "snapshot.json")).signed


def _sync_tree(folder: Path) -> None:
    """Every file and folder of a generation on disk before it is named the current one."""
    for path in sorted(folder.rglob("*"), reverse=True):
        if not path.is_symlink():
            sync(path)
    sync(folder)
