import json
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bus.app.trust import DevelopmentPkiError
from bus.cli.app import build
from bus.cli.errors import CommandError
from bus.cli.exits import Exit
from bus.cli.failures import failure_of, report
from bus.keystore import open_key
from bus.keystore.address import KeyAddressError
from bus.keystore.development import DevelopmentKeys, make_development_keys, open_authority
from bus.keystore.following import NextKey
from config.mistakes import ConfigError, ConfigMistake

app = build()
runner = CliRunner()

NODE = """\
profile = "development"
instance = "VN-test"
name = "node-1"
state_folder = "state"

[link]
certificate = "pki/link/node-1.pem"
key = "pki/link/node-1.key.pem"
anchors = ["pki/root.pem"]
hub = ["127.0.0.1:8441"]

[registry]
trusted_root = "root.json"
folder = "state/registry"

[[agencies]]
id = "a100001"
seal = "file:pki/seal/a100001.key.pem?certificate=pki/seal/a100001.pem"
archive = "state/a100001"
archive_key = "archive.key"
"""


@pytest.fixture
def node_file(tmp_path: Path) -> Path:
    two_days_ago = datetime.now(UTC) - timedelta(days=2, hours=1)
    make_development_keys(tmp_path / "pki", now=two_days_ago, agencies=["a100001"], nodes=["node-1"])
    (tmp_path / "archive.key").write_bytes(b"k" * 32)
    (tmp_path / "root.json").write_text("{}", encoding="utf-8")
    (tmp_path / "archive.key").chmod(0o600)
    file = tmp_path / "node.toml"
    file.write_text(NODE, encoding="utf-8")
    return file


def test_version_in_both_forms():
    assert runner.invoke(app, ["--version"]).stdout.startswith("lienthong ")
    assert json.loads(runner.invoke(app, ["version", "--json"]).stdout)["version"]


def test_explain_config_shows_where_a_value_came_from(node_file: Path):
    lines = json.loads(runner.invoke(app, ["explain-config", str(node_file), "--json"]).stdout)
    by_name = {line["name"]: line for line in lines}
    assert by_name["name"]["origin"] == f"{node_file}:3:8"
    assert by_name["trust.allow_development_pki"]["origin"].startswith("profiles/development.toml")
    changed = json.loads(runner.invoke(app, ["explain-config", str(node_file), "--changed", "--json"]).stdout)
    assert 0 < len(changed) < len(lines)


@pytest.mark.parametrize("kind", ["hub", "node", "embedded"])
def test_explain_config_without_a_file_lists_what_there_is(kind: str):
    lines = json.loads(runner.invoke(app, ["explain-config", "--kind", kind, "--json"]).stdout)
    assert all(line["meaning"] for line in lines)
    assert any(line["name"] == "log.format" for line in lines)


