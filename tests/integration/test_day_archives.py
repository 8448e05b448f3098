"""Days' archives: made of a real ledger at the roll of the day, caught up, chained, judged by the offline command."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hub_settings import hub_settings
from seal_kit import signer
from tsa_kit import Authority
from typer.testing import CliRunner
from witness_kit import made as witness_made

from bus.app.ledger_files import ledger_at
from bus.cli.app import build
from bus.keystore import memory
from bus.ledger import tools
from bus.ledger.archives import ArchiveExistsError, ArchiveFolder, make_due
from bus.ledger.files import LedgerFiles, verifiers_of
from bus.ledger.port import Append
from bus.ledger.process import start_ledger
from bus.ledger.sequencer import StoredLedger
from schemas.record import LeafType, Record, commit, encode_leaf
from schemas.text import moment
from signing.__main__ import main
from signing.container import pack, unpack
from signing.day_archive import DayArchive, files_of, read, write
from signing.day_examine import examine_day, follow
from signing.examine import overall
from signing.timestamp import begin
from signing.tlog_policy import Policy
from signing.verdict import Indication, Status
from signing.words import RULES, about

ORIGIN = "ledger.test/days"
FIRST = datetime(2026, 11, 20, 23, 58, tzinfo=UTC)
LATE = datetime(2026, 12, 1, tzinfo=UTC)
AT_MS = round(datetime(2100, 1, 1, tzinfo=UTC).timestamp() * 1000)
HUB = hub_settings("ledger.test/days", seal="memory:days")
DAYS = [date(2026, 11, 20), date(2026, 11, 21), date(2026, 11, 24)]


def record(at: datetime) -> Append:
    details, salt = b"{}", os.urandom(32)
    time = moment(round(at.timestamp() * 1000))
    leaf = Record(v=1, type=LeafType.ASKED, time=time, consumer="a100001", commit=commit(details, salt))
    return Append(encode_leaf(leaf), details, salt)


@pytest.fixture
def files(tmp_path: Path) -> LedgerFiles:
    made = LedgerFiles(
        origin=ORIGIN,
        store_url=f"sqlite:///{tmp_path}/ledger/ledger.sqlite3",
        guard_file=tmp_path / "guard.json",
        note_key_file=tmp_path / "keys" / "note.key",
        vault_key_file=tmp_path / "keys" / "vault.key",
        tiles_folder=tmp_path / "ledger" / "tiles",
    )
    tools.init(made)
    return made


async def grow(ledger: StoredLedger, *moments: datetime) -> bytes:
    """Records of these moments, then a checkpoint."""
    await asyncio.gather(*(ledger.append(record(at)) for at in moments))
    await ledger.publish()
    return await ledger.checkpoint()


async def filled(files: LedgerFiles) -> None:
    """Records on the 20th (three checkpoints, two in one quarter), the 21st and, after a pause, the 24th."""
    ledger = await start_ledger(files, cadence_s=3600)
    minute = timedelta(minutes=1)
    await grow(ledger, FIRST - 60 * minute)
    await grow(ledger, FIRST)
    await grow(ledger, FIRST + minute, FIRST + minute)
    await grow(ledger, *(FIRST + 10 * minute for _ in range(300)))
    await grow(ledger, FIRST + 20 * 60 * minute)
    await grow(ledger, FIRST + timedelta(days=4, hours=-1))
    await ledger.close()


def kept(files: LedgerFiles) -> ArchiveFolder:
    assert files.archives is not None
    return ArchiveFolder(files.archives)


def keys(files: LedgerFiles) -> list[str]:
    return [word for key in verifiers_of(files) for word in ("--log-key", key.text)]


def judged(files: LedgerFiles, data: bytes, policy: Policy | None = None) -> Status:
    return overall(examine_day(data, policy or Policy(), verifiers_of(files), (), AT_MS))


def test_each_day_gets_its_file_and_the_offline_command_says_yes(
    files: LedgerFiles, capsys: pytest.CaptureFixture[str]
):
    asyncio.run(filled(files))
    assert make_due(files, FIRST) == [], "the day is not over"
    assert make_due(files, datetime(2026, 11, 21, 0, 5, tzinfo=UTC)) == [], "its last checkpoint may still come"
    day = make_due(files, datetime(2026, 11, 21, 0, 11, tzinfo=UTC))
    assert [path.name for path in day] == ["archive-2026-11-20.zip"]
    later = make_due(files, LATE)
    assert kept(files).days() == DAYS, "the days without records have no file"
    assert make_due(files, LATE) == []
    assert main([*map(str, (*day, *later)), *keys(files)]) == 0
    said = capsys.readouterr().out
    assert "3 days in a row, 2026-11-20 to 2026-11-24" in said
    assert main([str(day[0])]) == 2, "no key was brought"
    assert main([str(day[0]), str(later[1]), *keys(files)]) == 2, "a day between them is missing"
    capsys.readouterr()


def test_a_file_holds_the_stated_selection_and_goes_on_from_the_day_before(files: LedgerFiles):
    asyncio.run(filled(files))
    make_due(files, LATE)
    first, second, third = (kept(files).read(day) for day in DAYS)
    assert [one.size for one in first.checkpoints] == [1, 4], "of one quarter of an hour the last"
    assert [one.size for one in second.checkpoints] == [304, 305]
    assert [one.size for one in third.checkpoints] == [306]
    assert (first.previous, first.previous_day) == (None, None)
    assert second.previous == first.checkpoints[-1].note
    assert third.previous_day == DAYS[1]
    assert [len(one.paths) for one in (first, second, third)] == [1, 2, 1]


def test_the_same_ledger_gives_the_same_files_whenever_they_are_made(files: LedgerFiles):
    asyncio.run(filled(files))
    for day in DAYS:
        make_due(files, datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1, hours=1))
    by_day = {day: kept(files).path(day).read_bytes() for day in DAYS}
    for day in DAYS:
        kept(files).path(day).unlink()
    make_due(files, LATE)
    assert {day: kept(files).path(day).read_bytes() for day in DAYS} == by_day
    with pytest.raises(ArchiveExistsError):
        kept(files).keep(kept(files).read(DAYS[0]))


def twins(files: LedgerFiles) -> Mapping[str, bytes]:
    """Altered files of the second day, each packed as we pack."""
    archive = kept(files).read(DAYS[1])
    plain = files_of(archive)
    first, *others = archive.checkpoints
    note = first.note.replace(b"\n304\n", b"\n303\n")
    bent = (*archive.paths[:1], (bytes(32), *archive.paths[1][1:]))
    return {
        "a size": write(replace(archive, checkpoints=(replace(first, note=note), *others))),
        "a path": write(replace(archive, paths=bent)),
        "no path": write(replace(archive, paths=archive.paths[:1])),
        "the day before": write(replace(archive, previous=archive.checkpoints[-1].note)),
        "one more file": pack(plain | {"extra.txt": b"x"}),
        "one file less": pack({name: data for name, data in plain.items() if name != "previous.txt"}),
        "another spelling": pack(plain | {"consistency.json": plain["consistency.json"] + b"\n"}),
        "a byte behind": write(archive) + b"x",
        "no archive": b"PK",
    }


def test_whatever_is_altered_is_no_yes(files: LedgerFiles):
    asyncio.run(filled(files))
    make_due(files, LATE)
    assert judged(files, kept(files).path(DAYS[1]).read_bytes()) is Status.PASSED
    for name, data in twins(files).items():
        assert judged(files, data) is not Status.PASSED, name
    foreign = replace(kept(files).read(DAYS[1]), origin="ledger.test/other")
    assert judged(files, write(foreign)) is Status.INDETERMINATE


def test_another_history_between_two_days_is_found(files: LedgerFiles):
    asyncio.run(filled(files))
    make_due(files, LATE)
    first, second, third = (kept(files).read(day) for day in DAYS)
    whole = follow([third, first, second])
    assert whole is not None
    assert whole.verdict.passed
    assert follow([first]) is None
    gap = follow([first, third])
    assert gap is not None
    assert gap.verdict.reason is Indication.SIGNED_DATA_NOT_FOUND
    other = replace(second, previous=first.checkpoints[0].note)
    fork = follow([first, other])
    assert fork is not None
    assert fork.verdict.reason is Indication.HASH_FAILURE
    strange = follow([first, replace(second, origin="x")])
    assert strange is not None
    assert not strange.verdict.passed


def test_time_stamps_go_in_and_are_judged(files: LedgerFiles, tmp_path: Path):
    authority = Authority(tmp_path / "tsa")
    asyncio.run(filled(files))
    make_due(files, LATE)
    archive = kept(files).read(DAYS[0])
    assert files.anchors is not None
    for one in archive.checkpoints:
        pending = begin(one.note)
        files.anchors.keep(one.note, pending.complete(authority.reply(pending.request)))
    for day in DAYS:
        kept(files).path(day).unlink()
    make_due(files, LATE)
    stamped = kept(files).read(DAYS[0])
    assert [one.token is not None for one in stamped.checkpoints] == [True, True]

    def stamps(archive: DayArchive) -> list[bool]:
        found = examine_day(write(archive), Policy(), verifiers_of(files), authority.anchors, AT_MS)
        return [one.verdict.passed for one in found if one.step == 5]

    assert stamps(stamped) == [True, True]
    assert stamps(kept(files).read(DAYS[1])) == [False], "asked for, and not there"
    one, two = stamped.checkpoints
    assert False in stamps(replace(stamped, checkpoints=(replace(one, token=two.token), two)))


def test_only_what_a_quorum_has_cosigned_is_archived(files: LedgerFiles, tmp_path: Path):
    asyncio.run(filled(files))
    vkey = witness_made(tmp_path / "w", "court.test/w", *(key.text for key in verifiers_of(files)))
    policy = f"log {verifiers_of(files)[0].text}\nwitness court {vkey}\nquorum court\n".encode()
    (tmp_path / "policy.txt").write_bytes(policy)
    under = replace(files, policy_file=tmp_path / "policy.txt")
    assert make_due(under, LATE) == []
    make_due(replace(under, publish_without_quorum=True), LATE)
    assert judged(files, kept(files).path(DAYS[0]).read_bytes()) is Status.PASSED
    assert judged(files, kept(files).path(DAYS[0]).read_bytes(), Policy.from_text(policy)) is Status.INDETERMINATE


def test_every_finding_has_its_vietnamese(files: LedgerFiles):
    asyncio.run(filled(files))
    make_due(files, LATE)
    for data in (kept(files).path(DAYS[1]).read_bytes(), *twins(files).values()):
        for finding in examine_day(data, Policy(), verifiers_of(files), (), AT_MS):
            assert about(finding, "vi") != finding.about, finding.about
            if finding.step != 1 and not finding.verdict.passed:
                assert finding.verdict.detail in RULES, finding.verdict.detail


def test_the_commands_list_make_and_verify(tmp_path: Path):
    run, app = CliRunner().invoke, build()
    (tmp_path / "hub.toml").write_text(HUB, encoding="utf-8")
    memory.forget("days")
    memory.put("days", signer("a100000"))
    place = str(tmp_path / "hub.toml")
    assert run(app, ["ledger", "init", place]).exit_code == 0
    asyncio.run(filled(ledger_at(tmp_path / "hub.toml")))
    made = run(app, ["ledger", "archive", "make", place, "--json"])
    names = [Path(name).name for name in json.loads(made.stdout)["made"]]
    assert names == [f"archive-{day}.zip" for day in DAYS[: len(names)]], "whatever is over by this machine's clock"
    make_due(ledger_at(tmp_path / "hub.toml"), LATE)
    listed = json.loads(run(app, ["ledger", "archive", "list", place, "--json"]).stdout)
    assert [row["day"] for row in listed] == [day.isoformat() for day in DAYS]
    assert run(app, ["ledger", "archive", "verify", place]).exit_code == 0
    (tmp_path / "ledger" / "archives" / f"archive-{DAYS[1]}.zip").write_bytes(b"PK")
    assert run(app, ["ledger", "archive", "verify", place]).exit_code == 1


def test_reading_gives_back_what_was_written(files: LedgerFiles):
    asyncio.run(filled(files))
    make_due(files, LATE)
    for day in DAYS:
        data = kept(files).path(day).read_bytes()
        assert write(read(data)) == data
        assert unpack(data)["manifest.json"].startswith(b"{")
