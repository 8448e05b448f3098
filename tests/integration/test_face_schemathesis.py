"""schemathesis against a running node and a sandbox: what their descriptions allow or forbid is answered as described.

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

from bus.kit.sandbox.run import Sandbox, SandboxParts
from bus.sample.systems import registry_folder

if TYPE_CHECKING:
    from nation import EmbeddedNation

CONFORMANCE = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
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
    said = await judged(nation.node, nation.key, tmp_path, "--phases", "coverage,fuzzing,stateful", "--checks", "all")
    assert "8 selected / 8 total" in said


@pytest.mark.timeout(900)
async def test_so_is_the_sandbox(tmp_path: Path):
    sandbox = await Sandbox.start(SandboxParts(registry_folder(), consumer="a100010/one-stop", listen="127.0.0.1:0"))
    said = await judged(sandbox.url, "sandbox", tmp_path, "--phases", "fuzzing", "--checks", CONFORMANCE)
    await sandbox.close()
    assert "6 selected / 6 total" in said


async def judged(url: str, key: str, folder: Path, *options: str) -> str:
    """What schemathesis says, who must have found nothing."""
    config = folder / "schemathesis.toml"
    config.write_text(CONFIG)
    command = [sys.executable, "-c", "from schemathesis.cli import schemathesis; schemathesis()"]
    command += ["--config-file", str(config), "run", f"{url}/openapi.json", "--header", f"X-Api-Key: {key}", *options]
    command += ["--max-examples", EXAMPLES, "--seed", "1", "--continue-on-failure", "--workers", "2", "--no-color"]
    environment = {**os.environ, "PYTHONPATH": str(LIB), "SCHEMATHESIS_HOOKS": "schemathesis_hooks"}
    done = await asyncio.to_thread(
        subprocess.run, command, env=environment, cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-6_000:] + done.stderr[-2_000:]
    return done.stdout
