"""Every system of the sample nation, asked through its real adapter, for the people the manual names."""

from __future__ import annotations

import uuid
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

import pytest

from adapters.kinds import build as build_adapter
from adapters.port import Officer, PeerError, PeerFault, Query
from bus.sample.personas import OFFICER, PERSONAS, SUSPENDED_OFFICER
from bus.sample.serve import PORTS, serving
from bus.sample.store import build
from bus.sample.systems import SYSTEMS, secret_files, settings_for
from schemas.ids import same_name

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

    from adapters.port import Adapter

    Ask = Callable[..., Awaitable[dict[str, object]]]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("nation")
    build(folder, size=500, seed=11)
    return folder


@pytest.fixture
async def adapters(data: Path) -> AsyncIterator[dict[str, Adapter]]:
    async with AsyncExitStack() as stack:
        urls = {}
        for kind in PORTS:
            urls[kind] = f"http://127.0.0.1:{await stack.enter_async_context(serving(kind, data))}"
        made: dict[str, Adapter] = {}
        for system in SYSTEMS:
            secrets = {name: path.read_text() for name, path in secret_files(system, data).items()}
            adapter = build_adapter(system.kind, settings_for(system, data, urls), secrets.__getitem__)
            await adapter.start()
            stack.push_async_callback(adapter.close)
            made[system.service] = adapter
        yield made


@pytest.fixture
def ask(adapters: dict[str, Adapter]) -> Ask:
    async def put(
        service: str,
        operation: str,
        persona: str,
        *,
        name: str | None = None,
        procedure: str = "1.000894",
        officer: tuple[str, str] = OFFICER,
    ) -> dict[str, object]:
        one = PERSONAS[persona]
        body = {"citizen_number": one.number, "full_name": name or one.name, "birth": one.birth}
        query = Query(
            operation=operation,
            body=body,
            purpose="dossier",
            procedure=procedure,
            officer=Officer(*officer),
            consumer="H26",
            request_id=str(uuid.uuid4()),
        )
        return (await adapters[service].ask(query)).body

    return put


async def fault_of(call: Awaitable[object]) -> PeerError:
    with pytest.raises(PeerError) as caught:
        await call
    return caught.value


POPULATION = "a100001/population/person"
MARRIAGE = "a100002/civil-status/marriage"
BIRTH = "a100002/civil-status/birth"
INSURANCE = "a100003/social-insurance/member"
BUSINESS = "a100004/business-registry/household-business"
TAX = "a100006/tax/taxpayer"
LAND = "a100007/land/holding"


@pytest.mark.parametrize("key", [key for key, one in PERSONAS.items() if one.number])
async def test_the_population_database_confirms_every_named_person(ask: Ask, key: str) -> None:
    assert await ask(POPULATION, "confirm", key) == {"exists": True}


async def test_whoever_does_not_match_is_not_confirmed(ask: Ask) -> None:
    assert await ask(POPULATION, "confirm", "groom", name="Phạm Quốc Tuấn") == {"exists": False}
    assert (await fault_of(ask(POPULATION, "residence", "groom", name="Phạm Quốc Tuấn"))).kind is PeerFault.NO_MATCH


async def test_a_name_without_accents_and_blanks_is_the_same_person(ask: Ask) -> None:
    assert await ask(POPULATION, "confirm", "groom", name="PHAMQUOCDAT") == {"exists": True}


async def test_an_unlicensed_procedure_and_a_suspended_officer_are_refused_by_code(ask: Ask) -> None:
    unlicensed = await fault_of(ask(POPULATION, "confirm", "groom", procedure="2.000806"))
    assert (unlicensed.kind, unlicensed.peer_code) == (PeerFault.NOT_LICENSED, "004")
    suspended = await fault_of(ask(POPULATION, "confirm", "groom", officer=SUSPENDED_OFFICER))
    assert (suspended.kind, suspended.peer_code) == (PeerFault.NOT_PERMITTED, "005")


