"""REST: paths that cannot be climbed, tokens that expire, replies that are read only when they are as declared."""

from __future__ import annotations

from contextlib import asynccontextmanager
from urllib.parse import unquote

import orjson
import pytest
from aiohttp import web
from peer_systems import nowhere, serving

from adapters.kinds import build
from adapters.port import Adapter, Found, Officer, PeerError, PeerFault, Query, Reach

ANSWER = {"fields": [{"to": "name", "from": "hoTen", "required": True}]}
QUESTION = [{"to": "path.n", "from": "body.n"}]


@asynccontextmanager
async def asking(app: web.Application, secrets: dict[str, str] | None = None, **settings: object):
    operation = settings.pop("operation", {})
    declared = {"path": "/p/{n}", "question": QUESTION, "answer": ANSWER, **operation}
    async with serving(app) as url:
        table = {"base_url": url, **settings, "operations": {"p": declared}}
        adapter = build("rest", table, (secrets or {}).__getitem__)
        await adapter.start()
        try:
            yield adapter
        finally:
            await adapter.close()


async def ask(adapter: Adapter, n: object = "1", **facts: object) -> Found:
    return await adapter.ask(Query("p", {"n": n}, **facts))


async def refusal(adapter: Adapter, n: object = "1") -> PeerError:
    with pytest.raises(PeerError) as caught:
        await ask(adapter, n)
    return caught.value


def saying(status: int = 200, body: bytes = b'{"hoTen": "An"}', **headers: str) -> web.Application:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=status, body=body, headers={"Content-Type": "application/json", **headers})

    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", answer)
    return app


