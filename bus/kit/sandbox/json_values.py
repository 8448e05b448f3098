"""A draft of a value for a JSON Schema: rich, readable, driven by dictionary terms where the schema names them.

Promises: the same dice give the same draft; depth and size are bounded. Leaves out judging it: a draft may be wrong,
and `json_answers` gives out only what the registry's validator has taken.
"""

from __future__ import annotations

import math
import uuid
from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Final

from bus.kit.sandbox.json_merge import Merger, NoValueError, names_of
from bus.kit.sandbox.patterns import matching
from registry.evolution.json.formats import samples
from registry.evolution.json.strings import language_of
from registry.shapes import TERM

if TYPE_CHECKING:
    from random import Random

    from registry.shapes import Object

Candidates = Callable[["str | None", str, "tuple[int, ...]"], "Sequence[object] | None"]
"""Values that a term (None: bound to none) may have at a member of this name, for the person at the place that the
indexes of the lists around it give; None where it is better left out."""
Fits = Callable[["Object", object], bool]
"""Whether a value satisfies one subschema by itself."""
_DEEPEST: Final = 24
_RICH_DEPTH: Final = 6
_MOST: Final = 2_000
_LONG: Final = 400
_WORDS: Final = ("dữ", "liệu", "mẫu", "của", "trục", "liên", "thông", "để", "thử", "nghiệm")
_HUGE: Final = 2**53


