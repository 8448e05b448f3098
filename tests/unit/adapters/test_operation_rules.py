"""The rules all kinds share, shown on the memory kind: mandatory facts, codes, counts, yes/no, moments."""

from datetime import UTC, datetime

import pytest

from adapters.kinds import build
from adapters.port import Adapter, DeclarationError, Found, Officer, PeerError, PeerFault, Query

NAME = [{"to": "name", "from": "hoTen", "required": True}]


def system(data: list[object], **operation: object):
    records = [{"when": {"n": "1"}, **(d if isinstance(d, dict) and "code" in d else {"data": d})} for d in data]
    declared = {
        "match": ["n"],
        "question": [{"to": "n", "from": "body.n"}],
        "answer": {"fields": NAME},
        "records": records,
        **operation,
    }
    return build("memory", {"faults": {"005": "not-permitted"}, "operations": {"p": declared}})


def asking(**facts: object) -> Query:
    return Query("p", {"n": "1"}, **facts)


async def ask(adapter: Adapter, **facts: object) -> Found:
    return await adapter.ask(asking(**facts))


async def refusal(adapter: Adapter, **facts: object) -> PeerError:
    with pytest.raises(PeerError) as caught:
        await ask(adapter, **facts)
    return caught.value


FULL = {"officer": Officer("CB1", "U1"), "procedure": "1.001193", "request_id": "r1"}


@pytest.mark.parametrize(
    ("facts", "at"),
    [
        ({**FULL, "officer": None}, "officer.id"),
        ({**FULL, "officer": Officer("", "U1")}, "officer.id"),
        ({**FULL, "officer": Officer("CB1", "  ")}, "officer.unit"),
        ({**FULL, "procedure": None}, "procedure"),
        ({**FULL, "request_id": ""}, "request_id"),
    ],
)
async def test_mandatory_facts_are_checked_before_the_system_is_asked(facts: dict[str, object], at: str):
    watching = system([{"hoTen": "An"}], require=["officer.id", "officer.unit", "procedure", "request_id"])
    error = await refusal(watching, **facts)
    assert (error.kind, error.rule, error.at) == (PeerFault.BAD_QUESTION, "missing", at)
    assert (await ask(watching, **FULL)).body == {"name": "An"}


async def test_a_question_that_does_not_fit_the_map_is_bad():
    dated = [{"to": "n", "from": "body.n", "as": "date", "forms": ["yyyy-MM-dd"]}]
    error = await refusal(system([{"hoTen": "An"}], question=dated))
    assert (error.kind, error.rule, error.at) == (PeerFault.BAD_QUESTION, "date-form", "n")


async def test_an_answer_that_does_not_fit_the_map_is_bad():
    error = await refusal(system([{"hoTen": 7}]))
    assert (error.kind, error.rule, error.at) == (PeerFault.BAD_ANSWER, "not-text", "name")
    error = await refusal(system([{}]))
    assert (error.kind, error.rule) == (PeerFault.BAD_ANSWER, "missing")


async def test_zero_one_and_several():
    assert (await refusal(system([]))).kind is PeerFault.NO_MATCH
    assert (await ask(system([{"hoTen": "An"}]))).body == {"name": "An"}
    assert (await refusal(system([{"hoTen": "An"}, {"hoTen": "Bo"}]))).kind is PeerFault.SEVERAL_MATCHES


async def test_a_declared_list_answers_several():
    listing = {"fields": NAME, "list_as": "people", "max_records": 2}
    both = await ask(system([{"hoTen": "An"}, {"hoTen": "Bo"}], answer=listing))
    assert both.body == {"people": [{"name": "An"}, {"name": "Bo"}]}
    error = await refusal(system([{"hoTen": "An"}] * 3, answer=listing))
    assert (error.kind, error.rule) == (PeerFault.BAD_ANSWER, "too-many-records")


async def test_yes_or_no_and_nothing_else():
    asked = {"answer": {"exists": True}}
    assert (await ask(system([{"hoTen": "An"}], **asked))).body == {"exists": True}
    assert (await ask(system([], **asked))).body == {"exists": False}
    assert (await ask(system([{"code": "0"}], **asked, faults={"0": "no-match"}))).body == {"exists": False}


async def test_a_refusal_is_not_a_no():
    error = await refusal(system([{"code": "005"}], answer={"exists": True}))
    assert (error.kind, error.peer_code) == (PeerFault.NOT_PERMITTED, "005")


