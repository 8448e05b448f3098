"""Settings of every kind: unknown keys, wrong types and contradictions are named before anything opens."""

import pytest

from adapters.kinds import KINDS, build
from adapters.port import DeclarationError

ANSWER = {"fields": [{"to": "name", "from": "hoTen"}]}
NUMBER = [{"to": "path.n", "from": "body.n"}]
GOOD = {
    "files": {
        "folder": "f",
        "operations": {"p": {"keys": {"so": "n"}, "question": [{"to": "n", "from": "body.n"}], "answer": ANSWER}},
    },
    "memory": {"operations": {"p": {"match": ["n"], "question": [{"to": "n", "from": "body.n"}], "answer": ANSWER}}},
    "rest": {"base_url": "http://h", "operations": {"p": {"path": "/p/{n}", "question": NUMBER, "answer": ANSWER}}},
    "soap": {"wsdl": "w.wsdl", "address": "https://h/s", "operations": {"p": {"call": "P", "answer": ANSWER}}},
    "sql": {"engine": "sqlite", "file": "f.db", "operations": {"p": {"sql": "SELECT 1", "answer": ANSWER}}},
    "xroad-bridge": {
        "server": "https://h",
        "client": "VN/GOV/H26/s",
        "operations": {"p": {"protocol": "rest", "service": "VN/GOV/G01/s/p", "answer": ANSWER}},
    },
    "xroad-rest": {"service_url": "http://h/s", "operations": {"p": {}}},
    "xroad-soap": {"service_url": "http://h/s", "operations": {"p": {}}},
}
PASSING = {"xroad-rest", "xroad-soap"}
"""Kinds that pass messages on as they came: no field maps."""
POSTGRESQL = {"engine": "postgresql", "host": "db.example.vn", "database": "d", "user": "u"}


def mistakes(kind: str, changes: dict[str, object], operation: dict[str, object] | None = None) -> str:
    settings = {**GOOD[kind], **changes}
    if operation is not None:
        settings["operations"] = {"p": {**GOOD[kind]["operations"]["p"], **operation}}
    with pytest.raises(DeclarationError) as caught:
        build(kind, settings, place="population.toml")
    return str(caught.value)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_the_least_that_is_needed(kind: str):
    assert build(kind, GOOD[kind]).operations == {"p"}


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_mistakes_common_to_all_kinds(kind: str):
    assert "population.toml.colour: Extra inputs" in mistakes(kind, {"colour": "red"})
    assert "max_concurrency" in mistakes(kind, {"max_concurrency": 0})
    assert "max_concurrency" in mistakes(kind, {"max_concurrency": "8"})
    assert "timeout_s" in mistakes(kind, {"timeout_s": 0})
    assert "faults.004" in mistakes(kind, {"faults": {"004": "forbidden"}})
    assert "operations" in mistakes(kind, {"operations": {}})
    if kind in PASSING:
        return
    assert "population.toml.operations.p.answer" in mistakes(kind, {}, {"answer": {}})
    assert "yes or no" in mistakes(kind, {}, {"answer": {"exists": True, **ANSWER}})
    assert "require" in mistakes(kind, {}, {"require": ["officer.name"]})
    clash = {"fields": [{"to": "a", "from": "x"}, {"to": "a", "from": "y"}]}
    assert "stands twice" in mistakes(kind, {}, {"answer": clash})
    no_day = {**ANSWER, "as_of": {"from": "t", "forms": ["yyyy"]}}
    assert "names at least its day" in mistakes(kind, {}, {"answer": no_day})


def test_all_mistakes_are_named_at_once():
    said = mistakes("rest", {"base_url": "ftp://h", "colour": "red", "timeout_s": -1})
    assert "base_url" in said
    assert "colour" in said
    assert "timeout_s" in said


def test_an_unknown_kind_lists_the_known():
    with pytest.raises(DeclarationError, match="files, memory, rest, soap, sql"):
        build("xroad2", {})


@pytest.mark.parametrize(
    "url",
    ["h/p", "file:///etc/passwd", "http://", "http://u:secret@h", "http://h/?a=b", "http://h/#f"],
)
def test_addresses(url: str):
    assert "base_url" in mistakes("rest", {"base_url": url})
    assert "address" in mistakes("soap", {"address": url})


