"""A question that knows nothing of X-Road, put to a service that knows nothing else: the adapter writes the message."""

from __future__ import annotations

from typing import Any

import pytest
from world import Told, ask, mother, officer
from xroad_soap_messages import QUESTION
from xroad_soap_rows import ANSWER_BODY, PHOTO
from xroad_soap_world import CITIZENS, NUMBER, PHOTOS, SUBSYSTEM, SoapWorld, repeated

from adapters.kinds import build
from adapters.port import DeclarationError, Found, Query
from bus.node.ask import Answered
from schemas.problems import Code, ProblemError
from schemas.xroad.ids import Party
from schemas.xroad.posted import Posted
from schemas.xroad.soap import Message, read_request, read_response, request_hash

CALLER = {"client": "VN/GOV/G01/gateway", "represented_party": "GOV/{consumer}"}


async def put(world: SoapWorld, **changed: Any) -> Answered:  # noqa: ANN401 - any member of a question
    plain: dict[str, Any] = {
        "service": CITIZENS,
        "operation": "confirm",
        "body": {"xml": QUESTION},
        "officer": officer(),
        "subjects": (mother(),),
    }
    return await world.consumer.asker.ask(ask(**(plain | changed)))


async def dutiful(asked: Posted) -> tuple[int, str, bytes]:
    return 200, "text/xml", repeated(asked.soap)


async def test_the_adapter_writes_a_message_in_the_caller_s_name():
    async with SoapWorld().speaking(caller=CALLER) as world:
        world.service.answer = dutiful
        answered = await put(world)
        (seen,) = world.service.seen
    assert "exists>true<" in str(answered.value["xml"])
    request = read_request(seen.body)
    assert request.header.client.text == CALLER["client"]
    assert request.header.service.text == f"{SUBSYSTEM}/citizenConfirm/v1"
    assert (request.header.user_id, request.header.represented_party) == ("CB-0001", Party("GOV", "H56.20"))
    assert request.header.id == f"VN-{answered.exchange}"
    assert request.wrapper.findtext("{*}number") == NUMBER
    assert (seen.header("Content-Type"), seen.header("SOAPAction")) == ("text/xml; charset=UTF-8", '""')


async def test_without_a_caller_it_is_refused_before_anything_is_sent():
    async with SoapWorld().speaking() as world:
        with pytest.raises(ProblemError) as refused:
            await put(world)
        assert world.service.seen == []
    assert (refused.value.problem.code, refused.value.problem.rule) == (Code.SYSTEM_BAD_QUESTION, "xroad-message")


def fault(code: str, detail: str = "") -> bytes:
    inner = f"<faultcode>e:{code}</faultcode><faultstring>{NUMBER}</faultstring><detail>{detail}</detail>"
    return (
        '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>'
        f"<e:Fault>{inner}</e:Fault></e:Body></e:Envelope>"
    ).encode()


MEANT: dict[str, tuple[bytes, Code, str | None]] = {
    "the service's own code": (fault("Server", "<x><faultCode>404</faultCode></x>"), Code.NO_MATCH, "404"),
    "an operation's own table goes first": (fault("Server", "<code>9</code>"), Code.SYSTEM_NOT_PERMITTED, "9"),
    "a code that no table has": (fault("Server", "<code>77</code>"), Code.SYSTEM_FAULT, "77"),
    "SOAP's word for a bad request": (fault("Client"), Code.SYSTEM_BAD_QUESTION, "Client"),
    "SOAP's word for anything else": (fault("Server"), Code.SYSTEM_FAULT, "Server"),
}


@pytest.mark.parametrize("name", MEANT)
async def test_what_a_fault_of_a_judged_service_means(name: str):
    body, code, peer_code = MEANT[name]

    async def refuses(_: Posted) -> tuple[int, str, bytes]:
        return 500, "text/xml", body

    tables = {"caller": CALLER, "faults": {"404": "no-match", "9": "no-match"}}
    operation = {"service": f"{SUBSYSTEM}/citizenConfirm/v1", "faults": {"9": "not-permitted"}}
    async with SoapWorld().speaking(**tables, operations={"confirm": operation, "photo": operation}) as world:
        world.service.answer = refuses
        with pytest.raises(ProblemError) as refused:
            await put(world)
    assert (refused.value.problem.code, refused.value.problem.params.get("peer_code")) == (code, peer_code)
    assert NUMBER not in str(refused.value.problem)


async def test_a_system_of_another_kind_answers_a_call_of_x_road_s():
    async with SoapWorld().speaking() as world:

        async def reply(query: Query) -> Found:
            return Found(parts=(query.parts[0]._replace(data=repeated(query.parts[0].data, ANSWER_BODY)),))

        world.population.adapters[PHOTOS] = Named(reply)
        right = await world.post(PHOTO)

        async def lie(query: Query) -> Found:
            wrong = repeated(query.parts[0].data, ANSWER_BODY).replace(b"<xrd:issue>", WRONG_HASH + b"<xrd:issue>")
            return Found(parts=(query.parts[0]._replace(data=wrong),))

        world.population.adapters[PHOTOS] = Named(lie)
        wrong = await world.post(PHOTO)
    response = read_response(right.body)
    assert isinstance(response, Message)
    assert response.header.request_hash == request_hash(PHOTO)
    assert wrong.fault == "Server.ClientProxy.InconsistentResponse"


WRONG_HASH = b'<xrd:requestHash algorithmId="http://www.w3.org/2001/04/xmlenc#sha512">eA==</xrd:requestHash>'


class Named(Told):
    """Told what to answer, for any operation."""

    kind = "told-of-xroad"

    @property
    def operations(self) -> frozenset[str]:
        return frozenset({"photo"})


def test_settings_that_cannot_work_are_refused():
    with pytest.raises(DeclarationError, match="names its `service`"):
        build("xroad-soap", {"service_url": "http://h/s", "caller": CALLER, "operations": {"p": {}}})
    wrong = {"client": "VN", "represented_party": "a/b/c"}
    with pytest.raises(DeclarationError, match="INSTANCE/CLASS/MEMBER/SUBSYSTEM"):
        build("xroad-soap", {"service_url": "http://h/s", "caller": wrong, "operations": {"p": {}}})
