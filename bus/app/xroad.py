"""A node's X-Road face, put together: who may speak, what is answered, where it listens.

Promises: the one place that names every part of the face; metaservices, SOAP and REST share one listener.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from ssl import SSLContext
from typing import Final

import structlog
from aiohttp import web

from bus import net
from bus.access import Grants
from bus.clock import Clock
from bus.directory import Directory
from bus.http.agency import Desk
from bus.xroad.around import Around, Limits
from bus.xroad.asic import AsicContainers
from bus.xroad.clients import Listed, Speakers
from bus.xroad.face import XRoadFace
from bus.xroad.globalconf import GlobalConfiguration
from bus.xroad.health import Health
from bus.xroad.meta import Metadata
from bus.xroad.meta_rest import RestMetadata
from bus.xroad.meta_soap import SoapMetadata
from bus.xroad.opmon import Records
from bus.xroad.opmon_soap import MonitoringServices
from bus.xroad.soap import SoapCalls
from config.xroad import XRoadSettings, XRoadTls, network_of
from schemas.xroad.codes import Style
from signing.keys import Signer

log = structlog.get_logger(__name__)
GRACE_S: Final = 5.0


def around_of(
    settings: XRoadSettings, *, grants: Grants, desks: Mapping[str, Desk], directory: Directory, clock: Clock
) -> Around:
    """What every handler of the face works with."""
    listed = [
        Listed(one.id, tuple(network_of(network) for network in one.networks), one.purpose) for one in settings.clients
    ]
    speakers = Speakers(grants, directory, clock, served=desks.keys, listed=listed, key_header=settings.api_key_header)
    return Around(
        askers={agency: desk.asker for agency, desk in desks.items()},
        directory=directory,
        speakers=speakers,
        clock=clock,
        style=Style(settings.error_style),
        limits=Limits(
            max_body_bytes=settings.max_body_bytes,
            max_memory_bytes=settings.max_memory_bytes,
            timeout_ms=settings.timeout_ms,
            max_in_flight=settings.max_in_flight,
        ),
    )


def face_of(around: Around, server_code: str = "node", signers: Callable[[], Mapping[str, Signer]] = dict) -> XRoadFace:
    """The face with everything that a security server answers.

    Args:
        around: what its handlers work with.
        server_code: the node's name where X-Road names a security server.
        signers: the seal keys of its agencies; one of them signs the global configuration.
    """
    records = Records(around.clock, Metadata(around).exists)
    rest, soap = RestMetadata(around), SoapMetadata(around)
    monitoring = MonitoringServices(around, records, server_code)
    calls = SoapCalls(around, {**soap.services, **monitoring.services})
    configuration = GlobalConfiguration(around, signers, server_code)
    others = (configuration.add, AsicContainers(around).add, Health(around).add)
    adders = [records.add_to, calls.add, rest.add, soap.add, *others]
    return XRoadFace(around, extra=adders, metaservices=rest.services)


async def start(
    settings: XRoadSettings,
    desks: Mapping[str, Desk],
    grants: Grants,
    clock: Clock,
    signers: Callable[[], Mapping[str, Signer]],
) -> web.AppRunner:
    """The face of a node that stands, listening."""
    directory = next(iter(desks.values())).directory
    around = around_of(settings, grants=grants, desks=desks, directory=directory, clock=clock)
    for one in settings.clients:
        if around.book.client(one.id, clock()) is None:
            log.warning("xroad-client-unknown", client=one.id)
    return await listen(settings, face_of(around, settings.server_code, signers))


async def listen(settings: XRoadSettings, face: XRoadFace) -> web.AppRunner:
    """Open the listener; bodies pass as they come, compressed ones too."""
    runner = web.AppRunner(face.application(), access_log=None, shutdown_timeout=GRACE_S, auto_decompress=False)
    await runner.setup()
    host, _, port = settings.listen.rpartition(":")
    await web.TCPSite(runner, host.strip("[]"), int(port), ssl_context=_tls(settings.tls)).start()
    return runner


def _tls(tls: XRoadTls | None) -> SSLContext | None:
    if tls is None:
        return None
    return net.face_context(tls.certificate, tls.key, net.anchors_in(tls.anchors) if tls.anchors else None)
