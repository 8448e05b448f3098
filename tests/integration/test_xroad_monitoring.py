"""Monitoring services over real sockets: lines of calls, health, metrics; and what no line ever holds."""

from __future__ import annotations

import gzip
from contextlib import asynccontextmanager

import aiohttp
import orjson
import pytest
from xroad_meta_kit import CIVIL_STATUS, CLIENT, NOW_MS, Place, standing
from xroad_soap_request import envelope, parts_of, post

from bus.xroad.around import Around
from bus.xroad.face import XRoadFace
from bus.xroad.health import Health
from bus.xroad.meta import Metadata
from bus.xroad.meta_rest import RestMetadata
from bus.xroad.meta_soap import SoapMetadata
from bus.xroad.opmon import Record, Records, message_id_of
from bus.xroad.opmon_soap import MonitoringServices
from bus.xroad.soap import SoapCalls
from schemas.xml import Element, parse
from schemas.xroad.ids import ClientId, ServiceId

OPM = "{http://x-road.eu/xsd/op-monitoring.xsd}"
MON = "{http://x-road.eu/xsd/monitoring}"
OWNER = "VN/GOV/H56.20"
SERVER = f"{OWNER}/node"
ANOTHER = ServiceId(ClientId("VN", "GOV", "G15", "civil-status"), "notes")


@asynccontextmanager
async def watched():
    kept: list[Records] = []

    def face(around: Around) -> XRoadFace:
        records = Records(around.clock, Metadata(around).exists)
        kept.append(records)
        rest, soap = RestMetadata(around), SoapMetadata(around)
        monitoring = MonitoringServices(around, records, "node")
        calls = SoapCalls(around, {**soap.services, **monitoring.services})
        adders = [records.add_to, calls.add, rest.add, Health(around).add]
        return XRoadFace(around, extra=adders, metaservices=rest.services)

    async with standing(face) as place:
        yield place, kept[0]


def asked(code: str, inner: str = "", space: str = "om", *, owner: str = OWNER, server: str | None = SERVER) -> bytes:
    return envelope(CLIENT, f"{owner}//{code}", f"<{space}:{code}>{inner}</{space}:{code}>", server)


def data_query(first_s: int, last_s: int, fields: str = "", client: str = "") -> bytes:
    criteria = f"<om:recordsFrom>{first_s}</om:recordsFrom><om:recordsTo>{last_s}</om:recordsTo>{client}"
    outputs = "".join(f"<om:outputField>{one}</om:outputField>" for one in fields.split())
    spec = f"<om:outputSpec>{outputs}</om:outputSpec>" if fields else ""
    return asked("getSecurityServerOperationalData", f"<om:searchCriteria>{criteria}</om:searchCriteria>{spec}")


async def records(place: Place, query: bytes) -> tuple[Element, list[dict[str, object]]]:
    headers, data = await post(place.url, query)
    (_, soap), (said, packed) = parts_of(headers, data)
    assert said["content-type"] == "application/gzip"
    assert said["content-id"] == "<operational-monitoring-data.json.gz>"
    answer = parse(soap)[-1][0]
    found = orjson.loads(gzip.decompress(packed))["records"]
    assert answer.findtext(f"{OPM}recordsCount") == str(len(found))
    assert answer.findtext(f"{OPM}records") == "cid:operational-monitoring-data.json.gz"
    return answer, found


async def call(place: Place, path: str, **headers: str) -> int:
    async with aiohttp.ClientSession() as session, session.get(place.url + path, headers=headers) as reply:
        return reply.status


async def fault(place: Place, query: bytes) -> tuple[str | None, str | None]:
    _, data = await post(place.url, query)
    said = parse(data)[-1][0]
    return said.findtext("faultcode"), said.findtext("faultstring")


NOW_S = NOW_MS // 1000


