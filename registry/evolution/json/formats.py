"""Formats and content encodings as named sets of strings.

Promises that a string is only said to be in such a set, or not to be, by a validator that asserts formats; that the
outline of a set is one that all its members have; that one set is said to lie within another only where their
standards say so.
Sources: JSON Schema Validation 2020-12 §7.3 and the RFCs that it names.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Final, NamedTuple

import jsonschema_rs

from registry.evolution.json.dialect import VALIDATORS, Draft

UNKNOWN: Final = "unknown:"
CONTENT: Final = "content:"


class Known(NamedTuple):
    """A format.

    Attributes:
        since: the first draft that has it.
        outline: a pattern that all its members match.
        samples: some members, plain ones first.
    """

    since: Draft
    outline: str | None
    samples: tuple[str, ...]


_DATE: Final = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
_TIME: Final = r"[0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]+)?([zZ]|[+\-][0-9]{2}:[0-9]{2})"
_NAME: Final = "^[!-~]{1,254}$"
_SCHEME: Final = r"^[A-Za-z][A-Za-z0-9+.\-]*:"
_FORMATS: Final[Mapping[str, Known]] = {
    "date-time": Known(Draft.D4, f"^{_DATE}[Tt ]{_TIME}$", ("2000-01-01T00:00:00Z", "1999-12-31T23:59:59.5+07:00")),
    "date": Known(Draft.D7, f"^{_DATE}$", ("2000-01-01", "1999-12-31", "2000-02-29")),
    "time": Known(Draft.D7, f"^{_TIME}$", ("00:00:00Z", "23:59:59.5+07:00")),
    "duration": Known(Draft.D2019, "^P[0-9YMWDTHS.,]+$", ("P1D", "PT1H30M", "P4W")),
    "email": Known(Draft.D4, ".@.", ("a@b.vn", "a@b", "nguyen.van.a@tinh.gov.vn", '"a b"@c.vn')),
    "idn-email": Known(Draft.D7, ".@.", ("a@b.vn", "à@b.vn")),
    "hostname": Known(Draft.D4, _NAME, ("a", "a.vn", "dichvucong.gov.vn", "1a", "xn--a")),
    "idn-hostname": Known(Draft.D7, None, ("a", "a.vn", "à.vn")),
    "ipv4": Known(Draft.D4, "^[0-9]{1,3}([.][0-9]{1,3}){3}$", ("0.0.0.0", "127.0.0.1", "255.255.255.255")),  # noqa: S104 - a sample
    "ipv6": Known(Draft.D4, "^[0-9A-Fa-f:.]{2,45}$", ("::", "::1", "2001:db8::1", "1:2:3:4:5:6:1.2.3.4")),
    "uri": Known(Draft.D4, _SCHEME, ("a:", "http://a.vn/b?c#d", "urn:a:b")),
    "uri-reference": Known(Draft.D6, None, ("", "a", "#a", "http://a.vn/")),
    "iri": Known(Draft.D7, _SCHEME, ("a:", "http://à.vn/b")),
    "iri-reference": Known(Draft.D7, None, ("", "a", "à", "http://à.vn/")),
    "uuid": Known(
        Draft.D2019,
        "^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$",
        ("00000000-0000-0000-0000-000000000000", "2eb8aa08-aa98-11ea-b4aa-73b441d16380"),
    ),
    "uri-template": Known(Draft.D6, None, ("", "a", "http://a.vn/{b}")),
    "json-pointer": Known(Draft.D6, "^(/|$)", ("", "/a", "/a/0")),
    "relative-json-pointer": Known(Draft.D7, "^[0-9]", ("0", "1/a", "0#")),
    "regex": Known(Draft.D4, None, ("", "a", "^a+$")),
}
_WITHIN: Final = frozenset(
    {
        ("email", "idn-email"),
        ("uri", "uri-reference"),
        ("uri", "iri"),
        ("uri", "iri-reference"),
        ("uri-reference", "iri-reference"),
        ("iri", "iri-reference"),
    }
)
_OLD: Final = "-4"
"""Host names of draft 4 and 6 follow an older RFC."""


def format_name(name: str, draft: Draft) -> str:
    """The set that ``format`` names in a draft."""
    known = _FORMATS.get(name)
    if known is None or draft < known.since:
        return UNKNOWN + name
    return name + _OLD if name == "hostname" and draft <= Draft.D6 else name


def content_name(encoding: str | None, media_type: str | None) -> str:
    """The set that ``contentEncoding`` and ``contentMediaType`` name together."""
    return f"{CONTENT}{encoding or ''}:{media_type or ''}"


def outline(name: str) -> str | None:
    """A pattern that every string of the set matches."""
    known = _FORMATS.get(name.removesuffix(_OLD))
    return known.outline if known else None


def samples(name: str) -> tuple[str, ...]:
    """Strings that may be in the set."""
    known = _FORMATS.get(name.removesuffix(_OLD))
    return known.samples if known else ("YQ==", "{}", "e30=")


def within(one: str, other: str) -> bool:
    """Whether the first set certainly lies within the second."""
    return one == other or (one, other) in _WITHIN


def has_format(name: str, text: str) -> bool | None:
    """Whether a string is in the set; None where no validator knows it."""
    if name.startswith(UNKNOWN):
        return None
    return _validator(name).is_valid(text)


@lru_cache(maxsize=256)
def _validator(name: str) -> jsonschema_rs.Validator:
    if name.startswith(CONTENT):
        encoding, _, media_type = name.removeprefix(CONTENT).partition(":")
        said = {"contentEncoding": encoding, "contentMediaType": media_type}
        return VALIDATORS[Draft.D7]({key: value for key, value in said.items() if value}, offline=True)
    draft = Draft.D4 if name.endswith(_OLD) else Draft.D2020
    return VALIDATORS[draft]({"format": name.removesuffix(_OLD)}, validate_formats=True, offline=True)
