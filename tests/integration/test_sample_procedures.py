"""The table of expected outcomes, run: registry plan, real adapters, real systems, for every case of the manual."""

from __future__ import annotations

import uuid
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from adapters.kinds import build as build_adapter
from adapters.port import Officer, PeerError, PeerFault, Query
from bus.node.subjects import differs
from bus.sample.personas import OFFICER, PERSONAS
from bus.sample.procedures import (
    CASES,
    CONSUMER,
    CONSUMER_CODE,
    CONSUMER_SYSTEM,
    REFUSED_FIELDS,
    REFUSED_FORM,
    Case,
)
from bus.sample.serve import PORTS, serving
from bus.sample.store import build
from bus.sample.systems import SYSTEMS, registry_files, secret_files, settings_for
from registry import procedures
from registry.guard import check_form
from registry.outcomes import Ask, Evidence, Failed, Found, Gap, conclude, fill_question, next_asks
from registry.procedures import GapReason
from registry.snapshot import compile as compile_snapshot

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from adapters.port import Adapter
    from registry.outcomes import Outcome
    from registry.snapshot import Snapshot

NOW_MS = 1_795_323_600_000  # 2026-11-22
REASONS = {PeerFault.NO_MATCH: GapReason.NO_MATCH, PeerFault.SEVERAL_MATCHES: GapReason.SEVERAL_MATCHES}


@pytest.fixture(scope="module")
def snapshot() -> Snapshot:
    return compile_snapshot(registry_files(), 1)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("nation")
    build(folder, size=100, seed=2026)
    return folder


@dataclass(frozen=True)
class Nation:
    """The systems behind their adapters; asks as a node does and judges names as a node does."""

    snapshot: Snapshot
    adapters: dict[str, Adapter]

    async def put(self, ask: Ask, case: Case) -> Outcome:
        who = PERSONAS[case.parties[ask.role]]
        facts = {"id": who.number, "name": who.name, "birth": who.birth}
        operation = self.snapshot.operation(ask.service, ask.operation)
        assert operation is not None
        assert operation.question is not None
        assert operation.answer is not None
        body = fill_question(ask.question, facts)
        assert operation.question.violations(body, None) == []
        query = Query(
            operation=ask.operation,
            body=body,
            fields=ask.terms,
            purpose="dossier",
            procedure=case.procedure,
            officer=Officer(*OFFICER),
            consumer=CONSUMER_CODE,
            request_id=str(uuid.uuid4()),
        )
        try:
            found = await self.adapters[ask.service].ask(query)
        except PeerError as error:
            return Failed(REASONS[error.kind])
        answer = operation.answer.project(found.body, ask.agreement.terms)
        assert operation.answer.violations(answer, ask.agreement.terms) == []
        if differs(operation.answer, answer, who.name, who.birth):
            return Failed(GapReason.MISMATCH)
        return Found(answer, query.request_id)


@pytest.fixture
async def nation(snapshot: Snapshot, data: Path) -> AsyncIterator[Nation]:
    async with AsyncExitStack() as stack:
        urls = {}
        for kind in PORTS:
            urls[kind] = f"http://127.0.0.1:{await stack.enter_async_context(serving(kind, data))}"
        adapters: dict[str, Adapter] = {}
        for system in SYSTEMS:
            secrets = {name: path.read_text() for name, path in secret_files(system, data).items()}
            adapter = build_adapter(system.kind, settings_for(system, data, urls), secrets.__getitem__)
            await adapter.start()
            stack.push_async_callback(adapter.close)
            adapters[system.service] = adapter
        yield Nation(snapshot, adapters)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.key)
async def test_each_requirement_ends_as_the_manual_says(nation: Nation, case: Case) -> None:
    plan = procedures.plan(
        nation.snapshot, case.procedure, case.parties, CONSUMER, NOW_MS, consumer_system=CONSUMER_SYSTEM
    )
    outcomes: dict[str, Outcome] = {}
    while asks := next_asks(plan, outcomes):
        for ask in asks:
            outcome = await nation.put(ask, case)
            outcomes |= dict.fromkeys(ask.serves, outcome)
    ended = conclude(plan, outcomes)
    met = {e.requirement.id: tuple(p.service for p in e.pieces) for e in ended if isinstance(e, Evidence)}
    gaps = {g.requirement.id: g.reason.value for g in ended if isinstance(g, Gap)}
    assert met == dict(case.met)
    assert gaps == dict(case.gaps)


@pytest.mark.parametrize("name", sorted({case.form for case in CASES}))
def test_good_forms_ask_for_nothing_that_is_held(snapshot: Snapshot, name: str) -> None:
    form_id, _, version = name.partition("@")
    form = snapshot.form(form_id, int(version))
    assert form is not None
    assert check_form(snapshot, form, CONSUMER, NOW_MS).refused == ()


def test_the_old_form_is_refused_field_by_field_with_service_and_basis(snapshot: Snapshot) -> None:
    form_id, _, version = REFUSED_FORM.partition("@")
    form = snapshot.form(form_id, int(version))
    assert form is not None
    refused = check_form(snapshot, form, CONSUMER, NOW_MS).refused
    assert tuple(field.field for field in refused) == REFUSED_FIELDS
    address = refused[0].held_by[0]
    assert (address.service, address.basis, address.agreement) == (
        "a100001/population/person",
        "LCC2023.10",
        "ag-0001",
    )
