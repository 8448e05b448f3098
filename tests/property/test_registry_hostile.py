"""Whatever is sent to the registry of schemas, the answer is JSON with a code, and never a 500."""

from __future__ import annotations

import os
from collections.abc import Iterator
from urllib.parse import quote

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from schemas_kit import Standing

from bus.registration.pool import Limits

EXAMPLES = int(os.environ.get("LIENTHONG_HOSTILE_REQUESTS", "120"))
PATHS = (
    "/",
    "/schemas",
    "/schemas/types",
    "/schemas/ids/{}",
    "/schemas/ids/{}/schema",
    "/schemas/ids/{}/subjects",
    "/schemas/ids/{}/versions",
    "/schemas/guids/{}",
    "/schemas/guids/{}/ids",
    "/subjects",
    "/subjects/{}",
    "/subjects/{}/metadata",
    "/subjects/{}/versions",
    "/subjects/{}/versions/{}",
    "/subjects/{}/versions/{}/schema",
    "/subjects/{}/versions/{}/referencedby",
    "/subjects/{}/versions/{}/tags",
    "/compatibility/subjects/{}/versions",
    "/compatibility/subjects/{}/versions/{}",
    "/config",
    "/config/{}",
    "/mode",
    "/mode/{}",
    "/contexts",
    "/contexts/{}",
    "/associations/{}",
    "/{}/{}",
)
QUERIES = ("normalize", "deleted", "deletedOnly", "permanent", "offset", "limit", "subject", "subjectPrefix", "verbose")
MEMBERS = (
    "schema",
    "schemaType",
    "references",
    "metadata",
    "ruleSet",
    "id",
    "version",
    "compatibility",
    "mode",
    "alias",
    "tagsToAdd",
    "schemaTagsToAdd",
)
NAMES = st.one_of(
    st.sampled_from(
        ["s", "1", "latest", "-1", ":.c:s", ":.gov:x", ":*:", ":.:", ".", "..", "%2e%2e", "a/b", "99999999999"]
    ),
    st.text(max_size=12),
)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63),
    st.floats(allow_nan=False),
    st.text(max_size=20),
    st.sampled_from(
        ["JSON", "AVRO", "XSD", "NONE", "IMPORT", "READWRITE", '{"type":"object"}', '{"$ref":"b"}', "{", '"x"']
    ),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
OBJECTS = st.dictionaries(st.sampled_from(MEMBERS), VALUES, max_size=5)
BODIES = st.one_of(st.none(), st.binary(max_size=60), OBJECTS.map(orjson.dumps))
QUERY = st.lists(
    st.tuples(st.sampled_from(QUERIES), st.one_of(st.sampled_from(["true", "False", "1", "-1"]), NAMES)), max_size=3
)
TYPES = st.sampled_from(["application/json", "application/vnd.schemaregistry.v1+json", "text/plain", "", "a/b;c"])


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standing]:
    running = Standing(tmp_path_factory.mktemp("hostile"))
    yield running
    running.close()


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standing]:
    """Another one, whose settings nobody has changed, with little patience."""
    limits = Limits(processes=1, job_seconds=1.0)
    running = Standing(tmp_path_factory.mktemp("calm"), limits=limits)
    yield running
    running.close()


@settings(max_examples=EXAMPLES)
@given(
    method=st.sampled_from(["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD"]),
    path=st.sampled_from(PATHS),
    names=st.lists(NAMES, min_size=2, max_size=2),
    query=QUERY,
    body=BODIES,
    media_type=TYPES,
)
def test_no_request_gives_a_500(
    standing: Standing,
    method: str,
    path: str,
    names: list[str],
    query: list[tuple[str, str]],
    body: bytes | None,
    media_type: str,
):
    place = path.format(*(quote(name.encode("utf-8", "replace"), safe="") for name in names))
    asked = "&".join(f"{name}={quote(value.encode('utf-8', 'replace'), safe='')}" for name, value in query)
    headers = standing.basic("admin") | ({"Content-Type": media_type} if body is not None and media_type else {})
    got = standing.client.request(method, f"{place}?{asked}", content=body, headers=headers)
    assert got.status_code < 500, (method, place, got.content)
    if got.status_code >= 400 and method != "HEAD":
        said = orjson.loads(got.content)
        assert isinstance(said["error_code"], int)
        assert isinstance(said["message"], str)


@pytest.mark.parametrize(
    "head",
    ["Basic", "Basic !!!", "Basic YWRtaW4=", "Bearer x", "Basic " + "A" * 4000, "Digest x", ""],
)
def test_whoever_shows_no_good_key_is_nobody(standing: Standing, head: str):
    got = standing.ask("GET", "/subjects", who=None, headers={"Authorization": head})
    assert (got.status, got.code) == (401, 401)
    assert got.headers["www-authenticate"].startswith("Basic")


@pytest.mark.parametrize("trouble", ["parse-hang", "parse-die", "parse-memory", "parse-deep", "parse-fault"])
def test_no_schema_brings_it_down(calm: Standing, trouble: str):
    got = calm.put("trouble", {"x-trouble": trouble})
    assert (got.status, got.code) == (422, 42201)


@pytest.mark.parametrize("trouble", ["compare-hang", "compare-die", "compare-memory", "compare-fault"])
def test_what_cannot_be_compared_is_refused_with_the_reason(calm: Standing, trouble: str):
    assert calm.put(f"compared-{trouble}", {}).status == 200
    got = calm.put(f"compared-{trouble}", {"x-trouble": trouble})
    assert (got.status, got.code) == (409, 409)
    (told,) = got.body["incompatibilities"]
    assert told["differences"][0]["undecided"]


def test_an_unknown_answer_refuses_too(calm: Standing):
    assert calm.put("unknown", {}).status == 200
    got = calm.put("unknown", {"x-unknown": True})
    assert got.body["incompatibilities"][0]["differences"][0]["rule"] == "pattern-lookahead"
    assert "undecided: true" in got.body["message"]
