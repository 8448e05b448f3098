"""The citizens' view put together: the e-ID issuer, challenges, looks, the face.

Promises: it stands beside ledger, workers and the auditors' search, and takes nothing from them but one append per
look; it reads the search tables and feeds them where they are behind. Leaves out: starting the ledger.
"""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Self

import structlog
from aiohttp import web

from bus import net
from bus.access import Principal
from bus.app.audit import AuditFiles, Opened, open_audit
from bus.app.grants import KeyFiles
from bus.app.lasting import lasting
from bus.clock import Clock
from bus.http.usages import UsagesFace
from bus.http.usages_page import Pages
from bus.keystore.pem import certificates_in
from bus.ledger.port import Ledger
from bus.ledger.process import LedgerFiles
from bus.ledger.tree import OwnTiles
from bus.usages.admission import Admission
from bus.usages.disclosure import DelayClass, Disclosure
from bus.usages.issuer import FetchedKeys, Issuer, PinnedKeys, Place
from bus.usages.lines import Shown
from bus.usages.looks import Looks
from bus.usages.pace import Pace
from bus.usages.tickets import Tickets
from config.usages import Officers, UsagesSettings
from registry.snapshot import Snapshot
from signing.idtoken import TokenPolicy

log = structlog.get_logger(__name__)
_SHOWN: Final = {Officers.AGENCY: Shown.AGENCY, Officers.UNIT: Shown.UNIT, Officers.ID: Shown.ID}


@dataclass(frozen=True, slots=True)
class UsagesParts:
    """What the citizens' view is made of.

    Attributes:
        files: where the search tables and the pseudonyms' keys are.
        operator: the hub's agency, which answers.
        allow_development: whether a development issuer's keys are taken.
    """

    ledger: Ledger
    ledger_files: LedgerFiles
    files: AuditFiles
    snapshot: Callable[[], Snapshot]
    clock: Clock
    operator: str
    settings: UsagesSettings
    allow_development: bool


class Usages:
    """The running view; made by `start`, ended by `close`."""

    def __init__(self, parts: UsagesParts, opened: Opened, runner: web.AppRunner) -> None:
        self._opened = opened
        self._runner = runner
        self._host = parts.settings.listen.rpartition(":")[0]
        self._tls = parts.settings.certificate is not None
        self._watching: asyncio.Task[None] | None = None

    @classmethod
    async def start(cls, parts: UsagesParts) -> Self:
        """Open and listen.

        Raises:
            StoreError, SecretError, ConfigError, IssuerError, TlsIdentityError: something it needs is missing, or not
                usable, or not to be trusted here.
            OSError: the address is taken.
        """
        settings = parts.settings
        portals = await asyncio.to_thread(portals_of, settings, parts.operator)
        issuer = await asyncio.to_thread(issuer_of, settings, parts.clock, allow_development=parts.allow_development)
        opened = await asyncio.to_thread(open_audit, parts.ledger_files, parts.files)
        tickets = Tickets(parts.clock, settings.challenge_seconds)
        pace = Pace(parts.clock, settings.looks_per_hour)
        face = UsagesFace(
            Admission(policy_of(settings), issuer, tickets, pace, parts.clock),
            _looks(parts, opened, tickets),
            portals.grants if portals else None,
            Pages(settings.framed_by),
        )
        runner = web.AppRunner(face.application(), access_log=None)
        try:
            await runner.setup()
            host, _, port = settings.listen.rpartition(":")
            await web.TCPSite(runner, host.strip("[]"), int(port), ssl_context=_tls(settings)).start()
        except BaseException:
            await runner.cleanup()
            opened.close()
            raise
        usages = cls(parts, opened, runner)
        if portals is not None:
            usages._watching = lasting(portals.watch, "portals-watch")
        log.info("usages-listening", url=usages.address)
        return usages

    @property
    def address(self) -> str:
        """Where portals reach it."""
        return f"{'https' if self._tls else 'http'}://{self._host}:{self._runner.addresses[0][1]}"

    async def close(self) -> None:
        """Stop answering, let go."""
        await self._runner.cleanup()
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.gather(self._watching, return_exceptions=True)
        await asyncio.to_thread(self._opened.close)


def policy_of(settings: UsagesSettings) -> TokenPolicy:
    """What tokens must say, as the settings have it."""
    return TokenPolicy(
        issuer=settings.issuer,
        audiences=frozenset(settings.audiences),
        clients=frozenset(settings.clients),
        least=settings.least_level,
        levels=settings.levels,
        level_claim=settings.level_claim,
        subject_claim=settings.subject_claim,
        number=re.compile(settings.subject_pattern, re.ASCII),
        access_tokens=settings.access_tokens,
        skew_s=settings.skew_seconds,
        max_age_s=settings.challenge_seconds,
    )


def disclosure_of(settings: UsagesSettings) -> Disclosure:
    """What is shown when, as the settings have it."""
    return Disclosure(
        tuple(
            DelayClass(
                days=one.days,
                basis=one.basis,
                consumer=one.consumer,
                service=one.service,
                purpose=one.purpose,
                agreement=one.agreement,
                looks=one.looks,
                announced=one.announced,
            )
            for one in settings.delayed
        )
    )


def issuer_of(settings: UsagesSettings, clock: Clock, *, allow_development: bool) -> Issuer:
    """Where the issuer's keys are, as the settings have it.

    Raises:
        IssuerError: the pinned file is missing, no key set, or a development one where none is allowed.
    """
    if settings.key_set is not None:
        return PinnedKeys(settings.key_set, allow_development=allow_development)
    anchors = settings.issuer_anchors
    tls = net.system_context(str(anchors), None, None) if anchors is not None else None
    place = Place(settings.issuer, settings.key_set_url, tls)
    return FetchedKeys(place, clock, keep_s=settings.key_set_seconds, allow_development=allow_development)


def portals_of(settings: UsagesSettings, operator: str) -> KeyFiles | None:
    """The portals that are told apart; None where anybody may bring a token.

    Raises:
        ConfigError, SecretError, PemFileError: a file of theirs cannot be used.
    """
    if settings.portals is None and not settings.portal_certificates:
        return None
    files = {operator: settings.portals} if settings.portals is not None else {}
    certificates = [
        (net.thumbprint(certificates_in(one.certificate)[0]), Principal(operator, one.portal))
        for one in settings.portal_certificates
    ]
    return KeyFiles(files, certificates)


def _tls(settings: UsagesSettings) -> ssl.SSLContext | None:
    if settings.certificate is None or settings.key is None:
        return None
    if settings.portal_anchors is not None:
        return net.server_context(settings.certificate, settings.key, net.anchors_in([settings.portal_anchors]))
    return net.face_context(settings.certificate, settings.key)


def _looks(parts: UsagesParts, opened: Opened, tickets: Tickets) -> Looks:
    async def read(start: int, end: int) -> list[bytes]:
        return await asyncio.to_thread(opened.shelf.store.read, start, end)

    async def hashes(start: int, end: int) -> list[bytes]:
        return await asyncio.to_thread(opened.shelf.hashes, start, end)

    return Looks(
        ledger=parts.ledger,
        shelf=opened.shelf,
        index=opened.index,
        indexer=opened.indexer(),
        names=opened.names,
        snapshot=parts.snapshot,
        tiles=OwnTiles(read, parts.ledger_files.tiles_folder, hashes),
        clock=parts.clock,
        tickets=tickets,
        disclosure=disclosure_of(parts.settings),
        officers=_SHOWN[parts.settings.officers],
        operator=parts.operator,
        scheme=parts.settings.subject_scheme,
    )
