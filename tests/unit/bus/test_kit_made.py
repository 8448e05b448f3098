"""What the kit writes: accepted by the adapters, taken by the registry, with nothing bound that nobody is sure of."""

from __future__ import annotations

import ast
import json
import tomllib
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kit_made import KNOWN, SAMPLE, SETTINGS, TODAY, dictionary, made, text
from stranger_systems import lay_out

from adapters.kinds import build
from bus.kit.new.dictionary import of_snapshot
from bus.kit.new.make import write
from bus.kit.new.options import Options
from bus.kit.new.read_database import Database
from bus.kit.new.refused import SourceRefusedError
from bus.kit.new.run import Silent, run
from bus.kit.new.wizard import Wizard
from bus.registry.files import read_folder
from registry.snapshot import compile as compile_folder

DEATH = {"bind": ("PhienBan==2", "NgayChet=+death.date", "NoiChet=+death.place", "NguoiDiKhai=-")}


@pytest.fixture
def given_files(tmp_path: Path) -> Path:
    folder = tmp_path / "given"
    lay_out(folder)
    return folder


def sources(folder: Path) -> dict[str, dict[str, Any]]:
    """Each kind of source, as a script would name it."""
    sample = folder / "sample.json"
    sample.write_text(json.dumps({"maLoi": "0", "data": '{"cccd": "1", "hoTen": "x", "ngaySinh": "02/09/1958"}'}))
    xml = folder / "sample.xml"
    xml.write_text('<r xmlns="urn:x"><ketQua><soDinhDanh>1</soDinhDanh><hoTen>x</hoTen></ketQua></r>')
    asked = folder / "asked.json"
    asked.write_text('{"nguoi": {"soDinhDanh": "1"}, "maYeuCau": "2"}')
    rest: dict[str, Any] = {"address": "https://x.example/api", "path": "/nguoi/{cccd}"}
    return {
        "wsdl": {"wsdl": folder / "death.wsdl", **DEATH},
        "openapi": {"openapi": folder / "cards.yaml"},
        "database": {"database": Database(str(folder / "pension.sqlite3")), "operations": ("nguoi_huong",)},
        "sampled": {
            "database": Database(str(folder / "pension.sqlite3")),
            "sample": True,
            "keys": ("dm-loai/ma",),
            "operations": ("nguoi_huong",),
        },
        "json": {"payload": sample, **rest},
        "xml": {"payload": xml, **rest},
        "post": {
            "payload": sample,
            "question": asked,
            "method": "POST",
            "address": "https://x.example",
            "path": "/hoi",
        },
    }


@pytest.mark.parametrize("name", ["wsdl", "openapi", "database", "json", "xml", "post"])
def test_what_is_made_is_taken_by_the_registry_and_accepted_by_the_adapters(
    tmp_path: Path, given_files: Path, name: str
):
    done = made(tmp_path / "out", **sources(given_files)[name])
    assert done.mistakes == ()
    assert (len(done.plan.working), len(done.plan.waiting)) == (1, 0)
    write(done)
    folder = done.plan.folder
    snapshot = compile_folder({**read_folder(SAMPLE), **read_folder(folder / "registry")})
    (operation,) = snapshot.service(done.plan.service.id).operations.values()  # type: ignore[union-attr]
    assert operation.answer is not None
    assert snapshot.agreements_between("a100010", done.plan.service.id)
    (file,) = (folder / "adapter").glob("*.toml")
    assert build(done.plan.described.kind, tomllib.loads(file.read_text()), folder=file.parent).operations == {
        operation.name
    }
    assert tomllib.loads((folder / "node.toml").read_text())["adapters"][0]["file"] == str(file)
    assert ast.parse(text(done, ".py"))
    assert "Đề nghị" in text(done, "agreement-request.md")


