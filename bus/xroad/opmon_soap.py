"""Monitoring services over SOAP: `getSecurityServerOperationalData`, `…HealthData`, `…Metrics`.

Promises: asked of a member that this node serves, as X-Road asks the owner of a security server; a caller sees the
lines of its own agency's calls, and of calls to it, the operator's agency sees all; metrics of the machine are for the
owner and the operator. Numbers are of this node's face and of this process's life.
Leaves out: the lines themselves (`bus.xroad.opmon`).
Source: PR-OPMON §2-3, PR-ENVMONMES; extension for targeting security servers.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from itertools import groupby
from typing import Final

from aiohttp import web
from lxml import etree

from bus.xroad.around import Around
from bus.xroad.clients import Speaker
from bus.xroad.machine import Metric, metrics
from bus.xroad.meta_lists import service_element
from bus.xroad.opmon import PERIOD_S, Record, Records, spread
from bus.xroad.opmon_json import KNOWN, compressed
from bus.xroad.soap import SoapCame, SoapMeta, SoapSaid
from registry.xroad import XRoadClient
from schemas.xml import Element
from schemas.xroad import mime
from schemas.xroad.codes import ErrorCode, Side, Word, XRoadError
from schemas.xroad.ids import ClientId, ServiceId
from schemas.xroad.soap import IDENTIFIERS

OPMON: Final = "http://x-road.eu/xsd/op-monitoring.xsd"
MONITORING: Final = "http://x-road.eu/xsd/monitoring"
OFFSET_S: Final = 5
"""Seconds that must have passed before lines of a second are given out: by then all of them stand."""
MOST: Final = 10_000
"""Lines in one answer; a few more where they are of one second."""
_FILE: Final = "operational-monitoring-data.json.gz"
_PARTS: Final = ("xRoadInstance", "memberClass", "memberCode", "subsystemCode")
_DIGITS: Final = 12
_UNKNOWN: Final = ErrorCode(Side.CLIENT_PROXY, Word.UNKNOWN_MEMBER)
_SERVER: Final = ErrorCode(Side.CLIENT, Word.INVALID_SECURITY_SERVER)
_DENIED: Final = ErrorCode(Side.SERVER_PROXY, Word.ACCESS_DENIED)
_INVALID: Final = ErrorCode(Side.SERVER_PROXY, Word.INVALID_REQUEST)


class MonitoringServices:
    """Monitoring services of one node; `server_code` is its name where X-Road names a security server."""

    def __init__(self, around: Around, records: Records, server_code: str) -> None:
        self._around = around
        self._records = records
        self._server_code = server_code

    @property
    def services(self) -> Mapping[str, SoapMeta]:
        """The service codes that the owner of a security server has."""
        return {
            "getSecurityServerOperationalData": self._operational_data,
            "getSecurityServerHealthData": self._health_data,
            "getSecurityServerMetrics": self._metrics,
        }

    async def _operational_data(self, _request: web.Request, came: SoapCame) -> SoapSaid:
        self._owner(came)
        wrapper = came.message.wrapper
        # ① the period, cut where lines may still be missing
        first_s, last_s = _seconds(wrapper, "recordsFrom"), _seconds(wrapper, "recordsTo")
        if last_s < first_s:
            raise XRoadError(_INVALID, "Records to timestamp is earlier than records from timestamp")
        available_s = self._around.clock() // 1000 - OFFSET_S
        if first_s >= available_s:
            raise XRoadError(_INVALID, "Records are not available yet")
        following = available_s if last_s >= available_s else None
        # ② whose lines, and which fields of them
        found = self._records.between(first_s, min(last_s, available_s - 1))
        shown = list(filter(self._visible_to(came.speaker), found))
        partner = _client(wrapper, f"{{{OPMON}}}searchCriteria/{{{OPMON}}}client")
        if partner is not None:
            shown = [one for one in shown if partner in _both(one)]
        wanted = _wanted(wrapper, OPMON)
        if wanted - KNOWN:
            raise XRoadError(_INVALID, "Unknown output field")
        # ③ no more than an answer may hold, never half a second
        shown, cut = _first_of(shown)
        data = await asyncio.to_thread(compressed, shown, wanted, self._service_type)
        return _data(len(shown), cut or following, data)

    async def _health_data(self, _request: web.Request, came: SoapCame) -> SoapSaid:
        self._owner(came)
        partner = _client(came.message.wrapper, f"{{{OPMON}}}filterCriteria/{{{OPMON}}}client")
        now_s = self._around.clock() // 1000
        seen = filter(self._visible_to(came.speaker), self._records.between(0, now_s))
        services: dict[ServiceId, list[Record]] = {}
        for line in seen:
            if line.service is not None and partner in {None, line.service.client}:
                services.setdefault(line.service, []).append(line)
        root = etree.Element(f"{{{OPMON}}}getSecurityServerHealthDataResponse", nsmap={"om": OPMON, "id": IDENTIFIERS})
        _add(root, "monitoringStartupTimestamp", self._records.started_ms)
        _add(root, "statisticsPeriodSeconds", PERIOD_S)
        events = etree.SubElement(root, f"{{{OPMON}}}servicesEvents")
        for service in sorted(services, key=lambda one: one.text):
            element = etree.SubElement(events, f"{{{OPMON}}}serviceEvents")
            self._events(element, service, services[service], now_s - PERIOD_S)
        return SoapSaid(etree.tostring(root, encoding="UTF-8"))

    async def _metrics(self, _request: web.Request, came: SoapCame) -> SoapSaid:
        owner = self._owner(came)
        if came.speaker.agency not in {owner.agency, self._around.directory.snapshot.operator}:
            raise XRoadError(_DENIED, "Metrics are for the security server's owner and the operator")
        now_ms = self._around.clock()
        recent = self._records.between(now_ms // 1000 - PERIOD_S, now_ms // 1000)
        wanted = _wanted(came.message.wrapper, MONITORING)
        root = etree.Element(f"{{{MONITORING}}}getSecurityServerMetricsResponse", nsmap={"m": MONITORING})
        server = f"SERVER:{came.message.header.service.client.member.text}/{self._server_code}"
        _write(root, metrics(server, wanted, [one.response_out_ms - one.request_in_ms for one in recent], now_ms))
        return SoapSaid(etree.tostring(root, encoding="UTF-8"))

    def _owner(self, came: SoapCame) -> XRoadClient:
        """Whom the call names as this security server's owner: any agency that the node serves."""
        header = came.message.header
        provider, target = header.service.client, header.security_server
        found = self._around.book.client(provider.member.text, self._around.clock())
        if provider.subsystem is not None or found is None or not self._around.speakers.serves(found.agency):
            raise XRoadError(_UNKNOWN, "The service's owner is no member of this security server")
        if target is not None and (target[:3] != provider[:3] or target.code != self._server_code):
            raise XRoadError(_SERVER, "There is no such security server here")
        return found

    def _visible_to(self, speaker: Speaker) -> Callable[[Record], bool]:
        if speaker.agency == self._around.directory.snapshot.operator:
            return lambda _: True
        book, now_ms = self._around.book, self._around.clock()

        @cache
        def is_own(client: ClientId) -> bool:
            found = book.client(client.text, now_ms)
            return found is not None and found.agency == speaker.agency

        return lambda record: any(is_own(one) for one in _both(record))

    def _service_type(self, service: ServiceId) -> str | None:
        book = self._around.book
        if service.version is None:
            found = book.rest(service.client.text, service.code)
            if found is not None and found.xroad is not None:
                return "REST" if found.xroad.main is None else "OPENAPI3"
        return None if book.soap(service.client.text, service.code, service.version) is None else "WSDL"

    def _events(self, parent: Element, service: ServiceId, lines: Sequence[Record], since_s: int) -> None:
        service_element(parent, "service", service, OPMON)
        for name, good in (("lastSuccessfulRequestTimestamp", True), ("lastUnsuccessfulRequestTimestamp", False)):
            last = max((one.response_out_ms for one in lines if one.succeeded is good), default=None)
            if last is not None:
                _add(parent, name, last)
        kind = self._service_type(service)
        if kind is not None:
            _add(parent, "serviceType", kind)
        period = etree.SubElement(parent, f"{{{OPMON}}}lastPeriodStatistics")
        recent = [one for one in lines if one.seen_s >= since_s]
        good_lines = [one for one in recent if one.succeeded]
        _add(period, "successfulRequestCount", len(good_lines))
        _add(period, "unsuccessfulRequestCount", len(recent) - len(good_lines))
        durations = [one.response_out_ms - one.request_in_ms for one in good_lines]
        _add_spread(period, "request", "Duration", durations)
        _add_spread(period, "request", "Size", [one.request_size for one in good_lines])
        _add_spread(period, "response", "Size", [one.response_size for one in good_lines])


