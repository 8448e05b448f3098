"""Questions as files, for a system that can only exchange files: one file out, one answer file back.

    folder/questions   we write: ID.json, then ID.manifest.json; the system takes a question by moving or deleting its
                       manifest, before it acts on it
    folder/answers     the system writes: its file, then ID.manifest.json with `in_reply_to` (the digest in the
                       question's manifest) and, to refuse, its own `code`
    folder/outbox      manifests of questions that are not placed (yet, or any more)
    folder/sent        which digest was asked under which ID
    folder/answered    answers that were taken; a repeat of the question is answered from here
    folder/quarantine  answers that fit no question or are not as their manifest says, with their reasons

Promises: a question is placed by one rename and withdrawn by the same rename back, so that it is known whether the
system took it; under one ID one question is placed once, whatever crashes between; an answer is judged whole, and read
from one place only. What is older than `keep_s` is forgotten.
Leaves out: waiting (`adapters.files`); one caller at a time is the caller's promise.
"""

from __future__ import annotations

import hashlib
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import orjson

from adapters.files_disk import FileRuleError, Folder, must_share_a_file_system
from adapters.files_intake import locked
from adapters.files_manifest import SUFFIX
from adapters.files_rows import document
from adapters.files_taking import Taking
from adapters.port import PeerError, PeerFault

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from adapters.files_manifest import Manifest
    from adapters.files_rows import Table

MINE: Final = ("outbox", "sent", "work", "answered", "quarantine")
READABLE: Final = 0o640
"""Questions can be read by the folder's group, which is the system's."""
MAX_SENT_BYTES: Final = 1024


@dataclass(frozen=True, slots=True)
class Reply:
    """What an answer says: the system's own code when it refuses, else its data, and from when that is."""

    data: object
    code: str | None = None
    as_of: datetime | None = None


@dataclass(frozen=True, slots=True)
class DropLimits:
    """What is taken. Sizes in bytes, times in seconds."""

    max_file_bytes: int
    max_rows: int
    settle_s: float
    keep_s: float


