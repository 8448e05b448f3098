"""Reading the registered schemas from their tables.

Promises: every answer is one snapshot of the tables; calls block, so they belong on a thread.
Leaves out: changing them (`bus.registration.writer`) and who may read (`bus.registration.access`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Final, NamedTuple

import msgspec
import sqlalchemy as sa

from bus.registration.stored import ALL, LATEST, LIVING, Content, Marks, Named, Sought, Version, content_of
from bus.registration.tables import CONTEXTS, NAMED_STATE, REFERENCES, REGISTRATION, SCHEMAS, SETTINGS, STATE, VERSIONS
from bus.storage import formats
from bus.storage.engine import as_store_errors, open_engine, sqlite_file
from bus.storage.port import StoreError, StoreExistsError
from registry.registered.names import ANY, DEFAULT, Subject
from registry.registered.settings import UNSET, Config, Mode, effective

WHOLE: Final = Subject("", "")
"""The scope of settings that hold everywhere."""
_config: Final = msgspec.json.Decoder(Config)
_MARKS: Final = (SCHEMAS.c.whole, SCHEMAS.c.text_digest, SCHEMAS.c.canonical_digest)
_CONTENT: Final = (SCHEMAS.c.type, SCHEMAS.c.text, SCHEMAS.c.refs, SCHEMAS.c.metadata, SCHEMAS.c.rules)
_JOINED: Final = VERSIONS.join(SCHEMAS, sa.and_(SCHEMAS.c.context == VERSIONS.c.context, SCHEMAS.c.id == VERSIONS.c.id))
_VERSION: Final = sa.select(VERSIONS, SCHEMAS.c.guid, *_MARKS, *_CONTENT).select_from(_JOINED)
_NAMED: Final = sa.select(VERSIONS.c.context, VERSIONS.c.subject, VERSIONS.c.version, VERSIONS.c.id, VERSIONS.c.deleted)


MAX_CHARS: Final = 64 << 20
"""Characters of all versions of a subject together: they are compared at once."""
_STRIDE: Final = 100


class SubjectTooLargeError(StoreError):
    """A subject holds more than can be compared at once."""


class Seen(NamedTuple):
    """A subject as it stood: every version, deleted ones too, and the settings that counted."""

    versions: Sequence[Named]
    config: Config
    mode: Mode


def create_registration(url: str) -> None:
    """Create empty tables; those that stand stay as they are."""
    engine = open_engine(url, create=True)
    try:
        with suppress(StoreExistsError):
            formats.create(
                engine,
                REGISTRATION,
                sa.insert(STATE).values(id=1, generation=0),
                sa.insert(NAMED_STATE).values(id=1, next=0),
            )
    finally:
        engine.dispose()


class Reader:
    """The tables opened for reading.

    Raises:
        MissingStoreError: there are none at this URL.
        FormatVersionError: their format is not this program's.
    """

    def __init__(self, url: str) -> None:
        self.engine = open_engine(url)
        try:
            formats.require_current(self.engine, REGISTRATION)
        except BaseException:
            self.engine.dispose()
            raise

        # SQLite's transactions are snapshots by themselves.
        whole = {} if sqlite_file(self.engine) is not None else {"isolation_level": "REPEATABLE READ"}
        self._snapshots = self.engine.execution_options(**whole)

    def close(self) -> None:
        """Let go of every connection."""
        self.engine.dispose()

    def generation(self) -> int:
        """Rises with each hard deletion."""
        with self.reading() as connection:
            return int(connection.scalars(sa.select(STATE.c.generation)).one())

    def contexts(self) -> list[str]:
        """Every context that was ever used, the default one first."""
        with self.reading() as connection:
            found = connection.scalars(
                sa.select(CONTEXTS.c.context).where(CONTEXTS.c.listed).order_by(CONTEXTS.c.context)
            )
            return list(dict.fromkeys((DEFAULT, *found)))

    def subjects(self, prefix: str = ANY, sought: Sought = LIVING) -> list[Subject]:
        """Subjects with versions of that kind whose name begins so, in order."""
        with self.reading() as connection:
            rows = connection.execute(
                sa.select(VERSIONS.c.context, VERSIONS.c.subject).where(*where(sought)).distinct()
            )
            found = [Subject(row.context, row.subject) for row in rows]
        if sought == Sought(living=False, deleted=True):
            living = set(self.subjects(prefix))
            found = [one for one in found if one not in living]
        if prefix.startswith(ANY):
            kept = (one for one in found if one.name.startswith(prefix.removeprefix(ANY)))
        else:
            kept = (one for one in found if one.text.startswith(prefix))
        return sorted(kept, key=lambda one: one.text)

    def numbers(self, subject: Subject, sought: Sought = LIVING) -> list[int]:
        """A subject's version numbers, rising."""
        return [one.version for one in self.named(subject, sought)]

    def named(self, subject: Subject, sought: Sought = LIVING) -> list[Named]:
        """A subject's versions without their schemas, rising."""
        with self.reading() as connection:
            return named_in(connection, subject, sought)

    def seen(self, subject: Subject) -> tuple[Seen, list[Version]]:
        """A subject as it stands, and its living versions with their schemas."""
        with self.reading() as connection:
            config, mode = settings_in(connection, subject)
            _small_enough(connection, subject, LIVING)
            seen = Seen(named_in(connection, subject, ALL), config, mode)
            rows = connection.execute(_VERSION.where(*of(subject), *where(LIVING)).order_by(*_ORDER)).all()
            return seen, [_version(row) for row in rows]

    def version(self, subject: Subject, number: int, sought: Sought = LIVING) -> Version | None:
        """One version; `LATEST` is the highest."""
        found = self.versions(subject, sought, number)
        return found[-1] if found else None

    def versions(self, subject: Subject, sought: Sought = LIVING, number: int | None = None) -> list[Version]:
        """A subject's versions with their schemas, rising; all, one of them, or the latest."""
        statement = _VERSION.where(*of(subject), *where(sought))
        if number == LATEST:
            statement = statement.order_by(VERSIONS.c.version.desc()).limit(1)
        elif number is not None:
            statement = statement.where(VERSIONS.c.version == number)
        with self.reading() as connection:
            if number is None:
                _small_enough(connection, subject, sought)
            rows = connection.execute(statement)
            return sorted((_version(row) for row in rows), key=lambda one: one.version)

    def everything(self, prefix: str, sought: Sought, *, latest_only: bool) -> Iterator[Version]:
        """Versions of every subject whose name begins so, subject by subject."""
        wanted = set(self.subjects(prefix, sought))
        ordered = _VERSION.where(*where(sought)).order_by(VERSIONS.c.context, *_ORDER)
        before: Version | None = None
        with self.reading() as connection:
            for row in connection.execution_options(yield_per=_STRIDE).execute(ordered):
                if Subject(row.context, row.subject) not in wanted:
                    continue
                one = _version(row)
                if before is not None and not (latest_only and before.subject == one.subject):
                    yield before
                before = one
        if before is not None:
            yield before

    def schema(self, context: str, number: int) -> tuple[str, Content] | None:
        """GUID and schema of an id that some version has, deleted or not."""
        statement = sa.select(SCHEMAS.c.guid, *_CONTENT).where(
            SCHEMAS.c.context == context,
            SCHEMAS.c.id == number,
            sa.exists().where(VERSIONS.c.context == context, VERSIONS.c.id == number),
        )
        with self.reading() as connection:
            row = connection.execute(statement).one_or_none()
            return None if row is None else (row.guid, _content(row))

    def having_guid(self, guid: str) -> list[tuple[str, int]]:
        """Contexts and ids of a GUID."""
        used = sa.exists().where(VERSIONS.c.context == SCHEMAS.c.context, VERSIONS.c.id == SCHEMAS.c.id)
        with self.reading() as connection:
            rows = connection.execute(
                sa.select(SCHEMAS.c.context, SCHEMAS.c.id)
                .where(SCHEMAS.c.guid == guid, used)
                .order_by(SCHEMAS.c.context)
            )
            return [(row.context, row.id) for row in rows]

    def having_id(self, context: str, number: int, sought: Sought = LIVING) -> list[Named]:
        """Every version that has an id, subject by subject."""
        statement = _NAMED.where(VERSIONS.c.context == context, VERSIONS.c.id == number, *where(sought))
        with self.reading() as connection:
            return [_named(row) for row in connection.execute(statement.order_by(*_ORDER))]

    def greatest_id(self, context: str) -> int:
        """The highest id of a context; 0 where there is none."""
        with self.reading() as connection:
            found = connection.scalar(sa.select(sa.func.max(SCHEMAS.c.id)).where(SCHEMAS.c.context == context))
            return int(found or 0)

    def referencing(self, subject: Subject, number: int) -> list[int]:
        """Ids of the schemas that refer to a version and are in use, in order."""
        with self.reading() as connection:
            return referencing_in(connection, subject, number)

    def setting(self, scope: Subject) -> tuple[Config | None, Mode | None]:
        """What one scope sets itself."""
        with self.reading() as connection:
            return setting_in(connection, scope)

    def settings(self, subject: Subject) -> tuple[Config, Mode]:
        """What counts for a subject."""
        with self.reading() as connection:
            return settings_in(connection, subject)

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """One snapshot of the tables."""
        with as_store_errors(self.engine), self._snapshots.connect() as connection:
            yield connection


