"""How deep the smallest document of each type is, and which have none at all.

A type whose elements need one another without end has no document, nor has a choice without members; what cannot be
written cannot contradict a reader. Promises: content of rank n is made of elements of smaller rank only, so that a
smallest document can be written down. Leaves out simple types: every one counts as having a value.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from registry.evolution.xsd.model import ComplexType, ElementDecl, Group, Particle, Schema, Wildcard

if TYPE_CHECKING:
    from collections.abc import Iterable

    from registry.evolution.budget import Budget
    from registry.evolution.xsd.model import Type


class Ranks:
    """Ranks of everything of one schema."""

    def __init__(self, schema: Schema, budget: Budget, found: Iterable[ElementDecl]) -> None:
        self._schema = schema
        self._budget = budget
        self._elements = list(found)
        self._passed: dict[Group, int] = {}
        self._types = list(dict.fromkeys(self._complex(schema)))
        schema.tops = tuple(self._types)

    def _complex(self, schema: Schema) -> Iterable[ComplexType]:
        for found in (*schema.types.values(), *(decl.type for decl in self._elements)):
            if isinstance(found, ComplexType):
                yield found

    def settle(self) -> None:
        """Set every ``rank``."""
        open_types = [found for found in self._types if found.rank < 0]
        changed = True
        while changed:
            changed = self._elements_once()
            self._passed.clear()
            still = []
            for found in open_types:
                found.rank = self._of(found.content)
                changed = changed or found.rank >= 0
                if found.rank < 0:
                    still.append(found)
            open_types = still[::-1]  # chains that run against one direction run with the other
        self._passed.clear()
        for found in self._types:
            self._of(found.content)

    def _elements_once(self) -> bool:
        changed = False
        self._budget.spend(len(self._elements), "ranks")
        for decl in self._elements:
            if decl.rank < 0:
                decl.rank = self._element(decl)
                changed = changed or decl.rank >= 0
        return changed

    def _fresh(self, decl: ElementDecl) -> int:
        """An element's rank, by what is known by now."""
        if decl.rank < 0:
            decl.rank = self._element(decl)
        return decl.rank

    def _element(self, decl: ElementDecl) -> int:
        rank = self._instance(decl.type)
        return 0 if rank < 0 and decl.nillable else rank

    def _instance(self, declared: Type) -> int:
        if not isinstance(declared, ComplexType):
            return 0
        if not declared.abstract:
            return declared.rank
        ranks = [
            found.rank
            for found in self._schema.derived.get(declared, ())
            if isinstance(found, ComplexType) and not found.abstract and found.rank >= 0
        ]
        self._budget.spend(1 + len(ranks), "ranks")
        return min(ranks, default=-1)

    def _of(self, content: Particle | None) -> int:
        """One more than what the content needs; 0 where it needs nothing."""
        if content is None:
            return 0
        inner = self._particle(content)
        return -1 if inner < 0 else inner + (0 if content.nullable else 1)

    def _particle(self, particle: Particle) -> int:
        rank = self._term(particle.term)
        return 0 if particle.nullable else rank

    def _term(self, term: ElementDecl | Wildcard | Group) -> int:
        self._budget.spend(1, "ranks")
        if isinstance(term, ElementDecl):
            ranks = map(self._fresh, self._schema.standing_for(term).values())
            return min((rank for rank in ranks if rank >= 0), default=-1)
        if isinstance(term, Wildcard):
            term.rank = self._wildcard(term)
            self._schema.wildcard_namespaces.update(term.namespaces.names)
            return term.rank
        if term in self._passed:
            return self._passed[term]
        each = [self._particle(item) for item in term.items]
        if term.kind == "choice":
            alive = [self._term_rank(item) for item in term.items]
            term.rank = min((rank for rank in alive if rank >= 0), default=-1)
        else:
            term.rank = -1 if any(rank < 0 for rank in each) else max(each, default=0)
        self._passed[term] = term.rank
        return term.rank

    def _term_rank(self, item: Particle) -> int:
        if item.nullable:
            return 0
        return item.term.rank if not isinstance(item.term, ElementDecl) else self._term(item.term)

    def _wildcard(self, wildcard: Wildcard) -> int:
        if wildcard.process != "strict":
            return 0 if wildcard.namespaces.names or wildcard.namespaces.negated else -1
        ranks = [
            decl.rank
            for decl in self._schema.elements.values()
            if not decl.abstract and decl.rank >= 0 and wildcard.namespaces.has(decl.name[1:].partition("}")[0])
        ]
        self._budget.spend(1 + len(ranks), "ranks")
        return min(ranks, default=-1)
