"""Faults that a team can choose: by a header, by a reserved number, at a rate.

Promises: a fault is answered as the real bus answers it, by number, status and retry; rates follow the seed, question
by question. Leaves out carrying out faults of the wire (`asker`, `face`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final, NamedTuple

from adapters.port import PeerError, PeerFault
from bus.kit.sandbox.dice import dice_of
from bus.kit.sandbox.refused import SandboxError
from bus.problems import of_peer
from schemas.problem_texts import slug
from schemas.problems import Code, FaultAt, ProblemError, problem

if TYPE_CHECKING:
    from random import Random

HANG: Final = "hang"
DISCONNECT: Final = "disconnect"
PROXY_ERROR: Final = "proxy-error"
WIRE: Final = (HANG, DISCONNECT, PROXY_ERROR)
"""Never answers until the question's time is up; the connection ends without an answer; a proxy's page in HTML."""
FAULT_PLACE: Final = "999"
"""Citizen numbers that begin so and end in a problem's number are answered by that problem."""
DELAY_PLACE: Final = "997"
"""Citizen numbers that begin so are answered late: their last three digits times ten milliseconds."""
RETRY_AFTER_MS: Final = 1_000
_NUMBER: Final = re.compile(rf"({FAULT_PLACE}|{DELAY_PLACE})[0-9]{{6}}([0-9]{{3}})")
_OTHERS: Final = (
    *(Code.NOT_AGREED, Code.PURPOSE_NOT_AGREED, Code.FIELDS_NOT_AGREED, Code.ASSURANCE_TOO_LOW, Code.QUOTA_USED_UP),
    *(Code.AGREEMENT_ENDED, Code.ANSWER_SHAPE, Code.PROVIDER_NOT_REACHABLE, Code.TOO_BUSY, Code.DEADLINE_PASSED),
    *(Code.NO_HUB, Code.OUTCOME_UNKNOWN, Code.SEAL_KEY_AWAY, Code.ADAPTER_MISSING, Code.RECORD_NOT_WRITTEN),
    Code.INTERNAL,
)
_AT: Final = {Code.PROVIDER_NOT_REACHABLE: FaultAt.PROVIDER_NODE, Code.NO_HUB: FaultAt.CONSUMER_NODE}


class Fault(NamedTuple):
    """One fault: a problem of the closed list, or a fault of the wire (`code` is None)."""

    name: str
    code: Code | None


def _listed() -> dict[str, Fault]:
    found = {name: Fault(name, None) for name in WIRE}
    for kind in PeerFault:
        found[kind.value] = Fault(kind.value, of_peer(PeerError(kind)).code)
    for code in _OTHERS:
        found[slug(code)] = Fault(slug(code), code)
    return found


FAULTS: Final[Mapping[str, Fault]] = _listed()
"""Every fault by its name."""
_BY_NUMBER: Final = {str(int(one.code)): one for one in FAULTS.values() if one.code is not None}


def fault_named(text: str) -> Fault | None:
    """The fault of a name or of a problem's number; None where there is none."""
    return FAULTS.get(text) or _BY_NUMBER.get(text)


class Numbered(NamedTuple):
    """What a reserved number asks for."""

    fault: Fault | None
    delay_ms: int


def by_number(texts: Iterable[str]) -> Numbered:
    """What the first reserved number among these asks for."""
    for text in texts:
        found = _NUMBER.fullmatch(text)
        if found is not None and found[1] == DELAY_PLACE:
            return Numbered(None, int(found[2]) * 10)
        if found is not None and found[2] in _BY_NUMBER:
            return Numbered(_BY_NUMBER[found[2]], 0)
    return Numbered(None, 0)


def as_error(fault: Fault) -> ProblemError:
    """How the bus says it."""
    code = fault.code or Code.SYSTEM_TIMEOUT
    for kind in PeerFault:
        if kind.value == fault.name:
            return ProblemError(of_peer(PeerError(kind, rule="sandbox")))
    at = _AT.get(code, FaultAt.HUB)
    if code in {Code.TOO_BUSY, Code.QUOTA_USED_UP}:
        return problem(code, rule="sandbox", fault_at=at, retry_after_ms=RETRY_AFTER_MS)
    return problem(code, rule="sandbox", fault_at=at)


def as_peer_error(fault: Fault) -> PeerError | None:
    """The same as an adapter says it; None for what only the bus can say."""
    return next((PeerError(kind, rule="sandbox") for kind in PeerFault if kind.value == fault.name), None)


class Rates:
    """Faults that come by chance, in an order that the seed decides.

    Raises:
        SandboxError: a fault is not known, or the rates are no shares of one.
    """

    def __init__(self, rates: Mapping[str, float], seed: int) -> None:
        unknown = next((name for name in rates if fault_named(name) is None), None)
        if unknown is not None:
            raise SandboxError("fault-unknown", f"faults.{unknown}", f"there are {', '.join(FAULTS)}")
        if any(rate < 0 for rate in rates.values()) or sum(rates.values()) > 1:
            raise SandboxError("fault-rate", "faults", "rates are shares of one, together at most 1")
        self._rates = [(FAULTS.get(name) or _BY_NUMBER[name], rate) for name, rate in rates.items()]
        self._dice: Random = dice_of(seed, "faults")

    def next(self) -> Fault | None:
        """The fault of the next question, or none."""
        if not self._rates:
            return None
        thrown = self._dice.random()
        for fault, rate in self._rates:
            if thrown < rate:
                return fault
            thrown -= rate
        return None
