"""Shapes of questions and answers: the schema version that the registry names, and nothing beside it.

Promises: the first violated rule and its place are named, never the value; a body is parsed once, through the JSON
or the XML door; beside the one body that the schema describes nothing travels, but X-Road's own message at the
services that speak it.
Leaves out: compiling schemas (`registry.subjects`), which happens once per snapshot.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from bus import bodies
from registry.catalogue import Service
from registry.subjects import SchemaVersion
from registry.xsd import XsdSubject
from schemas.envelope import Envelope, Part
from schemas.json import JsonError
from schemas.json import read as read_json
from schemas.parts import BODY
from schemas.problems import Code, FaultAt, problem
from schemas.xml import XmlError, parse

JSON: Final = "application/json"
XML: Final = "application/xml"
OPAQUE: Final = "opaque@1"
"""What stands as `schema` where the service is opaque: one raw body, judged by nobody."""


_ALONE: Final = re.compile(r"(?!)")
_BESIDE_OPAQUE: Final = re.compile(r"xroad|attachment[1-9][0-9]?", re.ASCII)
_BESIDE_QUESTION: Final = re.compile(r"xroad|payload", re.ASCII)
_BESIDE_ANSWER: Final = re.compile(r"xroad", re.ASCII)
"""What no schema judges must not bring what was not agreed: no payload, no attachment."""


def beside(service: Service, *, answer: bool = False) -> re.Pattern[str]:
    """Which parts may travel beside the body of a question to this service, or of its answer."""
    if service.xroad is None:
        return _ALONE
    if service.opaque:
        return _BESIDE_OPAQUE
    return _BESIDE_ANSWER if answer else _BESIDE_QUESTION


def name_of(schema: SchemaVersion) -> str:
    """How an envelope names a schema version."""
    return f"{schema.subject}@{schema.version}"


def media_type_of(schema: SchemaVersion) -> str:
    """What a body of this schema is."""
    return XML if isinstance(schema, XsdSubject) else JSON


def parse_body(data: bytes, media_type: str, fault_at: FaultAt) -> object:
    """The body as a JSON object, or as an XML element.

    Raises:
        ProblemError: 303, unreadable, with the rule and the line.
    """
    if media_type == JSON:
        try:
            value = read_json(data)
        except JsonError as error:
            place = f"line {error.line}"
            raise problem(Code.BODY_MALFORMED, rule=error.rule, place=place, fault_at=fault_at) from None
        if not isinstance(value, dict):
            raise problem(Code.BODY_MALFORMED, rule="object", place="/", fault_at=fault_at)
        return value
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


def only_body(
    envelope: Envelope, parts: Sequence[bytes], schema: str, fault_at: FaultAt, others: re.Pattern[str] = _ALONE
) -> tuple[Part, bytes]:
    """The first part of a question or an answer: nothing may travel beside what is judged, but the `others`.

    Raises:
        ProblemError: 117 or 123; 305, the envelope names another schema.
    """
    if envelope.schema != schema:
        raise problem(Code.SCHEMA_VERSION, rule="schema", place="/schema", fault_at=fault_at, expected=schema)
    for index, part in enumerate(envelope.parts):
        if part.id != BODY if index == 0 else not others.fullmatch(part.id):
            raise problem(Code.PART_UNEXPECTED, rule="only-body", place=f"/parts/{index}", fault_at=fault_at)
    if not parts:
        raise problem(Code.PART_MISSING, rule="part-body", place="/parts", fault_at=fault_at)
    return envelope.parts[0], parts[0]


def read_body(
    envelope: Envelope,
    parts: Sequence[bytes],
    schema: SchemaVersion,
    *,
    terms: frozenset[str] | None,
    wrong: Code,
    fault_at: FaultAt,
    others: re.Pattern[str] = _ALONE,
) -> object:
    """The body, valid by `schema` and holding agreed terms only; beside it nothing but the `others`.

    Raises:
        ProblemError: `wrong` with rule and pointer; 116 to 118, 123, 303 or 305 before that.
    """
    part, data = only_body(envelope, parts, name_of(schema), fault_at, others)
    if bodies.by_spool(part):
        # What a schema describes is read by hub and nodes: it travels in the message.
        raise problem(Code.PART_TOO_LARGE, place="/parts/0", fault_at=fault_at, limit=bodies.MAX_INLINE_BYTES)
    if part.media_type != media_type_of(schema):
        raise problem(Code.PART_MEDIA_TYPE, rule="media-type", place="/parts/0/media_type", fault_at=fault_at)
    value = parse_body(data, part.media_type, fault_at)
    must_fit(value, schema, terms, wrong, fault_at)
    return value
