"""The bridge to a security server: the contract of every adapter in REST and in SOAP, and what X-Road adds to it."""

from __future__ import annotations

import asyncio
import dataclasses
from contextlib import asynccontextmanager
from typing import ClassVar

import orjson
import peer_systems as people
import pytest
from peer_systems import nowhere, serving
from security_server import LostError, SecurityServer, fault

from adapters.kinds import build
from adapters.port import Adapter, DeclarationError, Officer, PeerError, PeerFault, Query, Reach
from adapters.testing import AdapterContract
from schemas.xml import Element, parse

CLIENT = "VN/GOV/H26/one-stop"
PERSONS = "VN/GOV/G01/population/persons"
GET_PERSON = "VN/GOV/G01/population/getPerson/v1"
SPACE = "urn:test:population"
FAULTS = {"005": "not-permitted", "-3": "no-match"}
NAME = {"to": "name", "from": "hoTen", "parts": ["ho", "dem", "ten"]}
BIRTH = {"to": "birth", "from": "ngaySinh", "as": "partial-date", "forms": ["dd/MM/yyyy", "yyyy"]}
ANSWER = {"fields": [{"to": "number", "from": "so", "required": True}, NAME, BIRTH]}
AN_BODY = {"number": "096199000001", "name": "Nguyễn Thị An", "birth": "1999-12-31"}
BINH_BODY = {"number": "096150000002", "name": "Trần Văn Bình", "birth": "1950"}


def about(number: object, timeout_s: float = 30.0) -> Query:
    return Query(
        "person",
        {"number": number},
        procedure="1.001193",
        dossier="H26-1",
        consumer="H26.14",
        officer=Officer("CB-0042", "000.00.12.H26"),
        request_id="0198-1",
        timeout_s=timeout_s,
    )


AN = about(people.AN["id"])


async def rest_person(_verb: str, path: str, _body: bytes) -> tuple[int, str, bytes]:
    """The register of `peer_systems`, behind X-Road."""
    number = path.removeprefix("/p/")
    if number == people.SLOW:
        await asyncio.sleep(people.SLOW_S)
    if number == people.GARBLED:
        return 200, "application/json", b'{"error_code": "0", "data": "{'
    found = {people.TWINS: (people.AN, people.BINH), **{known: (one,) for known, one in people.PEOPLE.items()}}
    if number in found:
        return 200, "application/json", orjson.dumps({"error_code": "0", "data": people._wrapped(*found[number])})
    return 200, "application/json", orjson.dumps({"error_code": "005" if number == people.FORBIDDEN else "-3"})


def _xml(person: dict[str, str]) -> str:
    return (
        f"<so>{person['id']}</so><hoTen><ho>{person['ho']}</ho><dem>{person['dem']}</dem><ten>{person['ten']}</ten>"
        f"</hoTen><ngaySinh>{person['born']}</ngaySinh>"
    )


async def soap_person(body: Element) -> str:
    """The same over SOAP."""
    number = body.findtext(f"{{{SPACE}}}number") or ""
    if number == people.SLOW:
        await asyncio.sleep(people.SLOW_S)
    if number == people.FORBIDDEN:
        return fault("s:Server", "cán bộ không có quyền").replace("</detail>", "<MaLoi>005</MaLoi></detail>")
    if number == people.GARBLED:
        return "<person><so><a>1</a></so></person>"
    if number == people.TWINS:
        return "".join(f"<person>{_xml(one)}</person>" for one in (people.AN, people.BINH))
    return f"<person>{_xml(people.PEOPLE[number])}</person>" if number in people.PEOPLE else ""


def server(**more: object) -> SecurityServer:
    return SecurityServer([CLIENT], {PERSONS: rest_person}, {GET_PERSON: soap_person}, **more)


def rest_settings(url: str, **more: object) -> dict[str, object]:
    operation = {
        "protocol": "rest",
        "service": PERSONS,
        "path": "/p/{number}",
        "require": ["officer.id"],
        "question": [{"to": "path.number", "from": "body.number", "required": True}],
        "outcome": {"code": "error_code", "ok": ["0"]},
        "answer": {**ANSWER, "records": "data!"},
    }
    return {"server": url, "client": CLIENT, "faults": FAULTS, **more, "operations": {"person": operation}}


