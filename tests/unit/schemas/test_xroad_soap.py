"""X-Road's SOAP messages: what is read of a header, what is refused with which of X-Road's words, what is put in."""

from __future__ import annotations

import base64
import hashlib

import pytest
from lxml import etree
from xroad_soap_messages import (
    ANSWER,
    CLIENT,
    FAULT,
    FIELDS,
    ID,
    NAMESPACES,
    QUESTION,
    REQUEST,
    RESPONSE,
    SERVICE,
    USER,
    VERSION,
    envelope,
)

from schemas.xml import parse
from schemas.xroad import faults, splicing
from schemas.xroad.codes import Word
from schemas.xroad.ids import ClientId, Party, ServerId, ServiceId
from schemas.xroad.soap import (
    SHA512,
    Fault,
    Message,
    RequestHash,
    SoapError,
    differing,
    is_hash_of,
    read_request,
    read_response,
    request_hash,
)

PROVIDER = ClientId("VN", "GOV", "G01", "citizens")
SERVER = (
    '<xrd:securityServer id:objectType="SERVER"><id:xRoadInstance>VN</id:xRoadInstance><id:memberClass>GOV'
    "</id:memberClass><id:memberCode>G01</id:memberCode><id:serverCode>ss1</id:serverCode></xrd:securityServer>"
)
PARTY = (
    '<r:representedParty xmlns:r="http://x-road.eu/xsd/representation.xsd"><r:partyClass>COM</r:partyClass>'
    "<r:partyCode>0101234567</r:partyCode></r:representedParty>"
)
HASH = '<xrd:requestHash algorithmId="x">\n  YWJj\n  ZGVm\n</xrd:requestHash>'


def answered(data: bytes) -> Message:
    found = read_response(data)
    assert isinstance(found, Message)
    return found


def test_every_field_is_read():
    message = read_request(envelope(*FIELDS, SERVER, PARTY, HASH, '<o:other xmlns:o="urn:o"/>'))
    header = message.header
    assert header.client == ClientId("VN", "GOV", "H26", "one-stop")
    assert header.service == ServiceId(PROVIDER, "citizenConfirm", "v1")
    assert (header.id, header.user_id, header.issue) == ("4894e35d-bf0f-44a6-867a-8e51f1daa7e0", "CB-0001", "H26-1")
    assert header.protocol_version == "4.0"
    assert header.security_server == ServerId("VN", "GOV", "G01", "ss1")
    assert header.represented_party == Party("COM", "0101234567")
    assert header.request_hash == RequestHash("x", "YWJjZGVm")
    assert etree.QName(message.wrapper).localname == "citizenConfirm"


def test_what_is_optional_may_be_missing_or_empty():
    bare = SERVICE.replace("<id:serviceVersion>v1</id:serviceVersion>", "<id:serviceVersion/>")
    member = CLIENT.replace("SUBSYSTEM", "MEMBER").replace("<id:subsystemCode>one-stop</id:subsystemCode>", "")
    header = read_request(envelope(member, bare, ID, VERSION)).header
    assert (header.service.version, header.client.subsystem) == (None, None)
    assert header.user_id is header.issue is header.security_server is header.represented_party is None
    only_code = PARTY.replace("<r:partyClass>COM</r:partyClass>", "")
    assert read_request(envelope(*FIELDS, only_code)).header.represented_party == Party(None, "0101234567")


def without(name: str) -> bytes:
    return envelope(*(field for field in FIELDS if f"<xrd:{name}" not in field))


