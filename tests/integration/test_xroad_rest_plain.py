"""Questions without X-Road's message to a REST service that knows nothing else: from dossiers, from plain callers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from world import MOTHER, PERSON_BODY, ask
from xroad_world import ECHO, PERSONS, XRoadWorld

from adapters.kinds import build
from adapters.port import DeclarationError, Officer, PeerError, Query
from adapters.xroad_rest_own import call_of
from adapters.xroad_soap_own import OwnCaller
from bus.node.ask import Ask
from bus.xroad import derive
from schemas.problems import ProblemError
from schemas.xroad.ids import service_of
from schemas.xroad.paths import nearest, segments_of

CALLER = {"client": "VN/GOV/G01/gateway", "represented_party": "GOV/{consumer}"}
SERVICE = "VN/GOV/G01/population/persons"
ENDPOINTS = {"read": "GET /persons/*", "find": "GET /persons", "search": "POST /search"}


@pytest.fixture
async def world() -> AsyncIterator[XRoadWorld]:
    async with XRoadWorld().standing() as standing:
        operations = {name: {"endpoint": endpoint} for name, endpoint in ENDPOINTS.items()}
        settings = {"service_url": standing.service_url, "service": SERVICE, "caller": CALLER, "operations": operations}
        adapter = build("xroad-rest", settings)
        await adapter.start()
        standing.population.adapters[PERSONS] = adapter
        yield standing
        await adapter.close()


def plain(operation: str, **body: Any) -> Ask:  # noqa: ANN401 - any JSON
    return replace(ask(service=PERSONS, operation=operation, body=body), dossier="H56.20-260101-00001")


@pytest.mark.parametrize(
    ("operation", "body", "target", "sent"),
    [
        ("read", {"path": {"0": MOTHER}}, f"/api/persons/{MOTHER}", b""),
        ("find", {"query": {"number": MOTHER}}, f"/api/persons?number={MOTHER}", b""),
        ("search", {"json": {"number": MOTHER}}, "/api/search", f'{{"number":"{MOTHER}"}}'.encode()),
    ],
)
async def test_a_plain_question_reaches_the_service(
    world: XRoadWorld, operation: str, body: dict[str, Any], target: str, sent: bytes
):
    found = {name: PERSON_BODY[name] for name in ("number", "name", "birth")}
    world.existing.says({**found, "sex": "female"})
    answered = await world.consumer.asker.ask(plain(operation, **body))
    assert (answered.value, len(answered.parts)) == (found, 1)
    (call,) = world.existing.calls
    assert (call.target, call.body) == (target, sent)
    assert (call.header("X-Road-Client"), call.header("X-Road-UserId")) == ("VN/GOV/G01/gateway", "CB-0001")
    assert (call.header("X-Road-Represented-Party"), call.header("X-Road-Issue")) == (
        "GOV/H56.20",
        "H56.20-260101-00001",
    )
    assert (call.header("x-road-id") or "").startswith("VN-")


async def test_without_a_caller_in_the_settings_it_is_refused():
    async with XRoadWorld().standing() as world:
        with pytest.raises(ProblemError) as caught:
            await world.consumer.asker.ask(plain("read", path={"0": MOTHER}))
        assert (int(caught.value.problem.code), caught.value.problem.rule) == (505, "xroad-message")
        raw = {"base64": "", "media_type": "text/plain"}
        with pytest.raises(ProblemError, match="505"):
            await world.consumer.asker.ask(replace(ask(service=ECHO, operation="read", body=raw), subjects=()))
        assert world.existing.calls == []


def asked(**body: Any) -> Query:  # noqa: ANN401 - any JSON
    return Query("read", body, frozenset({"t"}), officer=Officer("o-1", "u"), consumer="H26", request_id="r")


def call(endpoint: str, **body: Any) -> Any:  # noqa: ANN401 - any JSON
    return call_of(OwnCaller.model_validate(CALLER), service_of(SERVICE), endpoint, asked(**body))


@pytest.mark.parametrize("value", ["", "a/b", "..", ".", "a%2fb", "a\nb", "a\\b", 7, None, ["x"]])
def test_a_value_that_would_be_another_path_is_refused(value: object):
    with pytest.raises(PeerError) as caught:
        call("GET /persons/*", path={"0": value})
    assert caught.value.kind.value == "bad-question"


@pytest.mark.parametrize(
    "body", [{}, {"path": {"1": "x"}}, {"path": {"0": "x", "1": "y"}}, {"path": "x"}, {"path": []}]
)
def test_a_question_of_another_form_is_refused(body: dict[str, Any]):
    with pytest.raises(PeerError):
        call("GET /persons/*", **body)


TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=12)


@given(
    st.lists(TEXT.filter(bool), min_size=1, max_size=3),
    st.dictionaries(TEXT.filter(bool), TEXT | st.lists(TEXT, min_size=2, max_size=3), max_size=3),
    st.none() | st.dictionaries(TEXT, st.integers(-9, 9) | TEXT | st.lists(st.booleans(), max_size=2), max_size=3),
)
def test_the_question_would_be_derived_from_the_call(caught: list[str], query: dict[str, Any], body: Any):  # noqa: ANN401 - any JSON
    wanted: dict[str, Any] = {"path": {str(number): text for number, text in enumerate(caught)}}
    wanted |= {"query": query} if query else {}
    wanted |= {"json": body} if body is not None else {}
    endpoint = "POST /a" + "/*" * len(caught)
    try:
        made = call(endpoint, **wanted)
    except PeerError:
        return
    found = nearest([("it", [endpoint])], "POST", segments_of(made.message.service_path))
    assert found is not None
    assert derive.question(found[1], made.message.query, made.payload)[0] == wanted
    assert urlsplit(made.message.path).path == made.message.path


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"service": None}, "`service`"),
        ({"operations": {"read": {}}}, "`endpoint` for read"),
        ({"operations": {"read": {"endpoint": "* /persons"}}}, "has a verb"),
        ({"operations": {"read": {"endpoint": "persons"}}}, "is written"),
        ({"service_url": "ftp://h"}, "service_url"),
        ({"service_url": "http://u:p@h/"}, "service_url"),
    ],
)
def test_settings_that_cannot_make_a_call(changes: dict[str, Any], said: str):
    settings = {"service_url": "http://h/s", "service": SERVICE, "caller": CALLER}
    settings |= {"operations": {"read": {"endpoint": "GET /persons/*"}}, **changes}
    with pytest.raises(DeclarationError, match=said):
        build("xroad-rest", {name: value for name, value in settings.items() if value is not None})
