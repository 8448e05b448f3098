"""Questions through the node's HTTP face: what is answered, and every refusal that a question can meet on its way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from agency_system import PERSON, question

from bus.sample.personas import PERSONAS, SUSPENDED_OFFICER
from schemas.record import LeafType

if TYPE_CHECKING:
    from nation import EmbeddedNation

MOTHER = PERSONAS["mother"]


@pytest.fixture
async def dossier(nation: EmbeddedNation) -> str:
    """An open dossier with mother and father."""
    return await nation.dossier("birth")


def subject(**changed: str) -> dict[str, Any]:
    return {"subjects": [{"scheme": "citizen", "id": MOTHER.number, "role": "mother", "assurance": "high"} | changed]}


async def test_an_answer_holds_the_agreed_terms_and_where_it_is_recorded(nation: EmbeddedNation, dossier: str):
    before = await nation.size()
    said = await nation.counter.ask("confirm", dossier=dossier)
    assert (said.status, said.body["answer"], said.body["provider"]) == (200, {"exists": True}, "a100001")
    asked, outcome = await nation.records(before)
    receipt = said.body["receipt"]
    assert (receipt["asked"], receipt["outcome"]) == (before, before + 1)
    assert (asked.record.type, outcome.record.type) == (LeafType.ASKED, LeafType.OUTCOME)
    assert (outcome.record.outcome, outcome.record.asked) == ("answered", before)
    assert list(receipt["hops"]) == ["received", "admitted", "recorded", "answered", "verified"]
    assert sorted(receipt["hops"].values()) == list(receipt["hops"].values())


async def test_more_is_agreed_than_is_asked_for(nation: EmbeddedNation, dossier: str):
    everything = await nation.counter.ask("residence", dossier=dossier)
    less = await nation.counter.ask("residence", dossier=dossier, fields=["person.full-name"])
    assert set(everything.body["answer"]) == {"full_name", "permanent_address"}
    assert set(less.body["answer"]) == {"full_name"}


async def test_an_agency_can_be_named_by_a_code_of_today(nation: EmbeddedNation, dossier: str):
    body = question(dossier=dossier)
    assert (await nation.counter.send("POST", "/ask/G01/population/person/confirm", body)).status == 200
    former = await nation.counter.send("POST", "/ask/G24/social-insurance/member/status", body)
    today = await nation.counter.send("POST", "/ask/G12.924/social-insurance/member/status", body)
    assert (former.number, today.status) == (201, 200)


async def test_the_correlation_id_comes_back_and_stands_in_the_record(nation: EmbeddedNation, dossier: str):
    before = await nation.size()
    said = await nation.counter.send(
        "POST", f"/ask/{PERSON}/confirm", question(dossier=dossier), headers={"X-Correlation-Id": "counter-7:42"}
    )
    assert said.headers["X-Correlation-Id"] == "counter-7:42"
    asked, _ = await nation.records(before)
    assert asked.details is not None
    assert asked.details.correlation == "counter-7:42"


@pytest.mark.parametrize("shown", ["", "a b", "x" * 81, "ă", "-x"])
async def test_a_correlation_id_that_is_none_is_replaced(nation: EmbeddedNation, shown: str):
    said = await nation.counter.send("GET", "/dossiers/none", headers={"X-Correlation-Id": shown})
    made = said.headers["X-Correlation-Id"]
    assert made != shown
    assert said.body["correlation"] == made


PLACEHOLDERS = ("000000000001", "000000000000", "222222222222", "000000001")
REFUSED: dict[str, tuple[dict[str, Any], int, str]] = {
    "purpose that no agreement has": ({"purpose": "statistics"}, 202, "consumer-system"),
    "basis other than the agreement's": ({"basis": "LCC2023.10"}, 203, "consumer-system"),
    "basis that is a consent": ({"basis": "consent-1"}, 212, "consumer-system"),
    "field outside the agreement": ({"fields": ["person.birth"]}, 204, "consumer-system"),
    "subject identified too lightly": (subject(assurance="low"), 205, "consumer-system"),
    "dossier that nobody declared": ({"dossier": "H26-000000-00000"}, 207, "consumer-system"),
    "no dossier": ({"dossier": None}, 207, "consumer-system"),
    "no officer": ({"officer": None}, 209, "consumer-system"),
    "procedure outside the agreement": ({"procedure": "9.999999"}, 210, "consumer-system"),
    "no procedure": ({"procedure": None}, 210, "consumer-system"),
    **{f"placeholder {number}": (subject(id=number), 213, "consumer-system") for number in PLACEHOLDERS},
}


@pytest.mark.parametrize("name", REFUSED)
async def test_the_gate_refuses_and_records(nation: EmbeddedNation, dossier: str, name: str):
    changed, number, fault_at = REFUSED[name]
    before = await nation.size()
    said = await nation.counter.ask("confirm", **{"dossier": dossier} | changed)
    assert (said.number, said.body["fault_at"]) == (number, fault_at), said.body
    (refused,) = await nation.records(before)
    assert (refused.record.outcome, refused.record.code) == ("refused", number)
    assert MOTHER.number not in str(said.body)


async def test_a_stranger_is_no_party_of_the_dossier(nation: EmbeddedNation, dossier: str):
    said = await nation.counter.ask("confirm", of="groom", dossier=dossier)
    assert (said.number, said.body["place"]) == (208, "/subjects/0")


async def test_unknown_and_not_agreed_are_answered_alike(nation: EmbeddedNation, dossier: str):
    body = question(dossier=dossier)
    services = ("a100001/population/person/details", "a100001/population/nobody/read", "a999999/x/y/z", "Z99/x/y/z")
    said = [await nation.counter.send("POST", f"/ask/{service}", body) for service in services]
    said = [*said, await nation.counter.send("POST", f"/ask/{PERSON}/none", body)]
    unlike = {"correlation", "fault_at"}
    assert len({str({k: v for k, v in one.body.items() if k not in unlike}) for one in said}) == 1
    assert said[0].number == 201


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({"citizen_number": MOTHER.number}, ""),
        ({"citizen_number": MOTHER.number, "full_name": MOTHER.name, "birth": "12/03/1994"}, "/birth"),
        ({"citizen_number": f"x{MOTHER.number}", "full_name": MOTHER.name, "birth": MOTHER.birth}, "/citizen_number"),
        ({"citizen_number": MOTHER.number, "full_name": MOTHER.name, "birth": MOTHER.birth, "more": 1}, ""),
    ],
)
async def test_a_question_of_another_shape_goes_nowhere(
    nation: EmbeddedNation, dossier: str, body: dict[str, Any], place: str
):
    before = await nation.size()
    said = await nation.counter.ask("confirm", dossier=dossier, body=body)
    assert (said.number, said.body["fault_at"], said.body["rule"] != "") == (301, "consumer-system", True)
    assert place in said.body["place"]
    assert not {MOTHER.number, "12/03/1994"} & set(str(said.body).split("'"))
    assert await nation.size() == before


async def test_what_the_system_refuses_is_the_system_s(nation: EmbeddedNation, dossier: str):
    before = await nation.size()
    suspended = {"id": SUSPENDED_OFFICER[0], "unit": SUSPENDED_OFFICER[1]}
    said = await nation.counter.ask("confirm", dossier=dossier, officer=suspended)
    assert (said.status, said.number, said.body["fault_at"]) == (403, 503, "provider-system")
    assert said.body["params"] == {"peer_code": "005"}
    _, outcome = await nation.records(before)
    assert (outcome.record.outcome, outcome.record.code) == ("fault", 503)


async def test_nobody_there_is_a_problem_and_no_empty_answer(nation: EmbeddedNation):
    body = question("twice", dossier=await nation.dossier("business-twice"), procedure="1.001612")
    nobody = await nation.counter.send("POST", "/ask/a100007/land/holding/dwelling", body)
    several = await nation.counter.send("POST", "/ask/a100003/social-insurance/member/status", body)
    assert (nobody.status, nobody.number, several.status, several.number) == (404, 501, 409, 502)


async def test_no_time_left_is_a_deadline(nation: EmbeddedNation, dossier: str):
    said = await nation.counter.ask("confirm", dossier=dossier, timeout_ms=50)
    assert said.number in {None, 106, 404, 507}