def soap_settings(url: str, **more: object) -> dict[str, object]:
    operation = {
        "protocol": "soap",
        "service": GET_PERSON,
        "namespace": SPACE,
        "require": ["officer.id"],
        "question": [{"to": "number", "from": "body.number", "required": True}],
        "answer": {**ANSWER, "records": "person"},
    }
    return {"server": url, "client": CLIENT, "faults": FAULTS, **more, "operations": {"person": operation}}


SETTINGS = {"rest": rest_settings, "soap": soap_settings}


@asynccontextmanager
async def bridging(protocol: str, behind: SecurityServer, **more: object):
    async with serving(behind.app()) as url:
        adapter = build("xroad-bridge", SETTINGS[protocol](url, **more))
        await adapter.start()
        try:
            yield adapter
        finally:
            await adapter.close()


class Bridged(AdapterContract):
    """The contract's questions, the same in both protocols."""

    protocol: ClassVar[str]
    found: ClassVar = {"a day of birth": (AN, AN_BODY), "a year": (about(people.BINH["id"]), BINH_BODY)}
    nobody = about(people.NOBODY)
    several = about(people.TWINS)
    garbled = about(people.GARBLED)
    slow = about(people.SLOW, timeout_s=0.1)
    refused = (about(people.FORBIDDEN), PeerFault.NOT_PERMITTED, "005")
    incomplete = dataclasses.replace(AN, officer=None)

    def opened(self):
        return bridging(self.protocol, server())

    @asynccontextmanager
    async def down(self):
        async with nowhere() as url:
            adapter = build("xroad-bridge", SETTINGS[self.protocol](url))
            await adapter.start()
            try:
                yield adapter
            finally:
                await adapter.close()


class TestRestBridge(Bridged):
    protocol = "rest"


class TestSoapBridge(Bridged):
    protocol = "soap"


async def refusal(adapter: Adapter, query: Query = AN) -> PeerError:
    with pytest.raises(PeerError) as caught:
        await adapter.ask(query)
    return caught.value


async def test_headers_of_a_rest_request():
    behind = server()
    more = {"issue": "dossier", "represented_party": "GOV/{consumer}", "security_server": "VN/GOV/G01/ss1"}
    async with bridging("rest", behind, **more) as adapter:
        await adapter.ask(AN)
    ((line, headers, _),) = behind.seen
    assert line == f"GET /r1/{PERSONS}/p/{people.AN['id']}"
    assert {name: value for name, value in headers.items() if name.startswith("X-Road-")} == {
        "X-Road-Client": CLIENT,
        "X-Road-Id": "VN-0198-1",
        "X-Road-UserId": "CB-0042",
        "X-Road-Issue": "H26-1",
        "X-Road-Security-Server": "VN/GOV/G01/ss1",
        "X-Road-Represented-Party": "GOV/H26.14",
    }


async def test_headers_of_a_soap_request():
    behind = server()
    more = {"issue": "dossier", "represented_party": "GOV/{consumer}", "security_server": "VN/GOV/G01/ss1"}
    async with bridging("soap", behind, **more) as adapter:
        await adapter.ask(AN)
    ((_, http, data),) = behind.seen
    header = parse(data)[0]
    assert [(one.tag.rpartition("}")[2], [inner.text for inner in one] or one.text) for one in header] == [
        ("client", CLIENT.split("/")),
        ("service", GET_PERSON.split("/")),
        ("securityServer", ["VN", "GOV", "G01", "ss1"]),
        ("representedParty", ["GOV", "H26.14"]),
        ("id", "VN-0198-1"),
        ("userId", "CB-0042"),
        ("issue", "H26-1"),
        ("protocolVersion", "4.0"),
    ]
    kinds = [one.get("{http://x-road.eu/xsd/identifiers}objectType") for one in header][:3]
    assert kinds == ["SUBSYSTEM", "SERVICE", "SERVER"]
    assert (http["SOAPAction"], http["Content-Type"]) == ('""', "text/xml; charset=UTF-8")


@pytest.mark.parametrize("protocol", ["rest", "soap"])
@pytest.mark.parametrize(("snake", "code"), [(False, "AccessDenied"), (True, "access_denied")])
async def test_a_denial_in_both_spellings(protocol: str, code: str, snake: bool):  # noqa: FBT001 - a table's column
    async with bridging(protocol, server(snake=snake, denied={(CLIENT, PERSONS), (CLIENT, GET_PERSON)})) as adapter:
        error = await refusal(adapter)
    assert (error.kind, error.outcome_known) == (PeerFault.NOT_PERMITTED, True)
    assert (error.peer_code or "").endswith(code)


