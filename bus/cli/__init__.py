"""The `lienthong` command: each command in a file of its own, calling a plain function."""

from bus.cli.app import main

__all__ = ["main"]
