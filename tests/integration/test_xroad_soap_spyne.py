"""An existing service that we did not write: stock spyne behind the node, as it stood behind a security server."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from email.mime.application import MIMEApplication
from email.mime.multipart import MIMEMultipart
from email.mime.nonmultipart import MIMENonMultipart
from email.policy import HTTP
from importlib.util import find_spec
from pathlib import Path

import pytest
from lxml import etree
from xroad_soap_messages import QUESTION
from xroad_soap_world import NAMESPACE, NUMBER, SUBSYSTEM, SoapWorld, fields, message
from xroad_world import ONE_STOP

from schemas.xroad.soap import Message, is_hash_of, read_response

# Looked for and not imported: its import hooks warn in every later import.
pytestmark = pytest.mark.skipif(find_spec("spyne") is None, reason="spyne is not installed")

SERVICE = Path(__file__).parents[1] / "lib" / "xroad_spyne.py"
MANDATE = b"%PDF-1.7\r\n" + bytes(range(256)) * 40
CONFIRM = message(*fields(ONE_STOP, f"{SUBSYSTEM}/citizenConfirm/v1"), body=QUESTION)


@pytest.fixture
async def address() -> AsyncIterator[str]:
    """spyne as a process of its own: its imports warn, and its server blocks."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-W", "ignore", str(SERVICE), stdout=asyncio.subprocess.PIPE, env={**os.environ}
    )
    assert process.stdout is not None
    try:
        port = (await asyncio.wait_for(process.stdout.readline(), 30)).decode().strip()
        yield f"http://127.0.0.1:{port}/"
    finally:
        process.terminate()
        await process.wait()


def answered(data: bytes) -> Message:
    found = read_response(data)
    assert isinstance(found, Message), found
    return found


def photo(number: str, inner: str = "") -> bytes:
    body = f'<c:citizenPhoto xmlns:c="{NAMESPACE}"><c:number>{number}</c:number>{inner}</c:citizenPhoto>'
    return message(*fields(ONE_STOP, f"{SUBSYSTEM}/citizenPhoto/v1"), body=body)


def mtom(soap: bytes) -> tuple[str, bytes]:
    """A request with MTOM as Python's own MIME library writes it: base64, folded headers, its own boundary."""
    whole = MIMEMultipart("related", type="application/xop+xml", start="<root>")
    root = MIMENonMultipart("application", "xop+xml", charset="UTF-8", type="text/xml")
    root["Content-ID"] = "<root>"
    root["Content-Transfer-Encoding"] = "8bit"
    root.set_payload(soap.decode("ascii", "surrogateescape"))
    mandate = MIMEApplication(MANDATE, "pdf")
    mandate["Content-ID"] = "<mandate>"
    whole.attach(root)
    whole.attach(mandate)
    head, _, body = whole.as_bytes(policy=HTTP).partition(b"\r\n\r\n")
    kind = next(line for line in head.decode().split("\r\n") if line.startswith("Content-Type: "))
    return kind.partition(": ")[2], body


async def test_a_judged_call_is_answered_by_stock_spyne(address: str):
    async with SoapWorld().speaking(address) as world:
        said = answered((await world.post(CONFIRM, SOAPAction='""')).body)
    assert (said.wrapper.findtext("{*}number"), said.wrapper.findtext("{*}exists")) == (NUMBER, "true")
    assert said.header.request_hash is not None
    assert is_hash_of(said.header.request_hash, CONFIRM)


async def test_an_attachment_reaches_stock_spyne(address: str):
    include = '<x:Include xmlns:x="http://www.w3.org/2004/08/xop/include" href="cid:mandate"/>'
    soap = photo(NUMBER, f"<c:mandate>{include}</c:mandate>")
    kind, body = mtom(soap)
    async with SoapWorld().speaking(address) as world:
        said = answered((await world.post(body, kind, SOAPAction='""')).body)
    assert etree.QName(said.wrapper).localname == "citizenPhotoResponse"
    assert (said.wrapper.findtext("{*}bytes"), said.wrapper.findtext("{*}first")) == (str(len(MANDATE)), "25504446")
    assert said.header.request_hash is not None
    assert is_hash_of(said.header.request_hash, soap)  # the first part's bytes


async def test_spyne_s_own_fault_passes_as_it_came(address: str):
    async with SoapWorld().speaking(address) as world:
        said = await world.post(photo("000000000001"))
    assert (said.status, said.fault) == (200, "soap11env:Client.InvalidCredentialsError")
    assert b"SOAP-ENV" not in said.body
