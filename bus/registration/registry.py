"""The registry of schemas put together: what every operation needs, and the reading ones.

Promises: whoever may not read a subject is answered as if there were none. Leaves out: HTTP (`bus.http.registry`);
changing (`bus.registration.register`, `remove`, `configure`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import islice
from typing import Final, NamedTuple, TypeVar

from bus.clock import Clock
from bus.registration import errors
from bus.registration.access import Principal
from bus.registration.changes import Recorder
from bus.registration.judge import Judge
from bus.registration.known import Known
from bus.registration.store import MAX_CHARS, SubjectTooLargeError
from bus.registration.stored import ALL, DELETED, LATEST, LIVING, Named, Sought, Version
from bus.registration.writer import Change, Writer
from config.registrants import Right
from registry.registered.names import DEFAULT, Subject, SubjectNameError, subject_of

NamedByLedger = Callable[[Subject, int], bool]
"""Whether a record in the ledger names a version: such a one is never deleted for good."""
MAX_VERSION: Final = 2**31 - 1
_MOST: Final = 20_000
"""Rows of one page: more are asked for by `offset`."""
Item = TypeVar("Item")


class Page(NamedTuple):
    """Which part of a list is wanted; `limit` -1 is all."""

    offset: int = 0
    limit: int = -1

    def of(self, items: list[Item]) -> list[Item]:
        """That part."""
        most = self.limit if 0 <= self.limit < _MOST else _MOST
        return list(islice(items, max(self.offset, 0), max(self.offset, 0) + most))


@dataclass(frozen=True, slots=True)
class Registry:
    """What operations need.

    Attributes:
        store: the tables.
        judge: reads and compares schemas.
        governed: the context whose schemas services use; None where there is none.
        named_by_ledger: see `NamedByLedger`.
    """

    store: Writer
    judge: Judge
    recorder: Recorder
    clock: Clock
    governed: str | None
    named_by_ledger: NamedByLedger
    known: Known = field(default_factory=Known)

    def change(self, who: Principal, kind: str) -> Change:
        """Who does what, now."""
        return Change(who.actor, kind, self.clock())

    async def aliased(self, subject: Subject) -> Subject:
        """The subject that this name stands for."""
        config, _ = await asyncio.to_thread(self.store.setting, subject)
        return named(config.alias) if config is not None and config.alias else subject

    async def read(self, who: Principal, subject: Subject) -> Subject:
        """The subject that this name stands for, where both may be read.

        Raises:
            RegistrationError: 40401.
        """
        readable(who, subject)
        found = await self.aliased(subject)
        readable(who, found)
        return found

    async def contexts(self, who: Principal) -> list[str]:
        """Contexts of which something may be read."""
        return [one for one in await asyncio.to_thread(self.store.contexts) if who.sees(one)]

    async def subjects(self, who: Principal, prefix: str, sought: Sought) -> list[str]:
        """Subjects, by name."""
        found = await asyncio.to_thread(self.store.subjects, prefix, sought)
        return [one.text for one in found if who.may(Right.READ, one)]

    async def numbers(self, who: Principal, subject: Subject, sought: Sought) -> list[int]:
        """Version numbers.

        Raises:
            RegistrationError: 40401.
        """
        subject = await self.read(who, subject)
        found = await asyncio.to_thread(self.store.named, subject, ALL)
        counting = [one for one in found if sought.deleted or not one.deleted]
        if not counting:
            raise errors.subject_unknown(subject)
        return [one.version for one in counting if one.deleted or sought != DELETED]

    async def version(self, who: Principal, subject: Subject, number: int, sought: Sought = LIVING) -> Version:
        """One version.

        Raises:
            RegistrationError: 40401, 40402.
        """
        subject = await self.read(who, subject)
        found = await asyncio.to_thread(self.store.version, subject, number, sought)
        if found is None:
            await self._must_exist(subject, sought)
            raise errors.version_unknown(number)
        return found

    async def latest_with(
        self, who: Principal, subject: Subject, properties: dict[str, str], sought: Sought
    ) -> Version:
        """The newest version whose metadata have these properties.

        Raises:
            RegistrationError: 40401, 40402.
        """
        subject = await self.read(who, subject)
        found = await asyncio.to_thread(self.store.versions, subject, sought)
        if not found:
            raise errors.subject_unknown(subject)
        for one in reversed(found):
            own = (one.content.metadata.properties if one.content.metadata else None) or {}
            if properties.items() <= own.items():
                return one
        raise errors.version_unknown(LATEST)

    async def schemas(
        self, who: Principal, prefix: str, sought: Sought, page: Page, *, latest_only: bool
    ) -> list[Version]:
        """Versions of every subject whose name begins so."""

        def read() -> list[Version]:
            every = self.store.everything(prefix, sought, latest_only=latest_only)
            seen = (one for one in every if who.may(Right.READ, one.subject))
            most = page.limit if 0 <= page.limit < _MOST else _MOST
            found, chars = [], 0
            for one in islice(seen, max(page.offset, 0), max(page.offset, 0) + most):
                chars += len(one.content.text)
                if chars > MAX_CHARS:
                    raise SubjectTooLargeError("so many schemas in one answer are too large: ask by limit and offset")
                found.append(one)
            return found

        return await asyncio.to_thread(read)

    async def referencing(self, who: Principal, subject: Subject, number: int) -> list[int]:
        """Ids of the schemas that refer to a version."""
        found = await self.version(who, subject, number, ALL)
        return await asyncio.to_thread(self.store.referencing, found.subject, found.version)

    async def using(self, who: Principal, context: str, id_: int, sought: Sought) -> list[Named]:
        """Versions that have an id.

        Raises:
            RegistrationError: 40403.
        """
        found = await asyncio.to_thread(self.store.having_id, context, id_, ALL)
        if not any(who.may(Right.READ, one.subject) for one in found):
            raise errors.schema_unknown(id_)
        return [one for one in found if who.may(Right.READ, one.subject) and (sought.deleted or not one.deleted)]

    async def context_of_id(self, who: Principal, id_: int, subject: str) -> str:
        """In which context an id is meant: the subject's, or the one where a subject of this name has it."""
        if not subject:
            return DEFAULT
        meant = named(subject)
        if meant.context != DEFAULT or not meant.name:
            return meant.context
        for context in await self.contexts(who):
            found = await asyncio.to_thread(self.store.having_id, context, id_, ALL)
            if any(one.subject.name == meant.name for one in found):
                return context
        return DEFAULT

    async def _must_exist(self, subject: Subject, sought: Sought) -> None:
        if not await asyncio.to_thread(self.store.named, subject, sought):
            raise errors.subject_unknown(subject)


def named(text: str) -> Subject:
    """A subject's name as a client wrote it.

    Raises:
        RegistrationError: 42208.
    """
    try:
        return subject_of(text)
    except SubjectNameError:
        raise errors.invalid_subject(text) from None


def numbered(text: str) -> int:
    """A version as a client wrote it: a number, `latest`, `-1`.

    Raises:
        RegistrationError: 42202.
    """
    if text in {"latest", "-1"}:
        return LATEST
    if text.isascii() and text.isdigit() and len(text) <= 10 and 1 <= int(text) <= MAX_VERSION:  # noqa: PLR2004 - digits of what fits
        return int(text)
    raise errors.invalid_version(text)


def readable(who: Principal, subject: Subject) -> None:
    """Pass who may read a subject.

    Raises:
        RegistrationError: 40401: as if there were none.
    """
    if not who.may(Right.READ, subject):
        raise errors.subject_unknown(subject)


def allowed(who: Principal, right: Right, subject: Subject) -> None:
    """Pass who has a right over a subject.

    Raises:
        RegistrationError: 40301.
    """
    if not who.may(right, subject):
        raise errors.denied(subject)
