"""`lienthong ca …`: the operator's certificate authority: renews over the link, gives first certificates for tokens."""

import asyncio
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Final, NamedTuple, TypeAlias

import typer
import uvloop
from aiohttp import web

from bus import logs
from bus.app.hub import listen_on
from bus.certification.authority import Authority
from bus.certification.enrolment import Enrolling
from bus.certification.journal import Journal
from bus.certification.process import serve as serve_authority
from bus.certification.tokens import new_token
from bus.cli.errors import CommandError
from bus.cli.exits import Exit
from bus.cli.output import Json, emit, table
from bus.cli.signals import until_signal
from bus.clock import SteadyClock
from bus.keystore import open_key
from bus.keystore.pem import certificates_in
from bus.net import face_context
from config.parts import LogSettings
from schemas.text import moment
from signing.enrolment import Profile
from signing.outside import pem_of
from signing.renewal import IssuingPolicy

app = typer.Typer(
    help="The operator's authority: renews certificates, gives first ones; docs/keys.md.", no_args_is_help=True
)

GRACE_S: Final = 2.0
JournalFile: TypeAlias = Annotated[Path, typer.Option(help="File with everything that was issued.")]


@app.command("serve")
def serve(  # noqa: PLR0913 - one option each
    *,
    key: Annotated[str, typer.Option(help="Key address of the authority: ES256, ES384, or RS256 (alg=RS256).")],
    anchor: Annotated[Path, typer.Option(help="PEM file of the root above it.")],
    instance: Annotated[str, typer.Option(help="The installation, such as VN-test.")],
    journal: JournalFile,
    socket: Annotated[Path, typer.Option(help="Where the hub asks it: a Unix socket (renewal.socket in hub.toml).")],
    days: Annotated[int, typer.Option(min=1, max=3650, help="How long a new certificate lasts.")] = 365,
    earliest: Annotated[int, typer.Option(min=1, max=3650, help="From how many days before the end on.")] = 90,
    enrol_listen: Annotated[str, typer.Option(help="Where nodes ask for first certificates, HTTPS: host:port.")] = "",
    enrol_certificate: Annotated[Path | None, typer.Option(help="PEM file of its TLS certificate.")] = None,
    enrol_key: Annotated[Path | None, typer.Option(help="PEM file of that certificate's key.")] = None,
    tokens: Annotated[Path | None, typer.Option(help="File of the tokens' digests (`ca token`).")] = None,
    ocsp_url: Annotated[str, typer.Option(help="OCSP responder, named in first certificates.")] = "",
    crl_url: Annotated[str, typer.Option(help="CRL, named in first certificates.")] = "",
) -> None:
    """Renew what the hub hands over, by policy, and give first certificates for tokens. SIGTERM or Ctrl-C stops it."""
    logs.configure(LogSettings())
    authority = Authority(
        signer=open_key(key),
        anchors=tuple(certificates_in(anchor)),
        instance=instance,
        policy=IssuingPolicy(timedelta(days=days), timedelta(days=earliest)),
        journal=Journal(journal),
        clock=SteadyClock(),
    )
    enrolling = None
    if enrol_listen:
        if enrol_certificate is None or enrol_key is None or tokens is None:
            raise CommandError(
                Exit.USAGE, "enrolment", "--enrol-listen needs --enrol-certificate, --enrol-key and --tokens"
            )
        profile = Profile(timedelta(days=days), ocsp_url, crl_url)
        tls = face_context(enrol_certificate, enrol_key)
        enrolling = _Address(Enrolling(authority, tokens, profile), enrol_listen, tls)
    uvloop.run(until_signal(lambda stop: _serve(authority, socket, enrolling, stop)))


class _Address(NamedTuple):
    """Where first certificates are asked for."""

    enrolling: Enrolling
    listen: str
    tls: ssl.SSLContext


async def _serve(authority: Authority, socket: Path, address: _Address | None, stop: asyncio.Event) -> None:
    if address is None:
        await serve_authority(authority, socket, stop)
        return
    runner = web.AppRunner(address.enrolling.application(), access_log=None, shutdown_timeout=GRACE_S)
    try:
        await runner.setup()
        await web.SockSite(runner, listen_on(address.listen), ssl_context=address.tls).start()
        await serve_authority(authority, socket, stop, address.enrolling.turn)
    finally:
        await runner.cleanup()


@app.command("token")
def token(
    *,
    agency: Annotated[str, typer.Option(help="The agency, such as a100001.")],
    node: Annotated[str, typer.Option(help="The node's name, for its link certificate.")],
    tokens: Annotated[Path, typer.Option(help="File of the tokens' digests, as `ca serve` reads it.")],
    hours: Annotated[int, typer.Option(min=1, max=24 * 30, help="How long it may be used.")] = 24,
    as_json: Json = False,
) -> None:
    """Make a one-time token for an agency's first certificates; carry it to them by a safe way."""
    until = moment(round((datetime.now(UTC) + timedelta(hours=hours)).timestamp() * 1000))
    try:
        made = new_token(tokens, agency, node, until)
    except ValueError:
        raise CommandError(Exit.USAGE, "token", "an agency is written a100001, a node node-1") from None
    emit({"token": made, "agency": agency, "node": node, "until": until}, made, as_json=as_json)


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
