"""`lienthong witness …`: run a witness, so that nobody, a log's operator included, can show two histories."""

import time
from pathlib import Path
from typing import Annotated, TypeAlias

import typer
import uvloop

from bus import logs
from bus.app.witness_process import run_witness
from bus.cli.output import Json, emit, table
from bus.cli.signals import until_signal
from bus.ledger import witness
from config.parts import LogSettings
from signing.checkpoint import parse

app = typer.Typer(help="A witness of transparency logs (c2sp.org/tlog-witness).", no_args_is_help=True)

Folder: TypeAlias = Annotated[Path, typer.Argument(help="The witness' folder.")]


@app.command("init")
def init(
    folder: Folder,
    *,
    name: Annotated[str, typer.Option(help="Its name for ever: a URL without scheme, such as audit.gov.vn/w1.")],
    as_json: Json = False,
) -> None:
    """Make a witness' folder and key, and show the public key for policies."""
    vkey = witness.init(folder, name)
    emit({"name": name, "vkey": vkey}, vkey, as_json=as_json)


@app.command("trust")
def trust(
    folder: Folder,
    vkey: Annotated[str, typer.Argument(help="The log's public key (lienthong ledger show).")],
    *,
    as_json: Json = False,
) -> None:
    """Cosign this log, from the next start on. A second key of the same log is added to the first."""
    log = witness.trust(folder, vkey)
    emit({"origin": log.name, "vkey": log.text}, f"{log.name} is cosigned from the next start on", as_json=as_json)


@app.command("show")
def show(folder: Folder, *, as_json: Json = False) -> None:
    """Show its public key, and how far it has cosigned each log. Stop it first."""
    opened = witness.Witness.open(folder, lambda: int(time.time()))
    try:
        sizes = {origin: parse(note)[0].size for origin in opened.logs if (note := opened.newest(origin))}
        rows = [
            (origin, sizes.get(origin, "nothing yet"), ", ".join(key.text for key in keys))
            for origin, keys in opened.logs.items()
        ]
    finally:
        opened.close()
    data = {"vkey": opened.vkey, "logs": {origin: sizes.get(origin) for origin in opened.logs}}
    emit(data, opened.vkey, table("Logs", ("origin", "cosigned size", "keys"), rows), as_json=as_json)


@app.command("serve")
def serve(
    folder: Folder,
    *,
    listen: Annotated[str, typer.Option(help="Where logs and monitors reach it, host:port.")] = "127.0.0.1:8490",
) -> None:
    """Run the witness. Plain HTTP: put a proxy with TLS in front. SIGTERM or Ctrl-C stops it."""
    logs.configure(LogSettings())
    uvloop.run(until_signal(lambda stop: run_witness(folder, listen, stop)))
