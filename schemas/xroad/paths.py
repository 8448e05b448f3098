"""Paths below an X-Road REST service, and the endpoint rules that they are judged by.

Promises: what is judged is what the service will see: a path that a server behind us could read as another one
(encoded slashes and dots, double encodings, empty and dotted segments, backslashes) is refused, not mended. X-Road
judged the encoded path and sent it on (fixed in 7.7.1): `/persons/%2e%2e%2fadmin` fitted `/persons/*`.
Leaves out whose endpoints these are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final, NamedTuple, TypeVar
from urllib.parse import unquote_to_bytes

from schemas.xroad.rest import VERBS

T = TypeVar("T")
ANY: Final = "*"
REST: Final = "**"
MAX_PATH: Final = 8_000
MAX_SEGMENTS: Final = 200
_ENCODED: Final = re.compile(r"%(?:2[Ff]|5[Cc])")
_ESCAPE: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")
_AGAIN: Final = re.compile(r"%[0-9A-Fa-f]{2}")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\\/]")
_DOTS: Final = frozenset({".", ".."})
_LITERAL: Final = 0
_ONE: Final = 1
_MANY: Final = 2


class PathError(ValueError):
    """A path or a rule is refused.

    Attributes:
        rule: `slash`, `length`, `encoding`, `encoded-slash`, `double-encoding`, `characters`, `empty-segment`,
            `dot-segment`, `endpoint`.
        place: the segment's number, counted from 0; "" where it is the whole.
    """

    def __init__(self, rule: str, place: str = "") -> None:
        super().__init__(f"{rule} at segment {place}" if place else rule)
        self.rule = rule
        self.place = place


class Endpoint(NamedTuple):
    """A rule `METHOD /path`: `*` stands for one segment that is not empty, `**` at the end for any number of them."""

    verb: str
    pattern: tuple[str, ...]

    @staticmethod
    def of(text: str) -> Endpoint:
        """Read a rule as the registry writes it.

        Raises:
            PathError: `endpoint`, it is none.
        """
        return _endpoint(text)

    def match(self, verb: str, segments: tuple[str, ...]) -> tuple[str, ...] | None:
        """What the wildcards stand for, in order (`**` for what is left, joined by `/`); None: it does not fit."""
        if self.verb not in {ANY, verb}:
            return None
        pattern, ends = self.pattern, self.pattern[-1] == REST
        fixed = pattern[:-1] if ends else pattern
        # The bare service address and its slash are one place: X-Road writes both for it.
        given = segments or ("",)
        if len(given) < len(fixed) or (not ends and len(given) != len(fixed)):
            return None
        caught = []
        for rule, segment in zip(fixed, given, strict=False):
            if rule == ANY and segment:
                caught.append(segment)
            elif rule != segment:
                return None
        return (*caught, "/".join(given[len(fixed) :])) if ends else tuple(caught)

    @property
    def weight(self) -> tuple[tuple[int, ...], bool]:
        """How general it is: the smaller, the nearer; a literal before `*` before `**`, a named verb before `*`."""
        return tuple({ANY: _ONE, REST: _MANY}.get(one, _LITERAL) for one in self.pattern), self.verb == ANY


@lru_cache(maxsize=4096)
def _endpoint(text: str) -> Endpoint:
    """Rules are the registry's: few, and read with every call."""
    verb, space, path = text.partition(" ")
    if (verb != ANY and verb not in VERBS) or not space or not path.startswith("/") or "%" in path:
        raise PathError("endpoint")  # a rule is compared with decoded segments
    pattern = tuple(path[1:].split("/"))
    if REST in pattern[:-1] or any(ANY in one and one not in {ANY, REST} for one in pattern):
        raise PathError("endpoint")
    return Endpoint(verb, pattern)


class Hit(NamedTuple):
    """The nearest endpoint, and what its wildcards stand for."""

    endpoint: Endpoint
    caught: tuple[str, ...]


def segments_of(path: str) -> tuple[str, ...]:
    """The decoded segments of a path below a service; none for the bare service address.

    The last one is empty where the path ends in a slash.

    Raises:
        PathError: a server behind us could read it as another path.
    """
    if not path:
        return ()
    if not path.startswith("/"):
        raise PathError("slash")
    raw = path[1:].split("/")
    if len(path) > MAX_PATH or len(raw) > MAX_SEGMENTS:
        raise PathError("length")
    last = len(raw) - 1
    return tuple(_segment(one, place, may_be_empty=place == last) for place, one in enumerate(raw))


def nearest(offered: Iterable[tuple[T, Iterable[str]]], verb: str, segments: tuple[str, ...]) -> tuple[T, Hit] | None:
    """Of several owners' endpoints the most specific one that fits.

    Args:
        offered: owner and its endpoints, as the registry writes them.
        verb: the request's.
        segments: as `segments_of` gives them.
    """
    found = [
        (endpoint.weight, number, owner, Hit(endpoint, caught))
        for number, (owner, texts) in enumerate(offered)
        for endpoint in map(Endpoint.of, texts)
        if (caught := endpoint.match(verb, segments)) is not None
    ]
    if not found:
        return None
    _, _, owner, hit = min(found, key=lambda one: one[:2])
    return owner, hit


def _segment(raw: str, place: int, *, may_be_empty: bool) -> str:
    at = str(place)
    if not raw:
        if may_be_empty:
            return raw
        raise PathError("empty-segment", at)
    if _ENCODED.search(raw):
        raise PathError("encoded-slash", at)
    if _ESCAPE.search(raw):
        raise PathError("encoding", at)
    try:
        text = unquote_to_bytes(raw.encode()).decode()
    except UnicodeError:
        raise PathError("encoding", at) from None
    if _AGAIN.search(text):
        raise PathError("double-encoding", at)
    if _CONTROL.search(text):
        raise PathError("characters", at)
    if text.partition(";")[0].strip() in _DOTS or not text.strip(" ."):
        raise PathError("dot-segment", at)  # `..;x` and `.. ` are `..` to some servers
    return text
