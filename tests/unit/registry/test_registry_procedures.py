"""Plans: AND inside a list, OR between lists, whom to ask, and what it came to."""

from __future__ import annotations

import pytest
import registry_folder

from registry.outcomes import Evidence, Failed, Found, Gap, conclude, fill_question, next_asks
from registry.procedures import GapReason, Plan, PlanError, plan
from registry.snapshot import Snapshot
from registry.snapshot import compile as compile_folder

NOW = 1_763_000_000_000
COMMUNE = "a200003"
BIRTH = "1.001193"
PEOPLE = ["mother", "father", "child"]


@pytest.fixture(scope="module")
def snapshot() -> Snapshot:
    return compile_folder(registry_folder.folder(), 7)


@pytest.fixture(scope="module")
def birth(snapshot: Snapshot):
    return plan(snapshot, BIRTH, PEOPLE, COMMUNE, NOW, consumer_system="one-stop")


def found(body: object = None):
    return Found(body if body is not None else {"exists": True}, "x-1")


def test_one_question_serves_every_need_that_it_can(birth: Plan):
    asks = {ask.service: ask for ask in next_asks(birth, {})}
    assert set(asks) == {"a100001/population/person", "a100002/civil-status/marriage"}
    person = asks["a100001/population/person"]
    assert person.serves == ("mother/residence",)
    assert person.terms == {"person.residence", "person.full-name"}
    assert person.agreement.id == "ag-0001"
    assert person.timeout_ms == 5000


def test_everything_found_ends_in_evidence_and_honest_gaps(birth: Plan):
    outcomes = {"mother/residence": found(), "mother/marriage-extract": found()}
    assert next_asks(birth, outcomes) == ()
    ends = {end.requirement.id: end for end in conclude(birth, outcomes)}
    assert isinstance(ends["residence-of-mother"], Evidence)
    marriage = ends["marriage-of-parents"]
    assert isinstance(marriage, Evidence)
    assert [piece.evidence for piece in marriage.pieces] == ["marriage-extract", "residence"]
    notice, declaration = ends["notice-of-birth"], ends["declaration"]
    assert isinstance(notice, Gap)
    assert notice.reason is GapReason.NO_PROVIDER
    assert isinstance(declaration, Gap)
    assert declaration.reason is GapReason.CITIZEN_MUST_SUPPLY


def test_all_of_a_list_must_be_there_and_the_next_list_may_still_satisfy(birth: Plan):
    outcomes = {"mother/residence": Failed(GapReason.PROVIDER_DOWN), "mother/marriage-extract": found()}
    ends = {end.requirement.id: end for end in conclude(birth, outcomes)}
    assert isinstance(ends["marriage-of-parents"], Evidence)
    assert [piece.evidence for piece in ends["marriage-of-parents"].pieces] == ["marriage-extract"]
    assert ends["residence-of-mother"].reason is GapReason.PROVIDER_DOWN


def test_an_answer_that_says_no_is_no_match(birth: Plan):
    outcomes = {"mother/residence": found(), "mother/marriage-extract": found({"exists": False})}
    ends = {end.requirement.id: end for end in conclude(birth, outcomes)}
    gap = ends["marriage-of-parents"]
    assert isinstance(gap, Gap)
    assert gap.reason is GapReason.NO_MATCH
    assert [(row.evidence, row.exchange) for row in gap.details] == [("marriage-extract", "x-1")]


def test_a_truth_value_is_not_the_number_one(birth: Plan):
    outcomes = {"mother/residence": found(), "mother/marriage-extract": found({"exists": 1})}
    ends = {end.requirement.id: end for end in conclude(birth, outcomes)}
    assert isinstance(ends["marriage-of-parents"], Gap)


def test_what_was_never_asked_is_a_gap_that_says_so(birth: Plan):
    ends = {end.requirement.id: end for end in conclude(birth, {})}
    assert ends["residence-of-mother"].reason is GapReason.NOT_ASKED


def test_a_requirement_of_an_absent_role_is_skipped(snapshot: Snapshot):
    alone = plan(snapshot, BIRTH, ["mother", "child"], COMMUNE, NOW, consumer_system="one-stop")
    assert alone.skipped == ("marriage-of-parents",)


