"""The citizens' view as a part of a hub in processes: it stands, answers over the ledger's socket, and comes back."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import aiohttp
import pytest
from wires import until

from bus.app import prepare
from bus.app.citizen import Portal, UsagesRefusedError
from bus.app.development_issuer import IssuerFiles, token
from bus.doctor.finding import Health
from bus.doctor.settings import look_at
from bus.sample.personas import PERSONAS

if TYPE_CHECKING:
    from processes import Processes

MOTHER = PERSONAS["mother"].number


async def test_a_part_of_its_own_that_may_die(group: Processes):
    portal = Portal(f"http://127.0.0.1:{group.plan.usages_port}")
    issuer = IssuerFiles(group.folder).open()

    async def stands() -> bool:
        try:
            return bool(await portal.challenge())
        except aiohttp.ClientError:
            return False

    async def look(nonce: str) -> int:
        page, _ = await portal.page(token(issuer, MOTHER, nonce, "high", int(time.time())), {})
        return page.inquiry

    await until(stands, within_s=60)
    first = await look(await portal.challenge())
    left = await portal.challenge()
    await group.kill("--part usages")
    await until(stands, within_s=60)
    assert await look(await portal.challenge()) > first
    with pytest.raises(UsagesRefusedError, match="822"):  # a challenge of before counts no more
        await look(left)


async def test_doctor_looks_at_the_issuer_s_keys(group: Processes):
    found = await asyncio.to_thread(lambda: list(look_at(group.laid.hub, prepare.today())))
    assert [one.health for one in found if one.check == "e-ID issuer"] == [Health.GOOD]
