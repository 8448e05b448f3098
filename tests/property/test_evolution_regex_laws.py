"""Patterns against others: re, regress (ECMA-262), elementpath, libxml2 (XML Schema), greenery (inclusion)."""

from __future__ import annotations

import re

import greenery
import regress
from elementpath.regex import translate_pattern
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from lxml import etree

from registry.evolution.budget import Budget, BudgetSpentError
from registry.evolution.regex.language import PatternUnsupported, included, literal, parse_ecma, parse_xsd
from schemas.xml import XsdSchema, compile_xsd, parse

_XS = "http://www.w3.org/2001/XMLSchema"
TEXTS = st.text(alphabet="ab01-_ \n\té٣Đ😀", max_size=6)
_ATOMS = [
    "a",
    "b",
    "0",
    "[ab]",
    "[^a]",
    "[a-z0-9]",
    ".",
    "\\d",
    "\\w",
    "\\s",
    "\\D",
    "\\W",
    "-",
    "\\p{L}",
    "\\p{Nd}",
    "[\\w-]",
]
_TIMES = ["", "", "", "*", "+", "?", "{2}", "{1,3}", "{0,2}", "{2,}"]


def patterns(atoms: list[str], leaves: int = 6) -> st.SearchStrategy[str]:
    def grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        return st.one_of(
            st.tuples(inner, st.sampled_from(_TIMES)).map(lambda parts: f"({parts[0]}){parts[1]}"),
            st.lists(inner, min_size=1, max_size=3).map("".join),
            st.lists(inner, min_size=2, max_size=3).map(lambda parts: f"({'|'.join(parts)})"),
        )

    one = st.tuples(st.sampled_from(atoms), st.sampled_from(_TIMES)).map("".join)
    return st.recursive(one, grown, max_leaves=leaves)


def flat(atoms: list[str]) -> st.SearchStrategy[str]:
    return st.lists(st.tuples(st.sampled_from(atoms), st.sampled_from(_TIMES)).map("".join), max_size=4).map("".join)


# re has no \\p{…} and lets $ stand before a last line end; the white space of the texts is ASCII
@settings(max_examples=80, deadline=None)
@given(
    patterns([*(atom for atom in _ATOMS if "\\p" not in atom), "^a", "b$", "^", "$", "(?:a|^)"]),
    st.lists(TEXTS, min_size=1, max_size=5),
)
def test_the_texts_are_those_of_re(pattern: str, texts: list[str]) -> None:
    try:
        ours = parse_ecma(pattern)
    except PatternUnsupported:
        assume(False)  # noqa: FBT003 - hypothesis takes it by place
        return
    theirs = re.compile(pattern.replace("$", "\\Z"), re.ASCII)
    for text in texts:
        assert ours.accepts(text) is (theirs.search(text) is not None), text


# regress keeps every branch of nested repetitions in memory, and misses some texts with them: none are nested here
@settings(max_examples=100, deadline=None)
@given(flat([*_ATOMS, "\\u{1F600}", "[^]", "\\cJ", "\\P{Lu}"]), st.lists(TEXTS, min_size=1, max_size=5))
def test_the_texts_are_those_of_ecma(pattern: str, texts: list[str]) -> None:
    ours, theirs = parse_ecma(pattern), regress.Regex(pattern, "u")
    for text in texts:
        assert ours.accepts(text) is (theirs.find(text) is not None), text


def _schema(pattern: str) -> XsdSchema:
    schema = etree.Element(f"{{{_XS}}}schema", nsmap={"xs": _XS})
    element = etree.SubElement(schema, f"{{{_XS}}}element", name="a")
    restriction = etree.SubElement(
        etree.SubElement(element, f"{{{_XS}}}simpleType"), f"{{{_XS}}}restriction", base="xs:string"
    )
    etree.SubElement(restriction, f"{{{_XS}}}pattern", value=pattern)
    return compile_xsd("a.xsd", {"a.xsd": etree.tostring(schema)})


def _valid(schema: XsdSchema, text: str) -> bool:
    element = etree.Element("a")
    element.text = text
    return not schema.violations(parse(etree.tostring(element, encoding="utf-8")))


_XSD_ATOMS = [*_ATOMS, "\\i", "\\c", "[a-z-[b]]", "[^a-[0]]", "\\p{IsBasicLatin}"]


# elementpath writes \s, \w, \W as Python's own, which hold other characters; names are those of XML's fifth edition
@settings(max_examples=80, deadline=None)
@given(patterns([atom for atom in _XSD_ATOMS if not set(atom) & set("swWic")]), st.lists(TEXTS, min_size=1, max_size=5))
def test_the_texts_are_those_of_elementpath(pattern: str, texts: list[str]) -> None:
    ours = parse_xsd(pattern)
    translated = translate_pattern(pattern, back_references=False, lazy_quantifiers=False, anchors=False)
    theirs = re.compile(translated)
    for text in texts:
        assert ours.accepts(text) is (theirs.search(text) is not None), text


# libxml2 refuses "" for (a*){2} and takes "_0" for (0*|\\i): no groups here
@settings(max_examples=60, deadline=None)
@given(flat(_XSD_ATOMS), st.lists(TEXTS, min_size=1, max_size=5))
def test_the_texts_are_those_of_libxml2(pattern: str, texts: list[str]) -> None:
    theirs, ours = _schema(pattern), parse_xsd(pattern)
    for text in texts:
        assert ours.accepts(text) is _valid(theirs, text), text


# greenery builds whole automata: few examples, and small ones
@settings(max_examples=12, deadline=None)
@given(patterns(["a", "b", "[ab]", "[^a]", "c", "[a-c]"], 3), patterns(["a", "b", "[ab]", "[^b]", "c", "[a-c]"], 3))
def test_inclusion_is_that_of_greenery(one: str, other: str) -> None:
    missing = included(parse_ecma(f"^({one})$"), parse_ecma(f"^({other})$"), Budget(10**6))

    assert (missing is None) is (greenery.parse(one) - greenery.parse(other)).empty()
    if missing is not None:
        assert parse_ecma(f"^({one})$").accepts(missing)
        assert not parse_ecma(f"^({other})$").accepts(missing)


@settings(max_examples=80, deadline=None)
@given(patterns(_ATOMS), patterns(_ATOMS), TEXTS)
def test_the_operations_are_those_of_sets(one: str, other: str, text: str) -> None:
    left, right = parse_ecma(one), parse_ecma(other)

    assert (left & right).accepts(text) is (left.accepts(text) and right.accepts(text))
    assert (left | right).accepts(text) is (left.accepts(text) or right.accepts(text))
    assert (~left).accepts(text) is not left.accepts(text)
    try:
        assert (left & ~left).example(Budget(200_000)) is None
        assert ((left & right & literal(text)).example(Budget(200_000)) == text) is (left & right).accepts(text)
        found = (left & ~right).example(Budget(200_000))
        assert found is None or (left.accepts(found) and not right.accepts(found))
    except BudgetSpentError:
        assume(False)  # noqa: FBT003 - hypothesis takes it by place


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="ab(){}[]|*+?^$\\-,.0123dwpLu:=<>!&é", max_size=20))
def test_no_text_makes_a_reader_fail_otherwise_than_by_refusing(pattern: str) -> None:
    for read in (parse_ecma, parse_xsd):
        try:
            read(pattern).example(Budget(20_000))
        except (PatternUnsupported, BudgetSpentError):
            continue
