"""schemathesis against a running node: whatever its description allows or forbids is answered as described, never 5xx.

More examples: `LIENTHONG_SCHEMATHESIS=200`.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from nation import EmbeddedNation

LIB = Path(__file__).parents[1] / "lib"
EXAMPLES = os.environ.get("LIENTHONG_SCHEMATHESIS", "4")
CONFIG = """
[parameters]
"path.agency" = "a100001"
"path.system" = "population"
"path.service" = "person"
"path.operation" = "confirm"

# The registry's own schemas and rules go further than the description: what they refuse is a problem with status 400.
[checks.positive_data_acceptance]
expected-statuses = ["2xx", "400", "401", "403", "404", "409", "429", "503"]
"""


@pytest.mark.timeout(900)
async def test_the_node_is_as_it_is_described(nation: EmbeddedNation, tmp_path: Path):
    config = tmp_path / "schemathesis.toml"
    config.write_text(CONFIG)
    command = [sys.executable, "-c", "from schemathesis.cli import schemathesis; schemathesis()"]
    command += [
        "--config-file",
        str(config),
        "run",
        f"{nation.node}/openapi.json",
        "--header",
        f"X-Api-Key: {nation.key}",
    ]
    command += ["--phases", "coverage,fuzzing,stateful", "--max-examples", EXAMPLES, "--checks", "all", "--seed", "1"]
    command += ["--continue-on-failure", "--workers", "2", "--no-color"]
    environment = {**os.environ, "PYTHONPATH": str(LIB), "SCHEMATHESIS_HOOKS": "schemathesis_hooks"}
    done = await asyncio.to_thread(
        subprocess.run, command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-6_000:] + done.stderr[-2_000:]
    assert "8 selected / 8 total" in done.stdout
