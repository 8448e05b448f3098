from datetime import UTC, datetime
from pathlib import Path

import pytest

from bus.keystore import KeyAddressError, memory, open_key
from config.secrets import write_secret
from signing.devpki import DevPki
from signing.keys import load_signer

NOW = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.fixture(scope="module")
def pki() -> DevPki:
    return DevPki.create(NOW)


def written(folder: Path, pki: DevPki, agency: str = "a100001") -> str:
    issued = pki.seal(agency, NOW)
    write_secret(folder / "seal.key.pem", issued.key)
    (folder / "seal.pem").write_bytes(issued.certificate)
    return f"file:{folder}/seal.key.pem?certificate={folder}/seal.pem"


def rule(address: str) -> str:
    with pytest.raises(KeyAddressError) as caught:
        open_key(address)
    return caught.value.rule


def test_a_key_file_signs(tmp_path: Path, pki: DevPki):
    signer = open_key(written(tmp_path, pki))
    assert signer.alg == "ES256"
    assert len(signer.sign(b"root")) == 64


def test_a_key_open_to_others_is_refused(tmp_path: Path, pki: DevPki):
    address = written(tmp_path, pki)
    (tmp_path / "seal.key.pem").chmod(0o644)
    assert rule(address) == "secret-mode"


def test_another_keys_certificate_is_refused(tmp_path: Path, pki: DevPki):
    address = written(tmp_path, pki)
    (tmp_path / "seal.pem").write_bytes(pki.seal("a100002", NOW).certificate)
    assert rule(address) == "key-refused"


def test_an_algorithm_of_another_kind_is_refused(tmp_path: Path, pki: DevPki):
    address = written(tmp_path, pki)
    assert rule(address + "&alg=PS256") == "key-refused"
    assert rule(address + "&alg=none") == "key-algorithm"


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("seal.pem", "key-address"),
        ("file:", "key-address"),
        ("vault:x", "key-scheme"),
        ("file:/nowhere/key.pem", "key-option"),
        ("file:/nowhere/key.pem?certificate=/nowhere/c.pem", "secret-missing"),
        ("file:/x?certificate=/a&certificate=/b", "key-option"),
        ("file:/x?certificate=/a&certifcate=/b", "key-option"),
        ("memory:unheard-of", "key-missing"),
    ],
)
def test_refused_addresses(address: str, expected: str):
    assert rule(address) == expected


def test_missing_certificate_is_named(tmp_path: Path, pki: DevPki):
    address = written(tmp_path, pki)
    (tmp_path / "seal.pem").unlink()
    assert rule(address) == "key-certificate"


def test_memory_keys_are_put_once(pki: DevPki):
    issued = pki.seal("a100001", NOW)
    signer = load_signer(issued.key, issued.certificate)
    address = memory.put("one", signer)
    try:
        assert open_key(address) is signer
        with pytest.raises(KeyAddressError, match="key-taken"):
            memory.put("one", signer)
    finally:
        memory.forget("one")
    assert rule(address) == "key-missing"
