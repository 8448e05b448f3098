"""`lienthong node FILE`: a node as a process, from its settings file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
import uvloop

from bus import logs
from bus.app.node_process import run_node
from bus.app.trust import refuse_development_pki
from bus.cli.signals import until_signal
from config.load import load
from config.node import NodeSettings


def command(file: Annotated[Path, typer.Argument(help="The node's settings (TOML).")]) -> None:
    """Run a node for the agencies that its settings name. SIGTERM or Ctrl-C stops it."""
    settings = load(file, NodeSettings).settings
    refuse_development_pki(settings)
    logs.configure(settings.log)
    uvloop.run(until_signal(lambda stop: run_node(settings, stop)))
