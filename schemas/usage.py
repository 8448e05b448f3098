"""One use of a person's data, as the person is told of it: who, when, why, by what right, what came of it.

Promises: a line names no other person; what stands in the ledger's leaf too is proved by the page that the line is
part of (`signing.page`), the rest is the operator's word, which an auditor can hold against the record.
Leaves out: who may see which line, and when (`bus.usages`).
"""

from __future__ import annotations

from typing import Literal

import msgspec

from schemas.words import AgencyId, Moment, Name

Kind = Literal["question", "refused", "dossier", "document", "look", "own-look"]
"""`question`: an agency asked another; `refused`: the hub did not let it ask; `dossier`: an agency opened one that has
the person as a party; `look`: an auditor looked the person up in the ledger; `own-look`: the person did."""


class Words(msgspec.Struct, frozen=True):
    """The same words in Vietnamese and English."""

    vi: str
    en: str


class Named(msgspec.Struct, frozen=True, omit_defaults=True):
    """Something by its id and, where the registry names it, in words."""

    id: str
    name: Words | None = None


class Delay(msgspec.Struct, frozen=True):
    """Why a line was shown late: since when it is, and the law that asked for it."""

    shown_from: Moment
    basis: str


class Usage(msgspec.Struct, frozen=True, omit_defaults=True):
    """One line.

    Attributes:
        time: the hub's time of the question.
        kind: what happened.
        text: all of it in one sentence.
        records: numbers of the ledger's records that say so, the first one the question.
        consumer: who asked.
        whole: whether the first record's details stand in the page; else only its leaf, for they name others.
        unit: the unit of the officer, as far as it is shown.
        officer: the officer, where that is shown.
        outcome: how it ended; absent while nobody knows.
        code: the problem's number, where it ended in one.
        delay: present where the line was held back until its date.
    """

    time: Moment
    kind: Kind
    text: Words
    records: tuple[int, ...]
    consumer: Named
    whole: bool = False
    provider: Named | None = None
    service: Named | None = None
    operation: Name | None = None
    fields: tuple[Named, ...] = ()
    purpose: Named | None = None
    basis: Named | None = None
    procedure: Named | None = None
    dossier: str | None = None
    unit: str | None = None
    officer: str | None = None
    system: str | None = None
    outcome: str | None = None
    code: int | None = None
    delay: Delay | None = None


class LeafFacts(msgspec.Struct, frozen=True):
    """What a line repeats of its first record's leaf, and must not change."""

    time: Moment
    consumer: AgencyId
    provider: AgencyId | None
    service: str | None
    purpose: str | None


def facts_of(line: Usage) -> LeafFacts:
    """The part of a line that its leaf proves."""
    return LeafFacts(
        line.time,
        line.consumer.id,
        line.provider.id if line.provider else None,
        line.service.id if line.service else None,
        line.purpose.id if line.purpose else None,
    )
