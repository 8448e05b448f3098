"""`GET /health` of a node: a stranger learns whether it reaches the hub, an agency how its own systems stand."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from agency_system import AgencySystem
from wires import free_ports, until

from bus.app import prepare
from bus.app.node_process import run_node
from bus.ledger.keys import new_vault_key
from bus.node.archive import create_archive
from bus.registry.layout import metadata_path
from config.apikeys import new_api_key
from config.load import parse
from config.node import NodeSettings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from nation import EmbeddedNation

TAX = "a100006"
NODE = """
instance = "VN-test"
name = "node-tax"
state_folder = "{folder}/state"
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
[[agencies]]
id = "{agency}"
seal = "{seal}"
api_keys = "{folder}/api-keys.json"
archive = "{folder}/archive"
archive_key = "{folder}/archive.key"
[[adapters]]
service = "a100006/tax/taxpayer"
kind = "memory"
[adapters.settings.operations.status]
match = ["number"]
question = [{{ to = "number", from = "body.number" }}]
answer = {{ exists = true }}
"""


@pytest.fixture(scope="module")
def node(nation: EmbeddedNation, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str, Path]]:
    """A second node of the tax agency: its address, a key of the agency, its folder."""
    folder, state, port = tmp_path_factory.mktemp("health"), nation.state, free_ports(1)
    new_vault_key(folder / "archive.key")
    create_archive(folder / "archive")
    key, _ = new_api_key(folder / "api-keys.json", system="tax", days=30, now=prepare.today())
    text = NODE.format(
        folder=folder,
        pki=state.keys.folder,
        hub=nation.bus.addresses.hub.removeprefix("https://"),
        root=state.repository / metadata_path("root", 1),
        agency=TAX,
        port=port,
        seal=state.keys.seal_address(TAX),
    )
    settings = parse(text.encode(), NodeSettings, file="node.toml", folder=folder).settings
    stop: asyncio.Event = nation.ground.run(_event())
    running = asyncio.run_coroutine_threadsafe(run_node(settings, stop), nation.ground.loop)
    url = f"http://127.0.0.1:{port}"
    asyncio.run(until(lambda: running.done() or _listens(port)))
    yield url, key, folder
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


async def test_only_the_agencys_own_key_shows_its_systems(nation: EmbeddedNation, node: tuple[str, str, Path]):
    url, key, folder = node
    for shown in (None, "no-such-key", nation.key):
        told = await AgencySystem(url, shown).send("GET", "/health")
        assert (told.status, told.body) == (200, {"status": "ok"})
    told = await AgencySystem(url, key).send("GET", "/health")
    (system,) = told.body.pop("systems")
    assert told.body == {"status": "ok"}
    assert system.pop("seconds") >= 0
    assert system == {
        "service": "a100006/tax/taxpayer",
        "kind": "memory",
        "circuit": "closed",
        "failures": 0,
        "retries": 0,
        "inside": 0,
        "outcomes": {},
    }
    assert (folder / "state" / "circuits.json").read_bytes() == b"[]"
