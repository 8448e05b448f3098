"""What `doctor` and `ledger show` say of time-stamps: by the age of what waits, never by the network."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner

from bus.cli.app import build
from bus.doctor.finding import Health
from bus.doctor.stores import stores
from bus.ledger.anchoring import STATE_FILE, AnchoringState
from bus.ledger.anchors import AnchorFolder
from config.hub import HubSettings
from config.load import load
from signing.checkpoint import NoteKey, seal

NOW = datetime(2026, 11, 22, 5, tzinfo=UTC)
HUB = """\
instance = "VN-test"
operator = "a100000"
state_folder = "state"
seal = "memory:hub"
[[workers]]
listen = "127.0.0.1:8441"
[link]
certificate = "link.pem"
key = "link.key.pem"
anchors = ["root.pem"]
[ledger]
origin = "ledger.example.vn/vn-test"
folder = "ledger"
note_key = "keys/note.key"
vault_key = "keys/vault.key"
guard_file = "guard/head"
socket = "ledger.sock"
[anchoring]
authorities = ["http://tsa.example.vn/tsr"]
anchors = ["tsa.pem"]
[registry]
repository = "registry"
online_key = "keys/online-1.pem"
[bodies]
folder = "bodies"
"""


def ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)


@pytest.mark.parametrize(
    ("state", "health"),
    [
        (None, Health.WARNING),
        (AnchoringState(5, ms(NOW), "CN=tsa"), Health.GOOD),
        (AnchoringState(5, ms(NOW), "CN=tsa", ms(NOW - timedelta(hours=2)), "not reached"), Health.GOOD),
        (AnchoringState(5, ms(NOW), "CN=tsa", ms(NOW - timedelta(hours=30)), "not reached"), Health.WARNING),
        (AnchoringState(waiting_ms=ms(NOW - timedelta(hours=30)), alarm="not reached"), Health.WARNING),
    ],
)
def test_doctor_warns_by_age(tmp_path: Path, state: AnchoringState | None, health: Health):
    (tmp_path / "hub.toml").write_text(HUB, encoding="utf-8")
    (tmp_path / "tsa.pem").write_text("-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n")
    if state is not None:
        (tmp_path / "ledger").mkdir()
        (tmp_path / "ledger" / STATE_FILE).write_bytes(msgspec.json.encode(state))
    settings = load(tmp_path / "hub.toml", HubSettings).settings
    found = [one for one in stores(settings, NOW) if one.check == "ledger time-stamps"]
    assert [one.health for one in found] == [health]


def test_show_says_how_far_time_stamps_reach(tmp_path: Path):
    text = HUB.replace('[anchoring]\nauthorities = ["http://tsa.example.vn/tsr"]\nanchors = ["tsa.pem"]\n', "")
    (tmp_path / "hub.toml").write_text(text, encoding="utf-8")
    run = CliRunner().invoke
    assert run(build(), ["ledger", "init", str(tmp_path / "hub.toml")]).exit_code == 0
    shown = run(build(), ["ledger", "show", str(tmp_path / "hub.toml"), "--json"])
    assert json.loads(shown.stdout)["anchored"] is None
    note = seal("ledger.example.vn/vn-test", 7, bytes(32), NoteKey.generate("ledger.example.vn/vn-test"))
    AnchorFolder(tmp_path / "ledger" / "anchors").keep(note, b"token")
    shown = run(build(), ["ledger", "show", str(tmp_path / "hub.toml"), "--json"])
    assert json.loads(shown.stdout)["anchored"] == 7
