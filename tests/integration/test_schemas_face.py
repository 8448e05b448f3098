"""The registry's face at its edges: types in and out, entity tags, races, two of them over one store."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from postgresql_kit import needs_postgresql, own_schema
from schemas_kit import Standing, requiring
from wires import Ground, until

V1 = "application/vnd.schemaregistry.v1+json"


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standing]:
    running = Standing(tmp_path_factory.mktemp("schemas"))
    yield running
    running.close()


def test_what_an_id_means_may_be_kept_by_whoever_may_read_it(standing: Standing):
    id_ = standing.put("own-tagged", requiring()).body["id"]
    for path in (f"/schemas/ids/{id_}", f"/registry/schemas/ids/{id_}/schema"):
        first = standing.ask("GET", path)
        assert first.headers["cache-control"] == "private, max-age=31536000, immutable"
        again = standing.ask("GET", path, headers={"If-None-Match": first.headers["etag"]})
        assert (again.status, again.body) == (304, None)
        assert standing.ask("GET", path, headers={"If-None-Match": '"other"'}).status == 200
        assert standing.ask("GET", path, who="reader").headers["etag"] == first.headers["etag"]
        assert standing.ask("GET", path, who="nobody").status == 404
        assert standing.ask("GET", path, who=None).status == 401
    listed = standing.ask("GET", "/subjects")
    assert listed.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("accept", "status", "media_type"),
    [
        ("", 200, V1),
        ("*/*", 200, V1),
        ("application/json", 200, "application/json"),
        (
            "application/vnd.schemaregistry+json; qs=0.9, application/json; qs=0.5",
            200,
            "application/vnd.schemaregistry+json",
        ),
        ("text/html, application/json;q=0.3", 200, "application/json"),
        (f"{V1}, application/vnd.schemaregistry+json, application/json", 200, V1),
        ("text/html", 406, V1),
        ("text/*", 406, V1),
        ("application/octet-stream", 406, V1),
        ("application/*", 200, V1),
        ("*", 200, V1),
        ("*/whatever", 200, V1),
        ("text/html, image/gif, *; q=.2, */*; q=.2", 200, V1),
        ("application/json;q=0", 406, V1),
    ],
)
def test_the_answer_is_of_a_type_that_was_asked_for(standing: Standing, accept: str, status: int, media_type: str):
    got = standing.ask("GET", "/subjects", headers={"Accept": accept} if accept else None)
    assert (got.status, got.headers["content-type"]) == (status, media_type)


@pytest.mark.parametrize("media_type", [V1, "application/json; charset=utf-8", "application/octet-stream"])
def test_bodies_of_these_types_are_read(standing: Standing, media_type: str):
    got = standing.ask(
        "POST", "/subjects/typed", {"schema": "{}", "schemaType": "JSON"}, headers={"Content-Type": media_type}
    )
    assert got.code == 40401


def test_bodies_in_other_encodings_are_read(standing: Standing):
    body = '{"compatibility":"NONE"}'
    for charset, status in (("utf-16", 200), ("utf-32", 200), ("ebcdic", 415)):
        sent = body.encode("utf-8" if status == 415 else charset)
        headers = {"Content-Type": f"{V1}; charset={charset}"}
        assert standing.ask("PUT", "/config/encoded/", sent, headers=headers).status == status
    wrong = standing.ask("PUT", "/config/encoded", b"\xff", headers={"Content-Type": f"{V1}; charset=utf-16"})
    assert wrong.status == 400


def test_unknown_members_are_passed_over_for_whoever_says_so(standing: Standing):
    body = {"schema": "{}", "schemaType": "JSON", "newer": 1}
    assert standing.ask("POST", "/subjects/newer/versions", body).status == 422
    headers = {"Confluent-Accept-Unknown-Properties": "true"}
    assert standing.ask("POST", "/subjects/newer/versions", body, headers=headers).status == 200


def test_bodies_of_other_types_are_not(standing: Standing):
    got = standing.ask("POST", "/subjects/typed/versions", b"<a/>", headers={"Content-Type": "text/xml"})
    assert (got.status, got.code) == (415, 415)


def test_a_body_over_the_limit_is_refused(standing: Standing):
    got = standing.ask("POST", "/subjects/large/versions", b'{"schema":"' + b"x" * (17 << 20) + b'"}')
    assert (got.status, got.code) == (413, 413)


def test_the_callers_correlation_comes_back(standing: Standing):
    got = standing.ask("GET", "/subjects", headers={"X-Correlation-Id": "case-17"})
    assert got.headers["x-correlation-id"] == "case-17"
    assert standing.ask("GET", "/none", headers={"X-Correlation-Id": "a b"}).headers["x-correlation-id"] != "a b"


def test_an_alias_stands_for_its_subject(standing: Standing):
    standing.put("real-name", requiring())
    assert standing.ask("PUT", "/config/other-name", {"alias": "real-name"}).status == 200
    assert standing.ask("GET", "/subjects/other-name/versions/latest").body["subject"] == "real-name"
    assert standing.put("other-name", requiring(title="2")).body["version"] == 2
    assert standing.ask("GET", "/subjects/other-name/versions").body == [1, 2]


def test_an_alias_opens_nothing_that_is_closed(standing: Standing):
    standing.put("closed", requiring())
    assert standing.ask("PUT", "/config/own-door", {"alias": "closed"}).status == 200
    for path in ("/subjects/own-door/versions/latest", "/subjects/own-door/versions", "/subjects/own-door/metadata"):
        assert standing.ask("GET", path, who="writer").code == 40401
    assert standing.ask("POST", "/subjects/own-door", {"schema": "{}"}, who="writer").code == 40401
    assert standing.put("own-door", requiring(), who="writer").code == 40301


def test_what_is_imported_stays_as_it_was(standing: Standing):
    assert standing.ask("PUT", "/mode/:.brought:", {"mode": "IMPORT"}).status == 200
    about = {"properties": {"team": "x"}}
    assert standing.put(":.brought:s", requiring(), metadata=about, id=5, version=1).status == 200
    assert standing.put(":.brought:s", requiring("a"), id=6, version=2).status == 200
    assert "metadata" not in standing.ask("GET", "/subjects/:.brought:s/versions/2").body
    assert standing.put(":.brought:s", requiring("b"), id=6, version=2).code == 42205


def test_a_compatibility_group_is_compared_within_itself(standing: Standing):
    assert standing.ask("PUT", "/config/grouped", {"compatibilityGroup": "major"}).status == 200
    one, two = ({"properties": {"major": number}} for number in ("1", "2"))
    assert standing.put("grouped", requiring(), metadata=one).status == 200
    assert standing.put("grouped", requiring("a"), metadata=one).status == 409
    assert standing.put("grouped", requiring("a"), metadata=two).status == 200


def test_a_default_fills_in_where_the_settings_say_so(standing: Standing):
    standing.put("filled", requiring())
    assert standing.put("filled", requiring("a")).status == 409
    assert standing.ask("PUT", "/config/filled", {"requiredWithDefault": True}).status == 200
    assert standing.put("filled", requiring("a")).status == 200


def test_racing_registrations_get_numbers_of_their_own(standing: Standing):
    standing.ask("PUT", "/config/raced", {"compatibility": "NONE"})

    def one(number: int) -> tuple[int, int]:
        got = standing.put("raced", requiring(title=str(number % 8)))
        assert got.status == 200, got
        return got.body["version"], got.body["id"]

    with ThreadPoolExecutor(8) as threads:
        done = list(threads.map(one, range(16)))
    assert sorted(set(done)) == [(version, id_) for version, id_ in sorted(set(done))]
    assert {version for version, _ in done} == set(range(1, 9))
    assert len({id_ for _, id_ in done}) == 8


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=needs_postgresql)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'shared.sqlite3'}"
    else:
        with own_schema() as address:
            yield address


def test_two_over_one_store_say_the_same(url: str, tmp_path: Path):
    folders = [tmp_path / "one", tmp_path / "two"]
    for folder in folders:
        folder.mkdir()
    one, two = (Standing(folder, store=url) for folder in folders)
    try:
        with ThreadPoolExecutor(4) as threads:
            both = [one, two] * 4
            done = [
                got.body
                for got in threads.map(lambda pair: pair[1].put("s", requiring(title=str(pair[0]))), enumerate(both))
            ]
        assert sorted(body["version"] for body in done) == list(range(1, 9))
        assert sorted(body["id"] for body in done) == list(range(1, 9))
        assert one.ask("GET", "/schemas/ids/1").body == two.ask("GET", "/schemas/ids/1").body
        one.ask("DELETE", "/subjects/s")
        one.ask("DELETE", "/subjects/s?permanent=true")
        assert one.ask("GET", "/schemas/ids/1").status == 404
        ground = Ground()
        ground.run(until(lambda: two.ask("GET", "/schemas/ids/1").status == 404))
        ground.close()
    finally:
        one.close()
        two.close()


def test_it_goes_on_where_it_was_after_a_restart(standing: Standing):
    before = standing.put("kept", requiring(title="kept")).body
    standing.restart()
    assert standing.put("kept", requiring(title="kept")).body == before
    assert standing.ask("GET", "/health").body["status"] == "ok"
