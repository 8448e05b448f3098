"""The adapter at hand: reloaded when its files change, asked, and every question's way kept to be looked at.

Promises: a broken edit leaves the last working adapter in place; the old adapter is closed once the new one stands.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from uuid_utils import uuid7

from adapters import watching
from adapters.port import Adapter, Found, PeerError, PeerFault
from bus.kit.check.facts import NO
from bus.kit.check.parts import opened
from bus.kit.check.samples import Known, Refused, Sample, Samples
from bus.kit.check.samples import load as load_samples
from bus.kit.check.shape import misfit
from bus.kit.check.target import Target
from bus.kit.dev.hints import hint
from bus.kit.dev.places import MISTAKES, Located, of_error, of_fault
from bus.kit.dev.turn import Shower, Turn
from config.secrets import read_secret
from registry.catalogue import Operation
from registry.snapshot import Snapshot

KEPT_TURNS: Final = 100
MAX_BESIDE: Final = 200
_LONGEST_S: Final = 60.0


@dataclass(frozen=True)
class Sources:
    """Where everything is read from, each time anew.

    Attributes:
        name: what people call the adapter.
        target: reads the adapter's declaration.
        samples: the file of sample questions.
        registry: reads the registry.
        watched: files and folders whose change counts, besides the adapter's own folder of WSDL and XSD files.
    """

    name: str
    target: Callable[[], Target]
    samples: Path | None
    registry: Callable[[], Snapshot | None]
    watched: tuple[Path, ...]


@dataclass
class Workbench:
    """One adapter under development."""

    sources: Sources
    revision: int = 0
    mistakes: tuple[Located, ...] = ()
    samples: Samples = field(default_factory=Samples)
    turns: deque[Turn] = field(default_factory=lambda: deque(maxlen=KEPT_TURNS))
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    _adapter: Adapter | None = None
    _target: Target | None = None
    _snapshot: Snapshot | None = None
    _shower: Shower = field(default_factory=Shower)
    _asked: int = 0
    _batch: int = 0

    @property
    def operations(self) -> tuple[str, ...]:
        """What the working adapter can be asked."""
        return () if self._adapter is None else tuple(sorted(self._adapter.operations))

    @property
    def name(self) -> str:
        """What people call the adapter at hand."""
        return self.sources.name

    def watched(self) -> tuple[Path, ...]:
        """All that may change: what was given, the adapter's own file, descriptions beside it."""
        target = self._target
        if target is None or target.file is None:
            return self.sources.watched
        beside = [*target.folder.rglob("*.wsdl"), *target.folder.rglob("*.xsd")]
        return (*self.sources.watched, target.file, *beside[:MAX_BESIDE])

    async def reload(self) -> bool:
        """Read all files again; whether the adapter at hand is the one that they say.

        The revision counts either way, so that whoever looks sees the mistakes.
        """
        self.revision += 1
        found = await self._read()
        if isinstance(found, Adapter):
            old, self._adapter = self._adapter, found
            self.mistakes = ()
            if old is not None:
                await old.close()
        else:
            self.mistakes = found
        await self.tell()
        return isinstance(found, Adapter)

    async def _read(self) -> Adapter | tuple[Located, ...]:
        """The adapter, started; or the mistakes."""
        target: Target | None = None
        try:
            target = self.sources.target()
            samples = Samples() if self.sources.samples is None else load_samples(self.sources.samples)
            snapshot = self.sources.registry()
            shower = shower_of(target)
            adapter = await _started(target)
        except MISTAKES as error:
            return of_error(error, None if target is None else target.file)
        self._target, self.samples, self._snapshot, self._shower = target, samples, snapshot, shower
        return adapter

    @property
    def batches(self) -> tuple[tuple[Turn, ...], ...]:
        """What was asked together, the newest first; inside in the order of asking."""
        numbers = sorted({turn.batch for turn in self.turns}, reverse=True)
        return tuple(tuple(t for t in reversed(self.turns) if t.batch == number) for number in numbers)

    async def ask_all(self) -> None:
        """Put every sample question."""
        self._batch += 1
        batch = self._batch
        for name, sample in self.samples.named():
            await self._ask(name, sample, batch)

    async def ask(self, name: str, sample: Sample) -> Turn | None:
        """Put one question; None while there is no adapter at all."""
        self._batch += 1
        return await self._ask(name, sample, self._batch)

    async def _ask(self, name: str, sample: Sample, batch: int) -> Turn | None:
        adapter, target = self._adapter, self._target
        if adapter is None or target is None:
            return None
        query = sample.query(self.samples.asker, str(uuid7()), _LONGEST_S, self._registered(sample.operation))
        began = time.monotonic()
        with watching.watching() as seen:
            try:
                ended: Found | PeerError = opened(await adapter.ask(query))
            except PeerError as error:
                ended = error
        milliseconds = (time.monotonic() - began) * 1000
        turn = self._turn(name, sample, seen, ended)._replace(milliseconds=milliseconds, batch=batch)
        self.turns.appendleft(turn)
        await self.tell()
        return turn

    def _turn(self, name: str, sample: Sample, seen: watching.Seen, ended: Found | PeerError) -> Turn:
        self._asked += 1
        shower = self._shower
        operation = self._registered(sample.operation)
        error = ended if isinstance(ended, PeerError) else None
        found = ended if isinstance(ended, Found) else None
        file = None if self._target is None else self._target.file
        question_fit = _fit(sample.body, operation, "question")
        answer_fit = "" if found is None else _fit(found.body, operation, "answer")
        is_well = expected(self.samples, sample, ended) and not answer_fit.startswith("!")
        return Turn(
            number=self._asked,
            revision=self.revision,
            name=name,
            operation=sample.operation,
            question=shower.value(sample.body),
            question_fit=question_fit,
            mapped="" if seen.mapped is None else shower.value(seen.mapped),
            moves=tuple(map(shower.move, seen.moves)),
            answer="" if found is None else shower.value(found.body),
            answer_fit=answer_fit,
            reason="" if error is None else str(error),
            place=None if error is None or file is None else of_fault(error, sample.operation, file),
            hint=None if error is None or is_well else hint(error),
            milliseconds=0.0,
            is_well=is_well,
            batch=0,
        )

    def _registered(self, name: str) -> Operation | None:
        service = self._target.service if self._target is not None else None
        return None if self._snapshot is None or service is None else self._snapshot.operation(service, name)

    async def tell(self) -> None:
        """Wake whoever waits for news."""
        async with self.changed:
            self.changed.notify_all()

    async def close(self) -> None:
        """Close the adapter at hand."""
        adapter, self._adapter = self._adapter, None
        if adapter is not None:
            await adapter.close()


