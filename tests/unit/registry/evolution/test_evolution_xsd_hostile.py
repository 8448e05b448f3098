"""XSD from strangers: refused, or unknown within the budget; never a hang, a fetch or any other error."""

from __future__ import annotations

from dataclasses import replace

import pytest
from lxml import etree
from xsd_pairs import choice, compared, element, read, restricted, root, schema, sequence, typed

from registry.evolution import limits
from registry.evolution.port import SchemaError
from registry.evolution.verdict import Compatible, Incompatible, Unknown
from schemas.xml import GAVE_UP, XsdSchema, parse


def doubling(levels: int, kind: str = "sequence", occurs: str = "") -> str:
    """Groups of which each holds the next one twice."""
    twice = '<xs:group ref="g{}" {}/>' * 2
    groups = "".join(
        f'<xs:group name="g{n}"><xs:{kind}>{twice.format(n + 1, occurs, n + 1, occurs)}</xs:{kind}></xs:group>'
        for n in range(levels)
    )
    last = f'<xs:group name="g{levels}">{sequence(element("a"))}</xs:group>'
    return root('<xs:group ref="g0"/>', groups + last)


def chain(count: int, link: str, last: str) -> str:
    return schema("".join(link.format(n, n + 1) for n in range(count)) + last.format(count))


UNION = '<xs:simpleType name="u{0}"><xs:union memberTypes="u{1} u{1}"/></xs:simpleType>'
EXTENDED = (
    '<xs:complexType name="t{}"><xs:complexContent><xs:extension base="t{}"/></xs:complexContent></xs:complexType>'
)
NARROWED = '<xs:simpleType name="t{}"><xs:restriction base="t{}"/></xs:simpleType>'
GROUP = '<xs:group name="g{}"><xs:sequence><xs:group ref="g{}"/></xs:sequence></xs:group>'
NESTED = '<xs:complexType><xs:sequence><xs:element name="a">', "</xs:element></xs:sequence></xs:complexType>"
MANY = [element(f"e{n}", 0) for n in range(2_000)]

