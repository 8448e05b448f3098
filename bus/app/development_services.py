"""The process of a development PKI's services: on loopback, and nowhere else.

Promises: an address that others could reach is refused. Leaves out: anything fit for production, where a TSA and an
OCSP responder are the operator's own or a trust service provider's.
"""

from __future__ import annotations

import asyncio
from ipaddress import ip_address
from pathlib import Path
from typing import Final

import structlog
from aiohttp import web

from bus.app.hub import listen_on, port_of
from bus.http.development import DevelopmentFace, utc_now
from bus.keystore.development import DevelopmentKeys

log = structlog.get_logger(__name__)
DEFAULT_LISTEN: Final = "127.0.0.1:8491"
DEFAULT_SERVICES: Final = f"http://{DEFAULT_LISTEN}"
GRACE_S: Final = 2.0


class NotLoopbackError(Exception):
    """The development PKI would be served to other machines."""


async def run_services(
    folder: Path, listen: str, stop: asyncio.Event, ready: asyncio.Future[int] | None = None
) -> None:
    """Serve until `stop`; `ready` gets the port.

    Raises:
        NotLoopbackError: the address is not a loopback one.
        SecretError, OSError: the folder or the address cannot be used.
    """
    host = listen.rpartition(":")[0].strip("[]")
    if not _is_loopback(host):
        raise NotLoopbackError("a development PKI is served on loopback alone (127.0.0.1, ::1)")
    face = await asyncio.to_thread(_face, folder)
    runner = web.AppRunner(face.application(), access_log=None, shutdown_timeout=GRACE_S)
    try:
        await runner.setup()
        listener = listen_on(listen)
        port = port_of(listener)
        await web.SockSite(runner, listener).start()
        log.warning("development-pki-listening", listen=listen, port=port, never_for="production")
        if ready is not None:
            ready.set_result(port)
        await stop.wait()
    finally:
        await runner.cleanup()


def _face(folder: Path) -> DevelopmentFace:
    return DevelopmentFace.open(DevelopmentKeys(folder.absolute()), utc_now)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