class Drafter:
    """Writes one draft.

    Args:
        keep: the share of optional members that are written, 0 to 1.
    """

    def __init__(self, document: Object, dice: Random, candidates: Candidates, fits: Fits, keep: float) -> None:
        self._document = document
        self._dice = dice
        self._merger = Merger(document, dice)
        self._candidates = candidates
        self._fits = fits
        self._keep = keep
        self._left = _MOST

    def draft(self) -> object:
        """A value for the whole document.

        Raises:
            NoValueError: some part could not be written.
        """
        return self._value(self._document, "", (), 0)

    def _value(self, schema: object, place: str, at: tuple[int, ...], depth: int) -> object:
        self._left -= 1
        if self._left < 0 or depth > _DEEPEST:
            raise NoValueError("too-deep", place)
        if isinstance(schema, dict) and TERM in schema:  # before a branch is chosen that another value would need
            meant = self._meant(schema, place, at)
            if meant:
                return meant[0]
        flat = self._merger.flat(schema, place)
        for listed in ("const", "enum"):
            if listed in flat:
                return self._listed(flat, listed, place, at)
        meant = self._meant(flat, place, at)
        return meant[0] if meant else self._made(flat, place, at, depth)

    def _meant(self, schema: Object, place: str, at: tuple[int, ...]) -> list[object]:
        """The likeliest value that fits, if any does."""
        return [value for value in self._likely(schema, place, at) if self._fits(schema, value)][:1]

    def _made(self, flat: Object, place: str, at: tuple[int, ...], depth: int) -> object:
        kind = self._kind(flat, depth)
        if kind == "object":
            return self._object(flat, place, at, depth)
        if kind == "array":
            return self._array(flat, place, at, depth)
        return self._scalar(kind, flat, place)

    def _listed(self, flat: Object, listed: str, place: str, at: tuple[int, ...]) -> object:
        given = flat[listed]
        values = [given] if listed == "const" else given if isinstance(given, list) else []
        for value in self._likely(flat, place, at):
            if _among(value, values) and self._fits(flat, value):
                return value
        good = [value for value in values if self._fits(flat, value)]
        if not good:
            raise NoValueError(listed, place)
        return self._dice.choice([value for value in good if value is not None] or good)

    def _likely(self, flat: Object, place: str, at: tuple[int, ...]) -> Sequence[object]:
        term = flat.get(TERM)
        name = next((step for step in reversed(place.split("/")) if not step.isdigit()), "")
        return self._candidates(term if isinstance(term, str) else None, name, at) or ()

    def _kind(self, flat: Object, depth: int) -> str:
        if "type" in flat:
            names = [name for name in names_of(flat["type"]) if name != "null"]
            if not names or (depth > _RICH_DEPTH and "null" in names_of(flat["type"])):
                return "null"
            return names[0] if len(names) == 1 else self._dice.choice(names)
        for kind, words in _TELLING.items():
            if not words.isdisjoint(flat):
                return kind
        return "string"

    # Objects

    def _object(self, flat: Object, place: str, at: tuple[int, ...], depth: int) -> object:
        properties = _table(flat.get("properties"))
        wanted = [str(name) for name in _items(flat.get("required"))]
        chosen = [*wanted, *(name for name in properties if name not in wanted and self._takes(depth))]
        chosen = self._followed(flat, chosen)
        most, least = _count(flat.get("maxProperties"), 1 << 30), _count(flat.get("minProperties"), 0)
        chosen = chosen[: max(most, len(wanted))]
        spare = (name for name in chain(properties, self._names(flat, least)) if name not in chosen)
        while len(chosen) < least:
            chosen.append(next(spare))
        made: dict[str, object] = {}
        for name in chosen:
            member = self._member(flat, name)
            if name not in wanted and len(chosen) > least and self._is_nothing(member, name, at):
                continue
            try:
                made[name] = self._value(member, f"{place}/{name}", at, depth + 1)
            except NoValueError:
                if name in wanted or len(chosen) <= least:
                    raise
        return {name: made[name] for name in (*properties, *made) if name in made}

    def _is_nothing(self, schema: object, name: str, at: tuple[int, ...]) -> bool:
        """Whether this person has nothing of the kind: a spouse of somebody unmarried."""
        term = schema.get(TERM) if isinstance(schema, dict) else None
        return isinstance(term, str) and self._candidates(term, name, at) is None

    def _takes(self, depth: int) -> bool:
        return depth <= _RICH_DEPTH and self._dice.random() < self._keep

    def _followed(self, flat: Object, chosen: list[str]) -> list[str]:
        """With what must stand beside what is there."""
        beside = _table(flat.get("dependentRequired"))
        found, waiting = dict.fromkeys(chosen), list(chosen)
        while waiting:
            more = [str(name) for name in _items(beside.get(waiting.pop(0))) if str(name) not in found]
            found.update(dict.fromkeys(more))
            waiting += more
        return list(found)

    def _member(self, flat: Object, name: str) -> object:
        parts = []
        properties = _table(flat.get("properties"))
        if name in properties:
            parts.append(properties[name])
        parts += [one for pattern, one in _table(flat.get("patternProperties")).items() if _found(pattern, name)]
        if not parts:
            parts.append(flat.get("additionalProperties", flat.get("unevaluatedProperties", True)))
        return parts[0] if len(parts) == 1 else {"allOf": parts}

    def _names(self, flat: Object, least: int) -> Iterable[str]:
        """Names for members that no property names."""
        for pattern in _table(flat.get("patternProperties")):
            yield from filter(None, (matching(pattern, self._dice, 0, 40) for _ in range(least)))
        naming = flat.get("propertyNames")
        for _ in range(least * 2 if isinstance(naming, dict) else 0):
            made = self._value({"type": "string", **_table(naming)}, "", (), _RICH_DEPTH)
            if isinstance(made, str):
                yield made
        yield from (f"mau{number}" for number in range(least + 1))
        raise NoValueError("minProperties", "")

    # Lists

    def _array(self, flat: Object, place: str, at: tuple[int, ...], depth: int) -> object:
        first = _items(flat.get("prefixItems"))
        least, most = _count(flat.get("minItems"), 0), _count(flat.get("maxItems"), 1 << 30)
        needed = _count(flat.get("minContains"), 1) if "contains" in flat else 0
        rich = 2 if depth <= _RICH_DEPTH and self._keep > 0 else 0
        size = min(max(least, needed + len(first), self._dice.randint(1, rich) if rich else 0), most, _MOST)
        made: list[object] = []
        for index in range(size):
            schema = first[index] if index < len(first) else flat.get("items", flat.get("unevaluatedItems", True))
            if len(first) <= index < len(first) + needed:
                schema = {"allOf": [schema, flat["contains"]]}
            try:
                self._add(made, schema, place, (*at, index), depth, unique=flat.get("uniqueItems") is True)
            except NoValueError:
                if index < least or needed:
                    raise
                break
        return made

    def _add(
        self, made: list[object], schema: object, place: str, at: tuple[int, ...], depth: int, *, unique: bool
    ) -> None:
        for _ in range(12 if unique else 1):
            value = self._value(schema, f"{place}/{len(made)}", at, depth + 1)
            if not unique or not _among(value, made):
                made.append(value)
                return
        raise NoValueError("uniqueItems", place)

    # Scalars

    def _scalar(self, kind: str, flat: Object, place: str) -> object:
        if kind == "null":
            return None
        if kind == "boolean":
            return self._dice.random() < 0.8  # noqa: PLR2004 - most answers say yes
        if kind in {"integer", "number"}:
            return self._number(flat, place, whole=kind == "integer")
        for text in self._texts(flat):
            if self._fits({**flat, "type": "string"}, text):
                return text
        raise NoValueError("pattern" if "pattern" in flat else "format" if "format" in flat else "string", place)

    def _texts(self, flat: Object) -> Iterable[str]:
        low, high = _count(flat.get("minLength"), 0), _count(flat.get("maxLength"), _LONG)
        dice = self._dice
        if "format" in flat:
            name = str(flat["format"])
            if name == "uuid":
                yield str(uuid.UUID(int=dice.getrandbits(128), version=4))
            elif name == "date":
                yield f"20{dice.randint(10, 25)}-{dice.randint(1, 12):02d}-{dice.randint(1, 28):02d}"
            elif name == "date-time":
                yield f"20{dice.randint(10, 25)}-{dice.randint(1, 12):02d}-{dice.randint(1, 28):02d}T09:30:00+07:00"
            yield from samples(name)
        for pattern in _items(flat.get("pattern")):
            for _ in range(4):
                text = matching(str(pattern), dice, low, max(high, low))
                if text is not None:
                    yield text
        yield _sentence(dice, low, high)
        yield "a" * low
        yield from (str(dice.randrange(10**9)) for _ in range(3))

    def _number(self, flat: Object, place: str, *, whole: bool) -> object:
        low, high = _bounds(flat)
        step = flat.get("multipleOf", 1)
        step = step if isinstance(step, int | float) and step > 0 else 1
        if whole and step != int(step):
            step = next((step * times for times in range(1, 1001) if float(step * times).is_integer()), 1)
        low = max(low, -_HUGE) if high is not math.inf or low > -math.inf else 1
        high = min(high, _HUGE, low + 1_000 * step)
        first, last = math.ceil(low / step), math.floor(high / step)
        if first <= last:
            found = self._dice.randint(first, last) * step
        elif not whole and "multipleOf" not in flat and low <= high:
            found = (low + high) / 2
        else:
            raise NoValueError("number", place)
        return int(found) if float(found).is_integer() else found


