import pytest

from registry.evolution.budget import BudgetSpentError
from registry.evolution.regex.language import PatternSyntaxError, PatternUnsupported, parse_ecma, parse_xsd


@pytest.mark.parametrize(
    ("pattern", "inside", "outside"),
    [
        ("(^a|b)c$", ["ac", "xbc"], ["xac", "acx", "c"]),
        ("a$|^b", ["xa", "bx"], ["ax", "xb"]),
        ("^$", [""], ["a"]),
        ("a^b", [], ["ab", "b"]),
        ("a?^b", ["b", "bc"], ["ab"]),
        ("a$b?", ["a", "xa"], ["ab"]),
        ("(^a)?b", ["b", "ab", "xab"], ["a"]),
        ("(?:^a|b)+$", ["abb", "b", "xb", "a"], ["ba", "xa"]),
        ("(a|b$){2}", ["aa", "ab", "xaax"], ["ba", "abx", "b"]),
        ("", ["", "x"], []),
        ("a||b", ["", "x"], []),
        ("[]", [], ["", "a"]),
        ("^[^]$", ["\n", "a", "😀"], ["", "aa"]),
        ("^.$", ["a", "😀"], ["\n", "\r", "\u2028", "ab"]),
        ("^[\\w-.]$", ["a", "-", "."], ["+"]),
        ("^[a-c-e]$", ["b", "-", "e"], ["d"]),
        ("^[\\b]$", ["\b"], ["b"]),
        ("^\\s$", [" ", "\t", "\u00a0", "\ufeff", "\u2003"], ["a", "\u200b"]),
        ("^\\cJ\\t\\x41\\u0042\\u{1F600}\\0$", ["\n\tAB😀\0"], []),
        ("^a{2}b{1,}c{0,2}?d*?$", ["aab", "aabbccd"], ["ab", "aabccc"]),
        ("^(?<ten>\\p{L}+)\\.$", ["Nguyễn."], ["N1."]),
        ("^\\p{gc=Lu}\\P{Lu}\\p{ASCII}$", ["Đaa"], ["đaa", "ĐĐa"]),
        ("^\\/\\_\\-\\@]}$", ["/_-@]}"], []),
        ("^(?!\\s*$).+", ["a", " a "], ["", "  "]),
        ("^(?=.*[A-Z])(?=.*\\d).{3,}$", ["aA1", "1xxA"], ["A1", "aa1", "AAA"]),
        ("^(?!(?:test|demo)$)[a-z]+$", ["tests", "a"], ["test", "demo", "A"]),
        ("^(?=a|^b$)", ["ab", "b"], ["bb", ""]),
    ],
)
def test_patterns_of_json_schema(pattern: str, inside: list[str], outside: list[str]) -> None:
    language = parse_ecma(pattern)

    assert [text for text in inside if not language.accepts(text)] == []
    assert [text for text in outside if language.accepts(text)] == []


@pytest.mark.parametrize(
    ("pattern", "inside", "outside"),
    [
        ("a|bc", ["a", "bc"], ["xa", "ac"]),
        ("^a$", ["^a$"], ["a"]),
        (".", ["a", "😀", "\t", "\u2028"], ["\n", "\r", ""]),
        ("[a-z-[aeiou]]+", ["xyz"], ["xaz"]),
        ("[^0-9-[x]]", ["a"], ["1", "x"]),
        ("[\\w-[\\d-[5]]]", ["a", "5"], ["4"]),
        ("\\i\\c*", ["a1", "_x", "Đ-1"], ["1a", "-"]),
        ("\\I\\C", ["1 "], ["ab"]),
        ("\\d", ["1", "٣"], ["a"]),
        ("\\w", ["a", "1", "+", "$"], [".", " ", "_"]),
        ("\\W", [".", " ", "_"], ["a"]),
        ("\\p{IsBasicLatin}\\p{IsLatin-1Supplement}", ["aé"], ["ée"]),
        ("\\P{Lu}\\p{Nd}", ["a1"], ["A1"]),
        ("[-a][a-]", ["-a", "a-"], ["b-"]),
        ("\\n\\\\\\.\\-\\^\\{\\}", ["\n\\.-^{}"], []),
        ("[\\n\\-\\]x]", ["\n", "-", "]", "x"], ["\\"]),
        ("(ab){2,3}", ["abab", "ababab"], ["ab"]),
        ("", [""], ["a"]),
        ("[&-\\.]", ["&", ".", "+"], ["\\"]),
    ],
)
def test_patterns_of_xsd(pattern: str, inside: list[str], outside: list[str]) -> None:
    language = parse_xsd(pattern)

    assert [text for text in inside if not language.accepts(text)] == []
    assert [text for text in outside if language.accepts(text)] == []


@pytest.mark.parametrize(
    ("pattern", "rule"),
    [
        ("(?=a)", "lookaround"),
        ("^(?!a)b|c", "lookaround"),
        ("^a(?!b)", "lookaround"),
        ("^(?=a)*", "syntax"),
        ("^(?=a", "syntax"),
        ("(?<!a)b", "lookaround"),
        ("(a)\\1", "back-reference"),
        ("(?<n>a)\\k<n>", "back-reference"),
        ("\\bx", "word-boundary"),
        ("(?i:a)", "modifier"),
        ("\\p{Script=Han}", "unicode-property"),
        ("(^a?){2}", "anchor-in-repetition"),
        ("(" * 61 + ")" * 61, "too-deep"),
        ("a" * 16_385, "too-long"),
        ("a{1000000000000}", "count-too-large"),
        ("(", "syntax"),
        (")", "syntax"),
        ("[a", "syntax"),
        ("[b-a]", "syntax"),
        ("a**", "syntax"),
        ("a{2,1}", "syntax"),
        ("a{,2}", "syntax"),
        ("\\a", "syntax"),
        ("\\u{110000}", "syntax"),
        ("\\x4", "syntax"),
        ("(?<n", "syntax"),
        ("\\", "syntax"),
    ],
)
def test_what_json_schema_patterns_may_not_say(pattern: str, rule: str) -> None:
    with pytest.raises(PatternUnsupported) as refused:
        parse_ecma(pattern)

    assert refused.value.rule == rule


@pytest.mark.parametrize(
    "pattern", ["(", "a)", "[]", "[a", "a??", "*", "[b-a]", "\\z", "a{", "{1}", "[a-\\d]", "]", "[a-z-[b]"]
)
def test_what_is_no_pattern_of_xsd(pattern: str) -> None:
    with pytest.raises(PatternSyntaxError):
        parse_xsd(pattern)


def test_an_unknown_block() -> None:
    with pytest.raises(PatternUnsupported) as refused:
        parse_xsd("\\p{IsAtlantis}")

    assert refused.value.rule == "block"


def test_a_pattern_with_many_big_classes_is_charged() -> None:
    with pytest.raises(BudgetSpentError):
        parse_ecma("[\\p{L}a]" * 1000)
