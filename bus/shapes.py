"""Shapes of questions and answers: the schema version that the registry names, and nothing beside it.

Promises: the first violated rule and its place are named, never the value; a body is parsed once, by orjson or
through the XML door. Leaves out: compiling schemas (`registry.subjects`), which happens once per snapshot.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import orjson

from bus import bodies
from registry.subjects import SchemaVersion
from registry.xsd import XsdSubject
from schemas.envelope import Envelope
from schemas.problems import Code, FaultAt, problem
from schemas.xml import XmlError, parse

JSON: Final = "application/json"
XML: Final = "application/xml"


def name_of(schema: SchemaVersion) -> str:
    """How an envelope names a schema version."""
    return f"{schema.subject}@{schema.version}"


def media_type_of(schema: SchemaVersion) -> str:
    """What a body of this schema is."""
    return XML if isinstance(schema, XsdSubject) else JSON


def parse_body(data: bytes, media_type: str, fault_at: FaultAt) -> object:
    """The body as JSON values, or as an XML element.

    Raises:
        ProblemError: 303, unreadable, with the rule and the line.
    """
    if media_type == JSON:
        try:
            return orjson.loads(data)
        except orjson.JSONDecodeError as error:
            place = f"line {error.lineno}"
            raise problem(Code.BODY_MALFORMED, rule="json", place=place, fault_at=fault_at) from None
    try:
        return parse(data)
    except XmlError as error:
        raise problem(
            Code.BODY_MALFORMED, rule=error.rule, place=f"line {error.line or 0}", fault_at=fault_at
        ) from None


def must_fit(
    value: object, schema: SchemaVersion, terms: frozenset[str] | None, wrong: Code, fault_at: FaultAt
) -> None:
    """Refuse a value that breaks its schema, or holds more than `terms`.

    Raises:
        ProblemError: `wrong` with the first rule and its pointer.
    """
    violations = schema.violations(value, terms)
    if violations:
        first = violations[0]
        raise problem(wrong, rule=first.rule, place=first.pointer or "/", fault_at=fault_at, violations=len(violations))


def read_body(
    envelope: Envelope,
    parts: Sequence[bytes],
    schema: SchemaVersion,
    *,
    terms: frozenset[str] | None,
    wrong: Code,
    fault_at: FaultAt,
) -> object:
    """The body, valid by `schema` and holding agreed terms only.

    Raises:
        ProblemError: `wrong` with rule and pointer; 117, 118, 303 or 305 before that.
    """
    expected = name_of(schema)
    if envelope.schema != expected:
        raise problem(Code.SCHEMA_VERSION, place="/schema", fault_at=fault_at, expected=expected)
    part, data = bodies.body_of(envelope, parts)
    if bodies.by_spool(part):
        # What a schema describes is read by hub and nodes: it travels in the message. Other parts may be large.
        raise problem(Code.PART_TOO_LARGE, place="/parts", fault_at=fault_at, limit=bodies.MAX_INLINE_BYTES)
    if part.media_type != media_type_of(schema):
        raise problem(Code.PART_MEDIA_TYPE, rule="media-type", place="/parts", fault_at=fault_at)
    value = parse_body(data, part.media_type, fault_at)
    must_fit(value, schema, terms, wrong, fault_at)
    return value
