"""A string of some length that matches some patterns and formats and not others.

Promises that patterns and lengths are decided exactly, as regular languages; that formats are opaque: a string is only
said to have one, or not to have one, when a validator says so, and "none" is only said where the lengths and patterns
that every string of the format has leave no room.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain
from string import ascii_lowercase
from typing import Final

from registry.evolution.budget import Budget
from registry.evolution.json.formats import UNKNOWN, has_format, outline, samples, within
from registry.evolution.json.literals import Formatted, Literal, Longest, Matches, TextIn
from registry.evolution.json.outcome import EMPTY, Doubt, Found, Outcome
from registry.evolution.regex.language import Language, PatternUnsupportedError, length, parse_ecma

_LONG: Final = 10_000
"""Longer strings are not shown."""
_GUESSES: Final = 6
_BEYOND: Final = 0x100


@dataclass(slots=True)
class Wanted:
    """The conditions, met."""

    low: int = 0
    high: int | None = None
    among: frozenset[str] | None = None
    not_among: set[str] = field(default_factory=set)
    patterns: list[Matches] = field(default_factory=list)
    formats: list[Formatted] = field(default_factory=list)

    def add(self, literal: Literal) -> None:
        """Meet one more."""
        if isinstance(literal, Longest):
            if literal.holds:
                self.high = literal.length if self.high is None else min(self.high, literal.length)
            else:
                self.low = max(self.low, literal.length + 1)
        elif isinstance(literal, TextIn):
            if literal.holds:
                self.among = literal.values if self.among is None else self.among & literal.values
            else:
                self.not_among |= literal.values
        elif isinstance(literal, Matches):
            self.patterns.append(literal)
        elif isinstance(literal, Formatted):
            self.formats.append(literal)

    def allows(self, text: str, budget: Budget) -> bool | None:
        """Whether a string meets every condition; None where one is not understood and the others are met."""
        if len(text) < self.low or (self.high is not None and len(text) > self.high) or text in self.not_among:
            return False
        if self.among is not None and text not in self.among:
            return False
        answer: bool | None = True
        for literal in chain[Literal](self.patterns, self.formats):
            held = holds(literal, text, budget)
            if held is False:
                return False
            answer = answer if held else None
        return answer


def find_string(literals: Iterable[Literal], budget: Budget) -> Outcome:  # noqa: PLR0911 - each step may end it
    """A string that satisfies all.

    Raises:
        BudgetSpentError: patterns took too much.
    """
    wanted = Wanted()
    for literal in literals:
        wanted.add(literal)
    # 1. from a list
    if wanted.among is not None:
        return _tried(sorted(wanted.among, key=lambda text: (len(text), text)), wanted, EMPTY, budget)
    # 2. of some length, and nothing else is asked
    if wanted.high is not None and wanted.high < wanted.low:
        return EMPTY
    if wanted.low > _LONG:
        return Doubt("witness-too-large")
    if not wanted.patterns and not wanted.formats:
        return _of_length(wanted, budget)
    # 3. of a regular language; what is not understood only widens it
    language, whole = _language(wanted, budget)
    first = language.example(budget, wanted.not_among)
    if first is None:
        return EMPTY
    if whole and not wanted.formats:
        return Found(first)
    # 4. of formats and patterns that nothing is known of
    if _contradictory(wanted.formats):
        return EMPTY
    guesses = chain((first,), _samples(wanted.formats), _members(language, wanted.not_among | {first}, budget))
    return _tried(guesses, wanted, Doubt(_reason(wanted)), budget)


def holds(literal: Literal, text: str, budget: Budget) -> bool | None:
    """Whether a string satisfies a condition on strings; None where that is not understood."""
    if isinstance(literal, TextIn):
        return (text in literal.values) is literal.holds
    if isinstance(literal, Longest):
        return (len(text) <= literal.length) is literal.holds
    if isinstance(literal, Matches):
        language = language_of(literal.pattern)
        return None if language is None else language.accepts(text, budget) is literal.holds
    if isinstance(literal, Formatted):
        had = has_format(literal.name, text)
        return None if had is None else had is literal.holds
    return True


@lru_cache(maxsize=1024)
def language_of(pattern: str) -> Language | None:
    """The strings that match a pattern; None where that is not understood."""
    try:
        return parse_ecma(pattern)
    except PatternUnsupportedError:
        return None


def _tried(texts: Iterable[str], wanted: Wanted, otherwise: Outcome, budget: Budget) -> Outcome:
    for text in texts:
        budget.spend(1, "strings")
        allowed = wanted.allows(text, budget)
        if allowed:
            return Found(text)
        if allowed is None:
            otherwise = (
                Found(text, sure=False, reason=_reason(wanted)) if not isinstance(otherwise, Found) else otherwise
            )
    return otherwise


def _of_length(wanted: Wanted, budget: Budget) -> Outcome:
    for text in _texts(wanted.low, wanted.high, len(wanted.not_among)):
        budget.spend(1, "strings")
        if text not in wanted.not_among:
            return Found(text)
    return EMPTY


def _texts(low: int, high: int | None, excluded: int) -> Iterator[str]:
    """One more string than are excluded, or every string there is: only the empty one is alone in its length."""
    if low == 0:
        yield ""
    if high == 0:
        return
    begin = ascii_lowercase[0] * (max(low, 1) - 1)
    yield from (begin + char for char in ascii_lowercase)
    yield from (begin + chr(_BEYOND + number) for number in range(excluded + 1))


def _language(wanted: Wanted, budget: Budget) -> tuple[Language, bool]:
    """What is known of the strings, and whether that is all."""
    whole = True
    language = length(wanted.low, wanted.high)
    if wanted.low == 0 and wanted.high is None:
        language = length(0, None)
    for literal in wanted.patterns:
        budget.spend(1, "pattern")
        known = language_of(literal.pattern)
        if known is None:
            whole = False
        else:
            language &= known if literal.holds else ~known
    for form in wanted.formats:
        pattern = outline(form.name) if form.holds else None
        known = language_of(pattern) if pattern else None
        language = language if known is None else language & known
    return language, whole


def _contradictory(formats: list[Formatted]) -> bool:
    had = [form.name for form in formats if form.holds]
    return any(within(name, form.name) for form in formats if not form.holds for name in had)


def _samples(formats: list[Formatted]) -> Iterator[str]:
    for form in formats:
        yield from samples(form.name)


def _members(language: Language, known: set[str], budget: Budget) -> Iterator[str]:
    """More members of a language, the shortest first."""
    for _ in range(_GUESSES):
        text = language.example(budget, known)
        if text is None:
            return
        known.add(text)
        yield text


def _reason(wanted: Wanted) -> str:
    if any(form.name.startswith(UNKNOWN) for form in wanted.formats):
        return "format-unknown"
    return "format-undecided" if wanted.formats else "pattern-unsupported"
