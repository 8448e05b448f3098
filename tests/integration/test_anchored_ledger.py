"""A ledger whose checkpoints are stamped by OpenSSL's authority over HTTP: kept, shown, proven, alarmed about."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from bundle_kit import LATER_MS, case
from log_kit import Leaves, reading
from structlog.testing import capture_logs
from tsa_kit import Authority, Server, run, serving

from bus.audit.inquiry import own_record
from bus.ledger import tools, upkeep
from bus.ledger.anchoring import Anchoring, AnchoringPlan, NotStampedError, read_state, wall
from bus.ledger.anchors import AnchorFolder
from bus.ledger.archives import ArchiveFolder
from bus.ledger.files import LedgerFiles
from bus.ledger.process import start_ledger
from schemas.record import LeafType
from signing.bundle import read
from signing.casefile import check, write
from signing.container import unpack
from signing.evidence import LogProof
from signing.examine import Trust, overall
from signing.timestamp import begin
from signing.timestamp import check as check_stamp
from signing.verdict import Status

DEAD = "http://127.0.0.1:1/"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tsa"))


class Bench:
    """A published log in memory and its anchoring."""

    def __init__(self, folder: Path, plan: AnchoringPlan) -> None:
        self.leaves = Leaves(3)
        self.kept = AnchorFolder(folder / "anchors")
        self.state_file = folder / "anchoring.json"
        self.later = timedelta()
        self.anchoring = Anchoring(
            plan, self.leaves.checkpoint, self.kept, now=lambda: wall() + self.later, state_file=self.state_file
        )


def plan(authority: Authority, *urls: str, **more: float) -> AnchoringPlan:
    return AnchoringPlan(urls, tuple(authority.anchors), **more)


async def test_a_published_checkpoint_is_stamped_kept_and_verified_by_openssl(authority: Authority, tmp_path: Path):
    async with serving(authority) as server:
        bench = Bench(tmp_path, plan(authority, DEAD, server.url))
        assert await bench.anchoring.turn()
        anchor = bench.kept.newest()
        assert anchor is not None
        assert anchor.note == await bench.leaves.checkpoint()
        assert check_stamp(anchor.token, anchor.note, authority.anchors, wall())[0].passed
        files = ("-in", tmp_path / "anchors" / f"{3:019d}.tst", "-data", tmp_path / "anchors" / f"{3:019d}.txt")
        assert b"OK" in run("ts", "-verify", "-token_in", *files, "-CAfile", authority.folder / "root.pem")
        assert await bench.anchoring.turn()
        assert server.asked == 1, "without news nobody is asked"
        state = read_state(bench.state_file)
        assert state is not None
        assert (state.size, state.authority, state.alarm) == (3, "CN=tsa,C=VN", "")
        await bench.anchoring.close()


async def test_while_no_authority_answers_it_goes_on_and_alarms_by_age(authority: Authority, tmp_path: Path):
    bench = Bench(tmp_path, plan(authority, DEAD, interval_s=60.0))
    with capture_logs() as logs:
        assert not await bench.anchoring.turn()
        bench.later = timedelta(minutes=5)
        assert not await bench.anchoring.turn()
        assert not await bench.anchoring.turn()
    assert [line["event"] for line in logs] == ["checkpoint-not-anchored", "anchor-alarm", "checkpoint-not-anchored"]
    state = read_state(bench.state_file)
    assert state is not None
    assert state.waiting_ms is not None
    assert "not reached" in state.alarm
    await bench.anchoring.close()


async def bent(server: Server, authority: Authority, tmp_path: Path) -> list[str]:
    """What the anchoring says of each answer that must not count."""
    good = begin(b"something else")
    answers: list[tuple[int, bytes | None]] = [
        (500, None),
        (302, None),
        (200, b""),
        (200, b"x" * 200_000),
        (200, authority.reply(good.request)),
    ]
    said = []
    for number, (status, body) in enumerate(answers):
        server.status, server.body = status, body
        bench = Bench(tmp_path / str(number), plan(authority, server.url))
        with pytest.raises(NotStampedError) as stopped:
            await bench.anchoring.anchor(await bench.leaves.checkpoint())
        assert bench.kept.newest() is None
        said.append(str(stopped.value))
        await bench.anchoring.close()
    return said


async def test_an_answer_that_does_not_hold_is_not_kept(authority: Authority, tmp_path: Path):
    async with serving(authority) as server:
        said = await bent(server, authority, tmp_path)
        assert "500" in said[0]
        assert "302" in said[1]
        assert "nonce" in said[4]
        server.status, server.body = 200, None
        rogue = Bench(tmp_path / "rogue", plan(Authority(tmp_path / "other", authority.name), server.url))
        with pytest.raises(NotStampedError, match="does not hold"):
            await rogue.anchoring.anchor(await rogue.leaves.checkpoint())
        await rogue.anchoring.close()


async def test_it_runs_by_itself_and_a_restart_goes_on(authority: Authority, tmp_path: Path):
    async with serving(authority) as server:
        bench = Bench(tmp_path, plan(authority, server.url, interval_s=0.05))
        running = asyncio.create_task(bench.anchoring.run())
        while bench.kept.newest() is None:  # noqa: ASYNC110 - a file that a task writes
            await asyncio.sleep(0.01)
        bench.leaves.leaves.append(b'{"leaf":3}')
        bench.leaves.published = 4
        while len(bench.kept.sizes()) < 2:  # noqa: ASYNC110 - the same
            await asyncio.sleep(0.01)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await bench.anchoring.close()
        asked = server.asked
        again = Bench(tmp_path, plan(authority, server.url, interval_s=0.05))
        again.leaves = bench.leaves
        again.anchoring._checkpoint = bench.leaves.checkpoint
        await asyncio.to_thread(again.anchoring._resume)
        assert await again.anchoring.turn()
        assert server.asked == asked
        await again.anchoring.close()


async def test_a_serving_ledger_anchors_and_archives_by_itself(
    authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(upkeep, "FIRST_AFTER_S", 0.0)
    async with serving(authority) as server:
        files = LedgerFiles(
            origin="ledger.test/upkeep",
            store_url=f"sqlite:///{tmp_path}/ledger/ledger.sqlite3",
            guard_file=tmp_path / "guard.json",
            note_key_file=tmp_path / "note.key",
            vault_key_file=tmp_path / "vault.key",
            tiles_folder=tmp_path / "ledger" / "tiles",
            anchoring=plan(authority, server.url, interval_s=0.05),
        )
        tools.init(files)
        ledger = await start_ledger(files, cadence_s=3600)
        await ledger.append(own_record(LeafType.INQUIRY, "a100001", b"{}", 1_800_000_000_000))
        await ledger.publish()
        keeping = upkeep.Upkeep.start(files, ledger, lambda: datetime(2027, 2, 1, tzinfo=UTC))
        assert files.anchors is not None
        assert files.archives is not None
        while not (files.anchors.sizes() and ArchiveFolder(files.archives).days()):  # noqa: ASYNC110 - files that tasks write
            await asyncio.sleep(0.01)
        await keeping.close()
        await ledger.close()
    assert [day.isoformat() for day in ArchiveFolder(files.archives).days()] == ["2027-01-15"]


async def test_the_log_gives_the_first_anchor_that_covers_a_record(authority: Authority, tmp_path: Path):
    leaves = Leaves(10)
    kept = AnchorFolder(tmp_path / "anchors")
    for size in (3, 7):
        leaves.published = size
        note = await leaves.checkpoint()
        pending = begin(note)
        kept.keep(note, pending.complete(authority.reply(pending.request)))
    leaves.published = 10
    async with reading(leaves, tmp_path / "tiles") as reader:
        for index, size in ((0, 3), (2, 3), (3, 7), (6, 7)):
            status, body, _ = await reader.get(f"proof/anchor?index={index}")
            assert status == 200
            assert f'"size":{size}'.encode() in body.replace(b" ", b"")
        for index in ("7", "99", "x", ""):
            assert (await reader.get(f"proof/anchor?index={index}"))[0] in {404, 400}


def test_a_bundle_carries_its_time_stamp_and_the_check_judges_it(authority: Authority):
    whole = case()
    bundle = whole.bundle
    assert bundle.log is not None
    pending = begin(bundle.log.checkpoint)
    token = pending.complete(authority.reply(pending.request))
    stamped = replace(bundle, log=replace(bundle.log, time_stamps=(token,)))
    data = write(stamped)
    assert read(unpack(data)).log == LogProof(bundle.log.checkpoint, bundle.log.asked, bundle.log.outcome, (token,))
    later_ms = round((datetime.now(UTC) + timedelta(minutes=1)).timestamp() * 1000)
    trust = replace(whole.trust, time_stamp_anchors=tuple(authority.anchors))

    def judged(bytes_: bytes, by: Trust, at_ms: int = LATER_MS) -> Status:
        return overall(check(bytes_, by, at_ms, whole.root))

    assert judged(data, whole.trust) is Status.PASSED, "nobody asked for it"
    abouts = [one for one in check(data, trust, max(later_ms, LATER_MS), whole.root) if "time-stamp" in one.about]
    assert [one.verdict.passed for one in abouts] == [True]
    assert "by CN=tsa,C=VN" in abouts[0].about
    assert judged(data, trust, max(later_ms, LATER_MS)) is Status.PASSED
    assert judged(whole.consumer, trust) is Status.INDETERMINATE, "asked for, and not there"
    wrong = begin(bundle.log.checkpoint + b"x")
    foreign = wrong.complete(authority.reply(wrong.request))
    forged = write(replace(bundle, log=replace(bundle.log, time_stamps=(foreign,))))
    assert judged(forged, trust, max(later_ms, LATER_MS)) is Status.FAILED
