"""Who may speak as which X-Road client: decided by what a request shows, never by what it says.

Promises: denied by default; an API key or a client certificate speaks for its own system only; an address speaks for
the clients whose settings list its network, and for no other; a wrong key is refused wherever it comes from.
Leaves out what the client may ask (agreements, at the gate).
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Collection, Iterable
from typing import Final, NamedTuple, TypeAlias

from aiohttp import web

from bus import net
from bus.access import Grants
from bus.clock import Clock
from bus.directory import Directory
from schemas.problems import ProblemError
from schemas.xroad.codes import ErrorCode, Side, Word, XRoadError
from schemas.xroad.ids import ClientId

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network
KEY_HEADER: Final = "X-Api-Key"
_UNKNOWN: Final = ErrorCode(Side.CLIENT_PROXY, Word.UNKNOWN_MEMBER)
_REFUSED: Final = ErrorCode(Side.CLIENT_PROXY, Word.SSL_AUTHENTICATION_FAILED)


class Listed(NamedTuple):
    """What the settings say of one client.

    Attributes:
        id: `INSTANCE/CLASS/MEMBER[/SUBSYSTEM]`, decoded; an alias will do.
        networks: from where it may speak without showing anything.
        purpose: of its questions where several agreements would do.
    """

    id: str
    networks: tuple[Network, ...] = ()
    purpose: str | None = None


class Speaker(NamedTuple):
    """A client that was let in.

    Attributes:
        client: as the request names it.
        agency, system: whom that is in the registry; no system for a bare member.
        purpose: of its questions where several agreements would do.
    """

    client: ClientId
    agency: str
    system: str | None
    purpose: str | None = None


class Speakers:
    """The X-Road clients of one node."""

    def __init__(
        self,
        grants: Grants,
        directory: Directory,
        clock: Clock,
        *,
        served: Callable[[], Collection[str]],
        listed: Iterable[Listed] = (),
        key_header: str = KEY_HEADER,
    ) -> None:
        """`served`: the agencies of this node."""
        self._grants = grants
        self._directory = directory
        self._clock = clock
        self._served = served
        self._listed = tuple(listed)
        self.key_header: Final = key_header

    def admit(self, request: web.Request, client: ClientId) -> Speaker:
        """Let a request speak as a client.

        Raises:
            XRoadError: `UnknownMember`, no such client here; `SslAuthenticationFailed`, it may not speak as it.
        """
        found = self._directory.snapshot.xroad.client(client.text, self._clock())
        if found is None or found.agency not in self._served():
            raise XRoadError(_UNKNOWN, "The client is not known at this node")
        named = [one for one in self._listed if self._names(one, found.agency, found.system)]
        purpose = next((one.purpose for one in named if one.purpose), None)
        speaker = Speaker(client, found.agency, found.system, purpose)
        key, certificate = request.headers.get(self.key_header), net.peer_certificate(request)
        if key is not None or certificate is not None:
            self._must_show(speaker, key, certificate)
        elif not _inside(request.remote, named):
            raise XRoadError(_REFUSED, "The client shows no key and no certificate, and its network is not listed")
        return speaker

    def serves(self, agency: str) -> bool:
        """Whether the agency is one of this node's."""
        return agency in self._served()

    def known(self, request: web.Request) -> bool:
        """Whether a request that names no client (lists, archives) comes from anybody whom this node serves."""
        key, certificate = request.headers.get(self.key_header), net.peer_certificate(request)
        if key is None and certificate is None:
            return _inside(request.remote, self._listed)
        try:
            return self._grants.shown(key, certificate).agency in self._served()
        except ProblemError:
            return False

    def _must_show(self, speaker: Speaker, key: str | None, certificate: bytes | None) -> None:
        try:
            principal = self._grants.shown(key, certificate)
        except ProblemError as error:
            raise XRoadError(_REFUSED, "The key or certificate is not known at this node") from error
        if principal.agency != speaker.agency or principal.system not in {None, speaker.system}:
            raise XRoadError(_REFUSED, "The key or certificate is another client's")

    def _names(self, one: Listed, agency: str, system: str | None) -> bool:
        found = self._directory.snapshot.xroad.client(one.id, self._clock())
        return found is not None and (found.agency, found.system) == (agency, system)


def _inside(remote: str | None, listed: Iterable[Listed]) -> bool:
    try:
        address = ipaddress.ip_address((remote or "").partition("%")[0])
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return any(address in network for one in listed for network in one.networks)