class Watching:
    """Answers everything and remembers what was asked."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, str, dict[str, str], bytes]] = []

    def app(self) -> web.Application:
        async def answer(request: web.Request) -> web.Response:
            body = await request.read()
            self.requests.append((request.method, request.raw_path, dict(request.headers), body))
            return web.json_response({"hoTen": "An"})

        app = web.Application()
        app.router.add_route("*", "/{tail:.*}", answer)
        return app


@pytest.mark.parametrize("value", ["a/b", "a?b=c", "a#b", "a%2fb", "Nguyễn Đào", "a b", "..a", "a;b", "á" * 50])
async def test_a_parameter_stays_one_segment(value: str):
    watching = Watching()
    async with asking(watching.app()) as adapter:
        await ask(adapter, value)
    ((_, path, _, _),) = watching.requests
    assert path.count("/") == 2
    assert unquote(path.removeprefix("/p/")) == value


@pytest.mark.parametrize("value", [".", "..", "...", "a\r\nb", "a\x00", "", None, ["x"], {"x": 1}])
async def test_a_parameter_that_would_leave_its_place_is_never_sent(value: object):
    watching = Watching()
    async with asking(watching.app()) as adapter:
        error = await refusal(adapter, value)
    assert (error.kind, error.outcome_known) == (PeerFault.BAD_QUESTION, True)
    assert watching.requests == []


async def test_every_place_a_field_can_go():
    watching = Watching()
    question = [
        *QUESTION,
        {"to": "query.ngay", "from": "body.d", "as": "date", "forms": ["yyyy-MM-dd"], "write": "dd/MM/yyyy"},
        {"to": "header.X-Officer", "from": "officer.id"},
        {"to": "json.data.hoTen", "from": "body.n"},
        {"to": "json.all", "constant": True},
    ]
    async with asking(watching.app(), operation={"method": "POST", "question": question}) as adapter:
        await adapter.ask(Query("p", {"n": "Lê", "d": "1999-12-31"}, officer=Officer("CB1", "U")))
    ((method, path, headers, body),) = watching.requests
    assert (method, path) == ("POST", "/p/L%C3%AA?ngay=31%2F12%2F1999")
    assert headers["X-Officer"] == "CB1"
    assert orjson.loads(body) == {"data": {"hoTen": "Lê"}, "all": True}
    assert headers["Content-Type"] == "application/json"
    assert headers["Accept-Encoding"] == "identity"


async def test_a_form_body():
    watching = Watching()
    operation = {"method": "POST", "path": "/p", "question": [{"to": "form.a", "from": "body.n"}]}
    async with asking(watching.app(), operation=operation) as adapter:
        await ask(adapter, "x&y=z")
    assert watching.requests[0][3] == b"a=x%26y%3Dz"


@pytest.mark.parametrize("value", ["CB1\r\nX-Evil: 1", "CB\n1", "Đào", "\x7f"])
async def test_a_header_cannot_be_split(value: str):
    watching = Watching()
    question = [*QUESTION, {"to": "header.X-Officer", "from": "officer.id"}]
    async with asking(watching.app(), operation={"question": question}) as adapter:
        with pytest.raises(PeerError) as caught:
            await ask(adapter, officer=Officer(value, "U"))
    assert (caught.value.kind, caught.value.rule) == (PeerFault.BAD_QUESTION, "header-value")
    assert watching.requests == []


@pytest.mark.parametrize(
    ("status", "kind", "retry", "outcome_known"),
    [
        (400, PeerFault.BAD_QUESTION, False, True),
        (401, PeerFault.NOT_PERMITTED, False, True),
        (403, PeerFault.NOT_PERMITTED, False, True),
        (404, PeerFault.FAULT, False, False),
        (418, PeerFault.FAULT, False, False),
        (429, PeerFault.OVERLOADED, True, True),
        (500, PeerFault.FAULT, False, False),
        (502, PeerFault.UNREACHABLE, True, False),
        (503, PeerFault.OVERLOADED, True, True),
        (504, PeerFault.TIMEOUT, True, False),
        (599, PeerFault.FAULT, False, False),
    ],
)
async def test_what_a_status_means(status: int, kind: PeerFault, retry: bool, outcome_known: bool):  # noqa: FBT001 - a table's columns
    async with asking(saying(status)) as adapter:
        error = await refusal(adapter)
    assert (error.kind, error.peer_code) == (kind, str(status))
    assert (error.retry, error.outcome_known) == (retry, outcome_known)


async def test_only_a_declared_404_is_nobody():
    async with asking(saying(404), operation={"statuses": {"404": "no-match"}}) as adapter:
        assert (await refusal(adapter)).kind is PeerFault.NO_MATCH
    asked = {"statuses": {"404": "no-match"}, "answer": {"exists": True}}
    async with asking(saying(404), operation=asked) as adapter:
        assert (await ask(adapter)).body == {"exists": False}


async def test_the_systems_own_code_in_an_error_reply_goes_before_its_status():
    coded = {"outcome": {"code": "error.code", "ok": ["0"]}, "faults": {"005": "not-permitted"}}
    async with asking(saying(500, b'{"error": {"code": "005"}}'), operation=coded) as adapter:
        error = await refusal(adapter)
    assert (error.kind, error.peer_code) == (PeerFault.NOT_PERMITTED, "005")
    async with asking(saying(500, b"<html>005</html>"), operation=coded) as adapter:
        assert (await refusal(adapter)).peer_code == "500"


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_redirects_are_not_followed(status: int):
    watching = Watching()
    async with serving(watching.app()) as elsewhere, asking(saying(status, Location=elsewhere)) as adapter:
        error = await refusal(adapter)
    assert (error.kind, error.rule) == (PeerFault.BAD_ANSWER, "redirect")
    assert watching.requests == []


@pytest.mark.parametrize(
    ("headers", "body", "rule"),
    [
        ({"Content-Type": "text/html"}, b"<html>", "media-type"),
        ({"Content-Type": "text/plain"}, b'{"hoTen": "An"}', "media-type"),
        ({"Content-Encoding": "gzip"}, b"\x1f\x8b", "compressed"),
        ({}, b"", "not-json"),
        ({}, b'{"hoTen": "An"', "not-json"),
        ({}, b'{"hoTen": NaN}', "not-json"),
        ({}, b'{"hoTen": "\xff"}', "not-json"),
        ({}, b"[" * 3000, "not-json"),
        ({}, b'{"hoTen": "' + b"x" * 5000 + b'"}', "too-large"),
        ({}, b"[1, 2]", None),
        ({}, b"true", "not-an-object"),
        ({}, b"{}", "missing"),
        ({}, b'{"hoTen": null}', "missing"),
        ({}, b'{"hoTen": {"$gt": ""}}', "not-text"),
    ],
)
async def test_nothing_is_made_up_from_an_unreadable_reply(headers: dict[str, str], body: bytes, rule: str | None):
    async with asking(saying(200, body, **headers), max_answer_bytes=4096) as adapter:
        error = await refusal(adapter)
    if rule is None:
        assert error.kind is PeerFault.SEVERAL_MATCHES
    else:
        assert (error.kind, error.rule) == (PeerFault.BAD_ANSWER, rule)


async def test_an_endless_reply_is_cut_off():
    async def endless(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        await response.prepare(request)
        while not request.transport or not request.transport.is_closing():
            await response.write(b" " * 65536)
        return response

    app = web.Application()
    app.router.add_get("/p/{n}", endless)
    async with asking(app, max_answer_bytes=100_000) as adapter:
        error = await refusal(adapter)
    assert (error.kind, error.rule) == (PeerFault.BAD_ANSWER, "too-large")


async def test_a_connection_that_breaks_leaves_the_outcome_unknown():
    async def drop(request: web.Request) -> web.Response:
        assert request.transport
        request.transport.close()
        return web.Response()

    app = web.Application()
    app.router.add_post("/p/{n}", drop)
    async with asking(app, operation={"method": "POST"}) as adapter:
        error = await refusal(adapter)
    assert (error.kind, error.retry, error.outcome_known) == (PeerFault.UNREACHABLE, True, False)


async def test_a_declared_media_type_is_read_as_json():
    async with asking(saying(**{"Content-Type": "text/plain"}), media_types=["text/plain"]) as adapter:
        assert (await ask(adapter)).body == {"name": "An"}


async def test_secret_headers_come_from_files():
    watching = Watching()
    async with asking(watching.app(), {"key.txt": "k3y\n"}, secret_headers={"ApiKey": "key.txt"}) as adapter:
        await ask(adapter)
    assert watching.requests[0][2]["ApiKey"] == "k3y"


class TokenServer:
    """Gives tokens and accepts the newest only; `lifetime` and the first reply can be bent."""

    def __init__(self, lifetime: object = 600) -> None:
        self.given = 0
        self.asked: list[tuple[dict[str, str], bytes]] = []
        self.lifetime = lifetime
        self.reply: web.Response | None = None
        self.calls = 0

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_post("/token", self._token)
        app.router.add_get("/p/{n}", self._person)
        return app

    async def _token(self, request: web.Request) -> web.Response:
        self.asked.append((dict(request.headers), await request.read()))
        self.given += 1
        if self.reply is not None:
            return self.reply
        life = {} if self.lifetime is None else {"expires_in": self.lifetime}
        return web.json_response({"access_token": f"t{self.given}", **life})

    async def _person(self, request: web.Request) -> web.Response:
        self.calls += 1
        if request.headers.get("Authorization") != f"Bearer t{self.given}":
            return web.json_response({}, status=401)
        return web.json_response({"hoTen": "An"})


TOKEN = {"path": "/token", "client_id": "li:en", "secret_file": "s"}


async def test_a_token_is_fetched_once_while_it_is_good():
    server = TokenServer()
    async with asking(server.app(), {"s": "p/w d"}, token=TOKEN) as adapter:
        for _ in range(5):
            assert (await ask(adapter)).body == {"name": "An"}
    ((headers, body),) = server.asked
    assert headers["Authorization"] == "Basic bGklM0FlbjpwJTJGdyUyMGQ="  # li%3Aen:p%2Fw%20d
    assert body == b"grant_type=client_credentials"


async def test_a_token_about_to_expire_is_renewed():
    server = TokenServer(lifetime="20")  # less than early_s, so good for no second call
    async with asking(server.app(), {"s": "x"}, token=TOKEN) as adapter:
        await ask(adapter)
        await ask(adapter)
    assert server.given == 2


async def test_a_token_revoked_early_is_renewed_once():
    server = TokenServer()
    async with asking(server.app(), {"s": "x"}, token=TOKEN) as adapter:
        await ask(adapter)
        server.given += 1  # the server forgets t1
        assert (await ask(adapter)).body == {"name": "An"}
        assert len(server.asked) == 2


async def test_a_token_that_is_never_accepted_ends_as_not_permitted():
    server = TokenServer()
    async with asking(server.app(), {"s": "x"}, token={**TOKEN, "prefix": "Wrong "}) as adapter:
        error = await refusal(adapter)
    assert (error.kind, error.peer_code, server.calls) == (PeerFault.NOT_PERMITTED, "401", 2)


@pytest.mark.parametrize(
    ("style", "body"),
    [
        ("form", b"grant_type=client_credentials&client_id=li%3Aen&client_secret=x"),
        ("json", b'{"grant_type":"client_credentials","client_id":"li:en","client_secret":"x"}'),
    ],
)
async def test_other_ways_to_ask_for_a_token(style: str, body: bytes):
    server = TokenServer()
    async with asking(server.app(), {"s": "x"}, token={**TOKEN, "style": style}) as adapter:
        await ask(adapter)
    assert server.asked[0][1] == body
    assert "Authorization" not in server.asked[0][0]


@pytest.mark.parametrize(
    ("reply", "kind", "rule"),
    [
        (web.Response(status=401), PeerFault.NOT_PERMITTED, "token-refused"),
        (web.json_response({"access_token": "t1"}), PeerFault.BAD_ANSWER, "token-without-lifetime"),
        (web.json_response({"access_token": "a\r\nb", "expires_in": 60}), PeerFault.BAD_ANSWER, "token-reply"),
        (web.json_response({"access_token": "", "expires_in": 60}), PeerFault.BAD_ANSWER, "token-reply"),
        (web.json_response({"access_token": "t", "expires_in": "soon"}), PeerFault.BAD_ANSWER, "token-reply"),
        (web.json_response(["t1"]), PeerFault.BAD_ANSWER, "token-reply"),
        (web.Response(text="t1"), PeerFault.BAD_ANSWER, "token-reply"),
    ],
)
async def test_a_token_reply_that_cannot_be_trusted(reply: web.Response, kind: PeerFault, rule: str):
    server = TokenServer()
    server.reply = reply
    async with asking(server.app(), {"s": "x"}, token=TOKEN) as adapter:
        error = await refusal(adapter)
    assert (error.kind, error.rule, error.outcome_known, server.calls) == (kind, rule, True, 0)


async def test_a_declared_lifetime_stands_in_for_a_missing_one():
    server = TokenServer(lifetime=None)
    async with asking(server.app(), {"s": "x"}, token={**TOKEN, "lifetime_s": 600}) as adapter:
        await ask(adapter)
        await ask(adapter)
    assert server.given == 1


async def test_probing():
    async with asking(Watching().app()) as adapter:
        assert (await adapter.probe()).reach is Reach.REACHABLE
    async with nowhere() as url:
        declared = {"path": "/p/{n}", "question": QUESTION, "answer": ANSWER}
        adapter = build("rest", {"base_url": url, "operations": {"p": declared}})
        assert (await adapter.probe()).reach is Reach.UNREACHABLE  # not even started
        assert (await refusal(adapter)).rule == "not-started"
