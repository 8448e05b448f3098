"""A node renews its agencies' seal certificates over the link, and takes the new ones into use by itself.

Promises: asked with the key in use, from `days` before its certificate ends; the new key seals from the moment at which
the directory vouches for it, never before, so that nobody is sent a seal that nobody knows; until the old certificate
ends both hold. What was begun goes on after a restart. Leaves out: agencies whose settings name no folder for it, which
renew by hand; the settings file, which names the old key until somebody changes it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import structlog

from bus.clock import Clock
from bus.directory import Directory
from bus.ids import new_id
from bus.keystore import KeyAddressError
from bus.keystore.following import NextKey
from bus.link.errors import LinkError
from bus.link.messages import Message
from bus.notary import Notary
from bus.topics import Topic, read_renewal_reply, renewal_ask
from schemas.problems import ProblemError
from schemas.sealed import pack
from signing.chain import load_seal_certificate
from signing.jws import seal
from signing.keys import Signer, thumbprint
from signing.renewal import renewal

log = structlog.get_logger(__name__)
EVERY_S: Final = 60.0
ASK_AGAIN_MS: Final = 3_600_000
FIRST_AFTER_S: Final = 5.0
TIMEOUT_S: Final = 60.0
_DAY_MS: Final = 86_400_000
Call = Callable[[Message, float], Awaitable[Message]]


@dataclass(frozen=True, slots=True)
class Renewing:
    """One agency that renews: its notary, the key that its settings name, where the next ones are made, how early."""

    notary: Notary
    signer: Signer
    address: str
    folder: Path
    days: int = 30


class Renewals:
    """Renews for the agencies of one node."""

    def __init__(
        self,
        agencies: Mapping[str, Renewing],
        call: Call,
        *,
        directory: Directory,
        instance: str,
        clock: Clock,
    ) -> None:
        self._agencies = agencies
        self._call = call
        self._directory = directory
        self._instance = instance
        self._clock = clock
        self._asked_ms: dict[str, int] = {}

    async def run(self) -> None:
        """Look now and then, for ever."""
        await asyncio.sleep(FIRST_AFTER_S)
        while True:
            await self.turn()
            await asyncio.sleep(EVERY_S)

    async def turn(self) -> None:
        """Look once at every agency: take the next key into use, or ask for its certificate."""
        for agency, one in self._agencies.items():
            try:
                await self._look(agency, one)
            except (LinkError, ProblemError, KeyAddressError, OSError) as error:
                log.warning("renewal-waits", agency=agency, reason=str(error))

    async def _look(self, agency: str, one: Renewing) -> None:
        """Go from the key that the settings name to the newest that is registered; ask for one more when it ends."""
        signer, following = one.signer, NextKey(one.folder / one.signer.x5t, agency, one.address)
        waits = False
        while not waits and (certificate := await asyncio.to_thread(following.certificate)) is not None:
            waits = not self._registered(agency, thumbprint(certificate))
            if not waits:
                signer = await asyncio.to_thread(following.open)
                following = NextKey(one.folder / signer.x5t, agency, following.address)
        if one.notary.x5t != signer.x5t:
            one.notary.use(signer)
            log.info("renewed-certificate-in-use", agency=agency, x5t=signer.x5t)
        if waits:
            log.debug("renewed-certificate-not-registered", agency=agency)
        elif self._days_left(signer) <= one.days and self._may_ask(agency):
            await self._ask(agency, signer, following)

    def _may_ask(self, agency: str) -> bool:
        """Whether the last question is long enough ago: a refusal is not mended by asking every minute."""
        now_ms = self._clock()
        asked_ms = self._asked_ms.get(agency)
        if asked_ms is not None and now_ms - asked_ms < ASK_AGAIN_MS:
            return False
        self._asked_ms[agency] = now_ms
        return True

    def _registered(self, agency: str, x5t: str) -> bool:
        known = self._directory.snapshot.certificate(x5t)
        return known is not None and known.agency == agency and known.use == "seal" and known.valid(self._clock())

    async def _ask(self, agency: str, signer: Signer, following: NextKey) -> None:
        request = await asyncio.to_thread(following.request)
        now_ms = self._clock()
        data = renewal(agency, self._instance, new_id(), now_ms, request)

        def sealed() -> bytes:
            return pack(seal([data], signer, instance=self._instance, now_ms=now_ms)[0])

        message = Message(Topic.RENEWAL, renewal_ask(agency), (await asyncio.to_thread(sealed),))
        told = read_renewal_reply((await self._call(message, TIMEOUT_S)).head)
        if not told.certificate:
            log.warning("renewal-refused", agency=agency, rule=told.rule)
            return
        renewed = await asyncio.to_thread(following.keep, told.certificate)
        log.info("certificate-renewed", agency=agency, x5t=renewed.x5t, mend="register it, then it is taken into use")

    def _days_left(self, signer: Signer) -> float:
        held = load_seal_certificate(signer.certificate, alg=signer.alg)
        return (held.not_after_ms - self._clock()) / _DAY_MS
