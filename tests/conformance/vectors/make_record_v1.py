"""Write record-v1.json anew: `python tests/conformance/vectors/make_record_v1.py > …/record-v1.json`.

Leaves and commitments are fixed by what stands here; ids, times and salts of the receipt's exchange are not, so the
stored file is the specification and this script is how it was made.
"""

import asyncio
import hashlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2] / "lib"))
sys.path.insert(0, str(Path(__file__).parents[3]))

import msgspec
from world import MOTHER, World, ask, mother

from bus.topics import read_reply
from schemas.record import (
    Details,
    LeafType,
    PartDigest,
    Record,
    RecordFormatError,
    commit,
    decode_leaf,
    encode_details,
    encode_leaf,
)
from schemas.sealed import unpack
from schemas.text import b64url_encode

DIGEST = "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"
SALTS = (bytes(32), bytes(range(32)), b"\xff" * 32)
DETAILS = (
    b"{}",
    encode_details(
        Details(
            exchange="01982b74-9c00-7000-8000-000000000001",
            sealer="a200003",
            envelope=DIGEST,
            seal=DIGEST,
            parts=(PartDigest(id="body", sha256=DIGEST, length=0),),
            subjects=(mother(),),
            basis="278/2025/NĐ-CP",
        )
    ),
    "Tiếng Việt, vì byte là byte".encode(),
)


def leaf(**members: Any) -> bytes:  # noqa: ANN401 - members of Record
    plain: dict[str, Any] = {
        "v": 1,
        "type": LeafType.ASKED,
        "time": "2026-11-22T05:00:00.123Z",
        "consumer": "a200003",
        "commit": commit(DETAILS[1], SALTS[1]),
    }
    return encode_leaf(Record(**{**plain, **members}))


def leaves() -> Iterator[bytes]:
    service = {"provider": "a100001", "service": "a100001/population/person", "purpose": "dossier"}
    asked = leaf(**service, validated=True)
    yield asked
    yield leaf(**service, validated=False)
    yield leaf(**service, type=LeafType.OUTCOME, outcome="answered", validated=True, asked=0)
    yield leaf(**service, type=LeafType.OUTCOME, outcome="fault", code=507, asked=12)
    yield leaf(**service, type=LeafType.OUTCOME, outcome="outcome-unknown", code=407, asked=2**53 - 1)
    yield leaf(**service, type=LeafType.OUTCOME, outcome="refused", code=201)
    for outcome in ("opened", "gaps", "override", "closed"):
        yield leaf(type=LeafType.DECLARED, outcome=outcome)
    for old, new in (
        (b'"v":1', b'"v": 1'),
        (b'"v":1,"type":1', b'"type":1,"v":1'),
        (b'"type":1', b'"type":1,"type":1'),
        (b'"type":1', b'"type":9'),
        (b'"v":1', b'"v":2'),
        (b"a200003", b"H56.20"),
        (b"2026-11-22", b"2026-11-31"),
        (b'"purpose":"dossier"', rb'"purpose":"\u0064ossier"'),
        (b"}", b',"outcome":null}'),
        (b"}", b',"person":"x"}'),
        (b"}", b"} "),
    ):
        yield asked.replace(old, new)


def record_of(data: bytes) -> object:
    try:
        return msgspec.to_builtins(decode_leaf(data))
    except RecordFormatError:
        return None


async def receipt() -> dict[str, Any]:
    """One exchange of the world: the three envelopes, without their seals."""
    world = World()
    answered = await world.consumer.asker.ask(ask())
    kept = world.consumer.archive.kept
    reply = read_reply(kept[answered.exchange, "reply"].sealed)
    question = unpack(kept[answered.exchange, "question"].sealed)
    if reply.receipt is None or MOTHER.encode() in b"".join(await world.ledger.read(0, 2)):
        raise SystemExit("no receipt, or a leaf that names a person")
    three = {"question": question, "answer": reply.sealed, "receipt": reply.receipt}
    return {name: b64url_encode(sealed.envelope) for name, sealed in three.items()}


def fixed() -> dict[str, Any]:
    """What does not change from run to run."""
    return {
        "about": "docs/record.md §7",
        "leaves": [
            {"bytes": data.decode(), "hash": hashlib.sha256(b"\0" + data).hexdigest(), "record": record_of(data)}
            for data in leaves()
        ],
        "commitments": [
            {"details": data.decode(), "salt": salt.hex(), "commit": commit(data, salt)}
            for data in DETAILS
            for salt in SALTS
        ],
    }


if __name__ == "__main__":
    vectors = fixed() | {"receipt": asyncio.run(receipt())}
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(vectors), indent=1).decode() + "\n")