async def test_calls_leave_lines_without_paths_and_people():
    async with watched() as (place, _):
        ids = {"X-Road-Client": CLIENT, "X-Road-UserId": "EE37701010101", "X-Road-Issue": "H56-1"}
        path = f"/r1/{CIVIL_STATUS}/notes/notes/096199000001?q=096199000001"
        assert await call(place, path, **ids, **{"X-Road-Id": "VN-3fa85f64-5717-4562-b3fc-2c963f66afa6"}) == 500
        assert await call(place, f"/r1/{CIVIL_STATUS}/listMethods", **ids, **{"X-Road-Id": "096199000001"}) == 200
        assert await call(place, "/listClients") == 200
        await post(place.url, envelope(CLIENT, f"{CIVIL_STATUS}/allowedMethods", "<xroad:allowedMethods/>"))
        place.now[0] += 60_000
        answer, (rest, meta, soap) = await records(place, data_query(NOW_S, NOW_S + 10))
    assert answer.find(f"{OPM}nextRecordsFrom") is None
    assert rest["messageId"] == "VN-3fa85f64-5717-4562-b3fc-2c963f66afa6"
    assert rest["serviceCode"] == "notes"
    assert (rest["succeeded"], rest["faultCode"], rest["statusCode"]) == (
        False,
        "Server.ClientProxy.InternalError",
        500,
    )
    assert (rest["serviceType"], meta["succeeded"], soap["succeeded"]) == ("REST", True, True)
    assert (rest["restMethod"], rest["securityServerType"]) == ("GET", "Client")
    assert "messageId" not in meta
    assert meta["requestInTs"] == meta["requestOutTs"]
    assert (soap["messageProtocolVersion"], soap["serviceCode"]) == ("4.0", "allowedMethods")
    assert (rest["clientMemberCode"], rest["clientSubsystemCode"]) == ("H56.20", "one-stop")
    text = orjson.dumps([rest, meta, soap])
    for secret in (b"096199000001", b"EE37701010101", b"H56-1", b"restPath", b"/notes"):
        assert secret not in text


async def test_what_stands_in_the_place_of_a_service_is_kept_only_if_it_is_one():
    async with watched() as (place, _):
        for path in (f"{CIVIL_STATUS}/096199000001", "VN/GOV/096199000001/x/listMethods"):
            assert await call(place, f"/r1/{path}", **{"X-Road-Client": CLIENT}) == 500
        await post(place.url, envelope(CLIENT, f"{CIVIL_STATUS}/n096199000001", "<n096199000001/>"))
        place.now[0] += 60_000
        _, found = await records(place, data_query(NOW_S, NOW_S))
    assert [one["serviceCode"] for one in found] == ["unknown"] * 3
    assert b"096199000001" not in orjson.dumps(found)


async def test_a_query_may_name_fields_and_never_gets_a_person():
    async with watched() as (place, _):
        await call(place, f"/r1/{CIVIL_STATUS}/listMethods", **{"X-Road-Client": CLIENT, "X-Road-UserId": "EE1"})
        place.now[0] += 60_000
        query = data_query(NOW_S, NOW_S, "serviceCode messageUserId restPath messageIssue serviceType")
        _, found = await records(place, query)
        assert found == [{"serviceCode": "listMethods"}]
        assert await fault(place, data_query(NOW_S, NOW_S, "noSuchField")) == (
            "Server.ServerProxy.InvalidRequest",
            "Unknown output field",
        )


async def test_a_caller_sees_its_own_agencys_lines():
    async with watched() as (place, kept):
        other = Record(NOW_MS, client=ClientId("VN", "GOV", "G15", "civil-status"), service=ANOTHER)
        other.response_out_ms = NOW_MS
        kept.add(other)
        await call(place, f"/r1/{CIVIL_STATUS}/listMethods", **{"X-Road-Client": CLIENT})
        place.now[0] += 60_000
        _, found = await records(place, data_query(NOW_S, NOW_S))
        assert [one["clientMemberCode"] for one in found] == ["H56.20"]
        partner = (
            '<om:client id:objectType="SUBSYSTEM"><id:xRoadInstance>VN</id:xRoadInstance><id:memberClass>GOV'
            "</id:memberClass><id:memberCode>G01</id:memberCode></om:client>"
        )
        assert (await records(place, data_query(NOW_S, NOW_S, client=partner)))[1] == []


async def test_what_is_too_new_comes_with_the_next_query():
    async with watched() as (place, _):
        await call(place, f"/r1/{CIVIL_STATUS}/listMethods", **{"X-Road-Client": CLIENT})
        answer, found = await records(place, data_query(NOW_S - 100, NOW_S))
        assert (answer.findtext(f"{OPM}nextRecordsFrom"), found) == (str(NOW_S - 5), [])
        assert await fault(place, data_query(NOW_S - 5, NOW_S)) == (
            "Server.ServerProxy.InvalidRequest",
            "Records are not available yet",
        )


