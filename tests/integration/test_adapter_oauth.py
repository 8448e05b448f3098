"""The `rest` adapter as a client of authlib, an OAuth2 server that we did not write: tokens kept, shared, renewed."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web
from authlib.oauth2 import AuthorizationServer, OAuth2Request, ResourceProtector
from authlib.oauth2.rfc6749 import ClientMixin, MissingAuthorizationError, TokenMixin
from authlib.oauth2.rfc6749.grants import ClientCredentialsGrant
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload
from authlib.oauth2.rfc6750 import BearerTokenGenerator, BearerTokenValidator, InvalidTokenError
from peer_systems import serving

from adapters.kinds import build
from adapters.port import PeerError, PeerFault, Query

ASKED = Query("person", {}, timeout_s=5.0)
SECRET = "p/w d:%"


class Client(ClientMixin):
    """Our registration at the server."""

    def get_client_id(self) -> str:
        return "li:en"

    def get_default_redirect_uri(self) -> None:
        return None

    def get_allowed_scope(self, scope: str | None) -> str:
        return scope or ""

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirect_uri == ""

    def check_client_secret(self, client_secret: str) -> bool:
        return client_secret == SECRET

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return endpoint == "token" and method in {"client_secret_basic", "client_secret_post"}

    def check_response_type(self, response_type: str) -> bool:
        return response_type == ""

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type == "client_credentials"


class Token(TokenMixin):
    def __init__(self, expires_in: int) -> None:
        self.ends = time.monotonic() + expires_in
        self.revoked = False

    def get_scope(self) -> str:
        return ""

    def is_expired(self) -> bool:
        return time.monotonic() >= self.ends

    def is_revoked(self) -> bool:
        return self.revoked


class Asked(OAuth2Request):
    """A request as authlib reads one."""

    def __init__(self, request: web.Request, form: dict[str, Any]) -> None:
        super().__init__(request.method, str(request.url), headers=dict(request.headers))
        self.payload = BasicOAuth2Payload(form)
        self._form = form

    @property
    def form(self) -> dict[str, Any]:
        return self._form


class CredentialsGrant(ClientCredentialsGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = ("client_secret_basic", "client_secret_post")


class Validator(BearerTokenValidator):
    def __init__(self, tokens: dict[str, Token]) -> None:
        super().__init__()
        self.tokens = tokens

    def authenticate_token(self, token_string: str) -> Token | None:
        return self.tokens.get(token_string)


class Server(AuthorizationServer):
    """authlib's server over aiohttp: the token endpoint, and one resource behind its bearer check."""

    def __init__(self, lifetime_s: int = 600) -> None:
        super().__init__()
        self.tokens: dict[str, Token] = {}
        self.asked = 0
        self.delay_s = 0.0
        self.register_grant(CredentialsGrant)
        made = BearerTokenGenerator(lambda **_: f"t{len(self.tokens)}-{'x' * 40}", None, lambda *_: lifetime_s)
        self.register_token_generator("default", made)
        self._protector = ResourceProtector()
        self._protector.register_token_validator(Validator(self.tokens))

    def query_client(self, client_id: str) -> Client | None:
        return Client() if client_id == "li:en" else None

    def save_token(self, token: dict[str, Any], _: OAuth2Request) -> None:
        self.tokens[token["access_token"]] = Token(token["expires_in"])

    def send_signal(self, name: str, *args: object, **kwargs: object) -> None:
        """Nobody listens."""

    def create_oauth2_request(self, request: OAuth2Request) -> OAuth2Request:
        return request

    def handle_response(self, status: int, body: Any, headers: list[tuple[str, str]]) -> web.Response:  # noqa: ANN401 - authlib's
        kept = {name: value for name, value in headers if name.lower() != "content-type"}
        return web.json_response(body, status=status, headers=kept)

    async def token(self, request: web.Request) -> web.Response:
        self.asked += 1
        await asyncio.sleep(self.delay_s)
        answer: web.Response = self.create_token_response(Asked(request, dict(await request.post())))
        return answer

    async def person(self, request: web.Request) -> web.Response:
        try:
            self._protector.validate_request(None, Asked(request, {}))
        except (InvalidTokenError, MissingAuthorizationError) as error:
            return web.json_response(dict(error.get_body()), status=error.status_code)
        return web.json_response({"name": "An"})

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_post("/token", self.token)
        app.router.add_get("/person", self.person)
        return app


@asynccontextmanager
async def asking(server: Server, secret: str = SECRET, **token: object):
    async with serving(server.app()) as url, serving(server.app()) as elsewhere:
        place = {"url": f"{elsewhere}/token"} if token.pop("elsewhere", False) else {"path": "/token"}
        settings = {
            "base_url": url,
            "max_concurrency": 64,
            "token": {"client_id": "li:en", "secret_file": "s", **place, **token},
            "operations": {"person": {"path": "/person", "answer": {"fields": [{"to": "name", "from": "name"}]}}},
        }
        adapter = build("rest", settings, lambda _: secret)
        await adapter.start()
        try:
            yield adapter
        finally:
            await adapter.close()


@pytest.mark.parametrize("token", [{}, {"style": "form"}, {"elsewhere": True}])
async def test_many_at_once_share_one_fetch(token: dict[str, object]):
    server = Server()
    server.delay_s = 0.05
    async with asking(server, **token) as adapter:
        found = await asyncio.gather(*(adapter.ask(ASKED) for _ in range(50)))
        assert all(one.body == {"name": "An"} for one in found)
        assert server.asked == 1
        await adapter.ask(ASKED)
        assert server.asked == 1


async def test_a_revoked_token_is_fetched_once_more_by_all_who_held_it():
    server = Server()
    async with asking(server) as adapter:
        await adapter.ask(ASKED)
        for token in server.tokens.values():
            token.revoked = True
        found = await asyncio.gather(*(adapter.ask(ASKED) for _ in range(50)))
        assert all(one.body == {"name": "An"} for one in found)
        assert server.asked == 2


async def test_a_short_token_is_renewed_before_it_ends():
    server = Server(lifetime_s=31)
    async with asking(server, early_s=30) as adapter:
        await adapter.ask(ASKED)
        await adapter.ask(ASKED)
        assert server.asked == 1
        await asyncio.sleep(1.05)
        await adapter.ask(ASKED)
        assert server.asked == 2


async def test_the_first_to_ask_may_give_up_and_the_others_still_get_the_token():
    server = Server()
    server.delay_s = 0.1
    async with asking(server) as adapter:
        first = asyncio.create_task(adapter.ask(ASKED))
        await asyncio.sleep(0.02)
        others = [asyncio.create_task(adapter.ask(ASKED)) for _ in range(5)]
        await asyncio.sleep(0.02)
        first.cancel()
        assert all(one.body == {"name": "An"} for one in await asyncio.gather(*others))
        assert server.asked == 1


async def test_a_wrong_secret_is_not_permitted_and_named_nowhere():
    async with asking(Server(), secret="wr0ng-secret") as adapter:
        with pytest.raises(PeerError) as caught:
            await adapter.ask(ASKED)
    assert (caught.value.kind, caught.value.rule) == (PeerFault.NOT_PERMITTED, "token-refused")
    assert "wr0ng" not in repr(caught.value)


async def test_a_token_server_that_hangs_ends_in_time_with_nothing_done():
    server = Server()
    server.delay_s = 30
    async with asking(server, timeout_s=0.05) as adapter:
        with pytest.raises(PeerError) as caught:
            await adapter.ask(ASKED)
    error = caught.value
    assert (error.kind, error.rule, error.outcome_known) == (PeerFault.TIMEOUT, "token-timeout", True)
