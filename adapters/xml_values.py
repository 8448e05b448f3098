"""XML that is no SOAP, as objects and texts: what field maps can walk.

Promises: local names only; a repeated element is a list, a single one is not (field maps take either); an element with
attributes and text holds the text as `value`. Leaves out mixed content, and parsing (`schemas.xml`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from schemas.xml import Element

VALUE: Final = "value"


def plain_xml(element: Element) -> object:
    """The element's content; its own name is not part of it. Depth is what `schemas.xml` let in."""
    found: dict[str, object] = {_local(str(name)): str(value) for name, value in element.attrib.items()}
    for child in element:
        name, inner = _local(child.tag), plain_xml(child)
        known = found.get(name)
        if known is None:
            found[name] = inner
        elif isinstance(known, list):
            known.append(inner)
        else:
            found[name] = [known, inner]
    text = (element.text or "").strip()
    if not found:
        return text
    return {**found, VALUE: text} if text and not len(element) else found


def _local(name: str) -> str:
    return name.rpartition("}")[2]
