"""docs/client.md, run as written: its shell blocks in one shell, its Python blocks, and the answers that it shows."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from page_blocks import ROOT, blocks_of, must_show, python, reader, shell

from bus.http.openapi import document

if TYPE_CHECKING:
    from nation import EmbeddedNation

BLOCKS = blocks_of("client.md")


@pytest.fixture
def around(nation: EmbeddedNation, tmp_path: Path) -> Iterator[dict[str, str]]:
    """A reader before the sample nation's node."""
    keys = nation.state.api_keys("a100010")
    before = keys.read_bytes()
    yield reader(tmp_path, NODE=nation.node, KEYS=str(keys.parent))
    keys.write_bytes(before)


async def test_the_page_as_written(around: dict[str, str], tmp_path: Path):
    commands = [block for block in BLOCKS if block.kind == "bash"]
    printed = await asyncio.to_thread(shell, commands, around, tmp_path, ("client_id", "client_secret"))
    assert must_show(BLOCKS, printed) == 6
    scripts = [block for block in BLOCKS if block.kind == "python"]
    first, second = [await asyncio.to_thread(python, block, around, tmp_path) for block in scripts]
    *lines, address, refused = first.splitlines()
    assert "Birth notification of the clinic → no-provider" in lines
    assert (address, refused.split()[0]) == ("Số 11, thôn Đình, Xã Sông Đồng", "207")
    assert second == "301 required /citizen_number\n"


def test_every_call_of_the_face_is_on_the_page():
    page = (ROOT / "docs/client.md").read_text(encoding="utf-8")
    paths: Any = document()["paths"]
    for path in paths:
        start, _, rest = path.partition("/{")
        assert f"$NODE{start}" in page, path
        if rest.endswith(("/supplements", "/close")):
            assert f"$DOSSIER/{path.rpartition('/')[2]}" in page
