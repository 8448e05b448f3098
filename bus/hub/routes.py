"""Which session on this worker leads to which agency, and for whom a session may speak.

Promises: a session speaks for the agency of its link certificate and for those that the directory says it hosts, and
both are looked up in the current snapshot at every message, so that a revocation acts at once.
Leaves out: other workers; a question for an agency that is not here is answered `peer-not-on-this-worker`.
"""

from __future__ import annotations

from collections import defaultdict
from typing import NamedTuple

from bus.clock import Clock
from bus.directory import Directory
from bus.link.messages import Message
from bus.link.session import Session
from registry.snapshot import Snapshot
from schemas.problems import Code, FaultAt, problem


class Speaker(NamedTuple):
    """The peer of one session, as its link certificate names it."""

    x5t: str
    directory: Directory
    clock: Clock

    @property
    def agency(self) -> str | None:
        """The agency whose link certificate this is, if it is still valid."""
        certificate = self.directory.snapshot.certificate(self.x5t)
        if certificate is None or certificate.use != "link" or not certificate.valid(self.clock()):
            return None
        return certificate.agency

    def speaks_for(self, agency_id: str) -> bool:
        """Whether the directory lets this peer carry what `agency_id` sealed."""
        own = self.agency
        if own is None:
            return False
        if own == agency_id:
            return True
        agency = self.directory.snapshot.agency(agency_id)
        return agency is not None and agency.hosted_by == own

    def must_speak_for(self, agency_id: str) -> None:
        """Refuse what this peer may not carry.

        Raises:
            ProblemError: 114.
        """
        if not self.speaks_for(agency_id):
            raise problem(Code.LINK_NOT_FOR_SEALER, rule="link-certificate", place="/sealer")


class Routes:
    """The sessions of one worker."""

    def __init__(self, *, workers: int) -> None:
        self._workers = workers
        self._sessions: defaultdict[str, list[tuple[Session, Speaker]]] = defaultdict(list)

    def add(self, session: Session, speaker: Speaker, agencies: tuple[str, ...]) -> None:
        """A peer is here and serves these agencies."""
        for agency in agencies:
            self._sessions[agency].append((session, speaker))

    def remove(self, session: Session) -> None:
        """A peer has gone."""
        for agency, sessions in list(self._sessions.items()):
            left = [pair for pair in sessions if pair[0] is not session]
            if left:
                self._sessions[agency] = left
            else:
                del self._sessions[agency]

    def session_of(self, agency: str, snapshot: Snapshot) -> Session:
        """The newest open session of an agency.

        Raises:
            ProblemError: 402 where another worker may have it, else 401.
        """
        if snapshot.agency(agency) is not None:
            for session, speaker in reversed(self._sessions.get(agency, [])):
                if session.usable and speaker.speaks_for(agency):
                    return session
        code = Code.PEER_NOT_ON_THIS_WORKER if self._workers > 1 else Code.PROVIDER_NOT_REACHABLE
        raise problem(code, fault_at=FaultAt.PROVIDER_NODE)

    def tell(self, agency: str, message: Message) -> None:
        """One-way, to every session of an agency; a session that has gone is told nothing."""
        for session, _ in self._sessions.get(agency, []):
            if not session.closed:
                session.notify(message)

    def tell_all(self, message: Message) -> None:
        """One-way, once to every session."""
        seen = {id(session): session for sessions in self._sessions.values() for session, _ in sessions}
        for session in seen.values():
            if not session.closed:
                session.notify(message)

    def agencies(self) -> list[str]:
        """Who is here, for the operator."""
        return sorted(self._sessions)
