"""Dispute bundles of the small world: a real question, exported from real archives under a really signed registry."""

from __future__ import annotations

import asyncio
import functools
import shutil
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from registry_folder import folder
from registry_repo import new_repo
from world import PERSON_BODY, START_MS, World, ask
from world_registry import PERSON, WORLD_FAMILIES, WORLD_SCHEMAS

from bus.ledger.memory import MemoryLedger
from bus.ledger.tree import OwnTiles
from bus.node.archive import SqlArchive, create_archive
from bus.node.export import Log, export
from bus.registry.publish import publish
from signing import checkpoint
from signing.bundle import Bundle, read
from signing.checkpoint import NoteKey
from signing.container import unpack
from signing.examine import Trust

ORIGIN = "ledger.example/vn-test"
LOG_KEY = NoteKey(ORIGIN, bytes(range(32)))
KEY = b"k" * 32
LATER_MS = START_MS + 3_600_000


@dataclass(frozen=True)
class Case:
    """One exchange, exported by both sides, and what a reader trusts beforehand."""

    exchange: str
    consumer: bytes
    provider: bytes
    without_log: bytes
    again: bytes
    root: bytes

    @property
    def trust(self) -> Trust:
        return Trust(log_keys=(LOG_KEY.verifier,))

    @property
    def bundle(self) -> Bundle:
        return read(unpack(self.consumer))


@functools.cache
def case() -> Case:
    """Made once: nothing in it changes."""
    home = Path(tempfile.mkdtemp())
    try:
        return asyncio.run(_made(home))
    finally:
        shutil.rmtree(home)


def log_of(ledger: MemoryLedger) -> Log:
    async def note() -> bytes:
        return await ledger.checkpoint()

    return Log(note, OwnTiles(ledger.read), LOG_KEY.verifier.text)


def published(home: Path, world: World) -> tuple[Path, bytes]:
    """The world's registry as a node trusts it: the folder, and the root that it started from."""
    repo = new_repo(home, datetime.now(UTC))
    publish(folder(**WORLD_FAMILIES) | WORLD_SCHEMAS | world.pki.files(), repo.folder, repo.keys, now=repo.now)
    repo.follower().update(repo.bundle())
    return home / "node", repo.root


@dataclass(frozen=True)
class Answered:
    """A world in which an exchange has ended: its number, both archives, the registry, the ledger."""

    world: World
    exchange: str
    archives: tuple[SqlArchive, SqlArchive]
    registry: Path
    root: bytes
    ledger: MemoryLedger


async def answered(home: Path) -> Answered:
    """Three exchanges through real archives in `home`; the second is named."""
    ledger = MemoryLedger(ORIGIN, lambda origin, size, root: checkpoint.seal(origin, size, root, LOG_KEY))
    world = World(ledger=ledger)
    archives = []
    for node in (world.consumer, world.population):
        create_archive(home / node.agency)
        archives.append(await SqlArchive.open(home / node.agency, KEY, world.clock))
        node.asker._archive = archives[-1]
        node.desk._archives = {node.agency: archives[-1]}
        provider = node.answerer._providers[node.agency]
        node.answerer._providers = {node.agency: provider._replace(archive=archives[-1])}
    world.answers(PERSON, PERSON_BODY)
    told = [await world.consumer.asker.ask(ask()) for _ in range(3)][1]
    await world.settle()
    registry, root = published(home / "registry", world)
    return Answered(world, told.exchange, (archives[0], archives[1]), registry, root, ledger)


async def _made(home: Path) -> Case:
    told = await answered(home)
    log = log_of(told.ledger)
    made = [
        (await export(archive, told.exchange, told.registry, log)).data
        for archive, log in ((told.archives[0], log), (told.archives[1], log), (told.archives[0], None))
    ]
    made.append((await export(told.archives[0], told.exchange, told.registry, log)).data)
    for archive in told.archives:
        await archive.close()
    return Case(told.exchange, made[0], made[1], made[2], made[3], told.root)
