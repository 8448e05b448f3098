"""`lienthong version`: which Lienthong this is."""

import sys

from bus.cli.output import Json, emit
from bus.version import version


def command(*, as_json: Json = False) -> None:
    """Which Lienthong this is."""
    emit({"version": version(), "python": sys.version.split()[0]}, f"lienthong {version()}", as_json=as_json)
