"""EU DSS from Maven Central with our runners (tests/conformance/dss): LIENTHONG_TEST_DSS=1 asks for it."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "conformance" / "dss"


def built(folder: Path) -> str:
    """The class path; the test is left out where nobody asks for DSS."""
    if os.environ.get("LIENTHONG_TEST_DSS") != "1" or shutil.which("mvn") is None:
        pytest.skip("EU DSS is not asked for, or there is no mvn on this machine")
    shutil.copytree(SOURCE, folder)
    words = ["mvn", "-q", "-B", "compile", "dependency:build-classpath", "-Dmdep.outputFile=classpath"]
    done = subprocess.run(words, cwd=folder, capture_output=True, check=False, timeout=900)
    assert done.returncode == 0, done.stdout.decode(errors="replace")[-2000:]
    return f"{folder}/target/classes:{(folder / 'classpath').read_text().strip()}"


def java(classes: str, *words: object) -> str:
    """What a runner prints."""
    done = subprocess.run(["java", "-cp", classes, *map(str, words)], capture_output=True, check=False, timeout=600)
    assert done.returncode == 0, done.stderr.decode(errors="replace")[-2000:]
    return done.stdout.decode()
