"""What a security server tells of an X-Road: who there is, what a subsystem offers, and to whom, from the registry.

Promises: answered by this node from its own snapshot, so no exchange is made and nothing is recorded; `allowed` is what
the caller's agreements let through at this moment, of an operation whose every purpose has ended nothing is listed.
Leaves out: how lists are written (`bus.xroad.meta_lists`) and asked for (`bus.xroad.meta_rest`, `bus.xroad.meta_soap`).
Source: PR-META §2-4, PR-MREST §4-5.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal, NamedTuple

from bus.xroad.around import Around
from bus.xroad.clients import Speaker
from registry.catalogue import Operation, Service
from registry.xroad import NamedClient
from schemas.xroad.codes import ErrorCode, Side, Word, XRoadError
from schemas.xroad.ids import ClientId, ServiceId

_UNKNOWN_SUBSYSTEM: Final = ErrorCode(Side.CLIENT_PROXY, Word.UNKNOWN_MEMBER)
METASERVICES: Final = frozenset(
    {
        "listMethods",
        "allowedMethods",
        "getOpenAPI",
        "getWsdl",
        "getSecurityServerOperationalData",
        "getSecurityServerHealthData",
        "getSecurityServerMetrics",
    }
)
_BASE: Final = ("*", "/**")
"""The endpoint that stands for all of a service: X-Road does not list it."""


class Offered(NamedTuple):
    """A service as X-Road lists it.

    Attributes:
        id: by the name under which the caller asked.
        service_type: `REST`, `OPENAPI` where there is a description, or `WSDL`.
        endpoints: method and path, where some are named (REST).
    """

    id: ServiceId
    service_type: Literal["REST", "OPENAPI", "WSDL"]
    endpoints: tuple[tuple[str, str], ...] = ()


class Metadata:
    """The registry of now, as X-Road's metaservices see it."""

    def __init__(self, around: Around) -> None:
        self._around = around

    def clients(self, instance: str) -> tuple[NamedClient, ...]:
        """Members and subsystems of an X-Road instance; one that the registry knows nothing of has none."""
        book = self._around.book
        return tuple(one for one in book.clients(self._around.clock()) if one.identifier.partition("/")[0] == instance)

    def rest(self, provider: ClientId, allowed_to: Speaker | None = None) -> list[Offered]:
        """The REST services of a subsystem; those that a caller may use now, where one is given.

        Raises:
            XRoadError: `UnknownMember`, there is no such subsystem.
        """
        return [
            Offered(
                ServiceId(provider, service.xroad.codes[0]),
                "REST" if service.xroad.main is None else "OPENAPI",
                _endpoints(operations),
            )
            for service in self._services(provider)
            if service.xroad is not None and service.xroad.protocol == "rest"
            if (operations := list(self._open(service, allowed_to)))
        ]

    def soap(self, provider: ClientId, allowed_to: Speaker | None = None) -> list[Offered]:
        """The SOAP services of a subsystem: what the registry calls operations. See `rest`."""
        return [
            Offered(ServiceId(provider, code, version or None), "WSDL")
            for service in self._services(provider)
            if service.xroad is not None and service.xroad.protocol == "soap"
            for operation in self._open(service, allowed_to)
            if operation.xroad is not None
            for code, _, version in (operation.xroad.partition("."),)
        ]

    def exists(self, service: ServiceId) -> bool:
        """Whether there is such a service, or one that every subsystem or server has."""
        book, provider = self._around.book, service.client.text
        if book.client(provider, self._around.clock()) is None:
            return False
        if service.code in METASERVICES:
            return True
        known = book.soap(provider, service.code, service.version) is not None
        return known or (service.version is None and book.rest(provider, service.code) is not None)

    def provider(self, provider: ClientId) -> None:
        """Refuse a subsystem that the registry does not know.

        Raises:
            XRoadError: `UnknownMember`.
        """
        if self._around.book.client(provider.text, self._around.clock()) is None:
            raise XRoadError(_UNKNOWN_SUBSYSTEM, "The service's subsystem is not known")

    def _services(self, provider: ClientId) -> tuple[Service, ...]:
        self.provider(provider)
        return self._around.book.services(provider.text)

    def _open(self, service: Service, speaker: Speaker | None) -> Iterator[Operation]:
        for operation in service.operations.values():
            if speaker is None or self._allows(speaker, service, operation):
                yield operation

    def _allows(self, speaker: Speaker, service: Service, operation: Operation) -> bool:
        """Whether any agreement lets this caller's question through now, for whatever purpose."""
        snapshot, now_ms = self._around.directory.snapshot, self._around.clock()
        purposes = {
            purpose
            for agreement in snapshot.agreements_between(speaker.agency, service.id)
            for purpose in agreement.purposes
            if not operation.purposes or purpose in operation.purposes
        }
        return any(
            snapshot.agreement_for(speaker.agency, speaker.system, service.id, operation.name, purpose, now_ms)
            for purpose in purposes
        )


def _endpoints(operations: list[Operation]) -> tuple[tuple[str, str], ...]:
    named = (endpoint.partition(" ") for operation in operations for endpoint in operation.endpoints)
    return tuple((method, path) for method, _, path in named if (method, path) != _BASE)
