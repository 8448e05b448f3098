"""Whatever text comes in as Avro, Protobuf, WSDL or OpenAPI: a schema, or a refusal; and any two are compared."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry.evolution.budget import Budget
from registry.evolution.formats import format_of
from registry.evolution.port import FormatName, Policy, SchemaError
from registry.evolution.verdict import Compatible, Incompatible, Unknown

TEXTS = {
    FormatName.AVRO: (
        '{"type":"record","name":"a.P","fields":[{"name":"x","type":["null","int"],"default":null},'
        '{"name":"y","type":{"type":"array","items":"P"}},{"name":"e","type":{"type":"enum","name":"E",'
        '"symbols":["A","B"],"default":"A"}},{"name":"f","aliases":["g"],"type":{"type":"fixed","name":"F","size":2}}]}'
    ),
    FormatName.PROTOBUF: (
        'syntax = "proto3"; package p; message M { int32 a = 1; repeated M m = 2; map<string, E> e = 3; oneof o '
        "{ string s = 4; bytes b = 5; } reserved 9, 10 to 12; enum E { A = 0; B = 1; } } service S { rpc R (M) returns "
        "(stream M); }"
    ),
    FormatName.OPENAPI: (
        '{"openapi":"3.0.1","info":{"title":"t","version":"1"},"paths":{"/a/{b}":{"get":{"parameters":[{"name":"b",'
        '"in":"path","required":true,"schema":{"type":"string"}}],"responses":{"200":{"description":"","content":'
        '{"application/json":{"schema":{"$ref":"#/components/schemas/A"}}}}}}}},"components":{"schemas":{"A":'
        '{"type":"object","properties":{"n":{"type":"integer","nullable":true}}}}}}'
    ),
    FormatName.WSDL: (Path(__file__).parents[1] / "lib" / "peer_wsdl" / "population.wsdl").read_text(encoding="utf-8"),
}
REFERENCES = {
    f"xsd/{path.name}": path.read_text(encoding="utf-8")
    for path in (Path(__file__).parents[1] / "lib" / "peer_wsdl" / "xsd").iterdir()
}


@st.composite
def changed(draw: st.DrawFn, text: str) -> str:
    """A text with a few pieces gone, doubled, moved or replaced."""
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, max(len(text) - 1, 0)))
        end = min(start + draw(st.integers(0, 12)), len(text))
        piece = draw(
            st.sampled_from(["", text[start:end] * 2, "1", '"', "{", "}", "null", "int", "\ud800", "é", "[]", "-1"])
        )
        text = text[:start] + piece + text[end:]
    return text


@pytest.mark.parametrize("name", list(TEXTS))
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_any_text_is_read_or_refused_and_any_two_are_compared(name: FormatName, data: st.DataObject) -> None:
    one = format_of(name)
    references = REFERENCES if name is FormatName.WSDL else {}
    whole = one.parse(TEXTS[name], references, Budget(100_000))
    try:
        other = one.parse(data.draw(changed(TEXTS[name])), references, Budget(100_000))
    except SchemaError:
        return
    assert one.parse(other.text, references, Budget(100_000)).canonical == other.canonical
    for writer, reader in ((whole, other), (other, whole)):
        assert isinstance(one.included(writer, reader, Policy(), Budget(50_000)), Compatible | Incompatible | Unknown)
    assert isinstance(one.included(other, other, Policy(), Budget(50_000)), Compatible)
