"""Schemas of an OpenAPI description → fields of the neutral form.

Promises: references are followed inside the document only; a schema that contains itself is left out where it does so,
and told; nothing is taken from examples or defaults, which may hold somebody's data. Leaves out alternatives
(`oneOf` of several), maps of free names, lists inside lists: told, not guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, TypeAlias

from bus.kit.new.described import MAX_FIELDS, FieldType, Left, SourceField
from bus.kit.new.forms import form_in
from bus.kit.new.refused import SourceRefusedError

Json: TypeAlias = Mapping[str, object]

_HOPS: Final = 20
_DEPTH: Final = 12
_TYPES: Final[Mapping[str, FieldType]] = {
    "string": "text",
    "integer": "integer",
    "number": "number",
    "boolean": "boolean",
}
_STEP: Final = re.compile(r"[^.!\s\x00-\x1f]{1,128}")


@dataclass(slots=True)
class Document:
    """A description with its places; `follow` leads through references."""

    name: str
    whole: Json
    lines: Mapping[tuple[str | int, ...], int] = field(default_factory=dict)

    def spot(self, path: tuple[str | int, ...]) -> str:
        """`file:line` of a value."""
        while path and path not in self.lines:
            path = path[:-1]
        return f"{self.name}:{self.lines.get(path, 1)}"

    def follow(self, value: object, at: tuple[str | int, ...]) -> Json:
        """What stands there, references followed.

        Raises:
            SourceRefusedError: a reference leaves the document, or leads nowhere.
        """
        for _ in range(_HOPS):
            if not isinstance(value, Mapping):
                break
            reference = value.get("$ref")
            if not isinstance(reference, str):
                return value
            if not reference.startswith("#/"):
                raise SourceRefusedError("external-reference", self.spot(at))
            value = self._target(reference)
        raise SourceRefusedError("unknown-reference", self.spot(at))

    def _target(self, reference: str) -> object:
        value: object = self.whole
        for step in reference[2:].split("/"):
            key = step.replace("~1", "/").replace("~0", "~")
            value = value.get(key) if isinstance(value, Mapping) else None
        return value


@dataclass(slots=True)
class Fields:
    """The fields below one schema; `left` tells what was left out."""

    document: Document
    at: tuple[str | int, ...]
    left: list[Left] = field(default_factory=list)
    _count: int = 0

    def below(
        self, schema: object, prefix: str = "", names: tuple[str, ...] = (), *, required: bool = False
    ) -> Iterator[SourceField]:
        """Every leaf below a schema, in the order of the description."""
        yield from self._node(schema, prefix, names, (), required=required)

    def _node(
        self, schema: object, place: str, names: tuple[str, ...], seen: tuple[int, ...], *, required: bool
    ) -> Iterator[SourceField]:
        found = merged(self.document, schema, self.at)
        key = id(self.document.follow(schema, self.at))
        if key in seen or len(seen) > _DEPTH:
            self.left.append(Left(place, "recursive", self.document.spot(self.at)))
            return
        inside = (*seen, key)
        if "properties" in found:
            yield from self._members(found, place, names, inside, required=required or not names)
        elif kind_of(found) == "array":
            yield from self._list(found, place, names, inside)
        elif names:
            yield self._leaf(found, place, names, required=required)

    def _members(
        self, schema: Json, place: str, names: tuple[str, ...], seen: tuple[int, ...], *, required: bool
    ) -> Iterator[SourceField]:
        wanted = schema.get("required")
        needed = set(map(str, wanted)) if isinstance(wanted, list) else set()
        properties = schema.get("properties")
        for name, child in properties.items() if isinstance(properties, Mapping) else ():
            below = f"{place}.{name}" if place else str(name)
            if not _STEP.fullmatch(str(name)):
                self.left.append(Left(below, "bad-name", self.document.spot(self.at)))
                continue
            yield from self._node(child, below, (*names, str(name)), seen, required=required and name in needed)

    def _list(self, schema: Json, place: str, names: tuple[str, ...], seen: tuple[int, ...]) -> Iterator[SourceField]:
        items = merged(self.document, schema.get("items", {}), self.at)
        if "[]" in place or "properties" not in items or not place:
            self.left.append(Left(place, "list", self.document.spot(self.at)))
            return
        yield from self._node(schema.get("items", {}), f"{place}[]", names, seen, required=True)

    def _leaf(self, schema: Json, place: str, names: tuple[str, ...], *, required: bool) -> SourceField:
        self._count += 1
        if self._count > MAX_FIELDS:
            raise SourceRefusedError("too-many-fields", self.document.spot(self.at))
        values = schema.get("enum", [])
        label = " ".join(str(schema[key]) for key in ("title", "description") if isinstance(schema.get(key), str))
        kind, forms = _typed(schema, label)
        longest = schema.get("maxLength")
        return SourceField(
            place=place,
            names=names,
            type=kind,
            label=label[:500],
            required=required,
            values=tuple(str(value) for value in values if value is not None) if isinstance(values, list) else (),
            pattern=str(schema.get("pattern", "")),
            max_length=longest if isinstance(longest, int) else None,
            forms=forms,
        )


def _typed(schema: Json, label: str) -> tuple[FieldType, tuple[str, ...]]:
    kind = _TYPES.get(kind_of(schema), "other")
    if kind == "text" and schema.get("format") == "date":
        return "date", ("yyyy-MM-dd",)
    if kind == "text" and schema.get("format") == "date-time":
        return "moment", ()
    return kind, form_in(label) if kind == "text" else ()


def kind_of(schema: Json) -> str:
    """The JSON type, null aside; "" where there are several or none."""
    declared = schema.get("type", "")
    kinds = {str(one) for one in (declared if isinstance(declared, list) else [declared])} - {"null"}
    return kinds.pop() if len(kinds) == 1 else ""


def merged(document: Document, schema: object, at: tuple[str | int, ...]) -> Json:
    """The schema with its references and `allOf` put together; of alternatives the only one that is not null."""
    found = dict(document.follow(schema, at))
    for keyword in ("oneOf", "anyOf"):
        branches = found.get(keyword)
        real = [one for one in branches if not _is_null(one)] if isinstance(branches, list) else []
        if len(real) == 1:
            found = {**found, **document.follow(real[0], at)}
    parts = found.pop("allOf", None)
    for part in parts if isinstance(parts, list) else ():
        found = _together(found, document.follow(part, at))
    return found


def _is_null(schema: object) -> bool:
    return isinstance(schema, Mapping) and schema.get("type") == "null"


def _together(one: Json, two: Json) -> dict[str, object]:
    joined: dict[str, object] = {**two, **one}
    for keyword, empty in (("properties", {}), ("required", [])):
        first, second = one.get(keyword, empty), two.get(keyword, empty)
        if isinstance(first, Mapping) and isinstance(second, Mapping) and (first or second):
            joined[keyword] = {**second, **first}
        elif isinstance(first, list) and isinstance(second, list) and (first or second):
            joined[keyword] = [*first, *second]
    return joined


def moved(fields: tuple[SourceField, ...], before: str) -> tuple[SourceField, ...]:
    """The fields as seen from the record at `before`; those outside it are left out."""
    return tuple(
        replace(one, place=one.place.removeprefix(before), names=one.names[0 if before == "[]." else 1 :])
        for one in fields
        if one.place.startswith(before)
    )
