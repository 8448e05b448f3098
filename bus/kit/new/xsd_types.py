"""Types of a WSDL's schemas → fields of the neutral form.

Promises: elements and attributes below one element, in the schema's order, with what the schema says of them; a type
that contains itself is left out where it does so, and told. Leaves out what adapters of kind `soap` cannot name: `any`,
repeated groups, lists inside lists.
Source: XML Schema 1.0 part 1, clause 3.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from bus.kit.new.described import MAX_FIELDS, FieldType, Left, SourceField
from bus.kit.new.forms import form_in
from bus.kit.new.refused import SourceRefusedError
from bus.kit.new.wsdl_files import XS, WsdlFiles
from schemas.xml import Element

_KINDS: Final = ("element", "complexType", "simpleType", "group", "attributeGroup", "attribute")
_PARTICLES: Final = ("sequence", "all", "choice")
_DEPTH: Final = 20
_INTEGERS: Final = (
    *("integer", "int", "long", "short", "byte", "nonNegativeInteger", "positiveInteger", "negativeInteger"),
    *("nonPositiveInteger", "unsignedInt", "unsignedLong", "unsignedShort", "unsignedByte"),
)
_BUILT_IN: Final[Mapping[str, FieldType]] = {
    **dict.fromkeys(("string", "normalizedString", "token", "anyURI", "NMTOKEN", "Name", "NCName", "ID"), "text"),
    **dict.fromkeys(_INTEGERS, "integer"),
    **dict.fromkeys(("decimal", "double", "float"), "number"),
    "boolean": "boolean",
    "date": "date",
    "dateTime": "moment",
}
_SPACE: Final = XS[1:-1]


@dataclass(slots=True)
class Simple:
    """What a simple type comes to."""

    type: FieldType = "other"
    values: tuple[str, ...] = ()
    pattern: str = ""
    max_length: int | None = None
    label: str = ""


class Types:
    """Every named part of the schemas, by kind and local name."""

    def __init__(self, files: WsdlFiles) -> None:
        self._parts: dict[tuple[str, str], list[tuple[str, Element]]] = {}
        for _, schema in files.schemas():
            space = schema.get("targetNamespace", "")
            for kind in _KINDS:
                for part in schema.iterfind(f"{XS}{kind}"):
                    self._parts.setdefault((kind, part.get("name", "")), []).append((space, part))

    def find(self, kind: str, text: str, near: Element) -> Element | None:
        """The part that a reference names, by its prefix; a schema without a namespace takes its includer's."""
        prefix, _, local = text.rpartition(":")
        space = near.nsmap.get(prefix or None, "")
        found = self._parts.get((kind, local), [])
        exact = [part for own, part in found if own == space]
        return exact[0] if exact else found[0][1] if len(found) == 1 else None

    @staticmethod
    def built_in(text: str, near: Element) -> str:
        """The local name when it is one of XML Schema's own types, else ""."""
        prefix, _, local = text.rpartition(":")
        return local if near.nsmap.get(prefix or None) == _SPACE else ""


