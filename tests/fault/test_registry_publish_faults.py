"""A publication broken at each write, before it and after it: readers see the old or the new, never a mixture."""

from __future__ import annotations

from pathlib import Path

import pytest
import registry_repo
from registry_repo import Repo

from bus.registry import ceremony, roles
from bus.registry import publish as publishing
from bus.registry.ceremony import change_keys
from bus.registry.follow import Follower, Refusal, RegistryRefusedError
from bus.registry.keys import RoleKeys, RoleKeysError, create_role_keys
from bus.registry.publish import refresh_timestamp

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

    for module in (publishing, roles):
        monkeypatch.setattr(module, "write", cut)
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


@pytest.mark.parametrize("step", range(7))
def test_a_change_of_keys_cut_short_can_be_run_again(repo: Repo, monkeypatch: pytest.MonkeyPatch, step: int):
    """Writes: targets, directory, registrar, snapshot, timestamp, root; the seventh never comes."""
    new = create_role_keys(repo.home / "new-keys")
    follower = repo.follower()
    follower.update(repo.bundle())
    write, done = roles.write, []

    def cut(path: Path, data: bytes) -> None:
        if len(done) == step:
            raise OSError(28, "No space left on device")
        write(path, data)
        done.append(path)

    for module in (ceremony, roles):
        monkeypatch.setattr(module, "write", cut)
    if step < 6:
        with pytest.raises(OSError, match="No space"):
            change_keys(repo.folder, repo.keys, new, now=repo.now)
    monkeypatch.undo()
    version = change_keys(repo.folder, repo.keys, new, now=repo.now)
    assert version == 2
    assert follower.update(repo.bundle(follower.known())).version >= 2
    repo.keys = new
    repo.publish(agreements=registry_repo.revoked())
    assert repo.follower("second").update(repo.bundle()).agreement("ag-0001").state == "revoked"


def test_keys_left_out_sign_nothing_any_more(repo: Repo, monkeypatch: pytest.MonkeyPatch):
    old, new = repo.keys, create_role_keys(repo.home / "new-keys")
    follower = repo.follower()
    follower.update(repo.bundle())
    change_keys(repo.folder, old, new, now=repo.now)
    follower.update(repo.bundle(follower.known()))
    # Whoever still has the old keys by mistake is told.
    with pytest.raises(RoleKeysError, match="handed over"):
        repo.publish(agreements=registry_repo.revoked())
    with pytest.raises(RoleKeysError, match="handed over"):
        refresh_timestamp(repo.folder, repo.keys.online, now=repo.now)
    # The thief of all the old keys has tools that do not ask: nodes that know the new root are not impressed.
    monkeypatch.setattr(publishing, "must_be_listed", lambda *_: None)
    repo.publish(agreements=registry_repo.revoked())
    before = follower.snapshot
    with pytest.raises(RegistryRefusedError) as caught:
        follower.update(repo.bundle(follower.known()))
    assert caught.value.refusal is Refusal.THRESHOLD
    assert follower.snapshot is before
    # Neither is a node that comes with the very first root.
    with pytest.raises(RegistryRefusedError):
        Follower(repo.home / "late", repo.root).update(repo.bundle())


def test_the_root_changes_hands_only_by_enough_of_the_old_ones(repo: Repo):
    new = create_role_keys(repo.home / "new-keys")
    with pytest.raises(RoleKeysError, match="root needs 2"):
        change_keys(repo.folder, RoleKeys(root=repo.keys.root[:1]), new, now=repo.now)
    with pytest.raises(RoleKeysError, match="online needs 1"):
        change_keys(repo.folder, repo.keys, RoleKeys(root=new.root), now=repo.now)
    # A root signed by strangers only is not followed.
    change_keys(repo.folder, RoleKeys(root=new.root), new, now=repo.now)
    with pytest.raises(RegistryRefusedError) as caught:
        repo.follower().update(repo.bundle())
    assert caught.value.refusal is Refusal.THRESHOLD


def test_the_root_is_renewed_with_the_same_keys(repo: Repo):
    assert change_keys(repo.folder, repo.keys, repo.keys, now=repo.now) == 2
    assert repo.publish(agreements=registry_repo.revoked()).version == 3
    assert repo.follower().update(repo.bundle()).version == 3
