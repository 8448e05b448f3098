"""Deleting versions, subjects and contexts: first marked, then for good.

Promises: nothing that another schema refers to goes, and nothing that a record in the ledger names goes for good.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from bus.registration import errors
from bus.registration.access import Principal
from bus.registration.registry import Registry, allowed
from bus.registration.stored import ALL, LATEST, Named
from bus.registration.writer import MovedError, ReferencedError
from config.registrants import Right
from registry.registered.names import DEFAULT, Subject
from registry.registered.settings import Mode

_ATTEMPTS = 5


async def delete_version(registry: Registry, who: Principal, subject: Subject, number: int, *, for_good: bool) -> int:
    """Delete one version; its number.

    Raises:
        RegistrationError: 40301; 40401, 40402, 40406, 40407; 42205, 42206.
    """
    _must_be_allowed(who, subject, for_good=for_good)
    for _ in range(_ATTEMPTS):
        versions = await _versions(registry, who, subject)
        found = next((one for one in versions if one.version == number), None)
        if number == LATEST:
            wanted = [one for one in versions if for_good or not one.deleted]
            found = wanted[-1] if wanted else None
        if found is None:
            raise errors.version_unknown(number)
        if found.deleted and not for_good:
            raise errors.version_hidden(subject, found.version)
        if for_good and not found.deleted:
            raise errors.version_not_hidden(subject, found.version)
        try:
            await _delete(registry, who, subject, [found], for_good=for_good)
        except MovedError:
            continue
        return found.version
    raise errors.busy()


async def delete_subject(registry: Registry, who: Principal, subject: Subject, *, for_good: bool) -> list[int]:
    """Delete every version of a subject; their numbers.

    Raises:
        RegistrationError: 40301; 40401, 40404, 40405; 42205, 42206.
    """
    _must_be_allowed(who, subject, for_good=for_good)
    for _ in range(_ATTEMPTS):
        versions = await _versions(registry, who, subject)
        living = [one for one in versions if not one.deleted]
        if not living and not for_good:
            raise errors.subject_hidden(subject)
        if living and for_good:
            raise errors.subject_not_hidden(subject)
        gone = versions if for_good else living
        try:
            await _delete(registry, who, subject, gone, for_good=for_good)
            if not for_good:
                await _forget_settings(registry, who, subject)
        except MovedError:
            continue
        return [one.version for one in gone]
    raise errors.busy()


async def delete_context(registry: Registry, who: Principal, context: str) -> None:
    """Delete a context without subjects, its settings with it.

    Raises:
        RegistrationError: 40301; 42205 the default or the governed one; 42211.
    """
    allowed(who, Right.ADMIN, Subject(context, ""))
    if context in {DEFAULT, registry.governed}:
        raise errors.not_permitted(f"Context '{context}' is not deleted")
    change = registry.change(who, "delete-context")
    if not await asyncio.to_thread(registry.store.drop_context, context, change):
        raise errors.context_in_use(context)
    await registry.recorder.record()


def _must_be_allowed(who: Principal, subject: Subject, *, for_good: bool) -> None:
    if not who.may(Right.READ, subject):
        raise errors.subject_unknown(subject)
    allowed(who, Right.ADMIN if for_good else Right.WRITE, subject)


async def _versions(registry: Registry, who: Principal, subject: Subject) -> list[Named]:
    _, mode = await asyncio.to_thread(registry.store.settings, subject)
    if mode in {Mode.READONLY, Mode.READONLY_OVERRIDE}:
        raise errors.not_permitted(f"Subject {subject.text} is in read-only mode")
    found = await asyncio.to_thread(registry.store.named, subject, ALL)
    if not found or not who.may(Right.READ, subject):
        raise errors.subject_unknown(subject)
    return found


async def _delete(
    registry: Registry, who: Principal, subject: Subject, gone: Sequence[Named], *, for_good: bool
) -> None:
    numbers = [one.version for one in gone]
    if for_good:
        named = await asyncio.to_thread(_first_named, registry, subject, numbers)
        if named is not None:
            raise errors.reference_exists(subject, named, named_by="ledger")
    change = registry.change(who, "delete-for-good" if for_good else "delete")
    work = registry.store.drop if for_good else registry.store.hide
    try:
        await asyncio.to_thread(work, subject, numbers, change)
    except ReferencedError as error:
        raise errors.reference_exists(error.subject, error.version) from None
    if for_good:
        registry.known.clear()
    await registry.recorder.record()


def _first_named(registry: Registry, subject: Subject, numbers: Sequence[int]) -> int | None:
    return next((number for number in numbers if registry.named_by_ledger(subject, number)), None)


async def _forget_settings(registry: Registry, who: Principal, subject: Subject) -> None:
    """A deleted subject's settings go with it, as clients of such registries expect."""
    change = registry.change(who, "configure")
    await asyncio.to_thread(registry.store.revise, subject, lambda _config, _mode: (None, None), change)
    await registry.recorder.record()
