import copy
import json
from typing import Any

import pytest

from registry.evolution import limits
from registry.evolution.budget import Budget
from registry.evolution.openapi.format import OpenApiFormat
from registry.evolution.port import FormatName, SchemaError

OPENAPI = OpenApiFormat()
BASE: dict[str, Any] = {
    "openapi": "3.0.3",
    "info": {"title": "Dân cư", "version": "1"},
    "paths": {
        "/people/{id}": {
            "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}],
            "get": {"operationId": "one", "responses": {"200": {"description": "", "content": {}}}},
        }
    },
    "components": {"schemas": {"A": {"type": "string", "nullable": True}}},
}


def read(value: object, references: dict[str, str] | None = None) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return OPENAPI.parse(text, references or {}, Budget(limits.PARSE_STEPS)).canonical


def changed(*path: str | int, to: object) -> dict[str, Any]:
    value = copy.deepcopy(BASE)
    inner: Any = value
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = to
    return value


GET = ("paths", "/people/{id}", "get")


def test_a_description_is_read() -> None:
    assert read(BASE).startswith('{"components":')
    assert OPENAPI.name is FormatName.OPENAPI
    assert read({"openapi": "3.1.0", "info": {"title": "", "version": ""}, "webhooks": {}})


@pytest.mark.parametrize(
    ("value", "rule", "pointer"),
    [
        ("{", "not-json", ""),
        ("[]", "version-unknown", ""),
        ({"swagger": "2.0"}, "version-unknown", ""),
        (changed("openapi", to="4.0.0"), "version-unknown", "/openapi"),
        (changed("info", to={}), "member-missing", "/info"),
        (changed("info", to=[]), "member-invalid", "/info"),
        ({"openapi": "3.0.0", "info": BASE["info"]}, "member-missing", ""),
        (changed("paths", to=[]), "member-invalid", "/paths"),
        (changed("paths", "people", to={}), "path-invalid", "/paths/people"),
        (changed("paths", "/people/{other}", to={}), "path-invalid", "/paths/~1people~1{other}"),
        (changed("paths", "/people/{id}", to=1), "member-invalid", "/paths/~1people~1{id}"),
        (changed(*GET, to=1), "member-invalid", "/paths/~1people~1{id}/get"),
        (changed(*GET, "responses", to=[]), "member-invalid", "/paths/~1people~1{id}/get/responses"),
        (changed(*GET, "responses", "200", to=1), "member-invalid", "/paths/~1people~1{id}/get/responses/200"),
        (changed(*GET, "parameters", to={}), "member-invalid", "/paths/~1people~1{id}/get"),
        (changed(*GET, "parameters", to=[{}]), "member-invalid", "/paths/~1people~1{id}/get/parameters/0"),
        (
            changed(*GET, "parameters", to=[{"name": "a", "in": "query"}] * 2),
            "parameter-twice",
            "/paths/~1people~1{id}/get/parameters/1",
        ),
        (changed(*GET, "requestBody", to=1), "member-invalid", "/paths/~1people~1{id}/get"),
        (
            changed(*GET, "requestBody", to={"content": {"a/b": 1}}),
            "member-invalid",
            "/paths/~1people~1{id}/get/requestBody/content/a~1b",
        ),
        (
            changed("paths", "/b", to={"get": {"operationId": "one", "responses": {}}}),
            "operation-twice",
            "/paths/~1b/get",
        ),
        (
            changed("components", "schemas", "A", to={"$ref": "#/components/schemas/B"}),
            "reference-unknown",
            "/components/schemas/A",
        ),
        (
            changed("components", "schemas", "A", to={"$ref": "http://x/y.json"}),
            "reference-unknown",
            "/components/schemas/A",
        ),
        (changed("paths", "/a", to={"$ref": "#/paths/~1a"}), "reference-unknown", "/paths/~1a"),
    ],
)
def test_what_is_no_description_is_refused_with_its_place(value: object, rule: str, pointer: str) -> None:
    with pytest.raises(SchemaError) as refused:
        read(value)

    assert (refused.value.rule, refused.value.place.pointer) == (rule, pointer)
    assert refused.value.said.vi


def test_a_named_schema_that_is_none_is_refused() -> None:
    with pytest.raises(SchemaError) as refused:
        read(changed("components", "schemas", "A", to={"type": "text"}))

    assert refused.value.place.pointer.startswith("/components/schemas/A")


def test_a_refusal_has_its_line() -> None:
    text = json.dumps(changed("components", "schemas", "A", to={"type": "text"}), indent=1)
    with pytest.raises(SchemaError) as refused:
        read(text)
    assert '"text"' in text.splitlines()[(refused.value.place.line or 0) - 1]

    text = json.dumps(changed(*GET, "parameters", to=[{}]), indent=1)
    with pytest.raises(SchemaError) as other:
        read(text)
    assert "{}" in text.splitlines()[(other.value.place.line or 0) - 1]


def test_references_lead_to_other_files() -> None:
    value = changed(*GET, "responses", "200", to={"$ref": "common.json#/ok"})

    assert read(value, {"common.json": json.dumps({"ok": {"description": "", "content": {}}})})
    with pytest.raises(SchemaError) as refused:
        read(value, {"common.json": json.dumps({"ok": {"$ref": "#/gone"}})})
    assert refused.value.place.document == "common.json"


def test_too_much_is_refused() -> None:
    with pytest.raises(SchemaError) as refused:
        OPENAPI.parse(json.dumps(BASE), {}, Budget(10))
    assert refused.value.rule == "budget-spent"
    with pytest.raises(SchemaError) as too_many:
        read(BASE, {str(at): "{}" for at in range(limits.REFERENCES + 1)})
    assert too_many.value.rule == "too-long"
