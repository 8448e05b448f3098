"""A ledger's days sealed by the operator's key, time-stamped and with evidence, by services on loopback; renewed."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hub_settings import hub_settings
from typer.testing import CliRunner

from bus.app.development_services import run_services
from bus.app.ledger_files import ledger_at
from bus.cli.app import build
from bus.cli.failures import failure_of
from bus.keystore.development import DevelopmentKeys, make_development_keys
from bus.ledger.port import Append
from bus.ledger.process import start_ledger
from bus.ledger.published import PublishedLog, place_of
from bus.ledger.seals import seal_due
from schemas.record import LeafType, Record, commit, encode_leaf
from schemas.text import moment
from signing import batch
from signing.__main__ import main as check
from signing.packet import reopen

OPERATOR = "a100000"
DAY = datetime(2026, 11, 20, 12, tzinfo=UTC)
HUB = hub_settings(
    "ledger.test/days",
    """\
[trust]
allow_development_pki = true
""",
    seal="{seal}",
)
SERVICES = """\
[evidence]
authorities = ["{url}/tsa"]
authority_anchors = ["{root}"]
anchors = ["{root}"]
issuers = ["{issuing}"]
ocsp = ["{url}/ocsp"]
revocation_lists = ["{url}/root.crl", "{url}/issuing.crl"]
"""
Command = Callable[..., Awaitable[tuple[int, Any]]]


@pytest.fixture
def keys(tmp_path: Path) -> DevelopmentKeys:
    now = datetime.now(UTC).replace(microsecond=0) - timedelta(days=10)
    return make_development_keys(tmp_path / "pki", now=now, agencies=[OPERATOR], services="http://127.0.0.1:8491")


@pytest.fixture
async def url(keys: DevelopmentKeys) -> AsyncIterator[str]:
    stop, ready = asyncio.Event(), asyncio.get_running_loop().create_future()
    serving = asyncio.create_task(run_services(keys.folder, "127.0.0.1:0", stop, ready))
    yield f"http://127.0.0.1:{await asyncio.wait_for(ready, 10)}"
    stop.set()
    await serving


def settings(folder: Path, keys: DevelopmentKeys, url: str = "") -> Path:
    file = folder / "hub.toml"
    services = SERVICES.format(url=url, root=keys.root, issuing=keys.issuing) if url else ""
    file.write_text(HUB.format(seal=keys.seal_address(OPERATOR)) + services, encoding="utf-8")
    return file


async def run(*words: object) -> tuple[int, Any]:
    ended = await asyncio.to_thread(CliRunner().invoke, build(), ["ledger", *map(str, words), "--json"])
    if isinstance(ended.exception, Exception):
        failure = failure_of(ended.exception)
        return failure.code, failure
    return ended.exit_code, json.loads(ended.stdout)


async def filled(file: Path, days: int = 2) -> None:
    """300 records a day, on each of these days."""
    assert (await asyncio.to_thread(CliRunner().invoke, build(), ["ledger", "init", str(file)])).exit_code == 0
    ledger = await start_ledger(ledger_at(file), cadence_s=3600)
    for day in range(days):
        await asyncio.gather(*(ledger.append(record(DAY + timedelta(days=day))) for _ in range(300)))
        await ledger.publish()
    await ledger.close()


def record(at: datetime) -> Append:
    details, salt = b"{}", sha256(str(at).encode()).digest()
    leaf = Record(
        v=1,
        type=LeafType.ASKED,
        time=moment(round(at.timestamp() * 1000)),
        consumer="a100001",
        commit=commit(details, salt),
    )
    return Append(encode_leaf(leaf), details, salt)


def alter(container: Path) -> None:
    """One bit of the list."""
    data = bytearray(container.read_bytes())
    data[150] ^= 1
    container.write_bytes(bytes(data))


def grepped(folder: Path, path: str, data: bytes) -> int:
    """The command of the manual over a file that the ledger publishes."""
    (folder / path).parent.mkdir(parents=True, exist_ok=True)
    (folder / path).write_bytes(data)
    manual = (Path(__file__).parents[2] / "docs" / "transparency.md").read_text(encoding="utf-8")
    (command,) = re.findall(r"^    (sha256sum tile.*)$", manual, re.MULTILINE)
    command = command.replace("tile/entries/001", path)
    return subprocess.run(["bash", "-ec", command], cwd=folder, capture_output=True, check=False).returncode


def unpacked(container: str, folder: Path) -> None:
    (folder / batch.NAME).write_bytes(reopen(Path(container).read_bytes()).files[batch.NAME])


def trusting(keys: DevelopmentKeys, *more: str) -> list[str]:
    issuing = ("--intermediate", str(keys.issuing))
    return ["--anchor", str(keys.root), "--tsa-anchor", str(keys.root), *issuing, *more]


async def test_each_day_is_sealed_once_judged_and_renewed_as_often_as_wanted(
    tmp_path: Path, keys: DevelopmentKeys, url: str, capsys: pytest.CaptureFixture[str]
):
    file = settings(tmp_path, keys, url)
    await filled(file)
    code, made = await run("archive", "make", file)
    assert (code, made["warning"], len(made["sealed"])) == (0, "", 2), made
    assert (await run("archive", "make", file))[1]["sealed"] == []
    code, listed = await run("archive", "list", file)
    assert [row["sealed"] for row in listed] == ["B-LT", "B-LT"]
    code, said = await run("archive", "verify", file)
    assert (code, said["holds"]) == (0, True), said
    container = Path(made["sealed"][1])
    archive = container.with_name("archive-2026-11-21.zip")
    assert check([str(container), *trusting(keys, "--data", str(archive))]) == 0
    assert "listed: archive-2026-11-21.zip" in capsys.readouterr().out
    assert check([str(container), *trusting(keys, "--data", str(file))]) == 1, "another file is not listed"
    for _ in range(2):
        code, renewed = await run("archive", "renew", file, "--day", "2026-11-21")
        assert (code, renewed) == (0, [{"container": container.name, "level": "B-LTA"}])
    assert check([str(container), *trusting(keys, "--level", "LTA")]) == 0
    assert capsys.readouterr().out.count("archive time-stamp of") == 2
    alter(container)
    assert check([str(container), *trusting(keys)]) == 1
    assert (await run("archive", "verify", file))[0] == 1


async def test_tiles_and_entries_are_found_with_sha256sum_and_grep(tmp_path: Path, keys: DevelopmentKeys):
    file = settings(tmp_path, keys)
    await filled(file)
    _, made = await run("archive", "make", file)
    unpacked(made["sealed"][1], tmp_path)
    ledger = await start_ledger(ledger_at(file), cadence_s=3600)
    log = PublishedLog(ledger)
    for path in ("tile/0/001", "tile/0/002.p/88", "tile/entries/001", "tile/entries/002.p/88"):
        data = await log.resource(place_of(path))
        assert grepped(tmp_path, path, data) == 0
        assert grepped(tmp_path, path, data[:-1]) == 1
    await ledger.close()


async def test_without_services_it_says_so_and_renewal_makes_it_last(tmp_path: Path, keys: DevelopmentKeys, url: str):
    file = settings(tmp_path, keys)
    await filled(file, days=1)
    code, made = await run("archive", "make", file)
    assert code == 0
    assert "level B alone" in made["warning"]
    assert (await run("archive", "list", file))[1][0]["sealed"] == "B"
    assert (await run("archive", "verify", file))[0] == 0, "as far as it goes"
    assert check([made["sealed"][0], *trusting(keys)]) == 2, "nobody can tell for decades"
    code, said = await run("archive", "renew", file)
    assert (code, said.rule) == (1, "not-sealed")
    settings(tmp_path, keys, url)
    assert (await run("archive", "renew", file))[1][0]["level"] == "B-LTA"
    assert check([made["sealed"][0], *trusting(keys)]) == 0


async def test_a_service_that_is_away_leaves_the_day_for_the_next_turn(tmp_path: Path, keys: DevelopmentKeys, url: str):
    file = settings(tmp_path, keys, "http://127.0.0.1:9")
    await filled(file, days=1)
    code, said = await run("archive", "make", file)
    assert (code, said.rule) == (1, "not-sealed")
    assert (await run("archive", "list", file))[1][0]["sealed"] == ""
    settings(tmp_path, keys, url)
    assert len(await asyncio.to_thread(seal_due, ledger_at(file))) == 1
