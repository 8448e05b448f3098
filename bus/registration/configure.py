"""Settings and modes of subjects, contexts and the whole: shown, changed, taken back.

Promises: what one scope does not say, the wider one says; a mode that would hide mistakes is refused (IMPORT over
living subjects needs `force`). Leaves out: what settings mean (`registry.registered.settings`).
"""

from __future__ import annotations

import asyncio

import msgspec

from bus.registration import errors
from bus.registration.access import Principal
from bus.registration.registry import Registry, allowed, readable
from bus.registration.store import WHOLE
from bus.registration.writer import Setting
from config.registrants import Right
from registry.evolution.levels import Level
from registry.registered.names import Subject
from registry.registered.settings import Config, Mode, effective


async def config_of(registry: Registry, who: Principal, scope: Subject, *, inherited: bool) -> Config:
    """What a scope says, or what counts for it.

    Raises:
        RegistrationError: 40401 it may not be read; 40408 it says nothing.
    """
    _readable(who, scope)
    own, _ = await asyncio.to_thread(registry.store.setting, scope)
    if scope == WHOLE:
        return effective([own, Config(compatibility_level=Level.BACKWARD)])
    if inherited:
        counting, _ = await asyncio.to_thread(registry.store.settings, scope)
        return effective([counting, Config(compatibility_level=Level.BACKWARD)])
    if own is None:
        raise errors.no_config(scope)
    return own


async def set_config(registry: Registry, who: Principal, scope: Subject, given: dict[str, object]) -> Config:
    """Change those settings that are given; null takes one back.

    Raises:
        RegistrationError: 40301.
    """
    allowed(who, Right.ADMIN, scope)

    def revised(own: Config | None, mode: Mode | None) -> Setting:
        return msgspec.structs.replace(own or Config(), **given), mode

    before = await asyncio.to_thread(registry.store.revise, scope, revised, registry.change(who, "configure"))
    await registry.recorder.record()
    return revised(*before)[0] or Config()


async def drop_config(registry: Registry, who: Principal, scope: Subject) -> Config:
    """Take a scope's settings back; what they were.

    Raises:
        RegistrationError: 40301; 40401 it says nothing.
    """
    allowed(who, Right.ADMIN, scope)
    change = registry.change(who, "configure")
    own, _ = await asyncio.to_thread(registry.store.revise, scope, lambda _config, mode: (None, mode), change)
    if own is None and scope != WHOLE:
        raise errors.subject_unknown(scope)
    await registry.recorder.record()
    return own or Config(compatibility_level=Level.BACKWARD)


async def mode_of(registry: Registry, who: Principal, scope: Subject, *, inherited: bool) -> Mode:
    """What a scope's mode is, or which counts for it.

    Raises:
        RegistrationError: 40401 it may not be read; 40409 it has none.
    """
    _readable(who, scope)
    _, own = await asyncio.to_thread(registry.store.setting, scope)
    if own is not None:
        return own
    if inherited or scope == WHOLE:
        _, counting = await asyncio.to_thread(registry.store.settings, scope)
        return counting
    raise errors.no_mode(scope)


async def set_mode(registry: Registry, who: Principal, scope: Subject, mode: Mode, *, force: bool) -> None:
    """Set a mode.

    Raises:
        RegistrationError: 40301; 42205 IMPORT where subjects live, without `force`.
    """
    allowed(who, Right.ADMIN, scope)
    _, counting = await asyncio.to_thread(registry.store.settings, scope)
    if mode is Mode.IMPORT and counting is not Mode.IMPORT and not force and await _lives(registry, scope):
        raise errors.not_permitted("Cannot import since found existing subjects")
    change = registry.change(who, "mode")
    await asyncio.to_thread(registry.store.revise, scope, lambda config, _mode: (config, mode), change)
    await registry.recorder.record()


async def drop_mode(registry: Registry, who: Principal, scope: Subject) -> Mode:
    """Take a scope's mode back; which it was.

    Raises:
        RegistrationError: 40301; 40401 it has none.
    """
    allowed(who, Right.ADMIN, scope)
    change = registry.change(who, "mode")
    _, mode = await asyncio.to_thread(registry.store.revise, scope, lambda config, _mode: (config, None), change)
    if mode is None and scope != WHOLE:
        raise errors.subject_unknown(scope)
    await registry.recorder.record()
    return mode or Mode.READWRITE


async def _lives(registry: Registry, scope: Subject) -> bool:
    if scope.name:
        return bool(await asyncio.to_thread(registry.store.named, scope))
    found = await asyncio.to_thread(registry.store.subjects)
    return any(scope in {WHOLE, Subject(one.context, "")} for one in found)


def _readable(who: Principal, scope: Subject) -> None:
    """The whole's and a context's settings are seen by whoever sees something of it."""
    if scope.name:
        readable(who, scope)
    elif scope != WHOLE and not who.sees(scope.context):
        raise errors.subject_unknown(scope)
