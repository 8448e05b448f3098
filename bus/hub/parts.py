"""Large parts at the hub: held in the worker's spool from the sealer's PUT to the addressee's GET.

Promises: a part counts only when the spool holds exactly the bytes that the sealed envelope names; it is granted to
the addressee alone, a question's only after its asked record stands; a question's parts are forgotten at the outcome,
an answer's when they were fetched or their time is up. Leaves out: the PUT and GET themselves (`bus.link.bodies`).
"""

from __future__ import annotations

from collections.abc import Callable

from bus import bodies
from bus.link.spool import Announced, Name, Spool
from schemas.envelope import Envelope, Part
from schemas.text import b64url_decode


class LargeParts:
    """What an exchange needs of the spool; without one, every part must travel inside its message."""

    def __init__(self, spool: Spool | None) -> None:
        self._spool = spool

    def held(self, owner: str, exchange: str) -> Callable[[Part], bool]:
        """Whether the spool holds a part that `owner` (a link certificate's thumbprint) put for this exchange."""
        spool = self._spool

        def holds(part: Part) -> bool:
            return spool is not None and spool.holds(Name(owner, exchange, part.id), announced(part))

        return holds

    def grant(self, envelope: Envelope, owner: str, exchange: str, to: str) -> None:
        """Let `to` fetch the large parts of an envelope that `owner` put."""
        if self._spool is None:
            return
        for part in envelope.parts:
            if bodies.by_spool(part):
                self._spool.grant(Name(owner, exchange, part.id), to)

    def forget(self, envelope: Envelope, owner: str) -> None:
        """Drop a question's large parts."""
        if self._spool is not None and any(map(bodies.by_spool, envelope.parts)):
            self._spool.forget(envelope.id, owner)


def announced(part: Part) -> Announced:
    """What the spool is told of a part."""
    return Announced(part.length, b64url_decode(part.sha256))
