"""pyxroad, a client of Trembita (UXP), unchanged: it fetches the description, asks, and reads header and fault."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
import requests
import zeep
import zeep.exceptions
from XRoad.client import XClient
from XRoad.plugins import UXPHistoryPlugin
from xroad_soap_world import NAME, NUMBER, SUBSYSTEM, SoapWorld
from xroad_world import ONE_STOP

from schemas.xroad.posted import Posted


@pytest.fixture
async def world() -> AsyncIterator[SoapWorld]:
    async with SoapWorld().speaking() as world:
        world.service.answer = answer
        yield world


@pytest.fixture
def session() -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False
        yield session


async def answer(asked: Posted) -> tuple[int, str, bytes]:
    head, _, _ = asked.soap.partition(b"<soap-env:Body>")
    body = f"<number>{NUMBER}</number><exists>1</exists></citizenConfirmResponse>"
    wrapper = f'<citizenConfirmResponse xmlns="http://citizens.example.vn/">{body}'
    return 200, "text/xml", head + f"<soap-env:Body>{wrapper}</soap-env:Body></soap-env:Envelope>".encode()


def stock(world: SoapWorld, session: requests.Session, *plugins: zeep.Plugin) -> Any:  # noqa: ANN401 - zeep's own
    """As its README has it; the library sends through the security server as an HTTP proxy."""
    transport = zeep.Transport(session=session, timeout=20, operation_timeout=20)
    service = f"{SUBSYSTEM}/citizenConfirm/v1"
    return XClient(world.face, ONE_STOP, service, transport=transport, plugins=list(plugins))


async def test_it_asks_and_is_answered(world: SoapWorld, session: requests.Session):
    history = UXPHistoryPlugin()

    def story() -> dict[str, Any]:
        client = stock(world, session, history)
        return client.request(number=NUMBER, fullName=NAME, xroad_id="trembita-1")

    said = await asyncio.to_thread(story)
    assert (said["body"]["number"], said["body"]["exists"]) == (NUMBER, True)
    assert said["header"]["id"] == "trembita-1"
    (record, *_) = [one for one, _ in await world.records()]
    assert record.service == "a100001/population/citizens"
    assert history.transaction_id in {key[0] for key in world.consumer.archive.kept}


async def test_it_reads_our_fault(world: SoapWorld, session: requests.Session):
    def story() -> zeep.exceptions.Fault:
        with pytest.raises(zeep.exceptions.Fault) as refused:
            stock(world, session).request(number="12", fullName=NAME)
        return refused.value

    told = (await asyncio.to_thread(story)).message  # the library wraps zeep's fault in another
    assert isinstance(told, zeep.exceptions.Fault)
    assert told.code == "Client.InvalidBody"
