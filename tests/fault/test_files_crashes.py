"""Every step of the `files` adapter is broken twice, before and after it was done; then it starts again.

What must hold: no dropped file is lost, none stands in two places, the newest good set is in use, a bad one is in
quarantine with its reason; a question is placed once, and an answer that came is answered from.
"""

from __future__ import annotations

import dataclasses
import os
import signal
import subprocess
import sys
from collections import Counter
from contextlib import suppress
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from files_kit import NUMBER, DropSystem, drop, entry, every_file, exchange, manifest, reasons

from adapters import files_disk
from adapters.files_drop import DropLimits, Exchange, question_bytes
from adapters.files_intake import Intake, IntakeLimits, Wanted
from adapters.files_rows import Table
from adapters.port import PeerError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NOW = datetime(2026, 11, 23, tzinfo=UTC)
STEPS = ("rename", "fsync", "mkdir", "unlink", "open")
LIMITS = IntakeLimits(max_file_bytes=10_000, max_rows=100, settle_s=0.0, keep_sets=2)
DROP = DropLimits(max_file_bytes=10_000, max_rows=100, settle_s=0.0, keep_s=86_400)


class Killed(BaseException):
    """As good as kill -9: nothing that follows has any effect either."""


class Killing:
    """`os` as `files_disk` sees it, dying before or after its n-th step; afterwards nothing works any more."""

    def __init__(self, nth: int, when: str) -> None:
        self._left, self._when, self.dead = nth, when, False

    def __getattr__(self, name: str) -> object:
        real = getattr(os, name)
        return self._step(real) if name in STEPS else real

    def _step(self, real: Callable[..., object]) -> Callable[..., object]:
        def call(*args: object, **named: object) -> object:
            self._left -= 1
            if self.dead or (self._left == 0 and self._when == "before"):
                self.dead = True
                raise Killed
            value = real(*args, **named)
            if self._left == 0:
                self.dead = True
                raise Killed
            return value

        return call


@pytest.fixture(autouse=True)
def _no_disk_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """A killed process loses nothing that it had written: only power loss asks for fsync, and it is slow."""
    monkeypatch.setattr(os, "fsync", lambda _: None)


def intake(root: Path, settle_s: float = 0.0) -> Intake:
    limits = dataclasses.replace(LIMITS, settle_s=settle_s)
    return Intake(root, {"person": Wanted("data", ("so",))}, {"data": Table()}, limits)


def names_of(taken: Intake) -> list[object]:
    return [] if taken.current is None else taken.current.indexes["person"].rows((NUMBER,), 9)


def broken_runs(monkeypatch: pytest.MonkeyPatch, when: str, run: Callable[[], None]) -> Iterator[None]:
    """Run again and again, each time dying one step later, until a run ends alive."""
    for nth in count(1):
        killing = Killing(nth, when)
        with monkeypatch.context() as patch:
            patch.setattr(files_disk, "os", killing)
            with suppress(Killed):
                run()
        yield
        if not killing.dead:
            assert nth > 10
            return


