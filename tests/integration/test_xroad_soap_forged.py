"""A consumer's node that seals one thing and sends another: the provider's node derives again and refuses."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from world import ask, mother, officer
from xroad_soap_messages import QUESTION
from xroad_soap_world import CITIZENS, PHOTOS, SUBSYSTEM, SoapWorld, fields, message
from xroad_world import ONE_STOP

from bus.node.ask import Answered
from bus.xroad import derive_soap
from schemas.parts import BODY, PAYLOAD, Carried
from schemas.problems import Code, ProblemError
from schemas.xml import parse
from schemas.xroad import posted
from schemas.xroad.codes import Word
from schemas.xroad.posted import Posted
from schemas.xroad.soap import SoapError, read_request

CONFIRM = message(*fields(ONE_STOP, f"{SUBSYSTEM}/citizenConfirm/v1"), body=QUESTION)
PHOTO = message(*fields(ONE_STOP, f"{SUBSYSTEM}/citizenPhoto/v1"), body="<citizenPhoto/>")
WIRE = posted.around(Posted("text/xml", None, b""))
BODY_OF = Carried(BODY, "application/xml", derive_soap.question(read_request(CONFIRM).wrapper))


@pytest.fixture
async def world() -> AsyncIterator[SoapWorld]:
    async with SoapWorld().speaking() as world:
        yield world


async def put(world: SoapWorld, *parts: Carried, service: str = CITIZENS, **changed: Any) -> Answered:  # noqa: ANN401 - any member of a question
    given: dict[str, Any] = {
        "service": service,
        "operation": "confirm" if service == CITIZENS else "photo",
        "system": "one-stop",
        "body": {},
        "parts": parts,
        "officer": officer(),
        "subjects": (mother(),) if service == CITIZENS else (),
    }
    return await world.consumer.asker.ask(ask(**(given | changed)))


def payload(data: bytes, media_type: str = "text/xml") -> Carried:
    return Carried(PAYLOAD, media_type, data)


async def test_what_is_sealed_and_what_is_sent_are_one(world: SoapWorld):
    answered = await put(world, BODY_OF, WIRE, payload(CONFIRM))
    assert answered.parts[0].media_type == "application/xml"
    assert [part.id for part in answered.parts] == ["body"]


OTHER = CONFIRM.replace(b"097195001234", b"097093005678")
SHAPED: dict[str, tuple[tuple[Carried, ...], str]] = {
    "another person": ((WIRE, payload(OTHER)), "xroad-derived"),
    "more than was judged": ((WIRE, payload(CONFIRM.replace(b"</ns1:cit", b"<ns1:x/></ns1:cit"))), "xroad-derived"),
    "another client": ((WIRE, payload(CONFIRM.replace(b"one-stop", b"two-stop"))), "xroad-client"),
    "another version": ((WIRE, payload(CONFIRM.replace(b"Version>v1", b"Version>v2"))), "xroad-service"),
    "a service of another schema": ((WIRE, payload(PHOTO)), "xroad-service"),
    "another user": ((WIRE, payload(CONFIRM.replace(b"CB-0001", b"CB-0002"))), "xroad-user"),
    "no user": ((WIRE, payload(CONFIRM.replace(b"<xrd:userId>CB-0001</xrd:userId>", b""))), "xroad-user"),
    "another media type": ((WIRE, payload(CONFIRM, "application/json")), "xroad-media-type"),
    "no XML": ((WIRE, payload(b"hello")), "xroad-invalid-xml"),
    "no X-Road message": ((payload(CONFIRM),), "xroad-parts"),
    "no payload": ((WIRE,), "xroad-parts"),
}  # fmt: skip


@pytest.mark.parametrize("name", SHAPED)
async def test_a_judged_question_that_is_sent_as_another_is_refused(world: SoapWorld, name: str):
    parts, rule = SHAPED[name]
    with pytest.raises(ProblemError) as refused:
        await put(world, BODY_OF, *parts)
    assert (refused.value.problem.code, refused.value.problem.rule) == (Code.BODY_MALFORMED, rule)
    assert world.service.seen == []


OPAQUE: dict[str, tuple[bytes, str]] = {
    "another operation": (
        message(*fields(ONE_STOP, f"{SUBSYSTEM}/citizenErase"), body="<citizenErase/>"), "xroad-operation",
    ),
    "another service": (CONFIRM, "xroad-service"),
    "another wrapper": (PHOTO.replace(b"<citizenPhoto/>", b"<citizenErase/>"), "xroad-inconsistent-headers"),
    "another client": (PHOTO.replace(b"one-stop", b"two-stop"), "xroad-client"),
    "no message": (b"<x/>", "xroad-invalid-soap"),
}  # fmt: skip


@pytest.mark.parametrize("name", OPAQUE)
async def test_a_message_that_is_passed_through_says_what_its_envelope_says(world: SoapWorld, name: str):
    data, rule = OPAQUE[name]
    with pytest.raises(ProblemError) as refused:
        await put(world, Carried(BODY, "text/xml", data), WIRE, service=PHOTOS)
    assert refused.value.problem.rule == rule
    assert world.service.seen == []


async def test_what_http_cannot_carry_reaches_no_system(world: SoapWorld):
    forged = WIRE._replace(data=b'{"content_type":"text/xml","soap_action":"\\"a\\r\\nX: y\\""}')
    with pytest.raises(ProblemError) as refused:
        await put(world, Carried(BODY, "text/xml", PHOTO), forged, service=PHOTOS)
    assert (refused.value.problem.code, refused.value.problem.rule) == (
        Code.SYSTEM_BAD_QUESTION,
        "xroad-invalid-soap-action",
    )
    assert world.service.seen == []


async def test_a_service_that_goes_by_its_action_is_asked_what_was_agreed(world: SoapWorld):
    for action, passes in (
        ('"urn:citizens#citizenErase"', False),
        ('"citizenconfirm"', False),
        ('"x/citizenPhoto"', True),
    ):
        wire = posted.around(Posted("text/xml", action, b""))
        with pytest.raises(ProblemError) as refused:
            await put(world, Carried(BODY, "text/xml", PHOTO), wire, service=PHOTOS)
        # What passes is answered by the usual service, which knows another answer only.
        assert refused.value.problem.rule == ("xroad-inconsistent-headers" if passes else "xroad-action")


def test_the_same_message_gives_the_same_bytes_however_it_is_written():
    apart = parse(CONFIRM.replace(b"<ns1:number>", b"<ns1:number  >").replace(b"<SOAP-ENV:Body>", b"<SOAP-ENV:Body >"))
    assert derive_soap.question(apart[1][0]) == BODY_OF.data
    kept = derive_soap.question(parse(b'<e xmlns:xs="urn:xs"><a b="xs:date"/></e>')[0])
    assert kept == b'<a xmlns:xs="urn:xs" b="xs:date"></a>'
    with pytest.raises(SoapError) as refused:
        derive_soap.question(parse(b'<e xmlns:r="relative"><a/></e>')[0])
    assert refused.value.word is Word.INVALID_XML
