import pytest
from proto_schema_parser import ast
from proto_schema_parser.parser import Parser as TheirParser

from registry.evolution import limits
from registry.evolution.budget import Budget
from registry.evolution.port import FormatName, SchemaError
from registry.evolution.protobuf.format import ProtobufFormat

PROTOBUF = ProtobufFormat()

EVERYTHING = """
// the whole grammar
syntax = "proto2";
package vn.gov;
import "google/protobuf/timestamp.proto";
import public "vn/base.proto";
option java_package = "vn." "gov";
option (my.option).part = { a: 1 b: [ { c: "x" } ] };
message Person {
  required string name = 1 [deprecated = true, (rule) = { max: -1 }];
  optional int32 age = 0x02 [default = -1];
  repeated .vn.base.Address homes = 03;
  optional group Note = 4 { optional string text = 1; }
  map<string, Kind> kinds = 5;
  optional google.protobuf.Timestamp born = 6;
  oneof id { string cccd = 7; base.Passport passport = 8; option (x) = true; }
  enum Kind { option allow_alias = true; A = 0; B = 1; C = 1 [(v) = "x"]; reserved 5, 7 to max; reserved "OLD"; }
  message Inner { optional Person parent = 1; extensions 100 to 199 [verification = UNVERIFIED]; }
  optional Inner inner = 9;
  optional string message = 10;
  optional string optional = 11;
  reserved 20, 30 to 40, 100 to max;
  reserved "old", 'older';
  extend base.Address { optional string note = 500; }
  ;
}
extend google.protobuf.FieldOptions { optional string rule = 50000; }
service Search {
  option deprecated = true;
  rpc Find (Person) returns (stream Person);
  rpc Put (stream Person) returns (Person) { option deadline = 1.5e3; }
}
"""
BASE = """
syntax = "proto3"; package vn.base; /* no
comment */ message Address { string street = 1; } message Passport { optional string number = 1; }
"""


def read(text: str, references: dict[str, str] | None = None) -> str:
    return PROTOBUF.parse(text, references or {}, Budget(limits.PARSE_STEPS)).canonical


def test_the_whole_grammar_is_read_and_written_in_one_spelling() -> None:
    canonical = read(EVERYTHING, {"vn/base.proto": BASE})

    assert "repeated .vn.base.Address homes = 3;" in canonical
    assert "map<string, .vn.gov.Person.Kind> kinds = 5;" in canonical
    assert "oneof id {\nstring cccd = 7;" not in canonical  # its option comes first
    assert "rpc Put (stream Person) returns" not in canonical
    assert "rpc Put (stream Person) (Person) option deadline = 1.5e3;" in canonical


def test_another_parser_finds_the_same_fields() -> None:
    # it does not read numbers in other bases, nor groups' closing
    text = BASE + "message Both { repeated Address a = 1; map<int32, string> m = 2; oneof o { bool b = 3; } }"
    ours = PROTOBUF.parse(text, {}, Budget(limits.PARSE_STEPS)).linked.main.messages
    theirs = [element for element in TheirParser().parse(text).file_elements if isinstance(element, ast.Message)]

    assert [message.name for message in ours] == [f"vn.base.{message.name}" for message in theirs]
    assert [[field.number for field in message.fields] for message in ours] == [[1], [1], [1, 2, 3]]
    assert [element.number for message in theirs for element in message.elements if hasattr(element, "number")] == [
        1,
        1,
        1,
        2,
    ]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            'syntax="proto3"; message A { int32 a=1; B b=2; } message B {}',
            'syntax = "proto3";\n// x\nmessage A {\n  .B b = 2;\n int32 a = 1;}\nmessage B{}',
        ),
        ("package p; message A { optional A a = 1; }", "package p; message A { optional p.A a = 1; }"),
        ("message A { reserved 2, 1; }", "message A { reserved 1; reserved 2; }"),
    ],
)
def test_the_same_schema_has_one_canonical_text(one: str, other: str) -> None:
    assert read(one) == read(other)


def test_the_order_of_messages_is_kept() -> None:
    assert read("message A {} message B {}") != read("message B {} message A {}")


