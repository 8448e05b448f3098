"""Taking sets of files that somebody else drops: pick-up, keeping, quarantine; each a step that a crash cannot halve.

A set is a manifest `NAME.manifest.json` and the files that it names, in the drop folder. Its way:

    drop ──take──▶ work/NAME ──keep──▶ kept/…            (judged good)
                       └────────refuse──▶ quarantine/NAME + NAME.reason.json

Promises: a set is taken when its manifest has moved to `work`, and the manifest moves last; every step is one rename
on one file system, so that after a crash each file stands in exactly one place and `unfinished` goes on from there;
nothing is overwritten, nothing is deleted; a reason stands before what it is about. What is not whole yet is left where
it is until it has not changed for `settle_s`.
Leaves out: what makes a set good, and threads: one caller at a time.
"""

from __future__ import annotations

import hashlib
import stat
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import orjson
import structlog

from adapters.files_disk import FILE_NAME, FileRuleError, Folder
from adapters.files_manifest import MAX_BYTES, SUFFIX, Manifest, read_manifest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from adapters.files_manifest import Entry

MANIFEST: Final = "manifest.json"
"""The manifest's name in a set's own folder; no data file may have it."""
REASON: Final = ".reason.json"

log = structlog.get_logger(__name__)


class Taking:
    """One drop folder, and where its sets go. The folders are the caller's to close."""

    def __init__(
        self, drop: Folder, work: Folder, kept: Folder, quarantine: Folder, *, max_file_bytes: int, settle_s: float
    ) -> None:
        self._drop = drop
        self._work = work
        self._kept = kept
        self._quarantine = quarantine
        self._max_file_bytes = max_file_bytes
        self._settle_s = settle_s
        self._seen: dict[str, tuple[object, float]] = {}

    def dropped(self) -> list[str]:
        """Names of sets whose manifest stands in the drop folder; one with a name of another form is refused."""
        names = [name.removesuffix(SUFFIX) for name in self._drop.names() if name.endswith(SUFFIX)]
        for odd in (name for name in names if not _may_be_named(name)):
            self._refuse_name(odd + SUFFIX)
        self._seen = {name: seen for name, seen in self._seen.items() if name in names}
        return [name for name in names if _may_be_named(name)]

    def unfinished(self) -> list[str]:
        """Names of sets that were taken and neither kept nor refused: a crash came between."""
        return [name for name in self._work.names() if self.is_taken(name)]

    def is_taken(self, name: str) -> bool:
        """Whether a set stands in the work folder, whole."""
        if self._work.looked_at(name) is None:
            return False
        with self._work.inside(name) as folder:
            return folder.looked_at(MANIFEST) is not None

    def put_away_orphans(self) -> None:
        """Quarantine what was half taken and whose manifest has been withdrawn since."""
        for name in self._work.names():
            if not self.is_taken(name) and self._drop.looked_at(name + SUFFIX) is None:
                self.refuse(name, FileRuleError("manifest-gone"))

    def whole(self, name: str, tick: float) -> Manifest | None:
        """The manifest of a dropped set when all its files are there in full length; None: wait, or it was refused.

        Args:
            name: one of `dropped`.
            tick: a steady clock in seconds: what stays as it is for `settle_s` is not being written any more.
        """
        entries: tuple[Entry, ...] = ()
        try:
            manifest = read_manifest(self._drop.read(name + SUFFIX, MAX_BYTES))
            entries = manifest.files
            for entry in entries:
                self._must_be_there(name, entry)
        except FileRuleError as error:
            if self._settled(name, entries, tick):
                self.take(name, entries)
                self.refuse(name, error)
            return None
        self._seen.pop(name, None)
        return manifest

    def take(self, name: str, entries: Iterable[Entry]) -> None:
        """Move a set into the work folder as far as it stands, its manifest last. Goes on where a crash stopped it.

        Raises:
            FileNotFoundError: the manifest is gone: withdrawn.
        """
        with self._work.inside(name, make=True) as taken:
            for entry in entries:
                if entry.name != MANIFEST and self._drop.looked_at(entry.name) is not None:
                    self._replace(taken, entry.name)
                    self._drop.move(entry.name, taken)
            self._drop.move(name + SUFFIX, taken, MANIFEST)

    def manifest(self, name: str, *, kept: bool = False) -> Manifest:
        """The manifest of a set that was taken.

        Raises:
            FileRuleError: it is none.
        """
        with self._place(kept=kept).inside(name) as folder:
            return read_manifest(folder.read(MANIFEST, MAX_BYTES))

    def data(self, name: str, entry: Entry, *, kept: bool = False) -> bytes:
        """The bytes of one file of a set that was taken: read once, and those are judged.

        Raises:
            FileRuleError: no file of ours to read, or `length` or `digest` is not as the manifest says.
        """
        with self._place(kept=kept).inside(name) as folder:
            data = folder.read(entry.name, self._max_file_bytes)
        if len(data) != entry.length:
            raise FileRuleError("length", entry.name)
        if hashlib.sha256(data).hexdigest() != entry.sha256.lower():
            raise FileRuleError("digest", entry.name)
        return data

    def keep(self, name: str, as_name: str) -> None:
        """A taken set is good: it stands under a name of its own from now on."""
        self._work.move(name, self._kept, as_name)

    def refuse(self, name: str, why: FileRuleError, *, kept: bool = False) -> None:
        """Quarantine a set, the reason first."""
        place = self._free(name)
        self._quarantine.write(place + REASON, _reason(name, why))
        self._place(kept=kept).move(name, self._quarantine, place)
        log.warning("files-quarantined", set=name, rule=why.rule, at=why.at, place=place)

    def _refuse_name(self, name: str) -> None:
        """A manifest that no folder of ours could be named after stands in quarantine under its digest."""
        place = self._free("odd-" + hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()[:16])
        why = FileRuleError("name")
        self._quarantine.write(place + REASON, _reason(place, why))
        self._drop.move(name, self._quarantine, place)
        log.warning("files-quarantined", set=place, rule=why.rule, at=why.at, place=place)

    def _place(self, *, kept: bool) -> Folder:
        return self._kept if kept else self._work

    def _must_be_there(self, name: str, entry: Entry) -> None:
        """In the drop folder, or taken already by a step that a crash ended."""
        if entry.name == MANIFEST:
            raise FileRuleError("manifest", "files.name")
        found = self._drop.looked_at(entry.name)
        if found is None and self._work.looked_at(name) is not None:
            with self._work.inside(name) as taken:
                found = taken.looked_at(entry.name)
        if found is None:
            raise FileRuleError("no-such-file", entry.name)
        if not stat.S_ISREG(found.st_mode):
            raise FileRuleError("not-a-file", entry.name)
        if found.st_nlink != 1:
            raise FileRuleError("second-name", entry.name)
        if entry.length > self._max_file_bytes:
            raise FileRuleError("too-large", entry.name)
        if found.st_size != entry.length:
            raise FileRuleError("length", entry.name)

    def _settled(self, name: str, entries: Iterable[Entry], tick: float) -> bool:
        """Whether a set in the drop folder has looked the same for long enough."""
        looks = [self._drop.looked_at(file) for file in (name + SUFFIX, *(entry.name for entry in entries))]
        now = [found and (found.st_size, found.st_mtime_ns, found.st_ino) for found in looks]
        before, since = self._seen.get(name, (None, tick))
        self._seen[name] = (now, since if before == now else tick)
        if before is not None and before != now:
            since = tick
        if tick - since < self._settle_s:
            return False
        self._seen.pop(name)
        return True

    def _replace(self, taken: Folder, name: str) -> None:
        """Dropped anew while a crash lasted: the older one stays, beside."""
        if taken.looked_at(name) is None:
            return
        number = 1
        while taken.looked_at(f"{name}.older{number}") is not None:
            number += 1
        taken.move(name, taken, f"{name}.older{number}")

    def _free(self, name: str) -> str:
        """A name in the quarantine that no set has; a reason alone, from before a crash, is written anew."""
        place, number = name, 0
        while self._quarantine.looked_at(place) is not None:
            number += 1
            place = f"{name}.{number}"
        return place


def _may_be_named(name: str) -> bool:
    """Whether a set may bear this name: one that ends like a reason would stand where another set's belongs."""
    return FILE_NAME.match(name) is not None and not name.endswith(REASON)


def _reason(name: str, why: FileRuleError) -> bytes:
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    reason = {"v": 1, "set": name, "rule": why.rule, "at": why.at, "time": now}
    return orjson.dumps(reason, option=orjson.OPT_INDENT_2)
