import pytest

from registry.evolution import limits
from registry.evolution.budget import Budget
from registry.evolution.port import Policy
from registry.evolution.protobuf.format import ProtobufFormat
from registry.evolution.verdict import Compatible, Incompatible, Unknown, Verdict

PROTOBUF = ProtobufFormat()
P3 = 'syntax = "proto3"; '
N_AND_O = "message N { int32 x = 1; } message O { int32 x = 1; }"
ANY = 'import "google/protobuf/any.proto"; message M { optional google.protobuf.Any a = 1; }'


def compared(writer: str, reader: str, steps: int = 10_000) -> Verdict:
    one, other = (PROTOBUF.parse(text, {}, Budget(limits.PARSE_STEPS)) for text in (writer, reader))
    return PROTOBUF.included(one, other, Policy(), Budget(steps))


def m(*fields: str, more: str = "") -> str:
    return f"{P3} message M {{ {' '.join(fields)} }} {more}"


def m2(*fields: str, more: str = "") -> str:
    return f"message M {{ {' '.join(fields)} }} {more}"


@pytest.mark.parametrize(
    ("writer", "reader", "cautions"),
    [
        (m("int32 a = 1;"), m("int32 a = 1;"), []),
        (m("int32 a = 1;"), m("int32 a = 1;", "string b = 2;"), []),
        (m("int32 a = 1;"), m("int32 b = 1;"), ["field-renamed"]),
        (m("int32 a = 1;"), m("int64 a = 1;"), ["number-cast"]),
        (m("fixed32 a = 1;"), m("sfixed32 a = 1;"), ["number-cast"]),
        (m("string a = 1;"), m("bytes a = 1;"), []),
        (m("int32 a = 1;", "int32 b = 2;"), m("int32 a = 1; reserved 2;"), []),
        (m("int32 a = 1;", "int32 b = 2;"), m("int32 a = 1;"), ["number-not-reserved"]),
        (m("reserved 2;"), m("int32 b = 2;"), ["reserved-number-used"]),
        (m("int32 a = 1;"), m("repeated int32 a = 1;"), []),
        (m("repeated string a = 1;"), m("string a = 1;"), ["only-last-read"]),
        (m("repeated int32 a = 1 [packed = false];"), m("int32 a = 1;"), ["only-last-read"]),
        (m("int32 a = 1;"), m("oneof o { int32 a = 1; }"), []),
        (m("oneof o { int32 a = 1; int32 b = 2; }"), m("int32 a = 1; int32 b = 2;"), []),
        (
            m("N a = 1;", more="message N { int32 x = 1; }"),
            m("N a = 1;", more="message N { int32 x = 1; string y = 2; }"),
            [],
        ),
        (m("N a = 1;", more=N_AND_O), m("O a = 1;", more=N_AND_O), []),
        (
            m("map<string, int32> a = 1;", more="message E {}"),
            m("repeated E a = 1;", more="message E { string key = 1; int32 value = 2; }"),
            [],
        ),
        (
            m("E a = 1;", more="enum E { A = 0; B = 1; }"),
            m("E a = 1;", more="enum E { A = 0; }"),
            ["enum-value-unknown"],
        ),
        (m("E a = 1;", more="enum E { A = 0; B = 1; }"), m("int32 a = 1;"), ["number-cast"]),
        (m("M a = 1;"), m("bytes a = 1;"), ["message-as-bytes"]),
        (m("int32 a = 1;"), m("E a = 1;", more="enum E { A = 0; }"), ["number-cast"]),
        (m("M a = 1;"), m("M a = 1; int32 b = 2;"), []),
        (P3 + "package a; message M { M m = 1; }", P3 + "package b; message M { M m = 1; }", ["package-changed"]),
        (m2("required int32 a = 1;"), m2("optional int32 a = 1;"), []),
        (
            m2("optional group G = 1 { optional int32 a = 1; }"),
            m2("optional group G = 1 { repeated int32 a = 1; }"),
            [],
        ),
        (
            'edition = "2023"; message M { int32 a = 1; }',
            'edition = "2023"; message M { int32 a = 1; int32 b = 2; }',
            [],
        ),
    ],
)
def test_what_a_reader_reads(writer: str, reader: str, cautions: list[str]) -> None:
    verdict = compared(writer, reader)

    assert isinstance(verdict, Compatible)
    assert [one.rule for one in verdict.cautions] == cautions


