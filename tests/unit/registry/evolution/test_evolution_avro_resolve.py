import json
from io import BytesIO, StringIO

import fastavro
import pytest

from registry.evolution.avro.format import AvroFormat
from registry.evolution.budget import Budget
from registry.evolution.port import Policy
from registry.evolution.verdict import Compatible, Incompatible, Unknown, Verdict

AVRO = AvroFormat()


def compared(writer: object, reader: object, steps: int = 10_000) -> Verdict:
    one, other = (AVRO.parse(json.dumps(schema), {}, Budget(10_000)) for schema in (writer, reader))
    return AVRO.included(one, other, Policy(), Budget(steps))


def record(*fields: object, name: str = "vn.P", **more: object) -> dict[str, object]:
    return {"type": "record", "name": name, "fields": list(fields), **more}


def field(name: str, type_: object, **more: object) -> dict[str, object]:
    return {"name": name, "type": type_, **more}


def enum(*symbols: str, **more: object) -> dict[str, object]:
    return {"type": "enum", "name": "E", "symbols": list(symbols), **more}


def decimal(precision: int, scale: int) -> dict[str, object]:
    return {"type": "bytes", "logicalType": "decimal", "precision": precision, "scale": scale}


FIXED = {"type": "fixed", "name": "F", "size": 4}
TREE = record(field("next", ["null", "vn.P"]), field("v", "int"))


@pytest.mark.parametrize(
    ("writer", "reader", "cautions"),
    [
        ("int", "int", []),
        ("int", "long", []),
        ("long", "double", ["number-rounded"]),
        ("string", "bytes", []),
        ("bytes", "string", ["bytes-as-text"]),
        ("int", ["null", "long"], []),
        (["int", "null"], ["null", "long"], []),
        (["int"], "int", []),
        ({"type": "array", "items": "int"}, {"type": "array", "items": "float"}, ["number-rounded"]),
        ({"type": "map", "values": "int"}, {"type": "map", "values": ["null", "int"]}, []),
        (enum("A"), enum("B", "A"), []),
        (enum("A", "C"), enum("A", default="A"), ["symbol-by-default"]),
        (FIXED, {**FIXED, "name": "n.F"}, []),
        (FIXED, {**FIXED, "name": "G", "aliases": ["F"]}, []),
        (record(field("a", "int")), record(field("a", "int"), field("b", "int", default=0)), []),
        (record(field("a", "int"), field("b", "int")), record(field("a", "long")), []),
        (record(field("a", "int")), record(field("b", "int", aliases=["a"])), []),
        (record(field("a", "int")), record(field("a", "int"), name="other.P"), []),
        (TREE, record(field("next", ["null", "vn.P"]), field("v", "long")), []),
        ({"type": "int", "logicalType": "date"}, "int", ["logical-type-changed"]),
        (decimal(9, 2), decimal(9, 2), []),
        (record(field("self", "vn.P")), "int", ["writer-without-data"]),
        (
            record(field("a", {"type": "array", "items": record(field("self", "R"), name="R")})),
            record(field("a", {"type": "array", "items": record(field("other", "int"), name="R")})),
            [],
        ),
        (["null", enum()], ["null"], []),
        (
            [record(field("a", "int")), "int"],
            [record(field("a", "int"), name="x.P"), "int", record(field("a", "int"))],
            ["branch-by-short-name"],
        ),
    ],
)
def test_what_a_reader_reads(writer: object, reader: object, cautions: list[str]) -> None:
    verdict = compared(writer, reader)

    assert isinstance(verdict, Compatible)
    assert [one.rule for one in verdict.cautions] == cautions


@pytest.mark.parametrize(
    ("writer", "reader", "rule", "datum"),
    [
        ("long", "int", "type-changed", 0),
        ("string", "int", "type-changed", ""),
        (["int", "string"], "int", "type-changed", {"string": ""}),
        ("string", ["null", "int"], "branch-missing", ""),
        ({"type": "array", "items": "string"}, {"type": "array", "items": "int"}, "type-changed", [""]),
        ({"type": "map", "values": "string"}, {"type": "map", "values": "int"}, "type-changed", {"a": ""}),
        (enum("A", "B"), enum("A"), "symbol-removed", "B"),
        (enum("A"), {**enum("A"), "name": "D"}, "name-changed", "A"),
        ({"type": "array", "items": enum()}, {"type": "array", "items": "int"}, "type-changed", []),
        (FIXED, {**FIXED, "size": 5}, "size-changed", "\0\0\0\0"),
        (record(), record(field("a", "int")), "field-without-default", {}),
        (record(), record(name="Q"), "name-changed", {}),
        (
            record(field("next", ["null", "vn.P"]), field("v", ["int", "string"])),
            record(field("next", ["null", "vn.P"]), field("v", ["int", "null"])),
            "branch-missing",
            {"next": None, "v": {"string": ""}},
        ),
        (
            record(field("e", enum("A", "B")), field("l", {"type": "array", "items": "E"})),
            record(field("e", {"type": "string"}, default=""), field("l", {"type": "array", "items": "string"})),
            "type-changed",
            {"e": "A", "l": []},
        ),
        (
            [record(field("a", "int")), record(field("b", "int"), name="x.P")],
            [
                record(field("a", "int")),
                record(field("b", "int"), field("c", ["null", "int"], default=None), name="x.P"),
            ],
            "field-without-default",
            {"x.P": {"b": 0}},
        ),
    ],
)
def test_what_a_reader_does_not_read_is_shown_by_a_datum(
    writer: object, reader: object, rule: str, datum: object
) -> None:
    verdict = compared(writer, reader)

    assert isinstance(verdict, Incompatible)
    assert verdict.findings[0].rule == rule
    assert verdict.witness is not None
    assert verdict.witness.media_type == "avro/json"
    assert json.loads(verdict.witness.text) == datum
    _is_a_datum(writer, verdict.witness.text)


