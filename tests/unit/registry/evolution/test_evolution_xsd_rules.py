"""XSD pairs, both ways, rule by rule: types, wildcards, substitution, attributes, identity and simple types."""

from __future__ import annotations

import pytest
from xsd_pairs import choice, element, judge, restricted, root, schema, sequence, takes, typed

from registry.evolution.verdict import Compatible, Incompatible, Unknown

A, B = element("a"), element("b")
TARGET = 'xmlns:t="urn:t" targetNamespace="urn:t" elementFormDefault="qualified"'


def any_(namespace: str = "##any", process: str = "lax", low: int = 0) -> str:
    return f'<xs:any namespace="{namespace}" processContents="{process}" minOccurs="{low}"/>'


def attribute(name: str, use: str = "optional", more: str = 'type="xs:string"') -> str:
    return f'<xs:attribute name="{name}" use="{use}" {more}/>'


def named(inner: str, name: str = "T", more: str = "") -> str:
    return f'<xs:complexType name="{name}" {more}>{inner}</xs:complexType>'


def extended(base: str, inner: str, name: str, how: str = "extension") -> str:
    derived = f'<xs:{how} base="{base}">{inner}</xs:{how}>'
    return f'<xs:complexType name="{name}"><xs:complexContent>{derived}</xs:complexContent></xs:complexType>'


def simple(*parts: str, kind: str = "union", name: str = "") -> str:
    attribute = "memberTypes" if kind == "union" else "itemType"
    return f'<xs:simpleType {name}><xs:{kind} {attribute}="{" ".join(parts)}"/></xs:simpleType>'


def valued(inner: str) -> str:
    return schema(f'<xs:element name="r">{inner}</xs:element>')


def text(*facets: str) -> str:
    return restricted("xs:string", *facets)


def number(*facets: str) -> str:
    return restricted("xs:decimal", *facets)


def heads(head: str, *members: str) -> str:
    content = f"<xs:complexType>{sequence('<xs:element ref=' + chr(34) + 'h' + chr(34) + '/>')}</xs:complexType>"
    return schema(f'<xs:element name="r">{content}</xs:element>{head}{"".join(members)}')


HEAD = '<xs:element name="h" type="xs:string"/>'
MEMBER = '<xs:element name="m" type="xs:token" substitutionGroup="h"/>'
BASE, MORE = named(sequence(A)), extended("T", sequence(element("x", 0)), "U")
KEYS = sequence(
    '<xs:element name="i" maxOccurs="9"><xs:complexType><xs:attribute name="k"/></xs:complexType></xs:element>'
)
UNIQUE = '<xs:unique name="u"><xs:selector xpath="i"/><xs:field xpath="@k"/></xs:unique>'
TEN = "maxInclusive=10"
N, P = "element-not-allowed", "pattern-changed"

