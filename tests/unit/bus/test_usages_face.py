"""The citizens' face over HTTP: tokens once, portals told apart, forms of questions, the page, its description."""

from __future__ import annotations

import asyncio
import hashlib
import re
from pathlib import Path
from typing import Any

import pytest
from audit_kit import Book
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate
from token_kit import AUDIENCE, DEV, PORTAL
from usages_kit import ME, OTHER, Room, ask, room, served

from bus.access import Grants, Principal
from bus.http import usages_openapi
from bus.http.usages_page import STYLE, Further, Pages
from schemas.problems import Code, Problem
from schemas.usage import Delay, Named, Usage, Words
from signing.page import DelayNotice, Page

KEY = "lt_portal"
HTML = "text/html"


def portals() -> Grants:
    keys = [(hashlib.sha256(key.encode()).hexdigest(), Principal("a100000", key[3:])) for key in (KEY, "lt_other")]
    return Grants(keys)


async def my_room(tmp_path: Path, questions: int = 1) -> Room:
    book = Book()
    for _ in range(questions):
        ask(book, ME)
    return await room(book, tmp_path)


async def test_a_token_is_good_for_one_look_even_in_a_race(tmp_path: Path):
    async with served(await my_room(tmp_path)) as face:
        token = await face.token()
        sent = await asyncio.gather(*(face.send("GET", "/usages", token) for _ in range(4)))
        assert sorted(one.status for one in sent) == [200, 401, 401, 401]
        refused = next(one for one in sent if one.status == 401)
        assert (refused.json["number"], refused.headers["WWW-Authenticate"]) == (823, "Bearer")
        assert token not in refused.text


async def test_two_citizens_do_not_see_each_other_s(tmp_path: Path):
    book = Book()
    mine, theirs = ask(book, ME), ask(book, OTHER)
    async with served(await room(book, tmp_path)) as face:
        for number, records in ((ME, mine), (OTHER, theirs)):
            page = (await face.send("GET", "/usages", await face.token(number))).json
            assert [line["records"][0] for line in page["usages"]] == [records]
            assert number not in (await face.send("GET", "/usages/view", await face.token(number))).text


async def test_a_portal_says_which_it_is_and_no_more(tmp_path: Path):
    async with served(await my_room(tmp_path), portals()) as face:
        knocked = await face.send("POST", "/usages/challenge")
        assert (knocked.status, knocked.json["number"]) == (401, 801)
        wrong = await face.send("POST", "/usages/challenge", headers={"X-Api-Key": "lt_nobody"})
        assert (wrong.status, wrong.json["number"]) == (401, 802)
        here = {"X-Api-Key": KEY}
        alone = await face.send("GET", "/usages", headers=here)
        assert (alone.status, alone.json["number"]) == (401, 821)
        nonce = await face.challenge(**here)
        elsewhere = await face.send("GET", "/usages", await _answer(face, nonce), headers={"X-Api-Key": "lt_other"})
        assert (elsewhere.status, elsewhere.json["rule"]) == (401, "nonce")
        assert (await face.send("GET", "/usages", await _answer(face, nonce))).status == 401
        assert (await face.send("GET", "/usages", await _answer(face, nonce), headers=here)).status == 200


async def _answer(face: Any, nonce: str) -> str:  # noqa: ANN401 - the kit's own
    return DEV.token({"aud": AUDIENCE, "sub": ME, "nonce": nonce, "acr": "high", "azp": PORTAL}, face.now_s)


async def test_looks_too_many_are_refused_and_a_token_shown_again_is_no_look(tmp_path: Path):
    async with served(await my_room(tmp_path), looks_per_hour=2) as face:
        token = await face.token()
        assert (await face.send("GET", "/usages", token)).status == 200
        for _ in range(3):
            assert (await face.send("GET", "/usages", token)).json["number"] == 823
        assert (await face.send("GET", "/usages", await face.token())).status == 200
        often = await face.send("GET", "/usages", await face.token())
        assert (often.status, often.json["number"]) == (429, 826)
        assert int(often.headers["Retry-After"]) == 3600
        assert (await face.send("GET", "/usages", await face.token(OTHER))).status == 200


async def test_a_malformed_question_costs_nobody_their_token(tmp_path: Path):
    async with served(await my_room(tmp_path)) as face:
        token = await face.token()
        assert (await face.send("GET", "/usages?since=yesterday", token)).status == 400
        assert (await face.send("GET", "/usages?since=2026-01-01", token)).status == 200


