"""The embedded bus with one more service, an existing one, and a node whose face clients call.

Everything is real: TLS to the face, the link to the hub, large parts by the hub's spool, the service's own socket.
"""

from __future__ import annotations

import asyncio
import shutil
import ssl
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import aiohttp
from aiohttp import web
from multidict import CIMultiDict
from nation import EmbeddedNation
from wires import free_ports, until
from xroad_world import Existing, Reply, data_of
from yarl import URL

from adapters.port import Adapter
from adapters.xroad_rest import XRoadRestAdapter, XRoadRestOperation, XRoadRestSettings
from bus import net
from bus.app import embedded, prepare
from bus.app.node_process import run_node
from bus.keystore.development import make_development_keys
from bus.ledger.keys import new_vault_key
from bus.node.archive import create_archive
from bus.registry.layout import metadata_path
from bus.sample.procedures import CONSUMER
from bus.sample.systems import registry_folder
from config.load import parse
from config.node import NodeSettings

SERVICE: Final = "a100001/population/xroad-echo"
CLIENT: Final = "VN-test/GOV/H26/one-stop"
BYTES: Final = 8 * 1024 * 1024
SYSTEM, STRANGER = "xroad-system", "xroad-stranger"
"""Whose certificates a face is shown: the one-stop system's, and one that nobody registered."""
_SERVICE: Final = f"""
[[service]]
id = "{SERVICE}"
name = {{ vi = "Tiếng vọng", en = "Echo" }}
shape = "opaque"
basis = "LCC2023.10"
subject_scheme = "citizen"
xroad = {{ protocol = "rest", codes = ["echo"] }}

[[service.operation]]
name = "use"
safe = false
assurance = "low"
officer_required = false
timeout_ms = 20000
endpoints = ["* /**"]

[[service.operation]]
name = "administer"
assurance = "low"
officer_required = false
endpoints = ["* /admin/**"]
"""
_AGREEMENT: Final = f"""
[[agreement]]
id = "ag-0900"
consumer = "{CONSUMER}"
consumer_system = "one-stop"
service = "{SERVICE}"
operations = ["use"]
purposes = ["verification"]
basis = "LCC2023.10"
valid_from = 2025-11-01
opaque_reason = "A service that stood behind X-Road"
"""
_NODE: Final = """\
profile = "development"
instance = "VN-test"
name = "node-xroad"
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

[xroad]
listen = "127.0.0.1:{xroad_port}"
max_body_bytes = {bytes}
tls = {{ certificate = "{pki}/link/hub.pem", key = "{pki}/link/hub.key.pem", anchors = ["{pki}/root.pem"] }}

[[agencies]]
id = "{agency}"
seal = "{seal}"
api_keys = "{keys}"
archive = "{folder}/archive"
archive_key = "{folder}/archive.key"

[[agencies.system_certificates]]
system = "one-stop"
certificate = "{pki}/link/{system}.pem"
"""


