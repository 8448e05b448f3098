"""Envelopes that are refused, each with its number, rule and place; and the versions on either side of ours."""

from __future__ import annotations

from typing import Any

import pytest
from envelopes import DIGEST, HEADER, SAMPLES, example, respelled

from schemas.envelope import Kind, decode, encode
from schemas.problems import Code, ProblemError
from schemas.sealed import MAX_ENVELOPE_BYTES

GOOD = example()
PART = {"id": "body", "media_type": "application/json", "length": 0, "sha256": DIGEST}


def refusal(data: bytes) -> tuple[int, str | None, str | None]:
    with pytest.raises(ProblemError) as caught:
        decode(data)
    return caught.value.problem.code, caught.value.problem.rule, caught.value.problem.place


def deep(levels: int) -> Any:  # noqa: ANN401 - JSON
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


WRONG_VALUES: list[tuple[str, Any, tuple[int, str, str]]] = [
    ("v", 0, (101, "schema", "/v")),
    ("v", "1", (101, "schema", "/v")),
    ("v", 3, (103, "version", "/v")),
    ("instance", "vn", (101, "schema", "/instance")),
    ("kind", "questions", (101, "schema", "/kind")),
    ("id", "01982b74-9c00-4000-8000-000000000001", (101, "schema", "/id")),
    ("id", "01982B74-9C00-7000-8000-000000000001", (101, "schema", "/id")),
    ("created", "2026-11-22T05:00:00Z", (101, "schema", "/created")),
    ("created", "2026-13-22T05:00:00.000Z", (101, "moment", "/created")),
    ("created", "\uff12\uff10\uff12\uff16-11-22T05:00:00.000Z", (101, "schema", "/created")),
    ("expires", "2026-02-30T05:00:00.000Z", (101, "moment", "/expires")),
    ("expires", HEADER["created"], (107, "lifetime", "/expires")),
    ("expires", "2026-11-22T05:05:00.001Z", (107, "lifetime", "/expires")),
    ("sealer", "a2000030", (101, "schema", "/sealer")),
    ("sealer", "a200003\n", (101, "schema", "/sealer")),
    ("consumer", {"agency": "a200003\n"}, (101, "schema", "/consumer/agency")),
    ("consumer", {"agency": "a200003", "code": "H56.20"}, (101, "schema", "/consumer")),
    ("service", "a100001/population", (101, "schema", "/service")),
    ("basis", "\n", (101, "schema", "/basis")),
    ("officer", {"id": "CB-1", "unit": "Một\ncửa", "asserted_by": "a200003"}, (101, "schema", "/officer/unit")),
    ("subjects", [{"scheme": "citizen", "id": "x"}], (101, "schema", "/subjects/0")),
    ("subjects", [{"scheme": "citizen", "id": "x y", "asserted_by": "a200003"}], (101, "schema", "/subjects/0/id")),
    ("fields", ["a"] * 257, (101, "schema", "/fields")),
    ("parts", [PART, PART], (101, "part-ids-differ", "/parts")),
    ("parts", [PART | {"id": f"p{n}"} for n in range(65)], (101, "schema", "/parts")),
    ("parts", [PART | {"length": 512 * 1024 * 1024 + 1}], (101, "schema", "/parts/0/length")),
    ("parts", [PART | {"length": -1}], (101, "schema", "/parts/0/length")),
    ("parts", [PART | {"sha256": DIGEST[:-1] + "V"}], (101, "schema", "/parts/0/sha256")),
    ("parts", [PART | {"enc": "jwe"}], (101, "enc-reserved", "/parts/0/enc")),
    ("parts", [PART | {"media_type": "application/json; charset=utf-8"}], (101, "schema", "/parts/0/media_type")),
    ("unheard-of", 1, (101, "schema", "/")),
    ("ext", {"a b": 1}, (101, "schema", "/")),
    ("ext", {"deep": deep(300)}, (101, "too-deep", "/")),
    ("crit", ["absent"], (101, "crit-names-ext-once", "/crit")),
]


@pytest.mark.parametrize(("name", "value", "told"), WRONG_VALUES)
def test_a_wrong_value_is_refused_by_rule_and_place(name: str, value: Any, told: tuple[int, str, str]):  # noqa: ANN401 - JSON
    assert refusal(respelled(GOOD, **{name: value})) == told


@pytest.mark.parametrize("name", sorted({*HEADER, "kind"}))
def test_the_header_is_never_incomplete(name: str):
    assert refusal(respelled(GOOD, **{name: None}))[0] == Code.ENVELOPE_MALFORMED


@pytest.mark.parametrize(
    "data",
    [b"", b"[]", b"null", b"{", b"\xef\xbb\xbf{}", encode(GOOD) + b" {}", encode(GOOD)[:-1], b'{"v":1,"v":1}', b"\xff"],
)
def test_what_is_no_envelope_is_refused(data: bytes):
    assert refusal(data)[0] == Code.ENVELOPE_MALFORMED


def test_a_member_given_twice_is_refused_wherever_it_stands():
    good = encode(GOOD)
    for twice in (
        good.replace(b'"v":1,', b'"v":1,"v":1,'),
        good.replace(b'"v":1,', rb'"v":1,"\u0076":1,'),
        good.replace(b'"length":0', b'"length":1,"length":0'),
        respelled(GOOD, ext={"a": 1}).replace(b'"a":1', b'"a":1,"a":2'),
        respelled(GOOD, ext={"a": {"x": 1}}).replace(b'"x":1', b'"x":1,"x":2'),
    ):
        assert twice != good
        assert refusal(twice) == (Code.ENVELOPE_MALFORMED, "repeated-member", "/")


