import json
from typing import Any

import pytest

from registry.evolution import limits
from registry.evolution.budget import Budget
from registry.evolution.openapi.format import OpenApiFormat
from registry.evolution.port import Policy
from registry.evolution.verdict import Compatible, Incompatible, Unknown, Verdict

OPENAPI = OpenApiFormat()
CLOSED = {"type": "object", "additionalProperties": False, "properties": {"a": {"type": "string"}}}
WIDER = {"type": "object", "additionalProperties": False, "properties": {"a": {"type": "string"}, "b": {}}}


def api(operation: dict[str, Any], version: str = "3.1.0", **more: object) -> dict[str, Any]:
    operation = {"responses": {"200": {"description": ""}}, **operation}
    return {"openapi": version, "info": {"title": "", "version": ""}, "paths": {"/p/{x}": {"post": operation}}, **more}


def body(schema: object, media_type: str = "application/json", **more: object) -> dict[str, Any]:
    return {"requestBody": {"content": {media_type: {"schema": schema}}, **more}}


def answer(schema: object, status: str = "200", media_type: str = "application/json") -> dict[str, Any]:
    return {"responses": {status: {"description": "", "content": {media_type: {"schema": schema}}}}}


def query(name: str, schema: object = None, **more: object) -> dict[str, Any]:
    return {"parameters": [{"name": name, "in": "query", "schema": schema or {}, **more}]}


def compared(writer: object, reader: object, steps: int = limits.COMPARE_STEPS) -> Verdict:
    one, other = (OPENAPI.parse(json.dumps(each), {}, Budget(limits.PARSE_STEPS)) for each in (writer, reader))
    return OPENAPI.included(one, other, Policy(), Budget(steps))


NAMED = {"components": {"schemas": {"P": CLOSED}}}
NAMED_WIDER = {"components": {"schemas": {"P": WIDER}}}
REF = {"$ref": "#/components/schemas/P"}


@pytest.mark.parametrize(
    ("writer", "reader", "cautions"),
    [
        (api({}), api({"summary": "new words", "description": "x", "tags": ["t"]}), []),
        (api({}), api({}, paths={**api({})["paths"], "/new": {"get": {"responses": {}}}}), []),
        (api({}), api({}, paths={"/p/{renamed}": api({})["paths"]["/p/{x}"]}), []),
        (api({}), api(query("q")), ["parameter-added"]),
        (api(query("q", required=True)), api(query("q")), []),
        (api(query("q", {"type": "string", "maxLength": 5})), api(query("q", {"type": "string"})), []),
        (api(body(CLOSED)), api(body(WIDER)), []),
        (api(body(REF), **NAMED), api(body(REF), **NAMED_WIDER), []),
        (api(body(REF), "3.0.0", **NAMED), api(body(REF), "3.0.0", **NAMED_WIDER), []),
        (api(body({"type": "string"}), "3.0.0"), api(body({"type": "string", "nullable": True}), "3.0.0"), []),
        (api(answer(WIDER)), api(answer(CLOSED)), []),
        (api(answer({"type": "string"}, "2XX")), api(answer({"type": "string"}, "201")), []),
        (api({}, servers=[{"url": "/a"}]), api({}, servers=[{"url": "/b"}]), ["servers-changed"]),
        (api(body("x", "text/plain")), api(body("x", "text/plain")), []),
    ],
)
def test_what_serves_older_clients(writer: object, reader: object, cautions: list[str]) -> None:
    verdict = compared(writer, reader)

    assert isinstance(verdict, Compatible), verdict
    assert [one.rule for one in verdict.cautions] == cautions


