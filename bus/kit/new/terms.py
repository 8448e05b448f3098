"""Which term of the dictionary a field may be: how sure that is, and why.

Promises: names and labels are compared in both languages with accents folded, types and values weighed; a father's name
is never the name of the person asked about; `sure` means that nothing else comes near. The figure is a measure of
likeness, not a probability. Leaves out deciding (`choices`).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from bus.kit.new.described import FieldType, SourceField
from bus.kit.new.dictionary import Dictionary, Term
from bus.kit.new.names import fold, words
from bus.kit.new.thesaurus import GENERIC, ROLES, VOCABULARY, concepts, opened
from registry.model import Text

Sureness: TypeAlias = Literal["sure", "likely", "unsure"]

SURE: Final = 0.85
LIKELY: Final = 0.6
WORTH: Final = 0.4
_AHEAD: Final = 0.08
_LABEL: Final = 0.96
_LABEL_WORDS: Final = 14
_PARENT: Final = 0.97
_GENERAL: Final = 0.77
"""Of a name such as `ten` or `trangThai`, which every register has: never sure."""
_OTHER_ROLE: Final = 0.5
_WRONG_TYPE: Final = 0.6
_SAME_CODES: Final = 0.1
_MOST: Final = 5

_FITS: Final[Mapping[str, frozenset[FieldType]]] = {
    "string": frozenset({"text", "date"}),
    "date": frozenset({"date", "text"}),
    "code": frozenset({"text", "integer"}),
    "boolean": frozenset({"boolean", "integer", "text"}),
    "number": frozenset({"number", "integer", "text"}),
    "object": frozenset(),
}
"""Types of fields from which a field map can make a value of a term's type."""
_DATED: Final = frozenset({"birth", "date", "valid-to", "valid-from"})


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One term that a field may be.

    Attributes:
        score: 0 to 1.
        why: what spoke for it and against it, in both languages.
    """

    term: str
    score: float
    sureness: Sureness
    why: Text


@dataclass(frozen=True, slots=True)
class _Phrase:
    """One way in which the dictionary names a term."""

    term: Term
    tokens: frozenset[str]
    said: str


class Suggester:
    """Compares fields with every term of one dictionary."""

    def __init__(self, dictionary: Dictionary) -> None:
        self._terms = dictionary.terms
        own = [(term, said) for term in dictionary.terms.values() for said in _sayings(term)]
        self._vocabulary = VOCABULARY | {word for _, said in own for word in words(said)}
        self._phrases = [_Phrase(term, frozenset(self.tokens(said)), said) for term, said in own]
        seen = Counter(token for phrase in self._phrases for token in phrase.tokens)
        self._known: dict[object, tuple[Suggestion, ...]] = {}
        self._weights = {token: 1 / (1 + math.log(1 + count / 3)) for token, count in seen.items()}

    def tokens(self, text: str) -> tuple[str, ...]:
        """The concepts in a name or label."""
        plain = [piece for word in words(text) for piece in opened(word, self._vocabulary)]
        return concepts(plain)

    def suggest(self, field: SourceField) -> tuple[Suggestion, ...]:
        """Terms worth looking at, the likeliest first; of equals the one that comes first in the dictionary."""
        key = (field.names, field.type, field.label, field.values)
        if key not in self._known:
            self._known[key] = self._suggested(field)
        return self._known[key]

    def _suggested(self, field: SourceField) -> tuple[Suggestion, ...]:
        best: dict[str, tuple[float, Text]] = {}
        for tokens, factor, where in self._views(field):
            for phrase in self._phrases:
                score = self._likeness(tokens, phrase.tokens) * (_GENERAL if tokens <= GENERIC else factor)
                if score > best.get(phrase.term.id, (0.0, None))[0]:
                    best[phrase.term.id] = score, _because(where, phrase.said)
        judged = [self._judged(field, self._terms[term], score, why) for term, (score, why) in best.items()]
        ranked = sorted((one for one in judged if one.score >= WORTH), key=lambda one: -one.score)[:_MOST]
        return tuple(_settled(ranked))

    def _views(self, field: SourceField) -> Iterable[tuple[frozenset[str], float, Text]]:
        """The ways in which a field can be read: its own name, with the names above it, what is said of it."""
        own = frozenset(self.tokens(field.name))
        roles = frozenset(token for name in field.names[:-1] for token in self.tokens(name)) & ROLES
        yield own | roles, 1.0, Text(vi=f"tên '{field.name}'", en=f"the name '{field.name}'")
        if len(field.names) > 1:
            whole = frozenset(token for name in field.names[-2:] for token in self.tokens(name)) | roles
            said = ".".join(field.names[-2:])
            yield whole, _PARENT, Text(vi=f"tên '{said}'", en=f"the name '{said}'")
        label = " ".join(field.label.split()[:_LABEL_WORDS])
        for clause in dict.fromkeys((_clause(label), label)) if label else ():
            yield frozenset(self.tokens(clause)) | roles, _LABEL, Text(vi="lời mô tả", en="its description")

    def _likeness(self, one: frozenset[str], two: frozenset[str]) -> float:
        """Weighted overlap (Dice): what both name, against what either names."""
        both = sum(self._weight(token) for token in one & two)
        if not both:
            return 0.0
        score = 2 * both / (sum(map(self._weight, one)) + sum(map(self._weight, two)))
        return score * (_OTHER_ROLE if (one & ROLES) != (two & ROLES) else 1.0)

    def _weight(self, token: str) -> float:
        return self._weights.get(token, 1.0)

    def _judged(self, field: SourceField, term: Term, score: float, why: Text) -> Suggestion:
        reasons = [why]
        if not fits(field, term):
            score *= _WRONG_TYPE
            reasons.append(
                Text(
                    vi=f"nhưng kiểu {field.type} không hợp {term.type}", en=f"but {field.type} does not fit {term.type}"
                )
            )
        elif codes_of(field, term):
            score = min(1.0, score + _SAME_CODES)
            reasons.append(Text(vi="các mã trùng với danh mục", en="its values are the list's codes"))
        elif term.type == "boolean" and field.type == "text":
            score *= 1 - _AHEAD * 2
        said = Text(vi="; ".join(one.vi for one in reasons), en="; ".join(one.en for one in reasons))
        sure: Sureness = "sure" if score >= SURE and fits(field, term) else "likely" if score >= LIKELY else "unsure"
        return Suggestion(term.id, round(score, 2), sure, said)


def _settled(ranked: list[Suggestion]) -> Iterable[Suggestion]:
    """Nothing is sure beside another that is nearly as like."""
    for place, one in enumerate(ranked):
        near = len(ranked) > 1 and ranked[0].score - ranked[1].score < _AHEAD
        if one.sureness != "sure" or (place == 0 and not near):
            yield one
        else:
            other = ranked[1 if place == 0 else 0].term
            why = Text(vi=f"{one.why.vi}; nhưng {other} cũng giống", en=f"{one.why.en}; but {other} is nearly as like")
            yield Suggestion(one.term, one.score, "likely", why)


def fits(field: SourceField, term: Term) -> bool:
    """Whether a field map can make the term's value of this field."""
    if term.type == "string" and field.type == "date":
        return bool(frozenset(concepts(words(term.name.en) + words(term.id))) & _DATED)
    return field.type in _FITS.get(term.type, frozenset())


