"""Every XSD that the product ships is included in itself, and not in itself with something taken away."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from lxml import etree
from xsd_pairs import compared, read

from registry.evolution import limits
from registry.evolution.budget import Budget
from registry.evolution.verdict import Incompatible
from registry.evolution.xsd.compare import Comparison
from registry.evolution.xsd.format import ParsedXsd
from schemas.xml import parse

ROOT = Path(__file__).parents[4]
FILES = [*ROOT.glob("schemas/profiles/schemas/*/*.xsd"), *ROOT.glob("tests/lib/peer_wsdl/xsd/*.xsd")]
WSDLS = [ROOT / "config/sample/adapters/population.wsdl", ROOT / "tests/lib/peer_wsdl/population.wsdl"]
XS = "{http://www.w3.org/2001/XMLSchema}"


def inline() -> list[tuple[str, str]]:
    """Schemas within the WSDLs."""
    found = []
    for file in WSDLS:
        schemas = parse(file.read_bytes()).iter(f"{XS}schema")
        texts = [etree.tostring(node, encoding="unicode", with_tail=False) for node in schemas]
        found += [(f"{file.name}-{number}", text) for number, text in enumerate(texts)]
    return [(name, re.sub(r'(<xs:import namespace="urn:test:dancu:request")', _LOCATED, text)) for name, text in found]


_LOCATED = r'\1 schemaLocation="xsd/request-types.xsd"'
SHIPPED = [*((file.parent.name, file.read_text(encoding="utf-8")) for file in FILES), *inline()]
REFERENCES = {"xsd/request-types.xsd": (ROOT / "tests/lib/peer_wsdl/xsd/request-types.xsd").read_text(encoding="utf-8")}


def differences(writer: ParsedXsd, reader: ParsedXsd) -> list[str]:
    assert writer.schema is not None
    assert reader.schema is not None
    found = Comparison(writer.schema, reader.schema, Budget(limits.COMPARE_STEPS))
    found.run()
    assert found.spent is None
    return [seen.doubt.rule for seen in found.doubts]


@pytest.mark.parametrize("text", [text for _, text in SHIPPED], ids=[name for name, _ in SHIPPED])
def test_each_is_included_in_itself(text: str):
    assert differences(read(text, REFERENCES), read(text, REFERENCES)) == []


@pytest.mark.parametrize("text", [text for _, text in SHIPPED], ids=[name for name, _ in SHIPPED])
def test_an_element_that_is_renamed_is_found_and_shown(text: str):
    named = re.findall(r'<xs:element[^>]* name="(\w+)"', text)
    schema = read(text, REFERENCES).schema
    if not named or schema is None or not schema.elements:
        return  # types only: there is no document
    other = re.sub(rf'(<xs:element[^>]* name="){named[-1]}"', r'\1Renamed"', text)
    verdict = compared(read(text, REFERENCES), read(other, REFERENCES))
    assert isinstance(verdict, Incompatible)
    assert verdict.witness is not None
    assert named[-1] in verdict.witness.text
