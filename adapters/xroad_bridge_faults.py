"""What the error codes of an X-Road security server stand for, in the port's words.

Promises: both spellings are read (`Server.ServerProxy.AccessDenied` up to X-Road 7.7,
`server.serverproxy.access_denied` from 7.8); what may have reached the provider is never called untouched; no message
of the server is kept.
Leaves out: errors of the service behind it, which are its own.
Source: X-Road 7, error codes of the message protocols.
"""

from __future__ import annotations

import re
from typing import Final

from adapters.port import PeerError, PeerFault

_OWN: Final = re.compile(r"(?:client|signer|server\.(?:clientproxy|serverproxy))\.[a-z_.]{1,200}", re.IGNORECASE)
_MOST: Final = 32
"""The port keeps codes of so many characters."""

_UNTOUCHED: Final[dict[str, PeerFault]] = {
    "accessdenied": PeerFault.NOT_PERMITTED,
    "servicedisabled": PeerFault.UNREACHABLE,
    "maintenancemode": PeerFault.UNREACHABLE,
    "unknownservice": PeerFault.FAULT,
    "unknownmember": PeerFault.FAULT,
    "servicetype": PeerFault.FAULT,
    "servicemissingurl": PeerFault.FAULT,
    "servicemalformedurl": PeerFault.FAULT,
}
"""Said before the service was called."""
_OUR_SERVER: Final[dict[str, PeerFault]] = {
    "sslauthenticationfailed": PeerFault.NOT_PERMITTED,
    "outdatedglobalconf": PeerFault.UNREACHABLE,
    "malformedglobalconf": PeerFault.UNREACHABLE,
}
"""Said by our own security server before it sent anything."""
_UNSURE: Final[dict[str, PeerFault]] = {
    "networkerror": PeerFault.UNREACHABLE,
    "ioerror": PeerFault.UNREACHABLE,
}


def is_own(code: str) -> bool:
    """Whether a code is one of X-Road's, not one of the service behind it."""
    return _OWN.fullmatch(code) is not None


def spellings(code: str) -> tuple[str, ...]:
    """The code as it came, then its endings after each point: what a table of `faults` may name it by."""
    parts = code.split(".")
    return tuple(".".join(parts[start:]) for start in range(len(parts)))


def peer_error(code: str) -> PeerError:
    """What one of X-Road's own codes stands for."""
    shown = next((one for one in spellings(code) if len(one) <= _MOST), None)
    where, _, last = code.lower().replace("_", "").rpartition(".")
    if where.startswith("client"):
        return PeerError(PeerFault.BAD_QUESTION, peer_code=shown, outcome_known=True)
    untouched = _UNTOUCHED | _OUR_SERVER if where.startswith("server.clientproxy") else _UNTOUCHED
    if last in untouched:
        return PeerError(untouched[last], peer_code=shown, outcome_known=True)
    return PeerError(_UNSURE.get(last, PeerFault.FAULT), peer_code=shown, outcome_known=False)
