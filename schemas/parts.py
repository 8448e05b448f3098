"""A part of a message with its bytes: the body, and what an X-Road service may carry beside it.

Promises nothing of its content. Leaves out how a part is named in an envelope (`schemas.envelope.Part`) and moved.
"""

from __future__ import annotations

from typing import Final, NamedTuple

BODY: Final = "body"
"""What the service's schema describes, or an opaque service's payload as it came."""
XROAD: Final = "xroad"
"""X-Road's own message bytes: first line and headers (REST), content type and MIME headers (SOAP)."""
PAYLOAD: Final = "payload"
"""The payload as the client sent it, where the body was derived from it for a schema."""
ATTACHMENT: Final = "attachment"
"""And a number from 1: the attachments of a SOAP message, in their order."""


class Carried(NamedTuple):
    """One part.

    Attributes:
        id: ``body``, ``xroad``, ``payload``, ``attachment1``…
        media_type: without parameters.
    """

    id: str
    media_type: str
    data: bytes

    def __repr__(self) -> str:
        """Without the bytes: they may hold a citizen's data."""
        return f"<{self.id} {self.media_type} {len(self.data)} bytes>"
