"""Whether a datum that was written under one schema is really refused under another, by ``fastavro``.

Promises: an answer, whatever the library does. Leaves out logical types, which libraries convert in ways of their own:
schemas come here without them.
"""

from __future__ import annotations

from enum import Enum
from io import BytesIO
from typing import TYPE_CHECKING, Any, cast

import fastavro

if TYPE_CHECKING:
    from registry.evolution.avro.model import Json


class Answer(Enum):
    """What came of it."""

    REFUSED = "refused"
    READ = "read"
    NOT_WRITTEN = "not-written"


def confirmed(writer: Json, reader: Json, value: Any) -> Answer:  # noqa: ANN401 - a datum may be anything
    """Write a value under the writer's schema and read it under the reader's."""
    # 1. what is written is a datum of the writer's schema: it is written, and read back under it
    written = BytesIO()
    try:
        mine = fastavro.parse_schema(cast("Any", writer), _write_hint=False)
        fastavro.schemaless_writer(written, mine, value)
        written.seek(0)
        fastavro.schemaless_reader(written, mine, None)
    except Exception:  # noqa: BLE001 - the library raises what it likes, and each of it means the same here
        return Answer.NOT_WRITTEN
    # 2. and the reader's schema does not read it
    try:
        theirs = fastavro.parse_schema(cast("Any", reader), _write_hint=False)
    except Exception:  # noqa: BLE001 - a reader that the library does not know confirms nothing
        return Answer.NOT_WRITTEN
    try:
        written.seek(0)
        fastavro.schemaless_reader(written, mine, theirs)
    except Exception:  # noqa: BLE001 - see above
        return Answer.REFUSED
    return Answer.READ
