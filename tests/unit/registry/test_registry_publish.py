"""Publishing: who signs what and when, what a node is sent, and writing that survives being cut short."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import registry_folder
import registry_repo
from registry_repo import Repo
from tuf.api.metadata import Metadata, Targets, Timestamp

from bus.registry.bundle import BundleError, Known, changed_since, pack, unpack
from bus.registry.files import FolderError, read_folder
from bus.registry.keys import RoleKeys, RoleKeysError, create_role_keys, load_role_keys
from bus.registry.publish import RepositoryStateError, create_repository, publish, refresh_timestamp
from bus.registry.refusal import Refusal, RegistryRefusedError
from registry.mistakes import RegistryError
from registry.sections import NAMES


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    made = registry_repo.new_repo(tmp_path)
    assert made.publish().changed == set(NAMES)
    return made


def test_a_change_is_published_by_the_role_that_it_belongs_to(repo: Repo):
    repo.keys = RoleKeys(registrar=repo.keys.registrar, online=repo.keys.online)
    published = repo.publish(agreements=registry_repo.revoked())
    assert (published.version, published.changed) == (2, {"agreements"})
    agencies = registry_folder.AGENCIES.replace("Tỉnh Mẫu", "Tỉnh Khác")
    with pytest.raises(RoleKeysError, match="directory"):
        repo.publish(agencies=agencies)
    assert repo.publish(agreements=registry_repo.revoked()).version == 2


def test_publishing_the_same_again_only_refreshes(repo: Repo):
    before = repo.bundle()
    published = repo.publish()
    assert (published.version, published.changed) == (1, frozenset())
    follower = repo.follower()
    first = follower.update(before)
    bundle = repo.bundle(follower.known())
    assert set(bundle) == {"metadata/timestamp.json"}
    assert follower.update(bundle) is first


def test_a_folder_with_mistakes_is_not_published(repo: Repo):
    before = repo.bundle()
    with pytest.raises(RegistryError):
        repo.publish(forms="[[form]]")
    assert repo.bundle() == before


def test_only_what_a_node_lacks_is_sent(repo: Repo):
    follower = repo.follower()
    assert follower.load() is None
    follower.update(unpack(pack(repo.bundle(follower.known()))))
    repo.publish(agreements=registry_repo.revoked())
    bundle = repo.bundle(follower.known())
    kinds = sorted(name.rpartition("/")[2].split(".", 1)[1] for name in bundle)
    assert kinds == ["agreements.json", "json", "registrar.json", "snapshot.json"]
    assert follower.update(bundle).version == 2
    assert repo.follower().load().version == 2


def test_signatures_are_renewed_before_they_end(repo: Repo):
    repo.now += timedelta(days=300)
    assert repo.publish().changed == frozenset()
    directory = Metadata[Targets].from_file(str(repo.folder / "metadata" / "2.directory.json"))
    assert directory.signed.expires > repo.now + timedelta(days=360)


def test_the_hub_says_again_that_the_newest_is_the_newest(repo: Repo):
    online = repo.keys.online
    later = repo.now + timedelta(hours=20)
    assert refresh_timestamp(repo.folder, online, now=later) == 1
    stamp = Metadata[Timestamp].from_file(str(repo.folder / "metadata" / "timestamp.json")).signed
    assert (stamp.version, stamp.expires) == (2, later.replace(microsecond=0) + timedelta(days=1))
    # The snapshot's own signature is renewed too, when its time comes.
    assert refresh_timestamp(repo.folder, online, now=repo.now + timedelta(days=25)) == 2
    assert repo.follower().update(repo.bundle()).version == 2


def test_a_repository_is_made_once_and_never_by_accident(tmp_path: Path):
    keys = create_role_keys(tmp_path / "keys")
    now = datetime.now(UTC)
    with pytest.raises(RepositoryStateError):
        publish(registry_folder.folder(), tmp_path / "repo", keys, now=now)
    create_repository(tmp_path / "repo", keys, now=now)
    with pytest.raises(RepositoryStateError):
        create_repository(tmp_path / "repo", keys, now=now)
    with pytest.raises(RepositoryStateError):
        refresh_timestamp(tmp_path / "repo", keys.online, now=now)
    with pytest.raises(FileNotFoundError):
        changed_since(tmp_path / "repo", Known())
    with pytest.raises(RoleKeysError, match="root"):
        create_repository(tmp_path / "other", RoleKeys(online=keys.online), now=now)


def test_keys_are_made_once_kept_private_and_opened_again(tmp_path: Path):
    made = create_role_keys(tmp_path / "keys")
    assert [len(role) for role in (made.root, made.directory, made.registrar, made.online)] == [3, 3, 1, 1]
    assert (tmp_path / "keys" / "root-1.pem").stat().st_mode & 0o777 == 0o600
    opened = load_role_keys(tmp_path / "keys")
    assert [key.public_key.keyid for key in opened.root] == [key.public_key.keyid for key in made.root]
    with pytest.raises(RoleKeysError, match="already"):
        create_role_keys(tmp_path / "keys")
    for number in (1, 2):
        (tmp_path / "keys" / f"directory-{number}.pem").unlink()
    with pytest.raises(RoleKeysError, match="directory needs 2"):
        load_role_keys(tmp_path / "keys").of("directory")
    assert load_role_keys(tmp_path / "nowhere") == RoleKeys()


@pytest.mark.parametrize("name", ["root-1.pem", "root-1.pub.json"])
def test_a_key_that_cannot_be_used_is_named(tmp_path: Path, name: str):
    create_role_keys(tmp_path)
    (tmp_path / name).write_bytes(b"nonsense")
    with pytest.raises(RoleKeysError, match=r"root-1\.pem"):
        load_role_keys(tmp_path)


def test_a_key_whose_public_part_is_anothers_is_refused(tmp_path: Path):
    create_role_keys(tmp_path)
    (tmp_path / "root-1.pub.json").write_bytes((tmp_path / "root-2.pub.json").read_bytes())
    with pytest.raises(RoleKeysError, match=r"root-1\.pem"):
        load_role_keys(tmp_path)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x93\x01\x02\x03",
        pack({"../etc/passwd": b""}),
        pack({"metadata/../x.json": b""}),
        pack({"targets/online/x.json": b""}),
        pack({f"metadata/{number}.root.json": b"" for number in range(1, 400)}),
    ],
)
def test_what_is_no_bundle_is_refused(data: bytes):
    with pytest.raises(BundleError) as caught:
        unpack(data)
    assert caught.value.refusal is Refusal.TAMPERED


@pytest.mark.parametrize("name", ["timestamp.json", "1.snapshot.json", "1.registrar.json"])
def test_a_damaged_repository_is_told_and_not_sent(repo: Repo, name: str):
    (repo.folder / "metadata" / name).write_bytes(b"{")
    with pytest.raises(RegistryRefusedError) as caught:
        repo.bundle()
    assert caught.value.refusal is Refusal.DAMAGED


def test_a_folder_is_read_whole_and_nothing_else(tmp_path: Path):
    folder = tmp_path / "registry"
    for name, data in registry_folder.folder().items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    (folder / ".git").mkdir()
    (folder / ".git" / "config").write_bytes(b"x")
    assert read_folder(folder) == registry_folder.folder()
    with pytest.raises(FolderError):
        read_folder(tmp_path / "nowhere")
    (folder / "agencies" / "link.toml").symlink_to("/etc/hostname")
    with pytest.raises(FolderError, match="link"):
        read_folder(folder)


def test_a_file_too_large_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "instance.toml").write_bytes(b"x" * 100)
    monkeypatch.setattr("bus.registry.files.MAX_FILE_BYTES", 99)
    with pytest.raises(FolderError, match="larger"):
        read_folder(tmp_path)
    monkeypatch.setattr("bus.registry.files.MAX_FILE_BYTES", 100)
    monkeypatch.setattr("bus.registry.files.MAX_FILES", 0)
    with pytest.raises(FolderError, match="more than"):
        read_folder(tmp_path)
