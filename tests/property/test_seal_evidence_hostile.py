"""Evidence files under random hands: a refusal or findings, never an exception, and no altered exchange is a yes."""

import json

import pytest
from evidence_kit import Exchange, trust
from hypothesis import example, given
from hypothesis import strategies as st
from seal_kit import NOW_MS

from signing import evidence
from signing.evidence import EvidenceError
from signing.examine import examine, overall
from signing.verdict import Status

pytestmark = pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")

FILE = json.loads(evidence.write(Exchange().evidence()))


def outcome(form: dict[str, object]) -> Status | None:
    try:
        content = evidence.read(json.dumps(form).encode())
    except EvidenceError:
        return None
    return overall(examine(content, trust(), NOW_MS + 1000))


def altered(text: str, place: int, character: str) -> str:
    place %= len(text)
    return text[:place] + character + text[place + 1 :]


base64url = st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=")


@given(st.sampled_from(("envelope", "seal")), st.integers(0, 1), st.integers(0, 5000), base64url)
def test_no_altered_envelope_or_seal_is_a_yes(member: str, which: int, place: int, character: str):
    form = json.loads(json.dumps(FILE))
    before = form["sealed"][which][member]
    form["sealed"][which][member] = altered(before, place, character)
    assert (outcome(form) is Status.PASSED) is (form["sealed"][which][member] == before)


@given(st.sampled_from(("envelope", "seal")), st.integers(0, 9000), base64url)
def test_no_altered_receipt_is_a_yes(member: str, place: int, character: str):
    form = json.loads(json.dumps(FILE))
    before = form["receipt"][member]
    form["receipt"][member] = altered(before, place, character)
    assert (outcome(form) is Status.PASSED) is (form["receipt"][member] == before)


@example(0, 990, "M")  # a BIT STRING in a name: cryptography raises TypeError
@given(st.integers(0, 3), st.integers(0, 5000), base64url)
def test_no_altered_certificate_is_a_yes(which: int, place: int, character: str):
    form = json.loads(json.dumps(FILE))
    holder, key = [(one, "der") for one in form["certificates"]][which] if which < 3 else (form["intermediates"], 0)
    before = holder[key]
    holder[key] = altered(before, place, character)
    assert (outcome(form) is Status.PASSED) is (holder[key] == before)


@given(st.sampled_from(("checkpoint", "asked", "outcome")), st.integers(0, 500), base64url)
def test_no_altered_log_proof_is_a_yes(member: str, place: int, character: str):
    form = json.loads(json.dumps(FILE))
    before = json.dumps(form["log"][member])
    value = form["log"][member]
    form["log"][member] = (
        altered(value, place, character)
        if isinstance(value, str)
        else [altered(value[0], place, character), *value[1:]]
    )
    assert (outcome(form) is Status.PASSED) is (json.dumps(form["log"][member]) == before)


members = st.sampled_from(sorted(FILE))
values = st.none() | st.integers() | st.text(max_size=5) | st.lists(st.text(max_size=5), max_size=2)


@given(st.dictionaries(members, values, min_size=1, max_size=3))
def test_no_member_of_another_kind_raises(changes: dict[str, object]):
    outcome({**FILE, **changes})
