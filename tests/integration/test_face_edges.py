"""The edges of the node's HTTP face: keys, shapes, sizes, methods, languages; and that its description holds."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any

import orjson
import pytest
from agency_system import DESCRIBED, PERSON, AgencySystem, opening, question
from openapi_spec_validator import OpenAPIV31SpecValidator
from wires import until

from bus.app import prepare
from bus.app.embedded import MAX_BODY_BYTES
from bus.sample.procedures import REFUSED_FORM
from config.apikeys import new_api_key, revoke_api_key

if TYPE_CHECKING:
    from nation import EmbeddedNation

ASK = f"/ask/{PERSON}/confirm"


@pytest.mark.parametrize("path", [ASK, "/dossiers", "/dossiers/x/close", "/dossiers/x/supplements"])
async def test_without_a_key_nobody_gets_in(nation: EmbeddedNation, path: str):
    said = await AgencySystem(nation.node, None).send("POST", path, question())
    assert (said.status, said.number, said.headers["WWW-Authenticate"]) == (401, 801, "Bearer")


@pytest.mark.parametrize("key", ["nearly", "lt_" + "A" * 43, "x" * 5000])
async def test_a_wrong_key_gets_nobody_in(nation: EmbeddedNation, key: str):
    said = await AgencySystem(nation.node, key).send("POST", ASK, question())
    assert (said.status, said.number) == (401, 802)
    assert said.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'
    assert key not in str(said.body)


async def test_a_key_may_come_as_a_bearer_token(nation: EmbeddedNation):
    bearer = {"Authorization": f"bearer {nation.key}"}
    said = await AgencySystem(nation.node, None).send("GET", "/dossiers/none", headers=bearer)
    assert said.number == 704


async def test_a_key_counts_from_when_it_is_made_until_it_is_revoked(nation: EmbeddedNation):
    file = nation.state.api_keys("a100010")
    before = file.read_bytes()
    text, line = new_api_key(file, system="one-stop", days=1, now=prepare.today())
    system = AgencySystem(nation.node, text)

    async def number() -> int | None:
        return (await system.send("GET", "/dossiers/none")).number

    async def gets_in() -> bool:
        return await number() == 704

    async def is_refused() -> bool:
        return await number() == 802

    await until(gets_in)
    revoke_api_key(file, line.id, prepare.today())
    await until(is_refused)
    file.write_bytes(before)
    assert (await nation.counter.send("GET", "/dossiers/none")).number == 704


async def test_whoever_needs_no_key_gets_no_secrets(nation: EmbeddedNation):
    stranger = AgencySystem(nation.node, None)
    health, described = await stranger.send("GET", "/health"), await stranger.send("GET", "/openapi.json")
    assert (health.status, health.body) == (200, {"status": "ok"})
    assert described.status == 200


@pytest.mark.parametrize(
    ("raw", "rule", "place"),
    [
        (b"", "json_invalid", "/"),
        (b"{", "json_invalid", "/"),
        (b"[]", "model_type", "/"),
        (b"\xff\xfe", "json_invalid", "/"),
        (b'{"form": "birth-linked@1", "form": 1}', "string_type", "/form"),
        (orjson.dumps(opening(form=1)), "string_type", "/form"),
        (orjson.dumps(opening(form="birth-linked")), "string_pattern_mismatch", "/form"),
        (orjson.dumps(opening(more=1)), "extra_forbidden", "/more"),
        (orjson.dumps(opening(parties=[])), "too_short", "/parties"),
        (orjson.dumps(opening(parties=[{"role": "mother", "id": "1", "nmae": "x"}])), "extra_forbidden", "/parties/0"),
        (orjson.dumps(opening(timeout_ms="15000")), "int_type", "/timeout_ms"),
        (orjson.dumps(opening(timeout_ms=2**60)), "less_than_equal", "/timeout_ms"),
        (orjson.dumps(opening(officer={"id": "x", "unit": "a\nb"})), "string_pattern_mismatch", "/officer/unit"),
        (b'{"parties":' + b"[" * 5000 + b"]" * 5000 + b"}", "json_invalid", "/"),
    ],
)
async def test_a_malformed_request_is_told_where(nation: EmbeddedNation, raw: bytes, rule: str, place: str):
    said = await nation.counter.send("POST", "/dossiers", raw=raw)
    assert (said.status, said.number, said.body["fault_at"]) == (400, 804, "consumer-system"), said.body
    assert (said.body["rule"], said.body["place"][: len(place)]) == (rule, place)


async def test_a_refusal_never_quotes(nation: EmbeddedNation):
    citizen = "097195001234"
    for changed in ({"form": citizen}, {"parties": [{"role": citizen, "id": citizen}]}, {citizen: citizen}):
        said = await nation.counter.open("birth", **changed)
        assert said.number == 804
        assert citizen not in str(said.body), said.body


@pytest.mark.parametrize("media_type", ["text/plain", "application/xml", "application/x-www-form-urlencoded", "a"])
async def test_only_json_is_read(nation: EmbeddedNation, media_type: str):
    said = await nation.counter.send("POST", "/dossiers", opening(), headers={"Content-Type": media_type})
    assert (said.status, said.number) == (415, 118)


async def test_a_body_over_the_limit_is_told_the_limit(nation: EmbeddedNation):
    said = await nation.counter.send("POST", ASK, raw=BytesIO(b" " * (MAX_BODY_BYTES + 1)))
    assert (said.status, said.number, said.body["params"]) == (413, 304, {"limit": MAX_BODY_BYTES})
    assert str(MAX_BODY_BYTES) in said.body["text"]["en"]


@pytest.mark.parametrize(
    ("method", "path", "number", "allowed"),
    [
        ("GET", "/", 805, None),
        ("POST", "/ask/a100001/population/person", 805, None),
        ("POST", "/ask//population/person/confirm", 805, None),
        ("GET", ASK, 806, "POST"),
        ("DELETE", "/dossiers/x", 806, "GET,HEAD"),
        ("PUT", "/dossiers", 806, "POST"),
    ],
)
async def test_addresses_and_methods(nation: EmbeddedNation, method: str, path: str, number: int, allowed: str | None):
    said = await nation.counter.send(method, path)
    assert (said.number, said.headers.get("Allow")) == (number, allowed)
    assert said.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("wanted", "tongue"),
    [
        (None, "vi"),
        ("en", "en"),
        ("en-GB,en;q=0.9", "en"),
        ("vi", "vi"),
        ("fr, en;q=0.5", "en"),
        ("vi;q=0.1, en;q=0.9", "en"),
        ("en;q=0, vi", "vi"),
        ("fr", "vi"),
        ("*", "vi"),
        (";;;,q=", "vi"),
    ],
)
async def test_the_title_is_in_the_language_preferred(nation: EmbeddedNation, wanted: str | None, tongue: str):
    headers = {"Accept-Language": wanted} if wanted else {}
    said = await nation.counter.send("GET", "/dossiers/none", headers=headers)
    assert said.headers["Content-Language"] == tongue
    assert said.body["title"] == said.body["text"][tongue]
    assert set(said.body["text"]) == {"vi", "en"}


async def test_nothing_is_kept_by_caches(nation: EmbeddedNation):
    opened = await nation.counter.open("birth")
    refused = await nation.counter.open("birth", form=REFUSED_FORM)
    assert {one.headers["Cache-Control"] for one in (opened, refused)} == {"no-store"}


async def test_the_description_is_sound(nation: EmbeddedNation):
    described: dict[str, Any] = (await nation.counter.send("GET", "/openapi.json")).body
    assert described["openapi"].startswith("3.1")
    assert not list(OpenAPIV31SpecValidator(described).iter_errors())
    operations = {
        one["operationId"] for path in described["paths"].values() for one in path.values() if "operationId" in one
    }
    tokens = {"token", "tokenMetadata"}
    assert operations == tokens | {"ask", "openDossier", "showDossier", "supplement", "closeDossier", "health"}


async def test_every_operation_was_seen_answering_as_described(nation: EmbeddedNation):
    dossier = str((await nation.counter.open("birth-lone")).body["dossier"])
    mother = question("lone-mother", dossier=dossier)
    mother["subjects"][0]["role"] = "mother"
    await nation.counter.send("POST", ASK, mother)
    await nation.counter.send("GET", f"/dossiers/{dossier}")
    phone = {"name": "phone", "term": "contact.phone", "of": "mother"}
    more = {"fields": [phone], "officer": opening()["officer"]}
    await nation.counter.send("POST", f"/dossiers/{dossier}/supplements", more)
    await nation.counter.send("POST", f"/dossiers/{dossier}/close")
    await nation.counter.send("GET", "/health")
    good = {name for name, media_type, status in DESCRIBED.seen if media_type == "application/json" and status < 400}
    assert good >= {"ask", "openDossier", "showDossier", "supplement", "closeDossier", "health"}
