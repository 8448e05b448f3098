"""What an agency declares of its own dossier: opened, gaps, overrides, closed. Recorded before it is believed.

Promises: a dossier's parties are facts in the ledger, so every worker sees them at once and a restart forgets none; a
closed dossier is never opened again; only the agency that opened a dossier may add to it or close it. Leaves out:
whether the requirements are met.
"""

from __future__ import annotations

from typing import Final

from bus import bodies
from bus.blame import blaming, the_consumer
from bus.clock import Clock
from bus.directory import Directory
from bus.gate import must_speak_for_itself
from bus.hub import recording
from bus.hub.routes import Speaker
from bus.ledger.port import Append, Appended, Ledger, LedgerError, Refusal, Refused
from bus.link.messages import Message
from bus.notary import Judge, Notary
from bus.parties import number_fault
from bus.problems import of_exception
from bus.topics import Reply, Topic, head
from schemas.envelope import Declaration, Envelope, InReplyTo, Kind
from schemas.problems import Code, FaultAt, Problem, problem
from schemas.record import LeafType, Outcome, decode_details
from schemas.sealed import Sealed, unpack

STATUS_LIFETIME_MS: Final = 5 * 60 * 1000
_OUTCOMES: Final[dict[str, Outcome]] = {
    "open": "opened",
    "gaps": "gaps",
    "override": "override",
    "close": "closed",
}


class Declarations:
    """The hub's side of every declaration."""

    def __init__(self, *, directory: Directory, judge: Judge, notary: Notary, ledger: Ledger, clock: Clock) -> None:
        self._directory = directory
        self._judge = judge
        self._notary = notary
        self._ledger = ledger
        self._clock = clock

    async def __call__(self, speaker: Speaker, message: Message) -> Message:
        """Admit, record, answer with a sealed status, or with a sealed fault."""
        sealed = unpack(message.head)
        envelope: Envelope | None = None
        why: Problem | None = None
        try:
            with blaming(the_consumer):
                envelope, declaration = self._admit(sealed, speaker)
                await self._record(sealed, envelope, declaration)
        except Exception as error:  # noqa: BLE001 - every refusal is sealed; unlisted ones are logged and bare
            why = of_exception(error, fault_at=FaultAt.HUB, correlation=envelope.correlation if envelope else None)
        return await self._answer(sealed, envelope, why)

    def _admit(self, sealed: Sealed, speaker: Speaker) -> tuple[Envelope, Declaration]:
        """1 seal and link 2 its own claims 3 a registered procedure and form 4 parties with real numbers."""
        envelope = self._judge.open(sealed, self._clock()).envelope
        declaration = envelope.declaration
        if envelope.kind is not Kind.DECLARATION or declaration is None:
            raise problem(Code.ENVELOPE_KIND, rule="declaration-expected", place="/kind")
        must_speak_for_itself(envelope)
        speaker.must_speak_for(envelope.sealer)
        self._must_be_registered(envelope, declaration)
        for index, subject in enumerate(envelope.subjects):
            rule = number_fault(subject)
            if rule is not None:
                raise problem(Code.SUBJECT_PLACEHOLDER, rule=rule, place=f"/subjects/{index}/id")
        return envelope, declaration

    def _must_be_registered(self, envelope: Envelope, declaration: Declaration) -> None:
        snapshot = self._directory.snapshot
        if snapshot.procedure(envelope.procedure or "") is None:
            raise problem(Code.PROCEDURE_NOT_AGREED, rule="procedure-known", place="/procedure")
        if declaration.act == "open":
            name, _, version = (declaration.form or "").partition("@")
            form = snapshot.form(name, int(version)) if version else None
            if form is None or form.procedure != envelope.procedure:
                raise problem(Code.FORM_UNKNOWN, rule="form-of-the-procedure", place="/declaration/form")

    async def _record(self, sealed: Sealed, envelope: Envelope, declaration: Declaration) -> None:
        details = recording.details_of(
            sealed,
            envelope,
            officer=envelope.officer,
            procedure=envelope.procedure,
            dossier=envelope.dossier,
            basis=envelope.basis,
            subjects=envelope.subjects,
            correlation=envelope.correlation,
            snapshot=self._directory.snapshot.version,
            gaps=tuple(f"{gap.requirement}:{gap.reason}" for gap in declaration.gaps),
            overrides=tuple(f"{one.field}:{one.reason}" for one in declaration.overrides),
        )
        entry = recording.entry(LeafType.DECLARED, self._clock(), envelope, details, outcome=_OUTCOMES[declaration.act])
        try:
            outcome = await self._ledger.append(_with_facts(entry, envelope, declaration))
            if isinstance(outcome, Appended) or await self._is_repeat(outcome, sealed):
                return
        except LedgerError as error:
            raise problem(Code.RECORD_NOT_WRITTEN, fault_at=FaultAt.HUB) from error
        raise problem(_refusal(outcome), rule=str(outcome.reason), place="/dossier")

    async def _is_repeat(self, refused: Refused, sealed: Sealed) -> bool:
        """The same bytes once more, because their answer was lost: they stand already, and that is the answer."""
        if refused.reason is not Refusal.DUPLICATE or refused.index is None:
            return False
        first = await self._ledger.details(refused.index)
        return first is not None and decode_details(first.details).envelope == bodies.digest(sealed.envelope)

    async def _answer(self, sealed: Sealed, envelope: Envelope | None, why: Problem | None) -> Message:
        to = InReplyTo(sha256=bodies.digest(sealed.envelope), id=envelope.id if envelope else None)
        if why is None and envelope is not None:
            said = self._notary.draft(
                Kind.STATUS, STATUS_LIFETIME_MS, to, consumer=envelope.consumer, correlation=envelope.correlation
            )
        else:
            said = self._notary.draft(Kind.FAULT, STATUS_LIFETIME_MS, to, problem=why)
        return Message(Topic.DECLARE, head(Reply(await self._notary.seal(said))))


def _with_facts(entry: recording.Entry, envelope: Envelope, declaration: Declaration) -> Append:
    """Opening puts the dossier, its procedure and parties; later acts need both; closing drops them for good."""
    consumer, dossier = envelope.sealer, envelope.dossier or ""
    fact = recording.dossier_fact(consumer, dossier)
    closed = recording.closed_fact(consumer, dossier)
    of = recording.procedure_fact(consumer, dossier, envelope.procedure or "")
    parties = tuple(recording.party_fact(consumer, dossier, who.scheme, who.id) for who in envelope.subjects)
    unique = recording.unique_key(envelope)
    if declaration.act == "open":
        return recording.append_of(entry, unique=unique, group=fact, lacks=(fact, closed), puts=(fact, of, *parties))
    if declaration.act == "close":
        return recording.append_of(entry, unique=unique, needs=(fact, of), drops=fact, group=closed, puts=(closed,))
    return recording.append_of(entry, unique=unique, needs=(fact, of), group=fact, puts=parties)


def _refusal(refused: Refused) -> Code:
    """Why a declaration was not recorded.

    `lacks` of an opening names the open dossier first, then the closed one; `needs` the dossier, then its procedure.
    """
    if refused.reason is Refusal.EXISTS:
        return Code.DOSSIER_CLOSED if refused.index else Code.DOSSIER_EXISTS
    if refused.reason is Refusal.NEEDS:
        return Code.PROCEDURE_NOT_AGREED if refused.index else Code.DOSSIER_NOT_DECLARED
    return Code.REPLAYED
