"""What is shown when: classes of uses that the person sees late, and how much of others' names anybody sees.

Promises: a use that several classes fit is held back by the longest; where a record's details are gone, so that nobody
can tell whether a class fits, it counts as fitting; a use that is held back leaves no mark in an answer.
Leaves out: where the classes come from (`config.usages`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from schemas.record import Details, LeafType, Record
from schemas.text import moment_ms

DAY_MS: Final = 86_400_000


class DelayClass(NamedTuple):
    """Uses that are shown late; None fits everything."""

    days: int
    basis: str
    consumer: str | None = None
    service: str | None = None
    purpose: str | None = None
    agreement: str | None = None
    looks: bool = False
    announced: bool = False

    def fits(self, record: Record, details: Details | None) -> bool:
        """Whether a use is of this class."""
        if (record.type is LeafType.INQUIRY) != self.looks:
            return False
        told = ((self.consumer, record.consumer), (self.service, record.service), (self.purpose, record.purpose))
        if any(wanted is not None and wanted != found for wanted, found in told):
            return False
        return self.agreement is None or details is None or self.agreement == details.agreement


class Release(NamedTuple):
    """From when on a use is shown, and the law that says so."""

    from_ms: int
    basis: str


class Disclosure(NamedTuple):
    """The classes of one hub."""

    classes: Sequence[DelayClass] = ()

    def of(self, record: Record, details: Details | None) -> Release | None:
        """When a use is shown; None at once."""
        fitting = [one for one in self.classes if one.fits(record, details)]
        if not fitting:
            return None
        longest = max(fitting, key=lambda one: one.days)
        return Release(moment_ms(record.time) + longest.days * DAY_MS, longest.basis)

    @property
    def announced(self) -> tuple[tuple[int, str], ...]:
        """Days and law of every class that everybody is told of."""
        return tuple((one.days, one.basis) for one in self.classes if one.announced)
