"""`META-INF/manifest.xml`: the container's own list of its files and their media types.

Promises: written as tools of ASiC-E want it; read by one shape; it lists the container and each file once.
Leaves out: believing it: it is not signed, and `signing.asice_check` holds it against what is.

Source: ETSI EN 319 162-1 §4.3.3, §A.6; OASIS OpenDocument 1.2 part 3 §4 (manifest).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from lxml import etree

from schemas.xml import XmlError, XmlLimits, parse
from signing.asice_zip import ASIC_E
from signing.xades_shape import Children, attribute, check_attributes, check_tree, leaf
from signing.xades_words import XadesFormatError

NAME: Final = "META-INF/manifest.xml"
_SPACE: Final = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"
_LIMITS: Final = XmlLimits(max_bytes=1024 * 1024, max_depth=4, max_elements=2_100)


def _name(local: str) -> str:
    return f"{{{_SPACE}}}{local}"


def write(media_types: Mapping[str, str]) -> bytes:
    """The list for files with these media types."""
    root = etree.Element(_name("manifest"), nsmap={"manifest": _SPACE})
    root.set(_name("version"), "1.2")
    for name, media_type in {"/": ASIC_E.decode("ascii"), **media_types}.items():
        entry = etree.SubElement(root, _name("file-entry"))
        entry.set(_name("full-path"), name)
        entry.set(_name("media-type"), media_type)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def read(data: bytes) -> dict[str, str]:
    """Media types by name, the container's own apart.

    Raises:
        XadesFormatError: not the shape; a name stands twice; the container itself is not listed.
    """
    try:
        root = parse(data, _LIMITS, exact=True)
    except XmlError as error:
        raise XadesFormatError(f"manifest: {error.rule}") from None
    check_tree(root)
    if root.tag != _name("manifest"):
        raise XadesFormatError("manifest: another root")
    parts = Children(root, _name("version"))
    found: dict[str, str] = {}
    for entry in parts.many(_name("file-entry")):
        check_attributes(entry, (_name("full-path"), _name("media-type"), _name("version"), _name("size")))
        leaf(entry, *entry.attrib)
        name = attribute(entry, _name("full-path"))
        if name in found:
            raise XadesFormatError("manifest: a name stands twice")
        found[name] = attribute(entry, _name("media-type"))
    parts.end()
    if found.pop("/", "") != ASIC_E.decode("ascii"):
        raise XadesFormatError("manifest: it does not list the container itself")
    return found