CONTENT = [
    (
        "nested optional",
        root(sequence(A, sequence(B, occurs='minOccurs="0"'))),
        root(sequence(A, element("b", 0))),
        "",
        "",
    ),
    ("unrolled", root(sequence(A, element("a", 0, 2))), root(sequence(element("a", 1, 3))), "", ""),
    ("choice of one", root(choice(A)), root(sequence(A)), "", ""),
    ("choice grows", root(choice(A)), root(choice(A, B)), "", N),
    (
        "choice to optionals",
        root(choice(A, B)),
        root(sequence(element("a", 0), element("b", 0))),
        "",
        "content-ends-early",
    ),
    ("all, fewer", root(f"<xs:all>{A}</xs:all>"), root(f"<xs:all>{A}{element('b', 0)}</xs:all>"), "", N),
    ("empty", root(""), root(sequence(element("a", 0))), "", N),
    ("groups count", root(sequence(A, B, occurs='maxOccurs="3"')), root(sequence(A, B, occurs='maxOccurs="9"')), "", N),
    (
        "million",
        root(sequence(element("a", 2, 10**6))),
        root(sequence(element("a", 0, 10**9))),
        "",
        "content-ends-early",
    ),
    (
        "mixed",
        root(sequence(A)),
        schema(f'<xs:element name="r"><xs:complexType mixed="true">{sequence(A)}</xs:complexType></xs:element>'),
        "",
        "mixed-removed",
    ),
    ("text to elements", typed("xs:string"), root(sequence(A)), "content-kind-changed", "content-kind-changed"),
    ("two roots", typed("xs:int"), typed("xs:int", types='<xs:element name="s" type="xs:int"/>'), "", "root-removed"),
    (
        "inner type",
        root(sequence(element("a", kind="xs:byte"))),
        root(sequence(element("a", kind="xs:short"))),
        "",
        "range-narrowed",
    ),
    (
        "unproductive",
        root(sequence(A)),
        root(choice(A, sequence(element("z", kind="Z"))), named(sequence(element("z", kind="Z")), "Z")),
        "",
        "",
    ),
]
WILDCARDS = [
    ("any takes element", root(sequence(A)), root(sequence(any_())), "", "content-ends-early"),
    ("namespace", root(sequence(any_("urn:a"))), root(sequence(any_("urn:a urn:b"))), "", "wildcard-narrowed"),
    ("other", root(sequence(any_("urn:a"))), root(sequence(any_("##other"))), "", "wildcard-narrowed"),
    ("strict, lax", root(sequence(any_(process="strict"))), root(sequence(any_())), "", "wildcard-narrowed"),
    ("lax, skip", root(sequence(any_())), root(sequence(any_(process="skip"))), "", "wildcard-narrowed"),
    (
        "new global under lax",
        root(sequence(any_())),
        root(sequence(any_()), '<xs:element name="s" type="xs:int"/>'),
        "wildcard-narrowed",
        "root-removed",
    ),
    ("attributes", root(attribute("a")), root("<xs:anyAttribute/>"), "attribute-not-allowed", ""),
    (
        "lax attributes",
        root(attribute("a")),
        root('<xs:anyAttribute processContents="lax"/>'),
        "",
        "attribute-not-allowed",
    ),
]
TYPES = [
    ("substitution", heads(HEAD), heads(HEAD, MEMBER), "", "root-removed"),
    ("blocked", heads(HEAD.replace("/>", ' block="#all"/>'), MEMBER), heads(HEAD, MEMBER), "", N),
    (
        "abstract head",
        heads(HEAD.replace("/>", ' abstract="true"/>'), MEMBER),
        heads(HEAD, MEMBER),
        "",
        "root-became-abstract",
    ),
    ("derived type gone", typed("T", types=BASE), typed("T", types=BASE + MORE), "", "type-name-removed"),
    (
        "type renamed",
        typed("T", types=BASE),
        typed("V", types=named(sequence(A), "V")),
        "type-name-removed",
        "type-name-removed",
    ),
    ("named, anonymous", typed("T", types=BASE), root(sequence(A)), "type-name-removed", ""),
    (
        "block",
        typed("T", 'block="extension"', BASE + MORE),
        typed("T", types=BASE + MORE),
        "",
        "type-not-substitutable",
    ),
    (
        "extension is content",
        typed("U", types=BASE + MORE),
        root(sequence(A, element("x", 0))),
        "type-name-removed",
        "",
    ),
    (
        "derived otherwise",
        typed("T", types=BASE + MORE),
        typed("T", types=BASE + named(sequence(A, element("x", 0)), "U")),
        "type-not-substitutable",
        "",
    ),
    (
        "abstract type",
        typed("T", types=named(sequence(A), more='abstract="true"') + MORE),
        typed("T", types=BASE + MORE),
        "",
        "type-became-abstract",
    ),
    ("any type", typed("xs:string"), typed("xs:anyType"), "", "!"),
]
ATTRIBUTES = [
    ("prohibited", root(attribute("a", "prohibited")), root(attribute("a")), "", "attribute-not-allowed"),
    ("type", root(attribute("a", more='type="xs:int"')), root(attribute("a")), "", "simple-type-changed"),
    ("fixed", root(attribute("a", more='type="xs:string" fixed="1"')), root(attribute("a")), "", "fixed-value"),
    ("default", root(attribute("a", more='type="xs:string" default="1"')), root(attribute("a")), "", ""),
    (
        "group",
        root('<xs:attributeGroup ref="g"/>', f'<xs:attributeGroup name="g">{attribute("a")}</xs:attributeGroup>'),
        root(attribute("a")),
        "",
        "",
    ),
]
IDENTITY = [
    (
        "unique",
        schema(f'<xs:element name="r"><xs:complexType>{KEYS}</xs:complexType>{UNIQUE}</xs:element>'),
        root(KEYS),
        "",
        "identity-added",
    ),
    ("an ID", root(attribute("a", more='type="xs:ID"')), root(attribute("a", more='type="xs:NCName"')), "", "?"),
]
VALUES = [
    ("integers", typed("xs:unsignedByte"), typed("xs:integer"), "", "range-narrowed"),
    ("integer, decimal", typed("xs:integer"), typed("xs:decimal"), "", "digits-narrowed"),
    ("decimal, double", valued(simple("xs:decimal")), valued(simple("xs:double")), "", "simple-type-changed"),
    ("exclusive", number("maxExclusive=10"), number(TEN), "", "range-narrowed"),
    ("finer", number("fractionDigits=1"), number("fractionDigits=2"), "", "digits-narrowed"),
    ("total", number("totalDigits=3"), number("totalDigits=4"), "", "digits-narrowed"),
    ("list of numbers", number("enumeration=1", "enumeration=2.50"), number("fractionDigits=1"), "", "!"),
    ("length", text("length=3"), text("minLength=1", "maxLength=3"), "", "length-narrowed"),
    ("pattern alternatives", text(r"pattern=[A-Z]\d"), text(r"pattern=[A-Z]\d", "pattern=x"), "", P),
    ("pattern widened", text(r"pattern=\d{3}"), text(r"pattern=[0-9a-f]+|\d+"), "", P),
    ("pattern for length", text("pattern=[ab]{2,3}"), text("maxLength=3"), "", P),
    (
        "digits as text",
        text(r"pattern=[0-9]{1,3}", "whiteSpace=collapse"),
        restricted("xs:integer", "minInclusive=0", "maxInclusive=999"),
        "",
        "!",
    ),
    ("token, string", typed("xs:normalizedString"), text(), "type-not-substitutable", ""),
    ("white space", text("whiteSpace=preserve"), text("whiteSpace=collapse"), "", ""),
    ("spaces matter", text("whiteSpace=collapse", "enumeration=a"), text("enumeration=a"), "!", ""),
    ("union grows", valued(simple("xs:int")), valued(simple("xs:int", "xs:date")), "", "simple-type-changed"),
    ("into a union", valued(simple("xs:byte")), valued(simple("xs:date", "xs:int")), "", "simple-type-changed"),
    (
        "list items",
        valued(simple("xs:byte", kind="list")),
        valued(simple("xs:int", kind="list")),
        "",
        "simple-type-changed",
    ),
    (
        "boolean words",
        text("enumeration=true", "enumeration=0", "whiteSpace=collapse"),
        valued(simple("xs:boolean")),
        "",
        "!",
    ),
    (
        "dates",
        restricted("xs:date", "minInclusive=2020-01-01"),
        restricted("xs:date", "minInclusive=2019-01-01"),
        "?",
        "range-narrowed",
    ),
    ("bytes", restricted("xs:hexBinary", "length=2"), restricted("xs:hexBinary", "maxLength=4"), "", "length-narrowed"),
]
PAIRS = [*CONTENT, *WILDCARDS, *TYPES, *ATTRIBUTES, *IDENTITY, *VALUES]


@pytest.mark.parametrize(("one", "other", "forth", "back"), [p[1:] for p in PAIRS], ids=[p[0] for p in PAIRS])
def test_each_pair_is_decided_both_ways_and_shown(one: str, other: str, forth: str, back: str):
    """``""`` compatible, a rule incompatible by it, ``!`` incompatible by any, ``?`` unknown."""
    for writer, reader, rule in ((one, other, forth), (other, one, back)):
        verdict = judge(writer, reader)
        if rule in {"", "?"}:
            assert isinstance(verdict, Unknown if rule else Compatible)
            continue
        assert isinstance(verdict, Incompatible)
        assert rule in {"!", *(finding.rule for finding in verdict.findings)}
        assert verdict.witness is not None
        assert takes(writer, verdict.witness.text)
        assert not takes(reader, verdict.witness.text)
