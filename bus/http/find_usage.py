"""The shape in which the Estonian data tracker answers portals: `findUsage`, `usagePeriod`, `heartbeat`.

Promises: the members that the tracker names, newest first; a portal that speaks it already changes nothing but that the
citizen's own token comes along. Leaves out: mandates (`userCode` must be the token's person) and proofs, which the
page of `/usages` has.

Source: e-gov/AJ, "Andmejälgija" (data tracker), API of the citizens' portal, version 2.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final, NamedTuple

import msgspec

from bus.usages.looks import Question
from bus.usages.words import outcome_words
from schemas.problems import Code, FaultAt, ProblemError, problem
from schemas.usage import Named, Usage

MOST: Final = 1000
USER: Final = "X-Road-UserId"
_NAMES: Final = frozenset({"userCode", "periodStart", "periodEnd", "offset", "limit"})
_COUNTRY: Final = re.compile(r"[A-Z]{2}(?=[0-9])")


class UsageView(msgspec.Struct, frozen=True):
    """One use.

    Attributes:
        logtime: the hub's time of the question.
        action: why, in plain words of the language asked for.
        receiverCode: the agency that asked.
    """

    logtime: str
    action: str
    receiverCode: str  # noqa: N815 - the tracker's spelling
    receiverName: str  # noqa: N815 - the same
    receiverSystem: str  # noqa: N815 - the same


class FoundView(msgspec.Struct, frozen=True):
    """The answer to `findUsage`; `totalUsages` counts all of the period."""

    totalUsages: int  # noqa: N815 - the tracker's spelling
    usages: tuple[UsageView, ...]


class PeriodView(msgspec.Struct, frozen=True):
    """From which day to which day uses can be looked for."""

    periodStart: str  # noqa: N815 - the tracker's spelling
    periodEnd: str  # noqa: N815 - the same


class HeartbeatView(msgspec.Struct, frozen=True):
    """Whether the service works: `OK` or `FAIL`."""

    status: str
    message: str


class Finding(NamedTuple):
    """A question of the tracker's form, read."""

    user: str
    question: Question
    offset: int


def read(given: Mapping[str, object], user: str | None) -> Finding:
    """The question that the members put.

    Raises:
        ProblemError: 804 with the member's name; 825 `userCode` is not the user.
    """
    unknown = next((name for name in given if name not in _NAMES), None)
    if unknown is not None:
        raise refused("known-member", "")
    code = _text(given, "userCode")
    if code is None:
        raise refused("required", "userCode")
    if user is None:
        raise refused("required", USER)
    if not same_person(code, bare(user)):
        raise problem(Code.NOT_YOUR_OWN, fault_at=FaultAt.CONSUMER_SYSTEM)
    question = Question(
        since=_day(given, "periodStart", 0),
        until=_day(given, "periodEnd", 1),
        limit=_number(given, "limit", 1, MOST, MOST),
        face="find-usage",
    )
    return Finding(bare(code), question, _number(given, "offset", 0, 10_000_000, 0))


def bare(code: str) -> str:
    """A number without the country before it (`VN001…`)."""
    return _COUNTRY.sub("", code, count=1) if _COUNTRY.match(code) else code


def same_person(code: str, number: str) -> bool:
    """Whether a code as portals write it is this number, compared in constant time."""
    return hmac.compare_digest(bare(code).encode(), number.encode())


def view(line: Usage, language: str) -> UsageView:
    """One line in the tracker's form."""
    said = [line.text.en if language == "en" else line.text.vi]
    said += [_name(one, language) for one in (line.purpose, line.procedure) if one is not None and one.name is not None]
    outcome = outcome_words(line)
    if outcome is not None:
        said.append(outcome.en if language == "en" else outcome.vi)
    system = line.system or line.consumer.id
    return UsageView(line.time, "; ".join(said), line.consumer.id, _name(line.consumer, language), system)


def _name(one: Named, language: str) -> str:
    return one.id if one.name is None else one.name.en if language == "en" else one.name.vi


def _text(given: Mapping[str, object], name: str) -> str | None:
    value = given.get(name)
    if value is not None and not isinstance(value, str):
        raise refused("text", name)
    return value


def _day(given: Mapping[str, object], name: str, days: int) -> str | None:
    """A day; the last one of a period counts whole."""
    text = _text(given, name)
    if text is None:
        return None
    try:
        return (date.fromisoformat(text) + timedelta(days=days)).isoformat()
    except (ValueError, OverflowError):
        raise refused("yyyy-mm-dd", name) from None


def _number(given: Mapping[str, object], name: str, least: int, most: int, default: int) -> int:
    value = given.get(name, default)
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10:  # noqa: PLR2004 - digits of what fits
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise refused(f"{least}-{most}", name)
    return value


def refused(rule: str, place: str) -> ProblemError:
    """A member that is not of its form."""
    return problem(Code.REQUEST_MALFORMED, rule=rule, place=f"/{place}", fault_at=FaultAt.CONSUMER_SYSTEM)
