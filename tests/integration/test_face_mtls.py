"""Agency systems that show a certificate to their node: who they are follows from it, and nobody else gets in."""

from __future__ import annotations

import asyncio
import ssl
from typing import TYPE_CHECKING

import aiohttp
import pytest
from agency_system import AgencySystem
from wires import free_ports, until

from bus import net
from bus.app import prepare
from bus.app.node_process import run_node
from bus.keystore.development import make_development_keys
from bus.ledger.keys import new_vault_key
from bus.node.archive import create_archive
from bus.registry.layout import metadata_path
from bus.sample.procedures import CONSUMER
from config.load import parse
from config.node import NodeSettings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from nation import EmbeddedNation

ONE_STOP, PORTAL, STRANGER = "one-stop-system", "another-system", "unknown-system"
NODE = """\
profile = "development"
instance = "VN-test"
name = "node-mtls"
state_folder = "{folder}"

[link]
hub = ["{hub}"]
certificate = "{pki}/link/{agency}.pem"
key = "{pki}/link/{agency}.key.pem"
anchors = ["{pki}/root.pem"]

[registry]
trusted_root = "{root}"
folder = "{folder}/registry"

[http]
listen = "127.0.0.1:{port}"
tls = {{ certificate = "{pki}/link/hub.pem", key = "{pki}/link/hub.key.pem", anchors = ["{pki}/root.pem"] }}

[[agencies]]
id = "{agency}"
seal = "{seal}"
api_keys = "{keys}"
archive = "{folder}/archive"
archive_key = "{folder}/archive.key"

[[agencies.system_certificates]]
system = "one-stop"
certificate = "{pki}/link/{one_stop}.pem"

[[agencies.system_certificates]]
system = "portal"
certificate = "{pki}/link/{portal}.pem"
"""


@pytest.fixture(scope="module")
def node(nation: EmbeddedNation, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A second node of the city, at which systems show certificates; its address."""
    folder, state, port = tmp_path_factory.mktemp("mtls"), nation.state, free_ports(1)
    make_development_keys(state.keys.folder, now=prepare.today(), nodes=[ONE_STOP, PORTAL, STRANGER])
    new_vault_key(folder / "archive.key")
    create_archive(folder / "archive")
    text = NODE.format(
        folder=folder,
        pki=state.keys.folder,
        hub=nation.bus.addresses.hub.removeprefix("https://"),
        root=state.repository / metadata_path("root", 1),
        agency=CONSUMER,
        port=port,
        seal=state.keys.seal_address(CONSUMER),
        keys=state.api_keys(CONSUMER),
        one_stop=ONE_STOP,
        portal=PORTAL,
    )
    settings = parse(text.encode(), NodeSettings, file="node.toml", folder=folder).settings
    stop: asyncio.Event = nation.ground.run(_event())
    running = asyncio.run_coroutine_threadsafe(run_node(settings, stop), nation.ground.loop)
    asyncio.run(until(lambda: running.done() or _listens(port)))
    yield f"https://127.0.0.1:{port}"
    nation.ground.call(stop.set)
    running.result(30)


async def _event() -> asyncio.Event:
    return asyncio.Event()


async def _listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


def shows(nation: EmbeddedNation, name: str) -> ssl.SSLContext:
    """TLS that shows the certificate of this system."""
    keys = nation.state.keys
    return net.client_context(keys.link_certificate(name), keys.link_key(name), keys.root.read_text("ascii"))


async def test_a_certificate_names_agency_and_system(nation: EmbeddedNation, node: str):
    system = AgencySystem(node, None, shows(nation, ONE_STOP))
    opened = await system.open("birth")
    assert opened.status == 201, opened.body
    assert opened.body["lines"][0]["reason"] is None
    said = await system.ask("confirm", dossier=opened.body["dossier"])
    assert (said.status, said.body["answer"]) == (200, {"exists": True})


async def test_another_system_of_the_agency_has_its_own_agreements(nation: EmbeddedNation, node: str):
    system = AgencySystem(node, None, shows(nation, PORTAL))
    said = await system.ask("confirm", dossier=await nation.dossier())
    assert (said.status, said.number) == (403, 201)


async def test_a_certificate_that_nobody_registered_is_nobody(nation: EmbeddedNation, node: str):
    said = await AgencySystem(node, None, shows(nation, STRANGER)).ask("confirm")
    assert (said.status, said.number, said.body["rule"]) == (401, 802, "certificate-registered")


async def test_an_api_key_counts_over_mutual_tls_too(nation: EmbeddedNation, node: str):
    said = await AgencySystem(node, nation.key, shows(nation, STRANGER)).send("GET", "/dossiers/none")
    assert said.number == 704
    wrong = await AgencySystem(node, "lt_wrong", shows(nation, ONE_STOP)).send("GET", "/dossiers/none")
    assert wrong.number == 802


async def test_without_a_certificate_there_is_no_connection(nation: EmbeddedNation, node: str):
    bare = ssl.create_default_context(cadata=nation.state.keys.root.read_text("ascii"))
    with pytest.raises((aiohttp.ClientError, ConnectionError)):
        await AgencySystem(node, nation.key, bare).send("GET", "/health")
    with pytest.raises((aiohttp.ClientError, ConnectionError)):
        await AgencySystem(node.replace("https", "http"), nation.key).send("GET", "/health")


async def test_a_certificate_of_another_authority_is_no_certificate(nation: EmbeddedNation, node: str, tmp_path: Path):
    foreign = make_development_keys(tmp_path / "pki", now=prepare.today(), nodes=[ONE_STOP])
    anchors = nation.state.keys.root.read_text("ascii")
    context = net.client_context(foreign.link_certificate(ONE_STOP), foreign.link_key(ONE_STOP), anchors)
    with pytest.raises((aiohttp.ClientError, ConnectionError)):
        await AgencySystem(node, None, context).send("GET", "/health")
