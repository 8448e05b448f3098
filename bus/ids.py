"""New identifiers: UUIDv7 (RFC 9562 §5.7), which Python 3.11 does not make itself."""

from __future__ import annotations

import uuid_utils


def new_id() -> str:
    """A new UUIDv7 as its 36-character lower-case text; later ones sort after earlier ones."""
    return str(uuid_utils.uuid7())
