"""Days of an agency's evidence, sealed: every seal is listed, erasure leaves lists whole, bundles carry theirs."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import re
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path

import pytest
from bundle_kit import KEY, LATER_MS, LOG_KEY, Answered, answered, log_of
from seal_kit import signer as stranger
from typer.testing import CliRunner
from world import START_MS
from xades_kit import Bench

from bus import batches
from bus.batches import NotSealedError, SealedDays, Sealing, cut, listed_in
from bus.cli.app import build
from bus.doctor.finding import Health
from bus.doctor.lists import signed_lists
from bus.node import seals
from bus.node.backup import BackupError, back_up, restore
from bus.node.export import export
from bus.node.keeping import erase
from bus.node.seals import DayNotOverError
from config.evidence import EvidenceSettings
from config.node import AgencySettings, NodeSettings
from config.parts import TrustSettings
from config.secrets import read_secret
from signing import batch
from signing.__main__ import main
from signing.bundle import read
from signing.casefile import check, write
from signing.container import unpack
from signing.day_lists import STEP
from signing.examine import Finding, Trust, overall
from signing.keys import KeyRefusedError, Signer
from signing.packet import renew_by, reopen
from signing.second_seal import SUFFIX, SecondKey, load_key
from signing.verdict import Indication, Status
from signing.words import RULES, about

DAY = datetime.fromtimestamp(START_MS / 1000, UTC).date()
AFTER = datetime(DAY.year, DAY.month, DAY.day, 0, 11, tzinfo=UTC) + timedelta(days=1)


@pytest.fixture
async def told(tmp_path: Path) -> AsyncIterator[Answered]:
    made = await answered(tmp_path)
    yield made
    for archive in made.archives:
        await archive.close()


def sealing(told: Answered, entries: int = batches.ENTRIES) -> Sealing:
    return Sealing(lambda: told.world.pki.signer(told.world.consumer.agency), entries=entries)


async def sealed(told: Answered, entries: int = batches.ENTRIES) -> list[Path]:
    archive = told.archives[0].folder
    return await asyncio.to_thread(seals.seal_due, archive, KEY, sealing(told, entries), AFTER)


async def exported(told: Answered) -> bytes:
    made = await export(told.archives[0], told.exchange, told.registry, log_of(told.ledger))
    assert made.status is Status.PASSED
    return made.data


def judged(told: Answered, data: bytes) -> tuple[Status, Finding]:
    findings = check(data, Trust(log_keys=(LOG_KEY.verifier,)), LATER_MS, told.root)
    day = [one for one in findings if one.step == STEP]
    assert len(day) == 1
    return overall(findings), day[0]


async def test_every_seal_of_a_day_is_listed_once(told: Answered):
    with pytest.raises(DayNotOverError):
        seals.seal_day(told.archives[0].folder, KEY, DAY, sealing(told), AFTER - timedelta(minutes=2))
    (path,) = await sealed(told)
    listed = listed_in(path.read_bytes())
    assert len(listed) == 9, "question, reply and receipt of three exchanges"
    pieces = read(unpack(await exported(told))).pieces
    for name, piece in pieces.items():
        assert listed[f"{told.exchange}/{name}/seal.txt"] == hashlib.sha256(piece.sealed.seal).digest()
    assert await sealed(told) == [], "a day is sealed once"
    other = await asyncio.to_thread(seals.seal_due, told.archives[1].folder, KEY, sealing(told), AFTER)
    assert listed_in(other[0].read_bytes()).keys() == listed.keys(), "the other side kept the same seals"


async def test_lists_stay_whole_when_evidence_is_erased(told: Answered):
    (path,) = await sealed(told)
    before = path.read_bytes()
    folder = told.archives[0].folder
    assert erase(folder, [told.exchange], LATER_MS).pieces > 0
    assert await sealed(told) == []
    assert path.read_bytes() == before
    assert seals.digests_of(folder, KEY, DAY).keys() < listed_in(before).keys()


async def test_lists_go_with_a_backup_and_come_back(told: Answered, tmp_path: Path):
    (path,) = await sealed(told)
    back_up(told.archives[0].folder, tmp_path / "backup", "a100001", LATER_MS)
    assert restore(tmp_path / "backup", tmp_path / "restored", KEY, agency="a100001").holds
    assert seals.sealed_days(tmp_path / "restored").done() == [DAY]
    assert seals.sealed_days(tmp_path / "restored").containers()[0].read_bytes() == path.read_bytes()
    (tmp_path / "backup" / path.name).write_bytes(b"PK")
    with pytest.raises(BackupError):
        restore(tmp_path / "backup", tmp_path / "again", KEY, agency="a100001")


async def test_a_second_seal_stands_beside_the_container_and_is_judged_with_it(
    told: Answered, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    key, public = tmp_path / "second.pem", tmp_path / "second.pub.pem"
    made = CliRunner().invoke(build(["keys"]), ["keys", "second-seal", str(key), "--json"])
    assert json.loads(made.stdout)["public"] == str(public)
    twice = replace(sealing(told), second=lambda: load_key(read_secret(key)))
    (path,) = await asyncio.to_thread(seals.seal_due, told.archives[0].folder, KEY, twice, AFTER)
    beside = path.with_name(f"{path.name}{SUFFIX}")
    words = ["--data", str(path), "--second-key", str(public)]
    assert main([str(beside), *words]) == 0
    assert main([str(beside), *words[:2]]) == 2, "a key that the reader did not bring is nobody's"
    assert main([str(beside), *words[2:]]) == 2
    (tmp_path / "other.asice").write_bytes(await batches.seal({"x/question/seal.txt": bytes(32)}, sealing(told)))
    assert main([str(beside), "--data", str(tmp_path / "other.asice"), *words[2:]]) == 1
    assert "HASH_FAILURE" in capsys.readouterr().out
    back_up(told.archives[0].folder, tmp_path / "backup", "a100001", LATER_MS)
    assert (tmp_path / "backup" / beside.name).read_bytes() == beside.read_bytes()
    with pytest.raises(KeyRefusedError):
        load_key(told.world.pki.signer("a100001").certificate)


async def test_a_day_is_cut_at_a_size_and_a_day_cut_short_is_gone_on_with(told: Answered):
    folder = told.archives[0].folder
    made = await sealed(told, entries=4)
    lists = [listed_in(path.read_bytes()) for path in made]
    assert [len(one) for one in lists] == [3, 3, 3], "an exchange stays together"
    made[2].unlink()
    (folder / seals.FOLDER / f"sealed-{DAY}.json").unlink()
    again = await sealed(told, entries=4)
    assert [path.name for path in again] == [made[2].name]
    assert listed_in(again[0].read_bytes()) == lists[2]
    done = json.loads((folder / seals.FOLDER / f"sealed-{DAY}.json").read_bytes())
    rows = [
        {"file": path.name, "entries": 3, "first": min(one), "last": max(one)}
        for path, one in zip(made, lists, strict=True)
    ]
    assert done == {"v": 1, "day": DAY.isoformat(), "containers": rows}
    days = seals.sealed_days(folder)
    for path, one in zip(made, lists, strict=True):
        assert days.listing(DAY, f"{min(one).partition('/')[0]}/") == [path], "found without reading the others"
    assert days.listing(DAY, "0000/") == []
    assert days.listing(DAY - timedelta(days=1), "0000/") == []


def test_cutting_keeps_every_entry_and_every_bound():
    digests = {f"{exchange:02d}/{piece}": bytes(32) for exchange in range(7) for piece in "abc"}
    for most in (1, 2, 3, 5, 100):
        lists = list(cut(digests, most))
        assert {name for one in lists for name in one} == digests.keys()
        assert sum(map(len, lists)) == len(digests)
        assert all(0 < len(one) <= most for one in lists)


async def test_a_container_that_does_not_read_stops_its_day(told: Answered, tmp_path: Path):
    (tmp_path / "days").mkdir()
    (tmp_path / "days" / f"sealed-{DAY}-1.asice").write_bytes(b"PK")
    with pytest.raises(NotSealedError):
        SealedDays(tmp_path / "days").seal(DAY, {"a": bytes(32)}, sealing(told))


async def test_a_bundle_carries_the_list_of_its_day_and_a_stranger_judges_it(told: Answered):
    (path,) = await sealed(told)
    data = await exported(told)
    bundle = read(unpack(data))
    assert dict(bundle.days) == {path.name: path.read_bytes()}
    status, finding = judged(told, data)
    assert (status, finding.verdict.passed) == (Status.PASSED, True)
    assert finding.about == f"signed list {path.name}, level B-B: 3 of 3 seals; its time not judged"
    assert about(finding, "vi").startswith("danh sách đã ký")
    # whoever asks for time gets no yes of a list that has none
    dated = Trust(log_keys=(LOG_KEY.verifier,), time_stamp_anchors=(bundle.authorities[0],))
    findings = check(data, dated, LATER_MS, told.root)
    assert [one.verdict.reason for one in findings if one.step == STEP] == [Indication.SIG_CONSTRAINTS_FAILURE]


async def test_an_altered_list_is_a_no_and_a_strangers_a_doubt(told: Answered):
    (path,) = await sealed(told)
    bundle = read(unpack(await exported(told)))
    packet = reopen(path.read_bytes())
    listed = packet.files[batch.NAME]
    digit = b"1" if listed[:1] != b"1" else b"2"
    twin = replace(packet, files={batch.NAME: digit + listed[1:]}).container()
    foreign = await batches.seal(listed_in(path.read_bytes()), Sealing(lambda: stranger("a100009")))
    others = await batches.seal({"x/question/seal.txt": bytes(32)}, sealing(told))
    for data, reason in (
        (twin, Indication.HASH_FAILURE),
        (path.read_bytes()[:-1], Indication.FORMAT_FAILURE),
        (foreign, Indication.CHAIN_CONSTRAINTS_FAILURE),
        (others, Indication.SIGNED_DATA_NOT_FOUND),
    ):
        status, finding = judged(told, write(replace(bundle, days={path.name: data})))
        assert finding.verdict.reason is reason
        assert status is finding.verdict.status is not Status.PASSED
        assert reason in {Indication.HASH_FAILURE, Indication.FORMAT_FAILURE} or finding.verdict.detail in RULES
        assert about(finding, "vi") != finding.about


async def test_the_manuals_own_commands_find_a_seal(told: Answered, tmp_path: Path):
    manual = (Path(__file__).parents[3] / "docs" / "evidence.md").read_text(encoding="utf-8")
    commands = re.findall(r"^    ((?:unzip|sha256sum) .*)$", manual, re.MULTILINE)
    assert len(commands) == 2
    (path,) = await sealed(told)
    text = "\n".join(commands).replace("sealed-2026-11-21-1.asice", str(path))
    files = unpack(await exported(told))
    assert await asyncio.to_thread(_run, tmp_path / "whole", files, text) == 0
    assert await asyncio.to_thread(_run, tmp_path / "altered", files | {"question/seal.txt": b"x"}, text) == 1


async def test_the_bundles_page_of_commands_finds_the_seals(told: Answered, tmp_path: Path):
    (path,) = await sealed(told)
    files = unpack(await exported(told))
    blocks = re.findall(r'<pre class="commands">(.*?)</pre>', files["commands.html"].decode(), re.DOTALL)
    commands = unescape("\n".join(blocks))
    assert path.name in commands
    assert await asyncio.to_thread(_run, tmp_path / "whole", files, commands) == 0
    strangers = {name: b"x" if name.endswith("/seal.txt") else data for name, data in files.items()}
    last = blocks[-1]
    prepared = 'export WORK="$(mktemp -d)"\n' + unescape(last)
    assert await asyncio.to_thread(_run, tmp_path / "listed", files, prepared) == 0
    assert await asyncio.to_thread(_run, tmp_path / "strange", strangers, prepared) == 1


def _run(folder: Path, files: dict[str, bytes], commands: str) -> int:
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    bash = ["bash", "-eu", "-c", commands]
    return subprocess.run(bash, cwd=folder, capture_output=True, check=False, env={"PATH": path}).returncode


async def test_a_node_seals_its_days_by_itself_and_goes_on_after_a_failure(told: Answered):
    folder = told.archives[0].folder

    def away() -> Signer:
        raise NotSealedError("no service")

    def missing() -> SecondKey:
        return load_key(read_secret(folder / "no-such-key"))

    for fails in (Sealing(away), replace(sealing(told), second=missing)):
        await seals.turn("a100001", seals.Place(folder, KEY, fails), AFTER)
        assert seals.sealed_days(folder).done() == []
    await seals.turn("a100001", seals.Place(folder, KEY, sealing(told)), AFTER)
    assert seals.sealed_days(folder).done() == [DAY]


async def test_doctor_says_what_will_not_last_and_what_must_be_renewed(told: Answered, tmp_path: Path):
    agency = AgencySettings(
        id="a100001", seal="memory:x", archive=told.archives[0].folder, archive_key=tmp_path / "archive.key"
    )
    settings = NodeSettings.model_construct(agencies=(agency,), evidence=None, trust=TrustSettings())
    assert [one.health for one in signed_lists(settings, AFTER)] == [Health.WARNING]
    (path,) = await sealed(told)
    assert [one.health for one in signed_lists(settings, AFTER)] == [Health.WARNING, Health.WARNING]
    bench = Bench(tmp_path / "bench")
    path.write_bytes(bench.lt().container())
    ends = renew_by(reopen(path.read_bytes()))
    assert ends is not None
    said = [list(signed_lists(settings, ends - timedelta(days=days)))[1].health for days in (60, 20, -1)]
    assert said == [Health.GOOD, Health.WARNING, Health.BAD]
    path.write_bytes(b"PK")
    assert list(signed_lists(settings, AFTER))[1].health is Health.BAD


async def test_doctor_says_which_days_wait(told: Answered, tmp_path: Path):
    agency = AgencySettings(
        id="a100001", seal="memory:x", archive=told.archives[0].folder, archive_key=tmp_path / "archive.key"
    )
    evidence = EvidenceSettings(
        authorities=("http://127.0.0.1:9",), authority_anchors=(tmp_path / "a",), anchors=(tmp_path / "a",)
    )
    settings = NodeSettings.model_construct(agencies=(agency,), evidence=evidence, trust=TrustSettings())
    assert [one.health for one in signed_lists(settings, AFTER)] == [Health.GOOD], "it had no time for it yet"
    found = list(signed_lists(settings, AFTER + timedelta(days=1)))
    assert found[1].text == f"1 day(s) wait to be sealed, the oldest {DAY}"
    await sealed(told)
    assert len(list(signed_lists(settings, AFTER + timedelta(days=1)))) == 2, "sealed, and its own finding"