async def _started(target: Target) -> Adapter:
    """The adapter, open; one that does not open leaves nothing open."""
    adapter = target.build()
    try:
        await adapter.start()
    except BaseException:
        await adapter.close()
        raise
    return adapter


def shower_of(target: Target) -> Shower:
    """What masks this adapter's secrets."""
    secret_headers, token = target.table.get("secret_headers"), target.table.get("token")
    headers = [*secret_headers] if isinstance(secret_headers, dict) else []
    fetched = token if isinstance(token, dict) else {}
    return Shower(
        [read_secret(path).decode("utf-8", "replace").strip() for path in target.secrets.values()],
        [*headers, str(fetched.get("header", ""))],
        str(fetched.get("url") or fetched.get("path") or ""),
    )


def expected(samples: Samples, sample: Sample, ended: Found | PeerError) -> bool:
    """Whether a question ended as its group in the samples says; one from the form is to be found."""
    if isinstance(ended, Found):
        members = sample.answer if isinstance(sample, Known) else {}
        is_no = ended.body == NO if sample in samples.nobody else True
        return is_no and all(ended.body.get(name) == value for name, value in members.items())
    if isinstance(sample, Refused):
        return (ended.kind.value, ended.peer_code) == (sample.reason, sample.code)
    if sample in samples.malformed:
        return ended.kind is PeerFault.BAD_QUESTION
    return sample in samples.nobody and ended.kind is PeerFault.NO_MATCH


def _fit(body: object, operation: Operation | None, what: str) -> str:
    """The schema's word: "" without a registry, "fits", or "! rule at place"."""
    if operation is None or not isinstance(body, dict):
        return ""
    schema = operation.question if what == "question" else operation.answer
    if schema is None:
        return "opaque"
    wrong = misfit(what, body, schema)
    return "fits" if wrong is None else f"! {wrong.rule} at {wrong.place}"


def stamps(paths: tuple[Path, ...]) -> frozenset[tuple[str, int, int]]:
    """Name, time of change and size of every file there: what differs from before has changed."""
    return frozenset(_stamps(paths))


def _stamps(paths: tuple[Path, ...]) -> Iterator[tuple[str, int, int]]:
    for path in paths:
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            try:
                found = file.stat()
            except OSError:
                continue  # an editor is just now replacing it: the next look sees it
            if not file.is_dir():
                yield str(file), found.st_mtime_ns, found.st_size


def _now(bench: Workbench) -> frozenset[tuple[str, int, int]]:
    return stamps(bench.watched())


async def follow(bench: Workbench, every_s: float = 0.3) -> None:
    """Reload and ask anew whenever a file changed; for ever."""
    seen = await asyncio.to_thread(_now, bench)
    while True:
        await asyncio.sleep(every_s)
        now = await asyncio.to_thread(_now, bench)
        if now == seen:
            continue
        seen = now
        if await bench.reload():
            await bench.ask_all()
