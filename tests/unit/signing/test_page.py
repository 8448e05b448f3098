"""A page or an export is judged with the reader's own log key, and any changed byte is seen."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from schemas.record import LeafType, Record, commit, encode_leaf
from schemas.text import b64url_encode, moment
from signing.__main__ import main
from signing.checkpoint import NoteKey, seal
from signing.merkle import inclusion_path, leaf_hash, root
from signing.page import PageError, examine, looks_like, read
from signing.verdict import Status

ORIGIN = "ledger.test/page"
KEY = NoteKey(ORIGIN, bytes(range(32)))
DETAILS = [json.dumps({"dossier": f"H56-{number}", "unit": "một cửa"}, ensure_ascii=False) for number in range(5)]
SALTS = [bytes([number]) * 32 for number in range(5)]


def leaf_of(number: int) -> bytes:
    committed = commit(DETAILS[number].encode(), SALTS[number])
    return encode_leaf(
        Record(v=1, type=LeafType.DECLARED, time=moment(number), consumer="a100001", commit=committed, outcome="gaps")
    )


def page() -> dict[str, Any]:
    leaves = [leaf_of(number) for number in range(5)]
    hashes = [leaf_hash(leaf) for leaf in leaves]
    records = [
        {
            "index": number,
            "leaf": leaf.decode(),
            "path": [b64url_encode(node) for node in inclusion_path(hashes, number)],
            "details": DETAILS[number],
            "salt": b64url_encode(SALTS[number]),
        }
        for number, leaf in enumerate(leaves)
    ]
    del records[2]["details"], records[2]["salt"]  # erased
    note = seal(ORIGIN, 5, root(hashes), KEY).decode()
    return {"v": 1, "kind": "lienthong-page", "checkpoint": note, "as_of": 5, "inquiry": 5, "records": records}


def encoded(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def worst(data: bytes) -> Status:
    found = {finding.verdict.status for finding in examine(data, [KEY.verifier])}
    return next((status for status in (Status.FAILED, Status.INDETERMINATE) if status in found), Status.PASSED)


def test_a_page_and_an_export_of_the_same_records_hold():
    whole = page()
    assert worst(encoded(whole)) is Status.PASSED
    lines = [encoded(whole | {"records": []}), *map(encoded, whole["records"])]
    exported = b"\n".join(lines) + b"\n"
    assert worst(exported) is Status.PASSED
    assert read(exported).records == read(encoded(whole)).records
    assert worst(json.dumps(whole, indent=2).encode()) is Status.PASSED


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("index", 1),
        ("leaf", leaf_of(3).decode()),
        ("leaf", "{}"),
        ("details", DETAILS[1]),
        ("details", None),
        ("salt", b64url_encode(SALTS[1])),
        ("salt", "="),
        ("path", []),
        ("path", ["="]),
    ],
)
def test_any_change_is_seen(member: str, value: object):
    changed = page()
    changed["records"][0] |= {member: value}
    assert worst(encoded(changed)) is Status.FAILED


def test_without_a_key_of_ones_own_nobody_can_tell(tmp_path: Path):
    assert examine(encoded(page()), [])[-1].verdict.status is Status.INDETERMINATE
    other = NoteKey(ORIGIN, bytes(32))
    assert examine(encoded(page()), [other.verifier])[-1].verdict.status is not Status.PASSED
    file = tmp_path / "page.json"
    file.write_bytes(encoded(page()))
    assert main(["--log-key", KEY.verifier.text, str(file)]) == 0
    assert main([str(file)]) == 2


def test_what_is_no_page_is_refused():
    assert looks_like(encoded(page()))
    for data in (b"", b"[]", b'{"kind":"lienthong-page"}', b'{"kind":"lienthong-page"}\n{}', b"[" * 100_000):
        with pytest.raises(PageError):
            read(data)
