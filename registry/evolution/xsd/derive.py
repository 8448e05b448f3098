"""Which type derives from which, and how (XSD 1.0 part 1, clauses 3.4.6 and 3.14.6).

Promises what ``xsi:type`` and substitution groups ask. Leaves out how types are read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from registry.evolution.xsd.builtins import ANY_SIMPLE
from registry.evolution.xsd.model import ANY_TYPE, ComplexType, SimpleType

if TYPE_CHECKING:
    from collections.abc import Iterator

    from registry.evolution.xsd.model import Type


def bases(found: Type) -> Iterator[Type]:
    """The type itself, its base, and so on to the ur-type."""
    step: Type | None = found
    while step is not None:
        yield step
        step = ANY_TYPE if step is ANY_SIMPLE else step.base


def derives(found: Type, ancestor: Type, blocked: frozenset[str], *, on_the_way: bool = False) -> bool:
    """Whether an element of type ``ancestor`` may be of type ``found`` by ``xsi:type`` or substitution.

    Args:
        found: the type that the document or the member names.
        ancestor: the declared type.
        blocked: derivation methods that the declaration and its type block.
        on_the_way: whether what types between the two block counts too (substitution groups: clause 3.3.6).
    """
    used: set[str] = set()
    for step in bases(found):
        if step is ancestor:
            return not used & blocked
        if isinstance(ancestor, SimpleType) and _is_member(step, ancestor):
            return not used & blocked
        used.add(step.method if isinstance(step, ComplexType) else "restriction")
        above = _base(step)
        if on_the_way and isinstance(above, ComplexType):
            blocked |= above.block
    return False


def _base(step: Type) -> Type | None:
    return ANY_TYPE if step is ANY_SIMPLE else step.base


def _is_member(step: Type, union: SimpleType) -> bool:
    """Clause 3.14.6, 2.2.4: a member of a union stands for it, if the union has no facets of its own."""
    facets = union.facets
    if union.variety != "union" or facets.values or facets.patterns or not isinstance(step, SimpleType):
        return False
    return any(step is member or (member.variety == "union" and _is_member(step, member)) for member in union.members)
