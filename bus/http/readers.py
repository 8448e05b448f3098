"""Who may read the ledger's entries: nodes by their link certificate, auditors by an API key.

Promises: denied by default; a certificate counts while the directory lists it for links and it is valid. Leaves out:
finer roles and their scope, which come with the search of the ledger.
"""

from __future__ import annotations

from aiohttp import web

from bus import net
from bus.access import Grants
from bus.clock import Clock
from bus.directory import Directory
from bus.http.log import MayRead
from bus.hub.routes import Speaker
from schemas.problems import Code, FaultAt, problem


def by_link(directory: Directory, clock: Clock) -> MayRead:
    """Readers are the holders of link certificates in the directory."""

    def may_read(request: web.Request) -> None:
        certificate = net.peer_certificate(request)
        if certificate is None:
            raise problem(Code.KEY_MISSING, fault_at=FaultAt.CONSUMER_SYSTEM)
        if Speaker(net.thumbprint(certificate), directory, clock).agency is None:
            raise problem(Code.KEY_WRONG, rule="certificate-registered", fault_at=FaultAt.CONSUMER_SYSTEM)

    return may_read


def by_key(grants: Grants) -> MayRead:
    """Readers are the holders of these API keys."""

    def may_read(request: web.Request) -> None:
        grants.principal(request)

    return may_read
