import pytest

from registry.evolution.budget import Budget, BudgetSpentError
from registry.evolution.regex.language import (
    Language,
    anything,
    included,
    length,
    literal,
    nothing,
    one_of,
    parse_ecma,
    parse_xsd,
    xml_text,
)


def budget() -> Budget:
    return Budget(200_000)


@pytest.mark.parametrize(
    ("one", "other", "missing"),
    [
        ("^[a-z]+$", "^[a-z]*$", None),
        ("^[a-z]*$", "^[a-z]+$", ""),
        ("^[0-9]{9}$", "^[0-9]{9}$|^[0-9]{12}$", None),
        ("^([0-9]{9}|[0-9]{12})$", "^[0-9]{12}$", "000000000"),
        ("^.{1,1000}$", "^.{0,1000}$", None),
        ("^[a-z]{1,64}( [a-z]{1,64})*$", "^[a-z ]+$", None),
        ("^(a|b)*a(a|b){20}$", "^(a|b)*a(a|b){20}$", None),
        ("^(a|b)*a(a|b){5}$", "^(b|a)*a(b|a){5}$", None),
        ("abc", "b", None),
        ("b", "abc", "b"),
        ("^(a+)+$", "^a+$", None),
        ("^a+$", "^(a+)+$", None),
        ("^\\d{4}-\\d{2}-\\d{2}$", "^[0-9-]{10}$", None),
        ("^\\p{Lu}", "^\\p{L}", None),
        ("^(a{1,100}){1,100}$", "^a{1,10000}$", None),
        ("^(a{1,100}){1,100}$", "^(a{1,50}){1,199}$", "a" * 9951),
        ("^a{0,6}$", "^(a{3}){0,2}$", "a"),
        ("^a{2,9}$", "^(a{2,3}){1,3}$", None),
        ("^a{3,9}$", "^(a{3,4}){1,3}$", "aaaaa"),
        ("^(a{2,})*$", "^a*$", None),
        ("^a*$", "^(a{2,})*$", "a"),
        ("^(?!\\s*$).{1,50}$", "\\S", None),
        ("^.{1,50}$", "^(?!\\s*$).{1,50}$", " "),
        ("^\\p{L}$", "^\\p{Lu}$", "a"),
        ("^[\\u{1F600}-\\u{1F64F}]$", "^[\\uD83D\\uDE00-\\uD83D\\uDE4F]$", None),
    ],
)
def test_inclusion_of_patterns_of_json_schema(one: str, other: str, missing: str | None) -> None:
    assert included(parse_ecma(one), parse_ecma(other), budget()) == missing


def test_a_big_repetition_is_not_written_out() -> None:
    few = Budget(20_000)

    assert included(parse_ecma("^[a-z]{1,1000}$"), parse_ecma("^[a-z0-9]{0,1000}$"), few) is None
    assert included(length(0, 10**6), length(0, 10**9), Budget(100)) is None
    assert included(length(3, None), length(4, None), Budget(100)) == "aaa"


def test_a_pattern_that_would_need_a_huge_automaton_spends_its_budget() -> None:
    with pytest.raises(BudgetSpentError):
        included(
            parse_ecma("^[ab]*$"), parse_ecma("^(a|b)*a(a|b){40}$|^b*(ab*){0,39}$|^[ab]{41}[ab]*$"), Budget(50_000)
        )


@pytest.mark.parametrize(
    "hostile", ["^(a+)+$", "^(a|a)*$", "^(a?){500}a{500}$", "^(([a-z])+.)+[A-Z]([a-z])+$", "(.*)*x"]
)
def test_patterns_that_hang_backtracking_matchers_are_answered(hostile: str) -> None:
    language = parse_ecma(hostile)

    assert not language.accepts("a" * 200 + "!") or hostile == "(.*)*x"
    assert language.example(Budget(400_000)) is not None


@pytest.mark.parametrize(
    ("language", "shortest"),
    [
        (anything(), ""),
        (nothing(), None),
        (literal("Huế"), "Huế"),
        (length(2, 5), "aa"),
        (parse_ecma("^[^a-z]$"), "0"),
        (parse_ecma("\\d.*[A-Z]"), "0A"),
        (parse_ecma("^a") & parse_ecma("z$"), "az"),
        (parse_ecma("^[ab]$") & ~literal("a"), "b"),
        (parse_ecma("^[ab]$") & ~one_of(["a", "b"]), None),
        (literal("a") & literal("b"), None),
        (literal("b") | literal("ccc"), "b"),
        (~anything(), None),
        (~(parse_ecma("^a") | parse_ecma("^$")), "b"),
        (parse_ecma("^[\\x00-\\x1f]$"), "\x00"),
        (parse_ecma("\\uD800"), None),
        (parse_xsd("[^a-z]") & xml_text(), "0"),
    ],
)
def test_the_shortest_member_is_readable(language: Language, shortest: str | None) -> None:
    assert language.example(budget()) == shortest


def test_another_member_than_those_known() -> None:
    language = parse_ecma("^[a-c]{1,2}$")
    known: set[str] = set()
    while (found := language.example(budget(), known)) is not None:
        known.add(found)

    assert len(known) == 12
    assert all(map(language.accepts, known))


def test_what_the_complement_of_a_pattern_of_xsd_writes_in_xml() -> None:
    outside = ~parse_xsd("[a-zA-Z0-9 -~]*")

    assert outside.example(budget()) is not None
    assert (outside & xml_text() & length(1, 1)).example(budget()) == "À"


def test_equal_languages_are_equal_values() -> None:
    assert parse_ecma("^a") & literal("b") == parse_ecma("^a") & literal("b")
    assert len({literal("a"), literal("a"), ~~literal("a")}) == 1
