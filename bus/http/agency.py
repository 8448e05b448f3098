"""The node's face to an agency's own systems: questions and dossiers over plain HTTP.

Promises: described in OpenAPI 3.1 at `/openapi.json`; a key, an access token or a client certificate names the agency,
and nobody asks as another; every refusal is a problem with number, rule, place and where the fault lies.
Leaves out: X-Road's and Vietnam's own wires (each its own face), pages for people.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Final

from aiohttp import web

from bus.access import Grants, Principal
from bus.directory import Directory
from bus.http import openapi, views
from bus.http.edge import ShownError, correlation_key, edge, json_answer
from bus.http.oauth import TokenFace
from bus.http.requests import AskIn, DossierIn, OfficerIn, PersonIn, SupplementField, SupplementIn, read
from bus.node.ask import Ask
from bus.node.dossier import Dossiers, GuardRefusedError, Opening
from bus.node.dossiers import DossierRecord, Person
from bus.node.ports import Asking
from bus.node.systems import SystemView
from registry.model import Field, Text
from schemas.envelope import Officer, Subject
from schemas.problems import Code, FaultAt, ProblemError, problem

MOST_TAKEN: Final = 1_000
"""How many numbers taken by other nodes of the agency are passed over for one dossier."""
IN_FLIGHT: Final = 256
"""Questions and dossiers that one agency's systems may have under way at one node; above: 503 with Retry-After."""
BODY_S: Final = 60.0
"""How long a request's body may take to come."""
RETRY_AFTER_MS: Final = 1_000


@dataclass(frozen=True, slots=True)
class Desk:
    """What one agency's systems can reach at this node.

    Attributes:
        new_number: makes a dossier number nobody had.
        systems: how the agency's own systems stand behind this node.
    """

    asker: Asking
    dossiers: Dossiers
    directory: Directory
    new_number: Callable[[], Awaitable[str]]
    systems: Callable[[], tuple[SystemView, ...]] = tuple

    async def resolve_numbered(self, opening: Opening) -> DossierRecord:
        """Resolve a dossier under the next number that is free.

        An agency with several nodes shares one sequence; each knows its own part of it only, the hub knows all.
        """
        for _ in range(MOST_TAKEN):
            try:
                return await self.dossiers.resolve(replace(opening, dossier=await self.new_number()))
            except ProblemError as error:
                if error.problem.code not in {Code.DOSSIER_EXISTS, Code.DOSSIER_CLOSED}:
                    raise
        raise problem(Code.DOSSIER_EXISTS, fault_at=FaultAt.CONSUMER_NODE)

    @contextmanager
    def naming(self) -> Iterator[None]:
        """Answer a refusal of the guard with who holds what, named by the registry."""
        try:
            yield
        except GuardRefusedError as error:
            raise ShownError(error.problem, guard=views.guarded(error.verdict, self.directory.snapshot)) from error


