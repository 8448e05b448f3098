"""The guard file: it only rises, and what cannot be read guards nothing."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

import pytest

from bus.ledger.guard import Guard, GuardError, MissingGuardError
from bus.ledger.port import Head

if TYPE_CHECKING:
    from pathlib import Path

ORIGIN = "ledger.test/guard"
FIRST = Head(0, bytes(32))
SECOND = Head(5, b"\x01" * 32)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "guard.json"


def test_what_was_written_is_read_and_its_owners_alone(path: Path):
    guard = Guard.create(path, ORIGIN, FIRST)
    guard.advance(FIRST, SECOND)
    assert Guard(path, ORIGIN).read() == SECOND
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [one.name for one in path.parent.iterdir()] == ["guard.json"]


@pytest.mark.parametrize("new", [FIRST, Head(0, b"\x02" * 32), Head(-1, bytes(32))])
def test_it_never_goes_down_or_stays(path: Path, new: Head):
    guard = Guard.create(path, ORIGIN, FIRST)
    with pytest.raises(GuardError, match="never goes down"):
        guard.advance(FIRST, new)
    assert guard.read() == FIRST


def test_it_advances_only_from_what_stands(path: Path):
    guard = Guard.create(path, ORIGIN, FIRST)
    guard.advance(FIRST, SECOND)
    with pytest.raises(GuardError, match="another process"):
        guard.advance(FIRST, Head(9, bytes(32)))
    assert guard.read() == SECOND


def test_it_is_not_created_twice(path: Path):
    Guard.create(path, ORIGIN, SECOND)
    with pytest.raises(GuardError, match="already"):
        Guard.create(path, ORIGIN, FIRST)
    assert Guard(path, ORIGIN).read() == SECOND


def test_a_missing_one_is_told_apart(path: Path):
    with pytest.raises(MissingGuardError):
        Guard(path, ORIGIN).read()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        b'{"origin":"ledger.test/guard","size":"5","root":"AA"}',
        b'{"origin":"ledger.test/guard","size":5,"root":"not base64url="}',
        b'{"origin":"ledger.test/guard","size":5,"root":"AA","more":1}',
        b'{"origin":"ledger.test/other","size":5,"root":"AA"}',
    ],
)
def test_what_is_no_guard_of_this_origin_guards_nothing(path: Path, data: bytes):
    path.write_bytes(data)
    with pytest.raises(GuardError):
        Guard(path, ORIGIN).read()


def test_a_place_that_cannot_be_read_or_written_is_told(path: Path):
    path.mkdir()
    with pytest.raises(GuardError, match="cannot be read"):
        Guard(path, ORIGIN).read()
