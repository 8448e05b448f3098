"""A subject version at work: judging data, and cutting data to agreed terms.

Promises that a violation names a rule and a place and never a value; that nothing is fetched; that patterns run in
linear time; that validators are compiled once and cached per set of terms, a bounded number of them.
Leaves out how schemas become agreed terms (``registry.agreements``) and parsing: data arrives as parsed JSON.
Source: JSON Schema 2020-12; formats are asserted (Validation §7.2.1, format-assertion).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol, TypeVar

import jsonschema_rs

from registry.shapes import Object, Shape, cut, frame_of, narrow, project

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from registry.model import SchemaDocument

Value = TypeVar("Value")

_CACHED: Final = 128
_REPORTED: Final = 50
_PATTERNS: Final = jsonschema_rs.RegexOptions(size_limit=1 << 20, dfa_size_limit=1 << 21)


@dataclass(frozen=True, slots=True)
class Violation:
    """A broken rule (JSON Schema keyword or XSD constraint) at a JSON pointer or element path; never a value."""

    rule: str
    pointer: str


class SchemaVersion(Protocol):
    """One version of a subject, whatever its language."""

    @property
    def subject(self) -> str:
        """Name, for instance ``population.person-answer``."""

    @property
    def version(self) -> int:
        """Counts from 1."""

    @property
    def terms(self) -> frozenset[str]:
        """Every dictionary term that data of this version can hold."""

    def violations(self, data: object, allowed_terms: frozenset[str] | None = None) -> list[Violation]:
        """What is wrong with ``data``; with ``allowed_terms`` anything else than those terms is wrong too.

        Empty when all is well; at most 50 are listed.
        """

    def project(self, data: object, allowed_terms: frozenset[str]) -> object:
        """``data`` with only the allowed terms (minimisation before sealing); the input is not changed."""


def compile_json(document: Object) -> jsonschema_rs.Draft202012Validator:
    """A validator that fetches nothing, asserts formats and masks values.

    Raises:
        jsonschema_rs.ValidationError: the document is no JSON Schema, or refers to something outside itself.
    """
    return jsonschema_rs.Draft202012Validator(
        document,
        validate_formats=True,
        ignore_unknown_formats=False,
        offline=True,
        mask="…",
        pattern_options=_PATTERNS,
    )


class JsonSubject:
    """A subject version written in JSON Schema."""

    __slots__ = (
        "_cuts",
        "_document",
        "_frame",
        "_full",
        "_names",
        "_validators",
        "source",
        "subject",
        "terms",
        "version",
    )

    def __init__(self, source: SchemaDocument) -> None:
        self.source: Final = source
        self.subject: Final = source.subject
        self.version: Final = source.version
        self._document: Final[Object] = source.document or {}
        frame = frame_of(self._document)
        self._frame: Final[Shape | None] = None if frame.faults else frame.root
        self.terms: Final[frozenset[str]] = frame.root.terms()
        self._names: frozenset[str] | None = None
        self._full: jsonschema_rs.Draft202012Validator | None = None
        self._validators: dict[frozenset[str], jsonschema_rs.Draft202012Validator] = {}
        self._cuts: dict[frozenset[str], Shape | None] = {}

    def __repr__(self) -> str:
        return f"<{self.subject}@{self.version}>"

    def violations(self, data: object, allowed_terms: frozenset[str] | None = None) -> list[Violation]:
        """See ``SchemaVersion``; ``data`` is parsed JSON."""
        validator = self._validator(allowed_terms)
        try:
            if validator.is_valid(data):
                return []
            return list(self._told(validator, data))
        except ValueError:
            # The validator's own limits: nesting, or a value that is no JSON. Its message quotes the value.
            return [Violation("unreadable", "")]

    def project(self, data: object, allowed_terms: frozenset[str]) -> object:
        """See ``SchemaVersion``; an opaque version (no frame) and data too deep to walk give nothing away."""
        try:
            shape = self._cuts[allowed_terms]
        except KeyError:
            shape = None if self._frame is None else cut(self._frame, allowed_terms)
            _remember(self._cuts, allowed_terms, shape)
        try:
            return {} if shape is None else project(data, shape)
        except RecursionError:
            return {}

    def warm(self, allowed_terms: frozenset[str] | None = None) -> None:
        """Compile now what a first question would otherwise wait for."""
        self._validator(allowed_terms)

    def _validator(self, allowed: frozenset[str] | None) -> jsonschema_rs.Draft202012Validator:
        if allowed is None:
            if self._full is None:
                self._full = compile_json(self._narrowed(self.terms))
            return self._full
        found = self._validators.get(allowed)
        if found is None:
            found = compile_json(self._narrowed(allowed))
            _remember(self._validators, allowed, found)
        return found

    def _narrowed(self, allowed: frozenset[str]) -> Object:
        return self._document if self._frame is None else narrow(self._document, self._frame, allowed)

    def _told(self, validator: jsonschema_rs.Draft202012Validator, data: object) -> Iterator[Violation]:
        for number, error in enumerate(validator.iter_errors(data)):
            if number == _REPORTED:
                return
            place = self._pointer(data, error.instance_path)
            kind = error.kind
            if isinstance(kind, jsonschema_rs.ValidationErrorKind.Required):
                place = f"{place}/{self._known(kind.property)}"
            yield Violation(kind.name, place)

    def _pointer(self, data: object, path: Iterable[str | int]) -> str:
        """A JSON pointer (RFC 6901). The data decides what is an index: the validator says 7 for a key "007" too."""
        pointer, node = "", data
        for step in path:
            if isinstance(node, list) and isinstance(step, int):
                pointer, node = f"{pointer}/{step}", node[step]
            else:
                pointer = f"{pointer}/{self._known(str(step))}"
                node = node.get(str(step)) if isinstance(node, dict) else None
        return pointer

    def _known(self, name: str) -> str:
        """A name that the schema does not know may be a citizen's number, so it is masked."""
        if self._names is None:
            self._names = frozenset(_property_names(self._document))
        return name.replace("~", "~0").replace("/", "~1") if name in self._names else "*"


def _remember(cache: dict[frozenset[str], Value], key: frozenset[str], value: Value) -> None:
    """Keep a bounded number: a consumer may ask any subset of its terms."""
    if len(cache) >= _CACHED:
        del cache[next(iter(cache))]
    cache[key] = value


def _property_names(document: object) -> Iterator[str]:
    waiting = [document]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            if isinstance(properties := node.get("properties"), dict):
                yield from properties
            waiting.extend(node.values())
        elif isinstance(node, list):
            waiting.extend(node)
