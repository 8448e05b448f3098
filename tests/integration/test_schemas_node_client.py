"""The stock Node client (`@kafkajs/confluent-schema-registry`) against our registry, over real sockets.

It is installed from `kafkajs/package-lock.json` into a cache folder by npm, where there is one.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from schemas_kit import REAL, Standing

SOURCE = Path(__file__).parent / "kafkajs"


@pytest.fixture(scope="module")
def driver() -> Path:
    """The script that drives the client, beside the installed client."""
    if shutil.which("npm") is None or shutil.which("node") is None:
        pytest.skip("there is no npm on this machine")
    lock = SOURCE / "package-lock.json"
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = cache / "lienthong-tests" / f"kafkajs-{hashlib.sha256(lock.read_bytes()).hexdigest()[:12]}"
    folder.mkdir(parents=True, exist_ok=True)
    for file in SOURCE.iterdir():
        shutil.copy(file, folder)
    if not (folder / "complete").exists():
        command = ("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent")
        done = subprocess.run(command, cwd=folder, capture_output=True, timeout=110, check=False)
        if done.returncode:
            pytest.skip("npm cannot reach its registry")
        (folder / "complete").touch()
    return folder / "drive.js"


@pytest.fixture(scope="module")
def said(driver: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """What the client said of each step."""
    standing = Standing(tmp_path_factory.mktemp("schemas"), formats=REAL)
    try:
        command = ("node", str(driver), standing.url, "admin", standing.secrets["admin"])
        done = subprocess.run(command, capture_output=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr.decode()
        yield orjson.loads(done.stdout)
    finally:
        standing.close()


def test_what_it_registers_it_finds_again(said: dict[str, Any]):
    assert said["again"]
    assert said["bySchema"]
    assert said["latest"]
    assert said["first"]


def test_what_it_writes_it_reads_by_the_id_in_front(said: dict[str, Any]):
    assert said["front"] == [0, True]
    assert said["decoded"] == {"name": "Nguyễn Thị An"}
    assert said["json"] == {"name": "An"}
    assert said["house"] == {"owner": {"name": "An"}}


def test_refusals_are_said_in_its_own_words(said: dict[str, Any]):
    assert "incompatible with an earlier schema" in said["incompatible"]
    assert "ConfluentSchemaRegistryValidationError" in said["invalid"]
    assert "Subject 'kj-none' not found." in said["unknown"]


def test_a_compatibility_of_its_own_is_set_once(said: dict[str, Any]):
    assert said["full"]
    assert "Compatibility does not match" in said["changed"]
