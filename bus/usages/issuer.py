"""The keys of the e-ID issuer: pinned in a file, or fetched with limits and kept for a while.

Promises: a key that is not known is looked for anew at most every half minute, so forged names cost no fetch each; what
is fetched comes over TLS from the host that the settings name, without redirects, at most 64 KiB within five seconds;
while the issuer cannot be reached, keys of the last day go on counting. Keys that anybody could have made
(`signing.devtoken`) are taken only where the settings allow the development PKI.
Leaves out: judging tokens (`signing.idtoken`).

Sources: OpenID Connect Discovery 1.0 §3, §4; RFC 7517 §5.
"""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path
from typing import Final, NamedTuple, Protocol
from urllib.parse import urlsplit

import aiohttp
import msgspec
import structlog

from bus import net
from bus.clock import Clock
from schemas.problems import Code, FaultAt, problem
from signing.tokenkeys import MAX_SET_BYTES, KeySetError, TokenKeys, read_keys

log = structlog.get_logger(__name__)
TIMEOUT_S: Final = 5.0
LOOK_AGAIN_MS: Final = 30_000
OUTDATED_MS: Final = 86_400_000
DISCOVERY: Final = "/.well-known/openid-configuration"


class IssuerError(Exception):
    """The issuer's keys cannot be had, or cannot be trusted; the message names the rule."""


class Issuer(Protocol):
    """Something that has the issuer's keys."""

    async def keys(self, kid: str | None) -> TokenKeys:
        """The keys now; `kid` is the one looked for.

        Raises:
            ProblemError: 827 they cannot be had.
        """


class PinnedKeys:
    """Keys in a file, read again when it changes.

    Raises:
        IssuerError: the file is missing, no key set, or a development one where none is allowed.
    """

    def __init__(self, file: Path, *, allow_development: bool) -> None:
        self._file = file
        self._allow = allow_development
        self._stamp = _stamp(file)
        self._known = self._read()

    async def keys(self, kid: str | None) -> TokenKeys:
        """The keys now; a file that cannot be read leaves what was known, and the log says so."""
        del kid  # all there are stand in the file
        stamp = await asyncio.to_thread(_stamp, self._file)
        if stamp != self._stamp:
            self._stamp = stamp
            try:
                self._known = await asyncio.to_thread(self._read)
            except IssuerError as error:
                log.error("issuer-keys-not-read", reason=str(error))  # noqa: TRY400 - the sentence says enough
        return self._known

    def _read(self) -> TokenKeys:
        try:
            data = self._file.read_bytes()
        except OSError as error:
            raise IssuerError(f"{self._file}: {error.strerror}") from error
        return admitted(data, allow_development=self._allow)


class Place(NamedTuple):
    """Where an issuer's keys are fetched.

    Attributes:
        issuer: as its tokens name it.
        url: of the key set; None asks the issuer's discovery document.
        tls: what to trust; None is the machine's own anchors.
    """

    issuer: str
    url: str | None = None
    tls: ssl.SSLContext | None = None


class FetchedKeys:
    """Keys fetched when they are first needed."""

    def __init__(self, place: Place, clock: Clock, *, keep_s: int, allow_development: bool) -> None:
        self._place = place
        self._clock = clock
        self._keep_ms = keep_s * 1000
        self._allow = allow_development
        self._known: TokenKeys | None = None
        self._fetched_ms = 0
        self._tried_ms = -LOOK_AGAIN_MS
        self._one = asyncio.Lock()

    async def keys(self, kid: str | None) -> TokenKeys:
        """The keys, fetched anew where they are old or the one looked for is not among them."""
        async with self._one:
            if self._wanting(kid):
                await self._fetch()
        if self._known is None or self._clock() - self._fetched_ms > OUTDATED_MS:
            raise problem(Code.ISSUER_NOT_REACHABLE, fault_at=FaultAt.HUB)
        return self._known

    def _wanting(self, kid: str | None) -> bool:
        now = self._clock()
        if now - self._tried_ms < LOOK_AGAIN_MS:
            return False
        old = now - self._fetched_ms >= self._keep_ms
        return self._known is None or old or self._known.find(kid) is None

    async def _fetch(self) -> None:
        self._tried_ms = self._clock()
        try:
            self._known = admitted(await fetched(self._place), allow_development=self._allow)
        except (IssuerError, net.PostError) as error:
            log.warning("issuer-keys-not-fetched", reason=str(error))
        else:
            self._fetched_ms = self._clock()
            log.info("issuer-keys-fetched", keys=len(self._known))


class _Discovery(msgspec.Struct):
    """What we need of a discovery document."""

    issuer: str
    jwks_uri: str


async def fetched(place: Place) -> bytes:
    """The key set's bytes.

    Raises:
        IssuerError: the discovery document is another issuer's, or sends us to another host.
        PostError: not reachable, too slow, too long.
    """
    connector = aiohttp.TCPConnector(ssl=place.tls) if place.tls else None
    async with aiohttp.ClientSession(connector=connector, trust_env=False) as session:

        async def get(url: str) -> bytes:
            return await net.get(session, url, timeout_s=TIMEOUT_S, max_bytes=MAX_SET_BYTES)

        if place.url is not None:
            return await get(place.url)
        told = await get(place.issuer.rstrip("/") + DISCOVERY)
        return await get(key_set_url(told, place.issuer))


def key_set_url(discovery: bytes, issuer: str) -> str:
    """Where a discovery document says the keys are.

    Raises:
        IssuerError: none, another issuer's, or on another host than its issuer.
    """
    try:
        told = msgspec.json.decode(discovery, type=_Discovery)
    except ValueError as error:
        raise IssuerError("discovery: not such a document") from error
    if told.issuer != issuer:
        raise IssuerError("discovery: another issuer's document")
    here, there = urlsplit(issuer), urlsplit(told.jwks_uri)
    if (there.scheme, there.netloc) != (here.scheme, here.netloc):
        raise IssuerError("discovery: the keys are on another host; name it in usages.key_set_url")
    return told.jwks_uri


def admitted(data: bytes, *, allow_development: bool) -> TokenKeys:
    """A key set's keys, if they may be trusted here.

    Raises:
        IssuerError: no key set, or one that anybody could have made.
    """
    try:
        keys = read_keys(data)
    except KeySetError as error:
        raise IssuerError(str(error)) from error
    if keys.is_development and not allow_development:
        raise IssuerError("key set: of a development issuer, which trust.allow_development_pki refuses")
    return keys


def _stamp(file: Path) -> tuple[int, int] | None:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ino
