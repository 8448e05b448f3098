"""Field maps: which of a peer's fields becomes which of ours, and how. Declared, checked, then run.

Declared in Python (`FieldMap.of({...})`: a mistake raises at import) or in TOML (a mistake raises at
node start), read by the same checker. Running one never guesses: a value of a wrong form raises
`MapError` with rule and target, a code outside its table too, and nothing is filled in.
Leaves out: which terms may be answered (the node minimises), and validation of the whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Annotated, Final, Literal, TypeAlias, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError, model_validator
from pydantic import Field as Key

from adapters import dates, values
from adapters.port import DeclarationError
from adapters.values import ABSENT, ValueRuleError

M = TypeVar("M", bound=BaseModel)
Plain: TypeAlias = bool | int | float | str
As: TypeAlias = Literal["text", "integer", "number", "boolean", "code", "date", "partial-date", "time", "raw", "list"]
DATES: Final = ("date", "partial-date", "time")


class MapError(ValueError):
    """A value did not fit its declaration. `rule` is a fixed word, `at` the target's path."""

    def __init__(self, rule: str, at: str) -> None:
        super().__init__(f"{rule} at {at}")
        self.rule = rule
        self.at = at


def _is_path(text: str) -> str:
    try:
        values.path(text)
    except DeclarationError as error:
        raise ValueError(str(error)) from None
    return text


SourcePath: TypeAlias = Annotated[str, AfterValidator(_is_path)]


