from pathlib import Path

import pytest

from config.embedded import EmbeddedSettings
from config.explain import explain
from config.hub import HubSettings
from config.load import load, parse
from config.mistakes import ConfigError, ConfigMistake
from config.model import Settings
from config.node import NodeSettings
from config.parts import Environment, LogFormat

HUB = """\
instance = "VN-test"
operator = "a100000"
state_folder = "state"
seal = "file:keys/seal.key.pem?certificate=keys/seal.pem"

[[workers]]
listen = "127.0.0.1:8441"

[[workers]]
listen = "127.0.0.1:8442"

[link]
certificate = "keys/link.pem"
key = "keys/link.key.pem"
anchors = ["keys/root.pem"]
heartbeat_seconds = 5

[ledger]
origin = "ledger.example.vn/vn-test"
folder = "state/ledger"
note_key = "keys/note.key"
vault_key = "keys/vault.key"
guard_file = "/var/lib/lienthong-guard/head"
socket = "state/ledger.sock"

[registry]
repository = "state/registry"
online_key = "keys/online-1.pem"

[bodies]
folder = "state/bodies"
"""

NODE = """\
instance = "VN-test"
name = "capital-node"
state_folder = "state"

[link]
certificate = "link.pem"
key = "link.key.pem"
anchors = ["root.pem"]
hub = ["127.0.0.1:8441", "hub.example.vn:8441"]

[registry]
trusted_root = "root.json"
folder = "state/registry"

[[agencies]]
id = "a100001"
seal = "memory:one"
archive = "state/a100001"
archive_key = "keys/archive.key"

[[adapters]]
service = "a100001/population/person"
kind = "soap"
settings = {url = "http://127.0.0.1:9001", password = "Tr0ub4dor"}
"""


def hub(text: str = HUB) -> HubSettings:
    return parse(text.encode(), HubSettings, file="hub.toml", folder=Path("/etc/lienthong")).settings


def mistakes(text: str, kind: type[Settings] = HubSettings) -> tuple[ConfigMistake, ...]:
    with pytest.raises(ConfigError) as caught:
        parse(text.encode(), kind, file="x.toml", folder=Path("/etc"))
    return caught.value.mistakes


def test_relative_paths_start_at_the_file():
    settings = hub()
    assert settings.ledger.folder == Path("/etc/lienthong/state/ledger")
    assert settings.ledger.guard_file == Path("/var/lib/lienthong-guard/head")
    assert settings.link.anchors == (Path("/etc/lienthong/keys/root.pem"),)


def test_key_addresses_start_at_the_file_too():
    assert hub().seal == "file:/etc/lienthong/keys/seal.key.pem?certificate=/etc/lienthong/keys/seal.pem"
    absolute = "file:/k/a b.pem?certificate=/k/c.pem&alg=PS256"
    text = HUB.replace("file:keys/seal.key.pem?certificate=keys/seal.pem", absolute)
    assert hub(text).seal == absolute.replace(" ", "%20")


def test_a_whole_number_serves_as_seconds():
    assert hub().link.heartbeat_seconds == 5.0


def test_settings_are_frozen():
    with pytest.raises(ValueError, match="frozen"):
        hub().instance = "VN"


def test_a_misspelt_key_is_named_at_its_place():
    (found,) = mistakes(HUB.replace("heartbeat_seconds = 5", "heartbeat_second = 5"))
    assert (found.line, found.column) == (16, 1)
    assert found.setting == "link.heartbeat_second"
    assert found.rule == "extra_forbidden"
    assert found.message_vi == "không có thiết lập tên này"


def test_a_missing_key_points_at_its_table():
    (found,) = mistakes(HUB.replace('note_key = "keys/note.key"\n', ""))
    assert (found.line, found.column, found.setting) == (18, 2, "ledger.note_key")


def test_every_mistake_is_reported_with_its_limit():
    text = HUB.replace("heartbeat_seconds = 5", "heartbeat_seconds = 0.5").replace('"a100000"', '"moj"')
    first, second = mistakes(text)
    assert (first.line, first.rule) == (2, "string_pattern_mismatch")
    assert second.message_en == "must be at least 1.0"
    assert "x.toml:16:21: link.heartbeat_seconds: must be at least 1.0 [greater_than_equal]" in str(second)


