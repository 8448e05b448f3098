"""A registry that was tampered with, rolled back, mixed up or cut short: refused by name, and nothing is lost."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import registry_folder
import registry_repo
from registry_repo import Repo
from tuf.api.metadata import Metadata, Snapshot, Timestamp

from bus.registry import follow
from bus.registry.bundle import Known
from bus.registry.follow import Follower, Refusal, RegistryRefusedError
from bus.registry.layout import metadata_path
from bus.registry.publish import refresh_timestamp
from registry.authored.compiling import sections_of
from registry.sections import encode

PERSON = ("a200003", None, "a100001/population/person", "read", "dossier")


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    made = registry_repo.new_repo(tmp_path)
    made.publish()
    return made


def refused(follower: Follower, bundle: dict[str, bytes]) -> Refusal:
    """Offer a bundle that must be refused; the node goes on as before, also after a restart."""
    before, known = follower.snapshot, follower.known()
    with pytest.raises(RegistryRefusedError) as caught:
        follower.update(bundle)
    assert follower.snapshot is before
    assert follower.known() == known
    again = Follower(follower._folder, follower._root).load()
    assert (again.version if again else None) == (before.version if before else None)
    return caught.value.refusal


def at_version_two(repo: Repo) -> tuple[Follower, dict[str, bytes]]:
    """A node at version 2, and the bundle of version 1."""
    old = repo.bundle()
    repo.publish(agreements=registry_repo.revoked())
    follower = repo.follower()
    follower.update(repo.bundle())
    return follower, old


def other_agencies() -> bytes:
    more = registry_folder.AGENCIES.replace("Tỉnh Mẫu", "Tỉnh Giả")
    return encode(sections_of(registry_folder.folder(agencies=more)))["agencies"]


def test_an_older_registry_is_refused(repo: Repo):
    follower, old = at_version_two(repo)
    assert refused(follower, old) is Refusal.ROLLED_BACK


def test_an_older_snapshot_under_a_new_timestamp_is_refused(repo: Repo):
    follower, old = at_version_two(repo)
    snapshot = Metadata[Snapshot].from_bytes(old["metadata/1.snapshot.json"])
    snapshot.signed.version = 2
    newer = registry_repo.restamp(repo, repo.bundle(), snapshot, {})
    # The online key's thief says: here is version 3, and in it the registrar is at version 1 again.
    assert refused(follower, newer) is Refusal.ROLLED_BACK


def test_an_expired_registry_is_refused(tmp_path: Path):
    old = registry_repo.new_repo(tmp_path, datetime.now(UTC) - timedelta(days=2))
    old.publish()
    assert refused(old.follower(), old.bundle()) is Refusal.EXPIRED


def test_a_store_that_expired_while_the_node_was_off_is_not_used_and_is_refreshed_by_the_hub(repo: Repo):
    follower = repo.follower()
    follower.update(repo.bundle())
    (path,) = (repo.home / "node").glob("generation-*/metadata/timestamp.json")
    stamp = Metadata[Timestamp].from_file(str(path))
    stamp.signed.expires = (datetime.now(UTC) - timedelta(hours=1)).replace(microsecond=0)
    stamp.sign(repo.keys.online[0])
    path.write_bytes(stamp.to_bytes())
    restarted = repo.follower()
    with pytest.raises(RegistryRefusedError) as caught:
        restarted.load()
    assert caught.value.refusal is Refusal.EXPIRED
    refresh_timestamp(repo.folder, repo.keys.online, now=datetime.now(UTC))
    assert restarted.update(repo.bundle(restarted.known())).version == 1


def test_an_altered_section_is_refused(repo: Repo):
    bundle = repo.bundle()
    (name,) = [name for name in bundle if name.endswith(".agreements.json")]
    bundle[name] = bundle[name].replace(b'"suspended"', b'"active...."')
    assert refused(repo.follower(), bundle) is Refusal.TAMPERED


def test_a_longer_section_is_refused(repo: Repo):
    bundle = repo.bundle()
    (name,) = [name for name in bundle if name.endswith(".agencies.json")]
    bundle[name] += b" "
    assert refused(repo.follower(), bundle) is Refusal.TAMPERED


@pytest.mark.parametrize("role", ["timestamp", "snapshot", "targets", "directory", "registrar"])
def test_altered_metadata_is_refused(repo: Repo, role: str):
    bundle = repo.bundle()
    name = metadata_path(role, None if role == "timestamp" else 1)
    altered = bundle[name].replace(b'"version":1}', b'"version":2}')
    assert altered != bundle[name]
    bundle[name] = altered
    assert refused(repo.follower(), bundle) in {Refusal.TAMPERED, Refusal.THRESHOLD}


def test_the_directory_needs_two_of_its_keys(repo: Repo):
    one = repo.keys.directory[:1]
    forged = registry_repo.forge(repo, repo.bundle(), "directory", "agencies", other_agencies(), one)
    assert refused(repo.follower(), forged) is Refusal.THRESHOLD
    two = registry_repo.forge(repo, repo.bundle(), "directory", "agencies", other_agencies(), repo.keys.directory[:2])
    snapshot = repo.follower("other").update(two)
    assert snapshot.agency("a200001").name.vi == "Tỉnh Giả"


def test_the_same_key_twice_is_one(repo: Repo):
    twice = (repo.keys.directory[0], repo.keys.directory[0])
    forged = registry_repo.forge(repo, repo.bundle(), "directory", "agencies", other_agencies(), twice)
    assert refused(repo.follower(), forged) is Refusal.THRESHOLD


@pytest.mark.parametrize("thief", ["online", "registrar"])
def test_a_stolen_hub_or_registrar_cannot_mint_an_agency(repo: Repo, thief: str):
    keys = getattr(repo.keys, thief)
    forged = registry_repo.forge(repo, repo.bundle(), "directory", "agencies", other_agencies(), keys)
    assert refused(repo.follower(), forged) is Refusal.THRESHOLD


def test_the_registrar_cannot_name_a_section_of_the_directory(repo: Repo):
    forged = registry_repo.forge(repo, repo.bundle(), "registrar", "agencies", other_agencies(), repo.keys.registrar)
    snapshot = repo.follower().update(forged)
    assert snapshot.agency("a200001").name.vi == "Tỉnh Mẫu"


def test_versions_that_do_not_belong_together_are_refused(repo: Repo):
    follower, old = at_version_two(repo)
    mixed = repo.bundle(Known())
    repo.publish()
    newest = repo.bundle(Known())
    newest["metadata/3.registrar.json"] = mixed["metadata/2.registrar.json"]
    assert refused(follower, newest) is Refusal.TAMPERED
    newest["metadata/3.registrar.json"] = old["metadata/1.registrar.json"]
    assert refused(follower, newest) is Refusal.TAMPERED


@pytest.mark.parametrize("ending", [".snapshot.json", ".directory.json", ".catalogue.json", "timestamp.json"])
def test_a_bundle_that_lacks_a_file_is_refused(repo: Repo, ending: str):
    bundle = {name: data for name, data in repo.bundle().items() if not name.endswith(ending)}
    assert refused(repo.follower(), bundle) is Refusal.INCOMPLETE


def test_another_instance_is_refused(repo: Repo):
    follower = repo.follower()
    follower.update(repo.bundle())
    repo.publish(instance=registry_folder.INSTANCE.replace("VN-test", "VN"))
    assert refused(follower, repo.bundle()) is Refusal.WRONG_INSTANCE


def test_another_instance_is_refused_from_the_first_bundle(repo: Repo, tmp_path: Path):
    with pytest.raises(RegistryRefusedError) as caught:
        Follower(tmp_path / "strict", repo.root, "VN").update(repo.bundle())
    assert caught.value.refusal is Refusal.WRONG_INSTANCE


def test_another_registrys_root_is_refused(repo: Repo, tmp_path: Path):
    other = registry_repo.new_repo(tmp_path / "other")
    with pytest.raises(RegistryRefusedError):
        Follower(tmp_path / "strange", other.root).update(repo.bundle())


def test_a_section_altered_on_disk_is_not_used(repo: Repo):
    follower = repo.follower()
    follower.update(repo.bundle())
    assert follower.snapshot is not None
    path = repo.home / "node" / "sections" / follower.snapshot.section_hashes["agreements"]
    path.write_bytes(path.read_bytes().replace(b'"suspended"', b'"active...."'))
    restarted = repo.follower()
    with pytest.raises(RegistryRefusedError) as caught:
        restarted.load()
    assert caught.value.refusal is Refusal.INCOMPLETE
    # The hub brings the whole again and the node is well.
    assert restarted.update(repo.bundle()).version == 1


def test_a_section_lost_from_disk_is_brought_again(repo: Repo):
    follower = repo.follower()
    follower.update(repo.bundle())
    assert follower.snapshot is not None
    (repo.home / "node" / "sections" / follower.snapshot.section_hashes["catalogue"]).unlink()
    restarted = repo.follower()
    bundle = repo.bundle(restarted.known())
    assert [name.rpartition(".")[0].rpartition(".")[2] for name in bundle if name.startswith("targets/")] == [
        "catalogue"
    ]
    assert restarted.update(bundle).version == 1


def test_what_is_no_longer_named_is_swept_away(repo: Repo):
    follower = repo.follower()
    follower.update(repo.bundle())
    repo.publish(agreements=registry_repo.revoked())
    follower.update(repo.bundle(follower.known()))
    assert len(list((repo.home / "node" / "sections").iterdir())) == 5
    assert [path.name for path in (repo.home / "node").glob("generation-*")] == ["generation-000002"]


def test_a_section_of_a_newer_format_is_refused_by_name(repo: Repo):
    newer = other_agencies().replace(b'"format":1', b'"format":2')
    forged = registry_repo.forge(repo, repo.bundle(), "directory", "agencies", newer, repo.keys.directory)
    assert refused(repo.follower(), forged) is Refusal.DAMAGED


def test_a_crash_before_the_new_generation_is_named_leaves_the_old_one(repo: Repo, monkeypatch: pytest.MonkeyPatch):
    follower = repo.follower()
    follower.update(repo.bundle())
    repo.publish(agreements=registry_repo.revoked())

    def crash(*_: object) -> None:
        raise OSError(28, os.strerror(28))

    with monkeypatch.context() as patched:
        patched.setattr(follow, "write", crash)
        with pytest.raises(OSError, match="No space"):
            follower.update(repo.bundle(follower.known()))
    assert follower.snapshot is not None
    assert follower.snapshot.version == 1
    restarted = repo.follower()
    assert restarted.load().version == 1
    assert restarted.update(repo.bundle(restarted.known())).version == 2


def test_a_half_written_generation_is_swept_away(repo: Repo):
    follower = repo.follower()
    follower.update(repo.bundle())
    junk = repo.home / "node" / "generation-000002" / "metadata"
    junk.mkdir(parents=True)
    (junk / "timestamp.json").write_bytes(b"{")
    repo.publish(agreements=registry_repo.revoked())
    restarted = repo.follower()
    assert restarted.load().version == 1
    assert restarted.update(repo.bundle(restarted.known())).version == 2


def test_a_revocation_arrives_with_the_next_bundle(repo: Repo):
    follower = repo.follower()
    now_ms = int(repo.now.timestamp() * 1000)
    before = follower.update(repo.bundle())
    assert before.agreement_for(*PERSON, now_ms) is not None
    repo.publish(agreements=registry_repo.revoked())
    bundle = repo.bundle(follower.known())
    assert not any("directory" in name for name in bundle)
    assert follower.update(bundle).agreement_for(*PERSON, now_ms) is None
    # Whoever still holds the old snapshot is not surprised in mid-request.
    assert before.agreement_for(*PERSON, now_ms) is not None