class Field(BaseModel):
    """One line of a field map. See `docs/adapters.md` for each key with examples."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, populate_by_name=True)

    to: SourcePath
    sources: tuple[SourcePath, ...] = Key(default=(), alias="from")
    constant: Plain | None = None
    as_: As = Key(default="text", alias="as")
    required: bool = False
    absent: tuple[str, ...] = ()
    join: str | None = None
    parts: tuple[str, ...] = ()
    forms: tuple[str, ...] = ()
    write: str | None = None
    zone: str | None = None
    skip_other_forms: bool = False
    codes: dict[str, Plain] = Key(default_factory=dict)
    max_items: int = Key(default=100, ge=1, le=10_000)
    fields: tuple[Field, ...] = ()
    term: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _loosen(cls, data: object) -> object:
        """TOML and Python write lists, and one source as plain text; the model keeps tuples."""
        if not isinstance(data, Mapping):
            return data
        plain = {k: tuple(v) if isinstance(v, list) else v for k, v in data.items()}
        if isinstance(plain.get("from"), str):
            plain["from"] = (plain["from"],)
        return plain

    @model_validator(mode="after")
    def _check(self) -> Field:
        for broken, message in self._rules():
            if broken:
                raise ValueError(message)
        try:
            self._check_dates()
        except DeclarationError as error:
            raise ValueError(str(error)) from None
        return self

    def _rules(self) -> tuple[tuple[bool, str], ...]:
        dated = self.as_ in DATES
        return (
            ("!" in self.to, "`to` cannot open JSON text"),
            (bool(self.sources) == (self.constant is not None), "give either `from` or `constant`"),
            (len(set(self.sources)) != len(self.sources), "`from` names a place twice"),
            (dated != bool(self.forms), "`forms` belongs to dates and times, and they need it"),
            (not dated and (self.write is not None or self.skip_other_forms), "only for dates and times"),
            ((self.as_ == "time") != (self.zone is not None), "`zone` belongs to `as = time`, which needs it"),
            (self.as_ == "time" and self.write is not None, "a time is always written as the wire has it"),
            ((self.as_ == "code") != bool(self.codes), "`codes` belongs to `as = code`, which needs it"),
            ((self.as_ == "list") != bool(self.fields), "`fields` belongs to `as = list`, which needs it"),
            ((self.join is not None or bool(self.parts)) and self.as_ != "text", "only text can be joined"),
        )

    def _check_dates(self) -> None:
        forms = [dates.form(text) for text in self.forms]
        if self.as_ in ("date", "time") and any(form.precision < dates.DAY for form in forms):
            raise DeclarationError("a form without a day is a partial-date")
        if self.as_ in ("date", "partial-date") and any(form.precision > dates.DAY for form in forms):
            raise DeclarationError("a form with a clock is a time")
        if self.write is not None:
            dates.form(self.write)
        if self.zone is not None:
            dates.zone(self.zone)


class FieldMap:
    """A checked list of fields, ready to run. Building one raises `DeclarationError` with all mistakes."""

    def __init__(self, fields: Iterable[Field]) -> None:
        self.fields = tuple(fields)
        self.targets = tuple(field.to for field in self.fields)
        clashes = [
            f"{mine}: stands twice, or inside {other}"
            for i, mine in enumerate(self.targets)
            for j, other in enumerate(self.targets)
            if i != j and (mine == other or mine.startswith(other + "."))
        ]
        if clashes:
            raise DeclarationError(*clashes)
        self._steps = [(field, field.to.split("."), _reader(field)) for field in self.fields]

    @classmethod
    def of(cls, *declared: Mapping[str, object]) -> FieldMap:
        """Declare a map in Python: the same keys as in TOML. Mistakes raise here, at import."""
        return cls(declare(Field, line, f"field {place}") for place, line in enumerate(declared))

    def run(self, source: object, terms: frozenset[str] = frozenset()) -> dict[str, object]:
        """Map one record. `terms`, when given, leaves out fields declared for other terms."""
        target: dict[str, object] = {}
        for field, steps, read in self._steps:
            if terms and field.term is not None and field.term not in terms:
                continue
            value = read(source)
            if value is not ABSENT:
                _put(target, steps, value)
            elif field.required:
                raise MapError("missing", field.to)
        return target


def _put(target: dict[str, object], steps: list[str], value: object) -> None:
    here = target
    for step in steps[:-1]:
        inner = here.setdefault(step, {})
        if not isinstance(inner, dict):  # FieldMap refuses such targets when built
            raise MapError("target-clash", ".".join(steps))
        here = inner
    here[steps[-1]] = value


def _reader(field: Field) -> Callable[[object], object]:
    """Compile one field: a function from a record to a value or `ABSENT`."""
    if field.constant is not None:
        constant = field.constant
        return lambda _: constant
    places = [values.path(place) for place in field.sources]
    convert = _converter(field)

    def present(source: object) -> Iterator[object]:
        cleaned = (_cleaned(field, values.at(source, place)) for place in places)
        converted = (convert(value) for value in cleaned if value is not ABSENT)
        return (value for value in converted if value is not ABSENT)

    def read(source: object) -> object:
        try:
            if field.join is None or len(places) == 1:
                return next(present(source), ABSENT)  # the places after the first that holds something do not count
            return field.join.join(str(value) for value in present(source)) or ABSENT
        except (ValueRuleError, dates.DateError) as error:
            raise MapError(error.rule, field.to) from None

    return read


def _cleaned(field: Field, value: object) -> object:
    """Blank text, and what the declaration lists under `absent`, is nothing."""
    if isinstance(value, str) and (not value.strip() or value.strip() in field.absent):
        return ABSENT
    if isinstance(value, Mapping) and field.parts:
        return _joined(field, value)
    return value


def _joined(field: Field, value: Mapping[str, object]) -> object:
    """A name in parts: some peers put the whole name into one part and leave the others empty."""
    given = [values.text(value[part]) for part in field.parts if value.get(part) is not None]
    separator = " " if field.join is None else field.join
    return separator.join(part for part in given if part) or ABSENT


def _converter(field: Field) -> Callable[[object], object]:
    if field.as_ in DATES:
        return _date_converter(field)
    if field.as_ == "code":
        return lambda value: _coded(field.codes, value)
    if field.as_ == "list":
        return _list_converter(field)
    return _SIMPLE[field.as_]


_SIMPLE: Final[dict[str, Callable[[object], object]]] = {
    "text": values.text,
    "integer": values.integer,
    "number": values.number,
    "boolean": values.boolean,
    "raw": lambda value: value,
}


def _coded(codes: Mapping[str, Plain], value: object) -> Plain:
    written = values.text(str(value) if isinstance(value, int) and not isinstance(value, bool) else value)
    if written not in codes:
        raise ValueRuleError("unknown-code")
    return codes[written]


def _list_converter(field: Field) -> Callable[[object], object]:
    inner = FieldMap(field.fields)

    def convert(value: object) -> object:
        items = value if isinstance(value, list) else [value]  # one element alone is how SOAP writes a list of one
        if len(items) > field.max_items:
            raise ValueRuleError("too-many-items")
        return [_inside(field, inner, item) for item in items]

    return convert


def _inside(field: Field, inner: FieldMap, item: object) -> dict[str, object]:
    try:
        return inner.run(item)
    except MapError as error:
        raise MapError(error.rule, f"{field.to}[].{error.at}") from None


def _date_converter(field: Field) -> Callable[[object], object]:
    forms = [dates.form(text) for text in field.forms]
    write = dates.form(field.write) if field.write is not None else None
    zone = dates.zone(field.zone) if field.zone is not None else None

    def convert(value: object) -> object:
        moment = _read_date(forms, values.text(value))
        if moment is None:
            if field.skip_other_forms:
                return ABSENT
            raise ValueRuleError("date-form")
        if write is not None:
            return write.write(moment)
        return moment.iso if zone is None else wire_time(moment.at(zone))

    return convert


def _read_date(forms: list[dates.DateForm], text: str) -> dates.Moment | None:
    """The first form that fits decides; a form that fits a day that does not exist is an error."""
    for form in forms:
        if form.fits(text):
            return form.read(text)
    return None


def wire_time(moment: datetime) -> str:
    """RFC 3339 in UTC with milliseconds and Z, as everywhere on the wire."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def declare(model: type[M], data: Mapping[str, object], place: str) -> M:
    """Read a declaration with one pydantic model; every mistake is named by its place, without values."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise DeclarationError(
            *(_sentence(place, _keys(data, item["loc"]), item["msg"]) for item in error.errors())
        ) from None


def _keys(data: object, loc: tuple[int | str, ...]) -> tuple[int | str, ...]:
    """The steps that stand in the declaration itself: pydantic adds which model of several it took."""
    kept: list[int | str] = []
    for number, step in enumerate(loc, 1):
        if isinstance(data, Mapping) and step not in data and number < len(loc):
            continue
        kept.append(step)
        data = _inside_of(data, step)
    return tuple(kept)


def _inside_of(data: object, step: int | str) -> object:
    if isinstance(data, Mapping):
        return data.get(step)
    if isinstance(data, list | tuple) and isinstance(step, int) and step < len(data):
        return data[step]
    return None


def _sentence(place: str, loc: tuple[int | str, ...], message: str) -> str:
    where = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in loc)
    return f"{place}{where}: {message.removeprefix('Value error, ')}"
