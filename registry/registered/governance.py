"""What a schema of the governed context must say of itself: owner, legal basis, effective date, a term per field.

Promises: every reason is listed, by name and place: JSON pointers, paths of local names in XSD. Leaves out: whose
agency asks, and whether the terms exist. The text is one that its format has read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Final

import orjson

from registry.evolution.port import FormatName
from registry.registered.xsd_fields import TooManyPlacesError, fields
from registry.shapes import TERM

TERM_PREFIX: Final = "term:"
"""A property `term:PLACE` names the term of a field where the text itself cannot: XSD, Avro, Protobuf."""
_AGENCY: Final = re.compile(r"a[0-9]{6}")
_BASIS: Final = re.compile(r"\w[\w./:();, -]{0,119}")
_TERM: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,79}")
_MOST: Final = 50
_HOLDING_FIELDS: Final = frozenset({"properties", "patternProperties"})
_HOLDING_SCHEMAS: Final = frozenset({"$defs", "definitions", "dependentSchemas"})
_HOLDING_DATA: Final = frozenset({"const", "enum", "default", "examples", "example"})
_DEPTH: Final = 100


def missing(kind: FormatName, text: str, properties: Mapping[str, str]) -> list[str]:
    """Every reason why this schema may not stand there; at most fifty."""
    reasons = [*_said(properties), *_terms(kind, text, properties)]
    return reasons[:_MOST]


def _said(properties: Mapping[str, str]) -> Iterator[str]:
    if not _AGENCY.fullmatch(properties.get("owner", "")):
        yield "metadata.properties.owner: the id of the agency that answers for it (a100001)"
    if not _BASIS.fullmatch(properties.get("basis", "")):
        yield "metadata.properties.basis: the legal basis (278/2025/NĐ-CP)"
    try:
        date.fromisoformat(properties.get("effectiveDate", ""))
    except ValueError:
        yield "metadata.properties.effectiveDate: the day from which it holds (2026-01-01)"


def _terms(kind: FormatName, text: str, properties: Mapping[str, str]) -> Iterator[str]:
    bound = {name.removeprefix(TERM_PREFIX): term for name, term in properties.items() if name.startswith(TERM_PREFIX)}
    for place, term in bound.items():
        if not _TERM.fullmatch(term):
            yield f"metadata.properties.{TERM_PREFIX}{place}: no name of a dictionary term"
    if kind is FormatName.JSON:
        yield from (
            f"{place}: lacks {TERM} (or metadata.properties.{TERM_PREFIX}{place})"
            for place in _unbound(orjson.loads(text), "", 0)
            if place not in bound
        )
    elif kind is FormatName.XSD:
        try:
            places = fields(text, frozenset(bound))
        except TooManyPlacesError:
            yield "too many places to bind: bind the element that holds them"
            return
        yield from (f"{place}: lacks metadata.properties.{TERM_PREFIX}{place}" for place in places)
    elif not bound:
        yield f"metadata.properties.{TERM_PREFIX}PLACE: at least one field bound to a dictionary term"


def _unbound(schema: object, place: str, depth: int) -> Iterator[str]:
    """Places of properties that no term is bound to, here or around them."""
    if depth > _DEPTH:
        return
    if isinstance(schema, list):
        for number, one in enumerate(schema):
            yield from _unbound(one, f"{place}/{number}", depth + 1)
    if isinstance(schema, dict) and TERM not in schema:
        for word, value in schema.items():
            yield from _under(word, value, f"{place}/{word}", depth + 1)


def _under(word: str, value: object, place: str, depth: int) -> Iterator[str]:
    """The same below one keyword."""
    if word in _HOLDING_DATA:
        return
    if not isinstance(value, dict) or word not in _HOLDING_FIELDS | _HOLDING_SCHEMAS:
        yield from _unbound(value, place, depth)
        return
    walk = _field if word in _HOLDING_FIELDS else _unbound
    for name, one in value.items():
        yield from walk(one, f"{place}/{_escaped(name)}", depth)


def _field(schema: object, place: str, depth: int) -> Iterator[str]:
    """A property: bound itself, or a frame whose own properties are."""
    if isinstance(schema, dict) and TERM not in schema:
        if any(word in schema for word in ("properties", "items", "$ref", "allOf", "anyOf", "oneOf", "prefixItems")):
            yield from _unbound(schema, place, depth + 1)
        else:
            yield place
    elif not isinstance(schema, dict):
        yield place


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")