@pytest.mark.parametrize("protocol", ["rest", "soap"])
@pytest.mark.parametrize(("snake", "code"), [(False, "UnknownService"), (True, "unknown_service")])
async def test_an_unknown_service_in_both_spellings(protocol: str, code: str, snake: bool):  # noqa: FBT001 - a table's column
    async with bridging(protocol, SecurityServer([CLIENT], snake=snake)) as adapter:
        error = await refusal(adapter)
    assert (error.kind, error.outcome_known, error.retry) == (PeerFault.FAULT, True, False)
    assert (error.peer_code or "").endswith(code)


@pytest.mark.parametrize("name", ["AccessDenied", "Server.ServerProxy.AccessDenied"])
@pytest.mark.parametrize("protocol", ["rest", "soap"])
async def test_the_table_of_faults_may_name_x_roads_codes(protocol: str, name: str):
    behind = server(denied={(CLIENT, PERSONS), (CLIENT, GET_PERSON)})
    async with bridging(protocol, behind, faults={name: "not-licensed"}) as adapter:
        assert (await refusal(adapter)).kind is PeerFault.NOT_LICENSED


@pytest.mark.parametrize("protocol", ["rest", "soap"])
async def test_a_declared_reason_does_not_hide_that_something_may_have_been_done(protocol: str):
    async def lost(*_: object) -> tuple[int, str, bytes]:
        raise LostError

    behind = server()
    behind.rest[PERSONS] = behind.soap[GET_PERSON] = lost
    async with bridging(protocol, behind, faults={"NetworkError": "overloaded"}) as adapter:
        error = await refusal(adapter)
    assert (error.kind, error.peer_code, error.outcome_known) == (PeerFault.OVERLOADED, "NetworkError", False)


@pytest.mark.parametrize(
    ("header", "value", "rule"),
    [
        ("x-road-id", "VN-another", "x-road-header"),
        ("x-road-id", "", "x-road-header"),
        ("x-road-client", "VN/GOV/H27/one-stop", "x-road-header"),
        ("x-road-client", "VN", "x-road-header"),
        ("x-road-service", "VN/GOV/G01/population/others", "x-road-header"),
        ("x-road-request-hash", "AAAA", "x-road-request-hash"),
        ("x-road-request-hash", "", "x-road-request-hash"),
        ("x-road-request-id", "another", "x-road-request-hash"),
    ],
)
async def test_a_rest_reply_to_another_request_is_no_answer(header: str, value: str, rule: str):
    async with bridging("rest", server(spoil={header: value})) as adapter:
        error = await refusal(adapter)
    assert (error.kind, error.rule, error.outcome_known) == (PeerFault.BAD_ANSWER, rule, False)


@pytest.mark.parametrize(
    ("right", "wrong", "rule"),
    [
        ("VN-0198-1", "VN-other", "x-road-header"),
        ("H26</id:memberCode>", "H27</id:memberCode>", "x-road-header"),
        ("getPerson</id:serviceCode>", "other</id:serviceCode>", "x-road-header"),
        ("CB-0042", "CB-0043", "x-road-header"),
        ("4.0", "4.9", "x-road-header"),
        ("xmlenc#sha512", "xmlenc#sha256", "x-road-request-hash"),
        ("requestHash", "otherHash", "x-road-request-hash"),
        ("getPersonResponse", "getOtherResponse", "unexpected-element"),
    ],
)
async def test_a_soap_reply_to_another_request_is_no_answer(right: str, wrong: str, rule: str):
    async with bridging("soap", server(spoil={right: wrong})) as adapter:
        error = await refusal(adapter)
    assert (error.kind, error.rule) == (PeerFault.BAD_ANSWER, rule)


@pytest.mark.parametrize("protocol", ["rest", "soap"])
async def test_the_digest_may_be_left_unchecked_where_a_proxy_stands_between(protocol: str):
    spoil = {"x-road-request-hash": "AAAA"} if protocol == "rest" else {"requestHash": "otherHash"}
    async with bridging(protocol, server(spoil=spoil), check_request_hash=False) as adapter:
        assert (await adapter.ask(AN)).body == AN_BODY


