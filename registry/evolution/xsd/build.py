"""What the builders of components share: what is declared, what is built, and what is left for later.

Promises: ``later`` runs until nothing is left, without recursion through elements, however types refer to one another.
Leaves out reading any one kind of component.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from registry.evolution.xsd.builtins import BUILTIN
from registry.evolution.xsd.model import (
    ANY_TYPE,
    AttributeUse,
    ComplexType,
    ElementDecl,
    Particle,
    Schema,
    SimpleType,
    Type,
    Wildcard,
)
from registry.evolution.xsd.names import XS, clark, local_of
from registry.evolution.xsd.refuse import refuse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from registry.evolution.budget import Budget
    from registry.evolution.xsd.tables import Key, Raw
    from schemas.xml import Element

_IDREFS: Final = frozenset({clark(XS, "IDREF"), clark(XS, "IDREFS")})
Attributes = tuple[dict[str, AttributeUse | None], Wildcard | None]
"""Uses by name (None: prohibited) and the wildcard."""
ComplexBuilder = Callable[["Build", "Raw", "Element", "str | None"], ComplexType]
"""Elements need complex types, whose content models need elements: so this one is handed in."""


class Build:
    """One schema being built."""

    def __init__(self, declared: Mapping[Key, Raw], budget: Budget, complex_type: ComplexBuilder) -> None:
        self.declared: Final = declared
        self.complex_type: Final = complex_type
        self.budget: Final = budget
        self.schema: Final = Schema()
        self.types: Final[dict[str, Type]] = dict(BUILTIN)
        self.types[str(ANY_TYPE.name)] = ANY_TYPE
        self.groups: Final[dict[str, Particle | None]] = {}
        self.attribute_groups: Final[dict[str, Attributes]] = {}
        self.declarations: Final[list[ElementDecl]] = []
        self.later: Final[deque[Callable[[], None]]] = deque()

    def finish(self) -> None:
        """Run what was left for later."""
        while self.later:
            self.budget.spend(1, "schema")
            self.later.popleft()()

    def type(self, raw: Raw, node: Element, written: str) -> Type:
        """The type that ``written`` names.

        Raises:
            SchemaError: there is none.
        """
        name = raw.resolve(node, "type", written)
        found = self.types.get(name)
        if name in _IDREFS:
            self.schema.idrefs = True
        if found is None:
            raise refuse("name-unknown", written, raw.document.where(node))
        return found

    def simple(self, raw: Raw, node: Element, written: str) -> SimpleType:
        """The same where only a simple type will do."""
        found = self.type(raw, node, written)
        if isinstance(found, ComplexType):
            raise refuse("not-a-schema", f"{written} is no simple type", raw.document.where(node))
        return found

    def global_raw(self, kind: str, raw: Raw, node: Element, written: str) -> tuple[str, Raw]:
        """The declaration of this kind that ``written`` names, and its name."""
        name = raw.resolve(node, kind, written)
        found = self.declared.get((kind, name))
        if found is None:
            raise refuse("name-unknown", local_of(name), raw.document.where(node))
        return name, found
