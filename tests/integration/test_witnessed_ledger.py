"""A ledger that publishes under a policy: quorum, a witness that is down, one that was shown another history."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp
import pytest
from ledger_kit import NOTE_KEY, ORIGIN, VAULT_KEY, new_guard, record, sign
from structlog.testing import capture_logs
from witness_kit import made, serving

from bus.ledger.guard import Guard
from bus.ledger.sequencer import StoredLedger, Witnesses
from bus.ledger.vault import Vault
from bus.ledger.witnessing import read_state
from bus.storage.memory import MemoryStore
from signing.checkpoint import parse, seal
from signing.merkle import leaf_hash, root
from signing.tlog_policy import Policy

NAMES = ("court", "audit", "data")


class Bench:
    """A ledger and the folders of three witnesses, two of which make a quorum."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store = MemoryStore(ORIGIN)
        self.vkeys = {name: made(folder / name, f"{name}.test/w", NOTE_KEY.verifier.text) for name in NAMES}
        new_guard(folder)

    def policy(self, urls: dict[str, str]) -> Policy:
        lines = "".join(f"witness {name} {vkey} {urls[name]}\n" for name, vkey in self.vkeys.items())
        text = f"log {NOTE_KEY.verifier.text}\n{lines}group g 2 {' '.join(NAMES)}\nquorum g\n"
        return Policy.from_text(text.encode())

    async def ledger(self, policy: Policy, *, without_quorum: bool = False) -> StoredLedger:
        return await StoredLedger.start(
            self.store,
            vault=Vault.under(VAULT_KEY),
            guard=Guard(self.folder / "guard.json", ORIGIN),
            sign=sign,
            clock=lambda: 0,
            cadence_s=3600,
            witnesses=Witnesses(policy, 5.0, without_quorum, self.folder / "witnesses.json"),
        )


async def grown(ledger: StoredLedger, first: int, count: int) -> bytes:
    """Append, sign, ask; what is published then."""
    await asyncio.gather(*(ledger.append(record(number)) for number in range(first, first + count)))
    await ledger.publish()
    await ledger.cosign()
    return await ledger.checkpoint()


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


async def test_three_witnesses_cosign_and_a_restart_keeps_their_word(bench: Bench):
    async with AsyncExitStack() as stack:
        urls = {name: await stack.enter_async_context(serving(bench.folder / name)) for name in NAMES}
        policy = bench.policy(urls)
        ledger = await bench.ledger(policy)
        assert await ledger.checkpoint() == b""
        note = await grown(ledger, 0, 300)
        verdict, checkpoint = policy.judge(note)
        assert verdict.passed
        assert checkpoint is not None
        assert checkpoint.size == 300
        assert len(policy.cosigned(*parse(note)).times) >= 2
        newest = await grown(ledger, 300, 1)
        assert policy.judge(newest)[0].passed
        await ledger.close()
        bench.store = bench.store.reopened()
        ledger = await bench.ledger(policy)
        assert await ledger.checkpoint() == newest
        await ledger.close()


async def test_with_one_witness_down_it_goes_on_and_with_two_it_holds(bench: Bench):
    async with AsyncExitStack() as stack:
        court = await stack.enter_async_context(serving(bench.folder / "court"))
        urls = {"court": court, "audit": "http://127.0.0.1:1", "data": "http://127.0.0.1:1"}
        async with serving(bench.folder / "audit") as audit:
            policy = bench.policy({**urls, "audit": audit})
            ledger = await bench.ledger(policy)
            assert parse(await grown(ledger, 0, 5))[0].size == 5
            state = read_state(bench.folder / "witnesses.json")
            assert state is not None
            assert state.quorum
            assert {one.name: bool(one.alarm) for one in state.witnesses} == {
                "court": False,
                "audit": False,
                "data": True,
            }
        with capture_logs() as logs:
            assert parse(await grown(ledger, 5, 5))[0].size == 5, "the last one with a quorum stays"
        assert [line["reached"] for line in logs if line["event"] == "checkpoint-quorum"] == [False]
        assert (await ledger.head()).size == 10, "records go on being taken"
        state = read_state(bench.folder / "witnesses.json")
        assert state is not None
        assert not state.quorum
        port = int(audit.rpartition(":")[2])
        async with serving(bench.folder / "audit", port):
            await ledger.cosign()
            note = await ledger.checkpoint()
            assert parse(note)[0].size == 10, "it asks again until there is one"
        await ledger.close()


async def test_it_publishes_without_a_quorum_only_where_the_operator_says_so(bench: Bench):
    policy = bench.policy(dict.fromkeys(NAMES, "http://127.0.0.1:1"))
    ledger = await bench.ledger(policy, without_quorum=True)
    assert parse(await grown(ledger, 0, 5))[0].size == 5
    await ledger.close()


async def test_a_ledger_that_has_forgotten_the_witnesses_size_learns_it(bench: Bench):
    async with AsyncExitStack() as stack:
        urls = {name: await stack.enter_async_context(serving(bench.folder / name)) for name in NAMES}
        policy = bench.policy(urls)
        for first in (0, 7, 14):
            ledger = await bench.ledger(policy)
            with capture_logs() as logs:
                assert parse(await grown(ledger, first, 7))[0].size == first + 7
            assert not [line for line in logs if line["event"] == "witness-alarm"]
            await ledger.close()
            bench.store = bench.store.reopened()


async def test_a_witness_that_was_shown_another_history_raises_a_severe_alarm(bench: Bench):
    async with AsyncExitStack() as stack:
        urls = {name: await stack.enter_async_context(serving(bench.folder / name)) for name in NAMES}
        hashes = [leaf_hash(b"another %d" % number) for number in range(5)]
        await show(urls["court"], seal(ORIGIN, 5, root(hashes), NOTE_KEY))
        policy = bench.policy(urls)
        ledger = await bench.ledger(policy)
        with capture_logs() as logs:
            note = await grown(ledger, 0, 5)
        assert set(policy.cosigned(*parse(note)).times) == {"audit", "data"}
        alarms = [line for line in logs if line["event"] == "witness-alarm"]
        assert [(line["witness"], line["severe"]) for line in alarms] == [("court", True)]
        assert "409" in alarms[0]["reason"]
        with capture_logs() as logs:
            await grown(ledger, 5, 5)
        alarms = [line for line in logs if line["event"] == "witness-alarm"]
        assert [(line["witness"], line["severe"]) for line in alarms] == [("court", True)]
        assert "422" in alarms[0]["reason"]
        await ledger.close()


async def show(url: str, note: bytes) -> None:
    """Have a witness cosign another history."""
    data = b"old 0\n\n" + note
    async with aiohttp.ClientSession() as session, session.post(f"{url}/add-checkpoint", data=data) as answer:
        assert answer.status == 200
