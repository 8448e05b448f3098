"""The manual page names every rule of XSD that the code knows."""

from pathlib import Path

from registry.evolution.xsd import refuse, words

PAGE = Path(__file__).parents[4] / "docs" / "evolution-xsd.md"


def test_every_rule_stands_in_the_manual():
    text = PAGE.read_text(encoding="utf-8")
    rules = [*words.RULES, *words.CAUTIONS, *words._UNKNOWN, *refuse._SAID]
    assert [rule for rule in rules if f"`{rule}`" not in text] == []


def test_every_rule_is_said_in_both_languages():
    for rule in (*words.RULES.values(), *words.CAUTIONS.values()):
        for said in (rule.said, rule.mend):
            assert said.vi.strip()
            assert said.en.strip()
            assert said.vi != said.en
