"""The frame of a JSON Schema: which term every leaf is, and the same schema narrowed to agreed terms.

Promises that a frame without faults binds every value to a dictionary term, that its objects are closed, and that the
narrowed schema accepts nothing outside the allowed terms. Inside a property with ``x-term`` any keyword may stand.
Leaves out XSD (``registry.xsd``) and validation itself (``registry.subjects``).
Source: JSON Schema 2020-12, Core §8 (references) and §10 (applicators).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeGuard

if TYPE_CHECKING:
    from collections.abc import Iterator

TERM: Final = "x-term"
Path = tuple[str | int, ...]
Object = dict[str, object]

_NOTES: Final = frozenset({"$schema", "$id", "$comment", "title", "description", "examples", "deprecated"})
_OF_OBJECTS: Final = frozenset(
    {"type", "properties", "required", "additionalProperties", "anyOf", "oneOf", "allOf", "minProperties"}
)
_OF_ARRAYS: Final = frozenset({"type", "items", "minItems", "maxItems", "uniqueItems"})
_COMBINED: Final = ("anyOf", "oneOf", "allOf")
_DEFS: Final = "#/$defs/"


@dataclass(slots=True, eq=False)
class Shape:
    """A node of the frame: exactly one of ``term``, ``properties`` and ``items`` is set. Frames may be recursive."""

    term: str | None = None
    properties: dict[str, Shape] | None = None
    items: Shape | None = None

    def terms(self) -> frozenset[str]:
        """Every term at or below this node."""
        return frozenset(node.term for node in self.nodes() if node.term is not None)

    def nodes(self) -> Iterator[Shape]:
        """This node and all below it, each once."""
        seen: set[int] = set()
        waiting = [self]
        while waiting:
            node = waiting.pop()
            if id(node) in seen:
                continue
            seen.add(id(node))
            yield node
            waiting.extend((node.properties or {}).values())
            if node.items is not None:
                waiting.append(node.items)


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a schema has no frame: a rule of the authored format, its place and the keyword at fault."""

    rule: str
    path: Path
    keyword: str = ""


@dataclass(slots=True)
class Frame:
    """The frame of one document; usable when ``faults`` is empty. ``leaves`` tells where each term stands."""

    root: Shape
    faults: list[Fault] = field(default_factory=list)
    leaves: list[tuple[Path, str]] = field(default_factory=list)


def frame_of(document: Object) -> Frame:
    """Read the frame of a JSON Schema document; mistakes are listed, never raised."""
    reader = _Reader(document)
    reader.frame.root = reader.node(document, ())
    return reader.frame


def _is_object(value: object) -> TypeGuard[Object]:
    return isinstance(value, dict)


def _kinds(schema: Object) -> frozenset[str]:
    """What ``type`` allows besides null."""
    kinds = schema.get("type", [])
    names = kinds if isinstance(kinds, list) else [kinds]
    return frozenset(str(name) for name in names) - {"null"}


class _Reader:
    """Walks the document once; definitions are read once each, so recursion ends."""

    def __init__(self, document: Object) -> None:
        defs = document.get("$defs")
        self.defs: Object = defs if _is_object(defs) else {}
        self.read: dict[str, Shape] = {}
        self.frame = Frame(Shape())

    def fault(self, rule: str, path: Path, keyword: str = "") -> Shape:
        self.frame.faults.append(Fault(rule, path, keyword))
        return Shape()

    def node(self, schema: object, path: Path) -> Shape:
        if not _is_object(schema):
            return self.fault("unbound", path)
        if TERM in schema:
            return self.leaf(schema, path)
        if "$ref" in schema:
            return self.reference(schema, path)
        if "properties" in schema or _kinds(schema) == {"object"}:
            return self.object(schema, path)
        if "items" in schema or _kinds(schema) == {"array"}:
            return self.array(schema, path)
        return self.fault("unbound", path)

    def leaf(self, schema: Object, path: Path) -> Shape:
        term = schema[TERM]
        if not isinstance(term, str):
            return self.fault("unbound", (*path, TERM))
        for inner in _terms_inside(schema, path):
            self.fault("term-inside-term", inner)
        self.frame.leaves.append((path, term))
        return Shape(term=term)

    def reference(self, schema: Object, path: Path) -> Shape:
        target = str(schema["$ref"])
        name = target.removeprefix(_DEFS)
        if not target.startswith(_DEFS) or name not in self.defs:
            return self.fault("remote-reference", (*path, "$ref"))
        self.keywords(schema, path, frozenset({"$ref"}))
        if name not in self.read:
            shape = self.read[name] = Shape()
            found = self.node(self.defs[name], ("$defs", name))
            shape.term, shape.properties, shape.items = found.term, found.properties, found.items
        return self.read[name]

    def object(self, schema: Object, path: Path) -> Shape:
        self.keywords(schema, path, _OF_OBJECTS)
        if schema.get("additionalProperties", False) is not False:
            self.fault("open-object", (*path, "additionalProperties"))
        for keyword in _COMBINED:
            self.combined(schema, path, keyword)
        properties = schema.get("properties", {})
        if not _is_object(properties) or (path and not properties):
            return self.fault("unbound", path)
        return Shape(
            properties={name: self.node(child, (*path, "properties", name)) for name, child in properties.items()}
        )

    def combined(self, schema: Object, path: Path, keyword: str) -> None:
        """anyOf, oneOf and allOf may only say which properties are wanted together."""
        branches = schema.get(keyword, [])
        for number, branch in enumerate(branches if isinstance(branches, list) else []):
            if not _is_object(branch) or branch.keys() - {"required", *_NOTES}:
                self.fault("shape-keyword", (*path, keyword, number), keyword)

    def array(self, schema: Object, path: Path) -> Shape:
        self.keywords(schema, path, _OF_ARRAYS)
        if "items" not in schema:
            return self.fault("unbound", path)
        return Shape(items=self.node(schema.get("items"), (*path, "items")))

    def keywords(self, schema: Object, path: Path, allowed: frozenset[str]) -> None:
        at_root = {"$defs"} if not path else set()
        for keyword in schema.keys() - allowed - _NOTES - at_root:
            self.fault("shape-keyword", (*path, keyword), keyword)


