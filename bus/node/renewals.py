"""Certificates renewed by those who use them: agencies' seals and the link's by a node, the operator's seal by its hub.

Promises: asked with the key in use, from `days` before its certificate ends; the new key is used from the moment at
which the directory vouches for it, never before, so that nobody is sent a seal that nobody knows; until the old
certificate ends both hold. What was begun goes on after a restart. Leaves out: whatever settings name no folder for,
which is renewed by hand; the settings file, which names the old key until somebody changes it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, Protocol

import structlog

from bus.clock import Clock
from bus.directory import Directory
from bus.ids import new_id
from bus.keystore import KeyAddressError
from bus.keystore.following import NextKey
from bus.keystore.pem import PemFileError
from bus.link.errors import LinkError
from bus.link.messages import Message
from bus.net import TlsIdentityError
from bus.topics import Topic, read_renewal_reply, renewal_ask
from schemas.problems import ProblemError
from schemas.sealed import pack
from signing import link_renewal
from signing.chain import parsed
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
_WAITS: Final = (LinkError, ProblemError, KeyAddressError, PemFileError, TlsIdentityError, OSError)
"""What one key's turn may end with: the others have theirs, and it has its next."""


@dataclass(frozen=True, slots=True)
class RenewalPlace:
    """Where the next keys are made: a folder, and the address of the key that the settings name."""

    folder: Path
    address: str
    days: int = 30


class Using(Protocol):
    """Whatever uses a key: a notary, a link."""

    @property
    def x5t(self) -> str:
        """Thumbprint of the certificate in use."""

    def use(self, signer: Signer) -> None:
        """Use another key from now on."""


@dataclass(frozen=True, slots=True)
class Renewing:
    """One key that is renewed: who uses it, the one that settings name, where the next ones are made, how early."""

    notary: Using
    signer: Signer
    address: str
    folder: Path
    days: int = 30
    use: Literal["seal", "link"] = "seal"


class Renewals:
    """Renews for the agencies of one node, for its link, or for a hub's operator.

    Args:
        agencies: what is renewed, by the agency that owns it.
        call: carries a question to the authority.
        asks: whether this process asks; else it only takes into use what another one was given.
    """

    def __init__(
        self,
        agencies: Mapping[str, Renewing],
        call: Call,
        *,
        directory: Directory,
        instance: str,
        clock: Clock,
        asks: bool = True,
    ) -> None:
        self._asks = asks
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

    async def take(self) -> None:
        """Take the newest keys into use, without asking anybody."""
        asks, self._asks = self._asks, False
        try:
            await self.turn()
        finally:
            self._asks = asks

    async def turn(self) -> None:
        """Look once at every agency: take the next key into use, or ask for its certificate."""
        for agency, one in self._agencies.items():
            try:
                await self._look(agency, one)
            except _WAITS as error:
                log.warning("renewal-waits", agency=agency, use=one.use, reason=str(error))

    async def _look(self, agency: str, one: Renewing) -> None:
        """Go from the key that the settings name to the newest that is registered; ask for one more when it ends."""
        signer, following = one.signer, NextKey(one.folder / one.signer.x5t, agency, one.address)
        waits = False
        while not waits and (certificate := await asyncio.to_thread(following.certificate)) is not None:
            waits = not self._registered(agency, thumbprint(certificate), one.use)
            if not waits:
                signer = await asyncio.to_thread(following.open)
                following = NextKey(one.folder / signer.x5t, agency, following.address)
        if one.notary.x5t != signer.x5t:
            await asyncio.to_thread(one.notary.use, signer)
            log.info("renewed-certificate-in-use", agency=agency, use=one.use, x5t=signer.x5t)
        if waits:
            log.debug("renewed-certificate-not-registered", agency=agency, use=one.use)
        elif self._asks and self._days_left(signer) <= one.days and self._may_ask(agency):
            await self._ask(agency, signer, following, one.use)

    def _may_ask(self, agency: str) -> bool:
        """Whether the last question is long enough ago: a refusal is not mended by asking every minute."""
        now_ms = self._clock()
        asked_ms = self._asked_ms.get(agency)
        if asked_ms is not None and now_ms - asked_ms < ASK_AGAIN_MS:
            return False
        self._asked_ms[agency] = now_ms
        return True

    def _registered(self, agency: str, x5t: str, use: str) -> bool:
        known = self._directory.snapshot.certificate(x5t)
        return known is not None and known.agency == agency and known.use == use and known.valid(self._clock())

    async def _ask(self, agency: str, signer: Signer, following: NextKey, use: str) -> None:
        request = await asyncio.to_thread(following.request)
        now_ms = self._clock()
        data = renewal(agency, self._instance, new_id(), now_ms, request)

        def sealed() -> bytes:
            if use == "link":
                return link_renewal.pack(data, signer)
            return pack(seal([data], signer, instance=self._instance, now_ms=now_ms)[0])

        message = Message(Topic.RENEWAL, renewal_ask(agency), (await asyncio.to_thread(sealed),))
        told = read_renewal_reply((await self._call(message, TIMEOUT_S)).head)
        if not told.certificate:
            log.warning("renewal-refused", agency=agency, rule=told.rule)
            return
        renewed = await asyncio.to_thread(following.keep, told.certificate)
        log.info("certificate-renewed", agency=agency, x5t=renewed.x5t, mend="register it, then it is taken into use")

    def _days_left(self, signer: Signer) -> float:
        return (parsed(signer.certificate).not_valid_after_utc.timestamp() * 1000 - self._clock()) / _DAY_MS
