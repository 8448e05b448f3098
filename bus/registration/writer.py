"""Changing the registered schemas: each change one transaction, with its line in the list of changes.

Promises: writers of one context wait for each other, so two never make two versions of one number nor give one id to
two schemas; a version is added only to what it was compared with (`MovedError` else); nothing changes without a line
that says who did it. Leaves out: whether a change may be (`bus.registration.register`, `remove`, `configure`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from bus.registration.store import (
    WHOLE,
    Reader,
    Seen,
    named_in,
    of,
    of_scope,
    referencing_in,
    setting_in,
    settings_in,
)
from bus.registration.stored import ALL, LIVING, Content, Marks, Named, packed
from bus.registration.tables import CHANGES, CONTEXTS, REFERENCES, SCHEMAS, SETTINGS, STATE, VERSIONS
from bus.storage.engine import writing
from bus.storage.port import StoreError
from registry.registered.identity import guid_of
from registry.registered.names import Subject
from registry.registered.settings import Config, Mode


class MovedError(StoreError):
    """Somebody changed the subject or its settings since they were looked at; nothing was written."""


class IdTakenError(StoreError):
    """The id that was brought along belongs to another schema; nothing was written."""


class ReferencedError(StoreError):
    """Other schemas refer to this version; nothing was written.

    Attributes:
        subject, version: which one.
    """

    def __init__(self, subject: Subject, version: int) -> None:
        super().__init__("other schemas refer to it")
        self.subject = subject
        self.version = version


class Actor(NamedTuple):
    """Who does it: the name of a key, and the agency whose it is."""

    id: str
    agency: str | None = None


class Change(NamedTuple):
    """What is about to be done, for the list of changes."""

    actor: Actor
    kind: str
    time_ms: int


class Wanted(NamedTuple):
    """A version to be.

    Attributes:
        id, version: where they are brought along (mode IMPORT).
        targets: what the references lead to.
    """

    subject: Subject
    content: Content
    id: int | None = None
    version: int | None = None
    targets: Sequence[tuple[Subject, int]] = ()


Setting = tuple[Config | None, Mode | None]
Revision = Callable[[Config | None, Mode | None], Setting]
"""What a scope shall say, from what it says."""


class Writer(Reader):
    """The tables opened for changing."""

    def add(self, wanted: Wanted, seen: Seen, change: Change) -> Named:
        """Add a version; one whose number is brought along and exists becomes this schema (mode IMPORT).

        Raises:
            MovedError: the subject or its settings are not as seen, or a schema that this one refers to has gone.
            IdTakenError: the id belongs to another schema.
        """
        subject = wanted.subject
        marks = wanted.content.marks
        with self._changing(subject.context) as connection:
            versions = named_in(connection, subject, ALL)
            if list(seen.versions) != versions or settings_in(connection, subject) != (seen.config, seen.mode):
                raise MovedError("the subject has moved on")
            for target, number in wanted.targets:
                if all(one.version != number for one in named_in(connection, target, ALL)):
                    raise MovedError("a schema that this one refers to has gone")
            number = wanted.version or max((one.version for one in versions), default=0) + 1
            id_ = self._id_of(connection, wanted, marks)
            connection.execute(sa.delete(VERSIONS).where(*of(subject), VERSIONS.c.version == number))
            row = {"version": number, "id": id_, "deleted": False, "time_ms": change.time_ms}
            connection.execute(sa.insert(VERSIONS).values(context=subject.context, subject=subject.name, **row))
            told = {"sha256": marks.text, "guid": guid_of(marks.whole)}
            _tell(connection, change, subject.text, told, version=number, schema_id=id_)
        return Named(subject, number, id_, deleted=False)

    def hide(self, subject: Subject, numbers: Sequence[int], change: Change) -> None:
        """Mark versions as deleted.

        Raises:
            ReferencedError: a schema refers to one of them.
            MovedError: one of them has gone meanwhile.
        """
        with self._changing(subject.context) as connection:
            _unreferenced(connection, subject, numbers)
            living = {one.version for one in named_in(connection, subject, LIVING)}
            if not living.issuperset(numbers):
                raise MovedError("a version has gone")
            chosen = VERSIONS.c.version.in_(numbers)
            connection.execute(sa.update(VERSIONS).where(*of(subject), chosen).values(deleted=True))
            for number in numbers:
                _tell(connection, change, subject.text, {}, version=number)

    def drop(self, subject: Subject, numbers: Sequence[int], change: Change) -> None:
        """Take versions out for good; their ids stay theirs.

        Raises:
            ReferencedError: a schema refers to one of them.
            MovedError: one of them has gone, or came back to life.
        """
        with self._changing(subject.context) as connection:
            _unreferenced(connection, subject, numbers)
            hidden = {one.version for one in named_in(connection, subject, ALL) if one.deleted}
            if not hidden.issuperset(numbers):
                raise MovedError("a version has moved")
            connection.execute(sa.delete(VERSIONS).where(*of(subject), VERSIONS.c.version.in_(numbers)))
            connection.execute(sa.update(STATE).values(generation=STATE.c.generation + 1))
            for number in numbers:
                _tell(connection, change, subject.text, {}, version=number)

    def revise(self, scope: Subject, revised: Revision, change: Change) -> Setting:
        """Change what a scope says itself; what it said before."""
        with self._changing(scope.context) as connection:
            before = setting_in(connection, scope)
            config, mode = revised(*before)
            if before == (config, mode):
                return before
            connection.execute(sa.delete(SETTINGS).where(*of_scope(scope)))
            if config is not None or mode is not None:
                row: dict[str, Any] = {"config": packed(config) if config else None, "mode": mode}
                connection.execute(sa.insert(SETTINGS).values(context=scope.context, subject=scope.name, **row))
            _tell(connection, change, "" if scope == WHOLE else scope.text, {"config": config, "mode": mode})
        return before

    def drop_context(self, context: str, change: Change) -> bool:
        """Take an empty context out of the list, with its settings; False where it has subjects. Its ids stay taken."""
        with self._changing(context) as connection:
            if connection.execute(sa.select(VERSIONS.c.version).where(VERSIONS.c.context == context).limit(1)).first():
                return False
            connection.execute(sa.delete(SETTINGS).where(SETTINGS.c.context == context))
            connection.execute(sa.update(CONTEXTS).where(CONTEXTS.c.context == context).values(listed=False))
            _tell(connection, change, f":{context}:", {})
        return True

    @contextmanager
    def _changing(self, context: str) -> Iterator[sa.Connection]:
        """One transaction; others that change this context wait for its end."""
        with self.engine.connect() as connection, writing(connection):
            insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
            row = insert(CONTEXTS).values(context=context, next_id=1, listed=False).on_conflict_do_nothing()
            connection.execute(row)
            connection.execute(sa.select(CONTEXTS.c.next_id).where(CONTEXTS.c.context == context).with_for_update())
            yield connection

    def _id_of(self, connection: sa.Connection, wanted: Wanted, marks: Marks) -> int:
        """The id that this schema has in its context, or a new one."""
        context, content = wanted.subject.context, wanted.content
        connection.execute(sa.update(CONTEXTS).where(CONTEXTS.c.context == context).values(listed=True))
        own = SCHEMAS.c.whole == marks.whole if wanted.id is None else SCHEMAS.c.id == wanted.id
        known = connection.execute(
            sa.select(SCHEMAS.c.id, SCHEMAS.c.whole).where(SCHEMAS.c.context == context, own).order_by(SCHEMAS.c.id)
        ).first()
        if known is not None and known.whole != marks.whole:
            raise IdTakenError("this id belongs to another schema")
        if known is not None:
            return int(known.id)
        next_id = int(connection.scalars(sa.select(CONTEXTS.c.next_id).where(CONTEXTS.c.context == context)).one())
        id_ = next_id if wanted.id is None else wanted.id
        connection.execute(sa.insert(SCHEMAS).values(context=context, id=id_, **_row(content, marks)))
        for place, (target, number) in enumerate(wanted.targets):
            to = {"to_context": target.context, "to_subject": target.name, "to_version": number}
            connection.execute(sa.insert(REFERENCES).values(context=context, id=id_, place=place, **to))
        following = {"next_id": max(next_id, id_ + 1)}
        connection.execute(sa.update(CONTEXTS).where(CONTEXTS.c.context == context).values(**following))
        return id_


def _row(content: Content, marks: Marks) -> dict[str, Any]:
    return {
        "guid": guid_of(marks.whole),
        "type": str(content.type),
        "whole": marks.whole,
        "text_digest": marks.text,
        "canonical_digest": marks.canonical,
        "text": content.text,
        "refs": packed(content.references),
        "metadata": packed(content.metadata),
        "rules": packed(content.rules),
    }


def _unreferenced(connection: sa.Connection, subject: Subject, numbers: Sequence[int]) -> None:
    for number in numbers:
        if referencing_in(connection, subject, number):
            raise ReferencedError(subject, number)


def _tell(
    connection: sa.Connection,
    change: Change,
    subject: str,
    detail: Mapping[str, object],
    *,
    version: int | None = None,
    schema_id: int | None = None,
) -> None:
    connection.execute(
        sa.insert(CHANGES).values(
            time_ms=change.time_ms,
            actor=change.actor.id,
            agency=change.actor.agency,
            kind=change.kind,
            subject=subject,
            version=version,
            schema_id=schema_id,
            detail=packed(detail),
        )
    )
