"""Is this machine, this installation and this settings file fit to run?

Promises: nothing is changed, nothing is asked of the network; each finding that is not good says how to mend it.
Leaves out: the state of a running hub or node, which its metrics tell.
"""

from datetime import datetime
from pathlib import Path

from bus.doctor.finding import Finding, Health
from bus.doctor.machine import clock, one_root, open_files, python
from bus.doctor.settings import look_at

__all__ = ["Finding", "Health", "examine"]


def examine(file: Path | None, now: datetime) -> tuple[Finding, ...]:
    """Look at the installation and, where given, at a settings file and all that it names.

    Args:
        file: settings of a hub, a node or the embedded bus.
        now: the moment at which certificates must be valid, aware.
    """
    found = [one_root(), python(), open_files(), clock()]
    return (*found, *(look_at(file, now) if file is not None else ()))
