"""Reading XML by a fixed shape: each element's children in their order, each counted, nothing beside them.

Promises: an element, attribute, comment, instruction or stray text that a reader did not ask for is refused, so nothing
in a signature file stands unread; base64 and moments have one reading.
Leaves out: what the elements mean (`signing.xades_read`).

Sources: XML Signature 1.1 §4; ETSI EN 319 132-1 §5 (the schemas' sequences); XML Schema 2 §3.2.16 (base64Binary).
"""

from __future__ import annotations

import re
from base64 import b64decode
from binascii import Error as Base64Error
from datetime import UTC, datetime
from typing import Final

from lxml import etree

from schemas.xml import Element
from signing.xades_words import XadesFormatError

_BLANK: Final = " \t\r\n"
_DROP_BLANKS: Final = str.maketrans("", "", _BLANK)
_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)", re.ASCII)
_XML_SPACE: Final = "{http://www.w3.org/XML/1998/namespace}"


class Children:
    """An element's children, taken one after the other.

    Args:
        element: whose.
        attributes: names that it may have.
    """

    def __init__(self, element: Element, *attributes: str) -> None:
        check_attributes(element, attributes)
        self.element = element
        self._left = list(element)
        stray = (element.text, *(child.tail for child in self._left))
        if any(text and text.strip(_BLANK) for text in stray):
            raise XadesFormatError(f"{name_of(element)}: text between its elements")
        if any(not isinstance(child.tag, str) for child in self._left):
            raise XadesFormatError(f"{name_of(element)}: a comment or an instruction")

    def one(self, tag: str) -> Element:
        """The next child, which must be `tag`."""
        if not self._left or self._left[0].tag != tag:
            raise XadesFormatError(f"{name_of(self.element)}: {_local(tag)} is missing or out of its place")
        return self._left.pop(0)

    def maybe(self, tag: str) -> Element | None:
        """The next child if it is `tag`."""
        return self._left.pop(0) if self._left and self._left[0].tag == tag else None

    def many(self, tag: str) -> list[Element]:
        """All of the next children that are `tag`, none or more."""
        found = []
        while (child := self.maybe(tag)) is not None:
            found.append(child)
        return found

    def rest(self) -> list[Element]:
        """Whatever is left, taken."""
        left, self._left = self._left, []
        return left

    def end(self) -> None:
        """Nothing may be left."""
        if self._left:
            name = name_of(self._left[0])
            raise XadesFormatError(f"{name_of(self.element)}: {name} is unknown here, or stands twice")


def check_attributes(element: Element, attributes: tuple[str, ...]) -> None:
    """An element has no attribute but these."""
    if not set(element.attrib) <= set(attributes):
        raise XadesFormatError(f"{name_of(element)}: an attribute that is unknown here")


def attribute(element: Element, name: str) -> str:
    """An attribute that must be there."""
    value = element.get(name)
    if not value:
        raise XadesFormatError(f"{name_of(element)}: {name} is missing")
    return value


def leaf(element: Element, *attributes: str) -> str:
    """The text of an element that holds nothing else."""
    check_attributes(element, attributes)
    if len(element):
        raise XadesFormatError(f"{name_of(element)}: text alone")
    return element.text or ""


def base64_of(element: Element, *attributes: str) -> bytes:
    """The bytes that an element's text spells; blanks may stand between (XML Schema 2 §3.2.16)."""
    text = leaf(element, *attributes).translate(_DROP_BLANKS)
    try:
        data = b64decode(text, validate=True)
    except (Base64Error, ValueError):
        raise XadesFormatError(f"{name_of(element)}: no base64") from None
    if not data:
        raise XadesFormatError(f"{name_of(element)}: empty")
    return data


def moment_of(element: Element) -> datetime:
    """A date and time with its zone."""
    text = leaf(element).strip(_BLANK)
    if not _MOMENT.fullmatch(text):
        raise XadesFormatError(f"{name_of(element)}: a moment with its zone")
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        raise XadesFormatError(f"{name_of(element)}: no such moment") from None


def check_tree(root: Element) -> None:
    """What holds for a whole signature file: no comments, no instructions, no xml:* attributes, no Id twice."""
    document = root.getroottree().getroot()
    if any(beside is not None for beside in (document.getprevious(), document.getnext())):
        raise XadesFormatError("XML: a comment or an instruction beside the root")
    seen: set[str] = set()
    for node in root.iter():
        if not isinstance(node.tag, str):
            raise XadesFormatError("XML: a comment or an instruction")
        for name, value in ((str(one), str(held)) for one, held in node.attrib.items()):
            if name.startswith(_XML_SPACE):
                raise XadesFormatError("XML: xml:id, xml:lang, xml:space and xml:base are not taken")
            if _local(name).lower() == "id":
                if value in seen:
                    raise XadesFormatError("XML: an Id stands twice")
                seen.add(value)


def name_of(element: Element) -> str:
    """An element's local name, cut short."""
    return etree.QName(element).localname[:40]


def _local(tag: str) -> str:
    return tag.rpartition("}")[2][:40]
