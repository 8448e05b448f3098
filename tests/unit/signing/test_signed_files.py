"""`lienthong-check` on containers, detached signatures, time-stamps and signatures of older formats."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import xroad_kit
from xades_kit import FILES, Bench

from signing.__main__ import main
from signing.timestamp import file_of


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory):
    made = Bench(tmp_path_factory.mktemp("signed"))
    (made.folder / "root.pem").write_bytes(made.ca.root.pem)
    (made.folder / "issuing.pem").write_bytes(made.ca.issuing.pem)
    return made


def trusting(bench: Bench, *more: str) -> list[str]:
    tsa = str(bench.folder / "tsa" / "root.pem")
    return ["--anchor", str(bench.folder / "root.pem"), "--tsa-anchor", tsa, *more]


def written(folder: Path, name: str, data: bytes) -> str:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data)
    return str(file)


def test_a_sound_container_is_a_yes_with_numbered_steps(bench: Bench, tmp_path: Path, capsys: pytest.CaptureFixture):
    file = written(tmp_path, "x.asice", bench.lta().container())
    assert main([file, *trusting(bench)]) == 0
    said = capsys.readouterr().out
    assert "  7 ok   signature value" in said
    assert "YES" in said
    assert main([file, "--language", "vi", *trusting(bench)]) == 0
    vietnamese = capsys.readouterr().out
    assert "giá trị chữ ký" in vietnamese
    english = [line for line in vietnamese.splitlines() if " the " in line]
    assert not english


def test_an_altered_container_is_a_no(bench: Bench, tmp_path: Path, capsys: pytest.CaptureFixture):
    data = bytearray(bench.lt().container())
    data[60] ^= 1
    assert main([written(tmp_path, "x.asice", bytes(data)), *trusting(bench)]) == 1
    assert "NO:" in capsys.readouterr().out


def test_without_the_readers_trust_nobody_can_tell(bench: Bench, tmp_path: Path):
    file = written(tmp_path, "x.asice", bench.lt().container())
    assert main([file]) == 2
    assert main([file, "--anchor", str(bench.folder / "root.pem")]) == 2


def test_the_level_can_be_asked_for(bench: Bench, tmp_path: Path):
    file = written(tmp_path, "x.asice", bench.lt().container())
    assert main([file, *trusting(bench, "--level", "LTA")]) == 2
    assert main([file, *trusting(bench, "--level", "T")]) == 0


def test_x_roads_container_is_told_by_its_files(bench: Bench, tmp_path: Path, capsys: pytest.CaptureFixture):
    file = written(tmp_path, "x.asice", xroad_kit.packed(xroad_kit.message(bench, batch=True, attachments=1)))
    words = ["--anchor", str(bench.folder / "issuing.pem"), *trusting(bench)[2:]]
    assert main([file, "--json", *words]) == 0
    (report,) = json.loads(capsys.readouterr().out)
    assert report["findings"][0]["about"].startswith("X-Road container")


def test_a_signature_that_stands_apart_needs_its_very_files(bench: Bench, tmp_path: Path):
    packet = bench.lt(files=(FILES[0],))
    file = written(tmp_path, "signatures.xml", packet.signatures)
    data = written(tmp_path, FILES[0].name, FILES[0].data)
    assert main([file, "--data", data, *trusting(bench)]) == 0
    assert main([file, *trusting(bench)]) == 2
    assert main([file, "--data", data, "--data", written(tmp_path, "more", b"x"), *trusting(bench)]) == 2
    assert main([file, "--data", written(tmp_path, FILES[0].name, b"other"), *trusting(bench)]) == 1


def test_a_time_stamp_needs_its_very_data(bench: Bench, tmp_path: Path):
    data = written(tmp_path, "data", b"stamped")
    token = bench.stamp(b"stamped")
    for name, file in (("t.tst", token), ("t.tsr", file_of(token))):
        path = written(tmp_path, name, file)
        assert main([path, "--data", data, *trusting(bench)]) == 0
        assert main([path, *trusting(bench)]) == 2
        assert main([path, "--data", written(tmp_path, "other", b"other"), *trusting(bench)]) == 1


@pytest.mark.parametrize(
    ("inside", "why"),
    [
        ('<s:SignatureMethod Algorithm="http://www.w3.org/2000/09/xmldsig#rsa-sha1"/>', "outside the closed list"),
        ('<s:SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"/>', "no certificate"),
        ("<s:X509Certificate/><s:Transform/>", "transforms decide"),
        ("<s:X509Certificate/>", "no rule of its format"),
    ],
)
def test_a_signature_of_an_older_format_is_never_a_yes(
    bench: Bench, tmp_path: Path, capsys: pytest.CaptureFixture, inside: str, why: str
):
    text = f'<e:Envelope xmlns:e="urn:e" xmlns:s="http://www.w3.org/2000/09/xmldsig#"><s:Signature>{inside}</s:Signature></e:Envelope>'
    assert main([written(tmp_path, "x.edxml", text.encode()), *trusting(bench)]) == 2
    said = capsys.readouterr().out
    assert "present, not verified" in said
    assert why in said
