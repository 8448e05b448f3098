"""Is a node's X-Road face let in by more than it means to? Looks at the settings alone.

Leaves out whether the registry knows the clients that are listed: the node says so when it starts.
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address
from typing import Final

from bus.doctor.finding import Finding, Health
from config.node import NodeSettings
from config.xroad import XRoadClientSettings, XRoadSettings, network_of

_WIDE_V4: Final = 8
_WIDE_V6: Final = 32
_V4: Final = 4


def face(settings: NodeSettings) -> Iterator[Finding]:
    """One finding for the listener, and one for each client that is let in by its address."""
    if settings.xroad is None:
        return
    yield _listener(settings.xroad)
    for client in settings.xroad.clients:
        if client.networks:
            yield _client(client)


def _listener(xroad: XRoadSettings) -> Finding:
    name, host = "xroad.listen", xroad.listen.rpartition(":")[0].strip("[]")
    if xroad.tls is not None or _is_loopback(host):
        return Finding(name, Health.GOOD, f"{xroad.listen}, {'TLS' if xroad.tls else 'loopback'}")
    text = f"{xroad.listen} without TLS: API keys and answers can be read on the way"
    return Finding(name, Health.WARNING, text, "set xroad.tls, or listen behind a proxy on loopback")


def _client(client: XRoadClientSettings) -> Finding:
    name, networks = f"xroad.clients {client.id}", [network_of(one) for one in client.networks]
    wide = [one for one in networks if one.prefixlen < (_WIDE_V4 if one.version == _V4 else _WIDE_V6)]
    if wide:
        text = f"anybody in {wide[0]} may speak as this client"
        return Finding(name, Health.BAD, text, "list the network of that system alone, or give it an API key")
    return Finding(name, Health.GOOD, f"without a key from {', '.join(map(str, networks))}")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
