"""How an adapter says no: the closed list of reasons, the error that carries one, and wrong declarations.

Promises: none of them holds a citizen's data, only codes, rules and places. `adapters.port` gives them out.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final

_PEER_CODE: Final = re.compile(r"^(?!.*\d{9})[A-Za-z0-9._:\-]{1,32}\Z")


class PeerFault(StrEnum):
    """Why there is no answer. A closed list: the node turns each into a numbered problem."""

    NO_MATCH = "no-match"
    """The system looked and holds nobody and nothing of that description."""
    SEVERAL_MATCHES = "several-matches"
    """More than one record fits; choosing one would be inventing an answer."""
    NOT_PERMITTED = "not-permitted"
    """The system refuses this officer or this caller."""
    NOT_LICENSED = "not-licensed"
    """The system refuses this procedure or purpose for this agency."""
    BAD_QUESTION = "bad-question"
    """The question cannot be put to the system: something is missing or has a wrong form."""
    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"
    OVERLOADED = "overloaded"
    BAD_ANSWER = "bad-answer"
    """The system answered something that cannot be read. Nothing is guessed from it."""
    FAULT = "fault"
    """The system reported an error of its own, or the adapter failed."""


_RETRY: Final = frozenset({PeerFault.UNREACHABLE, PeerFault.TIMEOUT, PeerFault.OVERLOADED})
_OUTCOME_UNKNOWN: Final = frozenset({PeerFault.TIMEOUT, PeerFault.BAD_ANSWER, PeerFault.FAULT})


class PeerError(Exception):
    """The one way an adapter says no. Holds no citizen's data: only codes, rules and places.

    Attributes:
        kind: the reason, from the closed list.
        peer_code: the system's own code ("004"), kept when it is short and holds no long number.
        retry: whether asking again may help.
        outcome_known: False when the system may have acted on the question without our knowing.
        rule: what was broken, a fixed word such as "date-form".
        at: where, a field path of the declaration, such as "birth".
        retry_after_s: how long to leave it, where the system or the adapter says so.
    """

    def __init__(
        self,
        kind: PeerFault,
        *,
        peer_code: str | None = None,
        retry: bool | None = None,
        outcome_known: bool | None = None,
        rule: str | None = None,
        at: str | None = None,
        retry_after_s: float | None = None,
    ) -> None:
        self.kind = kind
        self.peer_code = peer_code if peer_code and _PEER_CODE.match(peer_code) else None
        self.retry = kind in _RETRY if retry is None else retry
        self.outcome_known = kind not in _OUTCOME_UNKNOWN if outcome_known is None else outcome_known
        self.rule = rule
        self.at = at
        self.retry_after_s = retry_after_s
        details = [("code", self.peer_code), ("rule", rule), ("at", at)]
        super().__init__(" ".join([kind.value, *(f"{name}={text}" for name, text in details if text)]))


class DeclarationError(Exception):
    """Settings or a field map are wrong. Raised at import or at start, never when a citizen waits.

    `mistakes` lists all of them as "place: what is wrong".
    """

    def __init__(self, *mistakes: str) -> None:
        super().__init__("; ".join(mistakes))
        self.mistakes = mistakes