async def test_an_answer_holds_whole_seconds(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("bus.xroad.opmon_soap.MOST", 3)
    async with watched() as (place, kept):
        for second in (0, 0, 1, 1, 1, 1, 2):
            record = Record(NOW_MS, client=ClientId(*CLIENT.split("/")), service=ANOTHER)
            record.response_out_ms = NOW_MS + second * 1000
            kept.add(record)
        place.now[0] += 60_000
        sizes, first_s = [], NOW_S
        while True:
            answer, found = await records(place, data_query(first_s, NOW_S + 10))
            sizes.append(len(found))
            following = answer.findtext(f"{OPM}nextRecordsFrom")
            if following is None:
                break
            first_s = int(following)
    assert sizes == [2, 4, 1]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (data_query(NOW_S, NOW_S - 1), "Server.ServerProxy.InvalidRequest"),
        (asked("getSecurityServerOperationalData"), "Server.ServerProxy.InvalidRequest"),
        (asked("getSecurityServerMetrics", space="m", server="VN/GOV/H56.20/other"), "Client.InvalidSecurityServer"),
        (asked("getSecurityServerMetrics", space="m", owner="VN/GOV/G01"), "Server.ClientProxy.UnknownMember"),
    ],
)
async def test_faults_of_monitoring_services(query: bytes, expected: str):
    async with watched() as (place, _):
        assert (await fault(place, query))[0] == expected


async def test_health_data_count_successes_and_failures():
    async with watched() as (place, _):
        for path in ("listMethods", "listMethods", "getOpenAPI?serviceCode=notes"):
            await call(place, f"/r1/{CIVIL_STATUS}/{path}", **{"X-Road-Client": CLIENT})
        place.now[0] += 1_000
        _, data = await post(place.url, asked("getSecurityServerHealthData"))
        answer = parse(data)[-1][0]
        assert answer.findtext(f"{OPM}monitoringStartupTimestamp") == str(NOW_MS)
        assert answer.findtext(f"{OPM}statisticsPeriodSeconds") == "600"
        events = answer.findall(f"{OPM}servicesEvents/{OPM}serviceEvents")
        counted = {
            one.find(f"{OPM}service")[-1].text: [number.text for number in one.find(f"{OPM}lastPeriodStatistics")][:2]
            for one in events
        }
        assert counted == {"listMethods": ["2", "0"], "getOpenAPI": ["0", "1"]}
        assert events[1].findtext(f"{OPM}lastSuccessfulRequestTimestamp") == str(NOW_MS)
        assert events[0].findtext(f"{OPM}lastUnsuccessfulRequestTimestamp") == str(NOW_MS)
        assert events[1].findtext(f"{OPM}lastPeriodStatistics/{OPM}requestMaxDuration") == "0"
        criteria = (
            '<om:filterCriteria><om:client id:objectType="MEMBER"><id:xRoadInstance>VN</id:xRoadInstance>'
            "<id:memberClass>GOV</id:memberClass><id:memberCode>G01</id:memberCode></om:client></om:filterCriteria>"
        )
        _, data = await post(place.url, asked("getSecurityServerHealthData", criteria))
        assert len(parse(data)[-1][0].find(f"{OPM}servicesEvents")) == 0


async def test_metrics_of_the_machine():
    async with watched() as (place, _):
        await call(place, f"/r1/{CIVIL_STATUS}/listMethods", **{"X-Road-Client": CLIENT})
        _, data = await post(place.url, asked("getSecurityServerMetrics", space="m"))
        whole = parse(data)[-1][0].find(f"{MON}metricSet")
        assert whole.findtext(f"{MON}name") == f"SERVER:{SERVER}"
        names = [one.text for one in whole.iter(f"{MON}name")]
        assert {"proxyVersion", "systemMetrics", "OperatingSystem", "TotalPhysicalMemory", "RequestDuration"} < {*names}
        spec = "<m:outputSpec><m:outputField>OperatingSystem</m:outputField></m:outputSpec>"
        _, data = await post(place.url, asked("getSecurityServerMetrics", spec, "m"))
        names = [one.text for one in parse(data)[-1][0].iter(f"{MON}name")]
        assert names == [f"SERVER:{SERVER}", "systemMetrics", "OperatingSystem"]


async def test_health_without_a_hub():
    async with watched() as (place, _):
        assert await call(place, "/health") == 503


def test_lines_are_bounded():
    kept = Records(lambda: NOW_MS, lambda _: True, most=3)
    for number in range(5):
        record = Record(NOW_MS, client=ClientId("VN", "GOV", str(number)), service=ANOTHER)
        record.response_out_ms = NOW_MS
        kept.add(record)
    kept.add(Record(NOW_MS))
    assert [one.client.member_code for one in kept.between(0, NOW_S)] == ["2", "3", "4"]


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("VN-3fa85f64-5717-4562-b3fc-2c963f66afa6", True),
        ("3fa85f64-5717-4562-b3fc-446655440000", True),
        ("call-12", True),
        ("096199000001", False),
        ("EE37701010101", False),
        ("a b", False),
        ("", False),
    ],
)
def test_message_ids_that_may_be_kept(text: str, kept: bool):  # noqa: FBT001 - a table's column
    assert message_id_of(text) == (text if kept else None)
