import json

import pytest

from registry.evolution import limits
from registry.evolution.avro.format import AvroFormat
from registry.evolution.budget import Budget
from registry.evolution.port import FormatName, SchemaError

AVRO = AvroFormat()


def read(schema: object, references: dict[str, str] | None = None) -> str:
    text = schema if isinstance(schema, str) else json.dumps(schema)
    return AVRO.parse(text, references or {}, Budget(limits.PARSE_STEPS)).canonical


def named(kind: str, **more: object) -> dict[str, object]:
    return {"type": kind, "name": "N", **more}


def fields(*each: object) -> dict[str, object]:
    return named("record", fields=list(each))


def one(type_: object, **more: object) -> dict[str, object]:
    return fields({"name": "a", "type": type_, **more})


@pytest.mark.parametrize(
    ("schema", "rule", "place"),
    [
        ("", "not-json", ""),
        ("{", "not-json", ""),
        ('{"type": "int", "type": "int"}', "repeated-member", ""),
        ("[" * 5000, "too-deep", ""),
        ("1", "not-a-type", ""),
        ({"type": {"type": "int"}}, "not-a-type", ""),
        ({}, "not-a-type", ""),
        (json.dumps("Unknown"), "reference-unknown", ""),
        (named("record"), "member-missing", "N"),
        (named("record", fields={}), "member-invalid", "N"),
        ({"type": "record", "fields": []}, "name-missing", ""),
        ({"type": "record", "name": "a-b", "fields": []}, "name-invalid", ""),
        ({"type": "record", "name": "Họ", "fields": []}, "name-invalid", ""),
        ({"type": "fixed", "name": "int", "size": 1}, "name-invalid", ""),
        ({"type": "fixed", "name": "a", "namespace": "b..c", "size": 1}, "name-invalid", ""),
        (named("fixed", size=-1), "member-invalid", "N"),
        (named("fixed", size="4"), "member-invalid", "N"),
        (named("enum", symbols=["A", "A"]), "member-invalid", "N"),
        (named("enum", symbols=["a b"]), "member-invalid", "N"),
        (named("enum", symbols=["A"], default="B"), "default-invalid", "N"),
        ({"type": "array"}, "member-missing", ""),
        ({"type": "map"}, "member-missing", ""),
        (["int", ["null"]], "union-nested", "[1]"),
        (["int", "int"], "union-twice", "[1]"),
        ([named("fixed", size=1), "N"], "union-twice", "[1]"),
        (fields({"name": "a", "type": "int"}, {"name": "a", "type": "int"}), "field-twice", "N.a"),
        (fields("a"), "member-invalid", "N"),
        (fields({"name": "a"}), "member-missing", "N.a"),
        (one("int", order="random"), "member-invalid", "N.a"),
        (one("int", aliases="b"), "member-invalid", "N.a"),
        (one(named("fixed", size=1)), "name-twice", "N"),
        (one("int", default="1"), "default-invalid", "N.a"),
        (one("int", default=1 << 31), "default-invalid", "N.a"),
        (one("long", default=1.5), "default-invalid", "N.a"),
        (one("boolean", default=0), "default-invalid", "N.a"),
        (one("bytes", default="\u0100"), "default-invalid", "N.a"),
        (one({"type": "fixed", "name": "F", "size": 2}, default="a"), "default-invalid", "N.a"),
        (one(["null", "int"], default="x"), "default-invalid", "N.a"),
        (one({"type": "array", "items": "int"}, default=[None]), "default-invalid", "N.a"),
        (
            one({"type": "record", "name": "M", "fields": [{"name": "b", "type": "int"}]}, default={}),
            "default-invalid",
            "N.a",
        ),
        (one({"type": "array", "items": "Unknown"}), "reference-unknown", "N.a.items"),
    ],
)
def test_what_is_no_schema_is_refused_with_its_place(schema: object, rule: str, place: str) -> None:
    with pytest.raises(SchemaError) as refused:
        read(schema)

    assert (refused.value.rule, refused.value.place.pointer) == (rule, place)
    assert refused.value.said.vi
    assert refused.value.said.en


