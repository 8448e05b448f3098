"""X-Road's shared parameters, written from the registry: members, subsystems, authorities, servers.

Promises: obeys X-Road's schema of version 2; every member and subsystem has one identifier in the document. Of servers
it tells what is so here: one of the operator's, which reaches every subsystem, and this node for those whom it serves.
Leaves out: time-stamping authorities (no registry names any), global groups (agreements say who may what).
Source: PR-GCONF annexes B and E.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from lxml import etree

from registry.xroad import NamedClient
from schemas.xml import Element
from schemas.xroad.soap import XROAD

VERSION: Final = 2
OCSP_FRESHNESS_S: Final = 18_000
_PROFILE: Final = "ee.ria.xroad.common.certificateprofile.impl.BasicCertificateProfileInfoProvider"
"""How X-Road's servers read a member's identifier out of a certificate: this one takes the usual names."""
_SUBSYSTEM_PARTS: Final = 4


class Server(NamedTuple):
    """A security server as X-Road's readers see one.

    Attributes:
        owner: the member's identifier.
        clients: identifiers of the subsystems that it reaches.
    """

    owner: str
    code: str
    address: str
    clients: Sequence[str]


def shared_params(
    instance: str, clients: Sequence[NamedClient], anchors: Iterable[bytes], servers: Iterable[Server]
) -> bytes:
    """The document.

    Args:
        instance: the X-Road instance.
        clients: members, each before its subsystems.
        anchors: certificates (DER) under which the members' are issued.
        servers: whose owners and clients are among `clients`.
    """
    root = etree.Element(f"{{{XROAD}}}conf", nsmap={"ns3": XROAD})
    _add(root, "instanceIdentifier", instance)
    for number, anchor in enumerate(anchors, 1):
        authority = _add(root, "approvedCA")
        _add(authority, "name", f"{instance} {number}")
        _add(_add(authority, "topCA"), "cert", b64encode(anchor).decode("ascii"))
        _add(authority, "certificateProfileInfo", _PROFILE)
    numbers = {one.identifier: f"id{number}" for number, one in enumerate(clients, 1)}
    classes = _add_members(root, clients, numbers)
    for server in servers:
        _add_server(root, server, numbers)
    settings = _add(root, "globalSettings")
    for name in classes:
        _add_class(settings, name)
    _add(settings, "ocspFreshnessSeconds", str(OCSP_FRESHNESS_S))
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True, standalone=True)


def anchor(instance: str, url: str, certificate: bytes, at: datetime) -> bytes:
    """X-Road's configuration anchor: where the signed directory is, and by whose certificate it is checked.

    Args:
        instance: the X-Road instance.
        url: of the directory.
        certificate: the signer's, DER.
        at: when it is written, aware.
    """
    root = etree.Element(f"{{{XROAD}}}configurationAnchor", nsmap={"ns3": XROAD})
    _add(root, "generatedAt", f"{at:%Y-%m-%dT%H:%M:%SZ}")
    _add(root, "instanceIdentifier", instance)
    source = _add(root, "source")
    _add(source, "downloadURL", url)
    _add(source, "verificationCert", b64encode(certificate).decode("ascii"))
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True, standalone=True)


def _add_members(root: Element, clients: Iterable[NamedClient], numbers: dict[str, str]) -> list[str]:
    classes: dict[str, None] = {}
    members: dict[str, Element] = {}
    for one in clients:
        parts = one.identifier.split("/")
        member = "/".join(parts[: _SUBSYSTEM_PARTS - 1])
        if len(parts) == _SUBSYSTEM_PARTS and one.subsystem is not None:
            if member in members:
                subsystem = _add(members[member], "subsystem")
                subsystem.set("id", numbers[one.identifier])
                _add(subsystem, "subsystemCode", parts[-1])
            continue
        classes[parts[1]] = None
        members[member] = _add(root, "member")
        members[member].set("id", numbers[one.identifier])
        _add_class(members[member], parts[1])
        _add(members[member], "memberCode", parts[2])
        _add(members[member], "name", one.member.vi)
    return list(classes)


def _add_server(root: Element, server: Server, numbers: dict[str, str]) -> None:
    element = _add(root, "securityServer")
    _add(element, "owner", numbers[server.owner])
    _add(element, "serverCode", server.code)
    _add(element, "address", server.address)
    for client in server.clients:
        _add(element, "client", numbers[client])


def _add_class(parent: Element, name: str) -> None:
    element = _add(parent, "memberClass")
    _add(element, "code", name)
    _add(element, "description", name)


def _add(parent: Element, name: str, text: str | None = None) -> Element:
    element = etree.SubElement(parent, name)
    element.text = text
    return element
