"""What is said of a document that one schema allows and another refuses: the rule, both places, words, a mend.

Promises at least one finding for every refusal; that places lead to the keyword which refuses and to what the writer's
schema says of the same part. Values of the document are not quoted; names of properties in the schemas are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

import jsonschema_rs

from registry.evolution.json.follow import Speaking, names_property, speaking_of
from registry.evolution.json.reading import Value
from registry.evolution.json.resources import pointer_of
from registry.evolution.json.texts import ADDED, FINDINGS, NARROWED, Words
from registry.evolution.verdict import Finding, Place
from registry.model import Text

if TYPE_CHECKING:
    from registry.evolution.json.format import JsonSchema

_SHOWN: Final = 20
_Kind = jsonschema_rs.ValidationErrorKind


def findings(writer: JsonSchema, reader: JsonSchema, documents: list[Value]) -> tuple[Finding, ...]:
    """What the reader refuses in documents that the writer allows."""
    found: dict[tuple[str, Place], Finding] = {}
    for document in documents:
        for error in reader.confirming.errors(document)[:_SHOWN]:
            for finding in _told(writer, reader, error) if len(found) < _SHOWN else ():
                found.setdefault((finding.rule, finding.reader), finding)
    if not found:
        return (_finding("refused", FINDINGS["refused"], Place(), Place(), {}),)
    return tuple(found.values())


def _told(writer: JsonSchema, reader: JsonSchema, error: jsonschema_rs.ValidationError) -> Iterator[Finding]:
    path = list(error.instance_path)
    speaking = speaking_of(writer.resources, path)
    keyword = str(error.schema_path[-1]) if error.schema_path else ""
    parameters = {"part": pointer_of(path) or "/", "keyword": keyword, "name": str(path[-1]) if path else ""}
    there = _reader_place(reader, error)
    here = _writer_place(writer, speaking, keyword)
    kind = error.kind
    if isinstance(kind, _Kind.Required):
        declared = names_property(speaking.nodes, kind.property)
        rule = "property-became-required" if declared else "property-required-unknown"
        yield _finding(rule, FINDINGS[rule], here, there, {**parameters, "name": kind.property})
    elif isinstance(kind, _Kind.AdditionalProperties | _Kind.UnevaluatedProperties):
        for name in kind.unexpected:
            # A name that the writer does not declare was made up, and means that any would do.
            rule = "property-removed" if names_property(speaking.nodes, name) else "object-closed"
            yield _finding(rule, FINDINGS[rule], here, there, {**parameters, "name": name})
    else:
        rule, words = _rule(speaking, error, keyword)
        yield _finding(rule, words, here, there, parameters)


def _rule(speaking: Speaking, error: jsonschema_rs.ValidationError, keyword: str) -> tuple[str, Words]:
    path = error.instance_path
    if path and isinstance(path[-1], str) and not speaking.reached:
        return "property-added-to-open", FINDINGS["property-added-to-open"]
    if isinstance(error.kind, _Kind.OneOfMultipleValid):
        return "one-of-overlaps", FINDINGS["one-of-overlaps"]
    if isinstance(error.kind, _Kind.FalseSchema):
        return "refused-everything", FINDINGS["refused-everything"]
    plain = keyword if keyword.isalpha() else error.kind.name
    known = speaking.reached and any(plain in node.schema for node in speaking.nodes)
    return f"{kebab(plain)}-{'narrowed' if known else 'added'}", NARROWED if known else ADDED


def kebab(keyword: str) -> str:
    """``maxLength`` → ``max-length``."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", keyword).lower()


def _finding(rule: str, words: Words, here: Place, there: Place, parameters: dict[str, str]) -> Finding:
    said = Text(vi=words.said.vi.format(**parameters), en=words.said.en.format(**parameters))
    mend = Text(vi=words.mend.vi.format(**parameters), en=words.mend.en.format(**parameters))
    return Finding(rule, here, there, said, mend)


def _reader_place(reader: JsonSchema, error: jsonschema_rs.ValidationError) -> Place:
    known = reader.resources.path_at(error.absolute_keyword_location or "")
    document, path = known or ("", tuple(error.schema_path))
    return reader.place(document, path)


def _writer_place(writer: JsonSchema, speaking: Speaking, keyword: str) -> Place:
    for node in speaking.nodes:
        if keyword in node.schema and speaking.reached:
            return writer.place(node.document, (*node.path, keyword))
    for node in speaking.nodes[:1]:
        return writer.place(node.document, node.path)
    return writer.place("", ())
