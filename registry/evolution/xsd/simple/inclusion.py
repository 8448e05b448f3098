"""Whether a reader's simple type takes every text of a writer's; if that is not proven, texts that may show it.

Promises: None is a proof. Otherwise texts of the writer's type come back that the reader may refuse, best first;
whether one is refused the validator says. Unions and lists are taken apart first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from registry.evolution.budget import Budget, BudgetSpentError
from registry.evolution.xsd.model import Facets
from registry.evolution.xsd.simple.accepts import STRINGS, accepts
from registry.evolution.xsd.simple.languages import Comparison, strengths
from registry.evolution.xsd.simple.narrower import alike, identifying, narrower, patterns_kept
from registry.evolution.xsd.simple.samples import samples
from registry.evolution.xsd.simple.whitespace import STRENGTH

if TYPE_CHECKING:
    from registry.evolution.xsd.model import SimpleType

LANGUAGE_STEPS: Final = 60_000
"""Steps for the languages of one pair of types; then it is not proven."""
MANY: Final = 10**18
_MOST: Final = 24
_WIDER: Final = frozenset({("decimal", "float"), ("decimal", "double"), ("float", "double")})


@dataclass(frozen=True, slots=True)
class Gap:
    """What is not proven.

    Attributes:
        rule: what differs, as ``registry.evolution.xsd.words`` knows it.
        texts: to try, at most some tens.
    """

    rule: str
    texts: tuple[str, ...]


def gap(writer: SimpleType, reader: SimpleType, budget: Budget) -> Gap | None:
    """None where the reader takes every text of the writer."""
    # ① a proof from the facets
    if proven(writer, reader, budget):
        return None
    # ② a text that is surely the writer's and surely not the reader's
    tried = samples(writer, budget, samples(reader, budget))
    texts = _refused(writer, reader, tried, budget, certain=True)
    if texts:
        return Gap(_rule(writer, reader), tuple(texts[:_MOST]))
    # ③ a proof from the languages, or a text that they tell apart; no language says what an ID demands
    shown = _by_languages(writer, reader, budget)
    if shown is None and not judged_wholly(reader):
        return None
    if shown is None:
        return Gap("identity-added", tuple(samples(writer, budget)[:2]))
    texts = _refused(writer, reader, samples(writer, budget, shown), budget, certain=False)
    return Gap(_rule(writer, reader), tuple(texts[:_MOST]))


def judged_wholly(found: SimpleType) -> bool:
    """Whether a part of the type is an ID, IDREF or ENTITY."""
    parts = (*found.members, *(() if found.item is None else (found.item,)))
    return identifying(found) is not None or any(map(judged_wholly, parts))


def _refused(writer: SimpleType, reader: SimpleType, tried: list[str], budget: Budget, *, certain: bool) -> list[str]:
    """Texts that the reader refuses, those that it may refuse after them unless only ``certain`` ones count."""
    judged = [(text, accepts(reader, text, budget)) for text in tried]
    refused = [text for text, answer in judged if answer is False]
    if certain:
        return [text for text in refused if accepts(writer, text, budget)]
    return refused + [text for text, answer in judged if answer is None]


def _by_languages(writer: SimpleType, reader: SimpleType, budget: Budget) -> list[str] | None:
    """None where languages prove it; no pair of types may spend what all others need."""
    own = Budget(min(LANGUAGE_STEPS, max(budget.limit - budget.spent, 0)))
    try:
        return _taken_apart(writer, reader, own)
    except BudgetSpentError:
        return []
    finally:
        budget.spend(min(own.spent, own.limit), "pattern")


def _taken_apart(writer: SimpleType, reader: SimpleType, budget: Budget) -> list[str] | None:
    """None where languages prove it, for each member of a union by itself."""
    if writer.variety == "union":
        parts = [
            None if proven(member, reader, budget) else _taken_apart(member, reader, budget)
            for member in writer.members
        ]
        return None if all(part is None for part in parts) else [text for part in parts for text in part or ()]
    if writer.item is not None and reader.item is not None:
        return _lists(writer, reader, budget)
    shown = Comparison(writer, reader, budget)
    return None if shown.proven else shown.texts


def _lists(writer: SimpleType, reader: SimpleType, budget: Budget) -> list[str] | None:
    """Lists are compared by their words, and what they demand of the whole plainly."""
    words = None
    if writer.item is not None and reader.item is not None:
        words = Comparison(writer.item, reader.item, budget, words=True)
    plain = not reader.facets.values and narrower(writer.facets, reader.facets, "")
    if words is None or (plain and words.proven):
        return None
    least = max(writer.facets.minimum, 1)
    return [" ".join([word] * times) for word in words.texts for times in (least, least + 1) if times <= _MOST]


def proven(writer: SimpleType, reader: SimpleType, budget: Budget) -> bool:
    """Whether it follows from the facets and members alone."""
    budget.spend(1, "value")
    if alike(writer, reader) or _takes_all(reader):
        return True
    if identifying(reader) not in (None, identifying(writer)):
        return False
    if _finite(writer, reader, budget):
        return True
    if "union" in (writer.variety, reader.variety):
        return _members(writer, reader, budget)
    if writer.item is not None and reader.item is not None:
        listed = not reader.facets.values or alike(writer.item, reader.item)
        return listed and narrower(writer.facets, reader.facets, "") and proven(writer.item, reader.item, budget)
    return writer.variety == reader.variety and _atomic(writer, reader)


def _members(writer: SimpleType, reader: SimpleType, budget: Budget) -> bool:
    if writer.variety == "union":
        plain = reader.variety != "union" or not _marked(reader)
        return plain and all(proven(member, reader, budget) for member in writer.members)
    return not _marked(reader) and any(proven(writer, member, budget) for member in reader.members)


def _takes_all(found: SimpleType) -> bool:
    facets = found.facets
    plain = not (facets.patterns or facets.values or facets.minimum or facets.maximum is not None)
    return found.variety == "atomic" and found.primitive in STRINGS and plain


def _marked(found: SimpleType) -> bool:
    return bool(found.facets.patterns or found.facets.values)


def _finite(writer: SimpleType, reader: SimpleType, budget: Budget) -> bool:
    """A writer that lists its values: the reader takes each, and neither white space nor spelling can matter."""
    if not writer.facets.values or writer.variety != "atomic":
        return False
    if strengths(reader)[0] < STRENGTH[writer.facets.whitespace]:
        return False
    if writer.primitive not in STRINGS and not _same_numbers(writer, reader):
        return False
    budget.spend(len(writer.facets.values[-1]), "value")
    texts = [text for text in writer.facets.values[-1] if accepts(writer, text, budget) is not False]
    return all(accepts(reader, text, budget) for text in texts)


def _same_numbers(writer: SimpleType, reader: SimpleType) -> bool:
    """Whether the reader judges decimals of the writer by their value alone."""
    same = reader.variety == "atomic" and writer.primitive == reader.primitive == "decimal"
    return same and not reader.facets.patterns and (writer.facets.integer or not reader.facets.integer)


def _atomic(writer: SimpleType, reader: SimpleType) -> bool:
    if writer.primitive == reader.primitive:
        return narrower(writer.facets, reader.facets, writer.primitive)
    if reader.primitive == "anySimpleType":
        return False
    wider = (writer.primitive, reader.primitive) in _WIDER
    return wider and narrower(Facets(), reader.facets, reader.primitive)


def _rule(writer: SimpleType, reader: SimpleType) -> str:
    """What differs first, as an author would say it."""
    mine, theirs = writer.facets, reader.facets
    if (writer.variety, writer.primitive) != (reader.variety, reader.primitive):
        return "simple-type-changed"
    checks = (
        ("enumeration-narrowed", bool(theirs.values) and mine.values != theirs.values),
        ("pattern-changed", not patterns_kept(mine, theirs)),
        ("length-narrowed", theirs.minimum > mine.minimum or (mine.maximum or MANY) > (theirs.maximum or MANY)),
        ("range-narrowed", (mine.low, mine.high) != (theirs.low, theirs.high)),
        ("digits-narrowed", (mine.digits, mine.fraction, mine.integer) != _digits(theirs)),
        ("white-space-changed", mine.whitespace != theirs.whitespace),
    )
    return next((rule for rule, differs in checks if differs), "simple-type-changed")


def _digits(facets: Facets) -> tuple[int | None, int | None, bool]:
    return facets.digits, facets.fraction, facets.integer
