"""What may be asked of the search tables, and the cursor by which a search goes on.

Promises: a question is read strictly: an unknown filter, a moment or a number of another spelling is refused by name,
never ignored; a cursor belongs to one question and one size of the ledger, so pages never shift.
Leaves out: who may see what (`bus.audit.scope`).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Annotated, Final, NamedTuple

import msgspec
from msgspec import Meta

from schemas.problems import Code, FaultAt, ProblemError, problem
from schemas.record import LeafType
from schemas.text import b64url_decode, b64url_encode, moment, moment_ms

MAX_LIMIT: Final = 500
DEFAULT_LIMIT: Final = 100
TYPES: Final[Mapping[str, int]] = {one.name.lower(): int(one) for one in LeafType}
_PERSON: Final = re.compile(r"([a-z][a-z0-9-]{0,39}):([A-Za-z0-9][A-Za-z0-9._:-]{0,79})", re.ASCII)
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


class Asked(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The filters as they come, texts all; docs/audit.md tells each.

    Attributes:
        consumer: who asked: an agency's id or code.
        provider: whose service it is.
        agency: either of the two.
        since: from this day or moment on.
        until: before this day or moment.
        type: `asked`, `outcome`, `declared`, `inquiry`, `erasure`, …
        subject: whom it is about: `citizen:0…`, looked up by pseudonym.
    """

    consumer: str | None = None
    provider: str | None = None
    agency: str | None = None
    service: str | None = None
    purpose: str | None = None
    basis: str | None = None
    procedure: str | None = None
    dossier: str | None = None
    officer: str | None = None
    outcome: str | None = None
    code: str | None = None
    type: str | None = None
    since: str | None = None
    until: str | None = None
    subject: str | None = None
    limit: str | None = None
    cursor: str | None = None


class Person(NamedTuple):
    """Whom or what a record is about."""

    scheme: str
    number: str


class Place(msgspec.Struct, frozen=True, array_like=True):
    """Where a search stands: at a size of the ledger, after this record.

    Attributes:
        size: only records below it count, on every page.
        time_ms: of the last record shown; with `idx` the place in the order.
        of: digest of the question that the cursor belongs to.
    """

    size: Annotated[int, Meta(ge=0)]
    time_ms: int
    idx: int
    of: bytes


class Search(NamedTuple):
    """A question, read: equalities by column, and the rest."""

    equal: tuple[tuple[str, str | int], ...] = ()
    agency: str | None = None
    officer: str | None = None
    subject: Person | None = None
    since_ms: int | None = None
    until_ms: int | None = None
    limit: int = DEFAULT_LIMIT
    after: Place | None = None


_decode_place: Final = msgspec.msgpack.Decoder(Place).decode
_encode: Final = msgspec.msgpack.Encoder().encode
_PLAIN: Final = ("consumer", "provider", "service", "purpose", "basis", "procedure", "dossier", "outcome")


def asked_of(given: Mapping[str, object]) -> Asked:
    """Filters by name, from a query string or a JSON object.

    Raises:
        ProblemError: 804 with the name of the filter that there is not, or that is no text.
    """
    try:
        return msgspec.convert(dict(given), Asked)
    except msgspec.ValidationError:
        known = set(Asked.__struct_fields__)
        place = next((name for name in given if name not in known or not isinstance(given[name], str)), "")
        raise _refused("filter-known", place if place.isidentifier() and len(place) < 40 else "") from None  # noqa: PLR2004 - a place is a word


def search_of(asked: Asked) -> Search:
    """The question that the filters put.

    Raises:
        ProblemError: 804 with the filter's name; its value stays out of the error.
    """
    equal: list[tuple[str, str | int]] = [(name, value) for name in _PLAIN if (value := getattr(asked, name))]
    if asked.code is not None:
        equal.append(("code", _number(asked.code, "code", 100, 999)))
    if asked.type is not None:
        if asked.type not in TYPES:
            raise _refused("type-known", "type")
        equal.append(("type", TYPES[asked.type]))
    return Search(
        equal=tuple(equal),
        agency=asked.agency,
        officer=asked.officer,
        subject=_person(asked.subject),
        since_ms=_moment(asked.since, "since"),
        until_ms=_moment(asked.until, "until"),
        limit=_number(asked.limit, "limit", 1, MAX_LIMIT) if asked.limit else DEFAULT_LIMIT,
        after=_place(asked) if asked.cursor else None,
    )


def filters_of(asked: Asked) -> dict[str, str]:
    """What was asked, for the inquiry's record: without cursor, and without the person, who is named apart."""
    names = (name for name in Asked.__struct_fields__ if name not in {"cursor", "subject"})
    return {name: value for name in names if (value := getattr(asked, name)) is not None}


def cursor_of(asked: Asked, size: int, time_ms: int, idx: int) -> str:
    """The text by which this search goes on after a record."""
    return b64url_encode(_encode(Place(size, time_ms, idx, _digest(asked))))


def _place(asked: Asked) -> Place:
    try:
        place = _decode_place(b64url_decode(asked.cursor or ""))
    except (ValueError, msgspec.DecodeError):
        raise _refused("cursor", "cursor") from None
    if place.of != _digest(asked):
        raise _refused("cursor-of-another-question", "cursor")
    return place


def _digest(asked: Asked) -> bytes:
    same = msgspec.structs.replace(asked, cursor=None, limit=None)
    return hashlib.sha256(_encode(same)).digest()[:8]


def _person(text: str | None) -> Person | None:
    if text is None:
        return None
    found = _PERSON.fullmatch(text)
    if found is None:
        raise _refused("scheme:number", "subject")
    return Person(found[1], found[2])


def _moment(text: str | None, place: str) -> int | None:
    """A day (from its first moment, UTC) or a moment, in milliseconds since the epoch."""
    if text is None:
        return None
    try:
        return moment_ms(f"{text}T00:00:00.000Z" if _DAY.fullmatch(text) else text)
    except ValueError:
        raise _refused(f"such as {moment(0)} or 1970-01-01", place) from None


def _number(text: str, place: str, least: int, most: int) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10 and least <= int(text) <= most):  # noqa: PLR2004 - digits of what fits
        raise _refused(f"a number from {least} to {most}", place)
    return int(text)


def _refused(rule: str, place: str) -> ProblemError:
    return problem(Code.REQUEST_MALFORMED, rule=rule, place=f"/{place}", fault_at=FaultAt.CONSUMER_SYSTEM)
