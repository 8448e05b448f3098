"""`lienthong dev-pki …`: a certificate authority, time-stamps and OCSP for development. Never for production."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, TypeAlias

import typer
import uvloop

from bus import logs
from bus.app.development_services import DEFAULT_LISTEN, DEFAULT_SERVICES, NotLoopbackError, run_services
from bus.cli.errors import CommandError
from bus.cli.exits import Exit
from bus.cli.output import Json, emit, table
from bus.cli.signals import until_signal
from bus.http.development import RevokedFile, utc_now
from bus.keystore.development import DevelopmentKeys, make_development_keys, open_authority
from config.parts import LogFormat, LogSettings
from signing.devocsp import serial_of

app = typer.Typer(help="A development PKI: CA, time-stamps, OCSP. Never for production.", no_args_is_help=True)

Folder: TypeAlias = Annotated[Path, typer.Argument(help="Folder of the development PKI; what is there is kept.")]
Services: TypeAlias = Annotated[
    str, typer.Option(help="Where `serve` will be reached; certificates name it. Empty: none.")
]


@app.command("make")
def make(
    folder: Folder,
    *,
    agency: Annotated[list[str] | None, typer.Option(help="An agency that needs a seal key (a100001); repeat.")] = None,
    node: Annotated[list[str] | None, typer.Option(help="A node that needs a link key; repeat.")] = None,
    hub_name: Annotated[
        list[str] | None, typer.Option(help="Host name or IP address of the hub; repeat. Loopback if left out.")
    ] = None,
    services: Services = DEFAULT_SERVICES,
    as_json: Json = False,
) -> None:
    """Make a development PKI, or add to one."""
    made = make_development_keys(
        folder,
        now=datetime.now(UTC),
        agencies=agency or (),
        nodes=node or (),
        hub_names=hub_name or ("localhost", "127.0.0.1", "::1"),
        services=services.rstrip("/"),
    )
    links = {name: str(made.link_certificate(name)) for name in ("hub", *(node or ()))}
    seals = {name: made.seal_address(name) for name in agency or ()}
    data = {"folder": str(made.folder), "anchor": str(made.root), "link": links, "seal": seals, "services": services}
    rows = [
        ("anchor", made.root),
        *((f"link {name}", path) for name, path in links.items()),
        *((f"seal {name}", address) for name, address in seals.items()),
    ]
    emit(data, table("Development PKI: never for production", ("what", "where"), rows), as_json=as_json)


@app.command("sign")
def sign(
    folder: Folder,
    request: Annotated[Path, typer.Argument(help="A certificate request (PKCS #10, PEM).")],
    *,
    agency: Annotated[str, typer.Option(help="The agency that the certificate is for (a100001).")],
    out: Annotated[Path, typer.Option(help="File for the certificate.")],
    days: Annotated[int, typer.Option(min=1, max=3650, help="How long it lasts.")] = 365,
    services: Services = DEFAULT_SERVICES,
    as_json: Json = False,
) -> None:
    """Issue a seal certificate for a request, as for a key in hardware."""
    keys = DevelopmentKeys(folder.absolute())
    if not keys.issuing_key.exists():
        raise CommandError(Exit.STATE, "no-development-pki", f"{folder} holds no development PKI: dev-pki make")
    authority = open_authority(keys, datetime.now(UTC), services.rstrip("/"))
    try:
        certificate = authority.issue_for(request.read_bytes(), agency, datetime.now(UTC), days=days)
    except ValueError as error:
        raise CommandError(Exit.NO, "request-refused", f"{request}: {error}") from None
    out.write_bytes(certificate)
    emit({"certificate": str(out)}, str(out), as_json=as_json)


@app.command("revoke")
def revoke(
    folder: Folder,
    certificate: Annotated[Path, typer.Argument(help="The certificate, PEM or DER.")],
    *,
    as_json: Json = False,
) -> None:
    """Revoke a certificate from now on; a running `serve` says so at once."""
    try:
        serial = serial_of(certificate.read_bytes())
    except ValueError:
        raise CommandError(Exit.NO, "certificate-refused", f"{certificate} is no certificate") from None
    since = RevokedFile(DevelopmentKeys(folder.absolute())).revoke(serial, utc_now())
    emit({"serial": f"{serial:x}", "since": since}, f"{serial:x} is revoked since {since.isoformat()}", as_json=as_json)


@app.command("serve")
def serve(
    folder: Folder, *, listen: Annotated[str, typer.Option(help="A loopback address, host:port.")] = DEFAULT_LISTEN
) -> None:
    """Serve /tsa, /ocsp, /issuing.crl, /root.crl. SIGTERM or Ctrl-C stops it."""
    logs.configure(LogSettings(format=LogFormat.CONSOLE))
    try:
        uvloop.run(until_signal(lambda stop: run_services(folder, listen, stop)))
    except NotLoopbackError as error:
        raise CommandError(Exit.USAGE, "not-loopback", str(error)) from None
