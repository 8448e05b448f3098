"""The gate by itself; docs/bad-input.md (chapter Grounds) has what it refuses, row by row."""

from __future__ import annotations

import msgspec
import pytest
from spec_rows import drafted
from world import FATHER, MOTHER, World, ask, mother, officer
from world_registry import AUDIT, CONSUMER, MARRIAGE, PERSON, PROCEDURE, WORLD_AGREEMENTS, agreement

from bus.gate import Asked, admit, asked, must_speak_for_itself
from schemas.envelope import Envelope, Kind, Party
from schemas.problems import Code, ProblemError

FULL = frozenset({"person.number", "person.full-name", "person.residence", "person.birth"})


def question(world: World, **changed: object) -> Envelope:
    return drafted(world, ask(), **changed)[1]


def refusal(world: World, envelope: Envelope) -> tuple[Code, str | None]:
    with pytest.raises(ProblemError) as caught:
        admit(world.snapshot, envelope, world.now_ms)
    return caught.value.problem.code, caught.value.problem.place


async def test_what_is_admitted_and_up_to_which_terms():
    world = World()
    grant = admit(world.snapshot, question(world), world.now_ms)
    assert (grant.agreement.id, grant.service.id, grant.operation.name) == ("ag-0100", PERSON, "read")
    assert grant.terms == FULL
    some = question(world, fields=("person.birth", "person.birth"))
    assert admit(world.snapshot, some, world.now_ms).terms == {"person.birth"}


async def test_the_agreement_of_the_very_system_comes_first():
    own = agreement("ag-0200", PERSON, "read", consumer_system='"one-stop"', terms='["person.number"]')
    world = World(agreements=WORLD_AGREEMENTS + own)
    from_system = question(world, consumer=Party(agency=CONSUMER, system="one-stop"), subjects=(mother(),))
    assert admit(world.snapshot, from_system, world.now_ms).agreement.id == "ag-0200"
    assert admit(world.snapshot, question(world), world.now_ms).agreement.id == "ag-0100"


async def test_a_purpose_that_the_operation_does_not_serve_is_refused_whatever_was_agreed():
    verify = agreement("ag-0201", PERSON, "verify", terms='["person.number"]', purposes='["dossier"]')
    world = World(agreements=WORLD_AGREEMENTS + verify)
    for_dossier = question(world, operation="verify", purpose="dossier", dossier="D-1")
    assert admit(world.snapshot, for_dossier, world.now_ms).agreement.id == "ag-0201"
    assert refusal(world, question(world, operation="verify"))[0] is Code.PURPOSE_NOT_AGREED


async def test_the_stricter_of_both_levels_counts():
    world = World()
    weak = question(world, subjects=(mother(assurance="low"),))
    assert refusal(world, weak) == (Code.ASSURANCE_TOO_LOW, "/subjects/0/assurance")
    low_operation = drafted(world, ask(service=MARRIAGE, operation="extract", body={"number": MOTHER}))[1]
    for level in ("low", "substantial", "high"):
        envelope = msgspec.structs.replace(low_operation, subjects=(mother(assurance=level),))
        assert admit(world.snapshot, envelope, world.now_ms).agreement.id == "ag-0104"
    none = msgspec.structs.replace(low_operation, subjects=(mother(assurance="none"),))
    assert refusal(world, none)[0] is Code.ASSURANCE_TOO_LOW


async def test_every_subject_is_judged_not_only_the_first():
    world = World()
    second = question(world, subjects=(mother(), mother(id="000000000001")))
    assert refusal(world, second) == (Code.SUBJECT_PLACEHOLDER, "/subjects/1/id")
    light = question(world, subjects=(mother(), mother(id=FATHER, assurance="none")))
    assert refusal(world, light) == (Code.ASSURANCE_TOO_LOW, "/subjects/1/assurance")


async def test_a_question_without_a_dossier_may_not_have_a_dossiers_purpose():
    world = World()
    assert refusal(world, question(world, purpose="dossier"))[0] is Code.DOSSIER_NOT_DECLARED
    nobody = question(world, purpose="dossier", dossier="D-1", subjects=())
    assert refusal(world, nobody) == (Code.ASSURANCE_TOO_LOW, "/subjects")


async def test_unknown_services_and_missing_agreements_are_answered_alike():
    world = World()
    unlike = [
        question(world, service="a100001/population/nobody"),
        question(world, operation="erase"),
        question(world, operation="verify"),
        question(world, service="a999999/x/y"),
    ]
    told = []
    for envelope in unlike:
        with pytest.raises(ProblemError) as caught:
            admit(world.snapshot, envelope, world.now_ms)
        told.append(caught.value.problem)
    assert len(set(map(msgspec.json.encode, told))) == 1
    assert told[0].code is Code.NOT_AGREED


async def test_agreements_begin_and_end_at_their_moments():
    ends = AUDIT.replace("valid_from = 2025-07-01", "valid_from = 2026-09-22\nvalid_to = 2026-09-24")
    world = World(agreements=WORLD_AGREEMENTS.replace(AUDIT, ends))
    day_ms = 86_400_000
    begins_ms = -(-world.now_ms // day_ms) * day_ms - 7 * 3_600_000  # midnight in Vietnam
    begins_ms += day_ms if begins_ms < world.now_ms else 0
    envelope = question(world, basis="278/2025/NĐ-CP")
    outcomes = []
    for at_ms in (begins_ms - 1, begins_ms, begins_ms + 2 * day_ms - 1, begins_ms + 2 * day_ms):
        try:
            admit(world.snapshot, envelope, at_ms)
            outcomes.append("in")
        except ProblemError as error:
            outcomes.append(error.problem.code.name)
    assert outcomes == ["AGREEMENT_ENDED", "in", "in", "AGREEMENT_ENDED"]


async def test_claims_are_the_sealers_own():
    world = World()
    must_speak_for_itself(question(world))
    for changed in (
        {"consumer": Party(agency="a100002")},
        {"officer": officer(asserted_by="a100001")},
        {"subjects": (mother(), mother(asserted_by="a100001"))},
    ):
        with pytest.raises(ProblemError) as caught:
            must_speak_for_itself(question(world, **changed))
        assert caught.value.problem.code is Code.SEAL_NOT_THE_CONSUMER


async def test_only_a_question_is_asked():
    world = World()
    envelope = question(world)
    assert asked(envelope) == Asked(envelope.consumer, PERSON, "read", "audit", "278/2025/NĐ-CP", "person.question@1")
    with pytest.raises(ProblemError) as caught:
        asked(msgspec.structs.replace(envelope, kind=Kind.DOCUMENT))
    assert caught.value.problem.code is Code.ENVELOPE_KIND


async def test_the_procedure_must_be_one_of_the_agreements():
    world = World()
    wanted = {"purpose": "dossier", "dossier": "D-1", "consumer": Party(agency=CONSUMER, system="one-stop")}
    envelope = drafted(world, ask(service=MARRIAGE, operation="extract", body={"number": MOTHER}), **wanted)[1]
    assert refusal(world, envelope) == (Code.PROCEDURE_NOT_AGREED, "/procedure")
    allowed = msgspec.structs.replace(envelope, procedure=PROCEDURE)
    assert admit(world.snapshot, allowed, world.now_ms).agreement.id == "ag-0002"
