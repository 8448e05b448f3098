"""What a node tells X-Road's clients by itself: lists, descriptions, monitoring, configuration, containers."""

from __future__ import annotations

import pytest
from xroad_meta_kit import CIVIL_STATUS, KEY, NOW_MS, snapshot
from xroad_meta_rows import Chapter

from schemas.xroad.codes import Style

JSON = (("Accept", "application/json"),)
R1 = f"/r1/{CIVIL_STATUS}"
INTERNAL = "x-road-error: Server.ServerProxy.InternalError"
STRANGER = "x-road-error: Server.ClientProxy.SslAuthenticationFailed"
WSDL = (
    b'<w:definitions xmlns:w="http://schemas.xmlsoap.org/wsdl/" xmlns:s="http://schemas.xmlsoap.org/wsdl/soap/">'
    b'<w:types><x:schema xmlns:x="http://www.w3.org/2001/XMLSchema"><x:include schemaLocation="letters.xsd"/>'
    b'</x:schema></w:types><w:service><w:port><s:address location="http://10.1.2.3/"/></w:port></w:service></w:definitions>'
)
WITH_WSDL = snapshot(wsdl=WSDL, xsd=b'<x:schema xmlns:x="http://www.w3.org/2001/XMLSchema"/>')
OWN = "xRoadInstance=VN&memberClass=GOV&memberCode=H56.20&subsystemCode=one-stop"
S = NOW_MS // 1000

