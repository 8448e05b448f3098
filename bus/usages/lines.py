"""Records put into the words of a line: agencies, services, fields and procedures by their names in the registry.

Promises: a line names its reader and nobody else; of a question about somebody else whose answer named the reader, only
who asked whom, when and for which purpose; officers as far as the settings show them. Pure.
Leaves out: which records make a line (`bus.usages.gathering`), whether it is shown yet (`bus.usages.disclosure`).
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final, NamedTuple

from bus.audit.query import Person
from bus.usages.disclosure import Release
from bus.usages.words import sentence
from registry.model import Text
from registry.snapshot import Snapshot
from schemas.inquiry import Inquiry
from schemas.record import Details, LeafType, Record
from schemas.text import moment, moment_ms
from schemas.usage import Delay, Kind, Named, Usage, Words

OWN: Final = "usages"
"""The kind of an inquiry that a citizen made."""
PORTAL: Final = "portal"
"""The filter in an inquiry that names the portal."""


class Shown(IntEnum):
    """How much of an officer is shown."""

    AGENCY = 0
    UNIT = 1
    ID = 2


class Entry(NamedTuple):
    """One record, opened as far as it can be."""

    idx: int
    record: Record
    details: Details | None = None
    inquiry: Inquiry | None = None


class Found(NamedTuple):
    """What a line is made of.

    Attributes:
        main: the question, refusal, declaration or look.
        outcome: what settled the question, where something has.
        asked_about: whether the question itself names the reader.
        release: present where the line was held back and no longer is.
    """

    main: Entry
    outcome: Entry | None = None
    asked_about: bool = True
    release: Release | None = None


class Reader(NamedTuple):
    """For whom lines are made, and how much of officers is shown."""

    me: Person
    officers: Shown


def line(found: Found, snapshot: Snapshot, reader: Reader) -> Usage:
    """One line."""
    main, record = found.main, found.main.record
    kind = kind_of(main)
    details = main.details if found.asked_about else None
    consumer = _agency(record.consumer, snapshot)
    provider = _agency(record.provider, snapshot) if record.provider else None
    fields = tuple(_term(name, snapshot) for name in details.fields) if details else ()
    service = _service(record.service, snapshot) if record.service else None
    ended = found.outcome.record if found.outcome else record if kind != "question" else None
    officer = details.officer if details else None
    return Usage(
        time=record.time,
        kind=kind,
        text=sentence(kind, consumer, provider, fields or ((service,) if service else ())),
        records=tuple(one.idx for one in (main, found.outcome) if one is not None),
        consumer=consumer,
        whole=openable(found, reader),
        provider=provider,
        service=service,
        operation=details.operation if details else None,
        fields=fields,
        purpose=_coded("purpose", record.purpose, snapshot),
        basis=_coded("basis", details.basis if details else None, snapshot),
        procedure=_procedure(details.procedure, snapshot) if details and details.procedure else None,
        dossier=details.dossier if details else None,
        unit=officer.unit if officer and reader.officers >= Shown.UNIT else None,
        officer=_officer(found, reader),
        system=_system(main, snapshot),
        outcome=ended.outcome if ended else None,
        code=ended.code if ended else None,
        delay=Delay(moment(found.release.from_ms), found.release.basis) if found.release else None,
    )


def kind_of(entry: Entry) -> Kind:
    """What a record is to the person whom it is about."""
    match entry.record.type:
        case LeafType.ASKED:
            return "question"
        case LeafType.OUTCOME:
            return "refused"
        case LeafType.DECLARED:
            return "dossier"
        case LeafType.INQUIRY:
            return "own-look" if entry.inquiry is not None and entry.inquiry.kind == OWN else "look"
        case _:
            return "document"


def openable(found: Found, reader: Reader) -> bool:
    """Whether the first record's details may stand in the page: they name nobody else who is shielded."""
    main = found.main
    if main.inquiry is not None:
        mine = kind_of(main) == "own-look" or reader.officers is Shown.ID
        return mine and all((one.scheme, one.id) == reader.me for one in main.inquiry.subjects)
    if main.details is None or not found.asked_about:
        return False
    if main.details.officer is not None and reader.officers is not Shown.ID:
        return False
    return all((one.scheme, one.id) == reader.me for one in main.details.subjects)


def _officer(found: Found, reader: Reader) -> str | None:
    if reader.officers is not Shown.ID:
        return None
    main = found.main
    if main.inquiry is not None:
        return main.inquiry.by if kind_of(main) == "look" else None
    officer = main.details.officer if main.details and found.asked_about else None
    return officer.id if officer else None


def _system(main: Entry, snapshot: Snapshot) -> str | None:
    """The system that asked, as far as agreement or look names one."""
    if main.inquiry is not None:
        return main.inquiry.asked.get(PORTAL)
    agreement = snapshot.agreement(main.details.agreement) if main.details and main.details.agreement else None
    return agreement.consumer_system if agreement else None


def _agency(agency_id: str, snapshot: Snapshot) -> Named:
    found = snapshot.agency(agency_id)
    return Named(agency_id, _words(found.name if found else None))


def _service(service_id: str, snapshot: Snapshot) -> Named:
    found = snapshot.service(service_id)
    return Named(service_id, _words(found.name if found else None))


def _term(term_id: str, snapshot: Snapshot) -> Named:
    found = snapshot.term(term_id)
    return Named(term_id, _words(found.name if found else None))


def _procedure(code: str, snapshot: Snapshot) -> Named:
    found = snapshot.procedure(code)
    return Named(code, _words(found.name if found else None))


def _coded(codelist: str, code: str | None, snapshot: Snapshot) -> Named | None:
    if code is None:
        return None
    found = snapshot.codelist(codelist)
    return Named(code, _words(found.codes.get(code) if found else None))


def _words(text: Text | None) -> Words | None:
    return Words(text.vi, text.en) if text is not None else None


def at_ms(found: Found) -> int:
    """When it was, in milliseconds since the epoch."""
    return moment_ms(found.main.record.time)
