"""The template of an adapter of one's own is built as a wheel, installed beside, and keeps its contract there."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import adapters
from adapters.testing import AdapterContract

ROOT = Path(__file__).parents[2]
TEMPLATE = Path(adapters.__file__).parent / "template"


def run(*command: str | Path, at: Path, path: Path | None = None) -> str:
    places = [str(ROOT), *([str(path)] if path else [])]
    done = subprocess.run(
        [sys.executable, "-P", *map(str, command)],
        cwd=at,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(places), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_it_builds_installs_is_found_and_keeps_the_contract(tmp_path: Path):
    copy, site = tmp_path / "copy", tmp_path / "site"
    shutil.copytree(TEMPLATE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    run("-m", "build", "--quiet", "--wheel", "--no-isolation", ".", at=copy)
    (wheel,) = (copy / "dist").glob("*.whl")
    assert {name for name in zipfile.ZipFile(wheel).namelist() if name.startswith("my_adapter/")} == {
        "my_adapter/__init__.py",
        "my_adapter/adapter.py",
        "my_adapter/py.typed",
    }
    run("-m", "uv", "pip", "install", "--quiet", "--offline", "--no-deps", "--target", site, wheel, at=tmp_path)
    shutil.rmtree(copy / "my_adapter")  # what runs is what was installed
    said = run("-m", "pytest", "-q", "-p", "no:cacheprovider", "tests", at=copy, path=site)
    assert f"{len([name for name in dir(AdapterContract) if name.startswith('test_')])} passed" in said
