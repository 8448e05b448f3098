"""Look for inputs that break a reader: `python -P tests/fuzz/run.py TARGET --seconds 600 [--keep]`.

Coverage-guided (atheris); starts from the kept inputs and works on copies. `--keep` adds what reached new code to
`tests/fuzz/corpus/TARGET`; an input that breaks a reader is written beside it as `crash-…` and ends the run.
Without a target: all of them in one run.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import warnings
from hashlib import sha256
from pathlib import Path

import atheris

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(Path(__file__).parent), str(ROOT)]
warnings.simplefilter("ignore")  # what cryptography still reads with a warning is judged all the same

with atheris.instrument_imports(include=["schemas", "signing", "targets"]):
    import targets

MOST_BYTES = 64 * 1024


def main() -> None:
    """Set the machine up and run it; it ends the process."""
    read = argparse.ArgumentParser()
    read.add_argument("target", nargs="?", choices=sorted(targets.TARGETS))
    read.add_argument("--seconds", type=int, default=60)
    read.add_argument("--keep", action="store_true")
    told = read.parse_args()
    work = Path(tempfile.mkdtemp(prefix="fuzz-"))
    seeds = work / "seeds"
    seeds.mkdir()
    _seed(told.target, seeds)
    options = [f"-max_total_time={told.seconds}", f"-max_len={MOST_BYTES}", "-timeout=20", "-rss_limit_mb=2048"]
    keep = targets.corpus(told.target) if told.keep and told.target else work / "found"
    keep.mkdir(parents=True, exist_ok=True)
    crashes = f"-artifact_prefix={keep}/crash-"
    atheris.Setup(
        [sys.argv[0], *options, crashes, "-verbosity=0", str(keep), str(seeds)],
        targets.TARGETS[told.target] if told.target else targets.everything,
    )
    atheris.Fuzz()
    shutil.rmtree(work, ignore_errors=True)


def _seed(target: str | None, folder: Path) -> None:
    """The kept inputs; for all targets at once with the byte in front that picks theirs."""
    for number, name in enumerate(targets.TARGETS):
        if target in {None, name}:
            head = b"" if target else bytes([number])
            for path in sorted(targets.corpus(name).iterdir()):
                data = head + path.read_bytes()
                (folder / sha256(data).hexdigest()).write_bytes(data)


if __name__ == "__main__":
    main()
