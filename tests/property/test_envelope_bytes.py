"""Envelopes under random hands: they read back as written, and no bytes have two readings."""

from __future__ import annotations

import json
from typing import Any

import msgspec
from envelopes import HEADER, SAMPLES, example
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.envelope import RULES, Envelope, Kind, Subject, decode, encode
from schemas.problems import ProblemError

WORD = st.text("A9a._:-", max_size=8).map(lambda tail: "W" + tail)
NAME = st.text("a9-", max_size=8).map(lambda tail: "n" + tail)
AGENCY = st.integers(0, 999_999).map("a{:06d}".format)
DRAWN: dict[str, st.SearchStrategy[Any]] = {
    "correlation": st.none() | WORD,
    "dossier": WORD,
    "procedure": WORD,
    "purpose": NAME,
    "operation": NAME,
    "recipients": st.lists(AGENCY, min_size=1, max_size=4).map(tuple),
    "fields": st.lists(WORD, min_size=1, max_size=4).map(tuple),
    "subjects": st.lists(
        st.builds(Subject, scheme=NAME, id=WORD, asserted_by=AGENCY, role=st.none() | NAME), min_size=1, max_size=3
    ).map(tuple),
}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORD, inner, max_size=3),
    max_leaves=6,
)


@st.composite
def envelopes(draw: st.DrawFn) -> Envelope:
    kind = draw(st.sampled_from(Kind))
    required, optional = RULES[kind]
    names = required | draw(st.sets(st.sampled_from(sorted(optional)))) if optional else required
    members = {name: draw(DRAWN[name]) if name in DRAWN else SAMPLES[name] for name in sorted(names | {"correlation"})}
    ext = {name: msgspec.Raw(json.dumps(value).encode()) for name, value in draw(st.dictionaries(WORD, JSON)).items()}
    return Envelope(**{**HEADER, "kind": kind, **members, "ext": ext})


@given(envelopes())
@settings(max_examples=60)
def test_what_is_written_is_read_back(envelope: Envelope):
    data = encode(envelope)
    again = decode(data)
    assert encode(again) == data


@given(envelopes(), st.randoms(use_true_random=False))
@settings(max_examples=60)
def test_order_and_spacing_of_members_do_not_change_the_reading(envelope: Envelope, dice: Any):  # noqa: ANN401 - Random
    document = list(json.loads(encode(envelope)).items())
    dice.shuffle(document)
    assert plain(decode(json.dumps(dict(document), indent=1).encode())) == plain(envelope)


GOOD = tuple(encode(example(kind, whole=True, ext={"x": msgspec.Raw(b'{"a":[1]}')})) for kind in Kind)
SNIPPETS = st.sampled_from(
    [
        b'"',
        b"{",
        b"}",
        b"[",
        b"]",
        b",",
        b":",
        b"\\",
        b"0",
        b"1e9",
        b"null",
        b'"v":1,',
        b'"ext":{},',
        b"\xff",
        b"\n",
        b"\\u0061",
        b"\x00",
    ]
)


@given(st.sampled_from(GOOD), st.data())
@settings(max_examples=300)
def test_mutated_bytes_are_refused_or_read_as_any_json_reader_reads_them(good: bytes, data: st.DataObject):
    """Never a third thing: another exception, or a reading that only we have."""
    at, length = data.draw(st.integers(0, len(good))), data.draw(st.integers(0, 12))
    put = data.draw(st.binary(max_size=3) | SNIPPETS | st.sampled_from([good[at : at + 40], good[:40]]))
    mutated = good[:at] + put + good[at + length :]
    try:
        read = decode(mutated)
    except ProblemError as error:
        assert 101 <= error.problem.code <= 109  # noqa: PT017 - either outcome is good
        return
    assert plain(read) == bare(json.loads(mutated, object_pairs_hook=once))


def plain(envelope: Envelope) -> object:
    return bare(json.loads(encode(envelope)))


def bare(value: object, inside: str = "") -> object:
    """Members that are null, empty or at their default read as absent; inside `ext` nothing is touched."""
    if inside == "ext" or not isinstance(value, dict):
        return [bare(one) for one in value] if isinstance(value, list) and inside != "ext" else value
    found = {name: bare(one, name) for name, one in value.items()}
    return {name: one for name, one in found.items() if one not in (None, [], {}) and not default(name, one)}


def default(name: str, value: object) -> bool:
    return (name, value) in {("assurance", "none"), ("retry", False)} if isinstance(value, str | bool) else False


def once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    assert len({name for name, _ in pairs}) == len(pairs), "a repeated member was read"
    return dict(pairs)
