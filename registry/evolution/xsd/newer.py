"""What XSD 1.1 adds: such a schema is kept, and compared as unknown.

Promises to name the first construct of a schema that XSD 1.0 does not have. Leaves out judging its use: the
validator of the bus knows XSD 1.0 only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from registry.evolution.xsd.names import VC, XS, local_of

if TYPE_CHECKING:
    from schemas.xml import Element

_ELEMENTS: Final = frozenset(
    {"assert", "assertion", "alternative", "openContent", "defaultOpenContent", "override", "explicitTimezone"}
)
_ATTRIBUTES: Final = frozenset(
    {
        "notNamespace",
        "notQName",
        "defaultAttributes",
        "defaultAttributesApply",
        "xpathDefaultNamespace",
        "inheritable",
        "appliesToEmpty",
        "defaultOpenContent",
    }
)
_TYPES: Final = frozenset({"dateTimeStamp", "dayTimeDuration", "yearMonthDuration", "anyAtomicType", "error"})
_ALL: Final = f"{{{XS}}}all"


def newer_construct(root: Element) -> tuple[Element, str] | None:
    """The first element that uses XSD 1.1, and what it uses."""
    for node in root.iter(f"{{{XS}}}*"):
        if local_of(node.tag) in {"documentation", "appinfo"}:
            continue
        found = _of(node)
        if found is not None:
            return node, found
    return None


def _of(node: Element) -> str | None:
    local = local_of(node.tag)
    if local in _ELEMENTS:
        return f"xs:{local}"
    for name in map(str, node.keys()):
        if name in _ATTRIBUTES or name.startswith(f"{{{VC}}}"):
            return name.rpartition("}")[2]
    return _type_of(node) or _all_of(node)


def _type_of(node: Element) -> str | None:
    for attribute in ("type", "base", "itemType", "memberTypes"):
        for word in node.get(attribute, "").split():
            prefix, _, local = word.rpartition(":")
            if local in _TYPES and node.nsmap.get(prefix or None) == XS:
                return f"xs:{local}"
    return None


def _all_of(node: Element) -> str | None:
    """XSD 1.1 lets all-groups hold wildcards and repeat their members."""
    if node.tag != _ALL:
        return None
    for child in node.iterchildren(f"{{{XS}}}any", f"{{{XS}}}element", f"{{{XS}}}group"):
        if local_of(child.tag) != "element" or child.get("maxOccurs", "1").strip() not in {"0", "1"}:
            return "xs:all"
    return None