def test_a_soap_adapter_is_bound_through_the_wsdl(tmp_path: Path, given_files: Path):
    table = tomllib.loads(text(made(tmp_path, **sources(given_files)["wsdl"]), SETTINGS))
    (operation,) = table["operations"].values()
    assert operation["question"] == [
        {"to": "MaDonVi", "from": "officer.unit", "required": True},
        {"to": "MaCanBo", "from": "officer.id", "required": True},
        {"to": "PhienBan", "constant": "2"},
        {"to": "SoDinhDanh", "from": "body.citizen_number", "required": True},
    ]
    answer = operation["answer"]
    assert (answer["records"], answer["same"]) == ("KhaiTu", {"SoDinhDanh": "body.citizen_number"})
    fields = {one["to"]: one for one in answer["fields"]}
    assert fields["full_name"]["parts"] == ["Ho", "ChuDem", "Ten"]
    assert fields["sex"]["codes"] == {"Nam": "male", "Nữ": "female"}
    assert fields["death_date"] == {
        "to": "death_date",
        "from": "NgayChet",
        "as": "date",
        "forms": ["yyyy-MM-dd"],
        "required": True,
        "term": "death.date",
    }


def test_a_table_is_asked_by_the_column_that_names_its_subject(tmp_path: Path, given_files: Path):
    found = sources(given_files)
    table = tomllib.loads(text(made(tmp_path, **found["database"]), SETTINGS))
    (operation,) = table["operations"].values()
    assert operation["sql"] == (
        "SELECT so_dinh_danh, ho_ten, so_bhxh FROM nguoi_huong WHERE so_dinh_danh = :so_dinh_danh"
    )
    assert operation["question"] == [{"to": "so_dinh_danh", "from": "body.citizen_number", "required": True}]
    sampled = {**found["sampled"], "keys": ()}
    fields = {one["to"]: one for one in _fields(made(tmp_path, **sampled))}
    assert fields["birth"]["forms"] == ["dd/MM/yyyy", "yyyy"]
    assert fields["sex"]["codes"] == {"Nam": "male", "Nữ": "female"}
    everything = b"".join(made(tmp_path, **sampled).files.values()).decode()
    assert "Lê Thị Hoa" not in everything
    assert "990158000061" not in everything