LISTS = (
    Chapter("Members", "`/listClients` names nobody as caller; it is answered to whomever the node serves.")
    .get(
        "XML unless JSON is asked for",
        "/listClients",
        "content-type: text/xml; charset=UTF-8",
        'xmlns:ns2="http://x-road.eu/xsd/xroad.xsd"',
        '<ns2:id ns1:objectType="SUBSYSTEM">',
        "<ns1:subsystemCode>civil-status</ns1:subsystemCode>",
        "<ns2:subsystemName>Hộ tịch điện tử</ns2:subsystemName>",
    )
    .get(
        "JSON",
        "/listClients",
        "content-type: application/json; charset=utf-8",
        '"object_type":"MEMBER"},"name":"Bộ Tư pháp"}',
        headers=JSON,
    )
    .get(
        "weights do not count, as at X-Road",
        "/listClients",
        "content-type: application/json",
        headers=(("Accept", "text/xml, application/json;q=0.1"),),
    )
    .get("the own instance by name", "/listClients?xRoadInstance=VN", "<ns1:memberCode>G15</ns1:memberCode>")
    .get("another instance is not federated", "/listClients?xRoadInstance=EE", "clientList", lacks=("memberCode",))
)
STRANGERS = (
    Chapter("Whom the node does not serve", "No network of any client is listed here.", listed=False)
    .get("nothing shown", "/listClients", STRANGER, status=500)
    .get("a key of any system of the node's", "/listClients", "clientList", headers=(("X-Api-Key", KEY),))
    .get("nor is configuration public", "/verificationconf", STRANGER, status=500)
    .get("nor a file of a description", f"/descriptions/{CIVIL_STATUS}/letters/x.xsd", STRANGER, status=500)
    .get("a call of its own must be the client's", f"{R1}/listMethods", STRANGER, status=500)
    .get("a state for load balancers is", "/health", '{"status": "no-hub"}', status=503)
)
REST = (
    Chapter("REST: `listMethods`, `allowedMethods`, `getOpenAPI`", "Of every subsystem; `…` is one that exists.")
    .get(
        "services of the REST protocol only; endpoints where some are named",
        f"{R1}/listMethods",
        "content-type: application/json",
        '"service_code":"notes","service_type":"REST"',
        '{"method":"POST","path":"/notes"}',
        '"service_code":"scans","service_type":"OPENAPI"',
        '"xroad_instance":"VN","endpoint_list":[]}',
        lacks=("sendLetter", '"path":"/**"'),
    )
    .get(
        "what agreements let this caller do now",
        f"{R1}/allowedMethods",
        '[{"method":"GET","path":"/notes/*"}]',
        lacks=('"POST"',),
    )
    .get(
        "X-Road's headers, in small letters",
        f"{R1}/listMethods",
        "x-road-id: VN-7",
        f"x-road-service: {CIVIL_STATUS}/listMethods",
        "x-road-request-hash: ",
        "x-road-request-id: ",
        headers=(("X-Road-Id", "VN-7"),),
    )
    .get(
        "where the system is, nobody learns",
        f"{R1}/getOpenAPI?serviceCode=scans",
        '"servers":[{"url":"http://example.org/xroad-endpoint"}]',
        lacks=("10.1.2",),
    )
    .get(
        "in the words that clients match",
        f"{R1}/getOpenAPI?serviceCode=notes",
        INTERNAL,
        '"message":"Invalid service type: REST"',
        status=500,
    )
    .get(
        "a SOAP service",
        f"{R1}/getOpenAPI?serviceCode=sendLetter",
        '"message":"Invalid service type: WSDL"',
        status=500,
    )
    .get("nothing of that name", f"{R1}/getOpenAPI?serviceCode=x", '"message":"Service not found"', status=500)
    .get(
        "X-Road says body where it means query",
        f"{R1}/getOpenAPI",
        "x-road-error: Server.ServerProxy.InvalidRequest",
        '"message":"Missing serviceCode in message body"',
        status=500,
    )
    .get(
        "no such subsystem",
        "/r1/VN/GOV/G15/x/listMethods",
        "x-road-error: Server.ClientProxy.UnknownMember",
        status=500,
    )
)
UNREADABLE = Chapter(
    "A description that cannot be read", '`error_style = "snake"`.', snapshot(b"openapi: *a\n"), Style.SNAKE
).get(
    "clients match how the message begins",
    f"{R1}/getOpenAPI?serviceCode=scans",
    "x-road-error: server.serverproxy.internal_error",
    '"message":"Failed reading service description from',
    status=500,
)
SOAP = (
    Chapter("SOAP: `listMethods`, `allowedMethods`, `getWsdl`", "`POST /`, of a subsystem.", WITH_WSDL)
    .soap(
        "services of the SOAP protocol only, versions apart",
        "listMethods",
        "<xroad:listMethods/>",
        "listMethodsResponse",
        "<id:serviceCode>sendLetter</id:serviceCode><id:serviceVersion>v1</id:serviceVersion>",
        "<id:serviceCode>readLetter</id:serviceCode></xroad:service>",
        "requestHash",
        lacks=("scans",),
        match="<SOAP-ENV:Envelope.+</SOAP-ENV:Envelope>",
    )
    .soap(
        "what agreements let this caller do now",
        "allowedMethods",
        "<xroad:allowedMethods/>",
        "sendLetter",
        lacks=("readLetter",),
    )
    .soap(
        "the WSDL is the second MIME part; imports lead to us",
        "getWsdl",
        "<xroad:getWsdl><xroad:serviceCode>sendLetter</xroad:serviceCode>"
        "<xroad:serviceVersion>v1</xroad:serviceVersion></xroad:getWsdl>",
        'location="http://127.0.0.1:{port}/"',
        f"http://127.0.0.1:{{port}}/descriptions/{CIVIL_STATUS}/letters/descriptions/letters.xsd",
        lacks=("10.1.2.3",),
        match=(
            "--xroad.+content-type:text/xml.+<SOAP-ENV:Envelope.+</SOAP-ENV:Envelope>"
            r".+--xroad.+content-type:text/xml.*?\r\n\r\n(.+)\r\n--xroad.+"
        ),
    )
    .soap(
        "which service",
        "getWsdl",
        "<xroad:getWsdl/>",
        "<faultcode>Server.ServerProxy.InvalidRequest</faultcode>",
        "<faultstring>Missing serviceCode in message body</faultstring>",
    )
    .soap(
        "a version is part of the name",
        "getWsdl",
        "<xroad:getWsdl><xroad:serviceCode>sendLetter</xroad:serviceCode></xroad:getWsdl>",
        "<faultcode>Server.ServerProxy.UnknownService</faultcode>",
    )
    .soap(
        "a REST service",
        "getWsdl",
        "<xroad:getWsdl><xroad:serviceCode>scans</xroad:serviceCode></xroad:getWsdl>",
        "<faultcode>Server.ServerProxy.ServiceType</faultcode>",
        "Service is a REST service and does not have a WSDL",
    )
)
_DATA = (
    f"<om:getSecurityServerOperationalData><om:searchCriteria><om:recordsFrom>{S}</om:recordsFrom><om:recordsTo>"
    f"{S + 100}</om:recordsTo></om:searchCriteria>{{}}</om:getSecurityServerOperationalData>"
)
_SPEC = "<om:outputSpec><om:outputField>{}</om:outputField></om:outputSpec>"
DATA, HEALTH, METRICS = (f"/getSecurityServer{name}" for name in ("OperationalData", "HealthData", "Metrics"))
MONITORING = (
    Chapter("Monitoring", "`POST /`, of a member that the node serves: the owner of a security server.", pace_s=10)
    .soap("lines too young to be whole", DATA, _DATA.format(""), "<faultstring>Records are not available yet")
    .get("a call that leaves a line", f"{R1}/listMethods", "x-road-id", headers=(("X-Road-UserId", "CB-0042"),))
    .get("and one that fails", f"{R1}/getOpenAPI?serviceCode=x", INTERNAL, status=500)
    .soap(
        "compressed JSON in the second part; the next query begins where this one was cut",
        DATA,
        _DATA.format(""),
        "content-type:application/gzip",
        "content-id:<operational-monitoring-data.json.gz>",
        "<om:records>cid:operational-monitoring-data.json.gz</om:records>",
        "<om:nextRecordsFrom>",
        '"serviceCode":"listMethods"',
        lacks=("CB-0042", "messageUserId", "restPath"),
        match=(
            r"content-type:application/gzip\r\ncontent-transfer-encoding: binary\r\n"
            r"content-id: <operational-monitoring-data.json.gz>\r\n\r\n(.+)\r\n--xroad"
        ),
    )
    .soap(
        "whoever asks for persons and paths gets none",
        DATA,
        _DATA.format(_SPEC.format("messageUserId")),
        '{"records":[{}',
        lacks=("CB-0042",),
    )
    .soap(
        "a field that nobody knows",
        DATA,
        _DATA.format(_SPEC.format("userId")),
        "<faultcode>Server.ServerProxy.InvalidRequest</faultcode>",
        "Unknown output field",
    )
    .soap(
        "counts of the last ten minutes",
        HEALTH,
        "<om:getSecurityServerHealthData/>",
        "<om:statisticsPeriodSeconds>600</om:statisticsPeriodSeconds>",
        "<om:successfulRequestCount>1</om:successfulRequestCount>",
        "<om:unsuccessfulRequestCount>1</om:unsuccessfulRequestCount>",
    )
    .soap(
        "the machine; for owner and operator",
        METRICS,
        "<m:getSecurityServerMetrics/>",
        "<m:name>SERVER:VN/GOV/H56.20/ss1</m:name>",
        "<m:name>TotalPhysicalMemory</m:name>",
        server="VN/GOV/H56.20/ss1",
    )
    .soap(
        "another server",
        METRICS,
        "<m:getSecurityServerMetrics/>",
        "<faultcode>Client.InvalidSecurityServer</faultcode>",
        server="VN/GOV/H56.20/ss2",
    )
)
CONFIGURATION = (
    Chapter("Global configuration", "Made from the registry.")
    .get(
        "a ZIP, as for X-Road's verifier of containers",
        "/verificationconf",
        "verificationconf/instance-identifier\nVN",
        "verificationconf/VN/shared-params.xml\n",
        "verificationconf/VN/shared-params.xml.metadata",
        "<subsystemCode>one-stop</subsystemCode>",
        "<serverCode>ss1</serverCode>",
        "<topCA><cert>",
    )
    .get(
        "a signed directory; clients look for the location",
        "/internalconf",
        "Expire-date: ",
        "Version: 2",
        'Content-identifier: SHARED-PARAMETERS; instance="VN"',
        "Signature-algorithm-id: http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256",
        match="Content-location: (/.+/shared-params.xml)",
    )
    .get("for federated readers the same", "/externalconf", "Content-location: /V2/1/shared-params.xml")
    .get("one version of the format is written", "/internalconf?version=3", "not available", status=404)
    .get("the file that the directory names", "/V2/1/shared-params.xml", "<instanceIdentifier>VN</instanceIdentifier>")
    .get(
        "whom a reader of the directory is to trust: compare the certificate before",
        "/configuration-anchor.xml",
        "<downloadURL>http://127.0.0.1:{port}/internalconf</downloadURL>",
        "<verificationCert>",
    )
    .get("of a registry that has moved on", "/V2/2/shared-params.xml", "has moved on", status=404)
)
CONTAINERS = (
    Chapter("Containers", "`/asic` judges parameters and caller as X-Road does; plain text.")
    .get("there are none", f"/asic?queryId=VN-1&{OWN}", "text/plain", "No signed documents found", status=404)
    .get("X-Road's two blanks", f"/asic?{OWN}", 'Parameter "queryId"  must be specified.', status=400)
    .get(
        "one or the other",
        f"/asic?queryId=VN-1&{OWN}&requestOnly&responseOnly",
        'Parameters "requestOnly" and "responseOnly" cannot be used at the same time.',
        status=400,
    )
    .get(
        "of what",
        f"/asic?queryId=VN-1&{OWN}&unique",
        'Parameter "unique" not applicable without "requestOnly" or "responseOnly".',
        status=400,
    )
    .get(
        "another member's",
        "/asic?queryId=VN-1&xRoadInstance=VN&memberClass=GOV&memberCode=G15",
        "The client is not known at this node",
        status=401,
    )
)
CHAPTERS = (LISTS, STRANGERS, REST, UNREADABLE, SOAP, MONITORING, CONFIGURATION, CONTAINERS)


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda chapter: chapter.title)
async def test_what_a_node_tells(chapter: Chapter):
    await chapter.play()


def page() -> list[str]:
    """The section of the manual's page."""
    head = ["## Metaservices and operations", "", "Answered by the node itself, from its registry: no exchange.", ""]
    return [*head, *(line for chapter in CHAPTERS for line in chapter.page())]
