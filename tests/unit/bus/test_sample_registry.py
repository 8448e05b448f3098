"""The sample's authored registry: free of mistakes, true to its codes over time, and served by the adapters named."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from adapters.kinds import build as build_adapter
from bus.sample.places import SONG_DONG
from bus.sample.population_store import LICENSED
from bus.sample.procedures import CASES, CONSUMER, CONSUMER_CODE
from bus.sample.systems import SYSTEMS, registry_files, registry_folder, settings_for
from registry.authored.compiling import check
from registry.snapshot import compile as compile_snapshot
from schemas.ids import AgencyCode, ProcedureCode

if TYPE_CHECKING:
    from pathlib import Path

    from bus.sample.systems import System
    from registry.snapshot import Snapshot


def at(year: int, month: int, day: int) -> int:
    return int(datetime(year, month, day, tzinfo=UTC).timestamp() * 1000)


NOW_MS = at(2026, 11, 22)


@pytest.fixture(scope="module")
def snapshot() -> Snapshot:
    return compile_snapshot(registry_files(), 1)


def test_the_folder_has_no_mistakes() -> None:
    assert check(registry_files()) == ()
    assert registry_folder().is_dir()


def test_there_are_agencies_enough_and_the_operator_is_one(snapshot: Snapshot) -> None:
    ids = [f"a1000{number:02d}" for number in range(14)]
    assert all(snapshot.agency(name) for name in ids)
    assert snapshot.operator == "a100000"
    assert snapshot.instance == "VN-test"


@pytest.mark.parametrize(
    ("code", "agency"),
    [
        ("G01", "a100001"),
        ("000.00.00.G15", "a100002"),
        ("G12.18", "a100006"),
        (CONSUMER_CODE, CONSUMER),
        ("G22", "a100009"),
    ],
)
def test_published_codes_lead_to_their_agencies(snapshot: Snapshot, code: str, agency: str) -> None:
    AgencyCode.parse(code)
    found = snapshot.resolve(code, NOW_MS)
    assert found is not None
    assert found.id == agency


def test_a_code_that_moved_leads_to_the_agency_only_while_it_held(snapshot: Snapshot) -> None:
    before = snapshot.resolve("G24", at(2024, 6, 1))
    assert before is not None
    assert before.id == "a100003"
    assert snapshot.resolve("G24", NOW_MS) is None
    after = snapshot.resolve("G12.924", NOW_MS)
    assert after is not None
    assert after.id == "a100003"


def test_the_merged_communes_live_on_in_one(snapshot: Snapshot) -> None:
    for code in ("001.97.99.H26", "H26.997.2", *(old.code for old in SONG_DONG.old)):
        old = snapshot.resolve(code, at(2020, 1, 1))
        assert old is not None
        assert not old.valid(NOW_MS)
        assert [heir.id for heir in snapshot.successors_at(old.id, NOW_MS)] == ["a100012"]
    assert snapshot.resolve(SONG_DONG.code, NOW_MS) is not None


@pytest.mark.parametrize("system", SYSTEMS, ids=lambda system: system.service)
def test_every_service_has_an_adapter_with_just_its_operations(
    snapshot: Snapshot, system: System, tmp_path: Path
) -> None:
    service = snapshot.service(system.service)
    assert service is not None
    adapter = build_adapter(system.kind, settings_for(system, tmp_path), str)
    assert adapter.operations == service.operations.keys()


def test_the_population_database_licenses_every_procedure_of_the_demo(snapshot: Snapshot) -> None:
    for case in CASES:
        assert ProcedureCode.parse(case.procedure).base in LICENSED
        assert snapshot.procedure(case.procedure) is not None