REFUSED = {
    "nothing": ("", "not-xml"),
    "no markup": ("hello", "not-xml"),
    "no schema": ("<a/>", "not-a-schema"),
    "a lone surrogate": ("<a>\ud800</a>", "not-xml"),
    "entities": ('<!DOCTYPE a [<!ENTITY b "c"><!ENTITY d "&b;&b;">]>' + schema(""), "not-xml"),
    "too deep": (schema(f'<xs:element name="r">{NESTED[0] * 40}{NESTED[1] * 40}</xs:element>'), "too-deep"),
    "too long": (schema(" " * limits.TEXT), "too-large"),
    "too many": (schema('<xs:element name="a"/>' * (limits.NODES // 2)), "too-large"),
    "a file": (schema('<xs:include schemaLocation="/etc/passwd"/>'), "reference-unknown"),
    "an address": (schema('<xs:import namespace="a" schemaLocation="http://127.0.0.1/a"/>'), "reference-unknown"),
    "an endless count": (root(sequence(element("a", 0, "9" * 400))), "not-a-schema"),
    "no count": (root(sequence(element("a", 0, "many"))), "not-a-schema"),
    "less than least": (root(sequence(element("a", 3, 2))), "not-a-schema"),
    "doubling groups": (doubling(40), "too-complex"),
    "doubling choices": (doubling(40, "choice", 'maxOccurs="3"'), "too-complex"),
    "doubling unions": (chain(40, UNION, NARROWED.format("{}", "t").replace('"t', '"u')), "name-unknown"),
    "unions of unions": (
        chain(20, UNION, '<xs:simpleType name="u{}"><xs:list itemType="xs:int"/></xs:simpleType>'),
        "too-complex",
    ),
    "a group in itself": (schema(GROUP.format(1, 1)), "circular"),
    "a type of itself": (schema(EXTENDED.format(1, 1)), "circular"),
    "a long chain of groups": (chain(500, GROUP, '<xs:group name="g{}"><xs:sequence/></xs:group>'), "too-deep"),
    "a long chain of types": (chain(500, EXTENDED, '<xs:complexType name="t{}"/>'), "too-deep"),
    "a long chain of facets": (
        chain(500, NARROWED, '<xs:simpleType name="t{}"><xs:list itemType="xs:int"/></xs:simpleType>'),
        "too-deep",
    ),
    "heads in a ring": (
        schema('<xs:element name="a" substitutionGroup="b"/><xs:element name="b" substitutionGroup="a"/>'),
        "circular",
    ),
    "repeated repetitions": (restricted("xs:string", "pattern=((a{0,999}){0,999}){0,999}"), "pattern-too-heavy"),
    "no pattern": (restricted("xs:string", "pattern=((("), "not-a-schema"),
    "a long run of optionals": (root(sequence(*MANY)), "too-complex"),
    "two ways": (root(sequence(element("a", 0), element("a"))), "not-a-schema"),
}


@pytest.mark.parametrize(("text", "rule"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_usable_schema_is_refused_with_its_rule(text: str, rule: str):
    with pytest.raises(SchemaError) as caught:
        read(text)
    assert caught.value.rule == rule
    assert caught.value.said.vi
    assert caught.value.said.en


ALL = root(f"<xs:all>{''.join(MANY[:40])}</xs:all>")
MILLIONS = '<xs:sequence minOccurs="{}" maxOccurs="3000000">' * 3 + element("a") + element("b", 0, 5)
TAKEN = {
    "doubling groups": (doubling(8), doubling(8), Compatible),
    "nested millions": (
        root(MILLIONS.format(3, 3, 3) + "</xs:sequence>" * 3),
        root(MILLIONS.format(2, 3, 3) + "</xs:sequence>" * 3),
        Compatible,
    ),
    "lost in millions": (
        root(MILLIONS.format(2, 3, 3) + "</xs:sequence>" * 3),
        root(MILLIONS.format(3, 2, 3) + "</xs:sequence>" * 3),
        Unknown,
    ),
    "too large to show": (root(sequence(element("a", 0, 10**12))), root(sequence(element("a", 0, 10**11))), Unknown),
    "all in any order": (ALL, root(choice(*MANY[:40], occurs='minOccurs="0" maxOccurs="unbounded"')), Compatible),
    "any order in order": (ALL, root(sequence(*MANY[:40])), Incompatible),
    "catastrophic patterns": (
        restricted("xs:string", "pattern=(a+)+b"),
        restricted("xs:string", "pattern=(a|aa)+b"),
        Compatible,
    ),
    "no document at all": (
        typed("T", types=f'<xs:complexType name="T">{sequence(element("a", kind="T"))}</xs:complexType>'),
        typed("xs:int"),
        Compatible,
    ),
    "an enormous limit": (
        restricted("xs:decimal", "maxInclusive=" + "9" * 50_000),
        restricted("xs:decimal", "totalDigits=" + "9" * 15),
        Unknown,
    ),
}


@pytest.mark.parametrize(("one", "other", "said"), TAKEN.values(), ids=TAKEN)
def test_heavy_schemas_are_compared_within_the_budget(one: str, other: str, said: type):
    assert isinstance(compared(read(one), read(other), 60_000), said)


class Weary:
    """A validator that gives up, as libxml2 does where a content model nests counts."""

    def validate(self, _element: object) -> bool:
        raise etree.XMLSchemaValidateError("Internal error in XML Schema validation.")


def test_a_validator_that_gives_up_confirms_nothing():
    weary = XsdSchema(Weary(), frozenset())  # type: ignore[arg-type]
    assert [one.rule for one in weary.violations(parse(b"<r/>"))] == [GAVE_UP]
    one, other = read(typed("xs:int")), read(typed("xs:byte"))
    assert isinstance(compared(one, other), Incompatible)
    assert isinstance(compared(one, replace(other, validator=weary)), Unknown)
    assert isinstance(compared(replace(one, validator=weary), other), Unknown)


NOTHING = '<xs:sequence minOccurs="0" maxOccurs="3">'


def test_counts_of_nothing_within_counts_of_nothing_are_refused():
    for depth, taken in ((1, True), (2, True), (3, False)):
        text = root(NOTHING * depth + element("a", 0) + element("b", 0) + "</xs:sequence>" * depth)
        if taken:
            assert compared(read(text), read(text)) == Compatible()
            continue
        with pytest.raises(SchemaError) as caught:
            read(text)
        assert caught.value.rule == "too-complex"


def test_a_spent_budget_is_said_with_the_steps():
    verdict = compared(read(root(sequence(*MANY[:50]))), read(root(sequence(*MANY[:49]))), 20)
    assert isinstance(verdict, Unknown)
    assert verdict.rule == "budget-spent"
    assert verdict.spent >= 20
