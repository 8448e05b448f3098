"""The guard: who holds what is asked, and the four ways past it."""

from __future__ import annotations

import pytest
import registry_folder

from registry.guard import Finding, Override, OverrideReason, check_fields, check_form
from registry.model import Field, Text
from registry.snapshot import Snapshot
from registry.snapshot import compile as compile_folder

NOW = 1_763_000_000_000
COMMUNE = "a200003"


@pytest.fixture(scope="module")
def snapshot() -> Snapshot:
    return compile_folder(registry_folder.folder(), 7)


def form(snapshot: Snapshot, name: str):
    found = snapshot.form(name, 1)
    assert found is not None
    return found


def test_a_form_that_asks_only_what_nobody_holds_passes(snapshot: Snapshot):
    verdict = check_form(snapshot, form(snapshot, "birth"), COMMUNE, NOW)
    assert verdict.passed
    assert [field.finding for field in verdict.fields] == [Finding.IDENTIFIER, Finding.NEW_SUBJECT, Finding.NOT_HELD]


def test_a_form_that_asks_for_what_is_held_is_refused_with_service_and_basis(snapshot: Snapshot):
    verdict = check_form(snapshot, form(snapshot, "birth-bad"), COMMUNE, NOW)
    assert not verdict.passed
    residence, sex = verdict.refused
    assert residence.field == "mother-residence"
    (holder,) = residence.held_by
    assert (holder.service, holder.operation) == ("a100001/population/person", "read")
    assert holder.basis == "278/2025/NĐ-CP"
    assert holder.agreement == "ag-0001"
    # Held, and not agreed: refused all the same; the duty is to conclude an agreement, not to ask the citizen.
    assert [holder.agreement for holder in sex.held_by] == [None]


@pytest.mark.parametrize("reason", list(OverrideReason))
def test_each_declared_reason_lets_its_field_through_and_is_told(snapshot: Snapshot, reason: OverrideReason):
    reasons = {"mother-residence": Override(reason, "x-1"), "mother-sex": Override(reason)}
    verdict = check_form(snapshot, form(snapshot, "birth-bad"), COMMUNE, NOW, reasons)
    assert verdict.passed
    assert [field.override for field in verdict.overridden] == list(reasons.values())


def test_an_unlisted_reason_is_refused(snapshot: Snapshot):
    reasons = {"mother-residence": Override("convenience"), "mother-sex": Override("update")}
    verdict = check_form(snapshot, form(snapshot, "birth-bad"), COMMUNE, NOW, reasons)
    assert [(field.field, field.finding) for field in verdict.refused] == [("mother-residence", Finding.BAD_REASON)]


def test_a_reason_for_a_field_not_asked_is_told_and_one_not_needed_is_not_counted(snapshot: Snapshot):
    reasons = {"nowhere": Override("update"), "copies": Override("update")}
    verdict = check_form(snapshot, form(snapshot, "birth"), COMMUNE, NOW, reasons)
    assert verdict.strays == ("nowhere",)
    assert verdict.overridden == ()


def test_holders_with_an_agreement_come_first(snapshot: Snapshot):
    field = Field("name", Text("Họ tên", "Name"), "person.full-name", "mother", required=True)
    (verdict,) = check_fields(snapshot, "1.001193", [field], COMMUNE, NOW).fields
    assert [(held.operation, held.agreement) for held in verdict.held_by] == [("read", "ag-0001"), ("verify", None)]


def test_the_kind_of_subject_decides(snapshot: Snapshot):
    procedure = registry_folder.PROCEDURES.replace(
        'new_roles = ["child"]', 'new_roles = ["child"]\nrole_schemes = { father = "business" }'
    )
    other = compile_folder(registry_folder.folder(procedures=procedure))
    field = Field("home", Text("Nơi cư trú", "Residence"), "person.residence", "father", required=True)
    assert check_fields(other, "1.001193", [field], COMMUNE, NOW).passed
    assert not check_fields(snapshot, "1.001193", [field], COMMUNE, NOW).passed


def test_an_agency_that_has_ended_holds_nothing():
    agencies = registry_folder.AGENCIES.replace(
        'kind = "ministry"\nvalid_from = 2020-01-01\nsecurity_level = 5',
        'kind = "ministry"\nvalid_from = 2020-01-01\nvalid_to = 2025-08-01\nsecurity_level = 5',
    )
    ended = compile_folder(registry_folder.folder(agencies=agencies))
    assert check_form(ended, form(ended, "birth-bad"), COMMUNE, NOW).passed


def test_an_agreement_for_other_procedures_does_not_cover(snapshot: Snapshot):
    field = Field("married", Text("Đã kết hôn", "Married"), "marriage.exists", "mother", required=True)
    (covered,) = check_fields(snapshot, "1.001193", [field], COMMUNE, NOW).fields
    (other,) = check_fields(snapshot, "9.999999", [field], COMMUNE, NOW).fields
    assert covered.held_by[0].agreement == "ag-0002"
    assert other.held_by[0].agreement is None
    assert not other.allowed


def test_a_field_that_is_bound_to_no_term_is_refused(snapshot: Snapshot):
    nameless = Field(name="anything", label=Text(vi="Gì đó", en="Anything"), term=None, of="mother", required=True)
    verdict = check_fields(snapshot, "1.001193", [nameless], COMMUNE, NOW)
    assert not verdict.passed
    assert [field.finding for field in verdict.refused] == [Finding.UNBOUND]
