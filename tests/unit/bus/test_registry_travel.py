"""A registry's difference over the link: whole when small, in pieces when large, refused when odd."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from registry_folder import folder

from bus.registry import travel
from bus.registry.bundle import BundleError, Known, changed_since
from bus.registry.keys import create_role_keys
from bus.registry.publish import create_repository, publish

NOW = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("registry")
    keys = create_role_keys(home / "keys")
    create_repository(home / "repository", keys, now=NOW)
    publish(folder(), home / "repository", keys, now=NOW)
    return home / "repository"


@pytest.mark.parametrize("piece", [64, 1000, travel.PIECE_BYTES])
async def test_what_arrives_is_the_difference_whatever_the_pieces(
    repository: Path, monkeypatch: pytest.MonkeyPatch, piece: int
):
    monkeypatch.setattr(travel, "PIECE_BYTES", piece)
    largest = 0

    async def call(question: bytes) -> bytes:
        nonlocal largest
        told = travel.answer(repository, question)
        largest = max(largest, len(told))
        return told

    assert await travel.collect(Known(), call) == changed_since(repository, Known())
    assert largest < piece + 4096


@pytest.mark.parametrize("path", ["../keys/root-1.pem", "/etc/passwd", "metadata/../../keys/online-1.pem", "x"])
def test_no_path_leads_out_of_the_repository(repository: Path, path: str):
    with pytest.raises(BundleError):
        travel.answer(repository, travel.ask(travel.Wanted(Known(), path)))


@pytest.mark.parametrize("data", [b"", b"\xc1", b"\x90", b"[]"])
def test_what_is_no_question_is_refused(repository: Path, data: bytes):
    with pytest.raises(BundleError):
        travel.answer(repository, data)


async def test_a_hub_that_stops_in_the_middle_is_refused(repository: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(travel, "PIECE_BYTES", 64)

    async def call(question: bytes) -> bytes:
        wanted = travel._wanted.decode(question)
        return b"" if wanted.offset else travel.answer(repository, question)

    with pytest.raises(BundleError):
        await travel.collect(Known(), call)
