"""`lienthong node …`: a settings file runs the node, words beside it hand out evidence and look after the archive."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from bundle_kit import KEY, LOG_KEY, case
from typer.testing import CliRunner

from bus.app.evidence import NoEvidenceHereError, place_in_state
from bus.cli.app import build
from bus.cli.exits import Exit
from bus.cli.failures import failure_of
from bus.node.archive import SqlArchive, create_archive
from bus.topics import Reply, head
from config.secrets import write_secret
from schemas.sealed import pack
from schemas.text import b64url_encode
from signing.__main__ import main as check
from signing.bundle import read
from signing.container import unpack

runner = CliRunner()
AGENCY = "a200003"
WHOLE = case()


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """A state folder with one agency's archive and its node's registry, and no ledger."""
    folder = tmp_path / "state"
    create_archive(folder / "archive" / AGENCY)
    write_secret(folder / "archive" / f"{AGENCY}.key", b64url_encode(KEY).encode())
    bundle = WHOLE.bundle
    asyncio.run(_fill(folder / "archive" / AGENCY))
    _registry(folder / "node" / AGENCY / "registry", bundle.registry)
    return folder


async def _fill(folder: Path) -> None:
    archive = await SqlArchive.open(folder, KEY, lambda: 1_800_000_000_000)
    pieces = WHOLE.bundle.pieces
    question, reply, receipt = (pieces[name] for name in ("question", "reply", "receipt"))
    await archive.keep(WHOLE.exchange, "question", pack(question.sealed), tuple(question.parts.values()))
    both = head(Reply(reply.sealed, receipt.sealed))
    await archive.keep(WHOLE.exchange, "reply", both, tuple(reply.parts.values()))
    await archive.close()


def _registry(folder: Path, files: Mapping[str, bytes]) -> None:
    metadata = folder / "generation-000001" / "metadata"
    (metadata / "root_history").mkdir(parents=True)
    (folder / "sections").mkdir()
    directory = json.loads(files["directory.json"])["signed"]["targets"]
    for name, data in files.items():
        if name.startswith("root-"):
            (metadata / "root_history" / f"{name[5:-5]}.root.json").write_bytes(data)
        elif f"directory/{name}" in directory:
            (folder / "sections" / directory[f"directory/{name}"]["hashes"]["sha256"]).write_bytes(data)
        else:
            (metadata / name).write_bytes(data)
    (folder / "current").write_text("1")


def run(*arguments: object) -> dict[str, Any]:
    result = runner.invoke(build(), ["node", *map(str, arguments), "--json"])
    assert result.exception is None, result.exception
    return dict(json.loads(result.stdout))


def ends(*arguments: object) -> Exit:
    error = runner.invoke(build(), ["node", *map(str, arguments)]).exception
    assert isinstance(error, Exception)
    return failure_of(error).code


def test_an_export_without_a_ledger_is_whole_but_for_its_proof(state: Path, tmp_path: Path):
    out = tmp_path / "bundle.zip"
    place = ("--state", state, "--agency", AGENCY)
    made = run("evidence", "export", "--exchange", WHOLE.exchange, "--out", out, *place)
    assert (made["status"], made["missing"]) == ("indeterminate", ["ledger-proof"])
    assert out.stat().st_mode & 0o077 == 0
    key = LOG_KEY.verifier.text
    again = tmp_path / "again.zip"
    run("evidence", "export", "--exchange", WHOLE.exchange, "--out", again, "--log-key", key, *place)
    assert read(unpack(again.read_bytes())).log_key == key
    assert unpack(out.read_bytes()).keys() == unpack(WHOLE.without_log).keys()
    (tmp_path / "root.json").write_bytes(WHOLE.root)
    trust = ["--registry-root", str(tmp_path / "root.json"), "--log-key", key]
    assert check([str(out), *trust, "--at", "2026-09-22T00:00:00.000Z"]) == 2
    assert ends("evidence", "export", "--exchange", WHOLE.exchange, "--out", out, *place) is Exit.STATE
    assert ends("evidence", "export", "--exchange", "none", "--out", tmp_path / "none.zip", *place) is Exit.NO


def test_the_archive_is_shown_verified_backed_up_restored_and_forgets_nothing_young(state: Path, tmp_path: Path):
    place = ("--state", state, "--agency", AGENCY)
    shown = run("archive", "show", "--limit-mb", 1, *place)
    assert shown["classes"]["question"]["count"] == shown["classes"]["reply"]["count"] == 1
    assert run("archive", "verify", *place)["holds"]
    run("archive", "backup", tmp_path / "backup", *place)
    assert sum(run("archive", "forget", "--yes", *place)["forgotten"].values()) == 0
    assert ends("archive", "restore", tmp_path / "backup", *place) is Exit.STATE
    (state / "archive" / AGENCY / "evidence.db").unlink()
    assert run("archive", "restore", tmp_path / "backup", *place)["boxes"] == 2
    assert ends("archive", "backup", tmp_path / "backup", *place) is Exit.STATE


def test_another_key_is_a_fault_of_every_box(state: Path):
    key = state / "archive" / f"{AGENCY}.key"
    key.unlink()
    write_secret(key, b64url_encode(b"z" * 32).encode())
    result = runner.invoke(build(), ["node", "archive", "verify", "--state", str(state), "--agency", AGENCY])
    assert result.exit_code == Exit.NO
    place = ("--state", state, "--agency", AGENCY)
    out = state / "never.zip"
    assert ends("evidence", "export", "--exchange", WHOLE.exchange, "--out", out, *place) is Exit.SECRET
    assert not out.exists()


def test_the_place_is_named_once_and_the_agency_must_be_there(state: Path):
    assert ends("archive", "show") is Exit.USAGE
    assert ends("archive", "show", "--state", state, "--config", state / "node.toml") is Exit.USAGE
    assert ends("archive", "show", "--state", state) is Exit.CONFIG
    with pytest.raises(NoEvidenceHereError, match=AGENCY):
        place_in_state(state, "a999999")


def test_a_settings_file_still_runs_the_node_and_a_command_wins_over_it(tmp_path: Path):
    file = tmp_path / "node.toml"
    file.write_text('instance = "VN-test"\n', encoding="utf-8")
    assert ends(file) is Exit.CONFIG  # read as settings, with its mistakes listed
    assert ends("run", file) is Exit.CONFIG
    assert ends(tmp_path / "none.toml") is Exit.STATE
    helped = runner.invoke(build(), ["node", "--help"])
    assert helped.exit_code == 0
    assert "FILE | COMMAND" in helped.stdout


def test_a_node_of_several_agencies_asks_which(tmp_path: Path):
    agencies = "".join(
        f'[[agencies]]\nid = "{one}"\nseal = "memory:{one}"\narchive = "{one}"\narchive_key = "{one}.key"\n'
        for one in ("a100001", "a100002")
    )
    file = tmp_path / "node.toml"
    file.write_text(
        'instance = "VN-test"\nname = "two"\nstate_folder = "state"\n[link]\nhub = ["127.0.0.1:1"]\n'
        'certificate = "c"\nkey = "k"\nanchors = ["r"]\n[registry]\ntrusted_root = "root.json"\nfolder = "registry"\n'
        f"[retention]\nreceipt_days = 4000\n{agencies}",
        encoding="utf-8",
    )
    assert ends("archive", "show", "--config", file) is Exit.CONFIG
    create_archive(tmp_path / "a100002")
    shown = runner.invoke(build(), ["node", "archive", "show", "--config", str(file), "--agency", "a100002"])
    assert "4000 days" in shown.stdout
