"""The kinds of value that authored files hold: ids, names, dates, references, each with its one form.

Promises that dates become milliseconds since the epoch: a date means midnight at UTC+7, the nation's clock.
Leaves out whether a reference leads anywhere (``registry.authored.checks_*``).
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Annotated, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictBool, StrictInt, StringConstraints
from pydantic_core import PydanticCustomError

NATION: Final = timezone(timedelta(hours=7))
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_YEARS: Final = range(1900, 2200)

NAME: Final = r"[a-z][a-z0-9-]{0,39}"
AGENCY: Final = r"a[0-9]{6}"


def to_ms(value: object) -> int:
    """A TOML date, moment with offset, or the same as text, in milliseconds since the epoch (UTC).

    Raises:
        PydanticCustomError: anything else; a moment without an offset would mean a different time on each machine.
    """
    if isinstance(value, str):
        value = _from_text(value)
    if isinstance(value, datetime):
        moment = value if value.tzinfo else None
    elif isinstance(value, date):
        moment = datetime(value.year, value.month, value.day, tzinfo=NATION)
    else:
        moment = None
    if moment is None or moment.year not in _YEARS:
        raise PydanticCustomError("bad_date", "bad date")
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def _from_text(text: str) -> date | None:
    for read in (date.fromisoformat, datetime.fromisoformat):
        try:
            return read(text)
        except ValueError:
            continue
    return None


Moment = Annotated[int, BeforeValidator(to_ms)]
Whole = StrictInt
Flag = StrictBool
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]
Name = Annotated[str, StringConstraints(pattern=rf"^{NAME}$")]
AgencyId = Annotated[str, StringConstraints(pattern=rf"^{AGENCY}$")]
ServiceId = Annotated[str, StringConstraints(pattern=rf"^{AGENCY}/{NAME}/{NAME}$")]
TermId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]*(\.[a-z0-9-]+)+$", max_length=80)]
SchemaRef = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9.-]{0,79}@[1-9][0-9]{0,5}$")]
Identifier = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9._-]{0,79}$")]
Code = Annotated[str, StringConstraints(pattern=r"^\S{1,120}$")]
_XROAD: Final = r"[^\u0000-\u0020\u007f-\u00a0./\\%:;][^\u0000-\u0020\u007f-\u00a0/\\%:;]{0,79}"
"""One part of an X-Road identifier: no character that its encodings and URLs give a meaning to."""
Subsystem = Annotated[str, StringConstraints(pattern=rf"^{_XROAD}(/{_XROAD}){{3}}$")]
ServiceCode = Annotated[str, StringConstraints(pattern=rf"^{_XROAD}$")]
Endpoint = Annotated[str, StringConstraints(pattern=r"^(\*|DELETE|GET|HEAD|OPTIONS|PATCH|POST|PUT|TRACE) /\S{0,500}$")]
Version = Annotated[int, Field(ge=1, le=999_999)]
Instance = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}(-[a-z0-9]{1,20})?$")]


class Authored(BaseModel):
    """A table of an authored file: unknown keys are mistakes, values do not change after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Text(Authored):
    """The same words in Vietnamese and English."""

    vi: Words
    en: Words
