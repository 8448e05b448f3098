"""A publication broken at each write, before it and after it: readers see the old or the new, never a mixture."""

from __future__ import annotations

from pathlib import Path

import pytest
import registry_repo
from registry_repo import Repo

from bus.registry import publish as publishing

STEPS = ("section", "registrar", "snapshot", "timestamp")


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    made = registry_repo.new_repo(tmp_path)
    made.publish()
    return made


@pytest.mark.parametrize("side", ["before", "after"])
@pytest.mark.parametrize("step", STEPS)
def test_a_publication_cut_short_at_any_write_can_be_run_again(
    repo: Repo, monkeypatch: pytest.MonkeyPatch, step: str, side: str
):
    write, done = publishing.write, []

    def cut(path: Path, data: bytes) -> None:
        here = STEPS[len(done)] == step
        if here and side == "before":
            raise OSError(28, "No space left on device")
        write(path, data)
        done.append(path)
        if here:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(publishing, "write", cut)
    with pytest.raises(OSError, match="No space"):
        repo.publish(agreements=registry_repo.revoked())
    monkeypatch.undo()
    # Only the last write makes it so; whoever reads in between sees the version before.
    seen = repo.follower().update(repo.bundle())
    assert seen.version == (2 if (step, side) == ("timestamp", "after") else 1)
    # Run again, and both a new node and the one that looked in between are at the new version.
    assert repo.publish(agreements=registry_repo.revoked()).version == 2
    looked = repo.follower()
    looked.load()
    assert looked.update(repo.bundle(looked.known())).version == 2
    assert repo.follower("second").update(repo.bundle()).version == 2
