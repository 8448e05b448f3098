"""Which declarations may stand for which (substitution groups: XSD 1.0 part 1, clause 3.3.6).

Promises: members that are abstract, or that the head blocks, are left out. Leaves out ``final``: it limits schemas,
not documents.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from registry.evolution.xsd.derive import bases, derives
from registry.evolution.xsd.model import ComplexType, ElementDecl, Schema, SimpleType
from registry.evolution.xsd.names import local_of
from registry.evolution.xsd.refuse import refuse

if TYPE_CHECKING:
    from registry.evolution.budget import Budget


def fill_substitutes(schema: Schema, budget: Budget) -> None:
    """Set ``schema.substitutes``.

    Raises:
        SchemaError: an element substitutes itself.
    """
    for decl in schema.elements.values():
        if decl.abstract or decl.head is not None:
            schema.substitutes.setdefault(decl, {} if decl.abstract else {decl.name: decl})
    for decl in schema.elements.values():
        seen = {decl.name}
        name = decl.head
        while name is not None:
            head = schema.elements[name]
            if name in seen:
                raise refuse("circular", local_of(name), head.where)
            seen.add(name)
            budget.spend(1, "substitution")
            found = schema.substitutes.setdefault(head, {} if head.abstract else {head.name: head})
            if not decl.abstract and _may_stand(decl, head):
                found[decl.name] = decl
            name = head.head


def _may_stand(decl: ElementDecl, head: ElementDecl) -> bool:
    if "substitution" in head.block:
        return False
    block = head.block | (head.type.block if isinstance(head.type, ComplexType) else frozenset())
    return decl.type is head.type or derives(decl.type, head.type, block, on_the_way=True)


def fill_derived(schema: Schema, budget: Budget) -> None:
    """Set ``schema.derived``."""
    for found in schema.types.values():
        chain = list(bases(found))
        budget.spend(len(chain), "types")
        for ancestor in chain:
            schema.derived.setdefault(ancestor, []).append(found)
    _fill_unions(schema, budget)


def _fill_unions(schema: Schema, budget: Budget) -> None:
    """Named types that are members of a union may stand for it."""
    for union in [found for found in schema.types.values() if isinstance(found, SimpleType)]:
        if union.variety != "union":
            continue
        for member in union.members:
            more = list(schema.derived.get(member, ()))
            budget.spend(1 + len(more), "types")
            known = schema.derived.setdefault(union, [])
            known.extend(found for found in more if found not in known)
