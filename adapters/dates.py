"""Strict date forms: what agencies write ("31/12/1980", "19801231", "1980") to ISO 8601 and back.

A form is spelled with yyyy MM dd HH mm ss SSS; every other character stands for itself, letters
between apostrophes. Wrong forms are refused when declared: `hh` (a 12-hour clock without am/pm) and
`mm` (minutes) where months belong are the two mistakes found in production code.
Reading is exact: fixed digits, a day that exists, years 1800 to 2199. Nothing is guessed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from adapters.port import DeclarationError

if TYPE_CHECKING:
    from collections.abc import Iterator

YEARS: Final = range(1800, 2200)
DAY: Final = 3
"""The precision of a form that names a day."""

_TOKENS: Final = {"yyyy": 4, "MM": 2, "dd": 2, "HH": 2, "mm": 2, "ss": 2, "SSS": 3}
_PIECES: Final = re.compile(r"yyyy|MM|dd|HH|mm|SSS|ss|'[^']*'|[A-Za-z]+|[^A-Za-z']")
_ORDER: Final = ("yyyy", "MM", "dd", "HH", "mm", "ss", "SSS")
_ZONE: Final = re.compile(r"^([+-])(\d\d):([0-5]\d)\Z")


class DateError(ValueError):
    """A text is no date of the declared form. Holds the rule only."""

    def __init__(self, rule: str) -> None:
        super().__init__(rule)
        self.rule = rule


@dataclass(frozen=True, slots=True)
class Moment:
    """A date as far as it is known: `parts` in order year, month, day, hour, minute, second, millisecond."""

    parts: tuple[int, ...]

    @property
    def iso(self) -> str:
        """ISO 8601 at the precision known: "1980", "1980-12" or "1980-12-31"."""
        return "-".join([f"{self.parts[0]:04d}", *(f"{part:02d}" for part in self.parts[1:3])])

    @property
    def is_day(self) -> bool:
        """Whether the day is known."""
        return len(self.parts) >= DAY

    def at(self, zone: timezone) -> datetime:
        """The instant in UTC, unknown clock parts read as zero; `zone` is where the clock hangs."""
        year, month, day, hour, minute, second, milli = (*self.parts, *(0,) * (7 - len(self.parts)))
        return datetime(year, month, day, hour, minute, second, milli * 1000, zone).astimezone(UTC)


class DateForm:
    """One declared form. Construction raises `DeclarationError` when the form makes no sense."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._pieces = list(_PIECES.findall(text))
        tokens = [piece for piece in self._pieces if piece in _TOKENS]
        if "".join(self._pieces) != text:
            raise DeclarationError("a date form has an apostrophe that is not closed")
        for piece in self._pieces:
            if piece.isalpha() and piece not in _TOKENS:
                raise DeclarationError(f"unknown letters in a date form: {piece[:8]} (12-hour hh is refused)")
        if len(set(tokens)) != len(tokens):
            raise DeclarationError("a date form names a part twice")
        if set(tokens) != set(_ORDER[: len(tokens)]) or not tokens:
            raise DeclarationError("a date form has a hole: mm are minutes, MM months")
        self._tokens = tuple(tokens)
        self._pattern = re.compile("".join(self._regex()), re.ASCII)

    def _regex(self) -> Iterator[str]:
        for piece in self._pieces:
            if piece in _TOKENS:
                yield rf"(?P<{piece}>\d{{{_TOKENS[piece]}}})"
            else:
                yield re.escape(piece.strip("'") if len(piece) > 1 else piece)

    @property
    def precision(self) -> int:
        """How many parts are known: 1 year only, 2 month, 3 day, more a clock."""
        return len(self._tokens)

    def fits(self, text: str) -> bool:
        """Whether the text has this shape; the day may still not exist."""
        return self._pattern.fullmatch(text) is not None

    def read(self, text: str) -> Moment:
        """Read a text of this form exactly, or raise `DateError` ("date-form", "no-such-date", "year-range")."""
        match = self._pattern.fullmatch(text)
        if match is None:
            raise DateError("date-form")
        parts = tuple(int(match[token]) for token in _ORDER[: self.precision])
        if parts[0] not in YEARS:
            raise DateError("year-range")
        moment = Moment(parts)
        _must_exist(moment)
        return moment

    def write(self, moment: Moment) -> str:
        """Write a moment in this form; one that is known less precisely raises `DateError`."""
        if len(moment.parts) < self.precision:
            raise DateError("date-precision")
        known = dict(zip(_ORDER, moment.parts, strict=False))
        return "".join(
            f"{known[piece]:0{_TOKENS[piece]}d}" if piece in _TOKENS else piece.strip("'") or piece
            for piece in self._pieces
        )


def _must_exist(moment: Moment) -> None:
    padded = (*moment.parts, *(1,) * (3 - len(moment.parts)))
    try:
        year, month, day, *clock = padded
        hour, minute, second, _ = (*clock, *(0,) * (4 - len(clock)))
        datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        raise DateError("no-such-date") from None


@lru_cache(maxsize=256)
def form(text: str) -> DateForm:
    """The compiled form; declarations repeat the same few."""
    return DateForm(text)


def zone(text: str) -> timezone:
    """Read "+07:00"; Vietnam has had one offset since 1975, and peers state theirs, so no tz database."""
    match = _ZONE.match(text)
    if match is None:
        raise DeclarationError("a zone is written +07:00")
    offset = timedelta(hours=int(match[2]), minutes=int(match[3]))
    if offset > timedelta(hours=14):
        raise DeclarationError("a zone is at most 14 hours away")
    return timezone(-offset if match[1] == "-" else offset)