def test_the_offending_value_is_never_quoted():
    text = HUB.replace('"a100000"', '"079085012345"').replace('"VN-test"', "12345678")
    assert "079085012345" not in str(mistakes(text))
    assert "12345678" not in str(mistakes(text))


def test_no_silent_conversion():
    (found,) = mistakes(HUB.replace("heartbeat_seconds = 5", 'heartbeat_seconds = "5"'))
    assert found.rule == "float_type"


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (('"127.0.0.1:8442"', '"127.0.0.1:8441"'), "two workers listen on one address"),
        (("[ledger]\n", '[ledger]\nengine = "postgresql"\n'), "database_url goes with"),
        (("[bodies]", "[trust]\nallow_development_pki = true\n[bodies]"), "production refuses the development PKI"),
    ],
)
def test_rules_between_settings(change: tuple[str, str], sentence: str):
    production = 'environment = "production"\n' + HUB.replace(*change)
    (found,) = mistakes(production)
    assert sentence in found.message_en


def test_broken_toml_is_placed():
    (found,) = mistakes("instance = \n")
    assert (found.line, found.column, found.rule) == (1, 12, "toml-syntax")


def test_profile_lies_beneath_the_file():
    text = 'profile = "development"\n' + HUB + '[log]\nlevel = "error"\n'
    loaded = parse(text.encode(), HubSettings, file="hub.toml", folder=Path("/etc"))
    assert loaded.settings.trust.allow_development_pki
    assert loaded.settings.log.format is LogFormat.CONSOLE
    assert loaded.settings.log.level == "error"
    assert loaded.profile == "development"
    assert loaded.origins["log", "format"].startswith("profiles/development.toml:")
    assert loaded.origins["log", "level"] == "hub.toml:34:9"


def test_production_profile_holds_for_every_kind():
    settings = parse(
        b'profile = "production"\nstate_folder = "x"', EmbeddedSettings, file="e", folder=Path("/")
    ).settings
    assert settings.environment is Environment.PRODUCTION
    assert hub('profile = "production"\n' + HUB).environment is Environment.PRODUCTION


def test_a_rule_that_profile_and_file_break_together():
    text = 'profile = "production"\nstate_folder = "x"\n[trust]\nallow_development_pki = true\n'
    (found,) = mistakes(text, EmbeddedSettings)
    assert (found.line, found.rule) == (1, "value_error")


def test_unknown_profile():
    (found,) = mistakes('profile = "staging"\n' + HUB)
    assert found.rule == "unknown-profile"
    assert "development, production" in found.message_en


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (("a100001/population", "a100002/population"), "an agency that this node does not serve"),
        (('kind = "soap"', 'kind = "soap"\nfile = "x.toml"'), "not by both"),
    ],
)
def test_node_rules(change: tuple[str, str], sentence: str):
    (found,) = mistakes(NODE.replace(*change), NodeSettings)
    assert sentence in found.message_en


def test_an_agency_stands_once():
    twice = NODE + NODE[NODE.index("[[agencies]]") : NODE.index("[[adapters]]")]
    (found,) = mistakes(twice, NodeSettings)
    assert found.message_en.endswith("agency a100001 is set twice")


def test_load_reads_a_file(tmp_path: Path):
    (tmp_path / "node.toml").write_text(NODE, encoding="utf-8")
    loaded = load(tmp_path / "node.toml", NodeSettings)
    assert loaded.settings.agencies[0].archive == tmp_path / "state/a100001"


def test_explain_names_value_origin_and_limits():
    loaded = parse(NODE.encode(), NodeSettings, file="node.toml", folder=Path("/etc"))
    lines = {line.name: line for line in explain(loaded)}
    assert lines["name"].value == "capital-node"
    assert lines["name"].origin == "node.toml:2:8"
    assert lines["http.max_body_bytes"].origin == "default"
    assert lines["http.max_body_bytes"].limits == "at least 1024, at most 268435456"
    assert lines["dossier.max_parallel_questions"].default == "16"
    assert lines["http.tls"].value == "none"
    assert all(line.meaning for line in lines.values())


def test_explain_never_shows_adapter_settings():
    loaded = parse(NODE.encode(), NodeSettings, file="node.toml", folder=Path("/etc"))
    line = next(line for line in explain(loaded) if line.name == "adapters[0].settings")
    assert line.value == "url, password"
    assert "Tr0ub4dor" not in str(explain(loaded))
