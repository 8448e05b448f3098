"""What a SOAP fault of a system stands for, for the kinds that speak SOAP (`soap`, `xroad-bridge`).

Promises: the system's own code goes before SOAP's, which says who is to blame and not whether anything was done; the
fault's text is not kept. Leaves out: finding the fault in an envelope (`adapters.soap_xml`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from adapters.port import Found, PeerError, PeerFault
from adapters.soap_xml import fault_codes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from adapters.operation import Courier
    from schemas.xml import Element

_STANDARD: Final = {
    "Client": PeerFault.BAD_QUESTION,
    "Sender": PeerFault.BAD_QUESTION,
    "Server": PeerFault.FAULT,
    "Receiver": PeerFault.FAULT,
}


def refused(courier: Courier, fault: Element, names: Sequence[str]) -> Found:
    """What a fault stands for.

    Args:
        courier: the operation asked, with its table of codes.
        fault: the fault's element.
        names: elements of the detail that hold the system's own code.

    Returns:
        The "no" of a yes/no operation.

    Raises:
        PeerError: what the code stands for.
    """
    codes = fault_codes(fault, names)
    code = next((c for c in codes if courier.knows(c)), codes[0] if codes else "")
    if code in _STANDARD and not courier.knows(code):
        kind = _STANDARD[code]
        raise PeerError(kind, peer_code=code, outcome_known=kind is PeerFault.BAD_QUESTION)
    return courier.refused(code)
