"""The directory moves forward only, as a whole, and acts on the next message."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from registry_folder import INSTANCE
from world import World, ask
from world_registry import CONSUMER, STRANGER

from bus.directory import Directory, SnapshotRolledBackError
from schemas.problems import Code, ProblemError
from schemas.text import moment
from signing.devpki import DevPki


async def test_an_older_snapshot_is_refused_and_nothing_changes():
    world = World()
    directory, first = world.consumer.directory, world.snapshot
    world.publish()
    newer = world.snapshot
    with pytest.raises(SnapshotRolledBackError):
        directory.replace(first, now_ms=world.now_ms)
    assert directory.snapshot is newer


async def test_the_same_version_again_is_no_rollback():
    world = World()
    world.consumer.directory.replace(world.snapshot, now_ms=world.now_ms)
    assert world.consumer.directory.snapshot is world.snapshot


async def test_a_snapshot_of_another_instance_is_refused():
    world = World()
    other = world.pki.registry(9, instance=INSTANCE.replace("VN-test", "VN"))
    with pytest.raises(SnapshotRolledBackError):
        world.consumer.directory.replace(other, now_ms=world.now_ms)


async def test_listeners_hear_of_each_newer_snapshot():
    world = World()
    heard: list[int] = []
    world.consumer.directory.on_change(lambda snapshot: heard.append(snapshot.version))
    world.publish()
    world.publish()
    assert heard == [2, 3]


async def test_a_revocation_acts_on_the_next_seal_of_a_batch_already_seen():
    world = World()
    judge, notary = world.workers[0].exchange._judge, world.consumer.notary
    sealed = await notary.seal(world.consumer.asker._draft(ask()).question)
    judge.open(sealed, world.now_ms)
    world.pki.revoked[f"{CONSUMER}-seal"] = moment(world.now_ms)
    world.publish()
    with pytest.raises(ProblemError) as caught:
        judge.open(sealed, world.now_ms)
    assert caught.value.problem.code is Code.SEAL_CERTIFICATE_NOT_VALID


async def test_a_certificate_that_does_not_chain_to_the_anchors_seals_nothing():
    world = World()
    now = datetime.fromtimestamp(world.now_ms / 1000 - 60, UTC)
    world.pki.seals[CONSUMER] = DevPki.create(now).seal(CONSUMER, now)
    foreign = world.pki.registry(2)
    directory = Directory(foreign, now_ms=world.now_ms)
    sealed = await world.notary(CONSUMER).seal(world.consumer.asker._draft(ask()).question)
    assert not directory.check(sealed, world.now_ms).passed
    others = Directory(world.snapshot, now_ms=world.now_ms)
    assert STRANGER not in {agency.id for agency in others.snapshot.agencies()}
