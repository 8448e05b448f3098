"""`lienthong adapter check` against systems that are well and systems that are not, plain and with TLS."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import orjson
import peer_systems as people
import pytest
import sqlalchemy as sa
from aiohttp import web
from check_kit import ABOUT, SAMPLES, Files, checked, checked_target, rows, run, serving_tls
from peer_systems import AN, BINH, nowhere, rest_app, serving, sqlite_file
from typer.testing import CliRunner
from wires import free_ports

from bus.app.layout import LaidOut, Plan, lay_out
from bus.cli.app import build
from bus.kit.check import report
from bus.kit.check.judging import Result
from bus.kit.check.target import of_file
from bus.kit.check.verdicts import Verdict
from bus.sample.personas import OFFICER, PERSONAS
from bus.sample.serve import serving as serving_sample
from config.secrets import write_secret

VALUES = (AN["id"], BINH["id"], people.NOBODY, people.FORBIDDEN, "Nguyễn", "1999-12-31", "CB-0042")
NO_NODE = {"1.1", "1.2", "1.3", "2.1", "2.2", "2.3", "4.3", "4.4"}
"""Rows that need a node or a registry."""


def says_nobodys_data(result: Result) -> bool:
    said = orjson.dumps(report.as_data(result, ABOUT)).decode() + report.page(result, ABOUT)
    return any(str(value) in said for value in VALUES)


async def test_a_sound_system_behind_tls(tmp_path: Path):
    async with serving_tls(rest_app(), tmp_path) as (url, ca):
        result = await checked(Files(tmp_path / "kit").write(url, f'tls = {{ ca_file = "{ca}" }}'))
    assert rows(result, Verdict.UNMET) == {}
    assert set(rows(result, Verdict.NOT_JUDGED)) == NO_NODE
    met = rows(result, Verdict.MET)
    assert met["3.4"] == "TLSv1.3"
    assert met["3.7"] == met["3.8"] == "refused, nothing was sent"
    assert not says_nobodys_data(result)


async def test_an_adapter_that_believes_anybody(tmp_path: Path):
    async with serving_tls(rest_app(), tmp_path, days=3) as (url, ca):
        result = await checked(Files(tmp_path / "kit").write(url, f'tls = {{ ca_file = "{ca}", verify = false }}'))
    assert set(rows(result, Verdict.UNMET)) == {"3.5", "3.7", "3.8"}


async def test_a_system_whom_nobody_vouches_for(tmp_path: Path):
    async with serving_tls(rest_app(), tmp_path) as (url, _):
        result = await checked(Files(tmp_path / "kit").write(url))
    unmet = rows(result, Verdict.UNMET)
    assert set(unmet) == {"3.4", "4.1"}
    assert "issuer certificate" in unmet["3.4"]


def careless_app() -> web.Application:
    """As systems are met: one sample citizen for everybody, a clock of its own, errors that quote, a strange code."""

    async def person(request: web.Request) -> web.Response:
        if request.match_info["number"] == people.FORBIDDEN:
            return web.json_response({"error_code": "E99", "message": people.FORBIDDEN})
        await asyncio.sleep(0.02)
        reply = web.json_response({"error_code": "0", "data": people._wrapped(AN)})
        reply.headers["Date"] = "Sun, 22 Nov 2020 12:00:00 GMT"
        return reply

    app = web.Application()
    app.router.add_get("/persons/{number}", person)
    return app


async def test_a_careless_system_and_a_careless_file(tmp_path: Path):
    async with serving(careless_app()) as url:
        files = Files(tmp_path).write(url, 'headers = { "X-Api-Key" = "12345" }\nmax_answer_bytes = 8388608')
        text = files.adapter.read_text(encoding="utf-8").replace('same = { so = "body.number" }\n', "")
        files.adapter.write_text(text, encoding="utf-8")
        result = await checked(files)
    unmet = rows(result, Verdict.UNMET)
    assert set(unmet) >= {"2.4", "3.2", "3.9", "3.11", "4.5", "4.7", "4.19"}
    assert unmet["4.7"] == "codes that `faults` does not name: E99"
    assert "4.16" in rows(result, Verdict.NOT_JUDGED)  # everybody gets the same answer
    assert not says_nobodys_data(result)


async def test_a_system_that_is_down(tmp_path: Path):
    async with nowhere() as url:
        result = await checked(Files(tmp_path).write(url))
    assert set(rows(result, Verdict.UNMET)) == {"4.1"}
    assert set(rows(result, Verdict.NOT_JUDGED)) >= {"4.2", "4.5", "4.10"}


SQL = """\
engine = "sqlite"
file = "people.db"

