"""Exit codes of the `lienthong` command: a closed list that scripts may rely on (docs/operators.md)."""

from enum import IntEnum


class Exit(IntEnum):
    """How a command ended."""

    DONE = 0
    """It did what was asked."""
    NO = 1
    """It did its work and the answer is no: a check failed, a form is refused, a gap remains where none may."""
    USAGE = 2
    """The command line is wrong."""
    CONFIG = 3
    """A settings file or the registry's folder has mistakes; all are listed."""
    UNREACHABLE = 4
    """Another part does not answer: a hub, a database, a system."""
    SECRET = 5
    """A key or secret is missing, open to others, or refused."""
    STATE = 6
    """What is stored stands in the way: missing, already there, of another format, locked, disk full."""
    INTERNAL = 70
    """A fault of ours; the line names its place."""
