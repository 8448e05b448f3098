"""What each field becomes: bound to a term, filled from a fact of the question, left out, or open to the integrator.

Promises: only what is sure, or what the integrator said, is bound; everything else stays open with its suggestions. A
term is bound once in each direction. Leaves out weighing names (`terms`) and writing (`write_*`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Literal, TypeAlias

from bus.kit.new.described import SourceField, SourceOperation
from bus.kit.new.dictionary import Dictionary, Term
from bus.kit.new.forms import form_of_pattern, is_form
from bus.kit.new.names import field_name, words
from bus.kit.new.parts import with_names_whole
from bus.kit.new.refused import SourceRefusedError
from bus.kit.new.terms import Suggester, Suggestion, codes_of, fits, is_dated
from bus.kit.new.thesaurus import GENERIC, concepts
from bus.kit.new.toml_text import plain
from registry.model import Text

Direction: TypeAlias = Literal["question", "answer"]
State: TypeAlias = Literal["term", "fact", "constant", "secret", "open", "out"]

FACTS: Final[Mapping[str, str]] = {
    "request": "request_id",
    "procedure": "procedure",
    "officer": "officer.id",
    "unit": "officer.unit",
    "purpose": "purpose",
    "agency": "consumer",
    "dossier": "dossier",
}
ALL_FACTS: Final = frozenset({*FACTS.values(), "correlation", "operation"})
_NEW_TYPES: Final = {"text": "string", "integer": "number", "number": "number", "boolean": "boolean", "date": "date"}


@dataclass(frozen=True, slots=True)
class Wish:
    """What the integrator said about fields: by `operation/place`, place or name.

    Attributes:
        bind: a term, `+new.term`, `@fact`, `=constant`, or `-` to leave the field out.
        forms: the form of a date.
        codes: the system's code → the list's.
        keys: columns by which tables are asked.
    """

    bind: Mapping[str, str] = field(default_factory=dict)
    forms: Mapping[str, str] = field(default_factory=dict)
    codes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    keys: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Choice:
    """What one field becomes.

    Attributes:
        target: the term, the fact, the constant or the secret's name.
        name: the member of the question or answer that carries it.
        rule: why it is open, where it is.
        given: the integrator said so.
    """

    source: SourceField
    state: State
    target: str = ""
    name: str = ""
    forms: tuple[str, ...] = ()
    codes: Mapping[str, str] = field(default_factory=dict)
    rule: str = ""
    given: bool = False
    suggestions: tuple[Suggestion, ...] = ()


@dataclass(frozen=True, slots=True)
class Chosen:
    """One operation with everything settled that can be."""

    operation: SourceOperation
    question: tuple[Choice, ...]
    answer: tuple[Choice, ...]

    @property
    def missing(self) -> tuple[str, ...]:
        """Why it cannot work yet: fields that the system demands and nothing fills, or no answer at all."""
        open_ones = tuple(one.source.place for one in self.question if one.state == "open" and one.source.required)
        asked = any(one.state in {"term", "fact", "constant"} for one in self.question)
        by_key = self.operation.call.get("table") is not None and not asked
        answers = any(one.state == "term" for one in self.answer)
        return (*open_ones, *(("--key",) if by_key else ()), *(() if answers else ("answer",)))


class Chooser:
    """Settles operations against one dictionary; new terms that were wished for gather in `new_terms`."""

    def __init__(self, dictionary: Dictionary, suggester: Suggester, wish: Wish) -> None:
        self._dictionary = dictionary
        self._suggester = suggester
        self._wish = wish
        self.new_terms: dict[str, Term] = {}
        self.used: set[str] = set()
        self._names: Counter[str] = Counter()

    def choose(self, operation: SourceOperation) -> Chosen:
        """Settle one operation.

        Raises:
            SourceRefusedError: a wish names a term or a form that does not exist, or does not fit.
        """
        answer = self._direction(operation, with_names_whole(operation.outputs), "answer")
        question = self._direction(operation, operation.inputs, "question")
        if "table" in operation.call:
            question = self._keys(operation, question)
        return Chosen(operation, _named(question), _named(answer))

    def _direction(
        self, operation: SourceOperation, fields: tuple[SourceField, ...], direction: Direction
    ) -> tuple[Choice, ...]:
        self._names = Counter(one.name for one in fields)
        found = [self._choice(operation, one, direction) for one in fields]
        return tuple(_once(found))

    def _choice(self, operation: SourceOperation, one: SourceField, direction: Direction) -> Choice:
        if one.secret:
            return Choice(one, "secret", one.secret)
        suggestions = self._suggester.suggest(one)
        wished = self._wished(self._wish.bind, operation, one)
        if wished is not None:
            return replace(self._given(operation, one, wished), suggestions=suggestions, given=True)
        if direction == "question":
            fact = self._fact(one)
            if fact:
                return Choice(one, "fact", fact, suggestions=suggestions)
        first = suggestions[0] if suggestions else None
        if first is None or first.sureness != "sure":
            return Choice(one, "open", rule="unsure" if suggestions else "unknown", suggestions=suggestions)
        return replace(self._bound(operation, one, self._dictionary.terms[first.term]), suggestions=suggestions)

    def _wished(self, wishes: Mapping[str, str], operation: SourceOperation, one: SourceField) -> str | None:
        for key in self._keys_of(operation, one):
            if key in wishes:
                self.used.add(key)
                return wishes[key]
        return None

    def _keys_of(self, operation: SourceOperation, one: SourceField) -> tuple[str, ...]:
        """How the integrator may call a field: by its name alone only where no other has it."""
        alone = (one.name,) if self._names[one.name] == 1 else ()
        return (f"{operation.name}/{one.place}", one.place, *alone)

    def _given(self, operation: SourceOperation, one: SourceField, wished: str) -> Choice:
        mark, rest = wished[:1], wished[1:]
        if wished == "-":
            return Choice(one, "out")
        if mark == "=":
            return Choice(one, "constant", rest)
        if mark == "@":
            if rest not in ALL_FACTS:
                raise SourceRefusedError("bad-option", f"--bind {one.place}")
            return Choice(one, "fact", rest)
        if mark == "+":
            form = self._wished(self._wish.forms, operation, one)
            one = replace(one, forms=(form,)) if form else one
        term = self._new(one, rest) if mark == "+" else self._dictionary.terms.get(wished)
        if term is None:
            raise SourceRefusedError("no-such-term", f"--bind {one.place}")
        if not fits(one, term):
            raise SourceRefusedError("type-mismatch", f"--bind {one.place}")
        return self._bound(operation, one, term)

    def _new(self, one: SourceField, name: str) -> Term:
        """A term that the registrar is asked to take up; its words are the field's own."""
        known = self._dictionary.terms.get(name) or self.new_terms.get(name)
        if known is not None:
            return known
        said = plain(one.label or " ".join(words(one.name)).capitalize()).strip()[:200] or name
        kind = "date" if one.forms and one.type == "text" else _NEW_TYPES.get(one.type, "string")
        self.new_terms[name] = Term(name, Text(vi=said, en=said), kind)
        return self.new_terms[name]

    def _bound(self, operation: SourceOperation, one: SourceField, term: Term) -> Choice:
        choice = Choice(one, "term", term.id)
        if is_dated(one, term):
            form = self._wished(self._wish.forms, operation, one)
            if form is not None and not is_form(form):
                raise SourceRefusedError("bad-option", f"--form {one.place}")
            forms = (form,) if form else one.forms or form_of_pattern(one.pattern)
            return replace(choice, forms=forms) if forms else replace(choice, state="open", rule="no-form")
        if term.type == "code":
            codes = self._codes(operation, one, term)
            return replace(choice, codes=codes) if codes else replace(choice, state="open", rule="no-codes")
        return choice

    def _codes(self, operation: SourceOperation, one: SourceField, term: Term) -> Mapping[str, str]:
        for key in self._keys_of(operation, one):
            if key in self._wish.codes:
                self.used.add(key)
                wrong = set(self._wish.codes[key].values()) - term.codes.keys()
                if wrong:
                    raise SourceRefusedError("bad-option", f"--codes {one.place}")
                return self._wish.codes[key]
        return codes_of(one, term)

    def _fact(self, one: SourceField) -> str:
        tokens = set(self._suggester.tokens(one.name)) - {"code", "number"}
        return FACTS.get(tokens.pop(), "") if len(tokens) == 1 else ""

    def _keys(self, operation: SourceOperation, question: tuple[Choice, ...]) -> tuple[Choice, ...]:
        """A table is asked by the columns that were named, or by the one that names its subject best."""
        wished = {one.source.place for one in question if self._is_key(operation, one.source)}
        if wished:
            return tuple(
                replace(one, source=replace(one.source, required=True))
                for one in question
                if one.source.place in wished
            )
        named = [one for one in question if one.state == "term" and self._identifies(one)]
        best = max(named, key=lambda one: (self._numbers(one), one.source.unique), default=None)
        return () if best is None else (replace(best, source=replace(best.source, required=True)),)

    def _is_key(self, operation: SourceOperation, one: SourceField) -> bool:
        keys = {f"{operation.name}/{one.place}", one.place} & self._wish.keys
        self.used |= keys
        return bool(keys)

    def _identifies(self, one: Choice) -> bool:
        term = self._dictionary.terms.get(one.target)
        return term is not None and term.identifier

    def _numbers(self, one: Choice) -> bool:
        return bool({"citizen-number", "number", "code", "tax-number"} & set(self._suggester.tokens(one.target)))


