"""What the face answers, and how it looks on a terminal."""

from __future__ import annotations

from io import StringIO
from typing import Any

import msgspec
import pytest
from agency_system import CASE
from openapi_spec_validator import OpenAPIV31SpecValidator
from registry_folder import folder
from rich.console import Console, RenderableType

from bus.app.counter import Resolved
from bus.cli.dossiers import refusal_heading, refused, shown
from bus.cli.options import Tongue
from bus.http import reasons, views
from bus.http.openapi import document
from bus.node.dossiers import DossierRecord, Line, Source
from registry.guard import FieldVerdict, Finding, GuardVerdict, HeldBy
from registry.procedures import GapReason
from registry.snapshot import compile as compile_registry

POLICE = {"vi": "Bộ Công an", "en": "Ministry of Public Security"}
MET = Source(
    evidence="identity",
    evidence_name={"vi": "Nhân thân", "en": "Identity"},
    agency="a100001",
    agency_name=POLICE,
    service="a100001/population/person",
    operation="confirm",
    exchange="e-1",
    asked=3,
    outcome=4,
    took_ms=5,
)
RECORD = DossierRecord(
    dossier="H26-261122-00001",
    agency="a100010",
    form="birth-linked@1",
    procedure="3.000722",
    procedure_name={"vi": "Khai sinh", "en": "Birth"},
    state="open",
    opened_at="2026-11-22T05:00:00.000Z",
    took_ms=12,
    lines=(
        Line("identity", {"vi": "Giấy tờ tùy thân", "en": "Identity"}, ("KQ.G01",), (MET,)),
        *(Line(reason.value, {"vi": "Giấy", "en": "Paper"}, (), (), reason.value) for reason in GapReason),
    ),
    overrides=(("phone", "update"),),
)
HELD = HeldBy("a100001", "a100001/population/person", "read", "LCC2023.10", None)
REFUSED = GuardVerdict((FieldVerdict("address", "person.residence", "mother", Finding.HELD, (HELD,)),))


def plain(view: msgspec.Struct) -> dict[str, Any]:
    return dict(msgspec.json.decode(msgspec.json.encode(view)))


def on_a_terminal(*parts: RenderableType, width: int = 80) -> str:
    console = Console(file=StringIO(), width=width, color_system=None)
    for part in parts:
        console.print(part)
    return str(console.file.getvalue())  # type: ignore[attr-defined] # a StringIO, see above


def test_a_dossier_says_why_in_both_tongues():
    body = plain(views.dossier(RECORD))
    assert (body["spared"], len(body["left_to_citizen"])) == (1, len(GapReason))
    assert body["overrides"] == [{"field": "phone", "reason": "update"}]
    assert body["lines"][0]["reason_text"] is None
    assert all(set(line["reason_text"]) == {"vi", "en"} for line in body["lines"][1:])


@pytest.mark.parametrize("reason", list(GapReason))
def test_every_reason_has_words(reason: GapReason):
    texts = reasons.text_of(reason)
    assert texts["vi"] != texts["en"]
    assert all(texts.values())


def test_the_guard_s_word_names_agencies_and_laws():
    snapshot = compile_registry(folder())
    (field,) = plain(views.guarded(REFUSED, snapshot))["fields"]
    (held,) = field["held_by"]
    agency, service = snapshot.agency("a100001"), snapshot.service("a100001/population/person")
    assert agency is not None
    assert service is not None
    assert (held["agency_name"]["en"], held["service_name"]["en"]) == (agency.name.en, service.name.en)
    assert (field["allowed"], held["agreement"]) == (False, None)


def test_what_the_registry_does_not_name_keeps_its_code():
    unknown = HeldBy("a199999", "a199999/x/y", "read", "NO-SUCH-LAW", None)
    verdict = GuardVerdict((FieldVerdict("f", "t", None, Finding.HELD, (unknown,)),))
    (held,) = plain(views.guarded(verdict, compile_registry(folder())))["fields"][0]["held_by"]
    assert held["agency_name"] == {"vi": "a199999", "en": "a199999"}
    assert held["service_name"]["vi"] == "a199999/x/y"
    assert held["basis_text"]["vi"] == "NO-SUCH-LAW"


@pytest.mark.parametrize("tongue", list(Tongue))
def test_a_dossier_fits_a_terminal_of_80_columns(tongue: Tongue):
    one = Resolved(CASE["birth"].title, 201, plain(views.dossier(RECORD)), 15)
    text = on_a_terminal(shown(one, tongue))
    assert max(map(len, text.splitlines())) <= 80
    assert all(words in text for words in (POLICE[tongue], "population/person.confirm", "3, 4", "H26-261122-00001"))
    assert all(f"[{reason}]" in text for reason in GapReason)


@pytest.mark.parametrize("tongue", list(Tongue))
def test_a_refusal_fits_and_names_agency_law_and_field(tongue: Tongue):
    guard = plain(views.guarded(REFUSED, compile_registry(folder())))
    problem = {"number": 702, "text": {"vi": "Không được", "en": "No"}, "fault_at": "consumer-system", "guard": guard}
    text = on_a_terminal(refusal_heading(tongue), refused(problem, tongue))
    assert max(map(len, text.splitlines())) <= 80
    assert all(words in text for words in ("702", "address", "population/person.read", "LCC2023.10", "consumer-system"))


def test_markup_in_foreign_words_is_only_words():
    problem = {"number": 101, "text": {"en": "[bold]x[/bold]"}, "rule": "[red]"}
    assert "[bold]x[/bold]" in on_a_terminal(refused(problem, Tongue.EN))


def test_the_description_is_sound_and_every_view_is_in_it():
    described: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(document()))
    assert not list(OpenAPIV31SpecValidator(described).iter_errors())
    schemas = described["components"]["schemas"]
    assert {"AnswerView", "DossierView", "GuardView", "ClosedView", "HealthView", "Problem", "AskIn"} <= schemas.keys()
    assert all(schemas[name].get("additionalProperties") is False for name in ("AskIn", "DossierIn", "SupplementIn"))
