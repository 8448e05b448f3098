"""Operational monitoring: a line for every call at the X-Road face, kept in memory, bounded.

Promises: a line holds no path, no query, no user, no issue and no represented party, a message id only where it is no
number that somebody may have, and a service only where the registry has it; the oldest lines go when the bound is
reached; a call that nobody could read leaves none. Lines are gone with the process: the record of what was asked is the
ledger.
Leaves out: asking for lines (`bus.xroad.opmon_soap`), and the provider's side.
Source: PR-OPMON §2, annex B.
"""

from __future__ import annotations

import re
import statistics
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, TypeAlias

from aiohttp import web

from bus.clock import Clock
from schemas.xroad import rest
from schemas.xroad.ids import ClientId, ServiceId
from schemas.xroad.rest import RestRequest
from schemas.xroad.soap import Header

MOST: Final = 20_000
"""Lines kept."""
PERIOD_S: Final = 600
"""What health data tell of, in seconds back from now."""
UNKNOWN: Final = ServiceId(ClientId("-", "-", "-"), "unknown")
"""Stands for a service that does not exist: a caller may have put anything where its code belongs."""
_Handler: TypeAlias = Callable[[web.Request], Awaitable[web.StreamResponse]]
_UUID: Final = r"[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}"
_MESSAGE_ID: Final = re.compile(rf"(?:[A-Za-z.-]{{1,40}}-)?{_UUID}|(?!.*\d{{6}})[A-Za-z0-9._:-]{{1,100}}")


@dataclass(slots=True)
class Record:
    """One call. Moments in milliseconds since the epoch, sizes in bytes; what is not known is None."""

    request_in_ms: int
    request_size: int | None = None
    client: ClientId | None = None
    service: ServiceId | None = None
    message_id: str | None = None
    protocol_version: str | None = None
    rest_method: str | None = None
    request_id: str | None = None
    request_attachments: int = 0
    response_attachments: int = 0
    request_out_ms: int | None = None
    response_in_ms: int | None = None
    response_out_ms: int = 0
    response_size: int | None = None
    status: int | None = None
    fault_code: str | None = None
    fault_text: str | None = None
    address: str | None = None

    @property
    def succeeded(self) -> bool:
        """Whether the call was mediated; a service's own error is its own affair."""
        return self.fault_code is None

    @property
    def seen_s(self) -> int:
        """When the line was written, in seconds: what queries go by."""
        return self.response_out_ms // 1000

    def failed(self, code: str, message: str) -> None:
        """Note an error of ours; its texts hold no value of the request."""
        self.fault_code, self.fault_text = code, message


record_key: Final = web.RequestKey("xroad-record", Record)


class Records:
    """The lines of one node's face."""

    def __init__(self, clock: Clock, known: Callable[[ServiceId], bool], most: int = MOST) -> None:
        """`known`: whether the registry has such a service; what stands in its place is the caller's text."""
        self.clock: Final = clock
        self.started_ms: Final = clock()
        self._known = known
        self._lines: deque[Record] = deque(maxlen=most)

    def add(self, record: Record) -> None:
        """Keep a line; one without client and service is nobody's, and is not kept."""
        if record.client is None or record.service is None:
            return
        if not self._known(record.service):
            record.service = UNKNOWN
        self._lines.append(record)

    def between(self, first_s: int, last_s: int) -> list[Record]:
        """Lines written in these seconds, both included, oldest first."""
        return [one for one in self._lines if first_s <= one.seen_s <= last_s]

    def add_to(self, app: web.Application) -> None:
        """Watch every call of an application (`bus.xroad.face.Adder`)."""
        app.middlewares.insert(0, self._watch)

    @web.middleware
    async def _watch(self, request: web.Request, handler: _Handler) -> web.StreamResponse:
        socket = request.transport.get_extra_info("sockname") if request.transport else None
        record = Record(self.clock(), request.content_length, address=socket[0] if socket else None)
        request[record_key] = record
        response = await handler(request)
        record.response_out_ms = self.clock()
        if record.response_in_ms is None:  # answered here: X-Road writes both pairs of moments alike then
            record.request_out_ms, record.response_in_ms = record.request_in_ms, record.response_out_ms
        record.status = response.status
        record.fault_code = record.fault_code or response.headers.get("X-Road-Error")
        record.response_size = response.content_length
        self.add(record)
        return response


def noted(request: web.Request) -> Record:
    """The line of a request; where nobody watches, one that is thrown away."""
    found = request.get(record_key)
    return Record(0) if found is None else found


def note_rest(request: web.Request, message: RestRequest, client: ClientId, service: ServiceId) -> None:
    """Note whom a REST call is from and for."""
    record = noted(request)
    record.client, record.service = client, service
    record.protocol_version, record.rest_method = "1", message.verb
    record.message_id = message_id_of(message.last(rest.ID) or "")
    record.request_id = message.last(rest.REQUEST_ID)


def note_soap(request: web.Request, header: Header, attachments: int) -> None:
    """Note whom a SOAP call is from and for."""
    record = noted(request)
    record.client, record.service = header.client, header.service
    record.protocol_version, record.message_id = header.protocol_version, message_id_of(header.id)
    record.request_attachments = attachments


@contextmanager
def outside(request: web.Request, clock: Clock) -> Iterator[None]:
    """The time in which a call is with the bus."""
    record = noted(request)
    record.request_out_ms = clock()
    try:
        yield
    finally:
        record.response_in_ms = clock()


def message_id_of(text: str) -> str | None:
    """A message id as a line may hold it: a UUID, also behind the instance, or a word without a long number."""
    return text if _MESSAGE_ID.fullmatch(text) else None


@dataclass(frozen=True, slots=True)
class Spread:
    """Least, mean, most and standard deviation of some numbers."""

    least: int
    mean: float
    most: int
    deviation: float


def spread(numbers: Iterable[int | None]) -> Spread | None:
    """How numbers are spread; None where there are none."""
    known = [one for one in numbers if one is not None]
    if not known:
        return None
    return Spread(min(known), statistics.fmean(known), max(known), statistics.pstdev(known))
