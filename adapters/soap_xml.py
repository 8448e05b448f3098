"""SOAP as XML: a folder of WSDL and XSD files, the schema in it, and what an envelope holds.

Promises: every file passes `schemas.xml`; nothing outside the folder is reached; a fault is found
wherever an envelope carries one, whatever HTTP says; its text is never kept, only short codes.
Leaves out: zeep, which builds requests and decodes replies (`adapters.soap`).
"""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING, Final

from lxml import etree

from adapters.port import DeclarationError
from schemas.xml import Element, XmlError, XsdSchema, compile_xsd, parse

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

MAX_FILES: Final = 200
SOAP_11: Final = "http://schemas.xmlsoap.org/soap/envelope/"
SOAP_12: Final = "http://www.w3.org/2003/05/soap-envelope"
_XS: Final = "{http://www.w3.org/2001/XMLSchema}"
_WSDL: Final = "{http://schemas.xmlsoap.org/wsdl/}"
_CODE: Final = re.compile(r"[A-Za-z0-9_.\-]{1,32}")
_CODE_FIRST: Final = re.compile(r"\s*(\d{3})\s*(?:[-:.]|$)", re.ASCII)


class WsdlFolder:
    """The WSDL and XSD files below one folder, read and checked once."""

    def __init__(self, wsdl: Path) -> None:
        self.folder = wsdl.parent.absolute()
        self.main = wsdl.name
        paths = sorted([*self.folder.rglob("*.wsdl"), *self.folder.rglob("*.xsd")])
        if len(paths) > MAX_FILES:
            raise DeclarationError(f"wsdl: more than {MAX_FILES} files in its folder")
        self.files = {path.relative_to(self.folder).as_posix(): path.read_bytes() for path in paths}
        if self.main not in self.files:
            raise DeclarationError(f"wsdl: no such file: {self.main}")
        for name, data in self.files.items():
            try:
                parse(data)
            except XmlError as error:
                raise DeclarationError(f"{name}: {error}") from None

    @property
    def location(self) -> str:
        """The absolute path of the main file: references are relative to it."""
        return str(self.folder / self.main)

    def load(self, url: str) -> bytes:
        """The bytes of one file, by absolute path; anything outside the folder is refused."""
        name = posixpath.relpath(posixpath.normpath(url.removeprefix("file://")), self.folder.as_posix())
        if name not in self.files:
            raise DeclarationError("wsdl: it refers to something outside its folder")
        return self.files[name]

    def schema(self) -> XsdSchema:
        """Compile the types of the main WSDL and of those that it imports.

        XML Schema has no word for "the schemas inside this WSDL", so each becomes a file of its own,
        and one more schema imports them all.
        """
        inner = list(self._inner())
        names = {namespace: f"{_PREFIX}{n}.xsd" for n, namespace in enumerate({ns: 0 for ns, _, _ in inner})}
        files = dict(self.files)
        for place, (namespace, folder, schema) in enumerate(inner):
            part = posixpath.join(folder, f"{_PREFIX}part{place}.xsd")
            _locate(schema, namespace, {ns: posixpath.relpath(n, folder or ".") for ns, n in names.items()})
            files[part] = etree.tostring(schema)
            files[names[namespace]] = _including(files.get(names[namespace]), namespace, part)
        files[_PREFIX + "all.xsd"] = _importing(names)
        try:
            return compile_xsd(_PREFIX + "all.xsd", files)
        except XmlError as error:
            raise DeclarationError(f"wsdl: types: {error}") from None

    def _inner(self) -> Iterator[tuple[str, str, Element]]:
        """Each schema inside a WSDL: its namespace, the folder of the WSDL, the element."""
        seen: set[str] = set()
        todo = [self.main]
        while todo:
            name = todo.pop()
            if name in seen or name not in self.files:
                continue
            seen.add(name)
            root = parse(self.files[name])
            folder = posixpath.dirname(name)
            for schema in root.iterfind(f"{_WSDL}types/{_XS}schema"):
                yield schema.get("targetNamespace", ""), folder, schema
            imports = [reference.get("location", "") for reference in root.iterfind(f"{_WSDL}import")]
            todo.extend(posixpath.normpath(posixpath.join(folder, location)) for location in imports)


_PREFIX: Final = ".inner-"


def _locate(schema: Element, own: str, names: Mapping[str, str]) -> None:
    """Tell imports that only name a namespace which file holds it."""
    for reference in schema.iterfind(f"{_XS}import"):
        namespace = reference.get("namespace", "")
        if reference.get("schemaLocation") is None and namespace in names and namespace != own:
            reference.set("schemaLocation", names[namespace])


def _including(so_far: bytes | None, namespace: str, part: str) -> bytes:
    root = etree.Element(f"{_XS}schema") if so_far is None else parse(so_far)
    if namespace:
        root.set("targetNamespace", namespace)
    etree.SubElement(root, f"{_XS}include", schemaLocation=part)
    return etree.tostring(root)


def _importing(names: Mapping[str, str]) -> bytes:
    root = etree.Element(f"{_XS}schema", targetNamespace="urn:lienthong:all-inner-schemas")
    for namespace, name in names.items():
        reference = etree.SubElement(root, f"{_XS}import", schemaLocation=name)
        if namespace:
            reference.set("namespace", namespace)
    return etree.tostring(root)


def body_of(envelope: Element) -> Element | None:
    """The SOAP body's only child (None when the body is empty), or `XmlError` when this is no envelope."""
    for namespace in (SOAP_11, SOAP_12):
        if envelope.tag == f"{{{namespace}}}Envelope":
            bodies = envelope.findall(f"{{{namespace}}}Body")
            if len(bodies) != 1 or len(bodies[0]) > 1:
                break
            return bodies[0][0] if len(bodies[0]) else None
    raise XmlError("not-an-envelope", 1)


def is_fault(element: Element) -> bool:
    """Whether this child of a body is a fault, of either SOAP version."""
    return element.tag in (f"{{{SOAP_11}}}Fault", f"{{{SOAP_12}}}Fault")


def fault_codes(fault: Element, names: Sequence[str]) -> list[str]:
    """The codes in a fault, best first; its text is not kept.

    First what the detail holds under one of `names`, then sub-codes and code, last a code that
    starts the text ("004: …").
    """
    found = [node.text for name in names for node in fault.iter(f"{{*}}{name}") if not len(node)]
    for name in ("Value", "faultcode"):  # in SOAP 1.2 the innermost sub-code says most
        found += [(node.text or "").rpartition(":")[2] for node in fault.iter(f"{{*}}{name}")][::-1]
    for name in ("faultstring", "Text"):
        starts = [_CODE_FIRST.match(node.text or "") for node in fault.iter(f"{{*}}{name}")]
        found += [match[1] for match in starts if match]
    return [text.strip() for text in found if text and _CODE.fullmatch(text.strip())]
