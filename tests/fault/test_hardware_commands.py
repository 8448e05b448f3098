"""`lienthong keys hardware`: from an empty token to a rotated key, as an operator does it."""

from __future__ import annotations

import json
import ssl
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
from bus.keystore import KeyAddressError, hardware
from bus.keystore.following import NextKey
from config.parts import TrustSettings

pytestmark = needs_softhsm
app = build(["keys"])
runner = CliRunner()


@pytest.fixture
def hsm(tmp_path: Path) -> Iterator[Hsm]:
    with softhsm(tmp_path / "hsm") as made:
        yield made


def der_of(pem: bytes) -> bytes:
    return ssl.PEM_cert_to_DER_cert(pem.decode())


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


def test_the_next_key_of_a_renewal_is_made_in_the_same_token(hsm: Hsm, tmp_path: Path):
    address = hsm.certified()
    following = NextKey(tmp_path / "next", "a100001", address)
    request = following.request()
    assert following.request() == request  # what was begun is gone on with
    assert following.certificate() is None
    pem = hsm.pki.issue_for(request, "a100001", NOW)
    signer = following.keep(der_of(pem))
    assert following.open().x5t == signer.x5t
    assert following.address.startswith("pkcs11:token=lienthong;object=seal@")
    other = hsm.pki.issue_for(hardware.request(address, "a100001"), "a100001", NOW)
    with pytest.raises(KeyAddressError, match="key-refused"):
        following.keep(der_of(other))
