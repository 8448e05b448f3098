"""The key files of a node's agencies together: what stands in two of them speaks for neither."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bus.access import Principal
from bus.app.grants import KeyFiles
from config.apikeys import new_api_key, new_oauth_client
from schemas.problems import Code, ProblemError


def two_files(folder: Path) -> tuple[dict[str, Path], str, tuple[str, str]]:
    """Two agencies whose files hold the same key and the same client; the first has a key of its own, too."""
    now = datetime.now(UTC)
    files = {agency: folder / f"{agency}.toml" for agency in ("a100001", "a100002")}
    new_api_key(files["a100001"], system="shared", days=1, now=now)
    secret, client = new_oauth_client(files["a100001"], system="shared", days=1, now=now)
    shutil.copy2(files["a100001"], files["a100002"])
    own, _ = new_api_key(files["a100001"], system="counter", days=1, now=now)
    return files, own, (client.id, secret)


def test_a_key_of_two_agencies_opens_nothing(tmp_path: Path):
    files, own, (client, secret) = two_files(tmp_path)
    shared = new_api_key(tmp_path / "third.toml", system="shared", days=1, now=datetime.now(UTC))[0]
    shutil.copy2(tmp_path / "third.toml", files["a100002"])
    both = {**files, "a100003": tmp_path / "third.toml"}
    with capture_logs() as lines:
        grants = KeyFiles(both).grants
    assert grants.shown(own, None) == Principal("a100001", "counter")
    with pytest.raises(ProblemError) as caught:
        grants.shown(shared, None)
    assert caught.value.problem.code is Code.KEY_WRONG
    assert {(line["event"], line["agency"]) for line in lines} == {
        ("api-key-of-two-agencies", "a100002"),
        ("api-key-of-two-agencies", "a100003"),
    }
    assert grants.tokens.authenticated(client, secret) is not None, "this client stands in one file"


def test_a_client_of_two_agencies_gets_no_token(tmp_path: Path):
    files, own, (client, secret) = two_files(tmp_path)
    grants = KeyFiles(files).grants
    assert grants.tokens.authenticated(client, secret) is None
    assert grants.shown(own, None) == Principal("a100001", "counter")
