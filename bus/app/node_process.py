"""A node from its settings: keys, archives, adapters, link, HTTP face.

Promises: nothing is created here but the trusted registry's folder; a missing archive, key or adapter file stops the
start with the reason and the place. Leaves out: making them (`lienthong keys|…`).
"""

from __future__ import annotations

import asyncio
import dataclasses
import ssl
import tomllib
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import structlog
from aiohttp import web

from adapters.kinds import KINDS, build
from adapters.plugins import with_plugins
from adapters.port import Adapter
from adapters.surroundings import TlsFiles
from bus import net
from bus.access import Grants
from bus.app import heap, xroad
from bus.app.grants import KeyFiles, certificates_of
from bus.app.lasting import lasting
from bus.app.node import AgencyParts, LinkRenewal, Node, NodeParts, WatchParts
from bus.app.registry import NodeRegistry
from bus.app.sealing import sealing_for
from bus.clock import Clock, SteadyClock
from bus.http.agency import AgencyFace
from bus.keystore import open_key
from bus.kit.sandbox import adapter as sandbox
from bus.kit.sandbox.adapter import Registry
from bus.kit.sandbox.refused import SandboxError
from bus.ledger.keys import read_vault_key
from bus.ledger.port import LedgerError
from bus.link.limits import LinkLimits
from bus.node import seals
from bus.node.archive import SqlArchive
from bus.node.link_identity import LinkIdentity
from bus.node.renewals import RenewalPlace
from bus.node.systems import STATE_FILE
from bus.registry.follow import Follower
from config.node import AdapterSettings, AgencySettings, NodeHttpSettings, NodeSettings
from config.parts import Environment
from config.secrets import read_secret
from signing.checkpoint import NoteError, NoteVerifier
from signing.tlog_policy import Policy, PolicyError

log = structlog.get_logger(__name__)
GRACE_S: Final = 5.0


class LedgerPolicyError(LedgerError):
    """The node's trust in the ledger cannot be read."""


async def run_node(settings: NodeSettings, stop: asyncio.Event) -> None:
    """The node's process, until `stop`."""
    clock = SteadyClock()
    follower = Follower(settings.registry.folder, settings.registry.trusted_root.read_bytes(), settings.instance)
    registry = NodeRegistry(follower, clock)
    adapters = _adapters(settings, lambda: registry.directory.snapshot if registry.directory else None)
    keys = KeyFiles(_key_files(settings), certificates_of(settings.agencies), token_seconds=settings.http.token_seconds)
    agencies = [
        await _agency(agency, adapters, clock, settings.trust.certificate_warning_days) for agency in settings.agencies
    ]
    link = settings.link
    identity = LinkIdentity(link, clock())
    node = await Node.start(
        NodeParts(
            instance=settings.instance,
            hub=tuple(f"wss://{address}/link" for address in link.hub),
            tls=identity.context,
            registry=registry,
            agencies=tuple(agencies),
            clock=clock,
            max_body_bytes=settings.max_part_bytes,
            max_parallel=settings.dossier.max_parallel_questions,
            limits=LinkLimits(heartbeat_s=link.heartbeat_seconds),
            longest_wait_s=link.longest_wait_seconds,
            ledger=watch_of(settings),
            link=_link_renewal(settings, identity),
            circuits_file=_in_state_folder(settings, circuits_file(settings)),
        )
    )
    try:
        _check_sandboxes(adapters.values())
    except SandboxError:
        await node.close()
        raise
    faces = [await _face(settings, node, keys.grants)]
    if settings.xroad is not None:
        faces.append(await xroad.start(settings.xroad, node.desks, keys.grants, clock, node.signers))
    watching = lasting(keys.watch, "api-keys-watch")
    sealing = lasting(lambda: seals.run(_sealed(settings), lambda: datetime.now(UTC)), "days-sealed")
    log.info("node-listening", node=settings.name, listen=settings.http.listen)
    heap.settle()
    try:
        await stop.wait()
    finally:
        watching.cancel()
        sealing.cancel()
        await asyncio.gather(watching, sealing, return_exceptions=True)
        await asyncio.gather(*(face.cleanup() for face in faces))
        await node.close()


def _link_renewal(settings: NodeSettings, identity: LinkIdentity) -> LinkRenewal | None:
    renewal = settings.link.renewal
    if renewal is None:
        return None
    place = RenewalPlace(renewal.folder, identity.address, settings.trust.certificate_warning_days)
    return LinkRenewal(identity, renewal.agency, place)


def watch_file(settings: NodeSettings) -> Path:
    """Where the node keeps what it saw of the ledger."""
    return settings.state_folder / "ledger-watch.json"


def circuits_file(settings: NodeSettings) -> Path:
    """Where the node keeps which of its agencies' systems it leaves alone just now."""
    return settings.state_folder / STATE_FILE


