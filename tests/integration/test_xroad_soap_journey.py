"""SOAP calls of X-Road through a real bus: face over TLS, node, hub, node, an existing service; large parts spooled."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Final

import aiohttp
import pytest
from aiohttp import web
from xroad_nation import BYTES, CLIENT, SYSTEM, XRoadNation
from xroad_soap_rows import ANSWER_BODY, PHOTO_BODY
from xroad_soap_world import ExistingSoap, Said, fields, message, repeated

from adapters.xroad_soap import XRoadSoapAdapter, XRoadSoapOperation, XRoadSoapSettings
from bus.sample.procedures import CONSUMER
from schemas.xroad import posted
from schemas.xroad.mime import Part
from schemas.xroad.posted import Posted
from schemas.xroad.soap import Message, is_hash_of, read_response

PHOTOS: Final = "a100001/population/xroad-photos"
HEADER: Final = fields(CLIENT, "VN-test/GOV/G01/population/citizenPhoto/v1", user="<xrd:userId>CB-7</xrd:userId>")
CALL: Final = message(*HEADER, body=PHOTO_BODY)
SCAN: Final = Part((("content-type", "image/tiff"), ("Content-ID", "<scan>")), bytes(range(256)) * 8_192)
SMALL: Final = Part((("content-type", "application/pdf; name=a.pdf"), ("Content-ID", "<a>")), b"%PDF\r\n\r\n--\x00")


class SoapNation(XRoadNation):
    """The nation, with a SOAP service that stood behind X-Road."""

    services = f"""{XRoadNation.services}
[[service]]
id = "{PHOTOS}"
name = {{ vi = "Ảnh", en = "Photos" }}
shape = "opaque"
basis = "LCC2023.10"
subject_scheme = "citizen"
xroad = {{ protocol = "soap" }}

[[service.operation]]
name = "photo"
assurance = "low"
officer_required = false
timeout_ms = 20000
xroad = "citizenPhoto.v1"
"""
    agreements = f"""{XRoadNation.agreements}
[[agreement]]
id = "ag-0901"
consumer = "{CONSUMER}"
consumer_system = "one-stop"
service = "{PHOTOS}"
operations = ["photo"]
purposes = ["verification"]
basis = "LCC2023.10"
valid_from = 2025-11-01
opaque_reason = "A service that stood behind X-Road"
"""

    async def _serve(self) -> web.AppRunner:
        self.soap = ExistingSoap()
        app = web.Application(client_max_size=2 * BYTES)
        app.router.add_post("/ws", self.soap.handle)
        self._soap_runner = web.AppRunner(app)
        await self._soap_runner.setup()
        await web.TCPSite(self._soap_runner, "127.0.0.1", 0).start()
        runner = await super()._serve()
        address = f"http://127.0.0.1:{self._soap_runner.addresses[0][1]}/ws"
        operations = {"photo": XRoadSoapOperation()}
        self.adapter = XRoadSoapAdapter(
            XRoadSoapSettings(service_url=address, operations=operations, max_answer_bytes=BYTES)
        )
        await self.plug(PHOTOS, self.adapter)
        return runner

    def close(self) -> None:
        self.nation.ground.run(self.adapter.close())
        self.nation.ground.run(self._soap_runner.cleanup())
        super().close()

    async def post(self, sent: Posted, shows: str | None = SYSTEM) -> Said:
        """One message as the one-stop system posts it."""
        return await self.nation.ground.there(self._posted(sent, shows))

    async def _posted(self, sent: Posted, shows: str | None) -> Said:
        content_type, body = posted.to_http(sent)
        headers = {"Content-Type": content_type, "SOAPAction": '""'}
        async with (
            aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=self.tls(shows))) as session,
            session.post(f"{self.face}/", data=io.BytesIO(body), headers=headers) as said,
        ):
            return Said(said.status, said.headers["Content-Type"], await said.read())


@pytest.fixture(scope="module")
def nation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SoapNation]:
    running = SoapNation(tmp_path_factory.mktemp("xroad-soap-nation"))
    yield running
    running.close()


async def with_scan(asked: Posted) -> tuple[int, str, bytes]:
    """The service gives back what it got, the last attachment first."""
    soap = repeated(asked.soap, ANSWER_BODY)
    return 200, *posted.to_http(posted.multipart(soap, asked.attachments[::-1]))


async def test_attachments_of_megabytes_there_and_back(nation: SoapNation):
    nation.soap.answer = with_scan
    before = await nation.nation.size()
    sent = posted.multipart(CALL, (SCAN, SMALL))
    said = await nation.post(sent)
    answer = posted.of_http(said.content_type, None, said.body)
    response = read_response(answer.soap)
    assert isinstance(response, Message), said
    assert answer.attachments == (SMALL, SCAN)
    assert response.header.request_hash is not None
    assert is_hash_of(response.header.request_hash, CALL)
    assert nation.soap.seen[-1].body == posted.to_http(sent)[1]
    asked, outcome = await nation.nation.records(before)
    assert outcome.record.outcome == "answered"
    assert asked.details is not None
    assert [part.id for part in asked.details.parts] == ["body", "xroad", "attachment1", "attachment2"]
    assert asked.details.officer is not None
    assert asked.details.officer.id == "CB-7"


async def test_nobody_speaks_without_showing_who_he_is(nation: SoapNation):
    before = await nation.nation.size()
    said = await nation.post(posted.multipart(CALL, (SMALL,)), shows=None)
    assert (said.status, said.fault) == (200, "Server.ClientProxy.SslAuthenticationFailed")
    assert await nation.nation.size() == before


async def test_a_metaservice_answers_on_the_same_listener(nation: SoapNation):
    body = '<x:listMethods xmlns:x="http://x-road.eu/xsd/xroad.xsd"/>'
    call = message(*fields(CLIENT, "VN-test/GOV/G01/population/listMethods"), body=body)
    said = await nation.post(Posted("text/xml", None, call))
    response = read_response(said.body)
    assert isinstance(response, Message), said
    assert "citizenPhoto" in said.text
