import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bus.app.grants import KeyFiles
from bus.cli.app import build
from config.apikeys import load_api_keys, new_api_key, new_oauth_client, revoke_api_key
from config.keylines import ApiKeyError, digest
from config.mistakes import ConfigError
from schemas.problems import ProblemError

NOW = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)


def test_a_key_is_shown_once_and_kept_as_a_digest(tmp_path: Path):
    path = tmp_path / "api-keys.toml"
    text, line = new_api_key(path, system="one-stop", days=30, now=NOW, note='Counter "A" \x7f Đống Đa\n')
    assert load_api_keys(path) == (line,)
    assert line.sha256 == digest(text)
    assert text.encode() not in path.read_bytes()
    assert len(text) == 46
    assert path.stat().st_mode & 0o777 == 0o600


def test_keys_expire_and_are_revoked(tmp_path: Path):
    path = tmp_path / "api-keys.toml"
    _, first = new_api_key(path, system="one-stop", days=30, now=NOW)
    _, second = new_api_key(path, system="portal", days=1, now=NOW)
    assert first.valid(NOW)
    assert not second.valid(NOW + timedelta(days=1))
    assert not second.valid(NOW - timedelta(seconds=1))
    revoke_api_key(path, first.id, NOW + timedelta(hours=1))
    kept, other = load_api_keys(path)
    assert not kept.valid(NOW + timedelta(hours=2))
    assert other == second


def test_revoking_twice_or_nothing_is_an_error(tmp_path: Path):
    path = tmp_path / "api-keys.toml"
    _, line = new_api_key(path, system="one-stop", days=30, now=NOW)
    revoke_api_key(path, line.id, NOW)
    with pytest.raises(ApiKeyError, match="revoked already"):
        revoke_api_key(path, line.id, NOW)
    with pytest.raises(ApiKeyError, match="no key of this id"):
        revoke_api_key(path, "00000000", NOW)


def test_a_broken_file_is_placed(tmp_path: Path):
    path = tmp_path / "api-keys.toml"
    new_api_key(path, system="one-stop", days=30, now=NOW)
    path.write_text(path.read_text(encoding="utf-8").replace("one-stop", "One Stop"), encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_api_keys(path)
    (found,) = caught.value.mistakes
    assert (found.setting, found.line) == ("keys[0].system", 9)


def test_clients_stand_beside_keys_and_are_neither(tmp_path: Path):
    path = tmp_path / "api-keys.toml"
    key, _ = new_api_key(path, system="one-stop", days=30, now=datetime.now(UTC))
    secret, client = new_oauth_client(path, system="portal", days=30, now=datetime.now(UTC))
    assert [line.use for line in load_api_keys(path)] == ["api-key", "oauth-client"]
    grants = KeyFiles({"a100010": path}).grants
    assert grants.shown(key, None).system == "one-stop"
    assert grants.tokens.authenticated(client.id, secret) is not None
    assert grants.tokens.authenticated(client.id, key) is None
    with pytest.raises(ProblemError):
        grants.shown(secret, None)
    revoke_api_key(path, client.id, datetime.now(UTC))
    assert not KeyFiles({"a100010": path}).grants.tokens.knows(client.id)


def test_clients_from_the_command_line(tmp_path: Path):
    app, file = build(["keys"]), str(tmp_path / "api-keys.toml")
    made = json.loads(
        CliRunner().invoke(app, ["keys", "oauth-client", "new", "--file", file, "--system", "x", "--json"]).stdout
    )
    CliRunner().invoke(app, ["keys", "api-key", "new", "--file", file, "--system", "x"])
    listed = json.loads(CliRunner().invoke(app, ["keys", "oauth-client", "list", "--file", file, "--json"]).stdout)
    assert [(one["id"], one["valid"]) for one in listed] == [(made["client_id"], True)]
    keys = json.loads(CliRunner().invoke(app, ["keys", "api-key", "list", "--file", file, "--json"]).stdout)
    assert made["client_id"] not in {one["id"] for one in keys}
    CliRunner().invoke(app, ["keys", "oauth-client", "revoke", made["client_id"], "--file", file])
    listed = json.loads(CliRunner().invoke(app, ["keys", "oauth-client", "list", "--file", file, "--json"]).stdout)
    assert [one["valid"] for one in listed] == [False]