_ORDER: Final = (VERSIONS.c.subject, VERSIONS.c.version)


def _small_enough(connection: sa.Connection, subject: Subject, sought: Sought) -> None:
    """Pass a subject whose versions can all be held at once.

    Raises:
        SubjectTooLargeError: their texts have more than `MAX_CHARS` characters together.
    """
    chars = sa.select(sa.func.sum(sa.func.length(SCHEMAS.c.text))).select_from(_JOINED)
    if (connection.scalar(chars.where(*of(subject), *where(sought))) or 0) > MAX_CHARS:
        raise SubjectTooLargeError("the versions of this subject are too large together")


def of(subject: Subject) -> tuple[sa.ColumnElement[bool], ...]:
    """The rows of a subject."""
    return (VERSIONS.c.context == subject.context, VERSIONS.c.subject == subject.name)


def where(sought: Sought) -> tuple[sa.ColumnElement[bool], ...]:
    """The rows of versions of a kind."""
    if sought.living and sought.deleted:
        return ()
    return (VERSIONS.c.deleted.is_(sought.deleted),)


def named_in(connection: sa.Connection, subject: Subject, sought: Sought) -> list[Named]:
    """A subject's versions, within a transaction."""
    return [_named(row) for row in connection.execute(_NAMED.where(*of(subject), *where(sought)).order_by(*_ORDER))]