@pytest.mark.parametrize(
    ("operation", "part"),
    [
        ({"path": "p/{n}"}, "a path starts with /"),
        ({"path": "/../{n}"}, "a path starts with /"),
        ({"path": "/p/{n}?x=1"}, "a path starts with /"),
        ({"path": "/p/{n}\r\nX: y"}, "a path starts with /"),
        ({"path": "/p"}, "not the same"),
        ({"path": "/p/{n}/{m}"}, "not the same"),
        ({"question": [{"to": "n", "from": "body.n"}]}, "starts with path."),
        ({"question": [*NUMBER, {"to": "json.a", "from": "body.a"}]}, "GET carries no body"),
        (
            {
                "method": "POST",
                "question": [*NUMBER, {"to": "json.a", "from": "body.a"}, {"to": "form.b", "from": "body.b"}],
            },
            "not both",
        ),
        ({"method": "DELETE"}, "method"),
        ({"statuses": {"404": "nobody"}}, "statuses"),
    ],
)
def test_rest_operations(operation: dict[str, object], part: str):
    assert part in mistakes("rest", {}, operation)


def test_rest_headers_are_names():
    assert "no name of an HTTP header" in mistakes("rest", {"headers": {"X Y": "z"}})
    assert "no name of an HTTP header" in mistakes("rest", {"secret_headers": {"X:\r\n": "z"}})


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM person",
        "SELECT 1; DELETE FROM person",
        "SELECT 1;",
        "INSERT INTO a SELECT 1",
        "PRAGMA query_only = OFF",
        "",
    ],
)
def test_sql_is_one_select(sql: str):
    assert "one SELECT" in mistakes("sql", {}, {"sql": sql})


def test_sql_parameters_are_the_questions_fields():
    assert "not the same" in mistakes("sql", {}, {"sql": "SELECT :n"})
    assert "not the same" in mistakes("sql", {}, {"question": [{"to": "n", "from": "body.n"}]})
    quoted = {"sql": "SELECT ':m', :n -- :k\n /* :l; */", "question": [{"to": "n", "from": "body.n"}]}
    assert "`optional` names" in mistakes("sql", {}, {**quoted, "optional": ["m"]})


def test_sql_places():
    assert "sqlite needs" in mistakes("sql", {"file": None})
    assert "postgresql needs" in mistakes("sql", {"engine": "postgresql", "host": "h"})
    assert "ssl_mode" in mistakes("sql", {"ssl_mode": "prefer"})


def test_memory_matches_on_fields_of_its_question():
    assert "not in the question" in mistakes("memory", {}, {"match": ["m"]})


async def test_a_secret_without_a_reader_is_refused_at_start():
    adapter = build("rest", {**GOOD["rest"], "secret_headers": {"ApiKey": "key.txt"}})
    with pytest.raises(DeclarationError, match=r"nobody can read it: key\.txt"):
        await adapter.start()


async def test_tls_files_without_a_maker_are_refused_at_start():
    adapter = build("rest", {**GOOD["rest"], "tls": {"ca_file": "ca.pem"}})
    with pytest.raises(DeclarationError, match="nobody can make a context"):
        await adapter.start()


def test_files_are_looked_up_by_fields_of_the_question():
    assert "there is no m" in mistakes("files", {}, {"keys": {"so": "m"}})
    assert "how records are looked up" in mistakes("files", {}, {"keys": {}})
    assert "belong to mode = watch" in mistakes("files", {"mode": "drop"})
    moment = {**ANSWER, "as_of": {"from": "t", "forms": ["yyyyMMdd"]}}
    assert "the manifest says it" in mistakes("files", {}, {"answer": moment})
    assert "delimiter" in mistakes("files", {"tables": {"data": {"delimiter": "ab"}}})


@pytest.mark.parametrize(
    ("kind", "changes", "place"),
    [
        ("rest", {"tls": {"verify": False}}, "tls.verify"),
        ("soap", {"tls": {"ca_file": "ca.pem", "verify": False}}, "tls.verify"),
        ("xroad-bridge", {"tls": {"verify": False}}, "tls.verify"),
        ("sql", POSTGRESQL | {"ssl_mode": "require"}, "ssl_mode"),
        ("sql", POSTGRESQL | {"ssl_mode": "disable"}, "ssl_mode"),
    ],
)
def test_only_development_may_leave_the_other_end_unverified(kind: str, changes: dict[str, object], place: str):
    said = mistakes(kind, changes)
    assert said.startswith(f"population.toml.{place}: the other end would not be verified")
    assert said.endswith("[tls-verify]")
    assert build(kind, {**GOOD[kind], **changes}, development=True).operations == {"p"}


def test_a_database_on_this_machine_needs_no_tls():
    for here in ("localhost", "127.0.0.1", "/run/postgresql"):
        assert build("sql", {**GOOD["sql"], **POSTGRESQL, "host": here, "ssl_mode": "disable"}).operations == {"p"}
