"""Write envelope-v1.json anew: `python tests/conformance/vectors/make_envelope_v1.py > …/envelope-v1.json`.

Everything is fixed by what stands here and in tests/lib/envelopes.py; a test compares the stored file with it.
"""

import json
import runpy
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2] / "lib"))
sys.path.insert(0, str(Path(__file__).parents[3]))

import msgspec
from envelopes import HEADER, example, respelled

from schemas.envelope import RULES, Envelope, Kind, decode, encode
from schemas.problems import ProblemError
from schemas.text import b64url_encode

ROOT = Path(__file__).parents[3]
REFUSALS = runpy.run_path(str(ROOT / "tests" / "unit" / "schemas" / "test_envelope_refusals.py"))
GOOD = example()
DOSSIER = example(whole=True)


def good() -> Iterator[tuple[str, bytes]]:
    for kind in Kind:
        yield f"{kind.value}, what it needs", encode(example(kind))
        yield f"{kind.value}, all it may have", encode(example(kind, whole=True, correlation="counter-7"))
    document = json.loads(encode(DOSSIER))
    backwards = dict(reversed(document.items()))
    yield "members in another order", json.dumps(backwards, ensure_ascii=False).encode()
    yield "white space and escapes", json.dumps(document, indent=2, ensure_ascii=True).encode()
    yield (
        "empty lists and defaults written out",
        respelled(
            GOOD, fields=[], subjects=[{"scheme": "citizen", "id": "1", "asserted_by": "a200003", "assurance": "none"}]
        ),
    )
    yield "the next version, with an extension", respelled(GOOD, v=2, ext={"later": {"a": [1, None, "é"]}})
    yield "a problem of a newer release", respelled(example(Kind.FAULT), problem={"code": 599})
    yield "a lifetime of five minutes", encode(example(expires="2026-11-22T05:05:00.000Z"))


def bad() -> Iterator[tuple[str, bytes]]:
    for name, value, _ in REFUSALS["WRONG_VALUES"]:
        yield f"{name}: {json.dumps(value)[:60]}", respelled(GOOD, **{name: value})
    for name in (*HEADER, "kind"):
        yield f"without {name}", respelled(GOOD, **{name: None})
    for kind, (required, _) in RULES.items():
        for name in sorted(required):
            yield f"{kind.value} without {name}", respelled(example(kind), **{name: None})
    text = encode(GOOD)
    yield "no JSON", text[:-1]
    yield "something behind it", text + b" 1"
    yield "a byte order mark", b"\xef\xbb\xbf" + text
    yield "a member twice", text.replace(b'"v":1,', b'"v":1,"v":1,')
    yield "a member twice, once escaped", text.replace(b'"v":1,', rb'"v":1,"\u0076":1,')
    yield "a member twice inside an extension", respelled(GOOD, ext={"a": {"x": 1}}).replace(b'"x":1', b'"x":1,"x":2')
    yield "text that is no UTF-8", text.replace(b'"audit"', b'"\xff"').replace(b'"dossier"', b'"\xff"')
    yield "a fraction where an integer is due", text.replace(b'"length":0', b'"length":0.0')
    yield "a fault with parts", respelled(example(Kind.FAULT), parts=json.loads(text)["parts"])
    yield "an answer with a problem", respelled(example(Kind.ANSWER), problem={"code": 501})
    yield "a document for 36 days", encode(example(Kind.DOCUMENT, expires="2026-12-28T05:00:00.000Z"))
    yield "a critical extension", respelled(GOOD, ext={"later": 1}, crit=["later"])
    yield "null", respelled(GOOD)[:-1] + b',"dossier":null}'


def reading(envelope: Envelope) -> Any:  # noqa: ANN401 - JSON
    return json.loads(encode(envelope))


def case(name: str, data: bytes) -> dict[str, Any]:
    found: dict[str, Any] = {"name": name, "bytes": b64url_encode(data)}
    try:
        return found | {"reading": reading(decode(data))}
    except ProblemError as error:
        return found | {"refused": int(error.problem.code)}


def vectors() -> dict[str, Any]:
    cases = [case(name, data) for name, data in (*good(), *bad())]
    return {"about": "docs/envelope.md §8", "cases": cases}


if __name__ == "__main__":
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(vectors()), indent=1).decode() + "\n")
