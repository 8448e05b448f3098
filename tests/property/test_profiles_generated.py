"""Generated documents of shipped profiles: two independent validators agree, in what they take and what they refuse."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any, Final

import profile_judges
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from hypothesis_jsonschema import from_schema
from lxml import etree

from bus.registry.profiles import shipped
from bus.sample import population_store
from bus.sample.population import households
from bus.sample.population_records import OPERATIONS
from registry.shapes import TERM
from schemas import ids
from schemas.xml import parse

if TYPE_CHECKING:
    from collections.abc import Callable

PROFILES = shipped()
SMALL = ("household", "dossier-status", "payment-confirm", "monthly-statistics", "death-registration")
BOUNDED = settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
DOCUMENTS: dict[str, Any] = {name: PROFILES.profiles[f"{name}@1"].schema.document for name in SMALL}
JSON = sorted(name for name, profile in PROFILES.profiles.items() if profile.kind == "json")


def documents(node: dict[str, Any], defs: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Documents of a schema: the frame by hand, for hypothesis-jsonschema fails at objects with this Hypothesis."""
    if TERM in node:
        leaf = {key: value for key, value in node.items() if key not in {"$ref", TERM}}
        return from_schema({**defs.get(str(node.get("$ref", "")).removeprefix("#/$defs/"), {}), **leaf})
    if "items" in node:
        return st.lists(documents(node["items"], defs), min_size=node.get("minItems", 0), max_size=3)
    made = {name: documents(child, defs) for name, child in node["properties"].items()}
    wanted = {name: made.pop(name) for name in node.get("required", [])}
    return st.fixed_dictionaries(wanted, optional=made)


def one_line(value: object) -> bool:
    """Python's ``$`` lets a line break follow, ECMA-262's does not: such texts are no fair question."""
    return "\\n" not in json.dumps(value)


SOURCES = {name: documents(schema, schema.get("$defs", {})) for name, schema in DOCUMENTS.items()}


@pytest.mark.parametrize("name", SMALL)
@BOUNDED
@given(data=st.data())
def test_what_the_schema_generates_is_taken_by_both(name: str, data: st.DataObject):
    profile = PROFILES.profiles[f"{name}@1"]
    document = data.draw(SOURCES[name].filter(one_line))
    encoded = json.dumps(document).encode()
    assert profile_judges.broken(profile, encoded) == set()
    assert profile.violations(encoded) == []