@pytest.mark.parametrize(
    ("text", "rule", "line"),
    [
        ("{", "not-protobuf", 1),
        ("message A {\n", "not-protobuf", 2),
        ("message A { optional int32 a 1; }", "not-protobuf", 1),
        ("message A {\n optional int32 a = 09; }", "not-protobuf", 2),
        ("message A { optional int32 a = 1.5; }", "not-protobuf", 1),
        ("# A", "not-protobuf", 1),
        ('syntax = "proto4";', "syntax-unknown", 1),
        ('import "other.proto";', "reference-unknown", None),
        ("message A { optional B b = 1; }", "type-unknown", 1),
        ("message A { optional .B b = 1; } message C { message B {} }", "type-unknown", 1),
        ("message A {} message A {}", "name-twice", 1),
        ("message A { optional int32 a = 1; optional int32 a = 2; }", "name-twice", 1),
        ("message A { oneof o { int32 a = 1; } oneof o { int32 b = 2; } }", "name-twice", 1),
        ("service S { rpc A (B) returns (C); rpc A (B) returns (C); }", "name-twice", 1),
        ("message A { optional int32 a = 1; optional int32 b = 1; }", "number-twice", 1),
        ("message A { optional int32 a = 0; }", "number-invalid", 1),
        ("message A { optional int32 a = 19500; }", "number-invalid", 1),
        ("message A { optional int32 a = 536870912; }", "number-invalid", 1),
        ("message A { reserved 3 to 1; }", "number-invalid", 1),
        ("message A { optional int32 a = 5; reserved 1 to 3, 5; }", "number-reserved", 1),
        ('message A { optional int32 a = 5; reserved "a"; }', "number-reserved", 1),
        ("message A { int32 a = 1; }", "label-invalid", 1),
        ('syntax = "proto3"; message A { required int32 a = 1; }', "label-invalid", 1),
        ('syntax = "proto3"; message A { optional group G = 1 {} }', "label-invalid", 1),
        ("message A { oneof o { optional int32 a = 1; } }", "label-invalid", 1),
        ("message A { map<float, int32> a = 1; }", "not-protobuf", 1),
        ("message A { repeated map<string, int32> a = 1; }", "not-protobuf", 1),
        ("enum E {}", "enum-empty", 1),
        ('syntax = "proto3"; enum E { A = 1; }', "enum-without-zero", 1),
        ("enum E { A = 1; B = 1; }", "number-twice", 1),
        ("enum E { A = 1; A = 2; }", "name-twice", 1),
        ("enum E { A = 4000000000; }", "number-invalid", 1),
        ("enum E { A = 1; reserved 1; }", "number-reserved", 1),
        ("message A {" * 200, "too-deep", 1),
        ("option a = " + "{" * 200, "too-deep", 1),
        ("message A { optional" + " " * limits.TEXT, "too-long", None),
        ("message A { " + "reserved 1;" * 60_000, "too-many-nodes", 1),
        ("/*" * 100_000, "not-protobuf", 1),
    ],
)
def test_what_is_no_schema_is_refused_with_its_line(text: str, rule: str, line: int | None) -> None:
    with pytest.raises(SchemaError) as refused:
        read(text)

    assert (refused.value.rule, refused.value.place.line) == (rule, line)
    assert refused.value.said.vi
    assert refused.value.said.en


def test_a_mistake_in_an_import_names_the_file() -> None:
    with pytest.raises(SchemaError) as refused:
        read('import "b.proto";', {"b.proto": "message B {\n optional C c = 1; }"})

    assert (refused.value.place.document, refused.value.place.line) == ("b.proto", 2)


def test_files_that_import_each_other_end() -> None:
    references = {
        "a.proto": 'import "b.proto"; message A { optional B b = 1; }',
        "b.proto": 'import "a.proto"; message B {}',
    }

    assert read('import "a.proto"; message M { optional A a = 1; }', references)


def test_files_of_stock_clients_need_not_be_given() -> None:
    text = (
        'import "confluent/meta.proto"; import "google/type/date.proto"; import "confluent/type/decimal.proto";'
        'message M { optional google.type.Date d = 1 [(confluent.field_meta) = { tags: ["PII"] }];'
        " optional confluent.type.Decimal n = 2; }"
    )

    assert 'tags : [ "PII" ]' in read(text)


def test_too_much_work_is_refused() -> None:
    with pytest.raises(SchemaError) as refused:
        PROTOBUF.parse("message A { optional int32 a = 1; }", {}, Budget(5))

    assert refused.value.rule == "budget-spent"
    assert PROTOBUF.name is FormatName.PROTOBUF
