"""A WSDL 1.1 text as operations, bindings and ports.

Promises that every name which is used is defined, that imports are found among the references, that nothing is fetched;
XML enters by ``schemas.xml``. Leaves out WSDL 2.0, and what the embedded schemas mean (``….wsdl.types``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from registry.evolution import limits
from registry.evolution.wsdl.model import WSDL, XS, Binding, Description, Operation, Part
from registry.evolution.wsdl.refusals import place_of, refused
from schemas.xml import Element, XmlError, XmlLimits, parse

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from registry.evolution.budget import Budget

_W: Final = f"{{{WSDL}}}"
_LIMITS: Final = XmlLimits(
    max_bytes=4 * limits.TEXT, max_depth=limits.DEPTH, max_elements=limits.NODES, max_attributes=64, max_namespaces=200
)


class Reader:
    """Reads a description with what it imports."""

    def __init__(self, text: str, references: Mapping[str, str], budget: Budget) -> None:
        self._references: Final = references
        self._budget: Final = budget
        self._found: Final = Description()
        self._port_types: set[str] = set()
        if len(references) > limits.REFERENCES or sum(map(len, references.values())) > limits.REFERENCED:
            raise refused("too-long")
        self.root: Final = self._read(text, "")

    def description(self) -> Description:
        """The whole description.

        Raises:
            SchemaError: it is none.
        """
        documents = list(self._documents())
        for root, name in documents:
            self._types(root, name)
        # in this order, so that each finds what it names
        for tag, take in (
            ("message", self._message),
            ("portType", self._port_type),
            ("binding", self._binding),
            ("service", self._service),
        ):
            for root, name in documents:
                for node in root.iterchildren(f"{_W}{tag}"):
                    take(node, root, name)
        return self._found

    def _types(self, root: Element, name: str) -> None:
        for types in root.iterchildren(f"{_W}types"):
            for schema in filter(_is_schema, types):
                self._found.types.append(schema)
                self._found.types_in.append(name)

    def _read(self, text: str, name: str) -> Element:
        if len(text) > limits.TEXT:
            raise refused("too-long", document=name)
        self._budget.spend(1 + len(text) // 64, "xml")
        try:
            root = parse(text.encode(), _LIMITS)
        except UnicodeEncodeError:
            raise refused("not-xml", "encoding", document=name) from None
        except XmlError as error:
            raise refused("not-xml", error.rule, document=name, line=error.line) from None
        if root.tag != f"{_W}definitions":
            raise refused("not-wsdl", node=root, document=name)
        return root

    def _documents(self) -> Iterator[tuple[Element, str]]:
        waiting = [(self.root, "")]
        seen: set[str] = set()
        while waiting:
            root, name = waiting.pop()
            yield root, name
            for node in root.iterchildren(f"{_W}import"):
                location = (node.get("location") or "").strip()
                if location in seen:
                    continue
                if location not in self._references:
                    raise refused("reference-unknown", location, node, name)
                seen.add(location)
                waiting.append((self._read(self._references[location], location), location))

    def _name(self, node: Element, root: Element, document: str) -> str:
        return f"{{{root.get('targetNamespace', '')}}}{self._attribute(node, 'name', document)}"

    def _attribute(self, node: Element, attribute: str, document: str) -> str:
        self._budget.spend(1, "wsdl")
        value = node.get(attribute)
        if value is None:
            raise refused("name-missing", attribute, node, document)
        return value.strip()

    def _qname(self, node: Element, attribute: str, document: str) -> str:
        prefix, _, local = self._attribute(node, attribute, document).rpartition(":")
        namespace = node.nsmap.get(prefix or None)
        if namespace is None and prefix:
            raise refused("name-unknown", prefix, node, document)
        return f"{{{namespace or ''}}}{local}"

    def _message(self, node: Element, root: Element, document: str) -> None:
        name = self._name(node, root, document)
        if name in self._found.messages:
            raise refused("name-twice", name, node, document)
        parts: list[Part] = []
        for part in node.iterchildren(f"{_W}part"):
            kind = "element" if part.get("element") is not None else "type"
            parts.append(Part(self._attribute(part, "name", document), kind, self._qname(part, kind, document)))
        self._found.messages[name] = tuple(parts)

    def _parts(self, node: Element | None, document: str) -> tuple[Part, ...] | None:
        if node is None:
            return None
        name = self._qname(node, "message", document)
        if name not in self._found.messages:
            raise refused("name-unknown", name, node, document)
        return self._found.messages[name]

    def _port_type(self, node: Element, root: Element, document: str) -> None:
        name = self._name(node, root, document)
        if name in self._port_types:
            raise refused("name-twice", name, node, document)
        self._port_types.add(name)
        for item in node.iterchildren(f"{_W}operation"):
            asked, answered = item.find(f"{_W}input"), item.find(f"{_W}output")
            key = f"{name}/{self._attribute(item, 'name', document)}"
            if key in self._found.operations:
                # operations of one name are told apart by the names of their messages
                key += f"({'' if asked is None else asked.get('name', '')})"
            if key in self._found.operations:
                raise refused("name-twice", key, item, document)
            faults = tuple(
                sorted(
                    (self._attribute(fault, "name", document), self._parts(fault, document) or ())
                    for fault in item.iterchildren(f"{_W}fault")
                )
            )
            self._found.operations[key] = Operation(
                key, self._parts(asked, document), self._parts(answered, document), faults, place_of(item, document)
            )

    def _binding(self, node: Element, root: Element, document: str) -> None:
        name, port_type = self._name(node, root, document), self._qname(node, "type", document)
        if name in self._found.bindings:
            raise refused("name-twice", name, node, document)
        if port_type not in self._port_types:
            raise refused("name-unknown", port_type, node, document)
        said = "".join(_spelled(child) for child in node if not str(child.tag).startswith(_W))
        operations = {
            f"{item.get('name', '')}({_input_name(item)})": _spelled(item)
            for item in node.iterchildren(f"{_W}operation")
        }
        self._found.bindings[name] = Binding(name, port_type, said, operations, place_of(node, document))

    def _service(self, node: Element, root: Element, document: str) -> None:
        name = self._name(node, root, document)
        for port in node.iterchildren(f"{_W}port"):
            key = f"{name}/{self._attribute(port, 'name', document)}"
            binding = self._qname(port, "binding", document)
            if binding not in self._found.bindings:
                raise refused("name-unknown", binding, port, document)
            if key in self._found.ports:
                raise refused("name-twice", key, port, document)
            self._found.ports[key] = binding
            self._found.addresses[key] = "".join(_spelled(child) for child in port)


def _is_schema(node: Element) -> bool:
    return node.tag == f"{{{XS}}}schema"


def _input_name(operation: Element) -> str:
    asked = operation.find(f"{_W}input")
    return "" if asked is None else asked.get("name", "")


def _spelled(node: Element) -> str:
    """An element without its documentation, names in full, attributes in order; the depth is limited by the door."""
    if node.tag == f"{_W}documentation":
        return ""
    attributes = "".join(f" {name!s}={value.strip()!r}" for name, value in sorted(node.items()))
    inner = "".join(_spelled(child) for child in node)
    return f"<{node.tag!s}{attributes}>{(node.text or '').strip()}{inner}</>"
