"""For any bytes in any file of the folder: mistakes are told, never raised, and always at a place that exists."""

from __future__ import annotations

import registry_folder
from hypothesis import given, settings
from hypothesis import strategies as st

from registry.authored.compiling import check

FILES = registry_folder.folder()
FILES["certificates.toml"] = b'anchors = ["certificates/a.pem"]\n'
FILES["certificates/a.pem"] = b"-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n"
NAMES = sorted(FILES)
SNIPPETS = [
    *(b"", b"\n", b'"', b"[", b"]]", b"=", b"{", b"}", b" = [[", b"\xff", b"\x00", b"null", b"0", b"-1", b"1e999"),
    *(b"true", b'"a999999"', b'"$ref"', b'"x-term"', b"[[agency]]", b"2020-01-01", b"[]", b"{}", b"'", b"#"),
    *("ệ".encode(), b"9" * 5000),
]


@st.composite
def damaged(draw: st.DrawFn) -> dict[str, bytes]:
    files = dict(FILES)
    for _ in range(draw(st.integers(1, 3))):
        name = draw(st.sampled_from(NAMES))
        data = files[name]
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.integers(0, 40)))
        files[name] = data[:start] + draw(st.sampled_from(SNIPPETS)) + data[end:]
    return files


@given(files=damaged())
@settings(max_examples=300, deadline=None)
def test_mistakes_are_told_at_places_that_exist(files: dict[str, bytes]):
    for mistake in check(files):
        lines = files.get(mistake.file, b"").decode(errors="replace").split("\n")
        assert 1 <= mistake.line <= len(lines) + 1
        assert mistake.column >= 1
        if mistake.line <= len(lines):
            assert mistake.column <= len(lines[mistake.line - 1]) + 1
        assert mistake.message_vi
        assert mistake.message_en


@given(name=st.sampled_from(NAMES), data=st.binary(max_size=60))
@settings(max_examples=200, deadline=None)
def test_no_bytes_break_the_reader(name: str, data: bytes):
    check({**FILES, name: data})
