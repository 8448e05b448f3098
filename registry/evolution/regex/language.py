r"""Regular languages over Unicode characters, as values: read from patterns, combined, compared.

Promises: ``included`` and ``example`` are exact: what they say holds of the languages, whatever the patterns; the
automata are built as far as the question needs; every step is charged to the budget, and ``BudgetSpentError`` passes
through. Examples are as short as any and of readable characters where the pattern allows some.
Leaves out: look-around, back-references and the rest that ``registry.evolution.regex.ecma`` and ``….xsd`` list.

A text is a sequence of Unicode scalar values. What JSON writes as two escapes ``\uD83D\uDE00`` is one character; lone
surrogates are in no text, since our doors refuse them.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain, product
from typing import TYPE_CHECKING, Final, TypeAlias

from registry.evolution.budget import Budget
from registry.evolution.regex import ecma, xsd
from registry.evolution.regex.alphabet import Alphabet
from registry.evolution.regex.charset import EVERY, XML
from registry.evolution.regex.cursor import Cursor
from registry.evolution.regex.errors import PatternSyntaxError, PatternUnsupportedError
from registry.evolution.regex.machine import Machine, State
from registry.evolution.regex.search import Search
from registry.evolution.regex.tree import ANYTHING, NOTHING, One, Repeat, Tree, either, repeat, sets, text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

__all__ = [
    "Language",
    "PatternSyntaxError",
    "PatternUnsupported",
    "PatternUnsupportedError",
    "anything",
    "included",
    "length",
    "literal",
    "nothing",
    "one_of",
    "parse_ecma",
    "parse_xsd",
    "xml_text",
]

PatternUnsupported = PatternUnsupportedError
ACCEPT_STEPS: Final = 2_000_000
"""Steps of one ``accepts`` that is given no budget: far more than patterns of this world need."""
PARSE_STEPS: Final = 200_000
"""Steps of reading one pattern that is given no budget."""
_KEPT_STATES: Final = 4096


@dataclass(frozen=True, slots=True)
class _Leaf:
    """The texts of a pattern, or all others."""

    tree: Tree
    negated: bool = False


@dataclass(frozen=True, slots=True)
class _All:
    parts: tuple[_Form, ...]


@dataclass(frozen=True, slots=True)
class _Some:
    parts: tuple[_Form, ...]


_Form: TypeAlias = _Leaf | _All | _Some
_Start: TypeAlias = tuple[tuple[Tree, ...], tuple[Tree, ...]]
"""Patterns to be met and patterns to be avoided."""


class Language:
    """A set of texts. Immutable; equal ones are written alike (unequal ones may hold the same texts)."""

    __slots__ = ("_form", "_matcher")

    def __init__(self, form: _Form) -> None:
        self._form: Final = form
        self._matcher: _Matcher | None = None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Language) and self._form == other._form

    def __hash__(self) -> int:
        return hash(self._form)

    def __and__(self, other: Language) -> Language:
        return Language(_All((*_parts(self._form, _All), *_parts(other._form, _All))))

    def __or__(self, other: Language) -> Language:
        return Language(_Some((*_parts(self._form, _Some), *_parts(other._form, _Some))))

    def __invert__(self) -> Language:
        return Language(_complement(self._form))

    def accepts(self, value: str, budget: Budget | None = None) -> bool:
        """Whether a text is a member.

        Raises:
            BudgetSpentError: it took more than the budget, or than ``ACCEPT_STEPS``.
        """
        budget = budget or Budget(ACCEPT_STEPS)
        if self._matcher is None or self._matcher.size > _KEPT_STATES:
            self._matcher = _Matcher(self._form, budget)
        return self._matcher.accepts(value, budget)

    def example(self, budget: Budget, but: Collection[str] = ()) -> str | None:
        """A shortest member other than those given; None: there is none.

        Raises:
            BudgetSpentError: it could not be found out.
        """
        if but:
            return (self & ~one_of(but)).example(budget)
        starts = list(_starts(self._form, budget))
        trees = list(chain.from_iterable(chain(*start) for start in starts))
        alphabet = Alphabet((one for tree in trees for one in sets(tree)), budget)
        machine = Machine(alphabet, budget)
        search = Search(machine, alphabet, budget)
        return search.shortest((map(machine.state, met), map(machine.state, avoided)) for met, avoided in starts)


class _Matcher:
    """Follows texts through all patterns of a form at once."""

    def __init__(self, form: _Form, budget: Budget) -> None:
        self._form: Final = form
        trees = list(dict.fromkeys(_trees(form)))
        self._alphabet: Final = Alphabet((one for tree in trees for one in sets(tree)), budget)
        self._machine: Final = Machine(self._alphabet, budget)
        self._starts: Final = {tree: self._machine.state(tree) for tree in trees}

    @property
    def size(self) -> int:
        """States that are kept."""
        return len(self._machine)

    def accepts(self, value: str, budget: Budget) -> bool:
        """Whether the text is a member."""
        self._machine.budget = budget
        bits = [self._alphabet.bit(char) for char in value]
        ends = {tree: self._follow(start, bits) for tree, start in self._starts.items()}
        return _holds(self._form, ends)

    def _follow(self, start: State, bits: list[int]) -> bool:
        machine = self._machine
        here = {start}
        for bit in bits:
            machine.budget.spend(1 + len(here) // 8, "pattern")
            if machine.all in here:
                here = {machine.all} if bit else set()
            else:
                here = {to for state in here for mask, to in machine.moves(state) if mask & bit}
        return any(map(machine.nullable, here))


def parse_ecma(pattern: str, budget: Budget | None = None) -> Language:
    """The texts in which a JSON Schema ``pattern`` is found (ECMA-262, flag ``u``, nothing anchored by itself).

    Raises:
        PatternUnsupportedError: it says what is not decided here; ``PatternSyntaxError``: it is none.
        BudgetSpentError: it is too much to read.
    """
    found = ecma.read(Cursor(pattern, budget or Budget(PARSE_STEPS)))
    if not found.ahead:
        return Language(_Leaf(found.tree))
    return Language(_All((_Leaf(found.tree), *(_Leaf(one.tree, one.negated) for one in found.ahead))))


def parse_xsd(pattern: str, budget: Budget | None = None) -> Language:
    """The texts that an XML Schema 1.0 ``pattern`` matches as a whole; they hold XML characters only.

    Raises:
        PatternUnsupportedError: it says what is not decided here; ``PatternSyntaxError``: it is none.
        BudgetSpentError: it is too much to read.
    """
    return Language(_Leaf(xsd.read(Cursor(pattern, budget or Budget(PARSE_STEPS)))))


def literal(value: str) -> Language:
    """Exactly this text."""
    return Language(_Leaf(text(value)))


def one_of(values: Iterable[str]) -> Language:
    """Exactly these texts."""
    return Language(_Leaf(either(*map(text, values))))


def anything() -> Language:
    """Every text."""
    return Language(_Leaf(ANYTHING))


def nothing() -> Language:
    """No text."""
    return Language(_Leaf(NOTHING))


def xml_text() -> Language:
    """Every text of characters that XML 1.0 allows; meet it with a complement that is to be written in XML."""
    return Language(_Leaf(Repeat(One(XML), 0, None)))


def length(low: int, high: int | None) -> Language:
    """Texts of ``low`` to ``high`` characters (code points); None: without end."""
    if high is not None and high < low:
        return nothing()
    return Language(_Leaf(repeat(One(EVERY), low, high)))


def included(one: Language, other: Language, budget: Budget) -> str | None:
    """None: every text of one is a text of the other; otherwise a shortest text of one that the other lacks.

    Raises:
        BudgetSpentError: it could not be found out.
    """
    return None if one == other else (one & ~other).example(budget)


def _parts(form: _Form, of: type[_All | _Some]) -> tuple[_Form, ...]:
    return form.parts if isinstance(form, of) else (form,)


def _complement(form: _Form) -> _Form:
    if isinstance(form, _Leaf):
        return _Leaf(form.tree, negated=not form.negated)
    parts = tuple(map(_complement, form.parts))
    return _Some(parts) if isinstance(form, _All) else _All(parts)


def _trees(form: _Form) -> Iterator[Tree]:
    if isinstance(form, _Leaf):
        yield form.tree
    else:
        for part in form.parts:
            yield from _trees(part)


def _holds(form: _Form, ends: dict[Tree, bool]) -> bool:
    if isinstance(form, _Leaf):
        return ends[form.tree] is not form.negated
    held = (_holds(part, ends) for part in form.parts)
    return all(held) if isinstance(form, _All) else any(held)


def _starts(form: _Form, budget: Budget) -> Iterator[_Start]:
    """The form as a union of intersections (disjunctive normal form), one by one."""
    budget.spend(1, "pattern")
    if isinstance(form, _Leaf):
        yield ((), (form.tree,)) if form.negated else ((form.tree,), ())
        return
    if isinstance(form, _Some):
        # patterns to be met are one pattern with alternatives, which is cheaper than a search for each
        plain = [part.tree for part in form.parts if isinstance(part, _Leaf) and not part.negated]
        if plain:
            yield (either(*plain),), ()
        for part in form.parts:
            if not isinstance(part, _Leaf) or part.negated:
                yield from _starts(part, budget)
        return
    for chosen in product(*(list(_starts(part, budget)) for part in form.parts)):
        budget.spend(len(chosen), "pattern")
        yield (
            tuple(dict.fromkeys(tree for met, _ in chosen for tree in met)),
            tuple(dict.fromkeys(tree for _, avoided in chosen for tree in avoided)),
        )
