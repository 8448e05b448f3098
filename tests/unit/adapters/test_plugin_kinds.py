"""Kinds from an agency's own packages: only those named, never another's name, and a broken one says where."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapters import Kind
from adapters.kinds import KINDS, build
from adapters.plugins import with_plugins
from adapters.port import DeclarationError
from bus.app.node_process import maker_of
from bus.doctor.finding import Health
from bus.doctor.stores import stores
from config.load import parse
from config.node import NodeSettings

Install = Callable[..., None]
GOOD = """
from adapters import Kind
from adapters.memory import MemoryAdapter, MemorySettings
KIND = Kind(MemorySettings, MemoryAdapter)
"""


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Installs a package as pip would: its module, and its metadata with entry points."""
    monkeypatch.syspath_prepend(tmp_path)

    def install(name: str, points: dict[str, str], code: str = GOOD, group: str = "lienthong.adapters") -> None:
        info = tmp_path / f"{name.replace('-', '_')}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        lines = [f"{point} = {target}" for point, target in points.items()]
        (info / "entry_points.txt").write_text("\n".join([f"[{group}]", *lines, ""]))
        (tmp_path / f"{name.replace('-', '_')}.py").write_text(code)

    return install


def mistakes(*packages: str) -> tuple[str, ...]:
    with pytest.raises(DeclarationError) as caught:
        with_plugins(KINDS, packages)
    return caught.value.mistakes


def test_a_package_that_is_named_brings_its_kinds(installed: Install):
    installed("agency-one", {"land": "agency_one:KIND", "court": "agency_one:KIND"})
    kinds = with_plugins(KINDS, ["agency-one"])
    assert set(kinds) == {*KINDS, "land", "court"}
    assert isinstance(kinds["land"], Kind)
    answer = {"fields": [{"to": "a", "from": "b"}]}
    operation = {"match": ["n"], "question": [{"to": "n", "from": "body.n"}], "answer": answer}
    assert build("land", {"operations": {"p": operation}}, kinds=kinds).operations == {"p"}


def test_a_package_that_nobody_named_is_not_even_imported(installed: Install, tmp_path: Path):
    trace = tmp_path / "imported"
    installed("agency-two", {"land": "agency_two:KIND"}, f"open({str(trace)!r}, 'w').close()\n{GOOD}")
    assert with_plugins(KINDS, []) == KINDS
    with pytest.raises(DeclarationError, match="no such kind"):
        build("land", {})
    assert not trace.exists()


@pytest.mark.parametrize(
    ("points", "code", "said"),
    [
        ({"rest": "PKG:KIND"}, GOOD, "entry point rest: that kind is there already; choose another name [kind-taken]"),
        ({"Land Register": "PKG:KIND"}, GOOD, "entry point Land?Register: a kind is named in small letters"),
        ({"land": "PKG:NONE"}, GOOD, "entry point land: it cannot be loaded: AttributeError at"),
        ({"land": "nowhere_at_all:KIND"}, GOOD, "entry point land: it cannot be loaded: ModuleNotFoundError at"),
        ({"land": "PKG:KIND"}, "1 / 0  # 096199000001", "it cannot be loaded: ZeroDivisionError at PKG.py:1 [broken]"),
        ({"land": "PKG:KIND"}, "KIND = object()", "it is no adapters.Kind"),
        (
            {"land": "PKG:KIND"},
            "from adapters import Kind\nKIND = Kind(dict, dict)",
            "it is no adapters.Kind with a model of adapters.Settings [no-kind]",
        ),
        (
            {"land": "PKG:KIND"},
            "from adapters import Adapter\nclass A(Adapter):\n    async def _ask(self, q): ...",
            "it cannot be loaded: A: an adapter names its kind in small letters [broken]",
        ),
    ],
)
def test_what_does_not_hold_names_package_and_entry_point(
    installed: Install, request: pytest.FixtureRequest, points: dict[str, str], code: str, said: str
):
    name = f"broken-{abs(hash(request.node.name)) % 10**6}"
    module = name.replace("-", "_")
    installed(name, {point: target.replace("PKG", module) for point, target in points.items()}, code)
    (mistake,) = mistakes(name)
    assert mistake.startswith(f"plugins[0]: {name}, entry point ")
    assert said.replace("PKG", module) in mistake
    assert "096199000001" not in mistake


def test_every_mistake_is_named_at_once(installed: Install):
    installed("agency-three", {"land": "agency_three:KIND"})
    installed("agency-four", {"land": "agency_four:KIND"})
    installed("agency-five", {"run": "agency_five:KIND"}, group="console_scripts")
    assert mistakes("agency-three", "agency-four", "agency-five", "agency-none") == (
        "plugins[1]: agency-four, entry point land: that kind is there already; choose another name [kind-taken]",
        "plugins[2]: agency-five: it offers nothing under lienthong.adapters [no-entry-point]",
        "plugins[3]: agency-none: no such package is installed here [package-missing]",
    )


NODE = """
instance = "VN-test"
name = "capital-node"
state_folder = "state"
plugins = ["agency-six", "agency-none"]
link = { certificate = "l.pem", key = "l.key", anchors = ["r.pem"], hub = ["127.0.0.1:8441"] }
registry = { trusted_root = "root.json", folder = "state/registry" }
agencies = [{ id = "a100006", seal = "memory:one", archive = "state/a100006", archive_key = "archive.key" }]
[[adapters]]
service = "a100006/tax/taxpayer"
kind = "land"
[adapters.settings.operations.status]
match = ["n"]
question = [{ to = "n", from = "body.n" }]
answer = { exists = true }
"""


def test_a_node_loads_what_its_settings_name_and_doctor_says_what_does_not_hold(installed: Install, tmp_path: Path):
    installed("agency-six", {"land": "agency_six:KIND"})
    settings = parse(NODE.encode(), NodeSettings, file="node.toml", folder=tmp_path).settings
    with pytest.raises(DeclarationError, match=r"plugins\[1\]: agency-none: no such package"):
        maker_of(settings)
    found = [one for one in stores(settings, datetime(2026, 11, 22, tzinfo=UTC)) if one.check == "plugins"]
    assert [(one.health, one.text) for one in found] == [
        (Health.BAD, "plugins[1]: agency-none: no such package is installed here [package-missing]")
    ]
    good = settings.model_copy(update={"plugins": ("agency-six",)})
    assert maker_of(good)(good.adapters[0]).operations == {"status"}
    unnamed = settings.model_copy(update={"plugins": ()})
    with pytest.raises(DeclarationError, match="no such kind of adapter"):
        maker_of(unnamed)(unnamed.adapters[0])
