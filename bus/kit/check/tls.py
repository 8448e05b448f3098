"""One TLS handshake with the system, by the adapter's own trust; nothing is asked over it.

Promises: verification is never off, so a certificate that does not hold is told by OpenSSL's reason alone.
Leaves out: what an adapter does by itself (`bus.kit.check.gathering` puts an impostor in between).
Source: PostgreSQL's protocol 3.0 §55.2.12 for how its TLS begins.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from typing import Final

from bus import net
from bus.kit.check.facts import TlsLook
from bus.kit.check.target import Endpoint, Target

_TIMEOUT_S: Final = 10.0
_SSL_REQUEST: Final = (8).to_bytes(4, "big") + (80877103).to_bytes(4, "big")


async def look(target: Target, endpoint: Endpoint) -> TlsLook:
    """Shake hands and leave."""
    return await asyncio.to_thread(_shake_hands, target, endpoint)


def _shake_hands(target: Target, endpoint: Endpoint) -> TlsLook:
    try:
        files = target.tls_files
        context = net.system_context(files.ca_file, files.certificate_file, files.key_file)
        with socket.create_connection((endpoint.host, endpoint.port), _TIMEOUT_S) as raw:
            if endpoint.speaks == "postgresql":
                raw.sendall(_SSL_REQUEST)
                if raw.recv(1) != b"S":
                    return TlsLook(refused="the database offers no TLS")
            with context.wrap_socket(raw, server_hostname=endpoint.host) as shaken:
                return TlsLook(shaken.version() or "", shaken.getpeercert(binary_form=True) or b"")
    except ssl.SSLCertVerificationError as error:
        return TlsLook(refused=error.verify_message)
    except ssl.SSLError as error:
        return TlsLook(refused=str(error.reason))
    except OSError as error:
        return TlsLook(refused=error.strerror or type(error).__name__)
