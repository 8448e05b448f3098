"""An Avro schema in JSON as types.

Promises the rules of the specification: names, namespaces, one definition per name and before its use, unions, symbols,
sizes, defaults that are values of their type. A logical type that is not valid where it stands is left aside, as the
specification asks. Schemas referred to are read first, in an order in which each finds its names.
Leaves out: what changes may be made (``registry.evolution.avro.resolve``).
Source: Apache Avro 1.12 specification, "Schema Declaration".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from registry.evolution import limits
from registry.evolution.avro import texts
from registry.evolution.avro.defaults import fits
from registry.evolution.avro.logical import logical_of
from registry.evolution.avro.model import (
    MISSING,
    PRIMITIVES,
    Array,
    Enum,
    Field,
    Fixed,
    Map,
    Primitive,
    Record,
    Ref,
    Spot,
    Union,
    whole,
    word,
)
from registry.evolution.avro.names import full, is_full, is_simple, namespace_of
from registry.evolution.json.reading import read as read_json
from registry.evolution.port import SchemaError
from registry.evolution.verdict import Place

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from registry.evolution.avro.model import Json, Named, Type
    from registry.evolution.budget import Budget

_STRUCTURE: Final = {
    "record": ("fields",),
    "error": ("fields",),
    "enum": ("symbols", "default"),
    "fixed": ("size",),
    "array": ("items",),
    "map": ("values",),
}
_NAMING: Final = ("name", "namespace", "aliases")
_FIELD: Final = ("name", "type", "default", "aliases")
_ORDERS: Final = ("ascending", "descending", "ignore")


class Reader:
    """Reads a schema and those it refers to into one set of names."""

    def __init__(self, budget: Budget) -> None:
        self.names: dict[str, Named] = {}
        self._budget: Final = budget
        self._document = ""
        self._waiting: list[tuple[Field, Json]] = []
        self.refused_at: Spot | None = None
        """Where the latest refusal stands."""

    def read(self, text: str, references: Mapping[str, str]) -> Type:
        """Read a schema after those that it refers to.

        Raises:
            SchemaError: one of them is none.
        """
        if sum(map(len, references.values())) > limits.REFERENCED or len(references) > limits.REFERENCES:
            raise self._refused(texts.REFERENCES_TOO_LONG, Spot("", (), ""))
        waiting = {name: read_json(reference, name, self._budget) for name, reference in references.items()}
        while waiting:
            del waiting[self._first_readable(waiting)]
        return self._read_one(read_json(text, "", self._budget), "")

    def _first_readable(self, waiting: Mapping[str, Json]) -> str:
        """Read the first text that finds all its names, and say which it was."""
        failed: SchemaError | None = None
        at: Spot | None = None
        for name, value in waiting.items():
            try:
                self._read_one(value, name)
            except SchemaError as error:
                if error.rule != texts.NAME_UNKNOWN[0]:
                    raise
                if failed is None:
                    failed, at = error, self.refused_at
            else:
                self.refused_at = None
                return name
        self.refused_at = at
        raise failed or self._refused(texts.NOT_A_TYPE, Spot("", (), ""))

    def _read_one(self, value: Json, document: str) -> Type:
        """One text. What it names stays only if it was read to the end."""
        known = dict(self.names)
        self._document, self._waiting = document, []
        try:
            found = self._type(value, "", Spot("", (), document))
            for field, default in self._waiting:
                if not fits(default, field.type, self.names, self._budget):
                    raise self._refused(texts.DEFAULT_INVALID, field.spot)
        except SchemaError:
            self.names = known
            raise
        return found

    def _type(self, value: Json, namespace: str, spot: Spot) -> Type:  # noqa: PLR0911 - one for each kind of type
        self._budget.spend(1, "schema")
        if isinstance(value, str):
            return self._by_name(value, namespace, spot)
        if isinstance(value, list):
            return self._union(value, namespace, spot)
        if not isinstance(value, dict) or not isinstance(value.get("type"), str):
            raise self._refused(texts.NOT_A_TYPE, spot)
        kind = value["type"]
        extras = {
            name: item for name, item in value.items() if name not in {"type", *_STRUCTURE.get(kind, ()), *_NAMING}
        }
        if kind in PRIMITIVES:
            extras |= {name: value[name] for name in _NAMING if name in value}
            return Primitive(kind, spot, logical_of(value, kind, 0), extras)
        if kind == "array":
            inner = Spot(f"{spot.dotted}.items", (*spot.path, "items"), spot.document)
            return Array(self._type(self._member(value, "items", spot), namespace, inner), spot, extras)
        if kind == "map":
            inner = Spot(f"{spot.dotted}.values", (*spot.path, "values"), spot.document)
            return Map(self._type(self._member(value, "values", spot), namespace, inner), spot, extras)
        if kind in _STRUCTURE:
            return self._named(value, namespace, spot, extras)
        return self._by_name(kind, namespace, spot)

    def _by_name(self, name: str, namespace: str, spot: Spot) -> Type:
        if name in PRIMITIVES:
            return Primitive(name, spot)
        wanted = full(name, namespace)
        if wanted not in self.names:
            raise self._refused(texts.NAME_UNKNOWN, spot, wanted if is_full(wanted) else "")
        return Ref(wanted, spot)

    def _union(self, value: list[Json], namespace: str, spot: Spot) -> Union:
        branches: list[Type] = []
        seen: set[str] = set()
        for index, item in enumerate(value):
            inner = Spot(f"{spot.dotted}[{index}]", (*spot.path, index), spot.document)
            branch = self._type(item, namespace, inner)
            of = whole(branch, self.names)
            if isinstance(of, Union):
                raise self._refused(texts.UNION_NESTED, inner)
            key = word(of) if isinstance(of, Primitive | Array | Map) else of.name
            if key in seen:
                raise self._refused(texts.UNION_TWICE, inner, key)
            seen.add(key)
            branches.append(branch)
        return Union(tuple(branches), spot)

    def _named(self, value: dict[str, Json], namespace: str, spot: Spot, extras: dict[str, Json]) -> Named:
        name = self._name(value, namespace, spot)
        spot = Spot(name, spot.path, spot.document)
        if name in self.names:
            raise self._refused(texts.NAME_TWICE, spot)
        aliases = tuple(full(alias, namespace_of(name)) for alias in self._aliases(value, spot, is_full))
        if value["type"] == "enum":
            found: Named = self._enum(value, name, aliases, spot, extras)
        elif value["type"] == "fixed":
            found = self._fixed(value, name, aliases, spot, extras)
        else:
            return self._record(value, name, aliases, spot, extras)
        self.names[name] = found
        return found

    def _name(self, value: dict[str, Json], namespace: str, spot: Spot) -> str:
        name = value.get("name")
        if name is None:
            raise self._refused(texts.NAME_MISSING, spot)
        given = value.get("namespace", namespace)
        if not is_full(name) or name in PRIMITIVES or not (given == "" or is_full(given)):
            raise self._refused(texts.NAME_INVALID, spot)
        return full(name, given)

    def _enum(
        self, value: dict[str, Json], name: str, aliases: tuple[str, ...], spot: Spot, extras: dict[str, Json]
    ) -> Enum:
        symbols = self._member(value, "symbols", spot)
        if not isinstance(symbols, list) or not all(map(is_simple, symbols)) or len(set(symbols)) < len(symbols):
            raise self._refused(texts.MEMBER_INVALID, spot, "symbols")
        default = value.get("default")
        if default is not None and default not in symbols:
            raise self._refused(texts.DEFAULT_INVALID, spot)
        return Enum(name, aliases, tuple(symbols), default, spot, extras)

    def _fixed(
        self, value: dict[str, Json], name: str, aliases: tuple[str, ...], spot: Spot, extras: dict[str, Json]
    ) -> Fixed:
        size = self._member(value, "size", spot)
        if not isinstance(size, int) or isinstance(size, bool) or not 0 <= size < 1 << 31:
            raise self._refused(texts.MEMBER_INVALID, spot, "size")
        return Fixed(name, aliases, size, spot, logical_of(value, "fixed", size), extras)

    def _record(
        self, value: dict[str, Json], name: str, aliases: tuple[str, ...], spot: Spot, extras: dict[str, Json]
    ) -> Record:
        items = self._member(value, "fields", spot)
        if not isinstance(items, list):
            raise self._refused(texts.MEMBER_INVALID, spot, "fields")
        if value["type"] == "error":
            extras = {**extras, "error": True}
        fields: list[Field] = []
        found = Record(name, aliases, (), spot, extras)
        self.names[name] = found
        for index, item in enumerate(items):
            fields.append(self._field(item, name, index, spot))
        if len({one.name for one in fields}) < len(fields):
            twice = next(one for at, one in enumerate(fields) if one.name in {other.name for other in fields[:at]})
            raise self._refused(texts.FIELD_TWICE, twice.spot, twice.name)
        found = Record(name, aliases, tuple(fields), spot, extras)
        self.names[name] = found
        return found

    def _field(self, value: Json, record: str, index: int, spot: Spot) -> Field:
        path = (*spot.path, "fields", index)
        place = Spot(record, path, spot.document)
        if not isinstance(value, dict):
            raise self._refused(texts.MEMBER_INVALID, place, "fields")
        name = self._member(value, "name", place)
        if not is_simple(name):
            raise self._refused(texts.NAME_INVALID, place)
        place = Spot(f"{record}.{name}", path, spot.document)
        if value.get("order", "ascending") not in _ORDERS:
            raise self._refused(texts.MEMBER_INVALID, place, "order")
        aliases = tuple(self._aliases(value, place, is_simple))
        inner = Spot(place.dotted, (*path, "type"), spot.document)
        type_ = self._type(self._member(value, "type", place), namespace_of(record), inner)
        extras = {key: item for key, item in value.items() if key not in _FIELD}
        found = Field(name, aliases, type_, value.get("default", MISSING), place, extras)
        if found.default is not MISSING:
            self._waiting.append((found, found.default))
        return found

    def _aliases(self, value: dict[str, Json], spot: Spot, is_name: Callable[[object], bool]) -> list[str]:
        aliases = value.get("aliases", [])
        if not isinstance(aliases, list) or not all(map(is_name, aliases)):
            raise self._refused(texts.MEMBER_INVALID, spot, "aliases")
        return aliases

    def _member(self, value: dict[str, Json], name: str, spot: Spot) -> Json:
        if name not in value:
            raise self._refused(texts.MEMBER_MISSING, spot, name)
        return value[name]

    def _refused(self, text: tuple[str, str, str], spot: Spot, word_: str = "") -> SchemaError:
        rule, vi, en = text
        self.refused_at = spot
        return texts.refused(rule, vi.format(word_), en.format(word_), Place(spot.dotted, None, self._document))
