"""Is this machine and this installation fit to run?"""

import ctypes
import importlib
import resource
import sys
from pathlib import Path

from bus.doctor.finding import Finding, Health
from bus.version import PACKAGES

MIN_OPEN_FILES = 4_096
MIN_PYTHON = (3, 11)
_CLOCK_NOT_SYNCHRONISED = 5  # TIME_ERROR, adjtimex(2)


def one_root() -> Finding:
    """The six packages have plain names: all must come from one folder, or another package shadows ours."""
    roots = {name: _root_of(name) for name in PACKAGES}
    if len(set(roots.values())) == 1:
        return Finding("packages", Health.GOOD, f"all six come from {roots['bus']}")
    strays = ", ".join(f"{name} from {root}" for name, root in roots.items() if root != roots["bus"])
    mend = "use an environment of its own, and launch with python -P"
    return Finding("packages", Health.BAD, f"bus comes from {roots['bus']}, but {strays}", mend)


def _root_of(name: str) -> Path:
    return Path(str(importlib.import_module(name).__file__)).resolve().parent.parent


def python() -> Finding:
    """A Python that we support."""
    text = f"Python {sys.version.split()[0]}"
    if sys.version_info >= MIN_PYTHON:
        return Finding("python", Health.GOOD, text)
    return Finding("python", Health.BAD, text, "Python 3.11 or later is needed")


def open_files() -> Finding:
    """Each session and each request holds a file open."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    text = f"{soft} files may be open"
    if soft == resource.RLIM_INFINITY or soft >= MIN_OPEN_FILES:
        return Finding("open files", Health.GOOD, text)
    return Finding("open files", Health.WARNING, text, f"raise the limit to {MIN_OPEN_FILES}: LimitNOFILE=, ulimit -n")


def clock() -> Finding:
    """Whether the kernel takes its clock for synchronised (adjtimex(2)); hub and nodes compare theirs on the link."""
    state = ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(512))
    if state == _CLOCK_NOT_SYNCHRONISED or state < 0:
        text = "nothing says that this clock is synchronised"
        return Finding("clock", Health.WARNING, text, "run chrony or systemd-timesyncd")
    return Finding("clock", Health.GOOD, "synchronised")