[operations.person]
sql = "SELECT number AS so, born FROM person WHERE number = :number"
question = [{ to = "number", from = "body.number", required = true }]

[operations.person.answer]
fields = [
    { to = "number", from = "so" },
    { to = "birth", from = "born", as = "partial-date", forms = ["dd/MM/yyyy", "yyyy"] },
]
"""


def test_the_command_and_a_file_of_sqlite(tmp_path: Path):
    files = Files(tmp_path).write("http://unused.test")
    sqlite_file(tmp_path / "people.db")
    files.adapter.write_text(SQL, encoding="utf-8")
    page = tmp_path / "report.html"
    named = ("--kind", "sql", *files.named[2:])
    ended = CliRunner().invoke(
        build(["adapter"]), ["adapter", "check", *named, "--json", "--report", str(page), "--calls", "10"]
    )
    result = orjson.loads(ended.stdout)
    found = {row["number"]: row["verdict"] for row in result["rows"]}
    # the file refuses nobody, which its samples say it does
    assert (ended.exit_code, result["verdict"]) == (1, "unmet")
    assert {number for number, verdict in found.items() if verdict == "unmet"} == {"4.7"}
    assert found["4.10"] == found["3.4"] == "does-not-apply"
    assert not re.findall(r"(?:src|href)=\"(?!#)", page.read_text(encoding="utf-8"))  # nothing is fetched
    assert not [value for value in VALUES if str(value) in ended.stdout + ended.stderr]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--kind", "rest"), "name the adapter by"),
        (("--kind", "rest", "--file", "{adapter}", "--node", "{adapter}"), "name the adapter by"),
        (("--kind", "none", "--file", "{adapter}"), "no such kind of adapter"),
        (("--kind", "rest", "--file", "{samples}"), "operations"),
        (("--kind", "rest", "--file", "{adapter}", "--secret", "no-file"), "NAME=FILE"),
    ],
)
def test_a_wrong_command_line(tmp_path: Path, options: tuple[str, ...], said: str):
    files = Files(tmp_path).write("http://127.0.0.1:1")
    given = [one.format(adapter=files.adapter, samples=files.samples) for one in options]
    ended = CliRunner().invoke(build(["adapter"]), ["adapter", "check", *given, "--samples", str(files.samples)])
    assert said in str(ended.exception)


def birth_samples(path: Path) -> Path:
    """Two of the demo's people, nobody, and what the system refuses."""

    def row(group: str, number: str, name: str, birth: str, more: str = "") -> str:
        body = f'{{ citizen_number = "{number}", full_name = "{name}", birth = "{birth}" }}'
        return f'[[{group}]]\noperation = "extract"\nbody = {body}\n{more}\n'

    known = [PERSONAS[name] for name in ("groom", "mother")]
    path.write_text(
        f'[asker]\nprocedure = "1.001193"\nofficer = {{ id = "{OFFICER[0]}", unit = "{OFFICER[1]}" }}\n'
        + "".join(row("known", one.number, one.name, one.birth) for one in known)
        + row("nobody", "990189999999", "Không Có Ai", "1989-01-01")
        + row("refused", "12", "Không Có Ai", "1989-01-01", 'reason = "bad-question"\ncode = "2"')
        + '[[malformed]]\noperation = "extract"\nbody = { full_name = "Không Có Ai" }\n',
        encoding="utf-8",
    )
    return path


def laid_out(folder: Path, port: int) -> LaidOut:
    """The sample nation's settings, its civil-status system at this port."""
    laid = lay_out(folder, Plan(people=50), lambda _what, _done: None)
    for adapter in (folder / "adapters").glob("a100002-*.toml"):
        text = adapter.read_text(encoding="utf-8")
        adapter.write_text(re.sub(r"127\.0\.0\.1:\d+", f"127.0.0.1:{port}", text), encoding="utf-8")
    return laid