def codes_of(field: SourceField, term: Term) -> dict[str, str]:
    """The system's values → the list's codes, where every value is a code of the list or its name."""
    known: dict[str, str] = {}
    for code, name in term.codes.items():
        for text in (code, name.vi, name.en):
            known.setdefault(_flat(text), code)
    found = {value: known[_flat(value)] for value in field.values if _flat(value) in known}
    return found if found and len(found) == len(field.values) else {}


def is_dated(field: SourceField, term: Term) -> bool:
    """Whether a value of this term is a day, or as much of one as is known."""
    if term.type == "date" or field.type == "date":
        return term.type in {"date", "string"}
    return term.type == "string" and "birth" in concepts(words(term.id.rpartition(".")[2]))


def _flat(text: str) -> str:
    return "".join(char for char in fold(text).lower() if char.isalnum())


def _sayings(term: Term) -> Iterable[str]:
    """What people call a term: its names, up to the first comma too, and its id."""
    first, _, last = term.id.rpartition(".")
    whose = frozenset(concepts(words(first))) & ROLES
    clauses = (one for one in map(_clause, (term.name.vi, term.name.en)) if len(words(one)) > 1)
    return tuple(dict.fromkeys((term.name.vi, term.name.en, *clauses, term.id if whose else last, term.id)))


def _clause(text: str) -> str:
    for mark in (",", "(", ";", ":", ". "):
        text = text.partition(mark)[0]
    return text.strip()


def _because(where: Text, said: str) -> Text:
    return Text(vi=f"{where.vi} ~ '{said}'", en=f"{where.en} ~ '{said}'")