class Exchange:
    """The folder of one adapter: `put` a question, `look` for its answer, `withdraw` it."""

    def __init__(self, root: Path, table: Table, limits: DropLimits) -> None:
        self._root = root
        self._table = table
        self._limits = limits
        self._open = ExitStack()
        self._at: dict[str, Folder] = {}
        self._taking: Taking | None = None

    @property
    def is_open(self) -> bool:
        """Whether the folder could be opened."""
        return self._taking is not None

    def open(self) -> None:
        """Open the folders and go on where a crash stopped.

        Raises:
            OSError: the folder, or its `questions` or `answers`, is not there.
            DeclarationError: another adapter works in it, or its parts are on different file systems.
        """
        with ExitStack() as opening:
            root = opening.enter_context(Folder.at(self._root))
            opening.enter_context(locked(self._root))
            theirs = {name: opening.enter_context(root.inside(name)) for name in ("questions", "answers")}
            mine = {name: opening.enter_context(root.inside(name, make=True)) for name in MINE}
            self._at = theirs | mine
            must_share_a_file_system(*self._at.values())
            self._taking = Taking(
                self._at["answers"],
                self._at["work"],
                self._at["answered"],
                self._at["quarantine"],
                max_file_bytes=self._limits.max_file_bytes,
                settle_s=self._limits.settle_s,
            )
            self._open = opening.pop_all()
        for name in self._taking.unfinished():
            with suppress(PeerError):
                self._judge(self._taking, name)
        self._taking.put_away_orphans()

    def close(self) -> None:
        """Let go of the folders; safe to repeat."""
        self._taking = None
        self._at = {}
        self._open.close()

    def put(self, name: str, question: bytes, operation: str, until: datetime) -> None:
        """Place a question, unless it has been placed before.

        1. its manifest, where nobody sees it  2. that it was asked  3. the question  4. the manifest, in one rename:
        while the manifest stands in the outbox the question has not been placed.

        Raises:
            PeerError: bad-question: another question was asked under this name.
        """
        digest = hashlib.sha256(question).hexdigest()
        asked = self._asked(name)
        if asked is not None and asked != digest:
            raise PeerError(PeerFault.BAD_QUESTION, rule="id-reused")
        outbox, questions = self._in("outbox"), self._in("questions")
        if asked is not None and outbox.looked_at(name + SUFFIX) is None:
            return
        outbox.write(name + SUFFIX, _manifest(name, question, digest, operation, until), READABLE)
        self._in("sent").write(name, orjson.dumps({"sha256": digest, "operation": operation}))
        questions.write(name + ".json", question, READABLE)
        outbox.move(name + SUFFIX, questions)

    def withdraw(self, name: str) -> bool:
        """Take a question back; False when the system has taken it before, and may be acting on it."""
        try:
            self._in("questions").move(name + SUFFIX, self._in("outbox"))
        except FileNotFoundError:
            return False
        self._in("questions").remove(name + ".json")
        return True

    def look(self, name: str, tick: float) -> Reply | None:
        """The answer to a question, when it is there.

        Raises:
            PeerError: bad-answer: it is there, and is quarantined now.
        """
        taking = self._taking
        if taking is None:
            return None
        if self._in("answered").looked_at(name) is not None:
            return self._reply(taking, name, taking.manifest(name, kept=True), kept=True)
        if taking.is_taken(name):
            return self._judge(taking, name)
        if self._in("answers").looked_at(name + SUFFIX) is None:
            return None
        manifest = taking.whole(name, tick)
        if manifest is None:
            return None
        taking.take(name, manifest.files)
        return self._judge(taking, name)

    def sweep(self, now: datetime, tick: float) -> None:
        """Put away answers that nobody asked for, and forget what is older than `keep_s`."""
        if self._taking is None:
            return
        for name in self._taking.dropped():
            manifest = self._taking.whole(name, tick) if self._asked(name) is None else None
            if manifest is not None:
                self._taking.take(name, manifest.files)
                self._taking.refuse(name, FileRuleError("unknown-question"))
        oldest = (now - timedelta(seconds=self._limits.keep_s)).timestamp()
        for name in self._in("sent").names():
            found = self._in("sent").looked_at(name)
            if found is not None and found.st_mtime < oldest:
                self._forget(name)

    def _forget(self, name: str) -> None:
        """What is sent is forgotten last: until then a repeat finds that it was asked."""
        self.withdraw(name)
        self._in("questions").remove(name + ".json")
        self._in("outbox").remove(name + SUFFIX)
        self._in("answered").remove(name)
        self._in("sent").remove(name)

    def _in(self, name: str) -> Folder:
        """One of the open folders; none is after `close`."""
        try:
            return self._at[name]
        except KeyError:
            raise FileNotFoundError(name) from None

    def _asked(self, name: str) -> str | None:
        """The digest of the question under this name; None when none was asked."""
        if self._in("sent").looked_at(name) is None:
            return None
        found: dict[str, str] = orjson.loads(self._in("sent").read(name, MAX_SENT_BYTES))
        return found["sha256"]

    def _judge(self, taking: Taking, name: str) -> Reply:
        """Keep an answer that was taken, or refuse it."""
        try:
            manifest = taking.manifest(name)
            self._must_answer(name, manifest)
            reply = self._reply(taking, name, manifest, kept=False)
        except FileRuleError as error:
            taking.refuse(name, error)
            raise PeerError(PeerFault.BAD_ANSWER, rule=error.rule, at=error.at or None) from None
        taking.keep(name, name)
        return reply

    def _must_answer(self, name: str, manifest: Manifest) -> None:
        asked = self._asked(name)
        if asked is None:
            raise FileRuleError("unknown-question")
        if (manifest.in_reply_to or "").lower() != asked:
            raise FileRuleError("another-question", "in_reply_to")

    def _reply(self, taking: Taking, name: str, manifest: Manifest, *, kept: bool) -> Reply:
        if manifest.code is not None:
            return Reply(None, manifest.code, manifest.as_of)
        if len(manifest.files) != 1:
            raise FileRuleError("manifest", "files")
        entry = manifest.files[0]
        data = document(taking.data(name, entry, kept=kept), entry.format, self._table, self._limits.max_rows)
        return Reply(data, None, manifest.as_of)


def question_bytes(name: str, operation: str, request: Mapping[str, object]) -> bytes:
    """A question's file: the same bytes for the same question."""
    question = {"id": name, "operation": operation, "request": request}
    return orjson.dumps(question, option=orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2)


def _manifest(name: str, question: bytes, digest: str, operation: str, until: datetime) -> bytes:
    file = {"name": name + ".json", "format": "json", "length": len(question), "sha256": digest}
    deadline = until.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    manifest = {"v": 1, "id": name, "operation": operation, "deadline": deadline, "files": [file]}
    return orjson.dumps(manifest, option=orjson.OPT_INDENT_2)