def _seconds(wrapper: Element, name: str) -> int:
    text = (wrapper.findtext(f"{{{OPMON}}}searchCriteria/{{{OPMON}}}{name}") or "").strip()
    if not text.isascii() or not text.isdigit() or len(text) > _DIGITS:
        raise XRoadError(_INVALID, f"{name} must be a Unix timestamp in seconds")
    return int(text)


def _client(wrapper: Element, path: str) -> ClientId | None:
    element = wrapper.find(path)
    if element is None:
        return None
    instance, member_class, member_code, subsystem = (
        (element.findtext(f"{{{IDENTIFIERS}}}{name}") or "").strip() for name in _PARTS
    )
    return ClientId(instance, member_class, member_code, subsystem or None)


def _wanted(wrapper: Element, space: str) -> frozenset[str]:
    fields = wrapper.iterfind(f"{{{space}}}outputSpec/{{{space}}}outputField")
    return frozenset((one.text or "").strip() for one in fields)


def _both(record: Record) -> tuple[ClientId, ...]:
    if record.client is None or record.service is None:
        return ()
    return record.client, record.service.client


def _first_of(records: list[Record]) -> tuple[list[Record], int | None]:
    """As many whole seconds as an answer holds, and with which second the next query begins, where lines are left."""
    kept: list[Record] = []
    for second, lines in groupby(sorted(records, key=lambda one: one.seen_s), key=lambda one: one.seen_s):
        more = list(lines)
        if kept and len(kept) + len(more) > MOST:
            return kept, second
        kept += more
    return kept, None


