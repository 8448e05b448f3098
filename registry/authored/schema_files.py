"""Authored schema files → parsed subject versions, with every mistake at its place in the file.

Promises that a schema refers to nothing outside itself and compiles with the validator of the hot path. Leaves out
whether its leaves are terms of the dictionary (``checks_schemas``): that depends on who uses it.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import jsonschema_rs

from registry.authored import read
from registry.shapes import Frame, Object, frame_of
from registry.subjects import compile_json
from registry.xsd import declared_names
from schemas.xml import XmlError, compile_xsd

if TYPE_CHECKING:
    from collections.abc import Iterator

    from registry.authored.book import Book
    from registry.authored.load import Folder, SchemaFile
    from schemas.positions import Path

_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_META: Final = jsonschema_rs.Draft202012Validator({"$ref": _DIALECT}, offline=True)
_DATA: Final = frozenset({"const", "enum", "examples", "default"})
_BANNED: Final = frozenset(
    {"$anchor", "$dynamicAnchor", "$dynamicRef", "$recursiveRef", "$recursiveAnchor", "$vocabulary"}
)


@dataclass(frozen=True, slots=True)
class ParsedSchema:
    """A subject version that can be compiled.

    Attributes:
        document: JSON only.
        frame: JSON only; its faults matter once a shaped service uses the version.
        fields: XSD only: element path → term.
    """

    file: SchemaFile
    document: Object | None = None
    frame: Frame | None = None
    files: dict[str, bytes] = field(default_factory=dict)
    fields: dict[str, str] = field(default_factory=dict)

    @property
    def terms(self) -> frozenset[str]:
        """Terms that its data can hold."""
        return frozenset(self.fields.values()) if self.frame is None else self.frame.root.terms()

    @property
    def question_fields(self) -> frozenset[str] | None:
        """Names of the top-level properties; None where they are not listed (XSD, references)."""
        properties = (self.document or {}).get("properties")
        return frozenset(properties) if isinstance(properties, dict) else None

    @property
    def question_required(self) -> frozenset[str]:
        """Names that the top level requires."""
        required = (self.document or {}).get("required")
        return frozenset(map(str, required)) if isinstance(required, list) else frozenset()


def parse_schemas(folder: Folder) -> dict[str, ParsedSchema]:
    """Every schema file of the folder that is free of mistakes of its own."""
    parsed = {ref: _parse(folder.book, file) for ref, file in folder.schemas.items()}
    return {ref: schema for ref, schema in parsed.items() if schema is not None}


def _parse(book: Book, file: SchemaFile) -> ParsedSchema | None:
    return _parse_json(book, file) if file.kind == "json" else _parse_xsd(book, file)


def _parse_json(book: Book, file: SchemaFile) -> ParsedSchema | None:
    if not read.index(book, file.file, "json"):
        return None
    document = json.loads(book.files[file.file])
    if not isinstance(document, dict):
        book.tell_at(file.file, (), "wrong-type", name=file.ref, expected="object")
        return None
    wrong = [*_foreign(document), *_against_meta(document)]
    for path, rule, keyword in wrong:
        book.tell_key(file.file, path, rule, keyword=keyword)
    if wrong or not _compiles(book, file, document):
        return None
    return ParsedSchema(file, document=document, frame=frame_of(document))


def _foreign(document: Object) -> Iterator[tuple[Path, str, str]]:
    """References that leave the document, and keywords that would move its base."""
    if document.get("$schema", _DIALECT) != _DIALECT:
        yield ("$schema",), "schema-dialect", "$schema"
    waiting: list[tuple[object, Path]] = [(document, ())]
    while waiting:
        node, path = waiting.pop()
        if isinstance(node, float) and not math.isfinite(node):
            # 1e999: JSON readers make it infinite, and JSON writers have no word for that.
            yield path, "bad-schema", next((step for step in reversed(path) if isinstance(step, str)), "$schema")
        if isinstance(node, list):
            waiting.extend((child, (*path, number)) for number, child in enumerate(node))
        if not isinstance(node, dict):
            continue
        for key, value in node.items():
            # Under these keywords stand names that people choose, not keywords.
            named = bool(path) and path[-1] in {"properties", "$defs", "patternProperties", "dependentSchemas"}
            if not named and key in _DATA:
                continue
            if not named and (key in _BANNED or (key in {"$id", "$schema"} and path)):
                yield (*path, key), "schema-dialect", key
            if not named and key == "$ref" and not str(value).startswith("#/$defs/"):
                yield (*path, key), "remote-reference", key
            waiting.append((value, (*path, key)))


def _against_meta(document: Object) -> Iterator[tuple[Path, str, str]]:
    for error in _META.iter_errors(document):
        path = tuple(error.instance_path)
        yield path, "bad-schema", next((step for step in reversed(path) if isinstance(step, str)), "$schema")


def _compiles(book: Book, file: SchemaFile, document: Object) -> bool:
    try:
        compile_json(document)
    except (jsonschema_rs.ValidationError, ValueError) as error:
        path = tuple(getattr(error, "instance_path", ()))
        keyword = next((step for step in reversed(path) if isinstance(step, str)), "$ref")
        book.tell_key(file.file, path, "bad-schema", keyword=keyword)
        return False
    return True


def _parse_xsd(book: Book, file: SchemaFile) -> ParsedSchema | None:
    home = f"schemas/{file.subject}/"
    files = {path: data for path, data in book.files.items() if path.startswith(home) and path.endswith(".xsd")}
    try:
        compile_xsd(file.file, files)
        names = declared_names(files)
    except XmlError as error:
        book.tell_line(file.file, error.line, "bad-xsd", why=error.rule)
        return None
    for item in file.fields:
        if any(step.removeprefix("@") not in names for step in item.table.path.split("/")):
            book.tell(item, ("path",), "field-not-in-xsd", name=item.table.path)
    return ParsedSchema(file, files=files, fields={item.table.path: item.table.term for item in file.fields})
