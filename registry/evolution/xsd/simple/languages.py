"""Simple types as regular languages of normalized texts: those that a type certainly has, and those it may have.

Promises: ``under`` holds no text that the type lacks, ``over`` lacks none that the type has; where both are the same
the type is decided exactly. Exact are strings with lengths, patterns and enumerations, integers and decimals with
limits, booleans, times, years, binaries; not exact are days of a month, limits on dates and floating point, URIs and
names with prefixes, and lists.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from registry.evolution.regex.language import anything, included, length, literal, nothing, one_of, xml_text
from registry.evolution.xsd.model import Bound, Facets
from registry.evolution.xsd.simple.accepts import STRINGS, language_of
from registry.evolution.xsd.simple.lexical import FORMS, INTEGER, SURE
from registry.evolution.xsd.simple.narrower import limits_kept
from registry.evolution.xsd.simple.ranges import numbers_pattern
from registry.evolution.xsd.simple.whitespace import STRENGTH

if TYPE_CHECKING:
    from registry.evolution.budget import Budget
    from registry.evolution.regex.language import Language
    from registry.evolution.xsd.model import SimpleType

_NORMAL: Final = {
    "replace": r"[^\t\n\r]*",
    "collapse": r"([^ \t\n\r]+( [^ \t\n\r]+)*)?",
}
_EXACT: Final = frozenset({*SURE, "boolean", "gMonth", "gDay", "hexBinary"})
_LONG: Final = 2_000


def normal(strength: int) -> Language:
    """Texts that white space handling of this strength leaves as they are."""
    mode = next((mode for mode, its in STRENGTH.items() if its == strength), "preserve")
    found = language_of(_NORMAL[mode]) if mode in _NORMAL else None
    return xml_text() if found is None else found


def strengths(found: SimpleType) -> tuple[int, int]:
    """The least and the greatest strength of white space handling among the members."""
    if found.variety != "union":
        its = STRENGTH[found.facets.whitespace]
        return its, its
    each = [strengths(member) for member in found.members]
    return min((low for low, _ in each), default=2), max((high for _, high in each), default=2)


def over(found: SimpleType) -> Language:
    """A language that lacks no text of the type."""
    return _language(found, certain=False) & xml_text()


def under(found: SimpleType) -> Language:
    """A language that holds no text that the type lacks."""
    return _language(found, certain=True) & xml_text()


def _language(found: SimpleType, *, certain: bool) -> Language:
    if found.variety == "union":
        held = nothing()
        for member in found.members:
            held = held | _language(member, certain=certain)
        return held & _patterns(found.facets, certain=certain) & _values(found, certain=certain)
    if found.variety == "list":
        return _listed(found, certain=certain)
    return (
        _form(found, certain=certain)
        & _patterns(found.facets, certain=certain)
        & _values(found, certain=certain)
        & _lengths(found, certain=certain)
    )


def _listed(found: SimpleType, *, certain: bool) -> Language:
    """Lists are compared by their items; as a language they are anything or nothing."""
    facets, item = found.facets, found.item
    if not certain:
        return normal(STRENGTH["collapse"]) & _patterns(facets, certain=False)
    word = language_of(r"[^ \t\n\r]+")
    if facets.values or item is None or word is None:
        return nothing()
    none = literal("") if facets.minimum == 0 else nothing()
    one = facets.minimum <= 1 and (facets.maximum is None or facets.maximum >= 1)
    single = _language(item, certain=True) & word if one else nothing()
    return (none | single) & _patterns(facets, certain=True)


def _patterns(facets: Facets, *, certain: bool) -> Language:
    found = anything()
    for step in facets.patterns:
        some = nothing()
        for pattern in step:
            language = language_of(pattern)
            some = some | (language if language is not None else nothing() if certain else anything())
        found = found & some
    return found


def _values(found: SimpleType, *, certain: bool) -> Language:
    held = anything()
    for values in found.facets.values:
        if found.variety == "atomic" and found.primitive == "decimal":
            held = held & _numbers(values, certain=certain)
            continue
        exact = found.variety == "atomic" and found.primitive in STRINGS
        held = held & (one_of(values) if exact or (certain and _spelled_so(found)) else anything())
        if certain and not exact and not _spelled_so(found):
            return nothing()
    return held


def _numbers(values: tuple[str, ...], *, certain: bool) -> Language:
    """Every way to write one of these numbers."""
    held = nothing()
    for value in values:
        patterns = numbers_pattern(Facets(low=Bound(value), high=Bound(value)))
        if patterns is None:
            held = held if certain else anything()
            continue
        one = language_of(FORMS["decimal"]) or nothing()
        for pattern in patterns:
            one = one & (language_of(pattern) or nothing())
        held = held | one
    return held


def _spelled_so(found: SimpleType) -> bool:
    """Whether the texts that an enumeration lists are surely among those it allows."""
    return found.variety == "atomic" and found.primitive not in {"QName", "NOTATION"}


def _lengths(found: SimpleType, *, certain: bool) -> Language:
    facets = found.facets
    if not facets.minimum and facets.maximum is None:
        return anything()
    if found.primitive in STRINGS:
        high = facets.maximum
        return length(facets.minimum, high) if max(facets.minimum, high or 0) <= _LONG or not certain else nothing()
    if found.primitive == "hexBinary" and max(facets.minimum, facets.maximum or 0) <= _LONG:
        return length(2 * facets.minimum, None if facets.maximum is None else 2 * facets.maximum)
    return nothing() if certain else anything()


def _form(found: SimpleType, *, certain: bool) -> Language:
    primitive, facets = found.primitive, found.facets
    if primitive in STRINGS:
        return anything()
    form = language_of(INTEGER if facets.integer else FORMS.get(primitive, ".*"))
    if form is None:
        return nothing() if certain else anything()
    if primitive == "decimal":
        return form & _decimal(facets, certain=certain)
    if not certain:
        return form
    sure = language_of(SURE.get(primitive, ".*"))
    limited = facets.low is not None or facets.high is not None or primitive not in _EXACT
    return nothing() if limited or sure is None else form & sure


def _decimal(facets: Facets, *, certain: bool) -> Language:
    found = anything()
    patterns = numbers_pattern(facets)
    if patterns is None:
        return nothing() if certain else found
    digits, fraction = facets.digits, facets.fraction
    if fraction is not None and fraction <= _LONG and not facets.integer:
        patterns.append(rf"[^.]*(\.[0-9]{{0,{fraction}}}0*)?")
    if digits is not None:
        inner = 0 if facets.integer else min(fraction if fraction is not None else digits, digits)
        whole = digits - inner if certain else digits
        patterns.append(rf"[+\-]?0*[0-9]{{0,{min(whole, _LONG)}}}(\.[0-9]{{0,{min(inner, _LONG)}}}0*)?")
    for pattern in patterns:
        language = language_of(pattern)
        found = nothing() if language is None else found & language
    return found


def primitives(found: SimpleType) -> frozenset[str]:
    """The primitive types of all its members and items."""
    if found.variety == "union":
        return frozenset().union(*(primitives(member) for member in found.members))
    return frozenset({found.primitive}) if found.item is None else primitives(found.item)


def _small() -> Language:
    """Texts that are no number of more digits than every validator takes."""
    number, small = language_of(FORMS["decimal"]), language_of(SURE["decimal"])
    return nothing() if number is None or small is None else ~number | small


def _marks(found: SimpleType) -> Language:
    """What a type demands besides its written form and limits, surely."""
    return _patterns(found.facets, certain=True) & _values(found, certain=True) & _lengths(found, certain=True)


def _same_form(writer: SimpleType, reader: SimpleType) -> bool:
    """Whether the reader takes the written form and limits of every text of the writer."""
    same = writer.variety == reader.variety == "atomic" and writer.primitive == reader.primitive
    return same and limits_kept(writer.facets, reader.facets, writer.primitive)


def _plain() -> Language:
    """Texts of everyday characters, which every reader of a witness and every validator understands."""
    found = language_of(r"[ !#-%'-;=?-~]*")
    return anything() if found is None else found


class Comparison:
    """Two simple types as languages: proven included, or texts that may show that they are not.

    ``words``: they are items of lists, whose texts hold no white space.
    """

    def __init__(self, writer: SimpleType, reader: SimpleType, budget: Budget, *, words: bool = False) -> None:
        mine, theirs = over(writer), _marks(reader) if _same_form(writer, reader) else under(reader)
        if "decimal" not in primitives(writer) and "decimal" in primitives(reader):
            theirs = theirs & _small()
        self.texts: list[str] = []
        if words:
            self.proven = self._words(mine, theirs, budget)
            return
        weakest, strongest = strengths(reader)
        strength = strengths(writer)[1]
        # ① texts that no white space handling changes
        found = included(mine & normal(max(strength, strongest)), theirs, budget)
        if found is not None:
            plain = included(mine & normal(max(strength, strongest)) & _plain(), theirs, budget)
            self.texts += [found] if plain is None else [plain, found]
        # ② texts that the reader's handling changes and the writer's does not
        loose = None
        if strongest > strength:
            loose = included(mine & normal(strength), normal(strongest), budget)
            if loose is not None:
                self.texts += [loose, "\t", "   "]
        # ③ texts that the writer's handling changes and the reader's does not
        padded = strength > weakest
        if padded:
            example = mine.example(budget)
            self.texts += [] if example is None else [f" {example} ", f"{example}\n"]
        self.proven = found is None and loose is None and not padded

    def _words(self, mine: Language, theirs: Language, budget: Budget) -> bool:
        word = language_of(r"[^ \t\n\r]+")
        found = None if word is None else included(mine & word, theirs, budget)
        if found is not None:
            self.texts.append(found)
        return found is None and word is not None
