"""`lienthong adapter new` as a command, and what it writes against systems that answer, with the contract it wrote."""

from __future__ import annotations

import asyncio
import os
import pty
import subprocess
import sys
import tomllib
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
import pytest
import sqlalchemy as sa
from kit_made import SAMPLE, made
from peer_soap import WSDL, PopulationServer
from peer_systems import AN, BINH, serving
from postgresql_kit import needs_postgresql, own_schema
from processes import COMMAND, ENV
from stranger_systems import API_KEY, NOBODY, NUMBER, application, lay_out
from typer.testing import CliRunner, Result

from adapters.kinds import build
from adapters.port import Officer, PeerError, PeerFault, Query
from bus.cli.adapter import app
from bus.cli.errors import CommandError
from bus.kit.check.samples import load
from bus.kit.new.make import write
from bus.kit.new.read_database import Database

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from adapters.port import Adapter

DEATH = ("PhienBan==2", "NgayChet=+death.date", "NoiChet=+death.place", "NguoiDiKhai=-")
OFFICER = Officer("CB010001", "H26.901")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    lay_out(tmp_path / "given")
    return tmp_path / "given"


@asynccontextmanager
async def opened(place: Path, kind: str) -> AsyncIterator[Adapter]:
    (file,) = (place / "adapter").glob("*.toml")
    table = tomllib.loads(file.read_text(encoding="utf-8"))
    adapter = build(kind, table, lambda name: (place / "secrets" / name).read_text(), folder=file.parent)
    await adapter.start()
    try:
        yield adapter
    finally:
        await adapter.close()


def written(place: Path, **options: Any) -> None:  # noqa: ANN401 - each option has its own type
    write(made(place, **options))


async def both(adapter: Adapter, operation: str) -> tuple[dict[str, object], PeerFault]:
    """What is answered about somebody, and about nobody."""
    found = await adapter.ask(Query(operation, {"citizen_number": NUMBER}, officer=OFFICER, request_id="r"))
    with pytest.raises(PeerError) as caught:
        await adapter.ask(Query(operation, {"citizen_number": NOBODY}, officer=OFFICER, request_id="r"))
    return found.body, caught.value.kind


async def test_an_adapter_from_a_wsdl_answers(tmp_path: Path, folder: Path):
    async with serving(application()) as url:
        await asyncio.to_thread(
            written, tmp_path / "out", wsdl=folder / "death.wsdl", bind=DEATH, address=f"{url}/khai-tu"
        )
        async with opened(tmp_path / "out", "soap") as adapter:
            body, nobody = await both(adapter, "tra-cuu-khai-tu")
    assert (body["full_name"], body["death_date"], nobody) == ("Lê Thị Hoa", "2026-03-14", PeerFault.NO_MATCH)


async def test_an_adapter_from_an_openapi_file_answers(tmp_path: Path, folder: Path):
    async with serving(application()) as url:
        await asyncio.to_thread(written, tmp_path / "out", openapi=folder / "cards.yaml", address=f"{url}/bhyt/api")
        (tmp_path / "out" / "secrets" / "api-key").write_text(API_KEY)
        async with opened(tmp_path / "out", "rest") as adapter:
            body, nobody = await both(adapter, "tra-cuu-the")
    assert (body["card_number"], body["birth"], nobody) == ("HT2990000000061", "1958-09-02", PeerFault.NO_MATCH)


async def test_an_adapter_from_a_sample_answers(tmp_path: Path):
    sample = tmp_path / "sample.json"
    sample.write_text('{"maLoi": "00", "duLieu": {"cccd": "1", "hoTen": "x", "ngaySinh": "31/12/1980"}}')
    async with serving(application()) as url:
        await asyncio.to_thread(
            written, tmp_path / "out", payload=sample, address=f"{url}/bhyt/api", path="/the/{cccd}"
        )
        file = next((tmp_path / "out" / "adapter").glob("*.toml"))
        head = '[secret_headers]\nX-Api-Key = "api-key"\n\n[operations'
        file.write_text(file.read_text(encoding="utf-8").replace("[operations", head, 1), encoding="utf-8")
        (tmp_path / "out" / "secrets" / "api-key").write_text(API_KEY)
        async with opened(tmp_path / "out", "rest") as adapter:
            body, _ = await both(adapter, "the-cccd")
    assert body == {"citizen_number": NUMBER, "full_name": "Lê Thị Hoa", "birth": "1958-09-02"}


async def test_the_population_databases_own_way_of_births_and_names(tmp_path: Path):
    """Officer and procedure with each question, a name in parts, a birth by day in one element, by year in another."""
    birth = "NgayThangNamSinh"
    options = {
        "wsdl": WSDL,
        "operations": ("CungCapThongTinCongDan",),
        "bind": ("MaTichHop==037", f"{birth}.NgayThangNam=person.birth", f"{birth}.Nam=person.birth", "ConThu=-"),
        "forms": (f"{birth}.NgayThangNam=yyyyMMdd", f"{birth}.Nam=yyyy"),
    }
    server = PopulationServer()
    async with serving(server.app()) as url:
        await asyncio.to_thread(written, tmp_path / "out", address=url, **options)
        async with opened(tmp_path / "out", "soap") as adapter:
            answers = []
            for who, born in ((AN, "1999-12-31"), (BINH, "1950")):
                body = {"citizen_number": who["id"], "birth": born}
                query = Query("cung-cap-thong-tin-cong-dan", body, officer=OFFICER, procedure="p", request_id="r")
                answers.append((await adapter.ask(query)).body)
    assert [one["full_name"] for one in answers] == ["Nguyễn Thị An", "Trần Văn Bình"]
    assert [one["birth"] for one in answers] == ["1999-12-31", "1950"]
    assert [b"<ns0:NgayThangNam>19991231<" in server.seen[0], b"Nam>1950<" in server.seen[1]] == [True, True]