def test_alternatives_wait_for_the_first_to_fail():
    evidence = (
        registry_folder.EVIDENCE
        + """
[[evidence]]
id = "residence-verified"
name = { vi = "Xác minh", en = "Verified" }
[[evidence.provider]]
service = "a100001/population/person"
operation = "read"
terms = ["person.birth"]
question = { number = "$subject.id", name = "$subject.name" }
"""
    )
    lists = '[[procedure.requirement.list]]\nevidence = ["residence"]\n'
    more = '[[procedure.requirement.list]]\nevidence = ["residence-verified"]\n'
    procedures = registry_folder.PROCEDURES.replace(lists, lists + more, 1)
    other = compile_folder(registry_folder.folder(evidence=evidence, procedures=procedures))
    made = plan(other, BIRTH, ["mother"], COMMUNE, NOW)
    (first,) = next_asks(made, {})
    assert first.serves == ("mother/residence",)
    (second,) = next_asks(made, {"mother/residence": Failed(GapReason.NO_MATCH)})
    assert second.serves == ("mother/residence-verified",)
    both = {"mother/residence": Failed(GapReason.NO_MATCH), "mother/residence-verified": Failed(GapReason.MISMATCH)}
    assert next_asks(made, both) == ()
    assert conclude(made, both)[0].reason is GapReason.MISMATCH


def test_no_agreement_is_told_apart_from_no_provider(snapshot: Snapshot):
    made = plan(snapshot, BIRTH, ["mother"], "a200001", NOW)
    ends = {end.requirement.id: end for end in conclude(made, {})}
    assert ends["residence-of-mother"].reason is GapReason.NO_AGREEMENT
    assert ends["notice-of-birth"].reason is GapReason.NO_PROVIDER


def test_an_agreement_of_another_system_does_not_count(snapshot: Snapshot):
    made = plan(snapshot, BIRTH, PEOPLE, COMMUNE, NOW)
    ends = {end.requirement.id: end for end in conclude(made, {"mother/residence": found()})}
    assert ends["marriage-of-parents"].reason is GapReason.NO_AGREEMENT


def test_an_agreement_that_lacks_a_term_does_not_count():
    agreements = registry_folder.AGREEMENTS.replace('"person.birth", "person.residence"]', '"person.birth"]')
    other = compile_folder(registry_folder.folder(agreements=agreements))
    made = plan(other, BIRTH, ["mother"], COMMUNE, NOW)
    assert conclude(made, {})[0].reason is GapReason.NO_AGREEMENT


@pytest.mark.parametrize(
    ("place", "reason"),
    [
        (None, GapReason.NOT_ASKED),
        ("H56.14", GapReason.NOT_ASKED),
        ("H57", GapReason.NO_PROVIDER),
        ("H5", GapReason.NO_PROVIDER),
    ],
)
def test_jurisdiction_chooses_the_provider(place: str | None, reason: GapReason):
    evidence = registry_folder.EVIDENCE.replace(
        'terms = ["person.residence", "person.full-name"]',
        'terms = ["person.residence", "person.full-name"]\njurisdiction = "H56"',
    )
    other = compile_folder(registry_folder.folder(evidence=evidence))
    made = plan(other, BIRTH, ["mother"], COMMUNE, NOW, place=place)
    assert conclude(made, {})[0].reason is reason


@pytest.mark.parametrize(
    ("code", "roles", "rule"),
    [
        ("9.999999", ["mother"], "unknown-procedure"),
        (BIRTH, ["mother", "uncle"], "unknown-role"),
        (BIRTH, ["father"], "role-missing"),
    ],
)
def test_no_plan_without_its_ground(snapshot: Snapshot, code: str, roles: list[str], rule: str):
    with pytest.raises(PlanError) as caught:
        plan(snapshot, code, roles, COMMUNE, NOW)
    assert caught.value.rule == rule


def test_a_question_is_filled_from_the_subject_and_leaves_out_what_is_not_known():
    question = {"number": "$subject.id", "born": "$subject.birth", "exact": True, "kind": "person"}
    filled = fill_question(question, {"id": "900199000001", "birth": None})
    assert filled == {"number": "900199000001", "exact": True, "kind": "person"}
