"""What a WSDL description offers, names as ``{namespace}local``.

Source: W3C Note "Web Services Description Language (WSDL) 1.1".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from registry.evolution.verdict import Place

if TYPE_CHECKING:
    from schemas.xml import Element

WSDL: Final = "http://schemas.xmlsoap.org/wsdl/"
XS: Final = "http://www.w3.org/2001/XMLSchema"


class Part(NamedTuple):
    """A part of a message: its name, ``element`` or ``type``, and which."""

    name: str
    kind: str
    value: str


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation of a port type; None where there is no such message."""

    key: str
    asked: tuple[Part, ...] | None
    answered: tuple[Part, ...] | None
    faults: tuple[tuple[str, tuple[Part, ...]], ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Binding:
    """How a port type is spoken: everything that is said beside the operations, and of each operation."""

    name: str
    port_type: str
    said: str
    operations: dict[str, str]
    place: Place


@dataclass(slots=True)
class Description:
    """A description with all that it imports. ``types`` are its embedded schemas, ``ports`` bindings by port."""

    messages: dict[str, tuple[Part, ...]] = field(default_factory=dict)
    operations: dict[str, Operation] = field(default_factory=dict)
    bindings: dict[str, Binding] = field(default_factory=dict)
    ports: dict[str, str] = field(default_factory=dict)
    addresses: dict[str, str] = field(default_factory=dict)
    types: list[Element] = field(default_factory=list)
    types_in: list[str] = field(default_factory=list)
    """The document of each of the types."""

    def elements(self, *, answers: bool) -> frozenset[str]:
        """The elements that are sent, or (``answers``) that come back."""
        found: set[str] = set()
        for operation in self.operations.values():
            parts = list(operation.asked or ())
            if answers:
                parts = [*(operation.answered or ()), *(part for _, fault in operation.faults for part in fault)]
            found.update(part.value for part in parts if part.kind == "element")
        return frozenset(found)

    @property
    def others(self) -> frozenset[str]:
        """Elements of messages that no operation names: a binding may send them as headers, either way."""
        used = self.elements(answers=False) | self.elements(answers=True)
        named = {part.value for parts in self.messages.values() for part in parts if part.kind == "element"}
        return frozenset(named - used)

    @property
    def has_typed_parts(self) -> bool:
        """Whether a part is given by a type, so that no element of the schemas stands for it."""
        return any(
            part.kind == "type"
            for operation in self.operations.values()
            for parts in (operation.asked, operation.answered, *(fault for _, fault in operation.faults))
            for part in parts or ()
        )
