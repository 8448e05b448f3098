"""Patterns against readers and deciders of others: regress (ECMA-262), libxml2 (XML Schema), greenery (inclusion)."""

from __future__ import annotations

import greenery
import regress
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


def patterns(atoms: list[str], group_times: list[str] = _TIMES) -> st.SearchStrategy[str]:
    def grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        return st.one_of(
            st.tuples(inner, st.sampled_from(group_times)).map(lambda parts: f"({parts[0]}){parts[1]}"),
            st.lists(inner, min_size=1, max_size=3).map("".join),
            st.lists(inner, min_size=2, max_size=3).map(lambda parts: f"({'|'.join(parts)})"),
        )

    one = st.tuples(st.sampled_from(atoms), st.sampled_from(_TIMES)).map("".join)
    return st.recursive(one, grown, max_leaves=6)


@settings(max_examples=150, deadline=None)
@given(patterns([*_ATOMS, "^a", "b$", "^", "$", "\\u{1F600}", "(?:a|^)"]), st.lists(TEXTS, min_size=1, max_size=5))
def test_the_texts_are_those_of_ecma(pattern: str, texts: list[str]) -> None:
    # regress refuses "^*" and the like, as ECMA-262 does
    try:
        theirs = regress.Regex(pattern, "u")
        ours = parse_ecma(pattern)
    except (regress.RegressError, PatternUnsupported):
        assume(False)  # noqa: FBT003 - hypothesis takes it by place
        return
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


# libxml2 forgets that what may be empty may be repeated while empty: it refuses "" for (a*){2}
@settings(max_examples=100, deadline=None)
@given(
    patterns([*_ATOMS, "\\i", "\\c", "[a-z-[b]]", "[^a-[0]]", "\\p{IsBasicLatin}"], ["", "*", "?"]),
    st.lists(TEXTS, min_size=1, max_size=5),
)
def test_the_texts_are_those_of_libxml2(pattern: str, texts: list[str]) -> None:
    theirs, ours = _schema(pattern), parse_xsd(pattern)
    for text in texts:
        assert ours.accepts(text) is _valid(theirs, text), text


# greenery builds whole automata: few examples, and small ones
@settings(max_examples=25, deadline=None)
@given(patterns(["a", "b", "[ab]", "[^a]", "c", "[a-c]"]), patterns(["a", "b", "[ab]", "[^b]", "c", "[a-c]"]))
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