def referencing_in(connection: sa.Connection, subject: Subject, number: int) -> list[int]:
    """Ids of the schemas that refer to a version and have versions themselves."""
    used = sa.exists().where(
        VERSIONS.c.context == REFERENCES.c.context, VERSIONS.c.id == REFERENCES.c.id, VERSIONS.c.deleted.is_(False)
    )
    statement = sa.select(REFERENCES.c.id).where(
        REFERENCES.c.to_context == subject.context,
        REFERENCES.c.to_subject == subject.name,
        REFERENCES.c.to_version == number,
        used,
    )
    return sorted(set(connection.scalars(statement)))


def setting_in(connection: sa.Connection, scope: Subject) -> tuple[Config | None, Mode | None]:
    """What one scope sets itself, within a transaction."""
    row = connection.execute(sa.select(SETTINGS).where(*of_scope(scope))).one_or_none()
    if row is None:
        return None, None
    return _config.decode(bytes(row.config)) if row.config else None, Mode(row.mode) if row.mode else None


def settings_in(connection: sa.Connection, subject: Subject) -> tuple[Config, Mode]:
    """What counts for a subject, within a transaction."""
    scopes = scopes_of(subject)
    found = [setting_in(connection, scope) for scope in scopes]
    mode = next((mode for _, mode in found if mode is not None), Mode.READWRITE)
    return effective(config for config, _ in found) if any(config for config, _ in found) else UNSET, mode


def scopes_of(subject: Subject) -> Sequence[Subject]:
    """The scopes that a subject is in, the narrowest first."""
    if subject == WHOLE:
        return (WHOLE,)
    return tuple(dict.fromkeys((subject, Subject(subject.context, ""), WHOLE)))


def of_scope(scope: Subject) -> tuple[sa.ColumnElement[bool], ...]:
    """The row of a scope."""
    return (SETTINGS.c.context == scope.context, SETTINGS.c.subject == scope.name)


def _named(row: Any) -> Named:  # noqa: ANN401 - a row of SQLAlchemy's
    return Named(Subject(row.context, row.subject), row.version, row.id, row.deleted)


def _version(row: Any) -> Version:  # noqa: ANN401 - a row of SQLAlchemy's
    subject = Subject(row.context, row.subject)
    marks = Marks(row.whole, row.text_digest, row.canonical_digest)
    return Version(subject, row.version, row.id, row.guid, row.deleted, row.time_ms, _content(row), marks)


def _content(row: Any) -> Content:  # noqa: ANN401 - a row of SQLAlchemy's
    return content_of(row.type, row.text, row.refs, row.metadata, row.rules)