def _terms_inside(schema: Object, path: Path) -> Iterator[Path]:
    waiting: list[tuple[object, Path]] = [(value, (*path, key)) for key, value in schema.items() if key != TERM]
    while waiting:
        value, place = waiting.pop()
        if _is_object(value):
            if TERM in value:
                yield (*place, TERM)
            waiting.extend((child, (*place, key)) for key, child in value.items())
        elif isinstance(value, list):
            waiting.extend((child, (*place, number)) for number, child in enumerate(value))


def narrow(document: Object, root: Shape, allowed: frozenset[str]) -> Object:
    """The document without the properties outside ``allowed``, every object of the frame closed.

    Args:
        document: a JSON Schema whose frame has no faults.
        root: that frame's root.
        allowed: terms that may appear.
    """
    writer = _Writer(document, allowed)
    narrowed = writer.node(document, root)
    if defs := {**writer.defs, **writer.written}:
        narrowed["$defs"] = defs
    return narrowed


class _Writer:
    """Mirrors ``_Reader``; narrowed definitions get names of their own, since leaves may still use the old ones."""

    def __init__(self, document: Object, allowed: frozenset[str]) -> None:
        defs = document.get("$defs")
        self.defs: Object = defs if _is_object(defs) else {}
        self.allowed = allowed
        self.written: Object = {}

    def node(self, schema: object, shape: Shape) -> Object:
        if not _is_object(schema):
            raise TypeError("narrow() needs a frame without faults")
        if shape.term is not None and TERM in schema:
            return schema
        if "$ref" in schema:
            return self.reference(schema, shape)
        if shape.properties is not None:
            return self.object(schema, shape.properties)
        return {**schema, "items": self.node(schema["items"], shape.items or Shape())}

    def reference(self, schema: Object, shape: Shape) -> Object:
        name = str(schema["$ref"]).removeprefix(_DEFS)
        if shape.term is not None:
            return schema
        new = f"agreed:{name}"
        while new in self.defs:
            new = f"{new}:"
        if new not in self.written:
            self.written[new] = True
            self.written[new] = self.node(self.defs[name], shape)
        return {**schema, "$ref": _DEFS + new}

    def object(self, schema: Object, properties: dict[str, Shape]) -> Object:
        children = schema.get("properties", {})
        kept = {name: shape for name, shape in properties.items() if not self.allowed.isdisjoint(shape.terms())}
        gone = properties.keys() - kept.keys()
        new = {key: value for key, value in schema.items() if key not in {*_COMBINED, "minProperties", "$defs"}}
        if _is_object(children):
            new["properties"] = {name: self.node(children[name], shape) for name, shape in kept.items()}
        new["additionalProperties"] = False
        if isinstance(wanted := schema.get("required"), list):
            new["required"] = [name for name in wanted if name not in gone]
        for keyword in (*_COMBINED, "minProperties"):
            if keyword in schema and not gone:
                new[keyword] = schema[keyword]
        return new


def cut(root: Shape, allowed: frozenset[str]) -> Shape | None:
    """The frame with only what leads to an allowed term; None when nothing does."""
    made: dict[int, Shape] = {}

    def copy(node: Shape) -> Shape:
        if node.term is not None:
            return node
        if id(node) in made:
            return made[id(node)]
        new = made[id(node)] = Shape()
        if node.properties is not None:
            kept = {name: child for name, child in node.properties.items() if not allowed.isdisjoint(child.terms())}
            new.properties = {name: copy(child) for name, child in kept.items()}
        if node.items is not None:
            new.items = copy(node.items)
        return new

    return None if allowed.isdisjoint(root.terms()) else copy(root)


def project(data: object, shape: Shape) -> object:
    """``data`` with only what the (cut) frame holds; what does not fit the frame is left out, never passed on."""
    if shape.properties is not None:
        children = shape.properties
        return (
            {name: project(value, children[name]) for name, value in data.items() if _fits(children.get(name), value)}
            if isinstance(data, dict)
            else None
        )
    if shape.items is not None:
        return [project(value, shape.items) for value in data] if isinstance(data, list) else None
    return data


def _fits(shape: Shape | None, value: object) -> bool:
    """A leaf takes any value (the schema judges it); a container only its own kind, or null."""
    if shape is None:
        return False
    if shape.term is not None or value is None:
        return True
    return isinstance(value, dict) if shape.properties is not None else isinstance(value, list)
