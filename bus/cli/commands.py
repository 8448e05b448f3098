"""Every command of `lienthong` and the file that it stands in; put together from all of them or from one.

Promises: a process that runs one command imports that one only: `lienthong version` needs no SOAP, a hub no adapters.
"""

from collections.abc import Iterable, Mapping
from importlib import import_module
from typing import Final

import typer

COMMANDS: Final[Mapping[str, str]] = {
    "demo": "bus.cli.demo:app",
    "up": "bus.cli.demo:up_command",
    "hub": "bus.cli.hub:command",
    "node": "bus.cli.node_commands:app",
    "dossier": "bus.cli.dossier:app",
    "adapter": "bus.cli.adapter:app",
    "keys": "bus.cli.keys:app",
    "dev-pki": "bus.cli.dev_pki:app",
    "ca": "bus.cli.ca:app",
    "registry": "bus.cli.registry:app",
    "sandbox": "bus.cli.sandbox:command",
    "ledger": "bus.cli.ledger:app",
    "audit": "bus.cli.audit:app",
    "schemas": "bus.cli.schemas:app",
    "usages": "bus.cli.usages:app",
    "witness": "bus.cli.witness:app",
    "migrate": "bus.cli.migrate:command",
    "sign": "bus.cli.sign:command",
    "verify": "bus.cli.verify:command",
    "explain-config": "bus.cli.explain_config:command",
    "doctor": "bus.cli.doctor:command",
    "version": "bus.cli.version:command",
}


def add(app: typer.Typer, names: Iterable[str]) -> typer.Typer:
    """Import these commands and hang them in `app`."""
    for name in names:
        place, _, member = COMMANDS[name].partition(":")
        found = getattr(import_module(place), member)
        if isinstance(found, typer.Typer):
            app.add_typer(found, name=name)
        else:
            app.command(name)(found)
    return app
