"""A challenge is answered once, in time, through its portal; a cursor counts with its own token; looks are counted."""

from __future__ import annotations

import pytest

from bus.usages.pace import HOUR_MS, Pace
from bus.usages.tickets import Resume, Tickets, digest_of
from schemas.problems import Code, ProblemError
from schemas.text import b64url_decode, b64url_encode

START_MS = 1_793_000_000_000
QUESTION = b"12345678"


class Now:
    def __init__(self) -> None:
        self.ms = START_MS

    def __call__(self) -> int:
        return self.ms


def refused(error: pytest.ExceptionInfo[ProblemError]) -> tuple[Code, str | None]:
    return error.value.problem.code, error.value.problem.rule


def test_a_challenge_is_answered_once():
    tickets = Tickets(Now(), 600)
    nonce = tickets.issue("portal").nonce
    assert tickets.issue("portal").nonce != nonce
    tickets.redeem(nonce, "portal")
    with pytest.raises(ProblemError) as again:
        tickets.redeem(nonce, "portal")
    assert refused(again) == (Code.TOKEN_USED, None)


def test_a_challenge_is_answered_in_time_and_forgotten_afterwards():
    now = Now()
    tickets = Tickets(now, 600)
    early, late = tickets.issue(None), tickets.issue(None)
    assert early.expires_ms == START_MS + 600_000
    now.ms += 599_999
    tickets.redeem(early.nonce, None)
    now.ms += 1
    with pytest.raises(ProblemError) as too_late:
        tickets.redeem(late.nonce, None)
    assert refused(too_late) == (Code.TOKEN_USED, None)
    assert not tickets._spent


@pytest.mark.parametrize("portal", ["another", None, ""])
def test_a_challenge_is_the_portal_s_that_it_was_given_to(portal: str | None):
    tickets = Tickets(Now(), 600)
    with pytest.raises(ProblemError) as other:
        tickets.redeem(tickets.issue("portal").nonce, portal)
    assert refused(other) == (Code.TOKEN_REFUSED, "nonce")


def test_no_other_nonce_is_taken_nor_one_of_another_process():
    tickets = Tickets(Now(), 600)
    made_up = ["n-0123456789abcdef", "A" * 51, "", "é", b64url_encode(bytes(38)), Tickets(Now(), 600).issue(None).nonce]
    mine = b64url_decode(tickets.issue(None).nonce)
    longer_lived = mine[:16] + (START_MS * 2).to_bytes(6) + mine[22:]
    for nonce in [*made_up, b64url_encode(longer_lived), b64url_encode(mine[:16]), b64url_encode(mine[1:])]:
        with pytest.raises(ProblemError) as foreign:
            tickets.redeem(nonce, None)
        assert refused(foreign) == (Code.TOKEN_REFUSED, "nonce")


def test_a_cursor_goes_on_with_its_own_token_and_question_only():
    tickets = Tickets(Now(), 600)
    resume = Resume(10, START_MS, 7, digest_of("nonce"), QUESTION)
    cursor = tickets.cursor(resume)
    assert tickets.resumed(cursor, "nonce", QUESTION) == resume
    for text, nonce, question, rule in (
        (cursor, "another", QUESTION, "cursor-of-another-token"),
        (cursor, "nonce", b"another!", "cursor-of-another-question"),
        (cursor[:-2] + "AA", "nonce", QUESTION, "cursor"),
        (tickets.issue(None).nonce, "nonce", QUESTION, "cursor"),
        (Tickets(Now(), 600).cursor(resume), "nonce", QUESTION, "cursor"),
        ("?", "nonce", QUESTION, "cursor"),
        ("", "nonce", QUESTION, "cursor"),
    ):
        with pytest.raises(ProblemError) as foreign:
            tickets.resumed(text, nonce, question)
        assert refused(foreign) == (Code.REQUEST_MALFORMED, rule)


def test_a_person_looks_so_often_an_hour_and_others_are_not_held_up():
    now = Now()
    pace = Pace(now, 2)
    pace.count("001190000011")
    now.ms += HOUR_MS - 1
    pace.count("001190000011")
    with pytest.raises(ProblemError) as often:
        pace.count("001190000011")
    assert often.value.problem.code is Code.TOO_MANY_LOOKS
    assert often.value.problem.params == {"retry_after_ms": 1}
    pace.count("001190000012")
    now.ms += 1
    pace.count("001190000011")
    assert b"001190000011" not in b"".join(pace._seen)
