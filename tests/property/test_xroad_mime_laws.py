"""multipart/related: what is written is read to the byte, by Python's own reader too; hostile bytes are refused."""

from __future__ import annotations

from email import policy
from email.parser import BytesParser

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from schemas.xroad.mime import (
    ContentType,
    MimeError,
    MimeLimits,
    Part,
    boundary_for,
    content_type,
    quoted,
    read,
    write,
)

NAMES = st.sampled_from(["Content-ID", "content-transfer-encoding", "Content-Disposition", "X-Any"])
VALUES = st.text(st.characters(min_codepoint=33, max_codepoint=255, exclude_characters="\x7f"), max_size=40)
BODIES = st.binary(max_size=200) | st.sampled_from(
    [b"", b"\r\n", b"\n", b"--", b"--xroad", b"\r\n--xroad\r\n", b"a\r", b"\xef\xbb\xbf<x/>"]
)


def part(kind: str, others: list[tuple[str, str]], data: bytes) -> Part:
    return Part((("content-type", kind), *others), data)


ATTACHMENTS = st.lists(
    st.builds(part, st.just("application/octet-stream"), st.lists(st.tuples(NAMES, VALUES), max_size=4), BODIES),
    max_size=4,
)
MESSAGES = st.builds(part, st.sampled_from(["text/xml; charset=UTF-8", "application/xop+xml"]), st.just([]), BODIES)


def header(boundary: str, kind: str = "text/xml") -> str:
    return f"multipart/related; type={quoted(kind)}; boundary={quoted(boundary)}"


@given(MESSAGES, ATTACHMENTS, st.none() | st.sampled_from(["MIME_boundary", "----=_Part_1", "xroad", "a b'c"]))
def test_what_is_written_is_read_to_the_byte(message: Part, attachments: list[Part], wanted: str | None):
    parts = (message, *attachments)
    boundary = boundary_for(parts, wanted)
    assert read(header(boundary), write(parts, boundary)) == parts


@given(MESSAGES, ATTACHMENTS)
def test_a_boundary_of_our_own_begins_with_xroad_and_stands_in_no_part(message: Part, attachments: list[Part]):
    parts = (message, *attachments)
    boundary = boundary_for(parts)
    assert boundary.startswith("xroad")
    data = write(parts, boundary)
    assert data.count(b"--" + boundary.encode()) == len(parts) + 1
    assert data.startswith(b"--xroad")
    assert b"\r\ncontent-type:" in data


@given(MESSAGES, ATTACHMENTS)
def test_python_s_own_reader_sees_the_same_parts(message: Part, attachments: list[Part]):
    parts = [one._replace(headers=one.headers[:1]) for one in (message, *attachments)]
    # Python's reader takes any line end for a line end, and drops a final one.
    assume(all(not set(one.data) & set(b"\r\n") for one in parts))
    boundary = boundary_for(parts)
    whole = b"content-type: " + header(boundary).encode() + b"\r\n\r\n" + write(parts, boundary)
    seen = BytesParser(policy=policy.HTTP).parsebytes(whole)
    assert [one.get_payload(decode=True) for one in seen.iter_parts()] == [one.data for one in parts]


@settings(max_examples=300)
@given(st.binary(max_size=300) | st.lists(st.sampled_from(
    [b"--b", b"--", b"\r\n", b"\n", b"\r", b" ", b"content-type:text/xml", b":", b"x", b"content-id: <a>"]
), max_size=30).map(b"".join))  # fmt: skip
def test_any_bytes_are_read_or_refused_and_what_is_read_can_be_written(data: bytes):
    try:
        parts = read(header("b"), data)
    except MimeError:
        return
    assert all(one.data in data for one in parts)
    boundary = boundary_for(parts)
    canonical = read(header(boundary), write(parts, boundary))
    assert [one.data for one in canonical] == [one.data for one in parts]


@given(st.text(max_size=60) | st.from_regex(r"multipart/related(; ?[a-z]+=(\"[^\"]*\"|[a-z]*)){0,4}", fullmatch=True))
def test_any_content_type_is_read_or_refused(text: str):
    try:
        kind = content_type(text)
    except MimeError:
        return
    assert kind == ContentType(kind.base.lower(), kind.parameters)


