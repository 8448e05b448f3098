"""Who is asking and how far that one may see: the auditors' file, and scopes resolved in the registry.

Promises: denied by default; a key that was made, revoked or has expired counts so within a second; a ministry sees
itself and every agency under it in the registry as it stands, a single agency what it asked and was asked.
Leaves out: recording the look (`bus.audit.inquiry`).
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import structlog
from aiohttp import web

from bus.access import shown_key
from bus.audit.index import EVERYTHING, Sight
from config.auditors import Auditor, Role, load_auditors
from config.keylines import digest
from config.mistakes import ConfigError
from config.secrets import SecretError
from registry.snapshot import Snapshot
from schemas.problems import Code, FaultAt, problem

log = structlog.get_logger(__name__)
EVERY_S: Final = 0.5


class Auditors:
    """The auditors of one hub, kept current while it runs.

    Raises:
        ConfigError: the file has mistakes.
        SecretError: it is missing, or open to others.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._stamp = _stamp(file)
        self._known = {one.sha256: one for one in load_auditors(file)}

    def admit(self, request: web.Request, role: Role) -> Auditor:
        """Who sent this request.

        Raises:
            ProblemError: 801 nothing was shown, 802 not known, 807 not this role.
        """
        key = shown_key(request)
        if key is None:
            raise problem(Code.KEY_MISSING, fault_at=FaultAt.CONSUMER_SYSTEM)
        found = self._known.get(digest(key))
        if found is None or not found.valid(datetime.now(UTC)):
            raise problem(Code.KEY_WRONG, fault_at=FaultAt.CONSUMER_SYSTEM)
        if found.role not in {role, Role.AUDITOR}:
            raise problem(Code.NOT_THIS_ROLE, rule=f"role-{role}", fault_at=FaultAt.CONSUMER_SYSTEM)
        return found

    async def watch(self) -> None:
        """Follow the file, for ever; one that cannot be read leaves what was known, and the log says so."""
        while True:
            await asyncio.sleep(EVERY_S)
            stamp = _stamp(self._file)
            if stamp == self._stamp:
                continue
            self._stamp = stamp
            try:
                known = await asyncio.to_thread(load_auditors, self._file) if stamp else ()
            except (ConfigError, SecretError) as error:
                log.error("auditors-not-read", reason=type(error).__name__)  # noqa: TRY400 - a name says enough
            else:
                self._known = {one.sha256: one for one in known}
                log.info("auditors-read", auditors=len(known))


def sight_of(scope: str, snapshot: Snapshot) -> Sight:
    """What a scope covers in the registry as it stands."""
    kind, _, agency = scope.partition(":")
    if kind == "nation":
        return EVERYTHING
    return Sight(_with_descendants(agency, snapshot) if kind == "ministry" else (agency,))


def _with_descendants(agency: str, snapshot: Snapshot) -> tuple[str, ...]:
    under: dict[str, list[str]] = {}
    for one in snapshot.agencies():
        if one.parent is not None:
            under.setdefault(one.parent, []).append(one.id)
    found = {agency: None}
    waiting = [agency]
    while waiting:
        below = [child for child in under.get(waiting.pop(), ()) if child not in found]
        found |= dict.fromkeys(below)
        waiting += below
    return tuple(found)


def _stamp(file: Path) -> tuple[int, int] | None:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ino
