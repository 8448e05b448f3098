"""The token endpoint's rules, one by one: RFC 6749's answers, what is kept in memory, who is made to wait."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from hashlib import sha256

import pytest
from aiohttp.test_utils import TestClient, TestServer

from bus import tokens
from bus.access import Grants, Principal
from bus.http import oauth
from bus.http.agency import AgencyFace
from bus.tokens import AccessTokens, Client
from schemas.problems import ProblemError

SECRET = "lt_right"
CLIENT = Client("0a1b2c3d", sha256(SECRET.encode()).hexdigest(), Principal("a100010", "one-stop"))
GOOD = {"grant_type": "client_credentials", "client_id": CLIENT.id, "client_secret": SECRET}
ASKED = {"grant_type": "client_credentials"}


def basic(client_id: str = CLIENT.id, secret: str = SECRET) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{client_id}:{secret}".encode()).decode()}


@pytest.fixture
async def node() -> AsyncIterator[TestClient]:
    face = AgencyFace(Grants([], clients=[CLIENT]), {}, max_body_bytes=1 << 20, public_url="https://node.example")
    async with TestClient(TestServer(face.application())) as client:
        yield client


@pytest.mark.parametrize(
    ("form", "headers", "status", "error"),
    [
        (GOOD, {}, 200, None),
        (ASKED, basic(), 200, None),
        (ASKED | {"scope": "lienthong"}, basic(), 200, None),
        (ASKED | {"client_id": CLIENT.id}, basic(), 200, None),
        (ASKED, basic("%30a1b2c3d", "lt%5Fright"), 200, None),
        (ASKED, {}, 401, "invalid_client"),
        (ASKED, basic(secret="wrong"), 401, "invalid_client"),
        (ASKED, basic("nobody"), 401, "invalid_client"),
        (ASKED, {"Authorization": "Bearer x"}, 401, "invalid_client"),
        (ASKED, {"Authorization": "Basic !"}, 401, "invalid_client"),
        (ASKED, {"Authorization": "Basic bm9jb2xvbg=="}, 401, "invalid_client"),
        (GOOD | {"client_secret": "wrong"}, {}, 401, "invalid_client"),
        (GOOD, basic(), 400, "invalid_request"),
        (ASKED | {"client_id": "other"}, basic(), 400, "invalid_request"),
        ({}, basic(), 400, "invalid_request"),
        ({"grant_type": ""}, basic(), 400, "invalid_request"),
        ({"grant_type": "password"}, basic(), 400, "unsupported_grant_type"),
        (ASKED | {"scope": "everything"}, basic(), 400, "invalid_scope"),
    ],
)
async def test_what_is_asked_and_shown_decides(
    node: TestClient, form: dict[str, str], headers: dict[str, str], status: int, error: str | None
):
    answer = await node.post("/oauth2/token", data=form, headers=headers)
    body = await answer.json()
    assert (answer.status, body.get("error")) == (status, error)
    assert (answer.headers["Cache-Control"], answer.headers["Pragma"]) == ("no-store", "no-cache")
    assert ("Basic" in answer.headers.get("WWW-Authenticate", "")) == (status == 401 and "client_id" not in form)
    assert "wrong" not in str(body.get("error_description")).replace("wrong secret", "")


@pytest.mark.parametrize(
    ("path", "body", "kind", "status"),
    [
        ("/oauth2/token", "{}", "application/json", 400),
        ("/oauth2/token?client_secret=lt_right", "a=b", "application/x-www-form-urlencoded", 400),
        ("/oauth2/token", "a=1&a=2", "application/x-www-form-urlencoded", 400),
        ("/oauth2/token", "a=%ff", "application/x-www-form-urlencoded", 400),
        ("/oauth2/token", "a=\u00e0", "application/x-www-form-urlencoded", 400),
        ("/oauth2/token", "&".join(f"a{n}=1" for n in range(30)), "application/x-www-form-urlencoded", 400),
        ("/oauth2/token", "a=" + "x" * 9000, "application/x-www-form-urlencoded", 413),
    ],
)
async def test_what_is_no_form_is_refused(node: TestClient, path: str, body: str, kind: str, status: int):
    answer = await node.post(path, data=body.encode(), headers={"Content-Type": kind, **basic()})
    assert (answer.status, (await answer.json())["error"]) == (status, "invalid_request")


async def test_metadata_names_the_public_address(node: TestClient):
    told = await (await node.get("/.well-known/oauth-authorization-server")).json()
    assert told["token_endpoint"] == "https://node.example/oauth2/token"
    assert (told["grant_types_supported"], told["response_types_supported"]) == (["client_credentials"], [])


async def test_whoever_guesses_waits_and_shuts_nobody_else_out(node: TestClient):
    for _ in range(oauth.FAILURES):
        assert (await node.post("/oauth2/token", data=GOOD | {"client_id": "nobody"})).status == 401
    waiting = await node.post("/oauth2/token", data=GOOD | {"client_id": "another"})
    assert (waiting.status, 1 <= int(waiting.headers["Retry-After"]) <= 61) == (429, True)
    assert (await node.post("/oauth2/token", data=GOOD)).status == 200


async def test_only_this_machine_may_come_without_tls():
    class Far:
        transport = None
        remote = "192.0.2.7"

    with pytest.raises(Exception, match="invalid_request"):
        oauth.must_be_private(Far())  # type: ignore[arg-type] # as much of a request as is looked at
    Far.remote = "::1"
    oauth.must_be_private(Far())  # type: ignore[arg-type] # the same


def test_failures_are_forgotten_after_their_minute():
    now = [0.0]
    failures = oauth.Failures(lambda: now[0])
    for _ in range(oauth.FAILURES):
        failures.count(("192.0.2.7", ""))
    assert failures.wait_s(("192.0.2.7", "")) > 0
    now[0] = oauth.WINDOW_S + 1
    assert failures.wait_s(("192.0.2.7", "")) == 0


def test_addresses_are_bounded(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(oauth, "MAX_ADDRESSES", 3)
    failures = oauth.Failures()
    for number in range(10):
        failures.count((str(number), ""))
    assert len(failures._seen) == 3


def refused(grants: Grants, token: str) -> Principal | int:
    try:
        return grants.shown(token, None)
    except ProblemError as error:
        return int(error.problem.code)


def test_a_token_lasts_its_time_and_as_long_as_its_client():
    now = [0.0]
    store = AccessTokens(600, lambda: now[0])
    grants = Grants([], clients=[CLIENT], tokens=store)
    first = store.issue(CLIENT)
    assert refused(grants, first) == CLIENT.principal
    assert first not in str(store.__dict__)
    now[0] = 599.9
    assert refused(grants, first) == CLIENT.principal
    now[0] = 600.0
    assert refused(grants, first) == 802
    second = store.issue(CLIENT)
    grants.replace_keys([], [CLIENT._replace(sha256="0" * 64)])
    assert refused(grants, second) == 802


def test_tokens_are_bounded_per_client_and_together(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(tokens, "MAX_OF_CLIENT", 3)
    monkeypatch.setattr(tokens, "MAX_TOKENS", 5)
    other = CLIENT._replace(id="ffffffff")
    store = AccessTokens()
    store.replace_clients([CLIENT, other])
    own = [store.issue(CLIENT) for _ in range(4)]
    assert [store.principal(one) is not None for one in own] == [False, True, True, True]
    theirs = [store.issue(other) for _ in range(3)]
    assert [store.principal(one) is not None for one in (*own, *theirs)] == [False, False, True, True, True, True, True]
