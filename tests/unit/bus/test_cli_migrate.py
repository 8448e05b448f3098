"""One command brings every store of a place to this program's format; `doctor` says which wait for it."""

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hub_settings import AUDIT, hub_settings
from typer.testing import CliRunner

from bus.app.stores import standing, stores_at
from bus.audit.index import IndexStore, create_index
from bus.cli.app import build
from bus.cli.exits import Exit
from bus.cli.failures import failure_of
from bus.doctor.finding import Finding, Health
from bus.doctor.stores import stores
from bus.storage import formats
from config.hub import HubSettings
from config.load import load

HUB = hub_settings("ledger.example.vn/vn-test", AUDIT)
NEXT = """\
import sqlalchemy as sa
from alembic import op
revision = '{next}'
down_revision = '{last}'
branch_labels = None
depends_on = None
def upgrade():
    op.add_column('{table}', sa.Column('extra', sa.LargeBinary))
"""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    file = tmp_path / "hub.toml"
    file.write_text(HUB, encoding="utf-8")
    assert CliRunner().invoke(build(), ["ledger", "init", str(file)]).exit_code == 0
    return file


def newer(tmp_path: Path, **tables: str) -> Path:
    """The real migrations, with one more for each of these kinds."""
    folder = Path(shutil.copytree(formats._MIGRATIONS, tmp_path / "migrations"))
    for kind, table in tables.items():
        versions = folder / kind / "versions"
        last = max(path.name[1:5] for path in versions.glob("f[0-9]*.py"))
        following = f"{int(last) + 1:04d}"
        (versions / f"f{following}_next.py").write_text(NEXT.format(next=following, last=last, table=table))
    return folder


def search(place: Path) -> Finding:
    settings = load(place, HubSettings).settings
    return next(one for one in stores(settings, datetime.now(UTC)) if one.check == "search tables")


def url_of(place: Path, name: str) -> str:
    return next(one.url for one in stores_at(place) if one.name == name)


def test_every_store_is_brought_to_this_programs_format(place: Path, monkeypatch: pytest.MonkeyPatch):
    create_index(url_of(place, "search"))
    run, app = CliRunner().invoke, build()
    nothing = json.loads(run(app, ["migrate", str(place), "--json"]).stdout)["stores"]
    assert all(one["from"] == one["to"] for one in nothing)
    monkeypatch.setattr(formats, "_MIGRATIONS", newer(place.parent, ledger="head", index="index_state"))
    assert search(place).health is Health.BAD
    error = run(app, ["migrate", str(place)]).exception
    assert isinstance(error, Exception)
    assert failure_of(error).code == Exit.STATE, "a backup comes first"
    backups = place.parent / "backups"
    done = json.loads(run(app, ["migrate", str(place), "--backup", str(backups), "--json"]).stdout)["stores"]
    assert [(one["name"], one["to"] - one["from"]) for one in done] == [("ledger", 1), ("search", 1)]
    assert sorted(path.name for path in backups.iterdir()) == ["ledger.sqlite3", "search.sqlite3"]
    assert {one.stored == one.newest for store in stores_at(place) if (one := standing(store))} == {True}


def test_doctor_says_how_far_behind_the_search_is(place: Path):
    assert search(place).text.startswith("not there yet")
    create_index(url_of(place, "search"))
    assert search(place).text == "as far as the ledger"
    index = IndexStore(url_of(place, "search"))
    index.close()
    assert search(place).health is Health.GOOD


def test_a_place_that_has_no_stores_is_named(tmp_path: Path):
    error = CliRunner().invoke(build(), ["migrate", str(tmp_path)]).exception
    assert isinstance(error, Exception)
    assert failure_of(error).code == Exit.CONFIG
