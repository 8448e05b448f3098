"""SOAP messages of X-Road, written by hand as its clients write them."""

from __future__ import annotations

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
NAMESPACES = (
    f'xmlns:SOAP-ENV="{SOAP}" xmlns:xrd="http://x-road.eu/xsd/xroad.xsd" xmlns:id="http://x-road.eu/xsd/identifiers"'
)
CLIENT = """<xrd:client id:objectType="SUBSYSTEM">
            <id:xRoadInstance>VN</id:xRoadInstance>
            <id:memberClass>GOV</id:memberClass>
            <id:memberCode>H26</id:memberCode>
            <id:subsystemCode>one-stop</id:subsystemCode>
        </xrd:client>"""
SERVICE = """<xrd:service id:objectType="SERVICE">
            <id:xRoadInstance>VN</id:xRoadInstance>
            <id:memberClass>GOV</id:memberClass>
            <id:memberCode>G01</id:memberCode>
            <id:subsystemCode>citizens</id:subsystemCode>
            <id:serviceCode>citizenConfirm</id:serviceCode>
            <id:serviceVersion>v1</id:serviceVersion>
        </xrd:service>"""
ID = "<xrd:id>4894e35d-bf0f-44a6-867a-8e51f1daa7e0</xrd:id>"
USER = "<xrd:userId>CB-0001</xrd:userId>"
ISSUE = "<xrd:issue>H26-1</xrd:issue>"
VERSION = "<xrd:protocolVersion>4.0</xrd:protocolVersion>"
FIELDS = (CLIENT, SERVICE, ID, USER, ISSUE, VERSION)
QUESTION = (
    '<ns1:citizenConfirm xmlns:ns1="http://citizens.example.vn/"><ns1:number>097195001234</ns1:number>'
    "<ns1:fullName>Nguyễn Thị Mẫu</ns1:fullName></ns1:citizenConfirm>"
)
ANSWER = (
    '<ns1:citizenConfirmResponse xmlns:ns1="http://citizens.example.vn/"><ns1:number>097195001234</ns1:number>'
    "<ns1:exists>true</ns1:exists></ns1:citizenConfirmResponse>"
)


def envelope(*fields: str, body: str = QUESTION, header: bool = True) -> bytes:
    """An envelope as PR-MESS shows them: each field on a line of its own."""
    lines = "".join(f"\n        {field}" for field in fields)
    head = f"\n    <SOAP-ENV:Header>{lines}\n    </SOAP-ENV:Header>" if header else ""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<SOAP-ENV:Envelope {NAMESPACES}>{head}\n'
        f"    <SOAP-ENV:Body>{body}</SOAP-ENV:Body>\n</SOAP-ENV:Envelope>\n"
    ).encode()


REQUEST = envelope(*FIELDS)
RESPONSE = envelope(*FIELDS, body=ANSWER)
FAULT = envelope(
    header=False,
    body="<SOAP-ENV:Fault><faultcode>SOAP-ENV:Server</faultcode><faultstring>no such person</faultstring>"
    "<detail><x><y>why</y></x></detail></SOAP-ENV:Fault>",
)
