"""X-Road's identifiers: parsed from headers and URLs, each part percent-decoded for itself, and written again.

Promises: what is parsed is what a registry can name; a part that could be read as two parts, as another path or as an
escape is refused by rule and place, never quoted. Leaves out whether anybody bears the identifier (`registry.xroad`).
Source: PR-REST §4.3, §4.8 (identifier character restrictions); PR-MESS §2.1.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple
from urllib.parse import quote, unquote_to_bytes

MAX_PART: Final = 255
_SAFE: Final = "-._~!$'()*,;&=@:+"
"""What X-Road's own writer leaves as it is inside a part (RFC 3986 pchar)."""
_BAD: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u00a0\u2028\u2029\ufeff\u200b-\u200f/\\%:;]")
_ESCAPE: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")
_CLIENT: Final = 3
_SUBSYSTEM: Final = 4
_SERVICE: Final = 5
_PARTY: Final = 2


class IdError(ValueError):
    """An identifier breaks a rule.

    Attributes:
        rule: `parts`, `encoding`, `empty`, `length`, `characters` or `dots`.
        place: which part, counted from 0; "" where it is the whole.
    """

    def __init__(self, rule: str, place: str = "") -> None:
        super().__init__(f"{rule} at part {place}" if place else rule)
        self.rule = rule
        self.place = place


class ClientId(NamedTuple):
    """A member, or a subsystem of one."""

    instance: str
    member_class: str
    member_code: str
    subsystem: str | None = None

    @property
    def text(self) -> str:
        """Decoded, parts joined by `/`: how the registry names it."""
        return "/".join(part for part in self if part is not None)

    @property
    def encoded(self) -> str:
        """As headers and URLs write it."""
        return encode(self)

    @property
    def member(self) -> ClientId:
        """The member without its subsystem."""
        return self._replace(subsystem=None)


class ServiceId(NamedTuple):
    """A service of a subsystem; `version` is SOAP's alone."""

    client: ClientId
    code: str
    version: str | None = None

    @property
    def text(self) -> str:
        """Decoded, parts joined by `/`."""
        return "/".join((self.client.text, self.code, *((self.version,) if self.version else ())))

    @property
    def encoded(self) -> str:
        """As the header `x-road-service` writes it."""
        return encode((*self.client, self.code, self.version))


class ServerId(NamedTuple):
    """A security server: its owner, and its own code."""

    instance: str
    member_class: str
    member_code: str
    code: str

    @property
    def text(self) -> str:
        """Decoded, parts joined by `/`."""
        return "/".join(self)


class Party(NamedTuple):
    """Who is represented (`X-Road-Represented-Party`, the extension for representation)."""

    party_class: str | None
    code: str

    @property
    def text(self) -> str:
        """Decoded, `CLASS/CODE` or `CODE`."""
        return f"{self.party_class}/{self.code}" if self.party_class else self.code


def client_of(value: str) -> ClientId:
    """Parse `X-Road-Client`: three parts or four.

    Raises:
        IdError: it is none.
    """
    parts = value.split("/")
    if not _CLIENT <= len(parts) <= _SUBSYSTEM:
        raise IdError("parts")
    return ClientId(*(decode(part, place) for place, part in enumerate(parts)))


def service_of(value: str) -> ServiceId:
    """Parse `x-road-service`: five parts, the last one the service code.

    Raises:
        IdError: it is none.
    """
    parts = value.split("/")
    if len(parts) != _SERVICE:
        raise IdError("parts")
    *client, code = (decode(part, place) for place, part in enumerate(parts))
    return ServiceId(ClientId(*client), code)


def server_of(value: str) -> ServerId:
    """Parse `X-Road-Security-Server`: four parts.

    Raises:
        IdError: it is none.
    """
    parts = value.split("/")
    if len(parts) != _SUBSYSTEM:
        raise IdError("parts")
    return ServerId(*(decode(part, place) for place, part in enumerate(parts)))


def party_of(value: str) -> Party:
    """Parse `X-Road-Represented-Party`: a code, or a class and a code.

    Raises:
        IdError: it is none.
    """
    parts = value.split("/")
    if len(parts) > _PARTY:
        raise IdError("parts")
    found = [decode(part, place) for place, part in enumerate(parts)]
    return Party(found[0] if len(found) == _PARTY else None, found[-1])


def decode(part: str, place: int = 0) -> str:
    """One part, decoded from percent-encoded UTF-8; a plus sign is a plus sign.

    Raises:
        IdError: with the part's number as place.
    """
    if _ESCAPE.search(part):
        raise IdError("encoding", str(place))
    try:
        text = unquote_to_bytes(part.encode()).decode()
    except UnicodeError:
        raise IdError("encoding", str(place)) from None
    return checked(text, place)


def checked(text: str, place: int = 0) -> str:
    """One part that is decoded already (SOAP): the same rules.

    Raises:
        IdError: with the part's number as place.
    """
    if not text:
        raise IdError("empty", str(place))
    if len(text) > MAX_PART:
        raise IdError("length", str(place))
    if _BAD.search(text) or text != text.strip():
        raise IdError("characters", str(place))
    if not text.strip("."):
        raise IdError("dots", str(place))
    return text


def encode(parts: tuple[str | None, ...]) -> str:
    """Parts percent-encoded one by one and joined by `/`; what is None is left out."""
    return "/".join(quote(part, safe=_SAFE) for part in parts if part is not None)