@pytest.mark.parametrize(
    ("writer", "reader", "rule", "witness"),
    [
        (api({}), api({}, paths={}), "operation-removed", None),
        (api({}), api(query("q", required=True)), "parameter-required", None),
        (api(query("q")), api(query("q", required=True)), "parameter-required", None),
        (
            api(query("q", {"type": "string"})),
            api(query("q", {"type": "string", "maxLength": 0})),
            "parameter-narrowed",
            str,
        ),
        (api({}), api(body(CLOSED, required=True)), "body-required", None),
        (api(body(WIDER)), api(body(CLOSED)), "request-narrowed", dict),
        (
            api(body({"type": "string", "nullable": True}), "3.0.0"),
            api(body({"type": "string"}), "3.0.0"),
            "request-narrowed",
            type(None),
        ),
        (api(answer(CLOSED)), api(answer(WIDER)), "response-widened", dict),
    ],
)
def test_what_does_not_serve_them(writer: object, reader: object, rule: str, witness: type | None) -> None:
    verdict = compared(writer, reader)

    assert isinstance(verdict, Incompatible)
    assert verdict.findings[0].rule == rule
    if witness is None:
        assert verdict.witness is None
    else:
        assert verdict.witness is not None
        assert isinstance(json.loads(verdict.witness.text), witness)


@pytest.mark.parametrize(
    ("writer", "reader", "rule"),
    [
        (api(query("q")), api({}), "parameter-removed"),
        (api(query("q", {"type": "integer"})), api(query("q", {"type": "string"})), "schema-undecided"),
        (api(query("q", style="form")), api(query("q", style="spaceDelimited")), "not-compared"),
        (api({}), api({"security": [{"key": []}]}), "not-compared"),
        (api({}, security=[]), api({}, security=[{"key": []}]), "not-compared"),
        (api(body(CLOSED)), api(body(CLOSED, "application/xml")), "media-type-removed"),
        (api(body(CLOSED, "application/xml")), api(body(WIDER, "application/xml")), "not-compared"),
        (api({}), api(answer(CLOSED, "202")), "response-added"),
        (api({}), api(answer(CLOSED)), "response-added"),
        (api(answer(CLOSED)), api({}), "response-removed"),
        (
            api({}, components={"securitySchemes": {"k": {"type": "http"}}}),
            api({}, components={"securitySchemes": {"k": {"type": "apiKey"}}}),
            "not-compared",
        ),
        (api({"callbacks": {"c": REF}}, **NAMED), api({"callbacks": {"c": REF}}, **NAMED_WIDER), "not-compared"),
        (
            api(body({**CLOSED, "readOnly": True})),
            api(body({**WIDER, "readOnly": True})),
            "schema-undecided",
        ),
        (api(body(CLOSED), jsonSchemaDialect="urn:x"), api(body(WIDER), jsonSchemaDialect="urn:x"), "schema-undecided"),
    ],
)
def test_what_is_not_compared_is_unknown(writer: object, reader: object, rule: str) -> None:
    verdict = compared(writer, reader)

    assert isinstance(verdict, Unknown)
    assert verdict.rule == rule


def test_descriptions_in_several_files_are_compared_as_a_whole_only() -> None:
    text = json.dumps(api(body({"$ref": "c.json#/P"})))
    old, new = ({"c.json": json.dumps({"P": schema})} for schema in (CLOSED, WIDER))
    one, other = (OPENAPI.parse(text, references, Budget(limits.PARSE_STEPS)) for references in (old, new))

    assert isinstance(OPENAPI.included(one, one, Policy(), Budget(1000)), Compatible)
    assert isinstance(OPENAPI.included(one, other, Policy(), Budget(1000)), Unknown)


def test_a_spent_budget_is_unknown() -> None:
    verdict = compared(api(body(CLOSED)), api(body(WIDER)), steps=2)

    assert isinstance(verdict, Unknown)
    assert verdict.rule == "budget-spent"


def test_the_place_has_a_line() -> None:
    text = json.dumps(api(body(WIDER)), indent=1)
    one, other = (OPENAPI.parse(each, {}, Budget(10_000)) for each in (text, json.dumps(api(body(CLOSED)))))
    verdict = OPENAPI.included(one, other, Policy(), Budget(10_000))

    assert isinstance(verdict, Incompatible)
    assert verdict.findings[0].writer.pointer == "/paths/~1p~1{x}/post/requestBody"
    assert verdict.findings[0].writer.line == 15
