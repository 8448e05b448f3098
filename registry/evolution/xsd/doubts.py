"""A place where the reader may refuse what the writer allows, and elements that would show it.

Promises: every difference that is not proven harmless becomes a doubt. Leaves out whether it is one: the validator
judges the documents made of its shapes (``registry.evolution.xsd.confirm``).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from registry.evolution.xsd.content import State
    from registry.evolution.xsd.model import Particle, Where
    from registry.evolution.xsd.symbols import Symbol


@dataclass(frozen=True, slots=True)
class Trail:
    """Elements that came before, latest last."""

    before: Trail | None
    symbol: Symbol
    times: int = 1

    def word(self, most: int) -> list[Symbol]:
        """All of them, first to last; some more than ``most`` where there are more."""
        found: list[Symbol] = []
        step: Trail | None = self
        while step is not None and len(found) <= most:
            found += [step.symbol] * min(step.times, most + 1)
            step = step.before
        return found[::-1]


@dataclass(frozen=True, slots=True)
class Way:
    """How a child is reached: what comes before it, itself, and what the content model still wants.

    ``leaf`` alone says that what comes before is still to be found.
    """

    symbol: Symbol
    before: Trail | None = None
    rest: State = None
    leaf: Particle | None = None


@dataclass(frozen=True, slots=True)
class Shape:
    """An element that may show a difference; what is not said is as small as the writer allows.

    Attributes:
        text: its text.
        trail: its children up to a place, completed from ``rest``.
        begun: whether ``trail`` and ``rest`` say its children; otherwise they are the fewest.
        attributes: by name; None takes one away.
        nil: ``xsi:nil``.
        rich: everything optional is there, what repeats comes twice.
    """

    text: str | None = None
    trail: Trail | None = None
    begun: bool = False
    rest: State = None
    attributes: dict[str, str | None] = field(default_factory=dict)
    nil: bool = False
    rich: bool = False


@dataclass(frozen=True, slots=True)
class Doubt:
    """See above.

    Attributes:
        rule: as ``registry.evolution.xsd.words`` knows it.
        about: names for its sentence.
    """

    rule: str
    writer: Where
    reader: Where
    about: tuple[str, ...] = ()
    shapes: tuple[Shape, ...] = (Shape(),)
