"""A view into adapters for whoever develops or checks one: what a question became on its way, and a detour for it.

Promises: off unless a block asks for it (`watching`, `led_through`); then every kind built on `Courier`, `HttpPipe`
or the SQL adapter tells, without being told to. What was seen holds citizens' data and secrets: it lives as long as
the block's own variable, and nothing here logs, counts or keeps it. Where nobody watches it costs one look at a
context variable.
Leaves out: showing it (`bus.kit.dev`), and judging it (`bus.kit.check`).
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@dataclass(slots=True)
class Moved:
    """One thing that left for the system and what came back.

    `sent` is an `adapters.http.Request` or a `Statement`; `came` an `adapters.http.Reply` or the rows, None where
    nothing (readable) came.
    """

    sent: object = field(repr=False)
    came: object = field(default=None, repr=False)


class Statement(NamedTuple):
    """One SQL statement as it was run, and its bound parameters."""

    text: str
    parameters: Mapping[str, object]


@dataclass(slots=True)
class Seen:
    """The way of one question, as far as it got."""

    mapped: Mapping[str, object] | None = field(default=None, repr=False)
    """The request's fields, as the question map made them."""
    moves: list[Moved] = field(default_factory=list)
    """In order: a token's fetch stands before the request that needs it."""
    read: object = field(default=None, repr=False)
    """The reply as the answer's map read it."""

    def sends(self, sent: object) -> Moved:
        """Note that something leaves; the caller notes there what comes."""
        moved = Moved(sent)
        self.moves.append(moved)
        return moved


class Detour(NamedTuple):
    """A local listener that passes connections on, so that they can be slowed, cut or counted.

    Plain connections are made to it as they are; an HTTPS one asks it by CONNECT (RFC 9110 §9.3.6) for the system, so
    that the system's own certificate and name are judged as ever.
    """

    host: str
    port: int


_seen: ContextVar[Seen | None] = ContextVar("seen", default=None)
_detour: ContextVar[Detour | None] = ContextVar("detour", default=None)


def seen() -> Seen | None:
    """Where the question at hand is noted; None: nobody watches."""
    return _seen.get()


def detour() -> Detour | None:
    """The way round that connections of the adapter being started take; None: none."""
    return _detour.get()


@contextmanager
def watching() -> Iterator[Seen]:
    """Watch the one question that is asked inside the block."""
    noted = Seen()
    token = _seen.set(noted)
    try:
        yield noted
    finally:
        _seen.reset(token)


@contextmanager
def led_through(way: Detour | None) -> Iterator[None]:
    """Adapters started inside the block make their connections by this way."""
    token = _detour.set(way)
    try:
        yield
    finally:
        _detour.reset(token)
