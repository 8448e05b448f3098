"""Schemas that mean harm, against the real formats over real sockets: each is refused in time, and life goes on."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from schemas_kit import REAL, Standing

from bus.registration.pool import Limits


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standing]:
    limits = Limits(processes=1, job_seconds=20.0)
    running = Standing(tmp_path_factory.mktemp("schemas"), formats=REAL, limits=limits)
    yield running
    running.close()


XS = 'xmlns:xs="http://www.w3.org/2001/XMLSchema"'
WSDL = (
    '<wsdl:definitions xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/" targetNamespace="urn:t" name="t">'
    '<wsdl:portType name="p"/></wsdl:definitions>'
)
LAUGHS = "".join(f'<!ENTITY l{one} "{f"&l{one - 1};" * 10}">' for one in range(1, 10))
UNION = {"anyOf": [{"properties": {f"p{one}": {"const": one}}, "required": [f"p{one}"]} for one in range(400)]}
HARM = {
    "deep": ("JSON", '{"items":' * 5000 + "{}" + "}" * 5000),
    "deep-arrays": ("AVRO", '{"type":"array","items":' * 3000 + '"int"' + "}" * 3000),
    "remote": ("JSON", '{"$ref":"http://127.0.0.1:9/secret.json"}'),
    "file": ("JSON", '{"$ref":"file:///etc/passwd"}'),
    "not-a-schema": ("JSON", '{"type":"strnig"}'),
    "include": ("XSD", f'<xs:schema {XS}><xs:include schemaLocation="/etc/passwd"/></xs:schema>'),
    "import": ("XSD", f'<xs:schema {XS}><xs:import namespace="a" schemaLocation="http://127.0.0.1:9/"/></xs:schema>'),
    "laughs": ("XSD", f'<!DOCTYPE x [<!ENTITY l0 "ha">{LAUGHS}]><xs:schema {XS}>&l9;</xs:schema>'),
    "entity": ("XSD", f'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><xs:schema {XS}>&e;</xs:schema>'),
    "no-xml": ("XSD", "<xs:schema"),
    "no-proto": ("PROTOBUF", 'syntax = "proto3"; message A { string a = 1; string b = 1'),
    "avro-name": ("AVRO", '{"type":"record","name":"1 2","fields":[]}'),
    "avro-unknown": ("AVRO", '{"type":"record","name":"A","fields":[{"name":"b","type":"Nowhere"}]}'),
}


@pytest.mark.parametrize("name", HARM)
def test_it_is_refused_as_no_schema(standing: Standing, name: str):
    kind, text = HARM[name]
    got = standing.put(f"harm-{name}", text, schemaType=kind)
    assert (got.status, got.code) == (422, 42201), got
    assert "/etc/passwd" not in got.body["message"] or "root:" not in got.body["message"]


def test_wide_unions_and_bad_patterns_end_with_an_answer(standing: Standing):
    for name, old, new in (
        ("union", {"type": "object"}, UNION),
        ("pattern", {"type": "string", "pattern": "^(a+)+$"}, {"type": "string", "pattern": "^(a|a)*b$"}),
        ("repeat", {"type": "string", "pattern": "(x{1,1000}){1,1000}"}, {"type": "string", "pattern": "y"}),
        ("not", {"not": {"not": UNION}}, {"not": UNION}),
    ):
        assert standing.put(f"wide-{name}", old).status in {200, 422}, name
        got = standing.put(f"wide-{name}", new)
        assert got.status in {200, 409, 422}, (name, got)
    assert standing.put("still-there", {"type": "object"}).status == 200


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("AVRO", '"string"'),
        ("JSON", '{"type":"object"}'),
        ("XSD", f'<xs:schema {XS}><xs:element name="a" type="xs:string"/></xs:schema>'),
        ("PROTOBUF", 'syntax = "proto3"; message A { string a = 1; }'),
        (
            "OPENAPI",
            json.dumps({"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": {}}),
        ),
        (
            "WSDL",
            WSDL,
        ),
    ],
)
def test_every_type_is_taken_and_comes_back(standing: Standing, kind: str, text: str):
    put = standing.put(f"type-{kind}", text, schemaType=kind)
    assert put.status == 200, put
    got = standing.ask("GET", f"/schemas/ids/{put.body['id']}").body
    assert (got["schema"], got.get("schemaType", "AVRO")) == (text, kind)
    other = "JSON" if kind != "JSON" else "AVRO"
    assert standing.put(f"type-{kind}", '{"type":"string"}', schemaType=other).code == 409
