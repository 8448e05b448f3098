"""The embedded bus's ledger as strangers and nodes see it, while three dossiers are resolved."""

from __future__ import annotations

from pathlib import Path

import aiohttp
import orjson

from bus.app.counter import Counter, demo
from bus.app.embedded import Embedded
from bus.ledger.process import verifiers_of
from bus.sample.procedures import CONSUMER, CONSUMER_SYSTEM
from config.embedded import EmbeddedSettings, SampleSettings
from signing.__main__ import main
from signing.checkpoint import check


async def test_strangers_read_it_nodes_watch_it_and_a_proof_file_holds(tmp_path: Path):
    settings = EmbeddedSettings(
        state_folder=tmp_path,
        hub_listen="127.0.0.1:0",
        node_listen="127.0.0.1:0",
        ledger_listen="127.0.0.1:0",
        audit_listen="127.0.0.1:0",
        usages_listen="127.0.0.1:0",
        schemas_listen="127.0.0.1:0",
        xroad_listen="127.0.0.1:0",
        sample=SampleSettings(people=100),
    )
    bus = await Embedded.start(settings)
    try:
        async with aiohttp.ClientSession() as session:
            key = bus.state.api_key(CONSUMER, CONSUMER_SYSTEM)
            await demo(Counter(bus.addresses.node, key, session))
            await bus.ledger.publish()
            size = (await bus.ledger.head()).size
            keys = verifiers_of(bus.state.ledger)
            async with session.get(f"{bus.addresses.ledger}/checkpoint") as answer:
                verdict, checkpoint = check(await answer.read(), keys)
            assert verdict.passed
            assert checkpoint is not None
            assert checkpoint.size == size
            for node in bus.nodes:
                assert node.watch is not None
                await node.watch.turn()
                assert node.watch.state.alarms == []
                assert node.watch.state.waiting == []
            assert sum(node.watch.state.verified for node in bus.nodes if node.watch) > 0
            async with session.get(f"{bus.addresses.ledger}/proof/0.tlog-proof") as answer:
                assert answer.status == 200
                proof = await answer.read()
            async with session.get(f"{bus.addresses.ledger}/proof/inclusion?index=0") as answer:
                assert orjson.loads(await answer.read())["size"] == size
        leaves = await bus.ledger.read(0, 1)
        judged(tmp_path, proof, leaves[0], keys[0].text)
    finally:
        await bus.close()


def judged(folder: Path, proof: bytes, leaf: bytes, vkey: str) -> None:
    (folder / "0.tlog-proof").write_bytes(proof)
    (folder / "leaf").write_bytes(leaf)
    assert main([str(folder / "0.tlog-proof"), "--leaf", str(folder / "leaf"), "--log-key", vkey]) == 0
