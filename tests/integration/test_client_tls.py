"""The Python client over TLS: with a certificate and nothing else, or with an OAuth2 client where that is let in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest
from aiohttp import web

from bus import net
from bus.access import Grants, Principal
from bus.app.node_process import face_tls
from bus.client import AsyncClient, Client, NodeProblemError, NodeUnreachableError, OAuth2, tls_context
from bus.http.agency import AgencyFace
from bus.keystore.development import DevelopmentKeys, make_development_keys
from bus.keystore.pem import certificates_in
from bus.tokens import Client as OAuthClient
from config.node import NodeHttpSettings

SYSTEM, STRANGER = "one-stop-system", "unknown-system"
WHO = Principal("a100010", "one-stop")
OAUTH = OAuthClient("0a1b2c3d", sha256(b"lt_secret").hexdigest(), WHO)


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> DevelopmentKeys:
    folder = tmp_path_factory.mktemp("pki")
    make_development_keys(folder, now=datetime.now(UTC), nodes=["hub", SYSTEM, STRANGER])
    return DevelopmentKeys(folder)


@pytest.fixture(params=["required", "optional"])
async def node(request: pytest.FixtureRequest, keys: DevelopmentKeys) -> AsyncIterator[tuple[str, str]]:
    """The TLS face of a node that serves no agency: whoever is known is told so [803]; and which setting it has."""
    identity = {"certificate": keys.link_certificate("hub"), "key": keys.link_key("hub"), "anchors": (keys.root,)}
    settings = NodeHttpSettings.model_validate({"tls": identity, "client_certificates": request.param})
    thumbprint = net.thumbprint(certificates_in(keys.link_certificate(SYSTEM))[0])
    grants = Grants([], [(thumbprint, WHO)], [OAUTH])
    runner = web.AppRunner(AgencyFace(grants, {}, max_body_bytes=1 << 20).application())
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=face_tls(settings)).start()
    yield f"https://127.0.0.1:{runner.addresses[0][1]}", str(request.param)
    await runner.cleanup()


async def number(node: str, keys: DevelopmentKeys, name: str | None, credentials: OAuth2 | None = None) -> int | None:
    """The problem's number, alike for both clients; None where there is no connection."""
    shown = {"certificate": keys.link_certificate(name), "key": keys.link_key(name)} if name else {}
    tls = tls_context(anchors=keys.root, **shown)
    found: list[int | None] = []
    try:
        await asyncio.to_thread(Client(node, credentials, tls=tls).dossier, "x")
    except NodeProblemError as error:
        found.append(error.number)
    except NodeUnreachableError:
        found.append(None)
    async with AsyncClient(node, credentials, tls=tls) as client:
        try:
            await client.dossier("x")
        except NodeProblemError as error:
            found.append(error.number)
        except NodeUnreachableError:
            found.append(None)
    assert found[0] == found[1]
    return found[0]


async def test_a_certificate_is_enough(node: tuple[str, str], keys: DevelopmentKeys):
    assert await number(node[0], keys, SYSTEM) == 803
    assert await number(node[0], keys, STRANGER) == 802


async def test_without_a_certificate_a_token_gets_in_where_the_setting_says_so(
    node: tuple[str, str], keys: DevelopmentKeys
):
    url, setting = node
    expected = 803 if setting == "optional" else None
    assert await number(url, keys, None, OAuth2(OAUTH.id, "lt_secret")) == expected


async def test_a_node_under_other_anchors_is_not_talked_to(node: tuple[str, str]):
    with pytest.raises(NodeUnreachableError):
        await asyncio.to_thread(Client(node[0]).health)
    async with AsyncClient(node[0]) as client:
        with pytest.raises(NodeUnreachableError):
            await client.health()


def test_a_file_that_is_none_is_said_at_once(tmp_path: Path):
    with pytest.raises(OSError, match="No such file"):
        tls_context(anchors=tmp_path / "none.pem")
