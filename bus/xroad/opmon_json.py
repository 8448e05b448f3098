"""Lines of operational monitoring as X-Road's collectors read them: names of fields, a compressed list of objects.

Promises: fields that name a person, a file or a path are never there, whoever asks for them by name.
Source: PR-OPMON annex B.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterable, Mapping
from typing import Final

import msgspec

from bus.version import version
from bus.xroad.opmon import Record
from schemas.xroad.ids import ClientId, ServiceId

WITHHELD: Final = frozenset(
    {"restPath", "messageUserId", "messageIssue", "representedPartyClass", "representedPartyCode"}
)
"""X-Road's collectors may ask for them; nothing stands there."""
_VERSION: Final = version()
_ABSENT: Final = frozenset({"clientSecurityServerAddress", "serviceSecurityServerAddress", "requestMimeSize"})
"""What this bus has not: nodes have no addresses to each other, and nothing is packed for the way."""
ServiceTypes = Callable[[ServiceId], str | None]


def _client(record: Record) -> ClientId:
    return record.client or ClientId("", "", "")


def _provider(record: Record) -> ClientId:
    return ClientId("", "", "") if record.service is None else record.service.client


_FIELDS: Final[Mapping[str, Callable[[Record], object]]] = {
    "monitoringDataTs": lambda one: one.seen_s,
    "securityServerInternalIp": lambda one: one.address,
    "securityServerType": lambda _: "Client",
    "requestInTs": lambda one: one.request_in_ms,
    "requestOutTs": lambda one: one.request_out_ms,
    "responseInTs": lambda one: one.response_in_ms,
    "responseOutTs": lambda one: one.response_out_ms,
    "clientXRoadInstance": lambda one: _client(one).instance,
    "clientMemberClass": lambda one: _client(one).member_class,
    "clientMemberCode": lambda one: _client(one).member_code,
    "clientSubsystemCode": lambda one: _client(one).subsystem,
    "serviceXRoadInstance": lambda one: _provider(one).instance,
    "serviceMemberClass": lambda one: _provider(one).member_class,
    "serviceMemberCode": lambda one: _provider(one).member_code,
    "serviceSubsystemCode": lambda one: _provider(one).subsystem,
    "serviceCode": lambda one: one.service.code if one.service else None,
    "serviceVersion": lambda one: one.service.version if one.service else None,
    "restMethod": lambda one: one.rest_method,
    "messageId": lambda one: one.message_id,
    "messageProtocolVersion": lambda one: one.protocol_version,
    "xRequestId": lambda one: one.request_id,
    "requestSize": lambda one: one.request_size,
    "requestAttachmentCount": lambda one: one.request_attachments,
    "responseSize": lambda one: one.response_size,
    "responseMimeSize": lambda one: one.response_size if one.response_attachments else None,
    "responseAttachmentCount": lambda one: one.response_attachments,
    "succeeded": lambda one: one.succeeded,
    "faultCode": lambda one: one.fault_code,
    "faultString": lambda one: one.fault_text,
    "statusCode": lambda one: one.status if one.rest_method else None,
    "xRoadVersion": lambda _: _VERSION,
}
KNOWN: Final = frozenset(_FIELDS) | WITHHELD | _ABSENT | {"serviceType"}
"""Names that a query may ask for."""


def compressed(records: Iterable[Record], wanted: frozenset[str], service_type: ServiceTypes) -> bytes:
    """The object with the list `records`, in gzip.

    Args:
        records: what was found.
        wanted: names of fields; empty asks for all.
        service_type: `REST`, `OPENAPI3` or `WSDL` by the registry of now.
    """
    shown = [_shown(one, wanted, service_type) for one in records]
    return gzip.compress(msgspec.json.encode({"records": shown}), mtime=0)


def _shown(record: Record, wanted: frozenset[str], service_type: ServiceTypes) -> dict[str, object]:
    values = {name: read(record) for name, read in _FIELDS.items() if not wanted or name in wanted}
    if record.service is not None and (not wanted or "serviceType" in wanted):
        values["serviceType"] = service_type(record.service)
    return {name: value for name, value in values.items() if value is not None}
