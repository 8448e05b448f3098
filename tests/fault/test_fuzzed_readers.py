"""Readers of foreign bytes: every input that was ever kept, and a short look for new ones.

LIENTHONG_TEST_FUZZ_S=600 looks that long at each reader; without it one short run plays all of them together.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

FUZZ = Path(__file__).parents[1] / "fuzz"
ROOT = Path(__file__).parents[2]
SECONDS = os.environ.get("LIENTHONG_TEST_FUZZ_S", "")
KEPT = sorted(path.relative_to(FUZZ / "corpus") for path in (FUZZ / "corpus").glob("*/*"))
# what cryptography still reads with a warning is judged all the same
pytestmark = pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")


def loaded():
    spec = importlib.util.spec_from_file_location("fuzz_targets", FUZZ / "targets.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


TARGETS = loaded().TARGETS


@pytest.mark.parametrize("kept", KEPT, ids=str)
def test_a_kept_input_breaks_no_reader(kept: Path):
    TARGETS[kept.parts[0]]((FUZZ / "corpus" / kept).read_bytes())


def test_every_reader_has_inputs_to_begin_with():
    assert {path.parts[0] for path in KEPT} == set(TARGETS)


@pytest.mark.skipif(importlib.util.find_spec("atheris") is None, reason="atheris has no build for this Python")
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("target", sorted(TARGETS) if SECONDS else [""])
def test_nothing_new_breaks_a_reader(target: str):
    command = [sys.executable, "-P", str(FUZZ / "run.py"), *([target] if target else []), "--seconds", SECONDS or "3"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode("utf-8", "replace")[-4000:]
