"""Small words of an XSD document: counts, booleans, sets of derivation methods.

Promises a ``SchemaError`` for a count that is none. Leaves out whatever the validator's own compiler checks.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from registry.evolution.xsd.refuse import refuse
from registry.evolution.xsd.source import XS_

if TYPE_CHECKING:
    from collections.abc import Iterator

    from registry.evolution.xsd.tables import Raw
    from schemas.xml import Element

_COUNT: Final = re.compile(r"\+?0*([0-9]{1,18})")
MANY: Final = 10**18


def count(raw: Raw, node: Element, attribute: str, otherwise: int = 1) -> int | None:
    """A count of occurrences; None is unbounded."""
    text = node.get(attribute)
    if text is None:
        return otherwise
    if text.strip() == "unbounded" and attribute == "maxOccurs":
        return None
    return natural(raw, node, text)


def natural(raw: Raw, node: Element, text: str) -> int:
    """A whole number that is not negative, below ``MANY``."""
    found = _COUNT.fullmatch(text.strip())
    if found is None:
        raise refuse("not-a-schema", f"{text[:40]!r} is no count", raw.document.where(node))
    return int(found[1])


def flag(node: Element, attribute: str) -> bool:
    """A boolean attribute that is false unless set."""
    return node.get(attribute, "").strip() in {"true", "1"}


def methods(raw: Raw, node: Element, attribute: str, default: str, known: str) -> frozenset[str]:
    """``block`` or ``final``: which of the ``known`` methods, ``default`` naming the schema's own attribute."""
    text = node.get(attribute)
    if text is None:
        text = raw.document.root.get(default, "")
    allowed = frozenset(known.split())
    return allowed if text.strip() == "#all" else allowed & frozenset(text.split())


def child(node: Element, *locals_: str) -> Element | None:
    """The first child element of one of these names."""
    return next(node.iterchildren(*(f"{XS_}{local}" for local in locals_)), None)


def children(node: Element, *locals_: str) -> Iterator[Element]:
    """Child elements of these names."""
    return node.iterchildren(*(f"{XS_}{local}" for local in locals_))