@pytest.mark.parametrize(
    ("writer", "reader", "rule"),
    [
        ("message M {} message N {}", "message M {}", "message-removed"),
        ("message M { message I {} }", "message M {}", "message-removed"),
        (m("int32 a = 1;"), m("string a = 1;"), "type-changed"),
        (m("int32 a = 1;"), m("sint32 a = 1;"), "type-changed"),
        (m("float a = 1;"), m("fixed32 a = 1;"), "type-changed"),
        (m2("optional int32 a = 1;"), m2("optional E a = 1;", more="enum E { A = 0; }"), "type-changed"),
        (m("bytes a = 1;"), m("string a = 1;"), "type-changed"),
        (m("bytes a = 1;"), m("M a = 1;"), "type-changed"),
        (m("map<string, int32> a = 1;"), m("map<string, string> a = 1;"), "type-changed"),
        (
            m("N a = 1;", more="message N { int32 x = 1; }"),
            m("N a = 1;", more="message N { string x = 1; }"),
            "type-changed",
        ),
        ("message M { optional group G = 1 { } }", "message M { optional G g = 1; message G {} }", "type-changed"),
        (m("repeated int32 a = 1;"), m("int32 a = 1;"), "repeated-removed"),
        (m2("repeated int32 a = 1 [packed = true];"), m2("optional int32 a = 1;"), "repeated-removed"),
        (m2("optional int32 a = 1;"), m2("required int32 a = 1;"), "required-added"),
        (m2(), m2("required int32 a = 1;"), "required-added"),
        (m("oneof o { int32 a = 1; int32 b = 2; }"), m("oneof o { int32 a = 1; }"), "oneof-field-removed"),
        (m("oneof o { int32 a = 1; int32 b = 2; }"), m("oneof p { int32 a = 1; }"), "oneof-field-removed"),
        (m("int32 a = 1; int32 b = 2;"), m("oneof o { int32 a = 1; int32 b = 2; }"), "fields-joined-in-oneof"),
        (
            m("oneof o { int32 a = 1; } int32 b = 2;"),
            m("oneof o { int32 a = 1; int32 b = 2; }"),
            "fields-joined-in-oneof",
        ),
        (
            m2("optional E a = 1;", more="enum E { A = 0; B = 1; }"),
            m2("optional E a = 1;", more="enum E { A = 0; }"),
            "enum-value-removed",
        ),
        (ANY, "message M { optional N a = 1; } message N {}", "type-changed"),
    ],
)
def test_what_a_reader_does_not_read(writer: str, reader: str, rule: str) -> None:
    verdict = compared(writer, reader)

    assert isinstance(verdict, Incompatible)
    assert verdict.findings[0].rule == rule
    assert verdict.witness is None
    assert verdict.findings[0].said.vi
    assert verdict.findings[0].mend.en


@pytest.mark.parametrize(
    ("writer", "reader", "rule"),
    [
        (m2("optional bytes a = 1;"), m2("optional string a = 1;"), "bytes-as-text"),
        (
            m2("extensions 100 to 200;"),
            m2("extensions 100 to 200;", more="extend M { optional int32 x = 100; }"),
            "extensions",
        ),
        (
            'edition = "2023"; option features.enum_type = CLOSED; message M {}',
            'edition = "2023"; message M {}',
            "features",
        ),
    ],
)
def test_what_cannot_be_told_is_unknown(writer: str, reader: str, rule: str) -> None:
    verdict = compared(writer, reader)

    assert isinstance(verdict, Unknown)
    assert verdict.rule == rule
    assert isinstance(compared(writer, writer), Compatible)


def test_places_are_named() -> None:
    verdict = compared(
        P3 + "package p;\nmessage M {\n int32 a = 1; }", P3 + "package p;\nmessage M {\n\n string a = 1; }"
    )

    assert isinstance(verdict, Incompatible)
    one = verdict.findings[0]
    assert (one.writer.pointer, one.writer.line, one.reader.pointer, one.reader.line) == ("p.M.a", 3, "p.M.a", 4)


def test_a_spent_budget_is_unknown() -> None:
    verdict = compared(m("int32 a = 1;"), m("int64 a = 1;"), steps=1)

    assert isinstance(verdict, Unknown)
    assert verdict.rule == "budget-spent"
