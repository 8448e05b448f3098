"""A WSDL with the files that it needs, gathered from its own folder.

Promises: every file passes `schemas.xml`; what leads out of the folder, or to the network, is refused with its place;
an address that holds a password is refused, for the files are copied beside the adapter. Leaves out what they say.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from bus.kit.new.addresses import refuse_secrets
from bus.kit.new.refused import SourceRefusedError
from bus.kit.new.texts import read_bytes
from schemas.xml import Element, XmlError, parse

XS: Final = "{http://www.w3.org/2001/XMLSchema}"
WSDL: Final = "{http://schemas.xmlsoap.org/wsdl/}"
SOAP: Final = ("{http://schemas.xmlsoap.org/wsdl/soap/}", "{http://schemas.xmlsoap.org/wsdl/soap12/}")
MAX_FILES: Final = 100
_SHOWN: Final = 100
_REFERENCES: Final = ("import", "include", "redefine")


@dataclass(slots=True)
class WsdlFiles:
    """The main file's name, and every file by its path beside it."""

    main: str
    data: dict[str, bytes] = field(default_factory=dict)
    roots: dict[str, Element] = field(default_factory=dict)

    def schemas(self) -> Iterator[tuple[str, Element]]:
        """Every XML Schema: inside a WSDL, or a file of its own."""
        for name, root in self.roots.items():
            if root.tag == f"{XS}schema":
                yield name, root
            else:
                yield from ((name, schema) for schema in root.iterfind(f"{WSDL}types/{XS}schema"))

    def definitions(self) -> Iterator[Element]:
        """Every WSDL."""
        return (root for root in self.roots.values() if root.tag == f"{WSDL}definitions")


def gather(path: Path) -> WsdlFiles:
    """Read a WSDL and what it refers to.

    Raises:
        SourceRefusedError: by rule, file and line.
    """
    found = WsdlFiles(path.name)
    waiting = [path.name]
    while waiting:
        name = waiting.pop()
        if name in found.data:
            continue
        if len(found.data) >= MAX_FILES:
            raise SourceRefusedError("too-large", path.name)
        data = _read(path.parent, name)
        found.data[name] = data
        found.roots[name] = _parse(name, data)
        waiting.extend(_references(name, found.roots[name]))
    if found.roots[path.name].tag != f"{WSDL}definitions":
        raise SourceRefusedError("not-wsdl", f"{path.name}:1")
    return found


def _read(folder: Path, name: str) -> bytes:
    path = folder / name
    try:
        leads_out = path.is_symlink() or not path.resolve().is_relative_to(folder.resolve())
    except OSError:  # a name that no file can have
        raise SourceRefusedError("no-such-file", name[:_SHOWN]) from None
    if leads_out:
        raise SourceRefusedError("external-reference", name)
    return read_bytes(path)


def _parse(name: str, data: bytes) -> Element:
    try:
        root = parse(data)
    except XmlError as error:
        raise SourceRefusedError(error.rule, f"{name}:{error.line}") from None
    for space in SOAP:
        for address in root.iter(f"{space}address"):
            refuse_secrets(address.get("location", ""), f"{name}:{address.sourceline}")
    return root


def _references(name: str, root: Element) -> Iterator[str]:
    """The files that one file names, as paths beside the main one."""
    for element in root.iter(*(f"{XS}{word}" for word in _REFERENCES), f"{WSDL}import"):
        location = element.get("schemaLocation") or element.get("location")
        if location is None:
            continue
        target = posixpath.normpath(posixpath.join(posixpath.dirname(name), location))
        if "://" in location or location.startswith("/") or target.startswith("..") or "\\" in location:
            raise SourceRefusedError("external-reference", f"{name}:{element.sourceline}")
        yield target
