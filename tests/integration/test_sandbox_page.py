"""docs/sandbox.md, run as written, and its tables against the code."""

from __future__ import annotations

import asyncio
import re
import tomllib
from pathlib import Path

import typer
from page_blocks import ROOT, blocks_of, must_show, python, reader, shell
from wires import free_ports

from adapters.surroundings import Surroundings, no_secrets, no_tls
from bus.cli.app import build
from bus.kit.sandbox.adapter import SandboxAdapter, SandboxSettings, kind_for
from bus.kit.sandbox.faults import FAULTS, HANG
from bus.kit.sandbox.shelf import snapshot_of

BLOCKS = blocks_of("sandbox.md")
PAGE = (ROOT / "docs/sandbox.md").read_text(encoding="utf-8")
REGISTRY = ROOT / "config/sample/registry"


async def test_the_page_as_written(tmp_path: Path):
    around = reader(tmp_path, SANDBOX=f"http://127.0.0.1:{free_ports(1)}", REGISTRY=str(REGISTRY))
    commands = [block for block in BLOCKS if block.kind == "bash"]
    printed = await asyncio.to_thread(shell, commands, around, tmp_path)
    assert must_show(BLOCKS, printed) == 3
    (script,) = (block for block in BLOCKS if block.kind == "python")
    (tmp_path / "config").symlink_to(ROOT / "config")
    assert await asyncio.to_thread(python, script, around, tmp_path) == "501 No record matches.\n"


def test_the_table_of_faults_is_the_list():
    table = PAGE.partition("## 3.")[2].partition("## 4.")[0]
    rows = re.findall(r"^\| `([a-z-]+)` \| ([0-9]{3}|none) \| ", table, re.MULTILINE)
    known = {name: str(int(fault.code)) if fault.code else "none" for name, fault in FAULTS.items()}
    assert dict(rows) == known | {HANG: "507"}


def test_every_option_is_on_the_page():
    command = typer.main.get_command(build(["sandbox"])).commands["sandbox"]  # type: ignore[attr-defined] # a group
    options = {name for parameter in command.params for name in parameter.opts if name.startswith("--")}
    assert options - {"--help", "--json"} == set(re.findall(r"^\| `(--[a-z]+)", PAGE, re.MULTILINE))


def test_the_adapter_of_the_page_is_built():
    (block,) = (block for block in BLOCKS if block.kind == "toml")
    (row,) = tomllib.loads(block.text)["adapters"]
    snapshot = snapshot_of(REGISTRY)
    kind = kind_for(row["service"], lambda: snapshot)
    adapter = kind.build(row["settings"], Surroundings(no_secrets, Path(), no_tls), "node.toml")
    assert isinstance(adapter, SandboxAdapter)
    assert "residence" in adapter.operations
    keys = set(re.findall(r"^\| `(seed|rates|delay)` \| ", PAGE, re.MULTILINE))
    assert keys == set(SandboxSettings.model_fields) - set(SandboxSettings.__mro__[1].model_fields)  # type: ignore[attr-defined] # its base