NEEDED = ("client", "service", "id", "protocolVersion")
REFUSED: dict[str, tuple[bytes, Word]] = {
    "no XML": (b"hello", Word.INVALID_XML),
    "a DOCTYPE": (b"<!DOCTYPE x>" + REQUEST.partition(b"\n")[2], Word.INVALID_XML),
    "UTF-16": (REQUEST.decode().encode("utf-16"), Word.INVALID_XML),
    "no envelope": (b"<x/>", Word.INVALID_SOAP),
    "SOAP 1.2": (
        REQUEST.replace(b"http://schemas.xmlsoap.org/soap/envelope/", b"http://www.w3.org/2003/05/soap-envelope"),
        Word.INVALID_SOAP,
    ),
    "no body": (f"<SOAP-ENV:Envelope {NAMESPACES}><SOAP-ENV:Header/></SOAP-ENV:Envelope>".encode(), Word.MISSING_BODY),
    "no header": (envelope(header=False), Word.MISSING_HEADER),
    "two headers": (
        REQUEST.replace(b"<SOAP-ENV:Body>", b"<SOAP-ENV:Header/><SOAP-ENV:Body>"), Word.INVALID_SOAP,
    ),
    "two bodies": (REQUEST.replace(b"<SOAP-ENV:Body>", b"<SOAP-ENV:Body/><SOAP-ENV:Body>"), Word.INVALID_SOAP),
    "an empty body": (envelope(*FIELDS, body=""), Word.INVALID_BODY),
    "two children": (envelope(*FIELDS, body=QUESTION * 2), Word.INVALID_BODY),
    "a fault": (FAULT, Word.INVALID_MESSAGE),
    "another wrapper": (envelope(*FIELDS, body="<citizenErase/>"), Word.INCONSISTENT_HEADERS),
    "a wrapper that begins alike": (envelope(*FIELDS, body="<citizenConfirmAll/>"), Word.INCONSISTENT_HEADERS),
    **{f"no {name}": (without(name), Word.MISSING_HEADER_FIELD) for name in NEEDED},
    **{
        f"two of {field[5:12]}": (envelope(*FIELDS, field), Word.DUPLICATE_HEADER_FIELD)
        for field in FIELDS
    },
    "two parties": (envelope(*FIELDS, PARTY, PARTY), Word.DUPLICATE_HEADER_FIELD),
    "two member codes": (
        envelope(CLIENT.replace("</xrd:client>", "<id:memberCode>X</id:memberCode></xrd:client>"), *FIELDS[1:]),
        Word.DUPLICATE_HEADER_FIELD,
    ),
    "protocol 3": (envelope(*FIELDS[:-1], VERSION.replace("4.0", "3.1")), Word.INVALID_PROTOCOL_VERSION),
    "protocol 4.": (envelope(*FIELDS[:-1], VERSION.replace("4.0", "4.")), Word.INVALID_PROTOCOL_VERSION),
    "no object type": (envelope(CLIENT.replace(' id:objectType="SUBSYSTEM"', ""), *FIELDS[1:]), Word.INVALID_XML),
    "another object type": (envelope(CLIENT.replace("SUBSYSTEM", "SERVICE"), *FIELDS[1:]), Word.INVALID_XML),
    "a member without class": (envelope(CLIENT.replace("GOV", ""), *FIELDS[1:]), Word.INVALID_XML),
    "a code with a slash": (envelope(CLIENT.replace("H26", "H26/x"), *FIELDS[1:]), Word.INVALID_XML),
    "an element that is no code": (envelope(CLIENT.replace("Class", "Clazz"), *FIELDS[1:]), Word.INVALID_XML),
    "an id with a line end": (envelope(CLIENT, SERVICE, ID.replace("-", "\n"), VERSION), Word.INVALID_XML),
    "an id with an element": (envelope(CLIENT, SERVICE, ID.replace("-", "<x/>"), VERSION), Word.INVALID_XML),
    "a long user": (envelope(CLIENT, SERVICE, ID, USER.replace("CB", "x" * 1000), VERSION), Word.INVALID_XML),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_a_request_is_refused_in_x_road_s_words(name: str):
    data, word = REFUSED[name]
    with pytest.raises(SoapError) as refused:
        read_request(data)
    assert refused.value.word is word
    assert not {"097195001234", "H26", "CB-0001", "citizenErase"} & set(refused.value.message.replace("'", " ").split())


def test_an_answer_s_wrapper_need_only_begin_with_the_code():
    assert answered(envelope(*FIELDS, body=ANSWER)).header.id
    with pytest.raises(SoapError, match="InconsistentHeaders"):
        read_response(envelope(*FIELDS, body="<other/>"))


def test_a_fault_needs_no_header_and_keeps_its_bytes():
    found = read_response(FAULT)
    assert found == Fault(FAULT, "SOAP-ENV:Server", "no such person", None, "why")
    own = faults.fault("Server.ServerProxy.AccessDenied", "no <way> \x00& so on", "f31e7451")
    said = read_response(own)
    assert said == Fault(own, "Server.ServerProxy.AccessDenied", "no <way> & so on", "", "f31e7451")
    assert own.startswith(b'<?xml version="1.0" encoding="UTF-8"?><SOAP-ENV:Envelope xmlns:SOAP-ENV="http')
    assert b'<faultactor></faultactor><detail><faultDetail xmlns="">f31e7451</faultDetail></detail>' in own


def test_the_hash_is_of_the_exact_bytes():
    said = request_hash(REQUEST)
    assert said == RequestHash(SHA512, base64.b64encode(hashlib.sha512(REQUEST).digest()).decode())
    assert is_hash_of(said, REQUEST)
    assert not is_hash_of(said, REQUEST + b" ")
    assert not is_hash_of(said._replace(algorithm="http://www.w3.org/2000/09/xmldsig#sha1"), REQUEST)


@pytest.mark.parametrize(
    ("changed", "name"),
    [
        (CLIENT.replace("one-stop", "portal"), "client"),
        (SERVICE.replace("v1", "v2"), "service"),
        (ID.replace("4894", "4895"), "id"),
        (USER.replace("1", "2"), "user_id"),
        ("<xrd:issue>H26-2</xrd:issue>", "issue"),
    ],
)
def test_an_answer_to_another_request_is_seen(changed: str, name: str):
    request = read_request(REQUEST).header
    assert differing(request, answered(RESPONSE).header) is None
    fields = {field.partition(">")[0].split(" ")[0]: field for field in FIELDS}
    fields[changed.partition(">")[0].split(" ")[0]] = changed
    other = envelope(*fields.values(), body=ANSWER)
    assert differing(request, answered(other).header) == name
    missing = envelope(CLIENT, SERVICE, ID, VERSION, body=ANSWER)
    assert differing(request, answered(missing).header) == "user_id"


def test_a_hash_is_put_in_behind_the_id_and_nothing_else_changes():
    data = splicing.with_hash(answered(RESPONSE), REQUEST)
    digest = request_hash(REQUEST).digest
    line = f'\n        <xrd:requestHash algorithmId="{SHA512}">{digest}</xrd:requestHash>'.encode()
    assert data == RESPONSE.replace(ID.encode(), ID.encode() + line)
    assert splicing.with_hash(answered(data), REQUEST) == data
    assert answered(data).header.request_hash == request_hash(REQUEST)


def test_a_hash_that_came_is_replaced_wherever_it_stands():
    wrong = '<xrd:requestHash algorithmId="x">bm9uZQ==</xrd:requestHash>'
    expected = splicing.with_hash(answered(RESPONSE), REQUEST)
    for place in range(len(FIELDS) + 1):
        came = envelope(*FIELDS[:place], wrong, *FIELDS[place:], body=ANSWER)
        assert splicing.with_hash(answered(came), REQUEST) == expected


def test_a_prefix_that_only_the_id_declares_is_declared_again():
    strange = RESPONSE.replace(ID.encode(), b'<!-- <x> --><id xmlns="http://x-road.eu/xsd/xroad.xsd">1</id>')
    data = splicing.with_hash(answered(strange), REQUEST)
    assert b'</id><requestHash xmlns="http://x-road.eu/xsd/xroad.xsd" algorithmId=' in data
    assert answered(data).header.request_hash == request_hash(REQUEST)


def test_an_answer_of_ours_repeats_the_request_s_header_byte_by_byte():
    request = read_request(envelope(*FIELDS, PARTY, '<o:other xmlns:o="urn:o" a="1"><!-- as it came --></o:other>'))
    data = splicing.answer_to(request, ANSWER.encode())
    own = answered(data)
    assert differing(request.header, own.header) is None
    assert own.header.request_hash == request_hash(request.data)
    assert all(
        field.encode() in data for field in (*FIELDS, PARTY, '<o:other xmlns:o="urn:o" a="1"><!-- as it came -->')
    )
    assert [child.tag for child in own.root[0] if "requestHash" not in child.tag] == [
        child.tag for child in request.root[0]
    ]
    assert data.endswith(f"<SOAP-ENV:Body>{ANSWER}</SOAP-ENV:Body></SOAP-ENV:Envelope>".encode())


def test_no_namespace_of_the_header_leaks_into_the_body():
    request = read_request(
        b'<Envelope xmlns="http://schemas.xmlsoap.org/soap/envelope/"><Header xmlns:SOAP-ENV="urn:mine">'
        b'<client xmlns="http://x-road.eu/xsd/xroad.xsd" xmlns:i="http://x-road.eu/xsd/identifiers"'
        b' i:objectType="MEMBER"><i:xRoadInstance>VN</i:xRoadInstance><i:memberClass>G</i:memberClass>'
        b"<i:memberCode>1</i:memberCode></client><SOAP-ENV:mine/>"
        b'<service xmlns="http://x-road.eu/xsd/xroad.xsd" xmlns:i="http://x-road.eu/xsd/identifiers"'
        b' i:objectType="SERVICE"><i:xRoadInstance>VN</i:xRoadInstance><i:memberClass>G</i:memberClass>'
        b"<i:memberCode>1</i:memberCode><i:subsystemCode>s</i:subsystemCode><i:serviceCode>a</i:serviceCode></service>"
        b'<id xmlns="http://x-road.eu/xsd/xroad.xsd">1</id><x:protocolVersion xmlns:x="http://x-road.eu/xsd/xroad.xsd">'
        b'4.1</x:protocolVersion></Header><Body><a xmlns=""/></Body></Envelope>'
    )
    data = splicing.answer_to(request, b"<aResponse/>")
    assert data.startswith(splicing.DECLARATION + b"<SOAP-ENV:Envelope ")
    root = parse(data)
    assert [root[1][0].tag, root[0][1].tag] == ["aResponse", "{urn:mine}mine"]
    assert answered(data).header.request_hash == request_hash(request.data)
