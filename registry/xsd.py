"""A subject version written in XSD, its elements bound to dictionary terms by path.

Promises what ``registry.subjects.SchemaVersion`` promises, for elements that ``schemas.xml.parse`` has read: a value
whose element or attribute is bound to no allowed term is a violation, and projecting takes it out.
A path is local names from the root, attributes with @: ``CongDan/HoVaTen/Ten``, ``CongDan/@ThoiDiem``; a path that is
bound covers everything below it. Leaves out making required elements optional: XSD cannot be narrowed like JSON
Schema, so what is not always agreed must be ``minOccurs="0"``.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Final

from lxml import etree

from registry.subjects import Violation
from schemas.xml import Element, XsdSchema, compile_xsd, parse

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from registry.model import SchemaDocument

_XS: Final = "{http://www.w3.org/2001/XMLSchema}"
_XSI: Final = "{http://www.w3.org/2001/XMLSchema-instance}"
_REPORTED: Final = 50


class XsdSubject:
    """A subject version written in XSD; ``data`` is an lxml element."""

    __slots__ = ("_compiled", "_containers", "_fields", "_names", "source", "subject", "terms", "version")

    def __init__(self, source: SchemaDocument) -> None:
        self.subject: Final = source.subject
        self.version: Final = source.version
        self.terms: Final[frozenset[str]] = frozenset(source.fields.values())
        self.source: Final = source
        self._fields: Final[dict[str, str]] = dict(source.fields)
        self._containers: Final = frozenset(above for path in source.fields for above in _above(path))
        self._compiled: XsdSchema | None = None
        self._names: frozenset[str] = frozenset()

    def __repr__(self) -> str:
        return f"<{self.subject}@{self.version}>"

    def violations(self, data: object, allowed_terms: frozenset[str] | None = None) -> list[Violation]:
        """See ``SchemaVersion``."""
        if not isinstance(data, Element):
            return [Violation("unreadable", "")]
        self.warm()
        broken = self._compiled.violations(data) if self._compiled else []
        if broken:
            return [Violation(violation.rule, violation.path) for violation in broken[:_REPORTED]]
        if not self._fields:
            return []
        allowed = self.terms if allowed_terms is None else allowed_terms
        return list(self._unagreed(data, _local(data), allowed))[:_REPORTED]

    def project(self, data: object, allowed_terms: frozenset[str]) -> object:
        """See ``SchemaVersion``; gives a new element, or None for what is no element."""
        if not isinstance(data, Element):
            return None
        kept = copy.deepcopy(data)
        self._strip(kept, _local(kept), allowed_terms)
        return kept

    def warm(self, allowed_terms: frozenset[str] | None = None) -> None:  # noqa: ARG002 - one schema serves every set
        """Compile now what a first question would otherwise wait for."""
        if self._compiled is None and self.source.main is not None:
            self._compiled = compile_xsd(self.source.main, self.source.files)
            self._names = declared_names(self.source.files)

    def _unagreed(self, element: Element, path: str, allowed: frozenset[str]) -> Iterator[Violation]:
        term = self._fields.get(path)
        if term is not None:
            if term not in allowed:
                yield Violation("not-agreed", self._masked(path))
            return
        children = list(element.iterchildren("*"))
        # Empty where bound elements may stand is an answer without any; empty anywhere else may itself say something.
        if _own_text(element) or not (children or path in self._containers):
            yield Violation("not-agreed", self._masked(path))
        for name in _attributes(element):
            if self._fields.get(f"{path}/@{name}") not in allowed:
                yield Violation("not-agreed", self._masked(f"{path}/@{name}"))
        for child in children:
            yield from self._unagreed(child, f"{path}/{_local(child)}", allowed)

    def _strip(self, element: Element, path: str, allowed: frozenset[str]) -> bool:
        """Take out what is not allowed below ``element``; true when something of it remains."""
        term = self._fields.get(path)
        if term is not None:
            return term in allowed
        for full, name in _qualified(element):
            if self._fields.get(f"{path}/@{name}") not in allowed:
                del element.attrib[full]
        for child in list(element.iterchildren("*")):
            if not self._strip(child, f"{path}/{_local(child)}", allowed):
                element.remove(child)
        element.text = None
        for child in element:
            child.tail = None
        return len(element) > 0 or any(True for _ in _attributes(element))

    def _masked(self, path: str) -> str:
        """Names that no schema file declares may carry anything."""
        steps = path.split("/")
        return "/" + "/".join(step if step.removeprefix("@") in self._names else "*" for step in steps)


def declared_names(files: Mapping[str, bytes]) -> frozenset[str]:
    """Every element and attribute name that the schema files declare.

    Raises:
        schemas.xml.XmlError: a file is no XML that may enter.
    """
    wanted = (f"{_XS}element", f"{_XS}attribute")
    nodes = (node for data in files.values() for node in parse(data).iter(*wanted))
    return frozenset(name for node in nodes if (name := node.get("name") or node.get("ref", "").rpartition(":")[2]))


def _above(path: str) -> Iterator[str]:
    steps = path.split("/")
    return ("/".join(steps[:end]) for end in range(1, len(steps)))


def _local(element: Element) -> str:
    return etree.QName(element).localname


def _qualified(element: Element) -> list[tuple[str, str]]:
    names = [str(name) for name in element.attrib]
    return [(name, name.rpartition("}")[2]) for name in names if not name.startswith(_XSI)]


def _attributes(element: Element) -> Iterator[str]:
    return (local for _, local in _qualified(element))


def _own_text(element: Element) -> bool:
    tails = (child.tail for child in element)
    return any(text and text.strip() for text in (element.text, *tails))
