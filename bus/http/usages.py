"""The citizens' face: who asked about me, with proofs; as JSON, as a page for people, in the data tracker's shape.

Promises: nothing without the citizen's own e-ID token, whoever brings it; a portal's key or certificate says only which
portal it is. Every look is a record before it is answered. Numbers and tokens stand in headers and bodies, never in an
address of ours; every refusal is a problem with number, rule and place.
Leaves out: logging in, which is between the citizen, the portal and the e-ID issuer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import msgspec
from aiohttp import web

from bus import net
from bus.access import Grants
from bus.http import find_usage, usages_openapi, usages_page
from bus.http.edge import edge, json_answer, language_of
from bus.problems import http_answer
from bus.usages.admission import Admission, Citizen
from bus.usages.lines import line
from bus.usages.looks import DEFAULT_LIMIT, MAX_LIMIT, Looks, Question, encoded
from schemas.problems import Code, FaultAt, ProblemError, problem
from schemas.text import moment
from signing.page import Page

MAX_REQUEST_BYTES: Final = 32 * 1024
_NAMES: Final = frozenset({"since", "until", "limit", "cursor"})
_FORM: Final = frozenset({"id_token", "state", "session_state"})
"""What an issuer posts beside our own members (OAuth 2.0 Form Post Response Mode)."""
_DAY_CHARS: Final = 10


class ChallengeView(msgspec.Struct, frozen=True):
    """A challenge: the `nonce` for the portal's OpenID Connect request, and until when it may be answered."""

    nonce: str
    expires_at: str


class SearchableView(msgspec.Struct, frozen=True):
    """Whether the service answers, and how many records it can search."""

    status: str
    searchable: int


@dataclass(frozen=True, slots=True)
class Asked:
    """One request, read: who, what, and the token as it came."""

    citizen: Citizen
    question: Question
    token: str


class UsagesFace:
    """Routes for citizens and their portals.

    Args:
        portals: the portals' keys and certificates; None lets anybody bring a token.
    """

    def __init__(self, admission: Admission, looks: Looks, portals: Grants | None, pages: usages_page.Pages) -> None:
        self._admission = admission
        self._looks = looks
        self._portals = portals
        self._pages = pages

    def application(self) -> web.Application:
        """The aiohttp application of this face."""
        app = web.Application(middlewares=[edge], client_max_size=MAX_REQUEST_BYTES)
        router = app.router
        router.add_post("/usages/challenge", self.challenge)
        router.add_get("/usages", self.usages)
        router.add_post("/usages", self.usages)
        router.add_get("/usages/view", self.view)
        router.add_post("/usages/view", self.view)
        router.add_get("/v2/findUsage", self.find_usage)
        router.add_post("/v2/findUsage", self.find_usage)
        router.add_get("/v2/usagePeriod", self.usage_period)
        router.add_get("/v2/heartbeat", self.heartbeat)
        router.add_get("/openapi.json", self.describe)
        router.add_get("/health", self.health)
        return app

    async def challenge(self, request: web.Request) -> web.Response:
        """A nonce for the next login."""
        given = self._looks.tickets.issue(self._portal(request))
        return json_answer(ChallengeView(given.nonce, moment(given.expires_ms)), status=201)

    async def usages(self, request: web.Request) -> web.Response:
        """A page of lines with their proofs."""
        given = await _given(request)
        asked = await self._admitted(request, given, bearer(request), "page")
        page = await self._looks.page(asked.citizen, asked.question)
        return web.Response(body=encoded(page), content_type="application/json", headers={"Cache-Control": "no-store"})

    async def view(self, request: web.Request) -> web.Response:
        """The same for people; the token comes as a header from the portal, or posted by the issuer."""
        language = language_of(request)
        try:
            given = await _given(request)
            posted = given.pop("id_token", None)
            for name in _FORM:
                given.pop(name, None)
            asked = await self._admitted(request, given, posted or bearer(request), "view")
            page = await self._looks.page(asked.citizen, asked.question)
        except ProblemError as error:
            refusal = http_answer(error.problem, language=language)
            refusal.body = self._pages.refusal(error.problem, language)
            refusal.content_type = "text/html"
            refusal.charset = "utf-8"
            refusal.headers.update(self._pages.headers)
            return refusal
        body = self._pages.page(page, _further(page, given, posted), language)
        return web.Response(body=body, content_type="text/html", charset="utf-8", headers=self._pages.headers)

    async def find_usage(self, request: web.Request) -> web.Response:
        """The same in the data tracker's shape, without proofs."""
        given: Mapping[str, object] = await _given(request, texts=False)
        finding = find_usage.read(given, request.headers.get(find_usage.USER))
        portal, question = self._portal(request), finding.question
        citizen = await self._admission.admit(bearer(request), portal, None, question.digest)
        if not find_usage.same_person(finding.user, citizen.number):
            raise problem(Code.NOT_YOUR_OWN, fault_at=FaultAt.CONSUMER_SYSTEM)
        total, found = await self._looks.everything(citizen, question, finding.offset)
        snapshot, reader, language = self._looks.snapshot(), self._looks.reader(citizen), language_of(request)
        lines = tuple(find_usage.view(line(one, snapshot, reader), language) for one in found)
        return json_answer(find_usage.FoundView(total, lines))

    async def usage_period(self, request: web.Request) -> web.Response:
        """From when to when uses can be looked for; tells nothing about anybody."""
        self._portal(request)
        first, last = await self._looks.period()
        return json_answer(find_usage.PeriodView(moment(first)[:_DAY_CHARS], moment(last)[:_DAY_CHARS]))

    async def heartbeat(self, _request: web.Request) -> web.Response:
        """Whether the search tables answer."""
        return json_answer(find_usage.HeartbeatView("OK", f"{self._looks.index.next()} records searchable"))

    async def describe(self, _request: web.Request) -> web.Response:
        """The description (OpenAPI 3.1)."""
        return json_answer(usages_openapi.document())

    async def health(self, _request: web.Request) -> web.Response:
        """Whether it answers, and how far the search tables are."""
        return json_answer(SearchableView("ok", self._looks.index.next()))

    async def _admitted(self, request: web.Request, given: Mapping[str, str], token: str | None, face: str) -> Asked:
        question = _question(given, face)
        _ = question.search  # what is malformed costs nobody their token
        cursor = given.get("cursor")
        citizen = await self._admission.admit(token, self._portal(request), cursor, question.digest)
        return Asked(citizen, question, token or "")

    def _portal(self, request: web.Request) -> str | None:
        """Which portal this is.

        Raises:
            ProblemError: 801, 802 where portals must say who they are.
        """
        if self._portals is None:
            return None
        return self._portals.shown(request.headers.get("X-Api-Key"), net.peer_certificate(request)).system


