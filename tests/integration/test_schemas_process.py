"""The registry of schemas as a part of a hub in processes: it records over the ledger's socket, and comes back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aiohttp
from processes import running
from wires import until

from bus.app.schemas_client import SchemasClient
from config.secrets import read_secret

if TYPE_CHECKING:
    from processes import Processes


async def test_a_part_of_its_own_that_may_die(group: Processes):
    secret = read_secret(group.state.schemas / "admin.key").decode()
    url = f"http://127.0.0.1:{group.plan.schemas_port}"

    async def stands() -> bool:
        try:
            async with SchemasClient(url) as client:
                return (await client.ask("GET", "health"))["status"] == "ok"
        except aiohttp.ClientError:
            return False

    async def register(title: str) -> int:
        body = {"schema": f'{{"type":"object","title":"{title}"}}', "schemaType": "JSON"}
        async with SchemasClient(url, secret) as client:
            return int((await client.ask("POST", "subjects", "s", "versions", body=body))["id"])

    await until(stands, within_s=60)
    before = (await group.ledger()).head.size
    assert await register("one") == 1
    assert (await group.ledger()).head.size > before
    part = group.pids("--part schemas")
    workers = running("bus.registration.worker", f"--parent {part[0]}")
    assert workers
    await group.kill("--part schemas")
    await until(lambda: not running("bus.registration.worker", f"--parent {part[0]}"))
    await until(stands, within_s=60)
    assert [await register("one"), await register("two")] == [1, 2]
