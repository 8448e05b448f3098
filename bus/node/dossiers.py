"""What a node keeps of a dossier: its lines, each met by evidence or left as a gap, and whether it is open.

Promises: no name and no number of a person stands here, only roles, services, exchanges and receipts; a kept dossier
survives a restart. Leaves out: the answers themselves, which are in the evidence archive.
"""

from __future__ import annotations

from typing import Final, Literal, Protocol

import msgspec

from bus.node.archive import SqlArchive
from schemas.envelope import Subject
from schemas.text import Bilingual, moment
from schemas.words import Assurance

_KIND: Final = "dossier"
_UTC7_MS: Final = 7 * 3600 * 1000


class Person(msgspec.Struct, frozen=True):
    """A party as the counter names it.

    Attributes:
        role: its part in the procedure.
        scheme, id: which register numbers it, and the number.
        name, birth: as the party says; `YYYY` or `YYYY-MM-DD`.
    """

    role: str
    id: str
    scheme: str = "citizen"
    name: str | None = None
    birth: str | None = None
    assurance: Assurance = "low"

    def subject(self, asserted_by: str) -> Subject:
        """As an envelope claims it."""
        return Subject(
            scheme=self.scheme, id=self.id, asserted_by=asserted_by, role=self.role, assurance=self.assurance
        )


class Source(msgspec.Struct, frozen=True):
    """Where one piece of evidence came from, or whom it was asked of in vain.

    Attributes:
        agency_name: as the directory names it.
        exchange: the question's id; with `asked` and `outcome`, the leaves of its receipt.
        reason, code: why it was not had.
    """

    evidence: str
    evidence_name: Bilingual
    agency: str | None = None
    agency_name: Bilingual | None = None
    service: str | None = None
    operation: str | None = None
    exchange: str | None = None
    asked: int | None = None
    outcome: int | None = None
    took_ms: int | None = None
    reason: str | None = None
    code: int | None = None


class Line(msgspec.Struct, frozen=True):
    """One requirement and how it ended; `reason` is set where it is left to the citizen."""

    requirement: str
    name: Bilingual
    papers: tuple[str, ...]
    sources: tuple[Source, ...]
    reason: str | None = None


class DossierRecord(msgspec.Struct, frozen=True):
    """One dossier as it stands.

    Attributes:
        spared: how many papers the citizen need not bring.
        took_ms: from the request to the last answer.
        overrides: fields asked although held, with the declared reason.
    """

    dossier: str
    agency: str
    form: str
    procedure: str
    procedure_name: Bilingual
    state: Literal["open", "closed"]
    opened_at: str
    took_ms: int
    lines: tuple[Line, ...]
    overrides: tuple[tuple[str, str], ...] = ()

    @property
    def spared(self) -> int:
        """How many papers the citizen need not bring."""
        return sum(max(1, len(line.papers)) for line in self.lines if line.reason is None)


class DossierStore(Protocol):
    """Where dossiers are kept."""

    async def keep(self, record: DossierRecord) -> None:
        """Keep or replace one; durable when this returns."""

    async def get(self, dossier: str) -> DossierRecord | None:
        """One dossier, or None."""


def encode(record: DossierRecord) -> bytes:
    """The kept form."""
    return msgspec.json.encode(record)


def decode(data: bytes) -> DossierRecord:
    """Read the kept form.

    Raises:
        msgspec.DecodeError: it is damaged.
    """
    return msgspec.json.decode(data, type=DossierRecord)


class ArchivedDossiers:
    """Dossiers in an agency's evidence archive: every state is kept beside the one before, the newest counts."""

    def __init__(self, archive: SqlArchive, agency: str) -> None:
        self._archive = archive
        self._agency = agency
        self._last: dict[str, int] = {}

    async def keep(self, record: DossierRecord) -> None:
        """See the port."""
        await self._archive.keep(_key(record.dossier), _KIND, encode(record), ())

    async def get(self, dossier: str) -> DossierRecord | None:
        """See the port."""
        kept = [one for one in await self._archive.evidence(_key(dossier)) if one.kind == _KIND]
        return decode(kept[-1].kept.sealed) if kept else None

    async def new_number(self, code: str, now_ms: int) -> str:
        """A dossier number nobody had: agency code, day in Vietnam, running number (Circular 01/2018/TT-VPCP art. 19).

        The running number has five digits and is claimed durably, so that two counters never share one.
        """
        day = moment(now_ms + _UTC7_MS)[2:10].replace("-", "")
        while True:
            number = self._last[day] = self._last.get(day, 0) + 1
            text = f"{code}-{day}-{number:05d}"
            if await self._archive.start(self._agency, f"number:{text}"):
                return text


def _key(dossier: str) -> str:
    return f"dossier:{dossier}"
