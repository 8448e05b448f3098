"""X-Road's lists as bytes: clients in XML and JSON, methods in JSON (REST) and as elements (SOAP).

Promises: names of elements, namespaces and members are those of X-Road's schemas; texts are escaped. Names of agencies
are Vietnamese first, as the registry's own. Leaves out what is listed (`bus.xroad.meta`).
Source: PR-META annexes A to C, PR-MREST annexes A and B.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec
from lxml import etree

from bus.xroad.meta import Offered
from registry.model import Text
from registry.xroad import NamedClient
from schemas.xml import Element
from schemas.xroad.ids import ServiceId
from schemas.xroad.soap import IDENTIFIERS, XROAD

_NAMESPACES: Final = {"ns1": IDENTIFIERS, "ns2": XROAD}
_CLIENT: Final = ("xRoadInstance", "memberClass", "memberCode", "subsystemCode")
_SERVICE: Final = (*_CLIENT, "serviceCode", "serviceVersion")
_CLIENT_JSON: Final = ("xroad_instance", "member_class", "member_code", "subsystem_code")
_SUBSYSTEM_PARTS: Final = 4


def clients_xml(clients: Iterable[NamedClient]) -> bytes:
    """The element `clientList`."""
    root = etree.Element(f"{{{XROAD}}}clientList", nsmap=_NAMESPACES)
    for one in clients:
        member = etree.SubElement(root, f"{{{XROAD}}}member")
        parts = one.identifier.split("/")
        kind = "SUBSYSTEM" if len(parts) == _SUBSYSTEM_PARTS else "MEMBER"
        identifier = etree.SubElement(member, f"{{{XROAD}}}id", {f"{{{IDENTIFIERS}}}objectType": kind})
        _fill(identifier, _CLIENT, parts)
        etree.SubElement(member, f"{{{XROAD}}}name").text = _shown(one.member)
        if one.subsystem is not None:
            etree.SubElement(member, f"{{{XROAD}}}subsystemName").text = _shown(one.subsystem)
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True, standalone=True)


def clients_json(clients: Iterable[NamedClient]) -> bytes:
    """The object with the list `member`."""
    return msgspec.json.encode({"member": [_client_json(one) for one in clients]})


def _client_json(one: NamedClient) -> dict[str, object]:
    parts = one.identifier.split("/")
    kind = "SUBSYSTEM" if len(parts) == _SUBSYSTEM_PARTS else "MEMBER"
    identifier = dict(zip(_CLIENT_JSON, parts, strict=False)) | {"object_type": kind}
    shown: dict[str, object] = {"id": identifier, "name": _shown(one.member)}
    if one.subsystem is not None:
        shown["subsystem_name"] = _shown(one.subsystem)
    return shown


def methods_json(offered: Iterable[Offered]) -> bytes:
    """The object with the list `service`."""
    return msgspec.json.encode({"service": [_method_json(one) for one in offered]})


def _method_json(one: Offered) -> dict[str, object]:
    client = one.id.client
    return {
        "member_class": client.member_class,
        "member_code": client.member_code,
        "object_type": "SERVICE",
        "service_code": one.id.code,
        "service_type": one.service_type,
        "subsystem_code": client.subsystem,
        "xroad_instance": client.instance,
        "endpoint_list": [{"method": method, "path": path} for method, path in one.endpoints],
    }


def methods_element(name: str, offered: Iterable[Offered]) -> Element:
    """The element `listMethodsResponse` or `allowedMethodsResponse` of a SOAP body."""
    root = etree.Element(f"{{{XROAD}}}{name}Response", nsmap={"xroad": XROAD, "id": IDENTIFIERS})
    for one in offered:
        service_element(root, "service", one.id)
    return root


def service_element(parent: Element, name: str, service: ServiceId, space: str = XROAD) -> Element:
    """Put an identifier of a service behind the other children of an element."""
    element = etree.SubElement(parent, f"{{{space}}}{name}", {f"{{{IDENTIFIERS}}}objectType": "SERVICE"})
    _fill(element, _SERVICE, (*service.client, service.code, service.version))
    return element


def _fill(identifier: Element, names: Iterable[str], parts: Iterable[str | None]) -> None:
    for name, text in zip(names, parts, strict=False):
        if text is not None:
            etree.SubElement(identifier, f"{{{IDENTIFIERS}}}{name}").text = text


def _shown(name: Text) -> str:
    return name.vi