_TELLING: Final = {
    "object": frozenset(
        {"properties", "required", "patternProperties", "minProperties", "maxProperties", "propertyNames",
         "additionalProperties", "dependentRequired", "dependentSchemas", "unevaluatedProperties"}
    ),
    "array": frozenset(
        {"items", "prefixItems", "contains", "minItems", "maxItems", "uniqueItems", "unevaluatedItems"}
    ),
    "number": frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"}),
}  # fmt: skip


def _bounds(flat: Object) -> tuple[float, float]:
    def read(name: str, otherwise: float) -> float:
        value = flat.get(name)
        return value if isinstance(value, int | float) and not isinstance(value, bool) else otherwise

    low, high = read("minimum", -math.inf), read("maximum", math.inf)
    above, below = read("exclusiveMinimum", -math.inf), read("exclusiveMaximum", math.inf)
    if above >= low:
        low = above + (1 if below - above > 1 else (below - above) / 2 or 1)
    if below <= high:
        high = below - (1 if below - low >= 1 else (below - low) / 2)
    if low == -math.inf and high < math.inf:
        low = high - 1_000
    return low, high


def _sentence(dice: Random, low: int, high: int) -> str:
    text = ""
    wanted = max(low, min(high, 24))
    while len(text) < wanted:
        text += (" " if text else "") + dice.choice(_WORDS)
    return text[: max(low, min(len(text), high))].strip().ljust(low, "a") if high else ""


def _among(value: object, others: Iterable[object]) -> bool:
    """Whether JSON calls it equal to one of them; Python takes True for 1 besides."""
    return any(value == other and isinstance(value, bool) is isinstance(other, bool) for other in others)


def _found(pattern: str, name: str) -> bool:
    language = language_of(pattern)
    return language is not None and language.accepts(name)


def _table(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}


def _items(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _count(value: object, otherwise: int) -> int:
    return int(value) if isinstance(value, int | float) and not isinstance(value, bool) else otherwise
