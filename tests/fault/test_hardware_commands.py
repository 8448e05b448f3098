"""`lienthong keys hardware`: from an empty token to a rotated key, as an operator does it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from softhsm_kit import NOW, Hsm, needs_softhsm, softhsm
from typer.testing import CliRunner

from bus.cli.app import build
from bus.cli.exits import Exit
from bus.cli.failures import failure_of
from bus.doctor.certificates import _seal
from bus.doctor.finding import Health
from config.parts import TrustSettings

pytestmark = needs_softhsm
app = build(["keys"])
runner = CliRunner()


@pytest.fixture
def hsm(tmp_path: Path) -> Iterator[Hsm]:
    with softhsm(tmp_path / "hsm") as made:
        yield made


def run(*words: str) -> dict[str, str]:
    result = runner.invoke(app, ["keys", "hardware", *words, "--json"])
    assert result.exit_code == 0, result.exception
    return json.loads(result.stdout)


def test_an_operators_day(hsm: Hsm, tmp_path: Path):
    made = run("init", hsm.address())["address"]
    asked = run("csr", made, "--agency", "a100001", "--out", str(tmp_path / "seal.csr"))
    (tmp_path / "seal.pem").write_bytes(hsm.pki.issue_for(Path(asked["request"]).read_bytes(), "a100001", NOW))
    x5t = run("import", made, str(tmp_path / "seal.pem"))["x5t"]
    shown = json.loads(runner.invoke(app, ["keys", "show", made, "--json"]).stdout)
    assert (shown["alg"], shown["x5t"]) == ("ES256", x5t)
    following = run("rotate", made, "--agency", "a100001")
    (tmp_path / "next.pem").write_bytes(hsm.pki.issue_for(following["request"].encode(), "a100001", NOW, days=20))
    run("import", following["address"], str(tmp_path / "next.pem"))
    result = runner.invoke(app, ["keys", "hardware", "list", hsm.address("")])
    assert "P-256" in result.stdout
    assert x5t in result.stdout
    assert _seal("seal", made, TrustSettings(), NOW).health is Health.GOOD
    assert _seal("seal", following["address"], TrustSettings(), NOW).health is Health.WARNING


def test_what_goes_wrong_says_so(hsm: Hsm):
    result = runner.invoke(app, ["keys", "hardware", "init", hsm.address("") + "&pin-value=1234"])
    assert result.exception is not None
    failure = failure_of(result.exception)
    assert (failure.code, failure.rule) == (Exit.SECRET, "key-pin")
    assert "1234" not in failure.message
    assert runner.invoke(app, ["keys", "hardware", "csr", hsm.address(), "--agency", "G12"]).exit_code == Exit.USAGE
