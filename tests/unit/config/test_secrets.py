import os
from pathlib import Path

import pytest

from config.secrets import SecretError, _check, read_secret, write_secret


def test_what_was_written_is_read(tmp_path: Path):
    path = tmp_path / "keys" / "note.key"
    write_secret(path, b"opaque\n")
    assert read_secret(path) == b"opaque"
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_secret_is_never_overwritten(tmp_path: Path):
    write_secret(tmp_path / "k", b"one")
    with pytest.raises(FileExistsError):
        write_secret(tmp_path / "k", b"two")
    assert read_secret(tmp_path / "k") == b"one"


@pytest.mark.parametrize(
    ("mode", "taken"), [(0o600, True), (0o400, True), (0o440, True), (0o644, False), (0o660, False)]
)
def test_modes(tmp_path: Path, mode: int, taken: bool):  # noqa: FBT001 - a column of the table above
    path = tmp_path / "k"
    path.write_bytes(b"opaque")
    path.chmod(mode)
    if taken:
        assert read_secret(path) == b"opaque"
    else:
        with pytest.raises(SecretError) as caught:
            read_secret(path)
        assert caught.value.rule == "secret-mode"
        assert "opaque" not in str(caught.value)


def test_missing_empty_large_and_no_file(tmp_path: Path):
    (tmp_path / "empty").write_bytes(b"\n")
    (tmp_path / "large").write_bytes(b"x" * 70_000)
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    for path in tmp_path.iterdir():
        path.chmod(0o700)
    rules = {
        "missing": "secret-missing",
        "empty": "secret-empty",
        "large": "secret-large",
        "folder": "secret-unreadable",
        "pipe": "secret-no-file",
    }
    for name, rule in rules.items():
        with pytest.raises(SecretError) as caught:
            read_secret(tmp_path / name)
        assert caught.value.rule == rule


def test_another_users_file_is_refused(tmp_path: Path):
    write_secret(tmp_path / "k", b"opaque")
    found = list((tmp_path / "k").stat()[:10])
    found[4] = os.geteuid() + 1
    with pytest.raises(SecretError) as caught:
        _check(tmp_path / "k", os.stat_result(found))
    assert caught.value.rule == "secret-owner"
