"""A WSDL 1.1 file → the neutral form, for adapters of kind `soap`.

Promises: of each document/literal operation what goes in and what comes out, by the WSDL's own types. Leaves out RPC
style, operations without an answer, headers: each is told with its rule.
Source: WSDL 1.1 clauses 2 and 3; WS-I Basic Profile 1.1 clause 4.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from bus.kit.new.addresses import base
from bus.kit.new.described import MAX_OPERATIONS, Described, Left, SourceField, SourceOperation
from bus.kit.new.names import distinct, registry_name
from bus.kit.new.records import Reply, inside, is_envelope
from bus.kit.new.refused import SourceRefusedError
from bus.kit.new.wsdl_files import SOAP, WSDL, WsdlFiles, gather
from bus.kit.new.xsd_types import Below, Types
from schemas.xml import Element


def read_wsdl(path: Path, address: str | None = None) -> Described:
    """Read a WSDL and the files beside it.

    Args:
        path: the file; what it imports lies in its folder or below.
        address: where the service listens; otherwise as the WSDL says.

    Raises:
        SourceRefusedError: by rule and place.
    """
    files = gather(path)
    book = _Book(files)
    left: list[Left] = []
    operations = tuple(book.operations(left))
    return Described(
        kind="soap",
        source="wsdl",
        title=book.title or path.stem,
        settings={"wsdl": path.name, "address": base(*_address(book, address))},
        operations=operations,
        files=files.data,
        left=tuple(left),
    )


def _address(book: _Book, address: str | None) -> tuple[str, str]:
    if address is not None:
        return address, "--address"
    if not book.address:
        raise SourceRefusedError("address-needed", book.files.main)
    return book.address, book.files.main


class _Book:
    """Messages, port types and the first SOAP binding."""

    def __init__(self, files: WsdlFiles) -> None:
        self.files = files
        self.types = Types(files)
        self.messages: dict[str, Element] = {}
        self.ports: dict[str, Element] = {}
        bindings: dict[str, Element] = {}
        services: list[Element] = []
        for root in files.definitions():
            self.messages |= {one.get("name", ""): one for one in root.iterfind(f"{WSDL}message")}
            self.ports |= {one.get("name", ""): one for one in root.iterfind(f"{WSDL}portType")}
            bindings |= {one.get("name", ""): one for one in root.iterfind(f"{WSDL}binding")}
            services += root.findall(f"{WSDL}service")
        self.address, self.title = "", ""
        self.binding: Element | None = None
        for port in (port for service in services for port in service.iterfind(f"{WSDL}port")):
            place = next((one for one in port if one.tag in {f"{space}address" for space in SOAP}), None)
            binding = bindings.get(_local(port.get("binding", "")))
            if place is not None and binding is not None:
                self.address, self.binding = place.get("location", ""), binding
                break
        self.title = services[0].get("name", "") if services else ""
        if self.binding is None:
            raise SourceRefusedError("not-wsdl", files.main)

    def operations(self, left: list[Left]) -> Iterator[SourceOperation]:
        binding = self.binding
        if binding is None:
            return
        kind = next((one for one in binding if one.tag in {f"{space}binding" for space in SOAP}), None)
        style = "document" if kind is None else kind.get("style", "document")
        taken: set[str] = set()
        rows = binding.findall(f"{WSDL}operation")
        if len(rows) > MAX_OPERATIONS:
            raise SourceRefusedError("too-many-operations", self.files.main)
        for row in rows:
            name, own = row.get("name", ""), self._declared(binding, row.get("name", ""))
            bound = next((one for one in row if one.tag in {f"{space}operation" for space in SOAP}), None)
            request, response = self._element(own, "input"), self._element(own, "output")
            rule = ""
            if (style if bound is None else bound.get("style", style)) != "document":
                rule = "rpc-style"
            elif request is None or response is None:
                rule = "no-document"
            if own is None or request is None or response is None or rule:
                left.append(Left(name, rule, f"{self.files.main}:{row.sourceline}"))
                continue
            yield self._operation(name, own, request, response, taken)

    def _declared(self, binding: Element, name: str) -> Element | None:
        port = self.ports.get(_local(binding.get("type", "")))
        rows = [] if port is None else port.findall(f"{WSDL}operation")
        return next((row for row in rows if row.get("name") == name), None)

    def _element(self, operation: Element | None, direction: str) -> Element | None:
        """The one element of a message's body, or None where it is written otherwise."""
        message = None if operation is None else operation.find(f"{WSDL}{direction}")
        found = None if message is None else self.messages.get(_local(message.get("message", "")))
        parts = [] if found is None else found.findall(f"{WSDL}part")
        if len(parts) != 1 or "element" not in parts[0].attrib:
            return None
        return self.types.find("element", parts[0].get("element", ""), parts[0])

    def _operation(
        self, name: str, own: Element, request: Element, response: Element, taken: set[str]
    ) -> SourceOperation:
        left: list[Left] = []
        inputs = tuple(Below(self.types, self.files.main, left).fields(request))
        below = Below(self.types, self.files.main, left, answer=True)
        outputs = tuple(below.fields(response))
        left.extend(Left(one.place, "list", self.files.main) for one in inputs if "[]" in one.place)
        reply = _reply(outputs, below.optional)
        note = own.find(f"{WSDL}documentation")
        return SourceOperation(
            name=distinct(registry_name(name), taken),
            own_name=name,
            title=" ".join(str(note.text or "").split())[:200] if note is not None else name,
            inputs=tuple(one for one in inputs if "[]" not in one.place),
            outputs=reply.fields,
            call={"call": name},
            records=reply.records,
            many=reply.many,
            left=tuple(left),
        )


def _reply(fields: tuple[SourceField, ...], optional: set[str]) -> Reply:
    """The record: what stands in the one member that holds more than a value, or in one with a telling name."""
    sizes = Counter(one.place.partition(".")[0] for one in fields if "." in one.place)
    telling = [name for name in sizes if is_envelope(name.removesuffix("[]"))]
    lists = [name for name in sizes if name.endswith("[]")]
    alone = list(sizes) if len(sizes) == 1 and len({one.names[0] for one in fields}) == 1 else []
    for name in (*telling, *(lists if len(lists) == 1 else []), *alone):
        plain = name.removesuffix("[]")
        return Reply(inside(fields, plain), plain, many=name.endswith("[]"))
    return Reply(tuple(replace(one, required=one.required and one.names[0] not in optional) for one in fields))


def _local(text: str) -> str:
    return text.rpartition(":")[2]
