"""A schema's components after everything was resolved: types, elements, attributes, content models.

Promises: what stands here has no references left to follow except through ``Schema``; types may be recursive through
elements, content models are trees. Names follow XSD 1.0 part 1, clause 3. Leaves out how they are read
(``registry.evolution.xsd.building``) and compared (``registry.evolution.xsd.compare``).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal, cast

from registry.evolution.verdict import Place
from registry.evolution.xsd.names import ANY, XS, Namespaces, clark

if TYPE_CHECKING:
    from schemas.xml import Element

Whitespace = Literal["preserve", "replace", "collapse"]
Process = Literal["skip", "lax", "strict"]


@dataclass(frozen=True, slots=True, eq=False)
class Where:
    """The element of the schema's text that says it; None for what the standard itself declares."""

    node: Element | None = None
    document: str = ""

    def place(self) -> Place:
        """XPath and line."""
        if self.node is None:
            return Place(document=self.document)
        steps = [_step(node) for node in (self.node, *self.node.iterancestors())]
        line = cast("int | None", self.node.sourceline)
        return Place("/" + "/".join(reversed(steps)), line, self.document)


def _step(node: Element) -> str:
    local = node.tag.rpartition("}")[2]
    name = f"xs:{local}" if node.tag.startswith(f"{{{XS}}}") else local
    parent = node.getparent()
    if parent is None:
        return name
    alike = sum(1 for _ in node.itersiblings(node.tag, preceding=True)) + 1
    alone = alike == 1 and next(node.itersiblings(node.tag), None) is None
    return name if alone else f"{name}[{alike}]"


@dataclass(frozen=True, slots=True)
class Bound:
    """A limit as it is written."""

    text: str
    exclusive: bool = False


@dataclass(frozen=True, slots=True)
class Facets:
    """What a simple type restricts, all steps of its derivation together (XSD 1.0 part 2, clause 4.3).

    Attributes:
        patterns: one tuple per step: within a step any may match, every step must.
        values: enumerations, one tuple per step, white space already handled.
        integer: lexically an integer: no decimal point.
        minimum: lengths in characters, octets or items.
    """

    whitespace: Whitespace = "collapse"
    patterns: tuple[tuple[str, ...], ...] = ()
    values: tuple[tuple[str, ...], ...] = ()
    low: Bound | None = None
    high: Bound | None = None
    digits: int | None = None
    fraction: int | None = None
    minimum: int = 0
    maximum: int | None = None
    integer: bool = False


@dataclass(slots=True, eq=False)
class SimpleType:
    """A simple type definition.

    Attributes:
        name: None where it has none, or none that a document can say.
        primitive: the built-in primitive's local name; ``anySimpleType`` for that one; ``""`` for lists and unions.
    """

    name: str | None
    where: Where
    base: SimpleType | None
    variety: Literal["atomic", "list", "union"]
    primitive: str
    facets: Facets
    item: SimpleType | None = None
    members: tuple[SimpleType, ...] = ()
    final: frozenset[str] = frozenset()
    size: int = field(init=False)
    """Atomic types in it, those of members of members counted each time."""

    def __post_init__(self) -> None:
        """Count."""
        self.size = sum(member.size for member in self.members) if self.members else 1
        if self.item is not None:
            self.size = self.item.size


@dataclass(slots=True, eq=False)
class AttributeUse:
    """An attribute that a type allows."""

    name: str
    type: SimpleType
    where: Where
    required: bool = False
    default: str | None = None
    fixed: str | None = None


@dataclass(slots=True, eq=False)
class Wildcard:
    """``any`` or ``anyAttribute``."""

    namespaces: Namespaces
    process: Process
    where: Where
    nullable: Literal[False] = False
    rank: int = 0


@dataclass(slots=True, eq=False)
class Identity:
    """``unique``, ``key`` or ``keyref``; ``sense`` is what it says with all names resolved: equal ones judge alike."""

    sense: tuple[str, ...]
    where: Where


@dataclass(slots=True, eq=False)
class ElementDecl:
    """An element declaration.

    Attributes:
        is_global: documents may begin with it, and substitution groups and lax wildcards may name it.
        head: the name that it may substitute.
        rank: how deep the smallest document of it is; -1 where there is none.
    """

    name: str
    where: Where
    type: Type = field(init=False)
    is_global: bool = False
    nillable: bool = False
    default: str | None = None
    fixed: str | None = None
    abstract: bool = False
    block: frozenset[str] = frozenset()
    head: str | None = None
    identities: tuple[Identity, ...] = ()
    nullable: Literal[False] = False
    rank: int = -1


