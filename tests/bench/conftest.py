"""The bench runs only when it is named (`make bench`): its figures say little while other tests share the machine."""

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
MEMORY = Path("/dev/shm")  # noqa: S108 - asked for by name: it is memory
sys.path.insert(0, str(HERE))  # its own modules, which nothing else imports

from bench_nation import lay_out  # noqa: E402 - the path above makes it importable
from bench_processes import Bench, running  # noqa: E402 - as above


def pytest_ignore_collect(config: pytest.Config) -> bool | None:
    named = any(Path(argument.partition("::")[0]).resolve().is_relative_to(HERE) for argument in config.args)
    return None if named else True


@pytest.fixture(scope="session")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """The nation on real processes, shared by all measurements."""
    place = tmp_path_factory.mktemp("bench")
    with running(lay_out(place), place) as standing:
        yield standing


@pytest.fixture(scope="session")
def bench_in_memory() -> Iterator[Bench | None]:
    """The same with its state on a memory file system, where nothing waits for a disk; None where there is none."""
    if not MEMORY.is_dir():
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="lienthong-bench-", dir=MEMORY) as folder:
        place = Path(folder)
        with running(lay_out(place), place) as standing:
            yield standing


@pytest.fixture(scope="session")
def figures() -> dict[str, float]:
    """What one table says of another."""
    return {}
