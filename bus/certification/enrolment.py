"""First certificates over HTTPS: `POST /enrol` of the operator's authority, for whoever shows a one-time token.

Promises: a token gives one seal and one link certificate; the same request again gets what it got, any other is
refused; each certificate is in the journal before it leaves. An unknown, used or ended token are told alike. Requests
are at most 32 KiB and wait at most ten seconds. Leaves out: TLS (the caller makes the context), registering.

    question: JSON of `signing.enrolment.Enrolment`      answer: JSON of `Enrolled`, with status 200 or 403
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec
import structlog
from aiohttp import web

from bus.certification.authority import Authority
from bus.certification.journal import Issued
from bus.certification.tokens import Ticket, ticket_of
from schemas.text import moment
from signing.chain import parsed
from signing.enrolment import Enrolled, Enrolment, Profile, issue_link, issue_seal, keys_of
from signing.keys import PublicKey, Signer, thumbprint
from signing.renewal import RenewalRefusedError

log = structlog.get_logger(__name__)
PATH: Final = "/enrol"
MAX_BYTES: Final = 32_768
_READ_S: Final = 10.0
_decoder: Final = msgspec.json.Decoder(Enrolment)


@dataclass(frozen=True, slots=True)
class Enrolling:
    """Issues first certificates.

    Attributes:
        authority: key, journal and clock, shared with renewals.
        tokens: file of the tokens' digests.
        profile: what certificates say.
        turn: held while the journal is written; the renewals' own, where both are served.
    """

    authority: Authority
    tokens: Path
    profile: Profile
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    def application(self) -> web.Application:
        """The address that nodes ask."""
        application = web.Application(client_max_size=MAX_BYTES)
        application.router.add_post(PATH, self._post)
        return application

    def enrol(self, body: bytes) -> Enrolled:
        """Both certificates.

        Raises:
            RenewalRefusedError: `format`, `token`, `agency`, `key` or `same-key`.
        """
        try:
            asked = _decoder.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise RenewalRefusedError("format", "not a request for enrolment") from None
        now_ms = self.authority.clock()
        ticket = ticket_of(self.tokens, asked.token, now_ms)
        before = () if ticket is None else self._issued(ticket)
        if ticket is None or any(one.request != asked.id for one in before):
            raise RenewalRefusedError("token", "no such token, or it was used, or it has ended")
        if (asked.instance, asked.agency) != (self.authority.instance, ticket.agency):
            raise RenewalRefusedError("agency", "the token is for another agency or installation")
        seal_key, link_key = keys_of(asked)
        return Enrolled(
            seal=self._seal(asked, ticket, before, seal_key, now_ms),
            link=self._link(asked, ticket, before, link_key, now_ms),
            authority=self.authority.signer.certificate,
        )

    def _issued(self, ticket: Ticket) -> tuple[Issued, ...]:
        return tuple(one for one in self.authority.journal.lines if one.replaces == f"token:{ticket.sha256}")

    def _seal(self, asked: Enrolment, ticket: Ticket, before: tuple[Issued, ...], key: PublicKey, now_ms: int) -> bytes:
        if before:
            return before[0].certificate
        return self._keep(asked, ticket, now_ms, issue_seal(asked.agency, key, *self._how(now_ms)))

    def _link(self, asked: Enrolment, ticket: Ticket, before: tuple[Issued, ...], key: PublicKey, now_ms: int) -> bytes:
        if len(before) > 1:
            return before[1].certificate
        return self._keep(asked, ticket, now_ms, issue_link(asked.agency, ticket.node, key, *self._how(now_ms)))

    def _how(self, now_ms: int) -> tuple[Signer, Profile, datetime]:
        return self.authority.signer, self.profile, datetime.fromtimestamp(now_ms // 1000, UTC)

    def _keep(self, asked: Enrolment, ticket: Ticket, now_ms: int, made: bytes) -> bytes:
        line = self.authority.journal.append(
            Issued(
                number=0,
                at=moment(now_ms),
                agency=asked.agency,
                request=asked.id,
                replaces=f"token:{ticket.sha256}",
                x5t=thumbprint(made),
                not_after=parsed(made).not_valid_after_utc.isoformat(),
                certificate=made,
                previous="",
            )
        )
        log.info("certificate-issued", agency=line.agency, number=line.number, x5t=line.x5t)
        return made

    async def _post(self, request: web.Request) -> web.Response:
        async with asyncio.timeout(_READ_S):
            body = await request.read()
        try:
            async with self.turn:
                told, status = await asyncio.to_thread(self.enrol, body), 200
        except RenewalRefusedError as error:
            log.warning("enrolment-refused", rule=error.rule)
            told, status = Enrolled(rule=error.rule), 403
        return web.Response(body=msgspec.json.encode(told), status=status, content_type="application/json")
