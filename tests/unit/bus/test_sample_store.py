"""Building the files: complete or refused, the same twice, one agency per file."""

from __future__ import annotations

import json
import sqlite3
from typing import TYPE_CHECKING

import pytest

from bus.sample import business_store, civil_status_store, land_store, population_store, social_insurance_store
from bus.sample.__main__ import main
from bus.sample.personas import PERSONAS
from bus.sample.serve import application
from bus.sample.store import FORMAT, KEYS, LAYOUTS, MANIFEST, StoreError, build, open_store, read_key, read_manifest
from bus.sample.systems import SYSTEMS, settings_for

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("nation")
    build(folder, size=800, seed=3)
    return folder


def rows(folder: Path, file: str, sql: str, *values: object) -> list[sqlite3.Row]:
    store = open_store(folder, file)
    try:
        return store.execute(sql, values).fetchall()
    finally:
        store.close()


def test_the_manifest_tells_what_is_there(data: Path) -> None:
    manifest = read_manifest(data)
    assert (manifest.format, manifest.size, manifest.seed) == (FORMAT, 800, 3)
    assert manifest.rows["population.sqlite3/cong_dan"] == 800
    for layout in LAYOUTS:
        for table in layout.TABLES:
            counted = rows(data, layout.FILE, f"SELECT count(*) FROM {table}")[0][0]  # noqa: S608 - our own names
            assert manifest.rows[f"{layout.FILE}/{table}"] == counted


def test_building_again_gives_the_same_data_and_keeps_the_keys(data: Path, tmp_path: Path) -> None:
    build(tmp_path, size=800, seed=3)
    key = read_key(tmp_path, "civil-status-key")
    build(tmp_path, size=800, seed=3)
    assert read_key(tmp_path, "civil-status-key") == key
    for layout in LAYOUTS:
        for table in layout.TABLES:
            sql = f"SELECT * FROM {table}"  # noqa: S608 - our own names
            assert [tuple(r) for r in rows(data, layout.FILE, sql)] == [
                tuple(r) for r in rows(tmp_path, layout.FILE, sql)
            ]


def test_the_keys_are_their_owners_alone(data: Path) -> None:
    for path in (data / KEYS).iterdir():
        assert path.stat().st_mode & 0o077 == 0


def test_a_folder_that_was_not_built_is_refused_with_the_command(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"bus\.sample build"):
        application("population", tmp_path)


def test_a_folder_of_another_format_is_refused(tmp_path: Path) -> None:
    build(tmp_path, size=100)
    path = tmp_path / MANIFEST
    path.write_text(json.dumps(json.loads(path.read_text()) | {"format": FORMAT + 1}))
    with pytest.raises(StoreError, match="format"):
        read_manifest(tmp_path)


def test_a_build_cut_short_leaves_nothing_to_serve(tmp_path: Path) -> None:
    build(tmp_path, size=100)

    def stop(people: int) -> None:
        raise KeyboardInterrupt(people)

    with pytest.raises(KeyboardInterrupt):
        build(tmp_path, size=100, progress=stop)
    with pytest.raises(StoreError):
        read_manifest(tmp_path)


def test_agencies_disagree_about_the_same_people(data: Path) -> None:
    bride, taken, twice = PERSONAS["bride"], PERSONAS["taken"], PERSONAS["twice"]
    here = rows(data, population_store.FILE, "SELECT ten FROM cong_dan WHERE so_dinh_danh = ?", bride.number)[0][0]
    there = rows(data, civil_status_store.FILE, "SELECT ho_ten FROM nguoi WHERE so_dinh_danh = ?", bride.number)[0][0]
    assert not there.endswith(here)
    sql = "SELECT tinh_trang_hon_nhan, so_vo_chong FROM cong_dan WHERE so_dinh_danh = ?"
    assert tuple(rows(data, population_store.FILE, sql, taken.number)[0]) == ("1", "")
    sql = "SELECT count(*) FROM nguoi_tham_gia WHERE so_dinh_danh = ?"
    assert rows(data, social_insurance_store.FILE, sql, twice.number)[0][0] == 2


def test_old_papers_name_old_cards_and_old_communes(data: Path) -> None:
    kinds = dict(
        tuple(row) for row in rows(data, land_store.FILE, "SELECT loai_giay_to, count(*) FROM chu_su_dung GROUP BY 1")
    )
    assert set(kinds) == {"CCCD", "CMND"}
    sql = "SELECT dia_chi FROM giay_chung_nhan JOIN chu_su_dung USING (so_phat_hanh) WHERE so_giay_to = ?"
    assert "Xã Đồng Mẫu" in rows(data, land_store.FILE, sql, PERSONAS["founder"].number)[0][0]


def test_some_records_hold_the_whole_name_in_one_part(data: Path) -> None:
    whole = rows(data, population_store.FILE, "SELECT ho, chu_dem, ten FROM cong_dan WHERE ho = ''")
    assert whole
    assert all(row["chu_dem"] == "" and " " in row["ten"] for row in whole)


def test_closed_businesses_stay_in_the_register(data: Path) -> None:
    states = {row[0] for row in rows(data, business_store.FILE, "SELECT DISTINCT trang_thai FROM ho_kinh_doanh")}
    assert states == {"DANG_HOAT_DONG", "TAM_NGUNG", "DA_CHAM_DUT"}


def test_settings_point_at_this_folder_and_these_ports(data: Path) -> None:
    by_service = {system.service: system for system in SYSTEMS}
    soap = settings_for(by_service["a100001/population/person"], data, {"population": "http://127.0.0.1:9/"})
    assert soap["address"] == "http://127.0.0.1:9/dancu"
    sql = settings_for(by_service["a100007/land/holding"], data)
    assert sql["file"] == str(data / "land.sqlite3")
    assert settings_for(by_service["a100002/civil-status/birth"], data)["base_url"] == "http://127.0.0.1:18102"


def test_the_command_line_builds_lists_and_refuses(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["build", "--data", str(tmp_path / "new"), "--size", "100"]) == 0
    assert main(["people"]) == 0
    assert "Trần Thị Bình Minh" in capsys.readouterr().out
    assert main(["build", "--data", str(tmp_path / "new"), "--size", "3"]) == 3
    assert main(["serve", "population", "--data", str(tmp_path / "none"), "--port", "0"]) == 3
    assert "bus.sample build" in capsys.readouterr().err