def _once(found: list[Choice]) -> Iterator[Choice]:
    """A term is bound once: what the integrator said comes first, then the field nearest to the top.

    Fields that the integrator binds to the same term share it: a birth by day in one field, by year in another.
    """
    order = sorted(range(len(found)), key=lambda at: (not found[at].given, found[at].source.place.count("."), at))
    taken: set[tuple[str, str]] = set()
    kept: set[int] = set()
    for at in order:
        one = found[at]
        key = (one.source.place.partition("[]")[0] if "[]" in one.source.place else "", one.target)
        if one.state != "term" or key not in taken or one.given:
            kept.add(at)
            if one.state == "term":
                taken.add(key)
    for at, one in enumerate(found):
        yield one if at in kept else replace(one, state="open", rule="taken")


def _named(choices: tuple[Choice, ...]) -> tuple[Choice, ...]:
    """Each bound field's member name: the term's last word, with the word before it where that says too little."""
    taken: dict[tuple[str, str], str] = {}
    made = []
    for one in choices:
        if one.state == "term":
            group = one.source.place.partition("[]")[0] if "[]" in one.source.place else ""
            short = _short(one.target)
            name = short if taken.get((group, short), one.target) == one.target else field_name(one.target)
            taken[group, name] = one.target
            made.append(replace(one, name=name))
        else:
            made.append(one)
    return tuple(made)


def _short(term: str) -> str:
    *_, entity, last = ("", *term.split("."))
    if entity != "person" and frozenset(concepts(words(last))) <= GENERIC:
        return field_name(f"{entity}.{last}")
    return field_name(last)