async def test_the_services_own_refusal_goes_by_its_status():
    async def away(_verb: str, _path: str, _body: bytes) -> tuple[int, str, bytes]:
        return 404, "application/json", b"{}"

    behind = server()
    behind.rest[PERSONS] = away
    async with bridging("rest", behind, statuses={"404": "no-match"}) as adapter:
        assert (await refusal(adapter)).kind is PeerFault.NO_MATCH
    async with bridging("rest", behind) as adapter:
        assert (await refusal(adapter)).kind is PeerFault.FAULT


async def test_a_digest_covers_the_body():
    async def post(_verb: str, _path: str, body: bytes) -> tuple[int, str, bytes]:
        return 200, "application/json", b'{"so": "' + str(len(body)).encode() + b'"}'

    behind = server()
    behind.rest[PERSONS] = post
    settings = rest_settings("http://localhost")["operations"]["person"] | {
        "method": "POST",
        "path": "",
        "question": [{"to": "json.number", "from": "body.number"}, {"to": "query.q", "constant": "á b"}],
        "outcome": None,
        "answer": {"fields": [{"to": "length", "from": "so"}]},
    }
    async with serving(behind.app()) as url:
        table = {"server": url, "client": CLIENT, "operations": {"person": settings}}
        adapter = build("xroad-bridge", table)
        await adapter.start()
        assert (await adapter.ask(AN)).body == {"length": "25"}
        await adapter.close()
    assert behind.seen[0][0] == f"POST /r1/{PERSONS}?q=%C3%A1%20b"


async def test_a_reply_may_be_mime_but_attachments_are_not_dropped_in_silence():
    async with bridging("soap", server(attachments=())) as adapter:
        assert (await adapter.ask(AN)).body == AN_BODY
    async with bridging("soap", server(attachments=(b"png",))) as adapter:
        error = await refusal(adapter)
    assert (error.kind, error.rule) == (PeerFault.BAD_ANSWER, "attachments")


async def test_the_probe_looks_for_ourselves():
    async with bridging("rest", server()) as adapter:
        assert (await adapter.probe()).reach is Reach.REACHABLE
    async with bridging("rest", SecurityServer(["VN/GOV/H27"])) as adapter:
        probe = await adapter.probe()
    assert (probe.reach, probe.detail) == (Reach.UNREACHABLE, f"the security server knows no client {CLIENT}")


async def test_text_that_is_no_xml_is_not_sent():
    behind = server()
    async with bridging("soap", behind) as adapter:
        error = await refusal(adapter, about("\x01"))
    assert (error.kind, error.rule, behind.seen) == (PeerFault.BAD_QUESTION, "xml-text", [])


async def test_a_consumer_that_x_road_cannot_name_is_not_sent():
    behind = server()
    async with bridging("rest", behind, represented_party="{consumer}") as adapter:
        error = await refusal(adapter, dataclasses.replace(AN, consumer=""))
    assert (error.kind, error.rule, behind.seen) == (PeerFault.BAD_QUESTION, "represented-party", [])


@pytest.mark.parametrize(
    ("key", "value", "where"),
    [
        ("client", "VN/GOV", "client"),
        ("client", "VN/GOV/H26/a%2", "client"),
        ("security_server", "VN/GOV/G01", "security_server"),
        ("represented_party", "A/B/C", "represented_party"),
        ("user_id", "officer.name", "user_id"),
    ],
)
def test_wrong_settings_are_named(key: str, value: str, where: str):
    with pytest.raises(DeclarationError, match=where):
        build("xroad-bridge", rest_settings("http://localhost", **{key: value}))


@pytest.mark.parametrize(
    ("protocol", "change"),
    [
        ("rest", {"service": "VN/GOV/G01/population"}),
        ("rest", {"service": GET_PERSON}),
        ("rest", {"path": "p"}),
        ("rest", {"question": [{"to": "header.X-Road-Client", "from": "body.number"}], "path": ""}),
        ("soap", {"service": "VN/GOV/G01/population"}),
        ("soap", {"question": [{"to": "a b", "from": "body.number"}]}),
        ("soap", {"namespace": ""}),
        ("soap", {"protocol": "grpc"}),
    ],
)
def test_wrong_operations_are_named(protocol: str, change: dict[str, object]):
    table = SETTINGS[protocol]("http://localhost")
    table["operations"]["person"] |= change
    with pytest.raises(DeclarationError, match="operations"):
        build("xroad-bridge", table)
