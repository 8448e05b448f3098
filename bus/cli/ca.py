"""`lienthong ca …`: the operator's certificate authority, which renews agencies' seal certificates over the link."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, TypeAlias

import typer
import uvloop

from bus import logs
from bus.certification.authority import Authority
from bus.certification.journal import Journal
from bus.certification.process import serve as serve_authority
from bus.cli.errors import CommandError
from bus.cli.exits import Exit
from bus.cli.output import Json, emit, table
from bus.cli.signals import until_signal
from bus.clock import SteadyClock
from bus.keystore import open_key
from bus.keystore.pem import certificates_in
from config.parts import LogSettings
from signing.outside import pem_of
from signing.renewal import IssuingPolicy

app = typer.Typer(help="The operator's authority: renews seal certificates; docs/keys.md.", no_args_is_help=True)

JournalFile: TypeAlias = Annotated[Path, typer.Option(help="File with everything that was issued.")]


@app.command("serve")
def serve(
    *,
    key: Annotated[str, typer.Option(help="Key address of the authority: ES256, ES384, or RS256 (alg=RS256).")],
    anchor: Annotated[Path, typer.Option(help="PEM file of the root above it.")],
    instance: Annotated[str, typer.Option(help="The installation, such as VN-test.")],
    journal: JournalFile,
    socket: Annotated[Path, typer.Option(help="Where the hub asks it: a Unix socket (renewal.socket in hub.toml).")],
    days: Annotated[int, typer.Option(min=1, max=3650, help="How long a new certificate lasts.")] = 365,
    earliest: Annotated[int, typer.Option(min=1, max=3650, help="From how many days before the end on.")] = 90,
) -> None:
    """Renew what the hub hands over, by policy. SIGTERM or Ctrl-C stops it."""
    logs.configure(LogSettings())
    authority = Authority(
        signer=open_key(key),
        anchors=tuple(certificates_in(anchor)),
        instance=instance,
        policy=IssuingPolicy(timedelta(days=days), timedelta(days=earliest)),
        journal=Journal(journal),
        clock=SteadyClock(),
    )
    uvloop.run(until_signal(lambda stop: serve_authority(authority, socket, stop)))


@app.command("list")
def list_issued(*, journal: JournalFile, as_json: Json = False) -> None:
    """List what was issued; an altered journal is refused."""
    lines = Journal(journal).lines
    rows = [(one.number, one.at, one.agency, one.x5t, one.not_after) for one in lines]
    data = [dict(zip(("number", "at", "agency", "x5t", "not_after"), row, strict=True)) for row in rows]
    emit(data, table(str(journal), ("number", "issued", "agency", "certificate", "until"), rows), as_json=as_json)


@app.command("export")
def export(
    x5t: Annotated[str, typer.Argument(help="Thumbprint of an issued certificate, from `list`.")],
    *,
    journal: JournalFile,
    out: Annotated[Path, typer.Option(help="File for it, PEM: for the registry's folder.")],
    as_json: Json = False,
) -> None:
    """Write an issued certificate to a file, so that it can be registered."""
    found = next((one for one in Journal(journal).lines if one.x5t == x5t), None)
    if found is None:
        raise CommandError(Exit.NO, "no-such-certificate", f"{journal} holds no certificate {x5t[:43]}")
    out.write_bytes(pem_of(found.certificate))
    emit({"file": str(out), "agency": found.agency}, str(out), as_json=as_json)
