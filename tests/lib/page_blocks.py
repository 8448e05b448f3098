"""Pages of the manual as tests: their blocks, run as written, and the answers that they show."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import orjson
import pytest

ROOT = Path(__file__).parents[2]


class Block(NamedTuple):
    """One fenced block."""

    kind: str
    text: str


def blocks_of(page: str) -> list[Block]:
    """Every fenced block of a page."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    return [Block(*found) for found in re.findall(r"^```([a-z]+)\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)]


def reader(folder: Path, **more: str) -> dict[str, str]:
    """The environment of a reader: our commands on the path, and what the page lets them set."""
    commands = folder / "bin"
    commands.mkdir()
    lienthong = commands / "lienthong"
    lienthong.write_text(f'#!/bin/sh\nexec "{sys.executable}" -P -m bus "$@"\n')
    lienthong.chmod(0o755)
    path = f"{commands}{os.pathsep}{os.environ['PATH']}"
    return {"PATH": path, "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8", **more}


def shell(blocks: Sequence[Block], around: dict[str, str], folder: Path, keep: Sequence[str] = ()) -> list[str]:
    """What each block prints, all of them in one shell; the variables to keep are left in `around`."""
    bash = shutil.which("bash")
    if bash is None or shutil.which("curl") is None:
        pytest.skip("there is no curl on this machine")
    script = ["set -euo pipefail"]
    for number, block in enumerate(blocks):
        script.append(f"{block.text}\necho; echo '@@ block {number} ends'")
    script += [f'printf "%s=%s\\n" {name} "${name}" >> kept.txt' for name in keep]
    done = subprocess.run(
        [bash, "-c", "\n".join(script)], env=around, cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-2_000:] + done.stderr
    kept = (folder / "kept.txt").read_text().splitlines() if keep else []
    around |= {name: value for name, _, value in (line.partition("=") for line in kept)}
    return [part.strip() for part in re.split(r"\n@@ block \d+ ends\n", done.stdout)[:-1]]


def must_show(blocks: Sequence[Block], printed: Sequence[str]) -> int:
    """Each JSON block is like what the shell block before it printed; how many there are."""
    outputs, last, seen = iter(printed), "", 0
    for block in blocks:
        if block.kind == "bash":
            last = next(outputs)
        elif block.kind == "json":
            assert looks_like(orjson.loads(block.text), orjson.loads(last)), last
            seen += 1
    return seen


def looks_like(shown: Any, said: Any) -> bool:  # noqa: ANN401 - any JSON
    """The same members all the way down as far as the page shows them; `…`, 0, null, {} and [] stand for anything."""
    if isinstance(shown, dict) and shown:
        return (
            isinstance(said, dict)
            and shown.keys() <= said.keys()
            and all(looks_like(value, said[name]) for name, value in shown.items())
        )
    return shown in ("…", 0, None, {}, []) or shown == said


def python(block: Block, around: dict[str, str], folder: Path) -> str:
    """What a Python block prints, run by itself."""
    script = folder / "block.py"
    script.write_text(block.text, encoding="utf-8")
    command = [sys.executable, "-P", str(script)]
    done = subprocess.run(command, env=around, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
