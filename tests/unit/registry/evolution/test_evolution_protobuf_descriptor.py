import base64

import pytest

from registry.evolution import limits
from registry.evolution.budget import Budget
from registry.evolution.port import Policy, SchemaError
from registry.evolution.protobuf.format import ProtobufFormat
from registry.evolution.verdict import Compatible

PROTOBUF = ProtobufFormat()
TEXT = """
syntax = "proto3"; package p; import public "b.proto";
message M {
  reserved 20 to 22; reserved "old";
  optional int32 a = 1 [deprecated = true];
  repeated N n = 2;
  map<string, .b.B> by = 3;
  oneof o { string s = 4; bytes t = 5; }
  E e = 6;
  message N { sint64 x = 1; }
  enum E { option allow_alias = true; Z = 0; Y = 0; MINUS = -1; reserved 5 to 7; }
}
service S { rpc R (M) returns (stream M); }
"""
B = 'syntax = "proto3"; package b; message B {}'


def varint(value: int) -> bytes:
    found = b""
    while value > 0x7F:
        found += bytes([value & 0x7F | 0x80])
        value >>= 7
    return found + bytes([value])


def wire(*fields: tuple[int, int | str | bytes]) -> bytes:
    found = b""
    for number, value in fields:
        if isinstance(value, int):
            found += varint(number << 3) + varint(value % (1 << 64))
        else:
            data = value.encode() if isinstance(value, str) else value
            found += varint(number << 3 | 2) + varint(len(data)) + data
    return found


def field(name: str, number: int, label: int, type_: int, *more: tuple[int, int | str | bytes]) -> tuple[int, bytes]:
    return (2, wire((1, name), (3, number), (4, label), (5, type_), *more))


ENTRY = wire((1, "ByEntry"), field("key", 1, 1, 9), field("value", 2, 1, 11, (6, ".b.B")), (7, wire((7, 1))))
ENUM = wire(
    (1, "E"),
    (2, wire((1, "Z"), (2, 0))),
    (2, wire((1, "Y"), (2, 0))),
    (2, wire((1, "MINUS"), (2, -1))),
    (3, wire((2, 1))),
    (4, wire((1, 5), (2, 7))),
)
MESSAGE = wire(
    (1, "M"),
    field("a", 1, 1, 5, (9, 1), (17, 1), (8, wire((3, 1)))),
    field("n", 2, 3, 11, (6, ".p.M.N")),
    field("by", 3, 3, 11, (6, ".p.M.ByEntry")),
    field("s", 4, 1, 9, (9, 0)),
    field("t", 5, 1, 12, (9, 0)),
    field("e", 6, 1, 14, (6, ".p.M.E")),
    (3, wire((1, "N"), field("x", 1, 1, 18))),
    (3, ENTRY),
    (4, ENUM),
    (8, wire((1, "o"))),
    (8, wire((1, "_a"))),
    (9, wire((1, 20), (2, 23))),
    (10, "old"),
)
FILE = wire(
    (1, "m.proto"),
    (2, "p"),
    (3, "b.proto"),
    (10, 0),
    (4, MESSAGE),
    (6, wire((1, "S"), (2, wire((1, "R"), (2, ".p.M"), (3, ".p.M"), (6, 1))))),
    (12, "proto3"),
)


def read(data: bytes) -> str:
    text = base64.b64encode(data).decode()
    return PROTOBUF.parse(text, {"b.proto": B}, Budget(limits.PARSE_STEPS)).canonical


def test_a_descriptor_says_what_the_text_says() -> None:
    of_text = PROTOBUF.parse(
        TEXT.replace("(M)", "(.p.M)").replace("stream M", "stream .p.M"), {"b.proto": B}, Budget(10_000)
    )

    assert read(FILE) == of_text.canonical
    other = PROTOBUF.parse(base64.b64encode(FILE).decode(), {"b.proto": B}, Budget(10_000))
    assert isinstance(PROTOBUF.included(of_text, other, Policy(), Budget(10_000)), Compatible)


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (b"\x0a\x7f", "not-protobuf"),
        (b"\xff" * 12, "not-protobuf"),
        (b"\x0b", "not-protobuf"),
        (wire((2, b"\xff")), "not-protobuf"),
        (wire((2, "a b")), "not-protobuf"),
        (wire((4, 1)), "not-protobuf"),
        (wire((4, wire((1, "1")))), "not-protobuf"),
        (wire((12, "proto9")), "syntax-unknown"),
        (wire((4, wire((1, "M"), field("a", 0, 1, 5)))), "number-invalid"),
        (wire((4, wire((1, "M"), field("a", 1, 1, 11, (6, ".N"))))), "type-unknown"),
        (wire((4, wire((1, "M"), field("a", 1, 1, 5, (9, 3))))), "not-protobuf"),
        (wire((5, wire((1, "E")))), "enum-empty"),
        (wire((3, "gone.proto")), "reference-unknown"),
    ],
)
def test_what_is_no_descriptor_is_refused(data: bytes, rule: str) -> None:
    with pytest.raises(SchemaError) as refused:
        read(data)

    assert refused.value.rule == rule


def test_messages_within_messages_end() -> None:
    data = wire((1, "M"))
    for _ in range(150):
        data = wire((1, "M"), (3, data))
    with pytest.raises(SchemaError) as refused:
        read(wire((4, data)))
    assert refused.value.rule == "too-deep"

    with pytest.raises(SchemaError) as many:
        read(wire(*[(4, wire((1, "M")))] * (limits.NODES + 1)))
    assert many.value.rule == "too-many-nodes"