def test_the_contract_that_it_writes_holds_against_the_system(tmp_path: Path, folder: Path):
    database = Database(str(folder / "pension.sqlite3"))
    written(tmp_path / "out", database=database, operations=("nguoi_huong",), sample=True)
    tests = tmp_path / "out" / "tests"
    samples = (tests / "samples.toml").read_text(encoding="utf-8")
    known, _, rest = samples.partition("[[nobody]]")
    known = known.replace('""', f'"{NUMBER}"') + 'answer = { full_name = "Lê Thị Hoa" }\n\n'
    (tests / "samples.toml").write_text(f"{known}[[nobody]]{rest.replace(chr(34) * 2, chr(34) + NOBODY + chr(34))}")
    command = (
        sys.executable,
        "-P",
        "-m",
        "pytest",
        str(tests),
        "-q",
        "-p",
        "no:cacheprovider",
        "--import-mode=importlib",
    )
    filled = subprocess.run(command, env=ENV, cwd=tmp_path, capture_output=True, check=False)
    assert (filled.returncode, b"failed" in filled.stdout) == (0, False), filled.stdout
    told = load(tests / "samples.toml")  # as `adapter check` reads it
    assert [one.body for one in told.known] == [{"citizen_number": NUMBER}]


def new(place: Path, *more: str) -> Result:
    known = ("--service", "a100003/social-insurance/pension", "--basis", "LBHXH2024.2", "--purpose", "verification")
    return CliRunner().invoke(app, ["new", str(place), *known, "--registry", str(SAMPLE), *more])


def test_what_scripts_are_told(tmp_path: Path, folder: Path):
    dry = new(tmp_path / "out", "--wsdl", str(folder / "death.wsdl"), "--dry-run", "--json")
    assert (dry.exit_code, (tmp_path / "out").exists()) == (1, False)
    (operation,) = orjson.loads(dry.stdout)["operations"]
    assert (operation["works"], operation["missing"]) == (False, ["PhienBan"])
    number = next(one for one in operation["question"] if one["field"] == "SoDinhDanh")
    assert (number["target"], number["suggestions"][0]["sureness"]) == ("person.citizen-number", "sure")
    for option, rule in ((("--wsdl", str(folder / "cards.yaml")), "malformed"), ((), "one-source")):
        refused = new(tmp_path / "out", *option, "--json").exception
        assert isinstance(refused, CommandError)
        assert (refused.code, refused.rule) == (3, rule)


def test_the_wizard_on_a_terminal(tmp_path: Path, folder: Path):
    """What a person types: the kind, the file, four fields, and how the registry shall know it."""
    typed = [
        *("2", str(folder / "cards.yaml")),  # OpenAPI
        *("", "no.such-term", "1", "-"),  # later; asked again; as suggested; left out
        *("Thẻ", "Cards"),
    ]
    leader, follower = pty.openpty()
    known = ("--service", "a100003/social-insurance/card", "--basis", "LBHXH2024.2", "--purpose", "verification")
    process = subprocess.Popen(
        [*COMMAND, "adapter", "new", str(tmp_path / "out"), *known, "--consumer", "a100010", "--language", "en"],
        stdin=follower,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env={**ENV, "TERM": "dumb"},
    )
    os.close(follower)
    os.write(leader, "".join(f"{line}\n" for line in typed).encode())
    os.write(leader, b"\n" * 10)
    _, said = process.communicate(timeout=60)
    os.close(leader)
    assert process.returncode == 0, said.decode()
    assert b"What describes the system?" in said
    (file,) = (tmp_path / "out" / "adapter").glob("*.toml")
    assert "insurance.card-number" in file.read_text(encoding="utf-8")


@needs_postgresql
def test_a_postgresql_catalogue_with_its_comments_and_keys(tmp_path: Path):
    statements = (
        "CREATE TABLE kit_person (f1 varchar(12) PRIMARY KEY, f2 text NOT NULL, f3 date, f4 boolean)",
        "COMMENT ON COLUMN kit_person.f1 IS 'Số định danh cá nhân'",
        "COMMENT ON COLUMN kit_person.f2 IS 'Họ và tên'",
        "COMMENT ON COLUMN kit_person.f3 IS 'Ngày sinh'",
        "INSERT INTO kit_person VALUES ('990158000061', 'Lê Thị Hoa', '1958-09-02', true)",
    )
    with own_schema() as text:
        url = sa.make_url(text)
        schema = str(url.query["options"]).partition("=")[2]
        engine = sa.create_engine(url)
        with engine.begin() as connection:
            for statement in statements:
                connection.execute(sa.text(statement))
        engine.dispose()
        secret = tmp_path / "password"
        secret.write_text(url.password or "-")
        secret.chmod(0o600)
        where = f"postgresql://{url.username}@{url.host}:{url.port or 5432}/{url.database}"
        database = Database(where, secret, "disable", schema=schema)
        done = made(tmp_path / "out", database=database, operations=("kit_person",), bind=("f4=-",))
        (operation,) = done.plan.working
        assert {one.source.place: one.target for one in operation.answer if one.state == "term"} == {
            "f1": "person.citizen-number",
            "f2": "person.full-name",
            "f3": "person.birth",
        }
        assert all(str(url.password).encode() not in data for data in done.files.values())
        write(done)
        (tmp_path / "out" / "secrets" / "database-password").write_text(url.password or "-")

        async def answered() -> dict[str, object]:
            async with opened(tmp_path / "out", "sql") as adapter:
                return (await adapter.ask(Query("kit-person", {"citizen_number": NUMBER}))).body

        assert asyncio.run(answered())["birth"] == "1958-09-02"
