"""Whether the X-Road message beside a question says what its envelope says: judged at the provider's node.

Promises: no envelope leads an X-Road message to a service, an operation or a system that the gate did not judge: each
protocol's own rules are asked, and a message of the other protocol is refused.
"""

from __future__ import annotations

from bus.xroad import derive, derive_soap
from registry.catalogue import Service
from registry.snapshot import Snapshot
from schemas.envelope import Envelope
from schemas.parts import Carried


def must_agree(
    snapshot: Snapshot, question: Envelope, service: Service, parts: tuple[Carried, ...], now_ms: int
) -> None:
    """Refuse a message that differs from its envelope, or from the body that was judged.

    Raises:
        ProblemError: 303, with the rule that it breaks.
    """
    if service.xroad is None:
        return
    rules = derive if service.xroad.protocol == "rest" else derive_soap
    rules.must_agree(snapshot, question, service, parts, now_ms)
