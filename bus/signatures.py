"""Signed containers led on to a higher level: time-stamps asked for, evidence of revocation gathered.

Promises: each step is asked of the services that are named, or of those that the certificates name, one request at a
time, bounded in size and time; a container is handed out only when the strict judge takes it. Leaves out: keys
(`bus.keystore`), what a step is (`signing.packet`).

Sources: RFC 3161 §3.4, RFC 6960 §A.1, RFC 5280 §4.2.1.13 (over HTTP).
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import aiohttp

from bus.net import PostError, get, post
from signing import asice, revocation, timestamp
from signing.packet import Level, Need, Packet
from signing.revocation import Evidence
from signing.revocation_sources import MAX_CRL_BYTES, MAX_OCSP_BYTES
from signing.verdict import Indication
from signing.xades_policy import Demands, SignatureTrust

_QUERY: Final = "application/timestamp-query"
_OCSP: Final = "application/ocsp-request"
_CLOCKS_APART: Final = timedelta(minutes=5)
_TRIES: Final = 4
_PAUSE_S: Final = 1.0
"""Evidence must be from after the time-stamp, and services count in seconds."""


class ServiceError(Exception):
    """No service gave what a step needs; the message names services and reasons, never what was signed."""


@dataclass(frozen=True, slots=True)
class Services:
    """Who is asked.

    Attributes:
        time_stamps: URLs of time-stamping authorities, asked in this order until one answers.
        ocsp: URLs of OCSP responders, in place of those that certificates name.
        lists: URLs of CRLs, besides those that certificates name.
        issuers: certificates above signers and authorities, roots included, DER.
        timeout_s: how long one request may take, in seconds.
    """

    time_stamps: tuple[str, ...]
    ocsp: tuple[str, ...] = ()
    lists: tuple[str, ...] = ()
    issuers: tuple[bytes, ...] = ()
    timeout_s: float = 10.0


async def lead_on(packet: Packet, level: Level, services: Services, trust: SignatureTrust) -> Packet:
    """Bring a container to a level; at LTA already, it gets one more archive time-stamp.

    Args:
        packet: at any level.
        level: T, LT or LTA.
        services: who is asked.
        trust: under which the result is judged.

    Raises:
        ServiceError: a service gave nothing that can be used, or the judge does not take the result.
    """
    async with aiohttp.ClientSession() as session:
        asking = _Asking(session, services)
        if packet.level is Level.B:
            packet = packet.stamped(await asking.time_stamp(packet.to_timestamp))
        if packet.level is Level.T and level > Level.T:
            packet = await _evidenced(packet, asking, trust)
        if level is Level.LTA:
            packet = await _archived(packet, asking)
    _must_pass(packet, level, trust)
    return packet


async def _evidenced(packet: Packet, asking: _Asking, trust: SignatureTrust) -> Packet:
    """At LT, with evidence that the judge takes; it may be a moment too early at first."""
    needs = packet.revocation_needed(asking.services.issuers)
    certificates = tuple(dict.fromkeys(need.issuer for need in needs))
    for turn in range(_TRIES):
        made = packet.evidenced(await asking.evidence(needs), certificates)
        if _judged(made, Level.LT, trust).verdict.reason is not Indication.TRY_LATER or turn == _TRIES - 1:
            return made
        await asyncio.sleep(_PAUSE_S)
    raise AssertionError("the last turn returns")


async def _archived(packet: Packet, asking: _Asking) -> Packet:
    """With one more archive time-stamp, and before it what shows that the newest one's authority was in order."""
    if packet.level is Level.LTA:
        needs = packet.revocation_needed(asking.services.issuers)
        packet = packet.stamp_evidenced(await asking.evidence(needs), tuple(need.issuer for need in needs))
    return packet.stamped(await asking.time_stamp(packet.to_timestamp))


def _judged(packet: Packet, level: Level, trust: SignatureTrust) -> asice.Checked:
    return asice.check(packet.container(), trust, datetime.now(UTC) + _CLOCKS_APART, Demands(least=level))


def _must_pass(packet: Packet, level: Level, trust: SignatureTrust) -> None:
    """What is made is judged; of a container at T nobody can know yet whether its signer was revoked."""
    verdict = _judged(packet, level, trust).verdict
    if not verdict.passed and not (level is Level.T and verdict.reason is Indication.TRY_LATER):
        raise ServiceError(f"what the services gave does not hold ({verdict.step}: {verdict.detail})")


class _Asking:
    """Puts requests to services."""

    def __init__(self, session: aiohttp.ClientSession, services: Services) -> None:
        self._session = session
        self.services = services

    async def time_stamp(self, data: bytes) -> bytes:
        """A token over data, of the first authority that gives one."""
        pending = timestamp.begin(data)
        reasons = []
        for url in self.services.time_stamps:
            try:
                answer = await self._post(url, pending.request, _QUERY, timestamp.MAX_RESPONSE_BYTES)
                return pending.complete(answer)
            except (PostError, timestamp.TimeStampRefusedError) as error:
                reasons.append(f"{url}: {error}")
        raise ServiceError("; ".join(reasons) or "no time-stamping authority is named")

    async def evidence(self, needs: Sequence[Need]) -> Evidence:
        """What services say of these certificates."""
        urls = dict.fromkeys((*self.services.lists, *(url for need in needs for url in need.lists)))
        lists = [data for url in urls if (data := await self._list(url)) is not None]
        gathered = Evidence(crls=tuple(lists))
        for need in needs:
            if revocation.speaks(need.certificate, need.issuer, gathered) and not need.responders:
                continue
            answer = await self._status(need)
            if answer is not None:
                gathered += Evidence(ocsp=(answer,))
            elif not revocation.speaks(need.certificate, need.issuer, gathered):
                raise ServiceError("no service says whether a certificate was revoked: name one by --ocsp or --crl")
        return _only_needed(gathered, needs)

    async def _status(self, need: Need) -> bytes | None:
        for url in self.services.ocsp or need.responders:
            try:
                answer = await self._post(url, need.request, _OCSP, MAX_OCSP_BYTES)
            except PostError:
                continue  # the next may answer; none at all is told by the caller
            if revocation.speaks(need.certificate, need.issuer, Evidence(ocsp=(answer,))):
                return answer
        return None

    async def _list(self, url: str) -> bytes | None:
        try:
            return await get(self._session, url, timeout_s=self.services.timeout_s, max_bytes=MAX_CRL_BYTES)
        except PostError:
            return None  # whoever needs it says so

    async def _post(self, url: str, body: bytes, media_type: str, most: int) -> bytes:
        seconds = self.services.timeout_s
        return await post(self._session, url, body, media_type=media_type, timeout_s=seconds, max_bytes=most)


def _only_needed(evidence: Evidence, needs: Sequence[Need]) -> Evidence:
    """Lists that are about none of the certificates stay out."""

    def about(one: bytes) -> bool:
        return any(revocation.speaks(need.certificate, need.issuer, Evidence(crls=(one,))) for need in needs)

    return Evidence(evidence.ocsp, tuple(filter(about, evidence.crls)))