def places(node: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Every place of a document below its root."""
    steps = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [found for step, child in steps for found in ((*path, step), *places(child, (*path, step)))]


ODD: Final = ("", "x", "2026-02-30", "9" * 40, "Đ" * 5000, 0, -1, 1.5, 10**18, True, None, [], {}, [None])


@pytest.mark.parametrize("ref", JSON)
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_of_a_good_example_changed_at_one_place_both_say_the_same(ref: str, data: st.DataObject):
    profile = PROFILES.profiles[ref]
    document = json.loads(profile.good[data.draw(st.sampled_from(sorted(profile.good)))])
    *above, last = data.draw(st.sampled_from(places(document)))
    node: Any = document
    for step in above:
        node = node[step]
    if data.draw(st.booleans()):
        node[last] = data.draw(st.sampled_from(ODD))
    else:
        del node[last]
    encoded = json.dumps(document).encode()
    found = {(violation.rule, violation.pointer) for violation in profile.violations(encoded)}
    assert found == profile_judges.broken(profile, encoded)


XML_ODD: Final = ("", " ", "x", "0", "-1", "99999999999999999999", "2026-02-30", "Đ" * 300, "a b", "K4")
STRAY_TEXT: Final = {"cvc-complex-type-2-3"}
"""XSD 1.0 Structures 3.4.4, clause 2.3: libxml2 tells it, xmlschema forgets it where a wildcard may stand."""
XSD = sorted(name for name, profile in PROFILES.profiles.items() if profile.kind == "xsd")


@pytest.mark.parametrize("ref", XSD)
@settings(max_examples=12, deadline=None)
@given(data=st.data())
def test_of_a_good_xml_example_changed_at_one_place_both_say_the_same(ref: str, data: st.DataObject):
    profile = PROFILES.profiles[ref]
    root = parse(profile.good[data.draw(st.sampled_from(sorted(profile.good)))])
    elements = list(root.iterdescendants("*")) or [root]
    chosen = data.draw(st.sampled_from(elements))
    above = chosen.getparent()
    match data.draw(st.sampled_from(("text", "gone", "twice", "renamed"))):
        case "text":
            chosen.text = data.draw(st.sampled_from(XML_ODD))
        case "gone" if above is not None:
            above.remove(chosen)
        case "twice" if above is not None:
            above.insert(above.index(chosen), copy.deepcopy(chosen))
        case _:
            chosen.tag = f"{chosen.tag}x"
    encoded = etree.tostring(root)
    broken = {violation.rule for violation in profile.violations(encoded)} - {"not-agreed"}
    assume(broken != STRAY_TEXT)
    assert bool(broken) == bool(profile_judges.broken(profile, encoded))


def patterns(name: str) -> set[str]:
    """Every spelling of one shared definition over all profiles."""
    schemas = [profile.schema.document or {} for profile in PROFILES.profiles.values()]
    definitions: list[Any] = [schema["$defs"] for schema in schemas if "$defs" in schema]
    return {json.dumps(definition[name]) for definition in definitions if name in definition}


PARSERS: Final[dict[str, tuple[Callable[[str], object], frozenset[str]]]] = {
    "citizen-number": (ids.CitizenNumber.parse, frozenset({"citizen.placeholder"})),
    "old-card": (ids.old_card_number, frozenset({"old-card.placeholder"})),
    "insurance-number": (ids.social_insurance_number, frozenset({"social-insurance.placeholder"})),
    "tax-number": (ids.TaxNumber.parse, frozenset({"tax.placeholder", "tax.check-digit"})),
    "agency-code": (ids.AgencyCode.parse, frozenset({"agency-code.check-digit"})),
    "procedure-code": (ids.ProcedureCode.parse, frozenset()),
    "dossier-code": (ids.DossierCode.parse, frozenset({"dossier.day"})),
}
"""Definition → its parser, and the rules that no pattern can say."""


@pytest.mark.parametrize("name", PARSERS)
def test_a_definition_is_spelled_alike_wherever_it_stands(name: str):
    assert len(patterns(name)) == 1


@pytest.mark.parametrize("name", PARSERS)
@BOUNDED
@given(data=st.data())
def test_what_an_identifier_s_pattern_takes_its_parser_takes(name: str, data: st.DataObject):
    parse, beyond = PARSERS[name]
    text = data.draw(from_schema(json.loads(*patterns(name))).filter(one_line))
    try:
        parse(text)
    except ids.IdentifierError as error:
        assert error.rule in beyond  # noqa: PT017 - the rule is the point, whether or not it is raised


def test_every_value_of_a_frame_is_bounded():
    """No text, list or number without its limit, wherever a term stands."""
    loose = []
    for ref in JSON:
        document: Any = PROFILES.profiles[ref].schema.document
        defs = document.get("$defs", {})
        waiting: list[Any] = [document]
        while waiting:
            node = waiting.pop()
            waiting += [*node.get("properties", {}).values(), *([node["items"]] if "items" in node else [])]
            if node.get("type") == "array" and "maxItems" not in node:
                loose.append((ref, node))
            leaf = {**defs.get(node.get("$ref", "").removeprefix("#/$defs/"), {}), **node}
            limits = {"string": "maxLength", "integer": "maximum", "number": "maximum"}
            limit = limits.get(leaf.get("type", ""), TERM)
            if TERM in node and limit not in leaf and "enum" not in leaf:
                loose.append((ref, node))
    assert loose == []


def test_what_the_sample_nation_s_population_database_answers_obeys_the_profile():
    profile = PROFILES.profiles["population-answer@1"]
    columns = [part.split()[0] for part in population_store.TABLES["cong_dan"].split(",")]
    rows: list[Any] = [
        dict(zip(columns, row, strict=True))
        for household in households(600, 3)
        for _, row in population_store.rows(household)
    ]
    for name, build in OPERATIONS.items():
        for people in (rows, rows[:1], []):
            assert profile.violations(etree.tostring(build(people, "20260701000000"))) == [], name
