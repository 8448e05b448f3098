"""Our checkpoints before a witness that is wholly not ours: OmniWitness of transparency-dev, as its authors ship it.

It is built here from the Go module proxy by the versions and hashes that `omniwitness/` pins, where there is `go`.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import aiohttp
import pytest
from ledger_kit import NOTE_KEY, ORIGIN, VAULT_KEY, new_guard, record, sign
from wires import free_ports, until

from bus.ledger.guard import Guard
from bus.ledger.sequencer import StoredLedger, Witnesses
from bus.ledger.vault import Vault
from bus.storage.memory import MemoryStore
from signing.checkpoint import NoteKey
from signing.cosignature import CosignatureVerifier
from signing.tlog_policy import Policy

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

SOURCE = Path(__file__).parent / "omniwitness"
PROGRAM = "github.com/transparency-dev/witness/cmd/omniwitness"
KEY = NoteKey.generate("witness.foreign.test/w")
VKEY = CosignatureVerifier(KEY.verifier.name, KEY.verifier.public_key).text
BUILD_S = 400


@pytest.fixture(scope="module")
def omniwitness(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The program, built once."""
    go = shutil.which("go")
    if go is None:
        pytest.skip("there is no go on this machine")
    file = tmp_path_factory.mktemp("omniwitness") / "omniwitness"
    built = subprocess.run(
        [go, "build", "-o", str(file), PROGRAM],
        cwd=SOURCE,
        capture_output=True,
        text=True,
        timeout=BUILD_S,
        check=False,
    )
    if built.returncode and "proxy" in built.stderr:
        pytest.skip("the Go module proxy is not reached from this machine")
    assert built.returncode == 0, built.stderr
    return str(file)


@asynccontextmanager
async def standing(program: str, folder: Path) -> AsyncIterator[str]:
    """The witness with its own database, told of our log and its key; its address."""
    key, logs, port = folder / "key", folder / "logs.yaml", free_ports(1)
    key.write_text(KEY.to_text(), encoding="ascii")
    logs.write_text(
        f"Logs:\n  - Origin: {ORIGIN}\n    URL: http://127.0.0.1:1/\n    PublicKey: {NOTE_KEY.verifier.text}\n",
        encoding="ascii",
    )
    words = ("--listen", f"127.0.0.1:{port}", "--metrics_listen", "", "--private_key_path", str(key))
    words += ("--additional_logs", str(logs), "--db_file", str(folder / "witness.db"))
    with (folder / "log").open("ab") as log:
        process = await asyncio.create_subprocess_exec(program, *words, stderr=log, env={"PATH": os.defpath})
    url = f"http://127.0.0.1:{port}"

    async def answers() -> bool:
        assert process.returncode is None, (folder / "log").read_text(encoding="utf-8")[-2000:]
        try:
            async with aiohttp.ClientSession() as session, session.get(url):
                return True
        except aiohttp.ClientError:
            return False

    try:
        await until(answers)
        yield url
    finally:
        process.kill()
        await process.wait()


async def log_of(store: MemoryStore, folder: Path, policy: Policy) -> StoredLedger:
    return await StoredLedger.start(
        store,
        vault=Vault.under(VAULT_KEY),
        guard=Guard(folder / "guard.json", ORIGIN),
        sign=sign,
        clock=lambda: 0,
        cadence_s=3600,
        witnesses=Witnesses(policy, 30.0),
    )


async def grown(ledger: StoredLedger, numbers: range) -> None:
    await asyncio.gather(*(ledger.append(record(number)) for number in numbers))
    await ledger.publish()
    await ledger.cosign()


async def test_it_cosigns_as_the_log_grows_and_never_a_second_history(omniwitness: str, tmp_path: Path):
    async with standing(omniwitness, tmp_path) as url:
        policy = Policy.from_text(f"log {NOTE_KEY.verifier.text}\nwitness w {VKEY} {url}\nquorum w\n".encode())
        folders = [tmp_path / name for name in ("true", "forked")]
        for folder in folders:
            folder.mkdir()
            new_guard(folder)
        ledger = await log_of(MemoryStore(ORIGIN), folders[0], policy)
        for numbers in (range(1), range(1, 256), range(256, 300)):
            await grown(ledger, numbers)
            verdict, checkpoint = policy.judge(await ledger.checkpoint())
            assert verdict.passed, verdict
            assert checkpoint is not None
            assert checkpoint.size == numbers.stop
        cosigned = await ledger.checkpoint()
        await ledger.close()

        forked = await log_of(MemoryStore(ORIGIN), folders[1], policy)
        await grown(forked, range(1000, 1400))
        verdict, _ = policy.judge(await forked.checkpoint())
        assert not verdict.passed, "the same key, another history: no cosignature"
        await forked.close()
        assert policy.judge(cosigned)[0].passed
