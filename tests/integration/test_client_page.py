"""docs/client.md, run as written: its shell blocks in one shell, its Python blocks, and the answers that it shows."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nation import EmbeddedNation

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/client.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(bash|json|python)\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
MARK = "@@ block {} ends"


@pytest.fixture
def around(nation: EmbeddedNation, tmp_path: Path) -> Iterator[dict[str, str]]:
    """The environment of a reader: the node's address, the folder of keys, our commands on the path."""
    keys = nation.state.api_keys("a100010")
    before = keys.read_bytes()
    commands = tmp_path / "bin"
    commands.mkdir()
    lienthong = commands / "lienthong"
    lienthong.write_text(f'#!/bin/sh\nexec "{sys.executable}" -P -m bus "$@"\n')
    lienthong.chmod(0o755)
    yield {
        "PATH": f"{commands}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "NODE": nation.node,
        "KEYS": str(keys.parent),
        "LANG": "C.UTF-8",
    }
    keys.write_bytes(before)


def shell(blocks: list[str], around: dict[str, str], folder: Path) -> list[str]:
    """What each block prints, all of them in one shell; the environment at the end is left in `around`."""
    bash = shutil.which("bash")
    assert bash is not None
    script = "set -euo pipefail\n" + "\n".join(
        f"{block}\necho; echo '{MARK.format(number)}'" for number, block in enumerate(blocks)
    )
    script += "\nexport client_id client_secret; env > env.txt\n"
    done = subprocess.run([bash, "-c", script], env=around, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr
    names = {"client_id", "client_secret"}
    pairs = (line.partition("=") for line in (folder / "env.txt").read_text().splitlines())
    around |= {name: value for name, _, value in pairs if name in names}
    parts = re.split(r"\n@@ block \d+ ends\n", done.stdout)
    return [part.strip() for part in parts[:-1]]


def looks_like(shown: Any, said: Any) -> bool:  # noqa: ANN401 - any JSON
    """The same members all the way down as far as the page shows them; `…`, 0, null, {} and [] stand for anything."""
    if isinstance(shown, dict) and shown:
        return (
            isinstance(said, dict)
            and shown.keys() <= said.keys()
            and all(looks_like(value, said[name]) for name, value in shown.items())
        )
    return shown in ("…", 0, None, {}, []) or shown == said


async def test_the_page_as_written(around: dict[str, str], tmp_path: Path):
    said = await asyncio.to_thread(shell, [text for kind, text in BLOCKS if kind == "bash"], around, tmp_path)
    outputs = iter(said)
    last = ""
    for kind, text in BLOCKS:
        if kind == "bash":
            last = next(outputs)
        elif kind == "json":
            assert looks_like(orjson.loads(text), orjson.loads(last)), last
    printed = [await asyncio.to_thread(python, text, around, tmp_path) for kind, text in BLOCKS if kind == "python"]
    *lines, address, refused = printed[0].splitlines()
    assert "Birth notification of the clinic → no-provider" in lines
    assert (address, refused.split()[0]) == ("Số 11, thôn Đình, Xã Sông Đồng", "207")
    assert printed[1] == "301 required /citizen_number\n"


def python(text: str, around: dict[str, str], folder: Path) -> str:
    script = folder / "block.py"
    script.write_text(text, encoding="utf-8")
    command = [sys.executable, "-P", str(script)]
    done = subprocess.run(command, env=around, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_every_call_of_the_face_is_on_the_page():
    from bus.http.openapi import document  # noqa: PLC0415 - this test alone

    paths: Any = document()["paths"]
    for path in paths:
        start = path.partition("/{")[0]
        assert f"$NODE{start}" in PAGE, path
        if path.endswith(("/supplements", "/close")):
            assert f"$DOSSIER/{path.rpartition('/')[2]}" in PAGE