async def test_a_request_number_is_good_for_one_question(adapters: dict[str, Adapter]) -> None:
    one = PERSONAS["groom"]
    body = {"citizen_number": one.number, "full_name": one.name, "birth": one.birth}
    query = Query("confirm", body, procedure="1.000894", officer=Officer(*OFFICER), request_id="once")
    await adapters[POPULATION].ask(query)
    again = await fault_of(adapters[POPULATION].ask(query))
    assert (again.kind, again.peer_code) == (PeerFault.BAD_QUESTION, "002")


async def test_the_household_of_the_lone_mother(ask: Ask) -> None:
    answer = await ask(POPULATION, "household", "lone-mother")
    assert answer["relation"] == "head"
    assert answer["full_name"] == "Lò Thị Ín"
    assert "Sông Đồng" in str((await ask(POPULATION, "residence", "lone-mother"))["permanent_address"])


async def test_full_details_of_somebody_with_a_year_only(ask: Ask) -> None:
    answer = await ask(POPULATION, "details", "late-groom")
    assert (answer["birth"], answer["sex"], answer["marital_status"]) == ("1969", "male", "single")


async def test_two_registers_disagree_about_a_marriage(ask: Ask) -> None:
    assert (await ask(POPULATION, "marital-status", "taken"))["married"] is False
    held = await ask(MARRIAGE, "status", "taken")
    assert (held["married"], held["registered_on"], held["spouse_name"]) == (True, "2026-05-04", "Mai Xuân Trường")


async def test_a_marriage_that_stands(ask: Ask) -> None:
    held = await ask(MARRIAGE, "status", "mother")
    assert held["married"] is True
    assert held["number"] == "45 - 2021/KH"
    assert same_name(str(held["spouse_name"]), PERSONAS["father"].name)


async def test_civil_status_spells_two_brides_otherwise_and_one_of_them_for_review(ask: Ask) -> None:
    misheard = str((await ask(MARRIAGE, "status", "bride"))["full_name"])
    assert not same_name(misheard, PERSONAS["bride"].name)
    retoned = str((await ask(MARRIAGE, "status", "late-bride"))["full_name"])
    assert retoned != PERSONAS["late-bride"].name
    assert same_name(retoned, PERSONAS["late-bride"].name)


async def test_a_birth_entry(ask: Ask) -> None:
    assert (await ask(BIRTH, "extract", "late-groom"))["birth"] == "1969"
    assert (await ask(BIRTH, "extract", "groom"))["birth"] == "1996-01-17"


async def test_social_insurance_shouts_and_finds_one_person_twice(ask: Ask) -> None:
    answer = await ask(INSURANCE, "status", "late-bride")
    assert answer["full_name"] == "HOANG THI HOA"
    assert (answer["active"], answer["card_valid_to"]) == (True, "2026-12-31")
    assert (await fault_of(ask(INSURANCE, "status", "twice"))).kind is PeerFault.SEVERAL_MATCHES


async def test_land_is_held_or_it_is_a_gap(ask: Ask) -> None:
    assert same_name(str((await ask(LAND, "dwelling", "mother"))["full_name"]), PERSONAS["mother"].name)
    assert "Đồng Mẫu" in str((await ask(LAND, "dwelling", "founder"))["address"])  # a commune that is no more
    assert (await fault_of(ask(LAND, "dwelling", "lone-mother"))).kind is PeerFault.NO_MATCH


async def test_the_business_registry_gives_a_token_and_an_answer(ask: Ask) -> None:
    assert await ask(BUSINESS, "of-owner", "founder") == {"active": False}
    held = await ask(BUSINESS, "of-owner", "owner")
    assert (held["active"], held["state"]) == (True, "active")


async def test_the_tax_sandbox_knows_one_person(ask: Ask) -> None:
    assert await ask(TAX, "standing", "founder") == {"in_debt": False}
    assert (await fault_of(ask(TAX, "standing", "owner"))).kind is PeerFault.NO_MATCH
