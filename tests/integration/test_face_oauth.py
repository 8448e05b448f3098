"""A stock OAuth2 client library before a running node: it gets tokens, asks with them, and is refused by the RFC."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
import requests
from agency_system import PERSON, question
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from wires import until

from bus.app import prepare
from config.apikeys import new_oauth_client, revoke_api_key

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from nation import EmbeddedNation

    from config.apikeys import ApiKey

WAYS = ("client_secret_basic", "client_secret_post")


@pytest.fixture
async def client(nation: EmbeddedNation) -> AsyncIterator[tuple[str, ApiKey]]:
    """A client of the one-stop system that the node has heard of."""
    file = nation.state.api_keys("a100010")
    before = file.read_bytes()
    secret, line = new_oauth_client(file, system="one-stop", days=1, now=prepare.today())
    await until(lambda: nation.bus.grants.tokens.knows(line.id))
    yield secret, line
    file.write_bytes(before)


def session(nation: EmbeddedNation, client: tuple[str, ApiKey], way: str) -> tuple[OAuth2Session, str]:
    told: dict[str, Any] = requests.get(f"{nation.node}/.well-known/oauth-authorization-server", timeout=10).json()
    assert way in told["token_endpoint_auth_methods_supported"]
    assert told["issuer"] == nation.node
    secret, line = client
    return OAuth2Session(line.id, secret, token_endpoint_auth_method=way), told["token_endpoint"]


@pytest.mark.parametrize("way", WAYS)
async def test_a_stock_client_gets_a_token_and_asks_with_it(
    nation: EmbeddedNation, client: tuple[str, ApiKey], way: str
):
    body = question(dossier=await nation.dossier("birth"))

    def use() -> tuple[dict[str, Any], requests.Response]:
        stock, endpoint = session(nation, client, way)
        token = stock.fetch_token(endpoint, grant_type="client_credentials", timeout=10)
        return token, stock.post(f"{nation.node}/ask/{PERSON}/confirm", json=body, timeout=10)

    token, answer = await asyncio.to_thread(use)
    assert (token["token_type"], token["expires_in"], token["scope"]) == ("Bearer", 600, "lienthong")
    assert (answer.status_code, answer.json()["answer"]) == (200, {"exists": True})


@pytest.mark.parametrize("way", WAYS)
async def test_a_wrong_secret_gets_none(nation: EmbeddedNation, client: tuple[str, ApiKey], way: str):
    def use() -> None:
        stock, endpoint = session(nation, ("lt_wrong", client[1]), way)
        stock.fetch_token(endpoint, grant_type="client_credentials", timeout=10)

    with pytest.raises(OAuthError) as caught:
        await asyncio.to_thread(use)
    assert caught.value.error == "invalid_client"


async def test_tokens_end_with_their_client(nation: EmbeddedNation, client: tuple[str, ApiKey]):
    stock, endpoint = await asyncio.to_thread(session, nation, client, WAYS[0])
    await asyncio.to_thread(stock.fetch_token, endpoint, grant_type="client_credentials", timeout=10)

    def status() -> int:
        return int(stock.get(f"{nation.node}/dossiers/none", timeout=10).status_code)

    assert await asyncio.to_thread(status) == 404
    revoke_api_key(nation.state.api_keys("a100010"), client[1].id, prepare.today())
    await until(lambda: not nation.bus.grants.tokens.knows(client[1].id))
    assert await asyncio.to_thread(status) == 401


async def test_a_client_s_secret_is_no_api_key(nation: EmbeddedNation, client: tuple[str, ApiKey]):
    def status() -> int:
        headers = {"X-Api-Key": client[0]}
        return requests.get(f"{nation.node}/dossiers/none", headers=headers, timeout=10).status_code

    assert await asyncio.to_thread(status) == 401
