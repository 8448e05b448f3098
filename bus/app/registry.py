"""The registry in a running process: the hub hands it on and watches for news, a node follows it over the link.

Promises: the hub judges what it hands on by the same TUF rules as the nodes; news is seen within `refresh_s`, acts on
the hub's next message, and is told to every node at once. Leaves out: the rules of trust (`bus.registry`).
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final

import structlog
from securesystemslib.signer import Signer

from bus.clock import Clock
from bus.directory import Directory
from bus.hub.routes import Speaker
from bus.link.errors import LinkError
from bus.link.messages import Message
from bus.link.node import NodeLink
from bus.registry.bundle import BundleError, changed_since
from bus.registry.follow import Follower, RegistryRefusedError
from bus.registry.layout import metadata_path
from bus.registry.publish import refresh_timestamp
from bus.registry.travel import answer, collect
from bus.topics import Topic
from registry.snapshot import Snapshot
from schemas.problems import Code, problem

log = structlog.get_logger(__name__)
FETCH_TIMEOUT_S: Final = 30.0
FRESHEN_EVERY_S: Final = 3600.0
FETCH_EVERY_S: Final = 60.0


class HubRegistry:
    """The hub's side: a repository folder, this worker's own trusted copy of it, and the directory made from that."""

    def __init__(
        self, repository: Path, follower: Follower, directory: Directory, clock: Clock, refresh_s: float
    ) -> None:
        self._repository = repository
        self._follower = follower
        self._clock = clock
        self._refresh_s = refresh_s
        self._stamp = _stamp(repository)
        self.directory = directory

    @classmethod
    async def start(cls, repository: Path, trusted: Path, instance: str, clock: Clock, refresh_s: float) -> HubRegistry:
        """Follow the repository from its first root.

        Raises:
            RegistryRefusedError: it does not hold, or has expired.
            FileNotFoundError: nothing was published there.
        """
        root = (repository / metadata_path("root", 1)).read_bytes()
        follower = Follower(trusted, root, instance)
        snapshot = await asyncio.to_thread(_come_up, repository, follower)
        return cls(repository, follower, Directory(snapshot, now_ms=clock()), clock, refresh_s)

    async def serve(self, speaker: Speaker, message: Message) -> Message:
        """What a node lacks of the newest registry."""
        if speaker.agency is None:
            raise problem(Code.LINK_NOT_FOR_SEALER, rule="link-certificate")
        try:
            told = await asyncio.to_thread(answer, self._repository, message.head)
        except (BundleError, OSError) as error:
            raise problem(Code.ENVELOPE_MALFORMED, rule="registry-question") from error
        return Message(Topic.REGISTRY, b"", (told,))

    async def watch(self) -> None:
        """Look for news, for ever. What is refused is logged, and the snapshot in use stays."""
        while True:
            await asyncio.sleep(self._refresh_s)
            stamp = _stamp(self._repository)
            if stamp in {None, self._stamp}:
                continue
            self._stamp = stamp
            try:
                snapshot = await asyncio.to_thread(_come_up, self._repository, self._follower)
            except (RegistryRefusedError, OSError) as error:
                log.error("registry-refused", reason=str(error))  # noqa: TRY400 - the reason is the whole story
                continue
            if snapshot is not self.directory.snapshot:
                self.directory.replace(snapshot, now_ms=self._clock())


async def freshen(repository: Path, online: tuple[Signer, ...]) -> None:
    """Say every hour again that the newest snapshot is the newest; one worker of a hub does this."""
    while True:
        await asyncio.to_thread(refresh_timestamp, repository, online, now=datetime.now(UTC))
        await asyncio.sleep(FRESHEN_EVERY_S)


class NodeRegistry:
    """A node's side: its trusted copy, brought up over the link."""

    def __init__(self, follower: Follower, clock: Clock) -> None:
        self._follower = follower
        self._clock = clock
        self._lock = asyncio.Lock()
        self.directory: Directory | None = None

    async def load(self) -> None:
        """Take up what was trusted before, if it still holds."""
        try:
            snapshot = await asyncio.to_thread(self._follower.load)
        except RegistryRefusedError as error:
            log.warning("registry-kept-is-refused", reason=str(error))
            return
        if snapshot is not None:
            self._use(snapshot)

    async def fetch(self, link: NodeLink) -> None:
        """Bring the newest over the link; one fetch at a time.

        Raises:
            LinkError: no hub answers.
            RegistryRefusedError: what it brought does not hold; what was trusted before still is.
        """
        async with self._lock:
            known = await asyncio.to_thread(self._follower.known)
            bundle = await collect(known, partial(_call, link))
            self._use(await asyncio.to_thread(self._follower.update, bundle))

    async def follow(self, link: NodeLink) -> None:
        """Fetch every minute, for ever: a missed notice costs a minute, and freshness is renewed."""
        while True:
            await asyncio.sleep(FETCH_EVERY_S)
            await self.try_fetch(link)

    async def try_fetch(self, link: NodeLink) -> None:
        """Fetch; a failure is logged, and what was trusted before stays."""
        try:
            await self.fetch(link)
        except (LinkError, RegistryRefusedError, OSError) as error:
            log.warning("registry-not-fetched", reason=str(error))

    def _use(self, snapshot: Snapshot) -> None:
        if self.directory is None:
            self.directory = Directory(snapshot, now_ms=self._clock())
        elif snapshot is not self.directory.snapshot:
            self.directory.replace(snapshot, now_ms=self._clock())


async def _call(link: NodeLink, question: bytes) -> bytes:
    told = await link.call(Message(Topic.REGISTRY, question), FETCH_TIMEOUT_S)
    return told.parts[0] if told.parts else b""


def _come_up(repository: Path, follower: Follower) -> Snapshot:
    if follower.snapshot is None:
        try:
            follower.load()
        except RegistryRefusedError as error:
            log.warning("registry-kept-is-refused", reason=str(error))
    snapshot = follower.update(changed_since(repository, follower.known()))
    snapshot.warm()
    return snapshot


def _stamp(repository: Path) -> tuple[int, int] | None:
    """Changes when something is published; nothing where there is nothing, while a repository is being put in place."""
    try:
        found = (repository / metadata_path("timestamp", None)).stat()
    except FileNotFoundError:
        return None
    return found.st_mtime_ns, found.st_ino
