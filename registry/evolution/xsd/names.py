"""Names and sets of namespaces.

A name is written in Clark's way, ``{namespace}local``, or ``local`` alone where it has no namespace; ``""`` is the
absent namespace. Leaves out where names are declared (``registry.evolution.xsd.tables``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

XS: Final = "http://www.w3.org/2001/XMLSchema"
XSI: Final = "http://www.w3.org/2001/XMLSchema-instance"
XML: Final = "http://www.w3.org/XML/1998/namespace"
VC: Final = "http://www.w3.org/2007/XMLSchema-versioning"


def clark(namespace: str, local: str) -> str:
    """One name of two parts."""
    return f"{{{namespace}}}{local}" if namespace else local


def namespace_of(name: str) -> str:
    """The namespace of a name; ``""`` where it has none."""
    return name[1:].partition("}")[0] if name.startswith("{") else ""


def local_of(name: str) -> str:
    """The name without its namespace."""
    return name.rpartition("}")[2]


@dataclass(frozen=True, slots=True)
class Namespaces:
    """The namespaces that a wildcard takes (XSD 1.0 part 1, clause 3.10.1): those named, or all but those."""

    names: frozenset[str]
    negated: bool = False

    def has(self, namespace: str) -> bool:
        """Whether ``namespace`` is one of them."""
        return (namespace in self.names) is not self.negated

    def within(self, other: Namespaces) -> bool:
        """Whether ``other`` has all of them."""
        if self.negated:
            return other.negated and other.names <= self.names
        return all(other.has(name) for name in self.names)

    def __and__(self, other: Namespaces) -> Namespaces:
        if self.negated and other.negated:
            return Namespaces(self.names | other.names, negated=True)
        if self.negated:
            return Namespaces(other.names - self.names)
        return Namespaces(frozenset(name for name in self.names if other.has(name)))

    def __or__(self, other: Namespaces) -> Namespaces:
        if self.negated and other.negated:
            return Namespaces(self.names & other.names, negated=True)
        if self.negated:
            return Namespaces(self.names - other.names, negated=True)
        if other.negated:
            return Namespaces(other.names - self.names, negated=True)
        return Namespaces(self.names | other.names)


ANY: Final = Namespaces(frozenset(), negated=True)


def listed(text: str, target: str) -> Namespaces:
    """Read the ``namespace`` attribute of a wildcard.

    ``##other`` leaves out the absent namespace too (XSD 1.0 part 1, clause 3.10.2 with erratum E1-9).
    """
    words: Iterable[str] = text.split()
    if text.strip() == "##any":
        return ANY
    if text.strip() == "##other":
        return Namespaces(frozenset({target, ""}), negated=True)
    special = {"##targetNamespace": target, "##local": ""}
    return Namespaces(frozenset(special.get(word, word) for word in words))
