"""One good envelope of every kind, and good values for every member: what tests change in one place and then send."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from schemas.envelope import (
    RULES,
    Declaration,
    Envelope,
    GapNote,
    InReplyTo,
    Kind,
    Leaf,
    Officer,
    Override,
    Part,
    Party,
    Receipt,
    Subject,
)
from schemas.problems import Code, FaultAt, Problem

DIGEST: Final = "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"
ID: Final = "01982b74-9c00-7000-8000-000000000001"
HEADER: Final[dict[str, Any]] = {
    "v": 1,
    "instance": "VN-test",
    "id": ID,
    "created": "2026-11-22T05:00:00.000Z",
    "expires": "2026-11-22T05:00:10.000Z",
    "sealer": "a200003",
}
_LEAF: Final = Leaf(index=7, leaf="eyJ2IjoxfQ", salt=DIGEST, details="e30")
SAMPLES: Final[dict[str, Any]] = {
    "consumer": Party(agency="a200003", system="one-stop"),
    "service": "a100001/population/person",
    "operation": "read",
    "recipients": ("a100001", "a100002"),
    "purpose": "dossier",
    "basis": "278/2025/NĐ-CP",
    "procedure": "1.001193",
    "dossier": "H56.20-261122-00001",
    "officer": Officer(id="CB-0001", unit="Bộ phận Một cửa", asserted_by="a200003"),
    "subjects": (
        Subject(scheme="citizen", id="097195001234", asserted_by="a200003", role="mother", assurance="substantial"),
    ),
    "fields": ("person.full-name", "person.birth"),
    "schema": "person.question@1",
    "parts": (Part(id="body", media_type="application/json", length=0, sha256=DIGEST),),
    "in_reply_to": InReplyTo(sha256=DIGEST, id=ID),
    "about": (Subject(scheme="citizen", id="097195001234", asserted_by="a100001"),),
    "as_of": "2026-11-21T00:00:00.000Z",
    "problem": Problem(
        code=Code.NO_MATCH, params={"peer_code": "004"}, fault_at=FaultAt.PROVIDER_SYSTEM, correlation="counter-7"
    ),
    "receipt": Receipt(
        origin="ledger.test", term=1, asked=_LEAF, outcome=_LEAF, included_by="2026-11-22T05:01:00.000Z"
    ),
    "declaration": Declaration(
        act="gaps",
        form="birth@1",
        gaps=(GapNote(requirement="notice-of-birth", reason="no-provider"),),
        overrides=(Override(field="mother-residence", reason="update"),),
    ),
    "correlation": "counter-7",
}
"""A good value of every member beside the header."""


def example(kind: Kind = Kind.QUESTION, *, whole: bool = False, **changed: Any) -> Envelope:  # noqa: ANN401 - any member
    """A good envelope with what its kind needs, `whole` with all it may have; `changed` members as told."""
    required, optional = RULES[kind]
    names = required | optional if whole else required
    members = {name: SAMPLES[name] for name in names}
    return Envelope(**{**HEADER, "kind": kind, **members, **changed})


def respelled(envelope: Envelope, **changed: Any) -> bytes:  # noqa: ANN401 - any JSON
    """The envelope's JSON with members set to any JSON value; None takes one out. What no encoder of ours would do."""
    document = msgspec.json.decode(msgspec.json.encode(envelope))
    for name, value in changed.items():
        if value is None:
            document.pop(name, None)
        else:
            document[name] = value
    return msgspec.json.encode(document)