def bearer(request: web.Request) -> str | None:
    """The citizen's token, as a bearer token (RFC 6750 §2.1)."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token if scheme.lower() == "bearer" and token else None


def _question(given: Mapping[str, str], face: str) -> Question:
    unknown = next((name for name in given if name not in _NAMES), None)
    if unknown is not None:
        raise find_usage.refused("known-member", "")
    limit = given.get("limit", str(DEFAULT_LIMIT))
    if not (limit.isascii() and limit.isdigit() and len(limit) < 5 and 1 <= int(limit) <= MAX_LIMIT):  # noqa: PLR2004 - digits of what fits
        raise find_usage.refused(f"1-{MAX_LIMIT}", "limit")
    return Question(given.get("since"), given.get("until"), int(limit), face)


async def _given(request: web.Request, *, texts: bool = True) -> dict[str, str]:
    """Members by name: of the query, of a JSON object, or of a form."""
    if request.method == "GET" or not request.can_read_body:
        return _once(request.query)
    if request.content_type == "application/x-www-form-urlencoded":
        form = await request.post()
        return _once({name: value for name, value in form.items() if isinstance(value, str)}, len(form))
    try:
        kind = dict[str, str] if texts else dict[str, str | int]
        return msgspec.json.decode(await request.read(), type=kind)
    except ValueError:
        raise find_usage.refused("object-of-texts", "") from None


def _once(given: Mapping[str, str], members: int | None = None) -> dict[str, str]:
    if len(dict(given)) != (len(given) if members is None else members):
        raise find_usage.refused("once-each", "")
    return dict(given)


def _further(page: Page, given: Mapping[str, str], posted: str | None) -> usages_page.Further | None:
    """How a reader gets the next page: by the address, or by posting the token again."""
    if page.next is None:
        return None
    members = {name: value for name, value in given.items() if name != "cursor"} | {"cursor": page.next}
    return usages_page.Further(members if posted is None else members | {"id_token": posted}, post=posted is not None)
