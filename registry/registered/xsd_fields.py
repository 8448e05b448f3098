"""Every place of a value that documents of an XSD can have: the fields that a governed schema binds to terms.

Promises: a path as ``registry.xsd`` writes it: local names from the root, attributes with @ (``Dossier/Person/Name``,
``Dossier/@id``); a type that contains itself is walked once; the walk has an end (``MOST``).
Leaves out: declarations of other documents: an element of a type from there is one field.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from schemas.xml import Element, parse

MOST: Final = 20_000
_DEPTH: Final = 40
_XS: Final = "{http://www.w3.org/2001/XMLSchema}"
_GROUPS: Final = frozenset({"sequence", "choice", "all"})


class TooManyPlacesError(Exception):
    """Types hold each other in more ways than a walk goes."""


def fields(text: str, bound: frozenset[str]) -> list[str]:
    """Places of values, but for what lies at or below a bound one.

    Raises:
        TooManyPlacesError: over ``MOST`` elements to look at.
        schemas.xml.XmlError: the text is no XML that we read.
    """
    return list(dict.fromkeys(_Walk(parse(text.encode()), bound).roots()))


class _Walk:
    """One schema's declarations, by kind and local name."""

    def __init__(self, schema: Element, bound: frozenset[str]) -> None:
        self._schema = schema
        self._bound = bound
        self._seen = 0
        self._named = {(_kind(one), one.get("name", "")): one for one in schema if one.get("name")}

    def roots(self) -> Iterator[str]:
        for one in self._schema:
            if _kind(one) == "element":
                yield from self._element(one, "", ())

    def _element(self, element: Element, above: str, within: tuple[str, ...]) -> Iterator[str]:
        self._seen += 1
        if self._seen > MOST:
            raise TooManyPlacesError
        declared = self._referred(element)
        name = declared.get("name")
        if name is None or len(within) > _DEPTH:
            return
        place = f"{above}/{name}" if above else name
        if place in self._bound:
            return
        own = next((one for one in declared if _kind(one) == "complexType"), None)
        told = _local(declared.get("type", ""))
        kind = own if own is not None else self._named.get(("complexType", told))
        if kind is None:
            yield place
        elif own is not None or told not in within:
            yield from self._type(kind, place, (*within, told))

    def _type(self, kind: Element, place: str, within: tuple[str, ...]) -> Iterator[str]:
        if kind.get("mixed") in {"true", "1"}:
            yield place
        for one in kind:
            yield from self._part(one, place, within)

    def _part(self, part: Element, place: str, within: tuple[str, ...]) -> Iterator[str]:
        name = _kind(part)
        if name == "element":
            yield from self._element(part, place, within)
        elif name == "attribute":
            attribute = f"{place}/@{self._referred(part).get('name') or _local(part.get('ref', ''))}"
            if attribute not in self._bound and part.get("use") != "prohibited":
                yield attribute
        elif name in {"group", "attributeGroup"}:
            group = self._named.get((name, _local(part.get("ref", ""))))
            if group is not None and f"{name}:{group.get('name')}" not in within:
                for one in group:
                    yield from self._part(one, place, (*within, f"{name}:{group.get('name')}"))
        else:
            yield from self._content(part, name, place, within)

    def _content(self, part: Element, name: str, place: str, within: tuple[str, ...]) -> Iterator[str]:
        if name == "simpleContent":
            yield place
        base = self._named.get(("complexType", _local(part.get("base", "")))) if name == "extension" else None
        if base is not None and _local(part.get("base", "")) not in within:
            yield from self._type(base, place, (*within, _local(part.get("base", ""))))
        if name in {*_GROUPS, "complexContent", "simpleContent", "extension", "restriction"}:
            for one in part:
                yield from self._part(one, place, within)

    def _referred(self, declaration: Element) -> Element:
        """The declaration that a `ref` means, or itself."""
        told = declaration.get("ref")
        found = self._named.get((_kind(declaration), _local(told))) if told else None
        return declaration if found is None else found


def _kind(element: Element) -> str:
    tag = element.tag
    return tag.removeprefix(_XS) if tag.startswith(_XS) else ""


def _local(name: str) -> str:
    return name.rpartition(":")[2]