@pytest.mark.parametrize("old", [b'"fields":', b'"officer":', b'"dossier":'])
def test_null_is_refused_except_inside_an_extension(old: bytes):
    whole = respelled(example(whole=True, dossier=None, officer=None, fields=()))
    assert refusal(whole[:-1] + b"," + old + b"null}")[0] == Code.ENVELOPE_MALFORMED
    inside = whole.replace(b'"id":"body"', b'"enc":null,"id":"body"')
    assert refusal(inside) == (Code.ENVELOPE_MALFORMED, "absent-not-null", "/")
    assert decode(respelled(GOOD, ext={"a": [None]})).ext


def test_text_that_is_no_utf8_is_refused_inside_an_extension_too():
    data = respelled(GOOD, ext={"a": "zz"}).replace(b"zz", b"\xff\xfe")
    assert refusal(data) == (Code.ENVELOPE_MALFORMED, "json", "/")


def test_an_extension_that_nests_without_end_is_refused_not_survived_by_luck():
    data = respelled(GOOD, ext={"a": 0}).replace(b'"a":0', b'"a":' + b"[" * 7000 + b"]" * 7000)
    assert refusal(data)[0] == Code.ENVELOPE_MALFORMED


def test_the_place_never_quotes_what_the_sender_wrote():
    data = respelled(GOOD, **{"x - at `$.097195001234`": 1})
    assert refusal(data) == (Code.ENVELOPE_MALFORMED, "schema", "/")


def test_too_large_is_refused_by_both_sides():
    big = example(fields=tuple(f"term-{number:070d}" for number in range(256)))
    with pytest.raises(ProblemError) as caught:
        encode(big)
    assert caught.value.problem.code is Code.ENVELOPE_TOO_LARGE
    assert refusal(b" " * (MAX_ENVELOPE_BYTES + 1))[0] == Code.ENVELOPE_TOO_LARGE


def test_a_document_may_live_longer_than_a_question_but_not_for_ever():
    document = example(Kind.DOCUMENT, expires="2026-12-20T05:00:00.000Z")
    assert decode(encode(document)) == document
    assert refusal(encode(example(Kind.DOCUMENT, expires="2026-12-28T05:00:00.000Z")))[0] == Code.ENVELOPE_LIFETIME


def test_moments_of_every_member_are_real_moments():
    answer = example(Kind.ANSWER, as_of="2026-02-30T00:00:00.000Z")
    assert refusal(encode(answer)) == (Code.ENVELOPE_MALFORMED, "moment", "/as_of")
    receipt = respelled(example(Kind.RECEIPT)).replace(b"2026-11-22T05:01:00.000Z", b"2026-11-31T05:01:00.000Z")
    assert refusal(receipt) == (Code.ENVELOPE_MALFORMED, "moment", "/receipt/included_by")


class TestVersions:
    """Version 2 does not exist yet: what it may do without version 1 losing anything is decided here."""

    def test_the_next_version_is_read(self):
        assert decode(respelled(GOOD, v=2)).v == 2

    def test_an_extension_nobody_understands_is_kept_as_it_came(self):
        data = respelled(GOOD, v=2, ext={"vn.gov.later": {"b": [1, 2.50, "é"], "a": None}})
        spaced = data.replace(b'"b":[1,2.5,', b'"b": [1, 2.50,')
        assert spaced != data
        kept = decode(spaced)
        assert bytes(kept.ext["vn.gov.later"]) == '{"b": [1, 2.50,"é"],"a":null}'.encode()
        assert encode(kept) == spaced

    def test_a_critical_one_is_refused(self):
        data = respelled(GOOD, v=2, ext={"later": 1}, crit=["later"])
        assert refusal(data) == (Code.ENVELOPE_CRITICAL_EXTENSION, "crit", "/crit")

    def test_critical_names_are_named_once_and_stand_in_ext(self):
        for ext, crit in (({"later": 1}, ["later", "later"]), ({"later": 1}, ["other"])):
            data = respelled(GOOD, ext=ext, crit=crit)
            assert refusal(data) == (Code.ENVELOPE_MALFORMED, "crit-names-ext-once", "/crit")

    def test_a_new_member_outside_ext_is_refused_even_of_the_next_version(self):
        assert refusal(respelled(GOOD, v=2, later=1)) == (Code.ENVELOPE_MALFORMED, "schema", "/")

    def test_the_version_after_next_is_refused_by_its_number_whatever_it_holds(self):
        assert refusal(respelled(GOOD, v=3, later=1)) == (Code.ENVELOPE_VERSION, "version", "/v")

    def test_a_newer_peers_problem_is_kept_by_its_number(self):
        data = respelled(example(Kind.FAULT), problem={"code": 599, "fault_at": "provider-system"})
        read = decode(data)
        assert read.problem is not None
        assert read.problem.code == 599
        assert encode(read) == encode(example(Kind.FAULT, problem=read.problem))


def test_samples_name_every_member():
    known = {*HEADER, "kind", *SAMPLES, "ext", "crit"}
    assert known == set(type(GOOD).__struct_fields__)
