"""Agencies over time: codes that change hands, mergers, certificates.

Promises constant-time look-ups by id, by dated code and by thumbprint. Leaves out parents and hosts as policy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from registry.model import Agency, Certificate, System, Text
    from registry.sections import Agencies, Certificates


class CertificateBook:
    """The indexes of the section "certificates"."""

    __slots__ = ("anchors", "by_thumbprint", "by_use")

    def __init__(self, section: Certificates) -> None:
        self.anchors: Final = section.anchors
        self.by_thumbprint: Final[dict[str, Certificate]] = {row.x5t: row for row in section.certificates}
        self.by_use: Final[dict[tuple[str, str], tuple[Certificate, ...]]] = {}
        for row in section.certificates:
            key = (row.agency, row.use)
            self.by_use[key] = (*self.by_use.get(key, ()), row)


class AgencyBook:
    """The indexes of the section "agencies", and what it says of the instance."""

    __slots__ = ("_codes", "agencies", "instance", "name", "operator", "subsystems")

    def __init__(self, section: Agencies) -> None:
        self.instance: Final[str] = section.instance
        self.name: Final[Text] = section.name
        self.operator: Final[str] = section.operator
        self.agencies: Final[dict[str, Agency]] = {row.id: row for row in section.agencies}
        self._codes: Final[dict[str, tuple[tuple[int, int, Agency], ...]]] = {}
        self.subsystems: Final[dict[str, tuple[Agency, System]]] = {}
        for agency in section.agencies:
            for system in agency.systems:
                self.subsystems.update(dict.fromkeys(system.xroad, (agency, system)))
            for alias in agency.aliases:
                period = (alias.valid_from_ms, alias.valid_to_ms, agency)
                self._codes[alias.code] = (*self._codes.get(alias.code, ()), period)

    def resolve(self, code_or_id: str, at_ms: int) -> Agency | None:
        """See ``Snapshot.resolve``."""
        found = self.agencies.get(code_or_id)
        if found is not None:
            return found
        for start, end, agency in self._codes.get(code_or_id, ()):
            if start <= at_ms < end:
                return agency
        return None

    def successors_at(self, agency_id: str, at_ms: int) -> tuple[Agency, ...]:
        """See ``Snapshot.successors_at``; an agency that did not exist yet is succeeded by nobody."""
        found: dict[str, Agency] = {}
        seen: set[str] = set()
        waiting = [agency_id]
        while waiting:
            name = waiting.pop(0)
            agency = self.agencies.get(name)
            if agency is None or name in seen:
                continue
            seen.add(name)
            if agency.valid(at_ms):
                found[name] = agency
            elif at_ms >= agency.valid_to_ms:
                waiting.extend(agency.successors)
        return tuple(found.values())
