"""A process that does not outlive whoever started it, not even where that one was killed and could stop nobody.

Promises: on Linux, the death of the parent is a SIGTERM here, from the moment `end_with` returns. Elsewhere nothing
changes. And the other way: a process tells whoever started it when it stands. Leaves out: what SIGTERM means, which is
each process' own affair.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from typing import Final

_PR_SET_PDEATHSIG: Final = 1
"""prctl(2)."""


def tell_ready(pipe: int) -> None:
    """Tell whoever started us, through the pipe that it gave us, that we stand."""
    os.write(pipe, b"1")
    os.close(pipe)


def end_with(parent: int) -> None:
    """Be told by SIGTERM when the process `parent` ends; at once where it has ended already."""
    if sys.platform != "linux":
        return
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGTERM)
