"""A page of the manual, typed: each line of its `sh` blocks run as it stands, long-running ones beside the others.

Promises: what is typed a second time while it runs is stopped first (Ctrl-C, then anew); at the end nobody is left.
Leaves out what the page shows of outputs; the caller holds those against what came.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
_BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LONG = ("lienthong hub ", "lienthong node ", "python tests/lib/stranger_systems.py ")
_PATIENCE_S = 60.0


class Typed(NamedTuple):
    """A line that was run to its end."""

    line: str
    code: int
    out: str
    err: str
    seconds: float


@dataclass
class PageShell:
    """Runs lines in a folder; `words` are put in place of others (ports that are free here)."""

    folder: Path
    words: Mapping[str, str]
    children: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def lines(self, page: str) -> list[str]:
        """Every line of the page's `sh` blocks."""
        return [line for block in _BLOCK.findall(page) for line in block.splitlines() if line]

    def type(self, line: str, ready: Callable[[str], bool] | None = None) -> Typed | None:
        """Run a line: to its end, or, where it stays, until `ready` says of its log that it stands."""
        for word, other in self.words.items():
            line = line.replace(word, other)
        if not line.startswith(_LONG):
            return self._to_its_end(line)
        self.stop(line)
        log = self._log(line)
        with log.open("wb") as out:
            self.children[line] = subprocess.Popen(
                ["bash", "-c", f"exec {self._real(line)}"], stdout=out, stderr=out, cwd=self.folder, env=self._env()
            )
        deadline = time.monotonic() + _PATIENCE_S
        while ready is not None and not ready(log.read_text(encoding="utf-8")):
            text = log.read_text(encoding="utf-8")
            assert self.children[line].poll() is None, text
            assert time.monotonic() < deadline, text
            time.sleep(0.1)
        return None

    def stop(self, line: str) -> None:
        """Ctrl-C, if it runs."""
        child = self.children.pop(line, None)
        if child is not None:
            child.send_signal(signal.SIGINT)
            child.wait(_PATIENCE_S)

    def close(self) -> None:
        """Stop all, the last first."""
        for line in reversed(list(self.children)):
            self.stop(line)

    def _to_its_end(self, line: str) -> Typed:
        began = time.monotonic()
        done = subprocess.run(
            ["bash", "-c", self._real(line)],
            capture_output=True,
            cwd=self.folder,
            env=self._env(),
            timeout=_PATIENCE_S,
            check=False,
        )
        return Typed(line, done.returncode, done.stdout.decode(), done.stderr.decode(), time.monotonic() - began)

    def _real(self, line: str) -> str:
        """The same line with this checkout's program and Python."""
        line = re.sub(r"^lienthong ", f"{sys.executable} -P -m bus ", line)
        return re.sub(r"^python tests/", f"{sys.executable} {ROOT}/tests/", line)

    def _log(self, line: str) -> Path:
        return self.folder / (re.sub(r"\W+", "-", line)[-80:] + ".log")

    def _env(self) -> dict[str, str]:
        return {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "120"}
