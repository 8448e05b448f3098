"""Who answers over TLS is verified: a node that is no development's refuses settings that would switch that off."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from link_world import Authority

from adapters.port import DeclarationError, PeerError, Query
from bus.app.node_process import maker_of
from config.load import parse
from config.node import NodeSettings

NODE = """
instance = "VN-test"
name = "capital-node"
state_folder = "state"
environment = "{environment}"
link = {{ certificate = "l.pem", key = "l.key", anchors = ["r.pem"], hub = ["127.0.0.1:8441"] }}
registry = {{ trusted_root = "root.json", folder = "state/registry" }}
agencies = [{{ id = "a100001", seal = "memory:one", archive = "state/a100001", archive_key = "archive.key" }}]
trust = {{ {trust} }}

[[adapters]]
service = "a100001/population/person"
kind = "rest"
file = "person.toml"
"""
ADAPTER = """
base_url = "{url}"
tls = {{ {tls} }}
[operations.person]
path = "/person"
answer = {{ fields = [{{ to = "name", from = "name" }}] }}
"""
ASKED = Query("person", {}, timeout_s=5.0)


def node(folder: Path, url: str, tls: str, environment: str = "development") -> NodeSettings:
    (folder / "person.toml").write_text(ADAPTER.format(url=url, tls=tls))
    trust = "allow_development_pki = false" if environment == "production" else ""
    text = NODE.format(environment=environment, trust=trust)
    return parse(text.encode(), NodeSettings, file="node.toml", folder=folder).settings


@pytest.mark.parametrize("environment", ["production", "development"])
def test_a_production_node_refuses_at_its_start_with_rule_and_place(environment: str, tmp_path: Path):
    settings = node(tmp_path, "https://h", "verify = false", environment)
    make = maker_of(settings)
    if environment == "development":
        assert make(settings.adapters[0]).operations == {"person"}
        return
    with pytest.raises(DeclarationError) as caught:
        make(settings.adapters[0])
    (mistake,) = caught.value.mistakes
    assert mistake.startswith(f"{tmp_path}/person.toml.tls.verify: the other end would not be verified")
    assert mistake.endswith("[tls-verify]")


async def test_an_unknown_certificate_is_believed_in_development_only_and_only_when_asked_for(tmp_path: Path):
    async def person(_: web.Request) -> web.Response:
        return web.json_response({"name": "An"})

    authority = Authority(tmp_path)
    context = authority.server()
    context.verify_mode = ssl.CERT_NONE
    app = web.Application()
    app.router.add_get("/person", person)
    server = TestServer(app, host="127.0.0.1")
    await server.start_server(ssl=context)
    url = f"https://127.0.0.1:{server.port}"
    try:
        for tls, answered in (("verify = false", True), ("verify = true", False)):
            settings = node(tmp_path, url, tls)
            adapter = maker_of(settings)(settings.adapters[0])
            await adapter.start()
            if answered:
                assert (await adapter.ask(ASKED)).body == {"name": "An"}
            else:
                with pytest.raises(PeerError, match=r"^unreachable"):
                    await adapter.ask(ASKED)
            await adapter.close()
    finally:
        await server.close()