def _in_state_folder(settings: NodeSettings, file: Path) -> Path:
    settings.state_folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return file


def watch_of(settings: NodeSettings) -> WatchParts | None:
    """How the node watches the ledger.

    Raises:
        LedgerPolicyError: the policy or a key is not as specified.
    """
    ledger = settings.ledger
    if ledger is None:
        return None
    try:
        policy = Policy() if ledger.policy is None else Policy.from_text(ledger.policy.read_bytes())
        keys = tuple(NoteVerifier.from_text(text) for text in ledger.keys)
    except (PolicyError, NoteError) as error:
        raise LedgerPolicyError(f"ledger: {error}") from error
    return WatchParts(
        dataclasses.replace(policy, logs=(*policy.logs, *keys)), _in_state_folder(settings, watch_file(settings))
    )


def _key_files(settings: NodeSettings) -> dict[str, Path]:
    return {agency.id: agency.api_keys for agency in settings.agencies if agency.api_keys is not None}


async def _agency(
    agency: AgencySettings, adapters: Mapping[str, Adapter], clock: Clock, warning_days: int
) -> AgencyParts:
    archive = await SqlArchive.open(agency.archive, read_vault_key(agency.archive_key), clock)
    own = {service: adapter for service, adapter in adapters.items() if service.partition("/")[0] == agency.id}
    place = None if agency.renewal is None else RenewalPlace(agency.renewal, agency.seal, warning_days)
    return AgencyParts(agency.id, open_key(agency.seal), archive, own, place)


def _sealed(settings: NodeSettings) -> dict[str, seals.Place]:
    """The archives whose days are sealed by themselves: all, where services for it are set."""
    if settings.evidence is None:
        log.warning("evidence-not-sealed", mend="set [evidence], or run lienthong node archive seal")
        return {}
    return {
        one.id: seals.Place(one.archive, read_vault_key(one.archive_key), sealing_for(settings.evidence, one))
        for one in settings.agencies
    }


def _adapters(settings: NodeSettings, snapshot: Registry) -> dict[str, Adapter]:
    make = maker_of(settings, snapshot)
    return {adapter.service: make(adapter) for adapter in settings.adapters}


def maker_of(settings: NodeSettings, snapshot: Registry = lambda: None) -> Callable[[AdapterSettings], Adapter]:
    """What builds this node's adapters, not started; `DeclarationError` lists every mistake with the file's name.

    `snapshot` is the node's registry, once it has one: what a sandbox answers from.

    Raises:
        DeclarationError: a package named under `plugins` does not bring what it should.
    """
    kinds = with_plugins(KINDS, settings.plugins)
    development = settings.environment is Environment.DEVELOPMENT

    def make(adapter: AdapterSettings) -> Adapter:
        file = adapter.file
        return build(
            adapter.kind,
            adapter.settings if file is None else tomllib.loads(file.read_text(encoding="utf-8")),
            _secrets(adapter.secrets),
            folder=Path() if file is None else file.parent,
            tls=_tls,
            place=adapter.service if file is None else str(file),
            development=development,
            kinds={**kinds, sandbox.KIND: sandbox.kind_for(adapter.service, snapshot)},
        )

    return make


def _check_sandboxes(adapters: Iterable[Adapter]) -> None:
    """See that what stands for systems that are not there yet can answer.

    Raises:
        SandboxError: it cannot, with rule and place.
    """
    for adapter in adapters:
        if isinstance(adapter, sandbox.SandboxAdapter):
            log.warning("answers-are-invented", operations=sorted(adapter.operations))


def _tls(files: TlsFiles) -> ssl.SSLContext:
    return net.system_context(files.ca_file, files.certificate_file, files.key_file, verify=files.verify)


def _secrets(paths: Mapping[str, Path]) -> Callable[[str], str]:
    return lambda name: read_secret(paths[name]).decode()


async def _face(settings: NodeSettings, node: Node, grants: Grants) -> web.AppRunner:
    http = settings.http
    face = AgencyFace(
        grants,
        node.desks,
        max_body_bytes=http.max_body_bytes,
        max_in_flight=http.max_in_flight,
        public_url=http.public_url,
    )
    runner = web.AppRunner(face.application(), access_log=None, shutdown_timeout=GRACE_S)
    await runner.setup()
    host, _, port = http.listen.rpartition(":")
    await web.TCPSite(runner, host.strip("[]"), int(port), ssl_context=face_tls(http)).start()
    return runner


def face_tls(http: NodeHttpSettings) -> ssl.SSLContext | None:
    """TLS of the face to agency systems; None where it has none."""
    if http.tls is None:
        return None
    context = net.server_context if http.client_certificates == "required" else net.face_context
    return context(http.tls.certificate, http.tls.key, net.anchors_in(http.tls.anchors))
