"""The registry by X-Road's identifiers: members, subsystems and service codes → agencies, systems and services.

Promises: nothing is copied, each look-up is a dictionary hit and a short list; an alias leads where the first name
leads. Leaves out percent-encoding and paths (``schemas.xroad``), and who may ask (agreements).
Identifiers are decoded text, parts joined by ``/``: ``VN/GOV/H26`` a member, ``VN/GOV/H26/one-stop`` a subsystem.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from registry.catalogue import CatalogueBook, Operation, Service
    from registry.directory import AgencyBook
    from registry.model import Agency, System, Text

SCHEME: Final = "XROAD"
"""The scheme of an agency's alias that is its X-Road member."""
_MEMBER_PARTS: Final = 3


class XRoadClient(NamedTuple):
    """Whom an X-Road identifier names; ``system`` is None for a member."""

    agency: str
    system: str | None = None


class NamedClient(NamedTuple):
    """A member or subsystem with its agency's and its own name."""

    identifier: str
    member: Text
    subsystem: Text | None = None


class XRoadBook:
    """A view of two sections; made for each use."""

    __slots__ = ("_agencies", "_catalogue")

    def __init__(self, agencies: AgencyBook, catalogue: CatalogueBook) -> None:
        self._agencies = agencies
        self._catalogue = catalogue

    def instance(self, at_ms: int) -> str | None:
        """The X-Road instance of this bus: that of the operator's member; None where X-Road is not spoken."""
        operator = self._agencies.agencies.get(self._agencies.operator)
        member = operator.code(at_ms, SCHEME) if operator else None
        return member.partition("/")[0] if member else None

    def client(self, identifier: str, at_ms: int) -> XRoadClient | None:
        """Whom a member's or subsystem's identifier names at that moment; an agency that has ended is nobody."""
        found = self._agencies.subsystems.get(identifier)
        if found is not None:
            agency, system = found
            return XRoadClient(agency.id, system.id) if agency.valid(at_ms) else None
        if identifier.count("/") != _MEMBER_PARTS - 1:
            return None
        member = self._agencies.resolve(identifier, at_ms)
        return XRoadClient(member.id) if member is not None and member.valid(at_ms) else None

    def canonical(self, agency: str, system: str | None, at_ms: int) -> str | None:
        """How X-Road writes the system, or the agency where ``system`` is None or has no subsystem of its own."""
        found = self._agencies.agencies.get(agency)
        if found is None:
            return None
        names = next((one.xroad for one in found.systems if one.id == system), ())
        return names[0] if names else found.code(at_ms, SCHEME)

    def services(self, subsystem: str) -> tuple[Service, ...]:
        """What the subsystem offers to X-Road's callers."""
        found = self._agencies.subsystems.get(subsystem)
        return () if found is None else self._catalogue.by_system.get((found[0].id, found[1].id), ())

    def rest(self, subsystem: str, code: str) -> Service | None:
        """The REST service of that code."""
        for service in self.services(subsystem):
            if service.xroad and service.xroad.protocol == "rest" and code in service.xroad.codes:
                return service
        return None

    def soap(self, subsystem: str, code: str, version: str | None) -> tuple[Service, Operation] | None:
        """The operation that X-Road calls a service, with its version as the request has it or has it not."""
        wanted = code if version is None else f"{code}.{version}"
        for service in self.services(subsystem):
            for operation in service.operations.values():
                if service.xroad and service.xroad.protocol == "soap" and operation.xroad == wanted:
                    return service, operation
        return None

    def clients(self, at_ms: int) -> Iterator[NamedClient]:
        """Every member and subsystem that exists, each by its canonical identifier, in the order of the agencies."""
        for agency in self._agencies.agencies.values():
            if agency.valid(at_ms):
                yield from _named(agency, at_ms)


def _named(agency: Agency, at_ms: int) -> Iterator[NamedClient]:
    member = agency.code(at_ms, SCHEME)
    if member is not None:
        yield NamedClient(member, agency.name)
        yield from (NamedClient(system.xroad[0], agency.name, system.name) for system in _spoken(agency.systems))


def _spoken(systems: tuple[System, ...]) -> Iterator[System]:
    return (system for system in systems if system.xroad)
