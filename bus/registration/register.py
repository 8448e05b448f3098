"""Registering a schema, looking one up, and asking whether one would go.

Promises: what is registered was read, and compared as the level says with the very versions that stand before it when
it is added; equal schemas get equal ids. Leaves out: HTTP; the governed context's rules (`bus.registration.governed`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import msgspec

from bus.registration import errors, told
from bus.registration.access import Principal
from bus.registration.governed import require_governed
from bus.registration.judge import Against, Judged, no_reference, target_of
from bus.registration.registry import Registry, allowed
from bus.registration.store import Seen
from bus.registration.stored import ALL, LATEST, LIVING, Content, Version
from bus.registration.writer import Change, IdTakenError, MovedError, Wanted
from config.registrants import Right
from registry.evolution import levels, limits
from registry.evolution.levels import Level
from registry.registered.names import Subject
from registry.registered.settings import Config, Mode, merged_metadata, merged_rules
from registry.registered.tags import TagError, Tagged, retagged

_ATTEMPTS: Final = 10


class Offered(NamedTuple):
    """A schema as a client offers it.

    Attributes:
        added, removed: tags to put into its text and to take from it.
        id, version: brought along from another registry (mode IMPORT).
    """

    content: Content
    normalize: bool = False
    id: int | None = None
    version: int | None = None
    added: Sequence[Tagged] = ()
    removed: Sequence[Tagged] = ()


class Checked(NamedTuple):
    """Whether a schema would go, and why not."""

    compatible: bool
    refused: Sequence[Against] = ()
    level: Level = Level.NONE
    invalid: str | None = None


async def register(registry: Registry, who: Principal, subject: Subject, offered: Offered) -> Version:
    """Register a schema; the version that it has, old or new.

    Raises:
        RegistrationError: 40301; 409; 42201, 42205, 42208, 42209; 503.
    """
    subject = await registry.aliased(subject)
    allowed(who, Right.WRITE, subject)
    if not subject.name:
        raise errors.invalid_subject(subject.text)
    _fits(offered.content)
    offered = _tagged(await _referring(registry, who, subject, offered))
    for _ in range(_ATTEMPTS):
        seen, living = await asyncio.to_thread(registry.store.seen, subject)
        _mode_allows(subject, seen.mode, offered)
        imported = seen.mode is Mode.IMPORT  # what is brought along is taken as it is
        content = offered.content if imported else _completed(offered.content, living, seen.config)
        same = None if imported else _same(content, offered.content, living)
        if same is not None:
            return same
        judged = await _judged(registry, subject, content, living, seen)
        content = msgspec.structs.replace(content, canonical=judged.canonical)
        if offered.normalize or seen.config.normalize:
            normal = _normal(content, living)
            if isinstance(normal, Version):
                return normal
            content = normal
        if judged.refused:
            said = told.messages(judged.refused, seen.config.level)
            raise errors.incompatible(subject, said, incompatibilities=told.whole(judged.refused))
        require_governed(registry.governed, who, subject, content)
        await _must_not_replace_named(registry, subject, offered, content, living)
        try:
            return await _added(registry, Wanted(subject, content, offered.id, offered.version), seen, who)
        except MovedError:
            continue
    raise errors.busy()


async def look_up(registry: Registry, who: Principal, subject: Subject, offered: Offered, *, deleted: bool) -> Version:
    """The version of a subject that has this schema.

    Raises:
        RegistrationError: 40401, 40403; 42201 it is no schema.
    """
    subject = await registry.read(who, subject)
    versions = await asyncio.to_thread(registry.store.versions, subject, ALL if deleted else LIVING)
    if not versions:
        raise errors.subject_unknown(subject)
    _fits(offered.content)
    offered = await _referring(registry, who, subject, offered)
    same = _same(offered.content, offered.content, versions)
    if same is not None:
        return same
    config, _ = await asyncio.to_thread(registry.store.settings, subject)
    judged = await registry.judge.judge(subject, offered.content, (), config)
    if offered.normalize or config.normalize:
        content = msgspec.structs.replace(offered.content, canonical=judged.canonical)
        found = _normal(content, versions)
        if isinstance(found, Version):
            return found
    raise errors.schema_unknown()


async def check(
    registry: Registry, who: Principal, subject: Subject, offered: Offered, number: int | None, *, verbose: bool
) -> Checked:
    """Whether a schema would go with one version (`LATEST` too), or as the level says with all (None).

    Raises:
        RegistrationError: 40301, 40401, 40402; 42201 it is no schema and `verbose` is off; 42209; 503.
    """
    for one in (subject, await registry.aliased(subject)):
        if not who.may(Right.READ, one):
            allowed(who, Right.CHECK, one)
        subject = one
    _fits(offered.content)
    offered = await _referring(registry, who, subject, offered)
    seen, living = await asyncio.to_thread(registry.store.seen, subject)
    content = _completed(offered.content, living, seen.config)
    level = seen.config.level
    if number is None:
        older = levels.compared(level, _grouped(content, living, seen.config))
    elif number == LATEST:
        older = tuple(living[-1:])
    else:
        older = tuple(one for one in living if one.version == number)
        if not older:
            raise errors.version_unknown(number)
    try:
        judged = await registry.judge.judge(subject, content, older if level is not Level.NONE else (), seen.config)
    except errors.RegistrationError as error:
        if verbose and error.code == _INVALID:
            return Checked(compatible=False, level=level, invalid=error.message)
        raise
    return Checked(not judged.refused, judged.refused, level)


_INVALID: Final = errors.invalid_schema("").code


async def _judged(
    registry: Registry, subject: Subject, content: Content, living: Sequence[Version], seen: Seen
) -> Judged:
    older = levels.compared(seen.config.level, _grouped(content, living, seen.config))
    return await registry.judge.judge(subject, content, () if seen.mode is Mode.IMPORT else older, seen.config)


async def _added(registry: Registry, wanted: Wanted, seen: Seen, who: Principal) -> Version:
    subject = wanted.subject
    targets = [(target_of(subject.context, one), one.version) for one in wanted.content.references]
    wanted = wanted._replace(targets=[(target, number) for target, number in targets if target is not None])
    change: Change = registry.change(who, "register")
    try:
        added = await asyncio.to_thread(registry.store.add, wanted, seen, change)
    except IdTakenError:
        raise errors.not_permitted(f"Overwrite new schema with id {wanted.id} is not permitted.") from None
    await registry.recorder.record()
    found = await asyncio.to_thread(registry.store.version, subject, added.version)
    if found is None:
        raise errors.version_unknown(added.version)
    return found


async def _referring(registry: Registry, who: Principal, subject: Subject, offered: Offered) -> Offered:
    """With every reference led to a version that this one may read; -1 is the latest.

    Raises:
        RegistrationError: 42201.
    """
    found = []
    for one in offered.content.references:
        target = target_of(subject.context, one)
        version = None
        if target is not None and who.may(Right.READ, target):
            version = await asyncio.to_thread(registry.store.version, target, one.version, ALL)
        if version is None:
            raise no_reference(one)
        found.append(msgspec.structs.replace(one, version=version.version))
    content = msgspec.structs.replace(offered.content, references=tuple(found))
    return offered._replace(content=content)


def _tagged(offered: Offered) -> Offered:
    """With the tags in its text.

    Raises:
        RegistrationError: 42201.
    """
    if not offered.added and not offered.removed:
        return offered
    content = offered.content
    try:
        text = retagged(content.type, content.text, offered.added, offered.removed)
    except TagError as error:
        raise errors.invalid_schema(f"Invalid schema: {error}", rule="tags") from None
    return offered._replace(content=msgspec.structs.replace(content, text=text))


async def tag(registry: Registry, who: Principal, subject: Subject, number: int, offered: Offered) -> Version:
    """Register a version's schema again with other tags, metadata or rules; the version that this makes.

    The version to start from is `number`; of what is offered, its text counts for nothing.

    Raises:
        RegistrationError: as `register`; 40401, 40402.
    """
    old = await registry.version(who, subject, number)
    given = offered.content
    content = msgspec.structs.replace(
        old.content,
        metadata=given.metadata or old.content.metadata,
        rules=given.rules or old.content.rules,
        canonical="",
    )
    return await register(registry, who, subject, offered._replace(content=content))


async def _must_not_replace_named(
    registry: Registry, subject: Subject, offered: Offered, content: Content, living: Sequence[Version]
) -> None:
    """A version brought along never takes the place of another that a record names.

    Raises:
        RegistrationError: 42206.
    """
    number = offered.version
    old = next((one for one in living if one.version == number), None)
    if number is None or (old is not None and old.marks.whole == content.whole):
        return
    if await asyncio.to_thread(registry.named_by_ledger, subject, number):
        raise errors.reference_exists(subject, number, named_by="ledger")


def _fits(content: Content) -> None:
    if not content.text.strip():
        raise errors.invalid_schema("Empty schema")
    if len(content.text) > limits.TEXT:
        raise errors.too_large("Register")
    if len(content.references) > limits.REFERENCES:
        raise errors.invalid_schema("Invalid schema: it refers to too many schemas")
    if "\x00" in content.text:
        raise errors.invalid_schema("Invalid schema: it holds the character U+0000")


def _mode_allows(subject: Subject, mode: Mode, offered: Offered) -> None:
    if mode in {Mode.READONLY, Mode.READONLY_OVERRIDE}:
        raise errors.not_permitted(f"Subject {subject.text} is in read-only mode")
    if offered.id is not None and mode is not Mode.IMPORT:
        raise errors.not_permitted(f"Subject {subject.text} is not in import mode")
    if offered.id is None and mode is not Mode.READWRITE:
        raise errors.not_permitted(f"Subject {subject.text} is not in read-write mode")


def _completed(content: Content, living: Sequence[Version], config: Config) -> Content:
    """With the metadata and rules of the version before, where none are given, and what the settings add."""
    metadata, rules = content.metadata, content.rules
    if living:
        metadata = living[-1].content.metadata if metadata is None else metadata
        rules = living[-1].content.rules if rules is None else rules
    metadata, rules = merged_metadata(metadata, config), merged_rules(rules, config)
    return msgspec.structs.replace(content, metadata=metadata, rules=rules)


def _same(content: Content, given: Content, versions: Sequence[Version]) -> Version | None:
    """The newest version that is this schema; metadata and rules count only where they are given."""
    whole = content.whole
    text = content.text_digest if given.metadata is None and given.rules is None else None
    return next((one for one in reversed(versions) if one.marks.whole == whole or one.marks.text == text), None)


def _normal(content: Content, versions: Sequence[Version]) -> Version | Content:
    """The newest version of the same canonical text, or the schema in that text."""
    mark = content.canonical_digest
    same: Any = next((one for one in reversed(versions) if one.marks.canonical == mark), None)
    return same or msgspec.structs.replace(content, text=content.canonical)


def _grouped(content: Content, living: Sequence[Version], config: Config) -> list[Version]:
    """The versions that count: with a compatibility group, those of the same major version."""
    group = config.compatibility_group
    if group is None:
        return list(living)
    return [one for one in living if _property(one.content, group) == _property(content, group)]


def _property(content: Content, name: str) -> str | None:
    return ((content.metadata.properties if content.metadata else None) or {}).get(name)