async def test_everything_is_met_where_node_and_registry_are_given(tmp_path: Path):
    folder = tmp_path / "nation"
    port = free_ports(1)
    laid = laid_out(folder, port)
    async with serving_sample("civil-status", folder / "sample", port):
        ended = await run(
            *("adapter", "check", "--node", str(laid.nodes["a100002"]), "--service", "a100002/civil-status/birth"),
            *("--registry", str(folder / "registry" / "source"), "--json", "--budget", "60000"),
            *("--samples", str(birth_samples(tmp_path / "samples.toml"))),
        )
    unmet = [(row["number"], row["why"]["en"]) for row in ended.json["rows"] if row["verdict"] == "unmet"]
    assert unmet == []
    assert (ended.code, ended.json["verdict"]) == (0, "met")
    assert PERSONAS["groom"].number not in ended.out.decode() + ended.err


async def test_a_database_over_the_network(postgresql_url: str, tmp_path: Path):
    place = sa.make_url(postgresql_url)
    files = Files(tmp_path).write("http://unused.test")
    (tmp_path / "password").write_text(place.password or "none", encoding="utf-8")
    (tmp_path / "password").chmod(0o600)
    rows_of = " UNION ALL ".join(f"SELECT '{one['id']}' AS so, '{one['born']}' AS born" for one in (AN, BINH))
    place_of = f'engine = "postgresql"\nhost = "{place.host}"\nport = {place.port or 5432}\nssl_mode = "disable"\n'
    login = (
        f'database = "{place.database}"\nuser = "{place.username}"\npassword_file = "password"\nmax_concurrency = 4\n'
    )
    statement = f"SELECT so, born FROM ({rows_of}) AS person WHERE so = :number"  # noqa: S608 - a constant
    text = SQL.replace('engine = "sqlite"\nfile = "people.db"\n', place_of + login)
    text = text.replace("SELECT number AS so, born FROM person WHERE number = :number", statement)
    files.adapter.write_text(text, encoding="utf-8")
    files.samples.write_text(SAMPLES.partition("[[refused]]")[0], encoding="utf-8")
    target = of_file("sql", files.adapter, {"password": tmp_path / "password"}, None)
    result = await checked_target(target, files)
    assert rows(result, Verdict.UNMET) == {}
    assert set(rows(result, Verdict.NOT_JUDGED)) == NO_NODE
    met = rows(result, Verdict.MET)
    assert {"4.10", "4.11", "4.12", "4.13", "4.14", "4.15", "4.17", "4.19"} <= met.keys()


async def test_a_token_from_another_host_is_fetched_there(tmp_path: Path):
    fetched: list[str] = []

    async def token(request: web.Request) -> web.Response:
        fetched.append(request.host)
        return web.json_response({"access_token": "a-token", "expires_in": 600})

    issuer = web.Application()
    issuer.router.add_post("/token", token)
    for folder in ("issuer", "system"):
        (tmp_path / folder).mkdir()
    async with (
        serving_tls(issuer, tmp_path / "issuer") as (tokens, issuer_ca),
        serving_tls(rest_app(), tmp_path / "system") as (url, system_ca),
    ):
        both = tmp_path / "both.pem"
        both.write_bytes(issuer_ca.read_bytes() + system_ca.read_bytes())
        secret = tmp_path / "secret"
        write_secret(secret, b"client-secret")
        asked = f'token = {{ url = "{tokens}/token", client_id = "us", secret_file = "s" }}'
        files = Files(tmp_path / "kit").write(url, f'tls = {{ ca_file = "{both}" }}\n{asked}')
        result = await checked_target(of_file("rest", files.adapter, {"s": secret}, None), files)
    assert rows(result, Verdict.UNMET) == {}
    assert {"4.10", "4.12", "4.15", "4.17"} <= rows(result, Verdict.MET).keys()
    assert {f"https://{host}" for host in fetched} == {tokens}