def _sets(folder: Path) -> None:
    drop(folder / "incoming", "old", [{"so": NUMBER, "ten": "Cũ"}], "2026-11-20T00:00:00Z")
    drop(folder / "incoming", "new", [{"so": NUMBER, "ten": "Mới"}], "2026-11-21T00:00:00Z")
    (folder / "incoming" / "x.json").write_bytes(b"[1]")
    bad = manifest(entry("x.json", b"[1]"), as_of="2026-11-22T00:00:00Z")
    (folder / "incoming" / "bad.manifest.json").write_bytes(bad)


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_set_is_neither_lost_nor_read_twice(when: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    runs = count()

    def run() -> None:
        nonlocal folder
        folder = exchange(tmp_path / str(next(runs)))
        _sets(folder)
        dying = intake(folder)
        try:
            dying.open(NOW)
            dying.look(NOW, 0.0)
        finally:
            dying.close()  # what the operating system does when a process dies: locks and descriptors go

    folder = tmp_path
    for _ in broken_runs(monkeypatch, when, run):
        dropped = {path.read_bytes() for path in _dropped(tmp_path)}
        again = intake(folder)
        again.open(NOW)
        again.look(NOW, 0.0)
        assert names_of(again) == [{"so": NUMBER, "ten": "Mới"}]
        again.close()
        found = every_file(folder)
        assert {data: len(found[data]) for data in dropped} == dict.fromkeys(dropped, 1)
        assert reasons(folder) == [("bad", "not-an-object", "x.json row 1")]
        assert list((folder / "incoming").iterdir()) == []
        assert Counter(path.name.split("-", 1)[1] for path in (folder / "sets").iterdir()) == {"old": 1, "new": 1}


def _dropped(tmp_path: Path) -> list[Path]:
    _sets(folder := exchange(tmp_path / f"as-dropped-{len(list(tmp_path.iterdir()))}"))
    return [path for path in (folder / "incoming").iterdir() if path.is_file()]


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_question_is_placed_once_and_its_answer_is_kept(when: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    runs, name = count(), "q1"
    question = question_bytes(name, "person", {"number": NUMBER})

    def run() -> None:
        nonlocal system
        system = DropSystem(exchange(tmp_path / str(next(runs)), "questions", "answers"))
        dying = Exchange(system.folder, Table(), DROP)
        try:
            dying.open()
            dying.put(name, question, "person", NOW)
            _answer(system)
            dying.look(name, 0.0)
        finally:
            dying.close()

    system = DropSystem(tmp_path)
    for _ in broken_runs(monkeypatch, when, run):
        again = Exchange(system.folder, Table(), DROP)
        again.open()
        again.put(name, question, "person", NOW)
        _answer(system)
        replies = [again.look(name, 0.0) for _ in range(2)]
        again.close()
        assert [reply and reply.data for reply in replies] == [{"name": "An"}] * 2
        assert system.taken == [name]
        assert reasons(system.folder) == []


def _answer(system: DropSystem) -> None:
    for name, request, digest in system.take():
        assert request == {"number": NUMBER}
        system.answer(name, digest, {"name": "An"})


def test_a_withdrawn_question_was_never_asked_and_a_taken_one_cannot_be_withdrawn(tmp_path: Path):
    system = DropSystem(exchange(tmp_path, "questions", "answers"))
    drops = Exchange(system.folder, Table(), DROP)
    drops.open()
    question = question_bytes("q1", "person", {})
    drops.put("q1", question, "person", NOW)
    assert drops.withdraw("q1")
    assert system.take() == []
    drops.put("q1", question, "person", NOW)
    assert len(system.take()) == 1
    assert not drops.withdraw("q1")
    drops.put("q1", question, "person", NOW)
    assert system.take() == []
    with pytest.raises(PeerError, match="id-reused"):
        drops.put("q1", question_bytes("q1", "person", {"number": "1"}), "person", NOW)
    drops.close()


def test_answers_to_no_question_or_another_are_quarantined(tmp_path: Path):
    system = DropSystem(exchange(tmp_path, "questions", "answers"))
    drops = Exchange(system.folder, Table(), DROP)
    drops.open()
    drops.put("q1", question_bytes("q1", "person", {}), "person", NOW)
    system.answer("q1", "0" * 64, {"name": "An"})
    with pytest.raises(PeerError, match="bad-answer rule=another-question"):
        drops.look("q1", 0.0)
    system.answer("q2", "0" * 64, {"name": "An"})
    drops.sweep(NOW, 0.0)
    assert reasons(system.folder) == [
        ("q1", "another-question", "in_reply_to"),
        ("q2", "unknown-question", ""),
    ]
    drops.close()


def test_an_answer_whose_reading_failed_for_a_moment_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    system = DropSystem(exchange(tmp_path, "questions", "answers"))
    drops = Exchange(system.folder, Table(), DROP)
    drops.open()
    drops.put("q1", question_bytes("q1", "person", {"number": NUMBER}), "person", NOW)
    _answer(system)
    with monkeypatch.context() as patch:
        patch.setattr(drops._taking, "keep", _full)
        with pytest.raises(OSError, match="full"):
            drops.look("q1", 0.0)
    reply = drops.look("q1", 0.0)
    assert reply is not None
    assert reply.data == {"name": "An"}
    drops.close()


def _full(*_: object) -> None:
    raise OSError("full")


def test_what_is_old_is_forgotten(tmp_path: Path):
    system = DropSystem(exchange(tmp_path, "questions", "answers"))
    drops = Exchange(system.folder, Table(), DROP)
    drops.open()
    drops.put("q1", question_bytes("q1", "person", {}), "person", NOW)
    drops.put("q2", question_bytes("q2", "person", {}), "person", NOW)
    (first,) = [one for one in system.take() if one[0] == "q1"]
    system.answer("q1", first[2], {"name": "An"})
    assert drops.look("q1", 0.0) is not None
    drops.sweep(datetime(2100, 1, 1, tzinfo=UTC), 0.0)
    left = [path for path in system.folder.rglob("*") if path.is_file() and "theirs" not in path.parts]
    assert [path.name for path in left if path.suffix == ".json" and path.parent.name != "questions"] == []
    drops.close()


RUN = """
import sys, time
from datetime import UTC, datetime
sys.path[:0] = sys.argv[2:]
from pathlib import Path
import test_files_crashes as here
taken = here.intake(Path(sys.argv[1]), 60.0)
taken.open(datetime.now(UTC))
print("open", flush=True)
while True:
    taken.look(datetime.now(UTC), time.monotonic())
"""


def test_a_process_that_is_killed_while_it_takes_loses_nothing(tmp_path: Path):
    folder = exchange(tmp_path)
    paths = [str(Path(__file__).parents[2]), str(Path(__file__).parents[1] / "lib"), str(Path(__file__).parent)]
    for round_ in range(2):
        taking = subprocess.Popen(
            [sys.executable, "-c", RUN, str(folder), *paths], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        assert taking.stdout is not None
        taking.stdout.readline()
        for number in range(40):
            minute = f"{round_:02}:{number:02}"
            drop(folder / "incoming", f"s{round_}-{number}", [{"so": NUMBER, "at": minute}], f"2026-11-20T{minute}:00Z")
        taking.send_signal(signal.SIGKILL)
        taking.wait()
        taking.stdout.close()
        again = intake(folder)
        again.open(NOW)
        again.look(NOW, 0.0)
        assert names_of(again) == [{"so": NUMBER, "at": f"{round_:02}:39"}]
        again.close()
        assert reasons(folder) == []
        assert list((folder / "incoming").iterdir()) == []
        assert len(list((folder / "sets").iterdir())) == 2