class AgencyFace:
    """Routes for agency systems."""

    def __init__(
        self,
        grants: Grants,
        desks: Mapping[str, Desk],
        *,
        max_body_bytes: int,
        max_in_flight: int = IN_FLIGHT,
        public_url: str | None = None,
    ) -> None:
        self._grants = grants
        self._tokens = TokenFace(grants, public_url)
        self._desks = desks
        self._max_body_bytes = max_body_bytes
        self._max_in_flight = max_in_flight
        self._in_flight = Counter[str]()

    def application(self) -> web.Application:
        """The aiohttp application of this face."""
        app = web.Application(middlewares=[edge], client_max_size=self._max_body_bytes)
        app.router.add_post("/ask/{agency}/{system}/{service}/{operation}", self.ask)
        app.router.add_post("/dossiers", self.open_dossier)
        app.router.add_get("/dossiers/{dossier}", self.show_dossier)
        app.router.add_post("/dossiers/{dossier}/supplements", self.supplement)
        app.router.add_post("/dossiers/{dossier}/close", self.close_dossier)
        app.router.add_get("/openapi.json", self.describe)
        app.router.add_get("/health", self.health)
        self._tokens.add_to(app)
        return app

    async def ask(self, request: web.Request) -> web.Response:
        """One question, one answer with its receipt."""
        principal, desk = self._admit(request)
        wanted = read(AskIn, await self._json(request))
        with self._place(principal.agency):
            return json_answer(views.answered(await desk.asker.ask(_asked(request, wanted, principal))))

    async def open_dossier(self, request: web.Request) -> web.Response:
        """Open a dossier: guard its form, ask whoever holds the papers, say what is left for the citizen."""
        principal, desk = self._admit(request)
        wanted = read(DossierIn, await self._json(request))
        opening = Opening(
            form=wanted.form,
            dossier=wanted.dossier or "",
            parties=tuple(_person(party) for party in wanted.parties),
            officer=_officer(wanted.officer, principal.agency),
            correlation=request[correlation_key],
            system=principal.system,
            jurisdiction=wanted.jurisdiction,
            overrides={one.field: one.reason for one in wanted.overrides},
            timeout_ms=wanted.timeout_ms,
        )
        with self._place(principal.agency), desk.naming():
            resolve = desk.dossiers.resolve if wanted.dossier else desk.resolve_numbered
            return json_answer(views.dossier(await resolve(opening)), status=201)

    async def show_dossier(self, request: web.Request) -> web.Response:
        """A dossier's result as it was."""
        _, desk = self._admit(request)
        return json_answer(views.dossier(await desk.dossiers.show(request.match_info["dossier"])))

    async def supplement(self, request: web.Request) -> web.Response:
        """Ask the citizen for more: allowed only for what no agency holds, or for a declared reason."""
        principal, desk = self._admit(request)
        wanted = read(SupplementIn, await self._json(request))
        with desk.naming():
            verdict = await desk.dossiers.supplement(
                request.match_info["dossier"],
                tuple(_field(one) for one in wanted.fields),
                {one.field: one.reason for one in wanted.overrides},
                _officer(wanted.officer, principal.agency),
                request[correlation_key],
            )
        return json_answer(views.guarded(verdict, desk.directory.snapshot), status=201)

    async def close_dossier(self, request: web.Request) -> web.Response:
        """Close a dossier: no question may be asked for it any more."""
        _, desk = self._admit(request)
        closed = await desk.dossiers.close(request.match_info["dossier"], request[correlation_key])
        return json_answer(views.ClosedView(closed.dossier, "closed"))

    async def describe(self, _request: web.Request) -> web.Response:
        """This face in OpenAPI 3.1."""
        return json_answer(openapi.document())

    async def health(self, request: web.Request) -> web.Response:
        """Whether this node can reach the hub; to its agency's key holders also how its systems stand."""
        reachable = any(desk.asker.connected for desk in self._desks.values())
        view = views.HealthView("ok" if reachable else "no-hub", self._systems(request))
        return json_answer(view, status=200 if reachable else 503)

    def _systems(self, request: web.Request) -> tuple[SystemView, ...]:
        """What a stranger, or a wrong key, is not told; whoever watches for a sign of life needs none."""
        try:
            _, desk = self._admit(request)
        except ProblemError:
            return ()
        return desk.systems()

    def _admit(self, request: web.Request) -> tuple[Principal, Desk]:
        principal = self._grants.principal(request)
        desk = self._desks.get(principal.agency)
        if desk is None:
            raise problem(Code.AGENCY_NOT_HERE, fault_at=FaultAt.CONSUMER_SYSTEM)
        return principal, desk

    @contextmanager
    def _place(self, agency: str) -> Iterator[None]:
        """One of the places that an agency's systems have under way together, dossiers and questions alike."""
        if self._in_flight[agency] >= self._max_in_flight:
            raise problem(Code.TOO_BUSY, fault_at=FaultAt.CONSUMER_NODE, retry_after_ms=RETRY_AFTER_MS)
        self._in_flight[agency] += 1
        try:
            yield
        finally:
            self._in_flight[agency] -= 1

    async def _json(self, request: web.Request) -> bytes:
        if request.content_type != "application/json":
            raise problem(Code.PART_MEDIA_TYPE, rule="application/json", fault_at=FaultAt.CONSUMER_SYSTEM)
        try:
            async with asyncio.timeout(BODY_S):
                return await request.read()
        except TimeoutError:
            raise problem(Code.DEADLINE_PASSED, rule="body-in-time", fault_at=FaultAt.CONSUMER_SYSTEM) from None
        except web.HTTPRequestEntityTooLarge as error:
            limit = self._max_body_bytes
            raise problem(Code.BODY_TOO_LARGE, fault_at=FaultAt.CONSUMER_SYSTEM, limit=limit) from error


def _asked(request: web.Request, wanted: AskIn, principal: Principal) -> Ask:
    path = request.match_info
    return Ask(
        service=f"{path['agency']}/{path['system']}/{path['service']}",
        operation=path["operation"],
        purpose=wanted.purpose,
        body=wanted.body,
        basis=wanted.basis,
        procedure=wanted.procedure,
        dossier=wanted.dossier,
        system=principal.system,
        officer=_officer(wanted.officer, principal.agency) if wanted.officer else None,
        subjects=tuple(
            Subject(
                scheme=who.scheme,
                id=who.id,
                asserted_by=principal.agency,
                role=who.role,
                assurance=who.assurance,
            )
            for who in wanted.subjects
        ),
        fields=tuple(wanted.fields),
        correlation=request[correlation_key],
        timeout_ms=wanted.timeout_ms,
    )


def _officer(officer: OfficerIn, agency: str) -> Officer:
    return Officer(id=officer.id, unit=officer.unit, asserted_by=agency)


def _person(party: PersonIn) -> Person:
    return Person(
        role=party.role,
        id=party.id,
        scheme=party.scheme,
        name=party.name,
        birth=party.birth,
        assurance=party.assurance,
    )


def _field(one: SupplementField) -> Field:
    return Field(name=one.name, label=Text(vi=one.name, en=one.name), term=one.term, of=one.of, required=True)