class XRoadNation:
    """The nation, its existing service, and the face's address; ended by `close`."""

    services = _SERVICE
    agreements = _AGREEMENT

    def __init__(self, folder: Path) -> None:
        registry = folder / "authored"
        shutil.copytree(registry_folder(), registry)
        (registry / "services" / "xroad-echo.toml").write_text(self.services, encoding="utf-8")
        (registry / "agreements" / "xroad-echo.toml").write_text(self.agreements, encoding="utf-8")
        usual, embedded.MAX_BODY_BYTES = embedded.MAX_BODY_BYTES, BYTES  # type: ignore[misc]  # both ends take as much
        try:
            self.nation = EmbeddedNation(folder / "state", registry)
        finally:
            embedded.MAX_BODY_BYTES = usual  # type: ignore[misc]
        self.existing = Existing()
        self._sessions: dict[str | None, aiohttp.ClientSession] = {}
        self._service: web.AppRunner = self.nation.ground.run(self._serve())
        port = free_ports(2)
        self._stop: asyncio.Event = self.nation.ground.run(_event())
        settings = self._settings(folder / "node", port)
        self._running = asyncio.run_coroutine_threadsafe(run_node(settings, self._stop), self.nation.ground.loop)
        self.face = f"https://127.0.0.1:{port + 1}"
        asyncio.run(until(lambda: self._running.done() or _listens(port + 1)))

    def close(self) -> None:
        """The node, the service, the bus."""
        self.nation.ground.run(self._hang_up())
        self.nation.ground.call(self._stop.set)
        self._running.result(30)
        self.nation.ground.run(self._service.cleanup())
        self.nation.close()

    def tls(self, name: str | None = None) -> ssl.SSLContext:
        """TLS towards the face, showing the certificate of that name, or none."""
        keys = self.nation.state.keys
        if name is None:
            return net.system_context(str(keys.root), None, None)
        return net.client_context(keys.link_certificate(name), keys.link_key(name), keys.root.read_text("ascii"))

    async def call(
        self,
        verb: str,
        path: str,
        body: bytes | None = None,
        *,
        shows: str | None = SYSTEM,
        headers: Iterable[tuple[str, str]] = (),
    ) -> Reply:
        """One call as the one-stop system makes it."""
        given = CIMultiDict([*headers, ("X-Road-Client", CLIENT)])
        url = URL(f"{self.face}/r1/VN-test/GOV/G01/population/echo{path}", encoded=True)
        return await self.nation.ground.there(self._called(verb, url, body, shows, given))

    async def _called(
        self, verb: str, url: URL, body: bytes | None, shows: str | None, given: CIMultiDict[str]
    ) -> Reply:
        """On the bus's own loop, which outlives each test's: connections are closed in good time."""
        if shows not in self._sessions:
            connector = aiohttp.TCPConnector(ssl=self.tls(shows))
            self._sessions[shows] = aiohttp.ClientSession(auto_decompress=False, connector=connector)
        request = self._sessions[shows].request
        async with request(verb, url, data=data_of(body), headers=given, allow_redirects=False) as said:
            names = tuple(name.decode() for name, _ in said.raw_headers)
            return Reply(said.status, said.reason or "", said.headers, names, await said.read())

    async def _hang_up(self) -> None:
        for session in self._sessions.values():
            await session.close()

    async def _serve(self) -> web.AppRunner:
        """The service, and its adapter in the provider's node."""
        app = web.Application(client_max_size=2 * BYTES)
        app.router.add_route("*", r"/{rest:[\s\S]*}", self.existing.answer)
        runner = web.AppRunner(app, auto_decompress=False)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        settings = XRoadRestSettings(
            service_url=f"http://127.0.0.1:{runner.addresses[0][1]}/api",
            operations={"use": XRoadRestOperation(), "administer": XRoadRestOperation()},
            max_answer_bytes=BYTES,
        )
        await self.plug(SERVICE, XRoadRestAdapter(settings))
        return runner

    async def plug(self, service: str, adapter: Adapter) -> None:
        """Let an adapter answer for a service, in the provider's node."""
        await adapter.start()
        parts = [agency for node in self.nation.bus.nodes for agency in node._parts.agencies]
        next(one for one in parts if one.id == service.partition("/")[0]).adapters[service] = adapter  # type: ignore[index]

    def _settings(self, folder: Path, port: int) -> NodeSettings:
        state = self.nation.state
        make_development_keys(state.keys.folder, now=prepare.today(), nodes=[SYSTEM, STRANGER])
        folder.mkdir()
        new_vault_key(folder / "archive.key")
        create_archive(folder / "archive")
        text = _NODE.format(
            folder=folder,
            pki=state.keys.folder,
            hub=self.nation.bus.addresses.hub.removeprefix("https://"),
            root=state.repository / metadata_path("root", 1),
            agency=CONSUMER,
            port=port,
            xroad_port=port + 1,
            bytes=BYTES,
            seal=state.keys.seal_address(CONSUMER),
            keys=state.api_keys(CONSUMER),
            system=SYSTEM,
        )
        return parse(text.encode(), NodeSettings, file="node.toml", folder=folder).settings


async def _event() -> asyncio.Event:
    return asyncio.Event()


async def _listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    await writer.wait_closed()
    return True
