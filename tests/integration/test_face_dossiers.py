"""Dossiers through the node's HTTP face: resolved, shown, supplemented, closed; what the guard lets through and why."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from agency_system import CASE, opening, party

from bus.sample.procedures import CASES, DEMO, REFUSED_FIELDS, REFUSED_FORM, Case
from registry.guard import OverrideReason
from schemas.record import LeafType

if TYPE_CHECKING:
    from nation import EmbeddedNation

ADDRESS = {"name": "motherAddress", "term": "person.permanent-address", "of": "mother"}
PHONE = {"name": "phone", "term": "contact.phone", "of": "mother"}


def supplement(*fields: dict[str, str], **reasons: str) -> dict[str, Any]:
    overrides = [{"field": field, "reason": reason} for field, reason in reasons.items()]
    return {"fields": list(fields), "officer": opening()["officer"], "overrides": overrides}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.key)
async def test_each_dossier_of_the_sample_comes_to_what_its_table_says(nation: EmbeddedNation, case: Case):
    said = await nation.counter.open(case.key)
    assert said.status == 201, said.body
    lines = {line["requirement"]: line for line in said.body["lines"]}
    met = {name: tuple(one["service"] for one in line["sources"]) for name, line in lines.items() if not line["reason"]}
    gaps = {name: line["reason"] for name, line in lines.items() if line["reason"]}
    assert (met, gaps) == (dict(case.met), dict(case.gaps))
    assert said.body["procedure"] == case.procedure
    assert said.body["left_to_citizen"] == [name for name in lines if name in gaps]
    assert all(line["reason_text"]["vi"] and line["reason_text"]["en"] for line in lines.values() if line["reason"])


async def test_every_paper_spared_has_a_receipt_in_the_ledger(nation: EmbeddedNation):
    before = await nation.size()
    said = await nation.counter.open("business")
    records = {before + number: one for number, one in enumerate(await nation.records(before))}
    sources = [one for line in said.body["lines"] if not line["reason"] for one in line["sources"]]
    assert len(sources) == 5
    for source in sources:
        asked, outcome = records[source["asked"]], records[source["outcome"]]
        assert (asked.record.service, outcome.record.asked) == (source["service"], source["asked"])
        assert asked.details is not None
        assert (asked.details.exchange, asked.details.dossier) == (source["exchange"], said.body["dossier"])
    declared = [one.record.outcome for one in records.values() if one.record.type is LeafType.DECLARED]
    assert declared == ["opened", "gaps"]


async def test_a_dossier_is_shown_as_it_was(nation: EmbeddedNation):
    opened = await nation.counter.open("marriage")
    shown = await nation.counter.send("GET", f"/dossiers/{opened.body['dossier']}")
    assert (shown.status, shown.body) == (200, opened.body)


async def test_dossiers_at_once_do_not_hinder_each_other(nation: EmbeddedNation):
    said = await asyncio.gather(*(nation.counter.open(key) for key in [*DEMO, *DEMO]))
    assert [one.status for one in said] == [201] * 6
    assert len({one.body["dossier"] for one in said}) == 6


async def test_an_agency_may_number_its_dossiers_itself_once(nation: EmbeddedNation):
    first = await nation.counter.open("birth", dossier="H26.901-261122-0001")
    again = await nation.counter.open("birth", dossier="H26.901-261122-0001")
    assert (first.status, first.body["dossier"]) == (201, "H26.901-261122-0001")
    assert (again.status, again.number) == (409, 707)
    assert (await nation.counter.send("GET", "/dossiers/H26.901-261122-0001")).body == first.body


async def test_a_form_that_asks_for_what_is_held_is_refused_with_who_holds_it(nation: EmbeddedNation):
    before = await nation.size()
    said = await nation.counter.open("marriage", form=REFUSED_FORM)
    assert (said.status, said.number) == (409, 702)
    refused = {field["field"]: field for field in said.body["guard"]["fields"] if not field["allowed"]}
    assert tuple(sorted(refused)) == tuple(sorted(REFUSED_FIELDS))
    first = refused["husbandAddress"]["held_by"][0]
    assert (first["agency_name"]["en"], first["service"]) == (
        "Ministry of Public Security",
        "a100001/population/person",
    )
    assert (first["operation"], first["basis"], first["agreement"]) == ("residence", "LCC2023.10", "ag-0001")
    assert first["basis_text"]["en"].startswith("Law on Identification 2023, art. 10")
    assert await nation.size() == before


@pytest.mark.parametrize("reason", list(OverrideReason))
async def test_each_declared_reason_lets_a_held_field_through_and_is_recorded(nation: EmbeddedNation, reason: str):
    before = await nation.size()
    overrides = [{"field": field, "reason": str(reason)} for field in REFUSED_FIELDS]
    said = await nation.counter.open("marriage", form=REFUSED_FORM, overrides=overrides)
    assert said.status == 201
    assert {(one["field"], one["reason"]) for one in said.body["overrides"]} == {(f, reason) for f in REFUSED_FIELDS}
    declared = [one for one in await nation.records(before) if one.record.outcome == "override"]
    assert len(declared) == 1
    assert declared[0].details is not None
    assert set(declared[0].details.overrides) == {f"{field}:{reason}" for field in REFUSED_FIELDS}


@pytest.mark.parametrize(
    ("changed", "number"),
    [
        ({"form": "birth-linked@99"}, 701),
        ({"form": "nothing@1"}, 701),
        ({"form": REFUSED_FORM, "overrides": [{"field": "husbandAddress", "reason": "update"}]}, 702),
        ({"overrides": [{"field": "nobodyAskedThis", "reason": "update"}]}, 703),
        ({"parties": [party("father", "father")]}, 706),
        ({"parties": [party("uncle", "father")]}, 706),
        ({"parties": [party("mother", "mother") | {"id": "000000000001"}]}, 213),
    ],
)
async def test_what_no_dossier_can_be_opened_with(nation: EmbeddedNation, changed: dict[str, Any], number: int):
    said = await nation.counter.open("birth", **changed)
    assert said.number == number, said.body
    assert "000000000001" not in str(said.body)


async def test_a_supplement_may_ask_for_what_nobody_holds(nation: EmbeddedNation):
    dossier = await nation.dossier("birth")
    before = await nation.size()
    said = await nation.counter.send("POST", f"/dossiers/{dossier}/supplements", supplement(PHONE))
    assert (said.status, said.body["passed"]) == (201, True)
    assert await nation.size() == before


async def test_a_supplement_passes_the_same_guard(nation: EmbeddedNation):
    dossier = await nation.dossier("birth")
    said = await nation.counter.send("POST", f"/dossiers/{dossier}/supplements", supplement(PHONE, ADDRESS))
    assert (said.status, said.number) == (409, 702)
    words = {field["field"]: field["allowed"] for field in said.body["guard"]["fields"]}
    assert words == {"phone": True, "motherAddress": False}


@pytest.mark.parametrize("reason", list(OverrideReason))
async def test_each_reason_lets_a_supplement_through(nation: EmbeddedNation, reason: str):
    dossier = str((await nation.counter.open("birth-lone")).body["dossier"])
    before = await nation.size()
    body = supplement(ADDRESS, motherAddress=str(reason))
    said = await nation.counter.send("POST", f"/dossiers/{dossier}/supplements", body)
    assert (said.status, said.body["fields"][0]["override"]) == (201, reason)
    (declared,) = await nation.records(before)
    assert declared.record.outcome == "override"
    shown = await nation.counter.send("GET", f"/dossiers/{dossier}")
    assert shown.body["overrides"] == [{"field": "motherAddress", "reason": reason}]


@pytest.mark.parametrize(
    ("body", "number"),
    [
        (supplement(ADDRESS, motherAddress="because"), 804),
        (supplement(PHONE, motherAddress="update"), 703),
        (supplement(), 804),
    ],
)
async def test_a_supplement_with_another_reason_is_none(nation: EmbeddedNation, body: dict[str, Any], number: int):
    dossier = await nation.dossier("birth")
    assert (await nation.counter.send("POST", f"/dossiers/{dossier}/supplements", body)).number == number


async def test_after_closing_the_hub_refuses_questions_for_it(nation: EmbeddedNation):
    dossier = str((await nation.counter.open("birth")).body["dossier"])
    assert (await nation.counter.ask("confirm", dossier=dossier)).status == 200
    closed = await nation.counter.send("POST", f"/dossiers/{dossier}/close")
    assert (closed.status, closed.body) == (200, {"dossier": dossier, "state": "closed"})
    after = await nation.counter.ask("confirm", dossier=dossier)
    assert (after.status, after.number) == (403, 207)
    again = await nation.counter.send("POST", f"/dossiers/{dossier}/close")
    more = await nation.counter.send("POST", f"/dossiers/{dossier}/supplements", supplement(PHONE))
    assert (again.number, more.number) == (705, 705)
    assert (await nation.counter.send("GET", f"/dossiers/{dossier}")).body["state"] == "closed"
    assert (await nation.counter.open("birth", dossier=dossier)).number == 705


@pytest.mark.parametrize("path", ["/dossiers/none", "/dossiers/none/close", "/dossiers/none/supplements"])
async def test_a_dossier_that_nobody_opened(nation: EmbeddedNation, path: str):
    method, body = ("GET", None) if path == "/dossiers/none" else ("POST", supplement(PHONE))
    said = await nation.counter.send(method, path, body if path.endswith("supplements") else None)
    assert (said.status, said.number) == (404, 704)


def test_the_cases_are_those_of_the_demo():
    assert [CASE[key].procedure for key in DEMO] == ["3.000722", "1.000894", "1.001612"]