def _fields(done: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - whatever was made
    (operation,) = tomllib.loads(text(done, SETTINGS))["operations"].values()
    return list(operation["answer"]["fields"])


def test_what_nobody_is_sure_of_stands_as_a_note_and_what_is_demanded_stops_the_operation(
    tmp_path: Path, given_files: Path
):
    done = made(tmp_path, wsdl=given_files / "death.wsdl")
    assert [one.missing for one in done.plan.waiting] == [("PhienBan",)]
    whole = text(done, SETTINGS)
    assert "operations" not in tomllib.loads(whole)
    assert '# "NoiChet": nothing in the dictionary is like it.' in whole.replace("#     #", "#")
    assert set(done.files) == {"README.md", *(one for one in done.files if one.startswith("adapter/"))}


def test_secrets_are_names_and_never_stand_in_a_file(tmp_path: Path, given_files: Path):
    done = made(tmp_path / "out", openapi=given_files / "cards.yaml")
    table = tomllib.loads(text(done, SETTINGS))
    assert table["secret_headers"] == {"X-Api-Key": "api-key"}
    assert tomllib.loads(text(done, "node.toml"))["adapters"][0]["secrets"] == {
        "api-key": str(tmp_path / "out" / "secrets" / "api-key")
    }
    write(done)
    assert list((tmp_path / "out" / "secrets").iterdir()) == []
    assert (tmp_path / "out" / "secrets").stat().st_mode & 0o077 == 0


def test_what_a_node_trusts_serves_as_well_as_the_authored_folder(tmp_path: Path, given_files: Path):
    trusted = of_snapshot(compile_folder(read_folder(SAMPLE)))
    assert {**asdict(trusted), "files": {}} == {**asdict(dictionary()), "files": {}}
    options = Options(folder=tmp_path, openapi=given_files / "cards.yaml", **KNOWN)
    assert run(options, trusted, TODAY, Silent()).files == made(tmp_path, openapi=given_files / "cards.yaml").files


def test_nothing_is_written_over(tmp_path: Path, given_files: Path):
    done = made(tmp_path / "out", openapi=given_files / "cards.yaml")
    write(done)
    with pytest.raises(SourceRefusedError) as caught:
        write(done)
    assert caught.value.rule == "folder-not-empty"


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "no such field": ({"bind": ("x=person.birth",)}, "no-such-field"),
    "no such term": ({"bind": ("cccd=person.x",)}, "no-such-term"),
    "a type that does not fit": ({"bind": ("diemTichLuy=person.full-name",)}, "type-mismatch"),
    "no term's form": ({"bind": ("maLoi=+X",)}, "bad-option"),
    "no such fact": ({"bind": ("ngayKham=@moon",)}, "bad-option"),
    "no pair": ({"bind": ("cccd",)}, "bad-option"),
    "no form of dates": ({"forms": ("ngaySinh=hh",)}, "bad-option"),
    "codes outside the list": ({"codes": ("gioiTinh=NAM:man",)}, "bad-option"),
    "no such operation": ({"operations": ("x",)}, "no-such-operation"),
    "no basis": ({"basis": None}, "no-such-basis"),
    "no purpose": ({"purposes": ()}, "no-such-purpose"),
    "no service": ({"service": "x"}, "service-needed"),
    "no such system": ({"service": "a100003/x/y"}, "no-such-system"),
    "a service that is there": ({"service": "a100003/social-insurance/member"}, "service-there"),
    "no such consumer": ({"consumer": "a999999"}, "no-such-agency"),
    "two sources": ({"wsdl": Path("a")}, "one-source"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_wish_is_refused(tmp_path: Path, given_files: Path, case: str):
    options, rule = WRONG[case]
    with pytest.raises(SourceRefusedError) as caught:
        made(tmp_path, **{"openapi": given_files / "cards.yaml", **options})
    assert caught.value.rule == rule
    assert caught.value.said.vi != caught.value.said.en


def test_a_list_of_all_records_and_a_list_inside_the_record(tmp_path: Path):
    sample = tmp_path / "s.json"
    sample.write_text(json.dumps([{"hoTen": "x", "mui": [{"ngay": "2026-01-02", "so": 1}, {"ngay": "2026-02-03"}]}]))
    done = made(
        tmp_path,
        payload=sample,
        address="https://x.example",
        path="/nguoi/{cccd}",
        lists=("nguoi-cccd",),
        bind=("mui[].ngay=+dose.day", "mui[].so=+dose.number"),
    )
    assert done.mistakes == ()
    answer = next(iter(tomllib.loads(text(done, SETTINGS))["operations"].values()))["answer"]
    assert answer["list_as"] == "items"
    inner = [{"to": "dose_day", "from": "ngay", "as": "date", "forms": ["yyyy-MM-dd"]}]
    assert answer["fields"][1] == {
        "to": "mui",
        "from": "mui",
        "as": "list",
        "fields": [*inner, {"to": "dose_number", "from": "so", "as": "number"}],
    }
    schema = json.loads(text(done, "answer/1.json"))
    assert schema["properties"]["items"]["items"]["properties"]["mui"]["items"]["properties"].keys() == {
        "dose_day",
        "dose_number",
    }


def test_the_wizard_gives_the_same_as_flags(tmp_path: Path, given_files: Path):
    told: list[str] = []
    answers = iter(
        [
            *("1", str(given_files / "death.wsdl")),
            *("=2", "+death.date", "+death.place", "-"),
            *("a100003/social-insurance", "stranger", "Khai tử", "Deaths", "LBHXH2024.2", "verification", "a100010"),
        ]
    )
    wizard = Wizard(dictionary(), lambda question, _: next(answers, question), told.append, "en")
    by_hand = run(Options(folder=tmp_path, consumer_system="one-stop"), dictionary(), TODAY, wizard)
    options = {**sources(given_files)["wsdl"], "name_vi": "Khai tử", "name_en": "Deaths"}
    assert by_hand.files == made(tmp_path, **options).files
    assert any("SoDinhDanh = person.citizen-number" in line for line in told)


def test_the_wizard_asks_for_forms_and_codes_and_leaves_open_what_gets_no_answer(tmp_path: Path, given_files: Path):
    answers = iter(["dd/MM/yyyy", "Nam:male,Nữ:female"])
    wizard = Wizard(dictionary(), lambda _, __: next(answers, ""), lambda _: None, "vi")
    database = Database(str(given_files / "pension.sqlite3"))
    options = Options(
        folder=tmp_path,
        database=database,
        operations=("nguoi_huong",),
        service="a100003/social-insurance/stranger",
        name_vi="a",
        name_en="a",
        basis="LBHXH2024.2",
        purposes=("verification",),
        bind=("id=-",),
    )
    done = run(options, dictionary(), TODAY, wizard)
    assert {one["to"] for one in _fields(done)} == {"citizen_number", "full_name", "birth", "sex", "insurance_number"}


NAMES = st.one_of(
    st.sampled_from(["soDinhDanh", "hoTen", "ngaySinh", "gioiTinh", "a", "số", "x-y", "$ref", "properties", "type"]),
    st.text(min_size=1, max_size=12),
)
LEAF = st.sampled_from(
    [
        {"type": "string"},
        {"type": ["string", "null"], "format": "date"},
        {"type": "integer"},
        {"type": "boolean"},
        {"type": "string", "enum": ["Nam", "Nữ"]},
        {"type": "string", "pattern": "^[0-9]{12}$", "maxLength": 5},
        {"type": "string", "pattern": "(?=x)(", "description": "ngày dd/MM/yyyy\n\"'#\\ \x7f"},
    ]
)
SCHEMAS = st.recursive(
    LEAF,
    lambda inner: st.one_of(
        st.builds(lambda p: {"type": "object", "properties": p}, st.dictionaries(NAMES, inner, max_size=4)),
        st.builds(lambda i: {"type": "array", "items": i}, inner),
    ),
    max_leaves=10,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(schema=st.dictionaries(NAMES, SCHEMAS, min_size=1, max_size=5), title=st.text(max_size=20))
def test_whatever_a_description_says_what_is_made_is_whole(tmp_path: Path, schema: dict[str, Any], title: str):
    body = {"type": "object", "properties": {**schema, "hoTen": {"type": "string"}}}
    whole = {
        "openapi": "3.1.0",
        "info": {"title": title, "version": "1"},
        "servers": [{"url": "https://x.example"}],
        "paths": {"/a": {"get": {"responses": {"200": {"content": {"application/json": {"schema": body}}}}}}},
    }
    file = tmp_path / "any.json"
    file.write_text(json.dumps(whole), encoding="utf-8")
    done = made(tmp_path, openapi=file)
    assert done.mistakes == ()
    tomllib.loads(text(done, SETTINGS))


def test_a_name_that_several_fields_have_names_none_of_them(tmp_path: Path):
    sample = tmp_path / "s.json"
    sample.write_text('{"cha": {"ten": "x"}, "me": {"ten": "x"}, "hoTen": "x"}')
    known = {"payload": sample, "address": "https://x.example", "path": "/nguoi/{cccd}"}
    with pytest.raises(SourceRefusedError) as caught:
        made(tmp_path, **known, bind=("ten=person.father-name",))
    assert (caught.value.rule, caught.value.place) == ("no-such-field", "ten")
    fields = _fields(made(tmp_path, **known, bind=("cha.ten=person.father-name", "me.ten=person.mother-name")))
    assert {one["to"]: one["from"] for one in fields} == {
        "father_name": "cha.ten",
        "mother_name": "me.ten",
        "full_name": "hoTen",
    }
