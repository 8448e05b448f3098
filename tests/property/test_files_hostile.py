"""Whatever bytes are dropped, they are read or refused by a rule, and a reason never quotes them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from adapters.files_disk import FILE_NAME, FileRuleError
from adapters.files_manifest import Manifest, read_manifest
from adapters.files_rows import Index, Table, document, rows_of

SECRET = "096199000001"
FORMS = ("json", "jsonl", "csv", "xml")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5) | st.just(SECRET),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
PIECES = st.sampled_from(
    [
        SECRET,
        ",",
        ";",
        '"',
        "\n",
        "\r\n",
        "<a>",
        "</a>",
        "<b c='d'/>",
        "[",
        "]",
        "{",
        "}",
        ":",
        "so",
        "\ufeff",
        "&",
        "é",
    ]
)
HOSTILE = st.one_of(
    st.binary(max_size=60),
    st.lists(PIECES, max_size=20).map(lambda parts: "".join(parts).encode()),
    JSON.map(lambda value: json.dumps(value).encode()),
)
ENTRY = st.fixed_dictionaries(
    {},
    optional={
        "name": st.sampled_from(["a.csv", "../a", "a/b", "", ".a", "a..b", "x.manifest.json", SECRET]) | JSON,
        "format": st.sampled_from(FORMS) | JSON,
        "length": st.integers(-1, 9) | JSON,
        "sha256": st.sampled_from(["a" * 64, "A" * 64, "a"]) | JSON,
        "table": st.sampled_from(["data", "t", ""]) | JSON,
        "more": JSON,
    },
)
MANIFEST = st.fixed_dictionaries(
    {},
    optional={
        "v": st.just(1) | JSON,
        "as_of": st.sampled_from(["2026-11-22T05:00:00Z", "2026-11-22T05:00:00", "2026-02-30T00:00:00Z"]) | JSON,
        "files": st.lists(ENTRY, max_size=3) | JSON,
        "code": JSON,
        "in_reply_to": JSON,
    },
)


def refusal(act: Callable[[], object]) -> FileRuleError | None:
    try:
        act()
    except FileRuleError as error:
        return error
    return None


def tells_nothing(error: FileRuleError | None) -> bool:
    return error is None or (SECRET not in f"{error} {error.at}" and error.__cause__ is None)


@given(data=HOSTILE | MANIFEST.map(lambda value: json.dumps(value).encode()))
def test_a_manifest_is_read_or_refused(data: bytes):
    found: list[Manifest] = []
    assert tells_nothing(refusal(lambda: found.append(read_manifest(data))))
    names = [entry.name for manifest in found for entry in manifest.files]
    assert all(FILE_NAME.match(name) and "/" not in name for name in names)


@given(data=HOSTILE, form=st.sampled_from(FORMS), most=st.integers(1, 4))
def test_rows_are_read_or_refused(data: bytes, form: Any, most: int):  # noqa: ANN401 - one of a literal's
    index, numbers = Index(["so"]), []

    def read() -> None:
        for number, row in rows_of(data, form, Table(), most):
            numbers.append(number)
            index.add(row, f"row {number}")

    assert tells_nothing(refusal(read))
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(numbers) <= most


@given(data=HOSTILE, form=st.sampled_from(FORMS))
def test_a_reply_is_read_or_refused(data: bytes, form: Any):  # noqa: ANN401 - one of a literal's
    assert tells_nothing(refusal(lambda: document(data, form, Table(), 9)))
