"""A service's description as its clients get it: the address is our face, and whatever it imports comes from us.

Promises: every file passes the one XML door; each `address` of a port leads to the address given, each reference of a
WSDL or an XML Schema to where this node serves that file; a reference that leads anywhere else is refused, so that a
client which follows them never calls a stranger; schemas that X-Road's descriptions import by public address are
served from here. Leaves out: who may read a description, and serving it (`bus.xroad.meta`).
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator, Mapping
from importlib.resources import files as package_files
from typing import Final

from lxml import etree

from schemas.xml import Element, parse

_WSDL: Final = "{http://schemas.xmlsoap.org/wsdl/}"
_XS: Final = "{http://www.w3.org/2001/XMLSchema}"
_ADDRESSES: Final = (
    "{http://schemas.xmlsoap.org/wsdl/soap/}address",
    "{http://schemas.xmlsoap.org/wsdl/soap12/}address",
    "{http://schemas.xmlsoap.org/wsdl/http/}address",
)
_REFERENCES: Final[Mapping[str, str]] = {
    f"{_WSDL}import": "location",
    f"{_XS}include": "schemaLocation",
    f"{_XS}import": "schemaLocation",
    f"{_XS}redefine": "schemaLocation",
    f"{_XS}override": "schemaLocation",
}
WELL_KNOWN: Final[Mapping[str, str]] = {
    f"{scheme}://{location}": f"well-known/{file}"
    for scheme in ("http", "https")
    for location, file in (
        ("x-road.eu/xsd/xroad.xsd", "xroad.xsd"),
        ("x-road.eu/xsd/identifiers", "identifiers.xsd"),
        ("x-road.eu/xsd/identifiers.xsd", "identifiers.xsd"),
        ("x-road.eu/xsd/representation.xsd", "representation.xsd"),
        ("www.w3.org/2001/xml.xsd", "xml.xsd"),
        ("www.w3.org/2001/03/xml.xsd", "xml.xsd"),
        ("www.w3.org/2009/01/xml.xsd", "xml.xsd"),
        ("www.w3.org/2005/05/xmlmime", "xmlmime.xsd"),
        ("www.w3.org/2005/05/xmlmime.xsd", "xmlmime.xsd"),
        ("ws-i.org/profiles/basic/1.1/swaref.xsd", "swaref.xsd"),
    )
}
"""Public address of a schema that X-Road's descriptions import → the path under which it is served."""
_SHIPPED: Final = frozenset(WELL_KNOWN.values())


class DescriptionError(Exception):
    """A description was refused; `rule` is a fixed word, `path` the file in which it stands."""

    def __init__(self, rule: str, path: str) -> None:
        super().__init__(f"{path}: {rule}")
        self.rule = rule
        self.path = path


def rewritten(main: bytes, address: str, import_url: Callable[[str], str]) -> bytes:
    """One file of a description, its ports at `address` and each reference at `import_url` of what stood there.

    Args:
        main: a WSDL or an XML Schema.
        address: where the face is, such as `http://node.example:8580/`.
        import_url: a location as it is written in this file → the address that a client shall read instead.

    Raises:
        schemas.xml.XmlError: the file may not enter.
    """
    root = parse(main, exact=True)
    for element in root.iter(*_ADDRESSES):
        element.set("location", address)
    for element, name in _referring(root):
        element.set(name, import_url(element.get(name, "").strip()))
    return etree.tostring(root.getroottree(), encoding="UTF-8", xml_declaration=True)


def served(path: str, files: Mapping[str, bytes], address: str, url: Callable[[str], str]) -> bytes:
    """The file at `path` of a description, its references leading to `url` of the paths that they mean.

    Args:
        path: which file: a key of `files`, or a path of `WELL_KNOWN`.
        files: path to bytes; references are relative to the file that holds them.
        address: where the face is.
        url: a path → the address at which this node serves it.

    Raises:
        DescriptionError: `no-such-file`, or `external-reference` to what neither is among `files` nor well known.
        schemas.xml.XmlError: the file may not enter.
    """

    def of(location: str) -> str:
        return url(_meant(path, location, files))

    data = files[path] if path in files else well_known(path)
    if data is None:
        raise DescriptionError("no-such-file", path)
    return rewritten(data, address, of)


def reached(main: str, files: Mapping[str, bytes]) -> tuple[str, ...]:
    """Every path that a client reads who begins at `main`, `main` first; the well-known ones among them.

    Raises:
        DescriptionError: as `served`.
        schemas.xml.XmlError: a file may not enter.
    """
    seen: dict[str, None] = {}
    todo = [main]
    while todo:
        path = todo.pop()
        if path in seen:
            continue
        seen[path] = None
        data = files[path] if path in files else well_known(path)
        if data is None:
            raise DescriptionError("no-such-file", path)
        root = parse(data)
        todo += [_meant(path, element.get(name, "").strip(), files) for element, name in _referring(root)]
    return tuple(seen)


def well_known(path: str) -> bytes | None:
    """A schema of `WELL_KNOWN`, by the path under which it is served; None when it is not one."""
    if path not in _SHIPPED:
        return None
    return (package_files("schemas.xroad") / "xsd" / posixpath.basename(path)).read_bytes()


def _referring(root: Element) -> Iterator[tuple[Element, str]]:
    """Elements that refer to a file, with the attribute that says which; an import may name a namespace alone."""
    for element in root.iter(*_REFERENCES):
        name = _REFERENCES[element.tag]
        if element.get(name) is not None:
            yield element, name


def _meant(path: str, location: str, files: Mapping[str, bytes]) -> str:
    if location in WELL_KNOWN:
        return WELL_KNOWN[location]
    target = posixpath.normpath(posixpath.join(posixpath.dirname(path), location))
    if target not in files and well_known(target) is None:
        raise DescriptionError("external-reference", path)
    return target