@dataclass(slots=True, eq=False)
class Group:
    """A model group. ``nullable`` means that it takes no elements at all."""

    kind: Literal["sequence", "choice", "all"]
    items: tuple[Particle, ...]
    where: Where
    nullable: bool = False
    rank: int = -1
    tail: int = 0
    """Sequence: all items from here on may be left out."""
    size: int = field(init=False)
    """Elements and wildcards in it, those of shared groups counted each time."""
    loops: int = field(init=False)
    """Groups in it that may be empty and may come more than once, but not without end."""

    def __post_init__(self) -> None:
        """See what may be left out."""
        self.size = sum(size_of(item) for item in self.items)
        self.loops = sum(loops_of(item) for item in self.items)
        if self.kind == "choice":
            self.nullable = any(item.nullable for item in self.items)
            return
        self.tail = len(self.items)
        while self.tail and self.items[self.tail - 1].nullable:
            self.tail -= 1
        self.nullable = all(item.nullable for item in self.items)


Term = ElementDecl | Wildcard | Group


@dataclass(slots=True, eq=False)
class Particle:
    """How often a term comes; ``high`` None is unbounded. ``low`` is 0 where the term may be nothing."""

    low: int
    high: int | None
    term: Term
    where: Where
    nullable: bool = field(init=False)

    def __post_init__(self) -> None:
        """See whether it may be left out."""
        if self.term.nullable:
            self.low = 0
        self.nullable = self.low == 0


def loops_of(particle: Particle) -> int:
    """See ``Group.loops``; the particle itself is counted too."""
    term = particle.term
    if not isinstance(term, Group):
        return 0
    return term.loops + (1 if term.nullable and particle.high not in (None, 1) else 0)


def size_of(particle: Particle) -> int:
    """Elements and wildcards in it."""
    return particle.term.size if isinstance(particle.term, Group) else 1


@dataclass(slots=True, eq=False)
class ComplexType:
    """A complex type definition.

    Attributes:
        method: how it derives from its base: ``extension`` or ``restriction``.
        content: None where no element may come.
        simple: the type of its text; then there is no content model.
        rank: see ``ElementDecl``.
    """

    name: str | None
    where: Where
    base: Type | None = None
    method: str = "restriction"
    abstract: bool = False
    block: frozenset[str] = frozenset()
    mixed: bool = False
    content: Particle | None = None
    simple: SimpleType | None = None
    attributes: dict[str, AttributeUse] = field(default_factory=dict)
    any_attribute: Wildcard | None = None
    rank: int = -1


Type = SimpleType | ComplexType

ANY_TYPE: Final = ComplexType(
    clark(XS, "anyType"),
    Where(),
    mixed=True,
    content=Particle(0, None, Wildcard(ANY, "lax", Where()), Where()),
    any_attribute=Wildcard(ANY, "lax", Where()),
    rank=0,
)
"""The ur-type (XSD 1.0 part 1, clause 3.4.7)."""


@dataclass(slots=True, eq=False)
class Schema:
    """Everything declared. Immutable once built.

    Attributes:
        elements: the global ones.
        substitutes: head → every declaration that may stand for it, itself included unless abstract, by name.
        derived: type → every named type that derives from it, itself included where named (built-in ones are not
            listed: ``registry.evolution.xsd.builtins``).
        identities: whether any identity constraint is declared.
        idrefs: whether any type is made of IDREF.
        namespaces: those that the documents declare something in.
        wildcard_namespaces: those that a wildcard names.
        tops: every complex type, named or not.
    """

    elements: dict[str, ElementDecl] = field(default_factory=dict)
    attributes: dict[str, AttributeUse] = field(default_factory=dict)
    types: dict[str, Type] = field(default_factory=dict)
    substitutes: dict[ElementDecl, dict[str, ElementDecl]] = field(default_factory=dict)
    derived: dict[Type, list[Type]] = field(default_factory=dict)
    identities: bool = False
    idrefs: bool = False
    namespaces: frozenset[str] = frozenset()
    where: Where = field(default_factory=Where)
    wildcard_namespaces: set[str] = field(default_factory=set)
    tops: tuple[ComplexType, ...] = ()

    def standing_for(self, decl: ElementDecl) -> dict[str, ElementDecl]:
        """The declarations that a reference to ``decl`` takes, by name."""
        known = self.substitutes.get(decl)
        return {decl.name: decl} if known is None else known