WELL = b"--b\r\ncontent-type:text/xml\r\n\r\n<x/>\r\n--b--"
HOSTILE: dict[str, tuple[str, bytes, str]] = {
    "no multipart": ("text/xml", WELL, "media-type"),
    "no boundary": ("multipart/related", WELL, "boundary"),
    "two boundaries": ("multipart/related; boundary=b; boundary=c", WELL, "content-type"),
    "boundary with a line end": ('multipart/related; boundary="a\r\nb"', WELL, "content-type"),
    "boundary of 71 letters": ("multipart/related; boundary=" + "b" * 71, WELL, "boundary"),
    "garbage behind parameters": ("multipart/related; boundary=b garbage", WELL, "content-type"),
    "another boundary": ("multipart/related; boundary=c", WELL, "boundary-not-found"),
    "delimiter with more on its line": (header("b"), WELL.replace(b"--b\r\n", b"--bc\r\n", 1), "boundary-line"),
    "nothing ends it": (header("b"), WELL[:-2], "boundary-line"),
    "cut off": (header("b"), WELL[:-5], "unterminated"),
    "more behind the end": (header("b"), WELL + b"x", "boundary-line"),
    "line ends of two kinds": (header("b"), WELL.replace(b"<x/>\r\n", b"<x/>\n"), "unterminated"),
    "a delimiter that half the readers see": (header("b"), WELL.replace(b"<x/>", b"<x/>\n--b\n"), "boundary-in-part"),
    "no headers": (header("b"), b"--b\r\n\r\n<x/>\r\n--b--", "part-without-content-type"),
    "no content type": (header("b"), WELL.replace(b"content-type:text/xml", b"a:b"), "part-without-content-type"),
    "two content types": (
        header("b"), WELL.replace(b"text/xml", b"text/xml\r\nContent-Type: a/b"), "part-with-two-content-types",
    ),
    "no blank line": (header("b"), WELL.replace(b"\r\n\r\n", b"\r\n"), "part-without-body"),
    "a header without colon": (header("b"), WELL.replace(b"\r\n\r\n", b"\r\nnothing\r\n\r\n"), "header"),
    "a header with a NUL": (header("b"), WELL.replace(b"\r\n\r\n", b"\r\na: \x00\r\n\r\n"), "header"),
    "a lone carriage return": (header("b"), WELL.replace(b"\r\n\r\n", b"\r\na: x\ry: z\r\n\r\n"), "header"),
    "too many headers": (header("b"), WELL.replace(b"\r\n\r\n", b"\r\na: b" * 32 + b"\r\n\r\n"), "too-many-headers"),
    "a long header": (header("b"), WELL.replace(b"text/xml", b"text/xml;a=" + b"b" * 5000), "header-too-long"),
    "a header folded for ever": (
        header("b"), WELL.replace(b"text/xml", b"text/xml;" + b"\r\n a=b;" * 2000), "header-too-long",
    ),
    "megabytes of headers": (
        header("b"), b"--b\r\n" + b"a: b\r\n" * 200_000 + b"\r\n\r\n--b--", "too-many-headers",
    ),
    "a start that is another part": (header("b") + "; start=<b>", WELL, "start-is-not-the-first-part"),
    "a message in base64": (
        header("b"),
        WELL.replace(b"\r\n\r\n", b"\r\nContent-Transfer-Encoding: base64\r\n\r\n"),
        "message-transfer-encoding",
    ),
    "too many parts": (header("b"), b"--b\r\ncontent-type:text/xml\r\n\r\n\r\n" * 62 + b"--b--", "too-many-parts"),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_what_two_readers_may_read_apart_is_refused(name: str):
    kind, data, rule = HOSTILE[name]
    with pytest.raises(MimeError) as refused:
        read(kind, data)
    assert refused.value.rule == rule


def test_limits_are_the_caller_s():
    assert len(read(header("b"), WELL)) == 1
    with pytest.raises(MimeError, match="too-large"):
        read(header("b"), WELL, MimeLimits(max_bytes=len(WELL) - 1))


def test_a_boundary_in_a_part_is_never_written():
    with pytest.raises(MimeError, match="boundary"):
        write((part("text/xml", [], b"--b"),), "b")
    with pytest.raises(MimeError, match="boundary"):
        write((part("text/xml", [], b""),), "b\r\n")


LONE = b"preamble\n--b \t\ncontent-type: text/xml;\n charset=UTF-8\nContent-ID: <r>\n\n<x/>\n--b--\nepilogue\n"


def test_folded_headers_preamble_epilogue_and_bare_line_feeds_are_read():
    (only,) = read(header("b") + '; START="<r>"', LONE)
    assert only == Part((("content-type", "text/xml; charset=UTF-8"), ("Content-ID", "<r>")), b"<x/>")
    assert only.header("content-id") == "<r>"
    assert only.header("none") is None
