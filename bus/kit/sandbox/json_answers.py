"""Values of a JSON Schema that its own validator takes: a readable draft where one holds, else a proven small one.

Promises: `make` gives out nothing that the registry's validator has not taken; the same dice, the same value; where
there is none, the refusal says by which keyword and where. Leaves out XSD (`xml_answers`).
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Final, NamedTuple

import jsonschema_rs
import orjson

from bus.kit.sandbox.dice import dice_of
from bus.kit.sandbox.json_merge import Merger, NoValueError
from bus.kit.sandbox.json_values import Drafter
from bus.kit.sandbox.refused import CannotMakeError
from registry.evolution.budget import Budget, BudgetSpentError
from registry.evolution.json.compiled import Reading
from registry.evolution.json.format import JsonFormat
from registry.evolution.json.outcome import Doubt, Empty, Found, goal
from registry.evolution.json.search import Search
from registry.evolution.port import SchemaError
from registry.shapes import Object, Shape, frame_of, narrow
from registry.subjects import compile_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bus.kit.sandbox.json_values import Candidates
    from registry.subjects import JsonSubject

_SHARES: Final = (1.0, 0.95, 0.9, 0.8, 0.6, 0.4, 0.2, 0.0, 0.0, 0.0, 0.5, 0.7)
"""Share of optional members, attempt by attempt: rich first, what is required alone at last."""
_STEPS: Final = 400_000
_KEPT: Final = 4_096
_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"


class JsonMaker:
    """Makes values of one subject version."""

    def __init__(self, subject: JsonSubject) -> None:
        self._subject = subject
        document = subject.source.document or {}
        frame = frame_of(document)
        self._shape: Final[Shape | None] = None if frame.faults else frame.root
        self._document: Final[Object] = (
            document if self._shape is None else narrow(document, self._shape, self._shape.terms())
        )
        self._judges: dict[bytes, jsonschema_rs.Draft202012Validator | None] = {}

    def make(self, seed: int, words: str, candidates: Candidates) -> object:
        """A valid value.

        The same seed and the same words, which say what it is for, give the same value.

        Raises:
            CannotMakeError: none was found; shown at start already, unless it depends on the candidates.
        """
        last = NoValueError("unsatisfiable", "")
        for attempt, keep in enumerate(_SHARES):
            dice = dice_of(seed, "draft", words, str(attempt))
            try:
                value = Drafter(self._document, dice, candidates, self._fits, keep).draft()
            except NoValueError as error:
                last = error
                continue
            broken = self._subject.violations(value)
            if not broken:
                return value
            last = NoValueError(broken[0].rule, broken[0].pointer)
        return self._proven(candidates, last)

    def _proven(self, candidates: Candidates, last: NoValueError) -> object:
        """The small value that a search found, dressed as far as it stays valid."""
        found = self._smallest
        if not isinstance(found, Found):
            rule = found.reason if isinstance(found, Doubt) else last.rule
            raise CannotMakeError(rule, self._narrowest() if isinstance(found, Empty) else last.place)
        value = _plain(found.value)
        if self._subject.violations(value):
            raise CannotMakeError(last.rule, last.place)
        for put, term, name, at in list(_leaves(value, self._shape)) if self._shape else ():
            before = put(None)
            for likely in candidates(term, name, at) or ():
                put(likely)
                if not self._subject.violations(value):
                    break
            else:
                put(before)
        return value

    @cached_property
    def _smallest(self) -> Found | Doubt | Empty:
        return _search(self._document)

    def _narrowest(self) -> str:
        """The pointer of the deepest part that is needed and by itself allows nothing."""
        place, schema = "", self._document
        while True:
            for step, part in self._needed(schema):
                if isinstance(_search({"$defs": self._document.get("$defs", {}), **part}), Empty):
                    place, schema = f"{place}/{step}", part
                    break
            else:
                return place

    def _needed(self, schema: Object) -> Iterator[tuple[str, Object]]:
        try:
            flat = Merger(self._document, dice_of(0, "narrowest")).flat(schema, "")
        except NoValueError:
            return
        properties = flat.get("properties")
        names = flat.get("required")
        for name in names if isinstance(names, list) else []:
            part = properties.get(name) if isinstance(properties, dict) else None
            if isinstance(part, dict):
                yield name, part
        items = flat.get("items")
        if isinstance(items, dict) and flat.get("minItems"):
            yield "0", items

    def _fits(self, schema: Object, value: object) -> bool:
        """Whether a value satisfies one flat subschema; yes where that cannot be said by itself."""
        key = orjson.dumps(schema, default=str, option=orjson.OPT_SORT_KEYS)
        if key not in self._judges:
            if len(self._judges) >= _KEPT:
                self._judges.clear()
            self._judges[key] = self._judge(schema)
        judge = self._judges[key]
        try:
            return judge is None or judge.is_valid(value)
        except ValueError:
            return False

    def _judge(self, schema: Object) -> jsonschema_rs.Draft202012Validator | None:
        patterns = schema.get("pattern")
        whole: Object = {"$defs": self._document.get("$defs", {}), **schema}
        if isinstance(patterns, list):
            del whole["pattern"]
            whole["allOf"] = [{"pattern": pattern} for pattern in patterns]
        try:
            return compile_json(whole)
        except (ValueError, jsonschema_rs.ReferencingError):
            return None


def _search(document: Object) -> Found | Doubt | Empty:
    try:
        text = orjson.dumps({"$schema": _DIALECT, **document}).decode()
        parsed = JsonFormat().parse(text, {}, Budget(_STEPS))
        return Search(Budget(_STEPS)).find(goal([parsed.formula(Reading.PLAIN)]))
    except SchemaError as error:
        return Doubt(error.rule)
    except BudgetSpentError:
        return Doubt("budget-spent")


def _plain(value: object) -> object:
    """The search writes numbers as decimals; bodies hold JSON's own."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, dict):
        return {name: _plain(member) for name, member in value.items()}
    return [_plain(member) for member in value] if isinstance(value, list) else value


class _Leaf(NamedTuple):
    """A bound value inside a document: how it is replaced (with what was there before as the result), and where."""

    put: Callable[[object], object]
    term: str
    name: str
    at: tuple[int, ...]


def _leaves(value: object, shape: Shape, at: tuple[int, ...] = ()) -> Iterator[_Leaf]:
    """Each bound leaf of a value."""
    if isinstance(value, dict) and shape.properties is not None:
        for name in value:
            inner = shape.properties.get(name)
            if inner is not None:
                yield from _leaf(value, name, inner, at)
    elif isinstance(value, list) and shape.items is not None:
        for index in range(len(value)):
            yield from _leaf(value, index, shape.items, (*at, index))


def _leaf(
    holder: dict[str, object] | list[object], key: str | int, shape: Shape, at: tuple[int, ...]
) -> Iterator[_Leaf]:
    if shape.term is None:
        yield from _leaves(holder[key], shape, at)  # type: ignore[index] # a name of a dict, an index of a list
        return

    def put(new: object) -> object:
        before = holder[key]  # type: ignore[index] # the same
        if new is not None:
            holder[key] = new  # type: ignore[index] # the same
        return before

    yield _Leaf(put, shape.term, str(key), at)