@pytest.mark.parametrize(
    ("method", "path", "more", "place"),
    [
        ("GET", "/usages?colour=red", {}, "/"),
        ("GET", "/usages?limit=0", {}, "/limit"),
        ("GET", "/usages?limit=201", {}, "/limit"),
        ("GET", "/usages?limit=٣", {}, "/limit"),
        ("GET", "/usages?since=1&since=2", {}, "/"),
        ("GET", "/usages?since=yesterday", {}, "/since"),
        ("GET", "/usages?cursor=AAAA", {}, "/cursor"),
        ("POST", "/usages", {"data": b"[]"}, "/"),
        ("POST", "/usages", {"data": b'{"limit":3}'}, "/"),
        ("POST", "/usages", {"json": {"id_token": "x"}}, "/"),
        ("GET", "/v2/findUsage", {}, "/userCode"),
        ("GET", f"/v2/findUsage?userCode={ME}", {}, "/X-Road-UserId"),
        (
            "GET",
            f"/v2/findUsage?userCode={ME}&periodStart=2026-13-01",
            {"headers": {"X-Road-UserId": ME}},
            "/periodStart",
        ),
        (
            "POST",
            "/v2/findUsage",
            {"json": {"userCode": ME, "limit": 1001}, "headers": {"X-Road-UserId": ME}},
            "/limit",
        ),
        ("POST", "/v2/findUsage", {"json": {"userCode": ME, "sort": "up"}, "headers": {"X-Road-UserId": ME}}, "/"),
    ],
)
async def test_a_malformed_question_is_refused_by_place(
    tmp_path: Path, method: str, path: str, more: dict[str, Any], place: str
):
    async with served(await my_room(tmp_path)) as face:
        sent = await face.send(method, path, await face.token(), **more)
        assert (sent.status, sent.json["number"], sent.json.get("place")) == (400, 804, place)
        assert ME not in sent.text


async def test_the_page_for_people_fetches_nothing_and_shows_its_style_alone(tmp_path: Path):
    async with served(await my_room(tmp_path, 3), framed_by=("https://portal.example",)) as face:
        sent = await face.send("GET", "/usages/view?limit=2", await face.token(), headers={"Accept-Language": "en"})
        assert (sent.status, sent.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
        policy = sent.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; style-src 'sha256-")
        assert policy.endswith("frame-ancestors https://portal.example")
        assert (sent.headers["Cache-Control"], sent.headers["Referrer-Policy"]) == ("no-store", "no-referrer")
        assert STYLE in sent.text
        assert not re.search(r"<script|<img|<link|src=|https?://| on[a-z]+=|style=\"", sent.text)
        assert sent.text.index("Who asked about me") < sent.text.index("Ai đã hỏi về tôi")
        assert '<html lang="en">' in sent.text
        assert sent.text.count("<article") == 2
        assert 'href="?limit=2&amp;cursor=' in sent.text
        assert ME not in sent.text


def test_whatever_an_agency_writes_is_text_on_the_page():
    words = Words("<b>vi</b>", "<script>en</script>")
    line = Usage(
        time="2026-11-22T05:00:00.000Z",
        kind="refused",
        text=words,
        records=(1,),
        consumer=Named("a100010", words),
        fields=(Named('"><img src=x>', words),),
        unit="</dd><script>alert(1)</script>",
        dossier="' onclick='x",
        delay=Delay("2026-11-23T05:00:00.000Z", "<i>law</i>"),
    )
    page = Page(1, "lienthong-page", "", 1, 2, "next", (), (line,), (DelayNotice(3, "<u>law</u>"),))
    further = Further({"cursor": '"><script>', "id_token": "a&b"}, post=True)
    made = Pages().page(page, further, "vi").decode()
    assert not re.search(r"<(script|b|i|u|img)[ >]", made)
    assert "&lt;/dd&gt;&lt;script&gt;alert(1)" in made
    refused = Pages().refusal(Problem(code=Code.TOKEN_REFUSED, rule="<b>rule</b>"), "en").decode()
    assert "<b>" not in refused


async def test_the_issuer_may_post_the_token_and_the_reader_goes_on_by_posting_it_again(tmp_path: Path):
    async with served(await my_room(tmp_path, 3)) as face:
        token = await face.token()
        form = {"id_token": token, "state": "s", "limit": "2"}
        first = await face.send("POST", "/usages/view", data=form)
        assert first.status == 200
        hidden = dict(re.findall(r'<input type="hidden" name="([a-z_]+)" value="([^"]*)">', first.text))
        assert set(hidden) == {"id_token", "cursor", "limit"}
        second = await face.send("POST", "/usages/view", data=hidden)
        assert (second.status, second.text.count("<article")) == (200, 1)
        again = await face.send("POST", "/usages/view", data=form)
        assert (again.status, again.headers["Content-Type"]) == (401, "text/html; charset=utf-8")
        assert "823" in again.text
        assert "lời thách mới" in again.text
        assert "Content-Security-Policy" in again.headers


async def test_every_answer_is_as_described(tmp_path: Path):
    described = usages_openapi.document()
    validate(described)
    async with served(await my_room(tmp_path, 2)) as face:
        assert (await face.send("GET", "/openapi.json")).json == described
        user = {"X-Road-UserId": ME}
        answers = {
            "Page": await face.send("POST", "/usages", await face.token(), json={"limit": "1"}),
            "FoundView": await face.send("GET", f"/v2/findUsage?userCode={ME}", await face.token(), headers=user),
            "PeriodView": await face.send("GET", "/v2/usagePeriod"),
            "HeartbeatView": await face.send("GET", "/v2/heartbeat"),
            "Health": await face.send("GET", "/health"),
            "Challenge": await face.send("POST", "/usages/challenge"),
            "Problem": await face.send("GET", "/usages"),
        }
    for name, sent in answers.items():
        schema = {"$ref": f"#/components/schemas/{name}", "components": described["components"]}
        assert not list(Draft202012Validator(schema).iter_errors(sent.json)), name
    assert set(described["paths"]) == {
        "/usages/challenge",
        "/usages",
        "/usages/view",
        "/v2/findUsage",
        "/v2/usagePeriod",
        "/v2/heartbeat",
        "/health",
    }