def _data(count: int, following: int | None, data: bytes) -> SoapSaid:
    root = etree.Element(f"{{{OPMON}}}getSecurityServerOperationalDataResponse", nsmap={"om": OPMON})
    _add(root, "recordsCount", count)
    _add(root, "records", f"cid:{_FILE}")
    if following is not None:
        _add(root, "nextRecordsFrom", following)
    headers = (
        ("content-type", "application/gzip"),
        ("content-transfer-encoding", "binary"),
        ("content-id", f"<{_FILE}>"),
    )
    return SoapSaid(etree.tostring(root, encoding="UTF-8"), (mime.Part(headers, data),))


def _add(parent: Element, name: str, value: object) -> None:
    etree.SubElement(parent, f"{{{OPMON}}}{name}").text = str(value)


def _add_spread(parent: Element, side: str, what: str, numbers: Iterable[int | None]) -> None:
    found = spread(numbers)
    if found is None:
        return
    named = {f"Min{what}": found.least, f"Average{what}": found.mean, f"Max{what}": found.most}
    for name, value in (*named.items(), (f"{what}StdDev", found.deviation)):
        _add(parent, f"{side}{name}", value)


def _write(parent: Element, metric: Metric) -> None:
    element = etree.SubElement(parent, f"{{{MONITORING}}}{metric.kind}")
    for name, value in metric.values:
        etree.SubElement(element, f"{{{MONITORING}}}{name}").text = value
    for inner in metric.inner:
        _write(element, inner)
