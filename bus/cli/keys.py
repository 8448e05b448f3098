"""`lienthong keys …`: what a key or certificate is, keys in hardware, API keys, OAuth2 clients."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from bus import logs
from bus.cli import api_keys, auditors, dev_pki, hardware, oauth_clients, second_seal, trusted_list
from bus.cli.errors import CommandError
from bus.cli.exits import Exit
from bus.cli.output import Json, emit, table
from bus.keystore import open_key
from config.parts import LogFormat, LogLevel, LogSettings
from signing.chain import CertificateError, load_seal_certificate

app = typer.Typer(help="Keys: what a key is, keys in hardware, API keys, auditors.", no_args_is_help=True)
app.add_typer(api_keys.app, name="api-key")
app.add_typer(oauth_clients.app, name="oauth-client")
app.add_typer(auditors.app, name="auditor")
app.add_typer(hardware.app, name="hardware")
app.add_typer(trusted_list.app, name="trusted-list")
app.command("second-seal")(second_seal.second_seal)
app.command("dev-pki", help="The same as `lienthong dev-pki make`.")(dev_pki.make)


@app.callback()
def quiet() -> None:
    """Keep what is logged off standard output."""
    logs.configure(LogSettings(format=LogFormat.CONSOLE, level=LogLevel.ERROR))


@app.command("show")
def show(
    address: Annotated[str, typer.Argument(help="A key address: file:seal.key.pem?certificate=seal.pem")],
    *,
    as_json: Json = False,
) -> None:
    """Say what a seal key is: algorithm, thumbprint, validity. Never the key."""
    signer = open_key(address)
    try:
        certificate = load_seal_certificate(signer.certificate, alg=signer.alg)
    except CertificateError as error:
        raise CommandError(Exit.SECRET, "certificate-refused", str(error)) from None
    data = {
        "alg": certificate.alg,
        "x5t": certificate.x5t,
        "not_before": _moment(certificate.not_before_ms),
        "not_after": _moment(certificate.not_after_ms),
    }
    emit(data, table("Seal key", ("what", "value"), data.items()), as_json=as_json)


def _moment(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="seconds")
