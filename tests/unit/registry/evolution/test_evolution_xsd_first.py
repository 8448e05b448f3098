"""XSD pairs, both ways: the everyday changes of a content model, attributes and simple types."""

from __future__ import annotations

import pytest
from xsd_pairs import choice, element, judge, restricted, root, schema, sequence, takes, typed

from registry.evolution.verdict import Compatible, Incompatible


def text(*facets: str) -> str:
    return restricted("xs:string", *facets)


A, B = element("a"), element("b")
VALUES = "enumeration-narrowed"
MANY = element("a", 0, "unbounded")
WANTED = '<xs:attribute name="a" use="required"/>'
RECURSIVE = (
    '<xs:element name="r" type="T"/><xs:complexType name="T"><xs:sequence>'
    '<xs:element name="c" type="T" minOccurs="0"/><xs:element name="v" type="{}"/></xs:sequence></xs:complexType>'
)
ANY = '<xs:any processContents="lax" minOccurs="0" maxOccurs="unbounded"/>'

# name, one schema, another, first rule of one ⊆ other ("" is compatible), first rule of other ⊆ one
PAIRS = [
    ("optional element", root(sequence(A)), root(sequence(A, element("b", 0))), "", "element-not-allowed"),
    ("required element", root(sequence(A)), root(sequence(A, B)), "content-ends-early", "element-not-allowed"),
    ("more of it", root(sequence(element("a", 1, 3))), root(sequence(element("a", 1, 5))), "", "element-not-allowed"),
    ("unbounded", root(sequence(element("a", 0, 9))), root(sequence(MANY)), "", "element-not-allowed"),
    ("sequence, choice", root(sequence(A, B)), root(choice(A, B, occurs='maxOccurs="2"')), "", "element-not-allowed"),
    ("sequence, all", root(sequence(A, B)), root(f"<xs:all>{A}{B}</xs:all>"), "", "element-not-allowed"),
    ("order", root(sequence(A, B)), root(sequence(B, A)), "element-not-allowed", "element-not-allowed"),
    ("any", root(sequence(A)), root(sequence(ANY)), "", "content-ends-early"),
    ("int, long", typed("xs:int"), typed("xs:long"), "", "range-narrowed"),
    ("recursive", schema(RECURSIVE.format("xs:int")), schema(RECURSIVE.format("xs:long")), "", "range-narrowed"),
    ("maxLength", text("maxLength=5"), text("maxLength=9"), "", "length-narrowed"),
    ("pattern", text(r"pattern=\d{9}"), text(r"pattern=\d{9}|\d{12}"), "", "pattern-changed"),
    ("same range", restricted("xs:integer", "maxInclusive=10"), restricted("xs:integer", "maxExclusive=11"), "", ""),
    ("value", text("enumeration=A"), text("enumeration=B", "enumeration=A"), "", VALUES),
    ("attribute", root(""), root('<xs:attribute name="a" type="xs:int"/>'), "", "attribute-not-allowed"),
    ("required attribute", root(WANTED), root('<xs:attribute name="a"/>'), "", "attribute-required"),
    ("nillable", typed("xs:int"), typed("xs:int", 'nillable="true"'), "", "nillable-removed"),
    ("fixed", typed("xs:int", 'fixed="3"'), typed("xs:int", 'default="4"'), "", "fixed-value"),
    ("default", typed("xs:int"), typed("xs:int", 'default="4"'), "", "default-removed"),
]


@pytest.mark.parametrize(("one", "other", "forth", "back"), [p[1:] for p in PAIRS], ids=[p[0] for p in PAIRS])
def test_each_pair_is_decided_both_ways_and_shown(one: str, other: str, forth: str, back: str):
    for writer, reader, rule in ((one, other, forth), (other, one, back)):
        verdict = judge(writer, reader)
        if not rule:
            assert isinstance(verdict, Compatible)
            continue
        assert isinstance(verdict, Incompatible)
        assert [finding.rule for finding in verdict.findings][:1] == [rule]
        assert verdict.witness is not None
        assert takes(writer, verdict.witness.text)
        assert not takes(reader, verdict.witness.text)


def test_what_changes_meaning_only_is_a_caution():
    other_default = judge(typed("xs:string", 'default="a"'), typed("xs:string", 'default="b"'))
    assert isinstance(other_default, Compatible)
    assert [caution.rule for caution in other_default.cautions] == ["default-changed"]
    assert other_default.cautions[0].reader.pointer == "/xs:schema/xs:element"
    unused = '<xs:complexType name="Unused"/>'
    gone = judge(typed("xs:int", types=unused), typed("xs:int"))
    assert isinstance(gone, Compatible)
    assert [(caution.rule, caution.writer.pointer) for caution in gone.cautions] == [
        ("type-name-gone", "/xs:schema/xs:complexType")
    ]


def test_a_difference_is_told_with_both_places_and_how_to_mend_it():
    writer = schema('\n<xs:element name="r">\n<xs:complexType>' + sequence(A, B) + "</xs:complexType></xs:element>")
    verdict = judge(writer, root(sequence(A)))
    assert isinstance(verdict, Incompatible)
    found = verdict.findings[0]
    assert (found.writer.pointer, found.writer.line) == (
        "/xs:schema/xs:element/xs:complexType/xs:sequence/xs:element[2]",
        3,
    )
    assert found.reader.pointer == "/xs:schema/xs:element/xs:complexType"
    assert "b" in found.said.vi
    assert "b" in found.said.en
    assert "minOccurs=0" in found.mend.en
    assert verdict.witness is not None
    assert (verdict.witness.text, verdict.witness.media_type) == ("<r><a>a</a><b>a</b></r>", "application/xml")


def test_every_difference_of_a_pair_is_told():
    writer = root(sequence(A, B) + '<xs:attribute name="p" type="xs:int"/>')
    reader = root(sequence(element("a", kind="xs:int")) + '<xs:attribute name="p" type="xs:byte"/>')
    verdict = judge(writer, reader)
    assert isinstance(verdict, Incompatible)
    rules = ["range-narrowed", "element-not-allowed", "simple-type-changed", "type-not-substitutable"]
    assert [finding.rule for finding in verdict.findings] == rules
