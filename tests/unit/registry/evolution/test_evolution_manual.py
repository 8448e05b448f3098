"""The manual pages name every rule and limit that the code knows."""

from pathlib import Path

import pytest

from registry.evolution import limits
from registry.evolution.avro import findings as avro_findings
from registry.evolution.avro import texts as avro_texts
from registry.evolution.openapi import findings as openapi_findings
from registry.evolution.openapi import refusals as openapi_refusals
from registry.evolution.protobuf import findings as protobuf_findings
from registry.evolution.protobuf import refusals as protobuf_refusals
from registry.evolution.wsdl import findings as wsdl_findings
from registry.evolution.wsdl import refusals as wsdl_refusals

DOCS = Path(__file__).parents[4] / "docs"
AVRO_REFUSALS = [value[0] for value in vars(avro_texts).values() if isinstance(value, tuple)]


@pytest.mark.parametrize(
    ("page", "rules"),
    [
        ("evolution-avro.md", [*avro_findings._TEXTS, *AVRO_REFUSALS]),
        ("evolution-protobuf.md", [*protobuf_findings._TEXTS, *protobuf_refusals._TEXTS]),
        ("evolution-protobuf.md", [*openapi_findings._TEXTS, *openapi_refusals._TEXTS]),
        ("evolution-protobuf.md", [*wsdl_findings._TEXTS, *wsdl_refusals._TEXTS]),
    ],
)
def test_every_rule_stands_in_the_manual(page: str, rules: list[str]) -> None:
    text = (DOCS / page).read_text(encoding="utf-8")

    assert [rule for rule in rules if f"`{rule}`" not in text] == []


def test_the_limits_are_those_of_the_manual() -> None:
    text = (DOCS / "evolution.md").read_text(encoding="utf-8")
    known = [limits.TEXT, limits.REFERENCED, limits.REFERENCES, limits.DEPTH, limits.NODES]

    assert [one for one in (*known, limits.PARSE_STEPS, limits.COMPARE_STEPS) if f"| {one:,} |" not in text] == []
