"""Answers as a framework for X-Road services wrote them (fastapi-xroad-soap 0.4.7, of Estonia's registers), replayed.

Its habits: a line end before the first boundary, header fields in an order of its own, attachments in base64 with
headers of their own, faults with HTTP 400.
"""

from __future__ import annotations

import base64
from pathlib import Path

from xroad_soap_world import SUBSYSTEM, Answer, SoapWorld, fields, message
from xroad_world import ONE_STOP

from schemas.xroad import posted
from schemas.xroad.mime import Part
from schemas.xroad.posted import Posted
from schemas.xroad.soap import Message, is_hash_of, read_response

RECORDED = Path(__file__).parents[1] / "lib" / "xroad_recorded"
PREFIXES = {"SOAP-ENV": "soapenv", "xrd": "xro", "id": "iden"}
MANDATE = Part((("content-type", "application/pdf"), ("Content-ID", "<m>")), b"%PDF-1.7")


def call() -> bytes:
    """A request with the prefixes that the framework wants to see, and without `issue`, which it does not repeat."""
    wanted = [one for one in fields(ONE_STOP, f"{SUBSYSTEM}/citizenPhoto/v1") if "issue" not in one]
    text = message(*wanted, body="<citizenPhoto><number>1</number><mandate>cid:m</mandate></citizenPhoto>").decode()
    for old, new in PREFIXES.items():
        for before, after in (("<", ":"), ("</", ":"), ("xmlns:", "="), (" ", ":objectType")):
            text = text.replace(f"{before}{old}{after}", f"{before}{new}{after}")
    return text.encode()


def replayed(name: str) -> Answer:
    head, _, body = (RECORDED / f"{name}.http").read_bytes().partition(b"\r\n\r\n")
    status, *headers = head.decode().split("\r\n")
    kind = next(line.partition(": ")[2] for line in headers if line.lower().startswith("content-type: "))

    async def answer(_: Posted) -> tuple[int, str, bytes]:
        return int(status.split()[1]), kind, body

    return answer


async def test_attachments_both_ways():
    async with SoapWorld().speaking() as world:
        world.service.answer = replayed("fastapi-xroad-soap-attachment")
        kind, body = posted.to_http(posted.multipart(call(), (MANDATE,)))
        said = await world.post(body, kind, SOAPAction='"citizenPhoto"')
        assert world.service.seen[0].body == body
    answer = posted.of_http(said.content_type, None, said.body)
    response = read_response(answer.soap)
    assert isinstance(response, Message), said
    assert response.header.request_hash is not None
    assert is_hash_of(response.header.request_hash, call())
    (photo,) = answer.attachments
    assert photo.header("content-digest") is not None
    assert base64.b64decode(photo.data)
    assert response.wrapper.findtext("photo") == f"cid:{(photo.header('content-id') or '').strip('<>')}"


async def test_a_fault_with_another_status_is_a_fault():
    async with SoapWorld().speaking() as world:
        world.service.answer = replayed("fastapi-xroad-soap-fault")
        said = await world.post(call(), SOAPAction='"citizenPhoto"')
    assert (said.status, said.fault) == (200, "Client")
    assert "validation error" in said.text
