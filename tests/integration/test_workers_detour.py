"""Two workers, and a provider that is linked to one of them only: the question finds its way, and is recorded once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from wires import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from processes import Processes

PROVIDER = "a100001"


@pytest.fixture
async def dossier(group: Processes) -> AsyncIterator[str]:
    await group.stands()
    yield str((await group.counter.open("birth")).body["dossier"])
    for relay in group.relays:
        relay.admits = True
    await group.stands()


async def only_on(group: Processes, worker: int) -> None:
    """Let the provider lose its link to every worker but this one; the others keep theirs."""
    other = group.relays[1 - worker]
    node = group.children[f"node-{PROVIDER}"]
    node.process.terminate()
    await node.ended()
    other.admits = False
    group.node(PROVIDER)

    async def as_wanted() -> bool:
        return PROVIDER in await group.seen_by(worker)

    await until(as_wanted)
    assert PROVIDER not in await group.seen_by(1 - worker)
    assert "a100010" in await group.seen_by(1 - worker)


async def test_a_question_goes_on_at_the_worker_that_has_the_provider(group: Processes, dossier: str):
    detours = 0
    for worker in (0, 1):
        await only_on(group, worker)
        before, size = len(group.taps["population"].seen), (await group.ledger()).head.size
        up = group.relays[1 - worker].bytes_up
        said = [await group.counter.ask("confirm", dossier=dossier) for _ in range(3)]
        assert [one.status for one in said] == [200, 200, 200], [one.body for one in said]
        assert len(group.taps["population"].seen) == before + 3
        assert (await group.ledger()).head.size == size + 6, "one asked and one outcome for each, whatever the way"
        detours += group.relays[1 - worker].bytes_up > up + 1_000
        group.relays[1 - worker].admits = True
        await group.stands()
    assert detours, "no question ever met the worker without the provider"


async def test_a_provider_on_no_worker_is_not_reachable(group: Processes, dossier: str):
    node = group.children[f"node-{PROVIDER}"]
    node.process.terminate()
    await node.ended()
    size = (await group.ledger()).head.size
    said = await group.counter.ask("confirm", dossier=dossier)
    assert (said.status, said.number, said.body["fault_at"]) == (503, 401, "provider-node")
    assert (said.body["retry"], (await group.ledger()).open_asked) == (True, 0)
    assert (await group.ledger()).head.size == size
    group.node(PROVIDER)


async def test_a_dossier_goes_on_without_one_provider(group: Processes, dossier: str):
    node = group.children["node-a100002"]
    node.process.terminate()
    await node.ended()
    opened = await group.counter.open("marriage-late")
    lines = {line["requirement"]: line["reason"] for line in opened.body["lines"]}
    assert lines["unmarried-husband"] == lines["unmarried-wife"] == "provider-down"
    assert lines["identity-of-husband"] is None
    assert opened.body["took_ms"] < 15_000
    assert dossier != opened.body["dossier"]
    group.node("a100002")
