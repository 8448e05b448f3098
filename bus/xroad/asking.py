"""A question of the bus from an X-Road call: what X-Road has no words for is taken from agreements and settings.

Promises: purpose and procedure are the only ones that the agreements leave, else the client's setting, else a refusal
that says so; what the caller wrote of user, issue and represented party stands in the question and its record.
Leaves out X-Road's bytes (`bus.xroad.rest`, `bus.xroad.soap`) and whether the question is admitted (the gate).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from bus.about import numbers
from bus.gate import DOSSIER
from bus.node.ask import Ask
from bus.xroad.clients import Speaker
from registry.catalogue import Operation, Service
from registry.model import Agreement
from registry.snapshot import Snapshot
from schemas.envelope import Officer, Subject
from schemas.parts import Carried
from schemas.words import ASSURANCE_ORDER, Assurance
from schemas.xroad.codes import ErrorCode, Side, Word, XRoadError
from schemas.xroad.ids import Party

NO_PURPOSE: Final = "none"
"""Stands where no agreement names one: the hub's refusal is recorded, and is `not agreed`."""
_TOKEN: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,79}")
_SHORT: Final = re.compile(r"[^\x00-\x1f\x7f-\x9f\u2028\u2029]{1,200}")
_BAD_REQUEST: Final = ErrorCode(Side.CLIENT, Word.BAD_REQUEST)


class Call(NamedTuple):
    """An X-Road call as far as it was read.

    Attributes:
        message_id: `X-Road-Id`, SOAP's `id`.
        user_id: `X-Road-UserId`, SOAP's `userId`; issue and represented party likewise.
        parts: the body first, X-Road's own message beside it.
        question: the body's value where the service is shaped: its identifiers become the subjects.
    """

    speaker: Speaker
    service: Service
    operation: Operation
    parts: tuple[Carried, ...]
    message_id: str
    user_id: str | None = None
    issue: str | None = None
    represented: Party | None = None
    question: object = None


def ask_of(snapshot: Snapshot, call: Call, now_ms: int, timeout_ms: int) -> Ask:
    """The question that this call is.

    Raises:
        XRoadError: `Client.BadRequest`, a header has no form that the question can hold, or no purpose follows.
    """
    agreements = _covering(snapshot, call, now_ms)
    purpose = _purpose(agreements, call)
    return Ask(
        service=call.service.id,
        operation=call.operation.name,
        purpose=purpose,
        parts=call.parts,
        procedure=_only({one for agreement in agreements for one in agreement.procedures}),
        dossier=_dossier(call) if purpose == DOSSIER else None,
        system=call.speaker.system,
        officer=_officer(call),
        subjects=_subjects(snapshot, call, agreements),
        correlation=call.message_id if _TOKEN.fullmatch(call.message_id) else None,
        timeout_ms=timeout_ms,
    )


def _covering(snapshot: Snapshot, call: Call, now_ms: int) -> list[Agreement]:
    """Those that hold now; where none does, those that are there: the refusal says what has become of them."""
    who = call.speaker
    near = [
        one
        for one in snapshot.agreements_between(who.agency, call.service.id)
        if call.operation.name in one.operations and one.consumer_system in {None, who.system}
    ]
    holding = [
        one
        for one in near
        for purpose in one.purposes
        if snapshot.agreement_for(who.agency, who.system, call.service.id, call.operation.name, purpose, now_ms) is one
    ]
    return holding or near


def _purpose(agreements: Sequence[Agreement], call: Call) -> str:
    allowed = {purpose for one in agreements for purpose in one.purposes}
    allowed &= call.operation.purposes or allowed
    only = _only(allowed)
    if only is not None:
        return only
    if call.speaker.purpose is not None:
        return call.speaker.purpose
    if allowed:
        raise XRoadError(
            _BAD_REQUEST, "Agreements allow several purposes: the node's settings must name this client's purpose"
        )
    return NO_PURPOSE


def _only(values: set[str]) -> str | None:
    return next(iter(values)) if len(values) == 1 else None


def _officer(call: Call) -> Officer | None:
    """X-Road's user, in the unit that the caller represents, else in its system."""
    if not call.user_id:
        return None
    unit = call.represented.text if call.represented else call.speaker.client.subsystem or call.speaker.agency
    if not _TOKEN.fullmatch(call.user_id):
        raise XRoadError(_BAD_REQUEST, "The user id has a character or a length that a record cannot hold")
    if not _SHORT.fullmatch(unit):
        raise XRoadError(_BAD_REQUEST, "The represented party cannot stand in a record")
    return Officer(id=call.user_id, unit=unit, asserted_by=call.speaker.agency)


def _dossier(call: Call) -> str | None:
    """X-Road's issue is the document that caused the call: where the purpose is a dossier, that one."""
    return call.issue if call.issue and _TOKEN.fullmatch(call.issue) else None


def _subjects(snapshot: Snapshot, call: Call, agreements: Sequence[Agreement]) -> tuple[Subject, ...]:
    """Every number in a shaped question names a subject, as surely identified as the agreement asks for."""
    schema = call.operation.question
    if schema is None or call.question is None:
        return ()
    found = dict.fromkeys(numbers(snapshot, schema, call.question))
    return tuple(
        Subject(
            scheme=call.service.subject_scheme,
            id=number,
            asserted_by=call.speaker.agency,
            assurance=_assurance(call.operation, agreements),
        )
        for number in found
    )


def _assurance(operation: Operation, agreements: Sequence[Agreement]) -> Assurance:
    levels = [operation.assurance, *(one.assurance for one in agreements)]
    return max(levels, key=lambda level: ASSURANCE_ORDER[level])