def _is_a_datum(writer: object, text: str) -> None:
    schema = fastavro.parse_schema(writer, _write_hint=False)
    assert len(list(fastavro.json_reader(StringIO(text), schema))) == 1


def test_another_scale_is_refused_by_the_specification_alone() -> None:
    verdict = compared(record(field("fee", decimal(9, 2))), record(field("fee", decimal(11, 4))))

    assert isinstance(verdict, Incompatible)
    assert [one.rule for one in verdict.findings] == ["decimal-changed"]
    assert "By the specification" in verdict.findings[0].said.en
    assert verdict.witness is not None
    assert verdict.witness.text == '{"fee": ""}'
    with BytesIO() as stream:  # and indeed the library reads it
        fastavro.schemaless_writer(stream, record(field("fee", decimal(9, 2))), {"fee": b"\x01"})
        stream.seek(0)
        fastavro.schemaless_reader(stream, record(field("fee", decimal(9, 2))), record(field("fee", decimal(11, 4))))


@pytest.mark.parametrize(
    ("writer", "reader", "rule"),
    [
        (
            record(field("a", "int")),
            record(field("a", "int"), field("b", "int", aliases=["a"], default=0)),
            "alias-ambiguous",
        ),
        (record(field("a", "int"), field("b", "int")), record(field("a", "int", aliases=["b"])), "alias-ambiguous"),
        (
            ["null", record(field("a", "int"))],
            [record(name="x.P"), record(field("b", "int")), "null"],
            "union-branch-ambiguous",
        ),
    ],
)
def test_where_libraries_differ_the_answer_is_unknown(writer: object, reader: object, rule: str) -> None:
    verdict = compared(writer, reader)

    assert isinstance(verdict, Unknown)
    assert verdict.rule == rule


def test_every_difference_is_told_with_its_places() -> None:
    writer = record(field("a", "int"), field("n", record(field("x", "string"), name="vn.N")))
    reader = record(field("a", "string"), field("n", record(field("x", "int"), field("y", "int"), name="vn.N")))
    verdict = compared(writer, reader)

    assert isinstance(verdict, Incompatible)
    assert {(one.rule, one.writer.pointer, one.reader.pointer) for one in verdict.findings} == {
        ("type-changed", "vn.P.a", "vn.P.a"),
        ("type-changed", "vn.N.x", "vn.N.x"),
        ("field-without-default", "vn.N", "vn.N.y"),
    }


def test_lines_and_documents_are_named() -> None:
    references = {"vn.N": '{"type": "record",\n "name": "vn.N",\n "fields": [\n  {"name": "x", "type": "string"}]}'}
    changed = {"vn.N": references["vn.N"].replace('"string"', '"int"')}
    main = json.dumps(record(field("n", "vn.N")))
    verdict = AVRO.included(
        AVRO.parse(main, references, Budget(1000)), AVRO.parse(main, changed, Budget(1000)), Policy(), Budget(1000)
    )

    assert isinstance(verdict, Incompatible)
    assert (verdict.findings[0].reader.line, verdict.findings[0].reader.document) == (4, "vn.N")
    assert verdict.findings[0].reader.pointer == "vn.N.x"


def test_a_spent_budget_is_unknown() -> None:
    verdict = compared(TREE, record(field("next", ["null", "vn.P"]), field("v", "long")), steps=3)

    assert isinstance(verdict, Unknown)
    assert verdict.rule == "budget-spent"


def test_data_that_would_be_huge_are_not_shown() -> None:
    names = [record(field("l", f"R{at + 1}"), field("r", f"R{at + 1}"), name=f"R{at}") for at in range(40)]
    definitions = [record(field("v", "int"), name="R40"), *reversed(names)]
    verdict = compared(definitions, [*definitions[:-1], record(field("other", "int"), name="R0")], steps=100_000)

    assert isinstance(verdict, Incompatible | Unknown)
    assert isinstance(verdict, Unknown) or len(verdict.witness.text if verdict.witness else "") < 10_000