@pytest.mark.parametrize(
    "schema",
    [
        one(["null", "int"], default=1),
        one("double", default="NaN"),
        one("double", default=1),
        one({"type": "map", "values": ["null", "int"]}, default={"x": None}),
        one({"type": "enum", "name": "E", "symbols": ["A"]}, default="A"),
        one({"type": "record", "name": "M", "fields": [{"name": "b", "type": "int", "default": 1}]}, default={}),
        one({"type": "bytes", "logicalType": "decimal", "precision": 2, "scale": 5}),
        {"type": "error", "name": "a.b.C", "fields": []},
        [],
        ["null", {"type": "array", "items": "string"}],
    ],
)
def test_what_is_a_schema(schema: object) -> None:
    assert read(schema)


@pytest.mark.parametrize(
    ("one_text", "other_text"),
    [
        ('{"type": "int"}', '"int"'),
        ('{"name": "N", "type":"fixed",\n "size": 4, "namespace": "a.b"}', '{"type":"fixed","size":4,"name":"a.b.N"}'),
        ('{"type":"record","name":"N","fields":[],"aliases":[]}', '{"type":"record","name":"N","fields":[]}'),
        (
            '{"type":"record","name":"a.N","fields":[{"name":"x","type":["null","N"]}]}',
            '{"type":"record","name":"a.N","fields":[{"name":"x","type":["null",{"type":"a.N"}]}]}',
        ),
    ],
)
def test_texts_that_mean_the_same_have_one_canonical_text(one_text: str, other_text: str) -> None:
    assert read(one_text) == read(other_text)


def test_what_the_author_wrote_about_a_type_stays() -> None:
    schema = {"type": "long", "logicalType": "timestamp-millis", "vn": {"thuật ngữ": ["a", 1.50, 1 << 70]}}

    assert read(schema) == (
        '{"logicalType":"timestamp-millis","type":"long","vn":{"thuật ngữ":["a",1.5,1180591620717411303424]}}'
    )


def test_references_are_read_in_whatever_order_they_come() -> None:
    references = {
        "c": json.dumps({"type": "record", "name": "x.C", "fields": [{"name": "b", "type": "B"}]}),
        "x.B": json.dumps({"type": "record", "name": "x.B", "fields": [{"name": "a", "type": "x.A"}]}),
        "x.A": json.dumps({"type": "enum", "name": "x.A", "symbols": ["S"]}),
    }

    assert read('["null", "x.C"]', references) == '["null","x.C"]'


def test_references_that_need_each_other_are_refused() -> None:
    references = {
        "B": json.dumps({"type": "record", "name": "B", "fields": [{"name": "a", "type": "A"}]}),
        "A": json.dumps({"type": "record", "name": "A", "fields": [{"name": "b", "type": "B"}]}),
    }

    with pytest.raises(SchemaError) as refused:
        read('"A"', references)

    assert refused.value.rule == "reference-unknown"
    assert refused.value.place.document == "B"


def test_a_refusal_has_its_line() -> None:
    text = json.dumps(one("int", default="1"), indent=1)
    with pytest.raises(SchemaError) as refused:
        read(text)
    assert '"name": "a"' in text.splitlines()[refused.value.place.line or 0]

    with pytest.raises(SchemaError) as other:
        read('"B"', {"b": '{"type": "record",\n"name": "B",\n"fields": [\n{}]}'})
    assert (other.value.place.line, other.value.place.document) == (4, "b")


def test_too_many_references_and_too_much_work_are_refused() -> None:
    with pytest.raises(SchemaError) as refused:
        read('"int"', {str(at): '"int"' for at in range(limits.REFERENCES + 1)})
    assert refused.value.rule == "too-long"

    with pytest.raises(SchemaError) as spent:
        AVRO.parse(json.dumps(["null", {"type": "array", "items": "int"}]), {}, Budget(3))
    assert spent.value.rule == "budget-spent"


def test_a_default_that_could_be_read_in_exponentially_many_ways_is_refused() -> None:
    levels: object = {"type": "record", "name": "Z", "fields": [{"name": "v", "type": "int"}]}
    for level in range(20):
        levels = {
            "type": "record",
            "name": f"L{level}",
            "fields": [
                {
                    "name": "v",
                    "type": [
                        levels,
                        {
                            "type": "record",
                            "name": f"M{level}",
                            "fields": [{"name": "v", "type": f"L{level - 1}" if level else "Z"}],
                        },
                    ],
                }
            ],
        }
    default: object = {"v": "no"}
    for _ in range(40):
        default = {"v": default}

    with pytest.raises(SchemaError) as refused:
        read(one(levels, default=default))

    assert refused.value.rule in {"budget-spent", "default-invalid"}


def test_the_format_knows_its_name() -> None:
    assert AVRO.name is FormatName.AVRO
