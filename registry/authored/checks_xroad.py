"""Rules of X-Road's identifiers: one identifier, one system; one service code, one service; an endpoint for each call.

Promises that whatever X-Road's callers write leads to one operation or to none. Leaves out what a description says
(the metaservices hand it out as it is) and which endpoint is the nearer one (``schemas.xroad.paths``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from registry.xroad import SCHEME
from schemas.xroad.paths import Endpoint, PathError

if TYPE_CHECKING:
    from registry.authored.book import Item
    from registry.authored.known import Known
    from registry.authored.tables import AgencyTable, ServiceTable, XRoadTable
    from schemas.positions import Path

_MEMBER: Final = 3
_RESERVED: Final = frozenset(
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
"""Service codes that every subsystem, or every server, has already."""
_KINDS: Final = {"rest": (".json", ".yaml", ".yml"), "soap": (".wsdl",)}


def check(known: Known) -> None:
    """Tell every mistake in what X-Road's callers see."""
    subsystems: dict[str, tuple[Item[AgencyTable], Path]] = {}
    for agency in known.agencies.values():
        _member(known, agency)
        for number, system in enumerate(agency.table.system):
            for place, identifier in enumerate(system.xroad):
                _subsystem(known, agency, ("system", number, "xroad", place), identifier, subsystems)
    codes: dict[tuple[str, str], tuple[Item[ServiceTable], Path]] = {}
    for service in known.services.values():
        _service(known, service, codes)


def _member(known: Known, item: Item[AgencyTable]) -> None:
    for number, alias in enumerate(item.table.aliases):
        if alias.scheme == SCHEME and (alias.code.count("/") != _MEMBER - 1 or "" in alias.code.split("/")):
            known.book.tell(item, ("aliases", number, "code"), "alias-form", name=alias.code, scheme=SCHEME)


def _subsystem(
    known: Known,
    item: Item[AgencyTable],
    at: Path,
    identifier: str,
    held: dict[str, tuple[Item[AgencyTable], Path]],
) -> None:
    member = identifier.rpartition("/")[0]
    if not any(alias.scheme == SCHEME and alias.code == member for alias in item.table.aliases):
        known.book.tell(item, at, "xroad-member", name=identifier, member=member)
    earlier, where = held.setdefault(identifier, (item, at))
    if (earlier, where) != (item, at):
        known.book.tell(item, at, "duplicate", what="xroad", name=identifier, where=known.book.where(earlier, *where))


def _service(
    known: Known, item: Item[ServiceTable], codes: dict[tuple[str, str], tuple[Item[ServiceTable], Path]]
) -> None:
    table = item.table
    if table.xroad is None:
        for number, operation in enumerate(table.operation):
            for key in ("endpoints", "xroad"):
                if getattr(operation, key):
                    known.book.tell(item, ("operation", number, key), "xroad-not-spoken", name=key)
        return
    agency, system, _ = table.id.split("/")
    owner = known.agencies.get(agency)
    if owner and not any(row.id == system and row.xroad for row in owner.table.system):
        known.book.tell(item, ("xroad",), "xroad-subsystem", name=f"{agency}/{system}")
    _description(known, item, table.xroad)
    if table.xroad.protocol == "rest":
        _rest(known, item, table.xroad)
    else:
        _soap(known, item, table.xroad)
    for code, at in _codes(table, table.xroad):
        if code.partition(".")[0] in _RESERVED:
            known.book.tell(item, at, "xroad-reserved", name=code)
        earlier, where = codes.setdefault((f"{agency}/{system}", code), (item, at))
        if (earlier, where) != (item, at):
            known.book.tell(item, at, "duplicate", what="xroad", name=code, where=known.book.where(earlier, *where))


def _codes(table: ServiceTable, xroad: XRoadTable) -> list[tuple[str, Path]]:
    """Every service code of the service, with its place: REST and SOAP share one space of names."""
    if xroad.protocol == "rest":
        return [(code, ("xroad", "codes", number)) for number, code in enumerate(xroad.codes)]
    named = ((number, operation.xroad) for number, operation in enumerate(table.operation))
    return [(code, ("operation", number, "xroad")) for number, code in named if code is not None]


def _description(known: Known, item: Item[ServiceTable], table: XRoadTable) -> None:
    if table.description and not table.description.endswith(_KINDS[table.protocol]):
        expected = ", ".join(_KINDS[table.protocol])
        known.book.tell(item, ("xroad", "description"), "not-one-of", name="description", expected=expected)
    named = [(("xroad", "description"), table.description)] if table.description else []
    for place, file in (*named, *((("xroad", "files", number), file) for number, file in enumerate(table.files))):
        if not file.startswith("descriptions/") or file not in known.book.files:
            known.book.tell(item, place, "missing-file", name=file)


def _rest(known: Known, item: Item[ServiceTable], table: XRoadTable) -> None:
    if not table.codes:
        known.book.tell(item, ("xroad",), "missing-key", name="codes")
    held: dict[str, tuple[str | int, ...]] = {}
    for number, operation in enumerate(item.table.operation):
        if not operation.endpoints:
            known.book.tell(item, ("operation", number), "missing-key", name="endpoints")
        if operation.xroad:
            known.book.tell(item, ("operation", number, "xroad"), "xroad-not-spoken", name="xroad")
        for place, endpoint in enumerate(operation.endpoints):
            at = ("operation", number, "endpoints", place)
            if not _is_endpoint(endpoint):
                known.book.tell(item, at, "xroad-endpoint", name=endpoint)
            where = held.setdefault(endpoint, at)
            if where != at:
                earlier = known.book.where(item, *where)
                known.book.tell(item, at, "duplicate", what="endpoint", name=endpoint, where=earlier)


def _is_endpoint(text: str) -> bool:
    try:
        Endpoint.of(text)
    except PathError:
        return False
    return True


def _soap(known: Known, item: Item[ServiceTable], table: XRoadTable) -> None:
    if table.codes:
        known.book.tell(item, ("xroad", "codes"), "xroad-not-spoken", name="codes")
    for number, operation in enumerate(item.table.operation):
        if operation.xroad is None:
            known.book.tell(item, ("operation", number), "missing-key", name="xroad")
        if operation.endpoints:
            known.book.tell(item, ("operation", number, "endpoints"), "xroad-not-spoken", name="endpoints")
