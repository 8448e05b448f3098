"""The closed list of problems and its texts."""

from __future__ import annotations

import string

import msgspec
import pytest

from schemas.problem_texts import TEXTS, entry_of, slug, text_of
from schemas.problems import RETRY_HELPS, Code, FaultAt, Problem, problem


@pytest.mark.parametrize("code", Code)
def test_every_number_has_both_texts_and_a_status_of_an_error(code: Code):
    text = TEXTS[code]
    assert 400 <= text.status <= 599
    assert text.vi
    assert text.en
    assert text.vi != text.en


@pytest.mark.parametrize("code", Code)
def test_both_texts_name_the_same_parameters(code: Code):
    named = [{name for _, name, _, _ in string.Formatter().parse(text) if name} for text in TEXTS[code][1:]]
    assert named[0] == named[1]


def test_numbers_are_those_once_given():
    """A number, once published, keeps its meaning: whoever changes this line breaks somebody's software."""
    given = {
        101: "envelope-malformed",
        110: "seal-invalid",
        119: "replayed",
        201: "not-agreed",
        207: "dossier-not-declared",
        301: "question-shape",
        407: "outcome-unknown",
        408: "seal-key-away",
        501: "no-match",
        601: "record-not-written",
        702: "form-asks-what-is-held",
        901: "internal",
    }
    assert {number: slug(Code(number)) for number in given} == given
    assert len({slug(code) for code in Code}) == len(Code)


def test_a_missing_parameter_is_an_ellipsis_not_an_error():
    assert text_of(Problem(code=Code.QUOTA_USED_UP))["en"] == "The agreement's quota of … is used up."
    assert (
        text_of(Problem(code=Code.QUOTA_USED_UP, params={"limit": 3}))["en"] == "The agreement's quota of 3 is used up."
    )


@pytest.mark.parametrize(("number", "status"), [(199, 400), (299, 403), (499, 503), (599, 502), (899, 400), (999, 500)])
def test_a_number_that_only_a_newer_peer_knows_is_told_by_its_number(number: int, status: int):
    told = msgspec.json.decode(b'{"code":%d}' % number, type=Problem)
    assert int(told.code) == number
    assert entry_of(told.code).status == status
    assert str(number) in text_of(told)["vi"]
    assert str(number) in text_of(told)["en"]
    assert told.code not in set(Code)


@pytest.mark.parametrize("number", [0, 99, 1000, -101])
def test_other_numbers_are_no_problems(number: int):
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(b'{"code":%d}' % number, type=Problem)


@pytest.mark.parametrize("member", ["rule", "place"])
@pytest.mark.parametrize("value", ["/097195001234", "line\nbreak", "x" * 401])
def test_a_problem_has_no_room_for_a_citizens_number(member: str, value: str):
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"code": 301, member: value}, Problem)
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"code": 301, "params": {"value": value}}, Problem)


def test_whether_a_retry_helps_follows_from_the_list():
    assert problem(Code.TOO_BUSY).problem.retry
    assert not problem(Code.SYSTEM_TIMEOUT).problem.retry
    assert Code.OUTCOME_UNKNOWN not in RETRY_HELPS


def test_a_place_is_cut_to_what_a_peer_reads():
    told = problem(Code.QUESTION_SHAPE, place="/a" * 1000, fault_at=FaultAt.CONSUMER_SYSTEM).problem
    assert msgspec.json.decode(msgspec.json.encode(told), type=Problem) == told