@dataclass(slots=True)
class Below:
    """Fields below one element; `left` tells what was left out.

    Of an answer, what is promised inside a member of the first level counts as promised, for that member may be the
    record; `optional` names those members that may be absent.
    """

    types: Types
    file: str
    left: list[Left] = field(default_factory=list)
    answer: bool = False
    optional: set[str] = field(default_factory=set)
    _count: int = 0

    def fields(self, element: Element) -> Iterator[SourceField]:
        """Every leaf below the element itself, which is not named; of two in one place the first."""
        content = self._complex(element)
        seen: set[str] = set()
        for one in () if content is None else self._content(content, "", (), (), required=True):
            if one.place in seen:
                self.left.append(Left(one.place, "twice", self._spot(element)))
            else:
                seen.add(one.place)
                yield one

    def _content(
        self, node: Element, place: str, names: tuple[str, ...], seen: tuple[Element, ...], *, required: bool
    ) -> Iterator[SourceField]:
        if node in seen or len(seen) > _DEPTH:
            self.left.append(Left(place, "recursive", self._spot(node)))
            return
        inside = (*seen, node)
        for child in node:
            word = _word(child)
            if word in _PARTICLES:
                yield from self._particle(child, place, names, inside, required=required)
            elif word == "group":
                yield from self._named_group(child, place, names, inside, required=required)
            elif word == "attribute":
                yield from self._attribute(child, place, names, required=required)
            elif word in {"complexContent", "simpleContent"}:
                yield from self._derived(child, place, names, inside, required=required)

    def _derived(
        self, node: Element, place: str, names: tuple[str, ...], seen: tuple[Element, ...], *, required: bool
    ) -> Iterator[SourceField]:
        for derived in node.iterchildren(f"{XS}extension", f"{XS}restriction"):
            base = self.types.find("complexType", derived.get("base", ""), derived)
            if base is not None and derived.tag == f"{XS}extension":
                yield from self._content(base, place, names, seen, required=required)
            if _word(node) == "simpleContent":
                self.left.append(Left(place, "simple-content", self._spot(node)))
            yield from self._content(derived, place, names, seen, required=required)

    def _particle(
        self, node: Element, place: str, names: tuple[str, ...], seen: tuple[Element, ...], *, required: bool
    ) -> Iterator[SourceField]:
        if node.get("maxOccurs", "1") not in {"0", "1"}:
            self.left.append(Left(place, "repeated-group", self._spot(node)))
            return
        needed = required and node.get("minOccurs", "1") != "0" and _word(node) != "choice"
        for child in node:
            word = _word(child)
            if word == "element":
                yield from self._element(child, place, names, seen, required=needed)
            elif word in _PARTICLES:
                yield from self._particle(child, place, names, seen, required=needed)
            elif word == "group":
                yield from self._named_group(child, place, names, seen, required=needed)
            elif word == "any":
                self.left.append(Left(place, "any", self._spot(child)))

    def _named_group(
        self, node: Element, place: str, names: tuple[str, ...], seen: tuple[Element, ...], *, required: bool
    ) -> Iterator[SourceField]:
        group = self.types.find("group", node.get("ref", ""), node)
        if group is not None:
            yield from self._content(group, place, names, seen, required=required and node.get("minOccurs") != "0")

    def _element(
        self, node: Element, place: str, names: tuple[str, ...], seen: tuple[Element, ...], *, required: bool
    ) -> Iterator[SourceField]:
        declared = self.types.find("element", node.get("ref", ""), node) if "ref" in node.attrib else node
        if declared is None:
            raise SourceRefusedError("unknown-reference", self._spot(node))
        name = declared.get("name", "")
        here = f"{place}.{name}" if place else name
        needed = required and node.get("minOccurs", "1") != "0" and declared.get("nillable") != "true"
        many = node.get("maxOccurs", "1") not in {"0", "1"}
        content = self._complex(declared)
        if content is None:
            if many:
                self.left.append(Left(here, "list", self._spot(node)))
                return
            yield self._leaf(declared, here, (*names, name), required=needed)
            return
        if many and "[]" in here:
            self.left.append(Left(here, "list", self._spot(node)))
            return
        below = f"{here}[]" if many else here
        if not place and not needed:
            self.optional.add(name)
        relative = many or (self.answer and not place)
        yield from self._content(content, below, (*names, name), seen, required=needed or relative)

    def _attribute(self, node: Element, place: str, names: tuple[str, ...], *, required: bool) -> Iterator[SourceField]:
        declared = self.types.find("attribute", node.get("ref", ""), node) if "ref" in node.attrib else node
        if declared is None or node.get("use") == "prohibited":
            return
        name = declared.get("name", "")
        here = f"{place}.{name}" if place else name
        yield self._leaf(declared, here, (*names, name), required=required and node.get("use") == "required")

    def _leaf(self, node: Element, place: str, names: tuple[str, ...], *, required: bool) -> SourceField:
        self._count += 1
        if self._count > MAX_FIELDS:
            raise SourceRefusedError("too-many-fields", self._spot(node))
        simple = self._simple(node)
        label = " ".join(filter(None, (_note(node), simple.label)))[:500]
        forms = ("yyyy-MM-dd",) if simple.type == "date" else form_in(label) if simple.type == "text" else ()
        return SourceField(
            place=place,
            names=names,
            type=simple.type,
            label=label,
            required=required,
            values=simple.values,
            pattern=simple.pattern,
            max_length=simple.max_length,
            forms=forms,
        )

    def _complex(self, element: Element) -> Element | None:
        """The complex type of an element, its own or a named one; None when it holds a plain value."""
        inline = element.find(f"{XS}complexType")
        if inline is not None or "type" not in element.attrib:
            return inline
        return self.types.find("complexType", element.get("type", ""), element)

    def _simple(self, node: Element) -> Simple:
        """The type of a plain value, through its restrictions."""
        made = Simple()
        text, near = node.get("type", ""), node
        inline = node.find(f"{XS}simpleType")
        for _ in range(_DEPTH):
            if inline is None and text:
                built_in = self.types.built_in(text, near)
                if built_in:
                    made.type = _BUILT_IN.get(built_in, "other")
                    return made
                inline = self.types.find("simpleType", text, near)
            if inline is None:
                break
            restriction = inline.find(f"{XS}restriction")
            made.label = made.label or _note(inline)
            if restriction is None:
                break
            _narrow(made, restriction)
            text, near, inline = restriction.get("base", ""), restriction, restriction.find(f"{XS}simpleType")
        return made

    def _spot(self, node: Element) -> str:
        return f"{self.file}:{node.sourceline}"


def _narrow(made: Simple, restriction: Element) -> None:
    values = tuple(one.get("value", "") for one in restriction.iterfind(f"{XS}enumeration"))
    made.values = made.values or values
    pattern = restriction.find(f"{XS}pattern")
    if pattern is not None and not made.pattern:
        made.pattern = f"^{pattern.get('value', '')}$"
    longest = restriction.find(f"{XS}maxLength")
    if longest is not None and made.max_length is None and longest.get("value", "").isdigit():
        made.max_length = int(longest.get("value", "0"))


def _note(node: Element) -> str:
    found = node.findall(f"{XS}annotation/{XS}documentation")
    return " ".join(" ".join(" ".join(str(text) for text in one.itertext()).split()) for one in found)


def _word(node: Element) -> str:
    return node.tag.removeprefix(XS) if node.tag.startswith(XS) else ""
