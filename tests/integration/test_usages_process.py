"""The citizens' view as a part of a hub in processes: it stands, answers over the ledger's socket, and comes back."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from processes import Processes
from wires import until

from bus.app.citizen import Portal, UsagesRefusedError
from bus.app.development_issuer import IssuerFiles, token
from bus.sample.personas import PERSONAS
from config.hub import HubSettings
from config.load import load

MOTHER = PERSONAS["mother"].number


async def test_a_part_of_its_own_that_may_die(tmp_path: Path):
    nation = Processes.lay_out(tmp_path, workers=1)
    settings = load(nation.laid.hub, HubSettings).settings
    assert settings.usages is not None
    portal, issuer = Portal(f"http://{settings.usages.listen}"), IssuerFiles(tmp_path).open()

    async def look(nonce: str) -> int:
        page, _ = await portal.page(token(issuer, MOTHER, nonce, "high", int(time.time())), {})
        return page.inquiry

    try:
        hub = nation.hub()
        await until(lambda: hub.logged("usages-listening"), within_s=60)
        first = await look(await portal.challenge())
        left = await portal.challenge()
        await nation.kill("--part usages")
        await until(lambda: len(hub.logged("usages-listening")) > 1, within_s=60)
        again = await look(await portal.challenge())
        assert again > first
        with pytest.raises(UsagesRefusedError, match="822"):  # a challenge of before counts no more
            await look(left)
    finally:
        await nation.close()
