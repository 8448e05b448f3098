"""Judging schemas before they are taken: read with all that they refer to, compared with what came before.

Promises: whatever a schema does to the comparison, there is an answer: it is none (42201), it goes together with the
versions that the level names, or it does not, with the reasons; nothing is fetched but registered versions.
Leaves out: comparing itself (`bus.registration.pool`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final, NamedTuple

from bus.registration import errors
from bus.registration.jobs import Done, Job, Refusal, Source
from bus.registration.pool import BusyError, JobLostError, Pool, PoolError
from bus.registration.store import Reader
from bus.registration.stored import ALL, Content, Version
from registry.evolution import levels, limits
from registry.evolution.levels import Answer, Difference, Direction
from registry.evolution.port import FormatName, Policy
from registry.evolution.verdict import Place
from registry.model import Text
from registry.registered.identity import Reference
from registry.registered.names import DEFAULT, Subject, SubjectNameError, subject_of
from registry.registered.settings import Config

JOB_CHARS: Final = 8 << 20
"""Texts of one job; more versions go in several."""
_OTHER_TYPE: Final = Text("Phiên bản cũ thuộc loại lược đồ khác", "the older version is of another type of schema")
_KEEP_TYPE: Final = Text("Đăng ký dưới một chủ thể mới", "register it under a new subject")
_UNREADABLE: Final = Text("Không đọc được phiên bản cũ", "the older version cannot be read")
_LOST: Final = Text(
    "Việc so sánh vượt quá thời gian hoặc bộ nhớ cho phép", "comparing took more time or memory than it may"
)


class Against(NamedTuple):
    """What is said of a schema against one older version."""

    version: Version
    answer: Answer


class Judged(NamedTuple):
    """A schema that is one, against the versions that count."""

    canonical: str
    against: Sequence[Against] = ()

    @property
    def refused(self) -> list[Against]:
        """The versions that it does not go together with, newest first."""
        return [one for one in self.against if not one.answer.compatible]


class Judge:
    """Reads and compares schemas by way of the pool."""

    def __init__(self, reader: Reader, pool: Pool) -> None:
        self._reader = reader
        self._pool = pool

    async def judge(self, subject: Subject, content: Content, older: Sequence[Version], config: Config) -> Judged:
        """1 gather what it refers to 2 read it 3 compare it with each of `older`, newest first, until one refuses.

        Args:
            subject: where it is to be registered.
            content: the schema.
            older: the versions to compare with, newest first.
            config: level and switches that count.

        Raises:
            RegistrationError: 42201 it is no schema; 503 too many comparisons wait.
        """
        own = await self._source(subject, content)
        against = [Against(one, _OTHER) for one in older if one.content.type is not content.type]
        alike = [one for one in older if one.content.type is content.type]
        judged = Judged("", ())
        for batch in _batches([(one, await self._source(one.subject, one.content)) for one in alike]):
            judged = await self._batch(subject, own, batch, config)
            against += judged.against
            if judged.refused:
                break
        if not alike:
            judged = await self._batch(subject, own, [], config)
        return Judged(judged.canonical, sorted(against, key=lambda one: -one.version.version))

    async def _batch(
        self, subject: Subject, own: Source, older: Sequence[tuple[Version, Source]], config: Config
    ) -> Judged:
        directions = levels.directions(config.level)
        key = own.key
        keys = [(version, source.key) for version, source in older]
        pairs = [
            (old, key) if direction is Direction.BACKWARD else (key, old) for _, old in keys for direction in directions
        ]
        sources = {key: own} | {source.key: source for _, source in older}
        try:
            done = await self._pool.do(subject.text, Job(key, pairs, sources, config.policy))
        except (BusyError, PoolError):
            raise errors.busy() from None
        except JobLostError as error:
            return await self._lost(subject, own, older, error.rule)
        if done.refused is not None:
            return _unread(done.refused, key, older)
        return Judged(done.canonical, _turned(done, older, directions))

    async def _lost(self, subject: Subject, own: Source, older: Sequence[tuple[Version, Source]], rule: str) -> Judged:
        """Nothing came of it: whether reading the schema alone does the same says whose fault it is."""
        try:
            done = await self._pool.do(subject.text, Job(own.key, [], {own.key: own}, Policy()))
        except (BusyError, PoolError):
            raise errors.busy() from None
        except JobLostError:
            raise errors.invalid_schema(f"Invalid schema: {_LOST.en}", rule=rule) from None
        if done.refused is not None:
            raise _refused(done.refused)
        lost = Difference(rule, Direction.BACKWARD, Place(), Place(), _LOST, decided=False)
        return Judged(done.canonical, [Against(version, Answer((lost,))) for version, _ in older])

    async def _source(self, subject: Subject, content: Content) -> Source:
        if not content.references:
            return Source(content.type, content.text)
        found = await asyncio.to_thread(self._referenced, subject, content)
        return Source(content.type, content.text, found)

    def _referenced(self, subject: Subject, content: Content) -> dict[str, str]:
        """Name to text of everything that a schema refers to, directly or not."""
        found: dict[str, str] = {}
        waiting = [(subject.context, reference) for reference in content.references]
        chars = 0
        while waiting:
            context, reference = waiting.pop()
            version = self._target(context, reference)
            text = version.content.text
            known = found.setdefault(reference.name, text)
            if known != text:
                raise errors.invalid_schema(f"Invalid schema: two references are called '{reference.name}'")
            if known is not text:
                continue
            chars += len(text)
            if len(found) > limits.REFERENCES or chars > limits.REFERENCED:
                raise errors.invalid_schema("Invalid schema: it refers to too many or too large schemas")
            waiting += [(version.subject.context, one) for one in version.content.references]
        return found

    def _target(self, context: str, reference: Reference) -> Version:
        target = target_of(context, reference)
        found = self._reader.version(target, reference.version, ALL) if target else None
        if found is None:
            raise no_reference(reference)
        return found


def no_reference(reference: Reference) -> errors.RegistrationError:
    """42201: a reference that leads nowhere."""
    where = f"for subject '{reference.subject[:80]}' and version {reference.version}"
    return errors.invalid_schema(f"Invalid schema: no schema reference found {where}", rule="reference-unknown")


def target_of(context: str, reference: Reference) -> Subject | None:
    """Where a reference leads; None where its subject is no name."""
    try:
        named = subject_of(reference.subject)
    except SubjectNameError:
        return None
    own = named.context == DEFAULT and not reference.subject.startswith(":")
    return Subject(context, named.name) if own else named


_OTHER: Final = Answer((Difference("type-changed", Direction.BACKWARD, Place(), Place(), _OTHER_TYPE, _KEEP_TYPE),))


def _batches(older: Sequence[tuple[Version, Source]]) -> list[list[tuple[Version, Source]]]:
    batches: list[list[tuple[Version, Source]]] = []
    size = JOB_CHARS
    for one in older:
        size += one[1].chars
        if size > JOB_CHARS:
            batches.append([])
            size = one[1].chars
        batches[-1].append(one)
    return batches


def _turned(done: Done, older: Sequence[tuple[Version, Source]], directions: Sequence[Direction]) -> list[Against]:
    found = iter(done.verdicts)
    return [
        Against(version, levels.joined([levels.turned(direction, next(found).verdict) for direction in directions]))
        for version, _ in older
    ]


def _unread(refused: Refusal, key: str, older: Sequence[tuple[Version, Source]]) -> Judged:
    """The schema itself is none, or an older one that was taken unread (mode IMPORT) is."""
    if refused.key == key:
        raise _refused(refused)
    why = Difference(refused.rule, Direction.BACKWARD, refused.place, Place(), _UNREADABLE, decided=False)
    return Judged("", [Against(version, Answer((why,))) for version, source in older if source.key == refused.key])


def _refused(refused: Refusal) -> errors.RegistrationError:
    place = refused.place
    where = f" at {place.pointer or 'the root'}" + (f", line {place.line}" if place.line else "")
    return errors.invalid_schema(
        f"Invalid schema: {refused.said.en}{where} [{refused.rule}]",
        rule=refused.rule,
        place=place,
        said=refused.said,
    )


def kind_of(text: str | None) -> FormatName:
    """The type of a schema as clients write it; AVRO where they write none.

    Raises:
        RegistrationError: 42201.
    """
    try:
        return FormatName((text or "AVRO").upper())
    except ValueError:
        raise errors.invalid_schema(f"Invalid schema type {(text or '')[:40]}") from None
