"""Dispute bundles: a whole one is a yes by the reader's own trust, what is missing a doubt, what is altered a no."""

import hashlib
import json
import os
import re
import subprocess
import sys
import zipfile
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import replace
from html import unescape
from io import BytesIO
from pathlib import Path

import msgspec
import pytest
from bundle_kit import LATER_MS, LOG_KEY, case
from world import MOTHER

from schemas.sealed import Sealed
from signing.__main__ import main
from signing.bundle import BundleError, Piece, read
from signing.casefile import PAGES, check, write
from signing.checkpoint import NoteKey
from signing.container import ContainerError, pack, unpack
from signing.examine import Finding, Trust, overall
from signing.tlog_policy import Policy
from signing.verdict import Status
from signing.words import ANSWERS, LANGUAGES, RULES, STEPS, about, reason

WHOLE = case()
FILES = unpack(WHOLE.consumer)


def judged(data: bytes, trust: Trust | None = None, root: bytes | None = WHOLE.root) -> tuple[Status, list[Finding]]:
    findings = check(data, trust or WHOLE.trust, LATER_MS, root)
    return overall(findings), findings


def twin(changes: Mapping[str, bytes | None]) -> bytes:
    """The bundle with files changed, added or dropped, and a manifest that names the result faithfully."""
    files = {name: data for name, data in (FILES | changes).items() if data is not None}
    named = [
        {"name": name, "length": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        for name, data in sorted(files.items())
        if name != "manifest.json"
    ]
    manifest = json.loads(FILES["manifest.json"]) | {"files": named}
    return pack(files | {"manifest.json": msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n"})


@pytest.mark.parametrize("data", [WHOLE.consumer, WHOLE.provider], ids=["consumer", "provider"])
def test_either_side_can_prove_the_exchange_to_a_stranger(data: bytes):
    status, findings = judged(data)
    assert status is Status.PASSED, [one for one in findings if not one.verdict.passed]
    assert {one.step for one in findings} == set(STEPS) - {10}, "no day is sealed yet"


def test_both_sides_and_every_repeat_give_the_same_bytes():
    assert WHOLE.again == WHOLE.consumer == WHOLE.provider == write(WHOLE.bundle)


def test_trust_is_the_readers_to_bring():
    assert judged(WHOLE.consumer, root=None)[0] is Status.INDETERMINATE
    assert judged(WHOLE.consumer, Trust())[0] is Status.INDETERMINATE
    stranger = NoteKey.generate("ledger.example/vn-test").verifier
    assert judged(WHOLE.consumer, Trust(log_keys=(stranger,)))[0] is Status.INDETERMINATE
    assert judged(WHOLE.consumer, root=b"{}")[0] is Status.INDETERMINATE
    own = Trust(WHOLE.bundle.authorities, (LOG_KEY.verifier,), "a100000")
    assert judged(WHOLE.consumer, own, None)[0] is Status.PASSED
    assert judged(WHOLE.consumer, replace(own, operator="a100001"), None)[0] is Status.INDETERMINATE


def test_without_the_ledger_nobody_can_tell():
    status, findings = judged(WHOLE.without_log)
    assert status is Status.INDETERMINATE
    assert [one.about for one in findings if not one.verdict.passed] == ["ledger"]


def test_witnesses_are_asked_for_when_the_reader_asks():
    key = b"\x04" + bytes(range(32))  # a cosigner's key, c2sp.org/tlog-cosignature
    vkey = f"w.example+{hashlib.sha256(b'w.example' + bytes([10]) + key).hexdigest()[:8]}+{b64encode(key).decode()}"
    lines = [f"log {LOG_KEY.verifier.text}", f"witness w {vkey}", "quorum w", ""]
    policy = Policy.from_text("\n".join(lines).encode())
    findings = check(WHOLE.consumer, WHOLE.trust, LATER_MS, WHOLE.root, policy)
    assert [one.about for one in findings if not one.verdict.passed] == ["witnesses"]


@pytest.mark.parametrize("name", ["question", "reply", "receipt"])
def test_a_missing_piece_is_a_doubt_even_where_the_rest_is_made_to_fit(name: str):
    bundle = WHOLE.bundle
    poorer = replace(bundle, pieces={key: piece for key, piece in bundle.pieces.items() if key != name})
    assert judged(write(poorer))[0] is not Status.PASSED


def test_a_missing_body_is_a_doubt_and_a_strange_one_a_no():
    bundle = WHOLE.bundle
    question = bundle.pieces["question"]
    for parts, expected in (
        ({}, Status.INDETERMINATE),
        ({"body": b"{}"}, Status.FAILED),
        ({**question.parts, "more": b"x"}, Status.FAILED),
    ):
        changed = replace(bundle, pieces={**bundle.pieces, "question": Piece(question.sealed, parts)})
        assert judged(write(changed))[0] is expected


def test_pieces_of_two_exchanges_do_not_make_one():
    bundle = WHOLE.bundle
    swapped = {**bundle.pieces, "question": bundle.pieces["reply"]}
    assert judged(write(replace(bundle, pieces=swapped)))[0] is not Status.PASSED


@pytest.mark.parametrize("name", sorted(FILES))
def test_a_file_that_is_missing_extra_or_empty_is_never_a_yes(name: str):
    for changes in ({name: None}, {name: b""}, {f"{name}.more": FILES[name]}):
        files = {key: data for key, data in (FILES | changes).items() if data is not None}
        assert judged(pack(files))[0] is Status.FAILED
        if name != "manifest.json":
            assert judged(twin(changes))[0] is not Status.PASSED


def test_a_page_that_says_more_than_the_pieces_is_a_no():
    page = FILES["verdict.html"].replace("CÓ: mọi bước đều đúng.".encode(), "CÓ: tòa đã xác nhận.".encode())
    status, findings = judged(twin({"verdict.html": page}))
    assert status is Status.FAILED
    assert any("verdict.html" in one.about for one in findings)


def test_an_archive_packed_anew_is_a_doubt_and_says_so():
    target = BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in FILES.items():
            archive.writestr(name, data)
    status, findings = judged(target.getvalue())
    assert status is Status.INDETERMINATE
    assert [one.about for one in findings if not one.verdict.passed] == ["ZIP container"]


def test_the_pages_name_agencies_and_no_person_and_run_nothing():
    for name in PAGES:
        page = FILES[name].decode()
        assert MOTHER not in page
        assert "CB-0001" not in page
        assert "<script" not in page
        assert "http" not in page.replace("Content-Security-Policy", "").replace("http-equiv", "")
        assert {"vi", "en"} <= set(re.findall(r'lang="(\w+)"', page))


def test_what_stands_in_the_bundle_cannot_break_out_of_the_pages():
    bundle = WHOLE.bundle
    agencies = bundle.registry["agencies.json"].replace("Bộ".encode(), b"<script>alert(1)</script>")
    page = PAGES["verdict.html"](replace(bundle, registry={**bundle.registry, "agencies.json": agencies}))
    assert b"<script" not in page


def test_the_commands_for_public_tools_hold_and_notice_each_altered_piece(tmp_path: Path):
    # The page is run as it stands, in the unpacked bundle; joserfc is what the page asks its reader to have.
    blocks = re.findall(r'<pre class="commands">(.*?)</pre>', FILES["commands.html"].decode(), re.DOTALL)
    commands = unescape("\n".join(blocks))
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"

    def run(folder: Path, files: Mapping[str, bytes], text: str) -> int:
        for name, data in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(data)
        bash = ["bash", "-eu", "-c", text]
        ended = subprocess.run(bash, cwd=folder, capture_output=True, check=False, env={"PATH": path})
        return ended.returncode

    assert run(tmp_path / "whole", FILES, commands) == 0
    unlisted = commands.partition("\n")[2]  # the manifest's line would notice everything alone
    for number, name in enumerate(
        [
            "question/envelope.json",
            "question/part-body",
            "reply/envelope.json",
            "reply/seal.txt",
            "leaves/asked.json",
            "leaves/outcome.details.json",
            "leaves/outcome.salt.txt",
            "log/outcome.tlog-proof",
        ]
    ):
        data = bytearray(FILES[name])
        place = 60 if name.startswith("log/") else len(data) // 2
        data[place] = ord("1") if data[place] != ord("1") else ord("2")
        assert run(tmp_path / str(number), FILES | {name: bytes(data)}, unlisted) != 0, name


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_command_answers_yes_no_and_cannot_tell(language: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    for name, data in (("yes", WHOLE.consumer), ("doubt", WHOLE.without_log), ("no", twin({"reply/part-body": b"{}"}))):
        (tmp_path / name).write_bytes(data)
    (tmp_path / "root.json").write_bytes(WHOLE.root)
    trust = ["--registry-root", str(tmp_path / "root.json"), "--log-key", LOG_KEY.verifier.text, "--language", language]
    moment = ["--at", "2026-09-22T00:00:00.000Z"]
    for name, code, status in (
        ("yes", 0, Status.PASSED),
        ("no", 1, Status.FAILED),
        ("doubt", 2, Status.INDETERMINATE),
    ):
        assert main([str(tmp_path / name), *trust, *moment]) == code
        said = capsys.readouterr().out
        assert ANSWERS[status][language] in said
        assert STEPS[9][language] in said or name == "no"
        assert MOTHER not in said


def test_every_finding_of_a_bundle_has_its_vietnamese():
    for data in (WHOLE.consumer, WHOLE.without_log, twin({"verdict.html": b"x"})):
        for finding in check(data, Trust(), LATER_MS):
            assert about(finding, "vi") != finding.about, finding.about
            if not finding.verdict.passed:
                assert finding.verdict.detail in RULES, finding.verdict.detail
                assert reason(finding, "vi") != reason(finding, "en")


def test_reading_refuses_what_is_no_bundle():
    with pytest.raises(BundleError):
        read({})
    with pytest.raises(BundleError):
        read(FILES | {"question/place.json": b"{}"})
    assert overall(check(b"PK", Trust(), LATER_MS)) is Status.FAILED


def zipped(*entries: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    target = BytesIO()
    with zipfile.ZipFile(target, "w", method) as archive:
        for name, data in entries:
            archive.writestr(name, data)
    return target.getvalue()


@pytest.mark.parametrize(
    "name", ["../up", "/root", "a/../b", "A", "a\\b", "a//b", "con:", "a/", "ä", "a/b/c/d/e/f", "-rf", "a b", ".hidden"]
)
def test_names_that_could_lead_a_tool_astray_are_refused(name: str):
    with pytest.raises(ContainerError):
        unpack(zipped((name, b"")))
    with pytest.raises(ContainerError):
        pack({name: b""})


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_bombs_crowds_and_twins_are_refused():
    for data in (
        zipped(("a", bytes(50_000_000))),
        zipped(*((f"f{number}", b"") for number in range(600))),
        zipped(("a", b"1"), ("a", b"2")),
        zipped(("a", b"x" * 100), method=zipfile.ZIP_BZIP2),
        zipped(("a", b"1")) + b"PK\x05\x06",
        b"",
    ):
        with pytest.raises(ContainerError):
            unpack(data)


def test_a_size_that_the_directory_understates_is_found_out():
    data = zipped(("a", bytes(1_000_000)))
    lied = data.replace((1_000_000).to_bytes(4, "little"), (10).to_bytes(4, "little"))
    assert lied != data
    with pytest.raises(ContainerError):
        unpack(lied)


def test_links_and_encrypted_files_are_refused():
    target = BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        link = zipfile.ZipInfo("link")
        link.create_system, link.external_attr = 3, 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(ContainerError):
        unpack(target.getvalue())
    data = bytearray(zipped(("a", b"1")))
    data[data.index(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(ContainerError):
        unpack(bytes(data))


def test_a_seal_that_names_no_registered_certificate_is_a_doubt():
    bundle = WHOLE.bundle
    question = bundle.pieces["question"]
    strange = Piece(Sealed(question.sealed.envelope, b"a.b.c", 0, 1), question.parts)
    assert judged(write(replace(bundle, pieces={**bundle.pieces, "question": strange})))[0] is not Status.PASSED