def test_a_broken_settings_file_ends_with_its_code(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    file = tmp_path / "node.toml"
    file.write_text(NODE.replace("name = ", "nam = "), encoding="utf-8")
    error = runner.invoke(app, ["explain-config", str(file)]).exception
    assert isinstance(error, ConfigError)
    assert report(error, as_json=True) == Exit.CONFIG
    shown = json.loads(capsys.readouterr().out)["error"]
    assert {mistake["rule"] for mistake in shown["mistakes"]} == {"missing", "extra_forbidden"}
    assert report(error, as_json=False) == Exit.CONFIG
    assert "extra_forbidden" in capsys.readouterr().err


def test_dev_pki_keeps_what_is_there(tmp_path: Path):
    arguments = ["keys", "dev-pki", str(tmp_path), "--agency", "a100001", "--json"]
    first = json.loads(runner.invoke(app, arguments).stdout)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.pem")}
    assert json.loads(runner.invoke(app, [*arguments, "--agency", "a100002"]).stdout)["seal"].keys() == {
        "a100001",
        "a100002",
    }
    assert all(path.read_bytes() == data for path, data in before.items())
    shown = json.loads(runner.invoke(app, ["keys", "show", first["seal"]["a100001"], "--json"]).stdout)
    assert (shown["alg"], len(shown["x5t"])) == ("ES256", 43)


def test_api_keys_by_command(tmp_path: Path):
    file = str(tmp_path / "api-keys.toml")
    base = ["keys", "api-key"]
    made = json.loads(runner.invoke(app, [*base, "new", "--file", file, "--system", "one-stop", "--json"]).stdout)
    assert made["key"].startswith("lt_")
    runner.invoke(app, [*base, "revoke", made["id"], "--file", file])
    (line,) = json.loads(runner.invoke(app, [*base, "list", "--file", file, "--json"]).stdout)
    assert line["valid"] is False
    assert "sha256" not in line
    assert "revoked" in runner.invoke(app, [*base, "list", "--file", file]).stdout


def test_doctor_finds_a_good_node_good(node_file: Path):
    result = runner.invoke(app, ["doctor", str(node_file), "--json"])
    found = {finding["check"]: finding for finding in json.loads(result.stdout)}
    assert result.exit_code == Exit.DONE
    assert found["packages"]["health"] == "good"
    assert found["link"]["health"] == "good"
    assert found["agencies[0].seal"]["health"] == "good"
    assert "362 days left" in found["agencies[0].seal"]["text"]
    assert found["link.key"]["health"] == "good"


def test_doctor_refuses_the_development_pki_in_production(node_file: Path):
    node_file.write_text(NODE.replace('"development"', '"production"'), encoding="utf-8")
    result = runner.invoke(app, ["doctor", str(node_file), "--json"])
    bad = {finding["check"] for finding in json.loads(result.stdout) if finding["health"] == "bad"}
    assert result.exit_code == Exit.NO
    assert bad == {"development PKI"}
    started = runner.invoke(app, ["node", str(node_file)])
    assert isinstance(started.exception, DevelopmentPkiError)
    assert failure_of(started.exception).code == Exit.SECRET


def test_doctor_names_what_is_missing(node_file: Path):
    (node_file.parent / "archive.key").chmod(0o644)
    (node_file.parent / "pki/seal/a100001.pem").unlink()
    (node_file.parent / "pki/root.pem").unlink()
    (node_file.parent / "root.json").unlink()
    result = runner.invoke(app, ["doctor", str(node_file), "--json"])
    bad = {finding["check"] for finding in json.loads(result.stdout) if finding["health"] == "bad"}
    assert bad == {"agencies[0].archive_key", "agencies[0].seal", "link", "registry.trusted_root"}
    missing = runner.invoke(app, ["doctor", str(node_file.parent / "none.toml"), "--json"])
    assert missing.exit_code == Exit.NO


def test_doctor_warns_ahead_of_the_end(node_file: Path):
    text = NODE + "[trust]\ncertificate_warning_days = 365\n"
    node_file.write_text(text, encoding="utf-8")
    result = runner.invoke(app, ["doctor", str(node_file), "--json"])
    warned = {finding["check"] for finding in json.loads(result.stdout) if finding["health"] == "warning"}
    assert {"link", "agencies[0].seal"} <= warned
    assert result.exit_code == Exit.DONE


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (CommandError(Exit.STATE, "there", "already there"), Exit.STATE),
        (KeyAddressError("file", "key-option", "an option stands twice"), Exit.SECRET),
        (ConfigError([ConfigMistake("f", 1, 1, "s", "missing", "vi", "en")]), Exit.CONFIG),
        (ConnectionRefusedError(111, "Connection refused"), Exit.UNREACHABLE),
        (FileNotFoundError(2, "No such file or directory", "x.toml"), Exit.STATE),
        (ValueError("079085012345"), Exit.INTERNAL),
    ],
)
def test_every_error_has_a_code(error: Exception, code: Exit, capsys: pytest.CaptureFixture[str]):
    assert failure_of(error).code == code
    report(error, as_json=False)
    assert "079085012345" not in capsys.readouterr().err


def test_wrong_usage_is_two():
    assert runner.invoke(app, ["keys", "dev-pki"]).exit_code == Exit.USAGE
    assert runner.invoke(app, ["no-such-command"]).exit_code == Exit.USAGE


def test_doctor_tells_of_the_next_certificate(node_file: Path):
    text = node_file.read_text(encoding="utf-8") + 'renewal = "next"\n'
    node_file.write_text(text, encoding="utf-8")

    def told() -> dict[str, str]:
        findings = json.loads(runner.invoke(app, ["doctor", str(node_file), "--json"]).stdout)
        return next(one for one in findings if one["check"] == "agencies[0].renewal")

    assert told()["health"] == "good"
    address = f"file:{node_file.parent}/pki/seal/a100001.key.pem?certificate={node_file.parent}/pki/seal/a100001.pem"
    following = NextKey(node_file.parent / "next" / open_key(address).x5t, "a100001", address)
    authority = open_authority(DevelopmentKeys(node_file.parent / "pki"), datetime.now(UTC))
    pem = authority.issue_for(following.request(), "a100001", datetime.now(UTC))
    signer = following.keep(ssl.PEM_cert_to_DER_cert(pem.decode()))
    assert told()["health"] == "warning"
    assert signer.x5t in told()["text"]