async def test_the_systems_codes_become_reasons():
    own = {"004": "not-licensed", "005": "overloaded"}
    error = await refusal(system([{"code": "004"}], faults=own))
    assert (error.kind, error.peer_code, error.retry) == (PeerFault.NOT_LICENSED, "004", False)
    assert (await refusal(system([{"code": "005"}], faults=own))).kind is PeerFault.OVERLOADED
    error = await refusal(system([{"code": "777"}]))
    assert (error.kind, error.peer_code, error.outcome_known) == (PeerFault.FAULT, "777", True)


OUTCOME = {"code": "rc", "ok": ["0", "00"]}


@pytest.mark.parametrize("code", ["0", "00", " 0 ", 0])
async def test_a_good_code_inside_a_reply(code: object):
    reply = {"rc": code, "data": {"hoTen": "An"}}
    inside = {"records": "0.data", "fields": NAME}
    adapter = system([reply], outcome={**OUTCOME, "code": "0.rc"}, answer=inside)
    assert (await ask(adapter)).body == {"name": "An"}


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        ({"rc": "005", "hoTen": "An"}, PeerFault.NOT_PERMITTED),
        ({"rc": "3", "hoTen": "An"}, PeerFault.FAULT),
        ({"rc": -3, "hoTen": "An"}, PeerFault.FAULT),
        ({"hoTen": "An"}, PeerFault.BAD_ANSWER),
        ({"rc": None, "hoTen": "An"}, PeerFault.BAD_ANSWER),
        ({"rc": True, "hoTen": "An"}, PeerFault.BAD_ANSWER),
        ({"rc": {"x": 1}, "hoTen": "An"}, PeerFault.BAD_ANSWER),
    ],
)
async def test_success_is_never_guessed_from_a_reply(reply: dict[str, object], kind: PeerFault):
    adapter = system([reply], outcome={**OUTCOME, "code": "0.rc"})
    assert (await refusal(adapter)).kind is kind


async def test_the_moment_of_the_data():
    dated = {"fields": NAME, "as_of": {"from": "0.at", "forms": ["yyyyMMddHHmmss", "yyyyMMdd"]}}
    found = await ask(system([{"hoTen": "An", "at": "20261122070000"}], answer=dated))
    assert found.as_of == datetime(2026, 11, 22, tzinfo=UTC)
    assert (await ask(system([{"hoTen": "An"}], answer=dated))).as_of is None
    error = await refusal(system([{"hoTen": "An", "at": "yesterday"}], answer=dated))
    assert (error.kind, error.rule) == (PeerFault.BAD_ANSWER, "date-form")


async def test_secrets_reach_the_question_by_name():
    settings = {
        "secrets": {"hash": "officer-hash.txt"},
        "operations": {
            "p": {
                "match": ["auth"],
                "question": [{"to": "auth", "from": "secret.hash", "required": True}],
                "answer": {"fields": NAME},
                "records": [{"when": {"auth": "s3cret"}, "data": {"hoTen": "An"}}],
            }
        },
    }
    adapter = build("memory", settings, {"officer-hash.txt": "s3cret\n"}.__getitem__)
    await adapter.start()
    assert (await ask(adapter)).body == {"name": "An"}


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        ({"so": "2", "hoTen": "Bo"}, "about-another"),
        ({"hoTen": "Bo"}, "about-another"),
        ({"so": 1, "hoTen": "Bo"}, "about-another"),
    ],
)
async def test_a_record_about_somebody_else_is_no_answer(data: dict[str, object], rule: str):
    about = {"fields": NAME, "same": {"so": "body.n"}}
    error = await refusal(system([data], answer=about))
    assert (error.kind, error.rule, error.at) == (PeerFault.BAD_ANSWER, rule, "so")
    assert (await ask(system([{"so": "1", "hoTen": "An"}], answer=about))).body == {"name": "An"}
    error = await refusal(system([data], answer={"exists": True, "same": {"so": "body.n"}}))
    assert error.kind is PeerFault.BAD_ANSWER


@pytest.mark.parametrize("place", ["bodyn", "officer.name", "request", "secrets.key", "moon_phase"])
def test_a_question_draws_on_what_there_is(place: str):
    with pytest.raises(DeclarationError, match=place):
        system([], question=[{"to": "n", "from": place}])
    with pytest.raises(DeclarationError, match=place):
        system([], answer={"fields": NAME, "same": {"hoTen": place}})
