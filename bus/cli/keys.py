"""`lienthong keys …`: a development PKI, and what a key or certificate is."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from bus.cli import api_keys, auditors, hardware
from bus.cli.errors import CommandError
from bus.cli.exits import Exit
from bus.cli.output import Json, emit, table
from bus.keystore import open_key
from bus.keystore.development import make_development_keys
from signing.chain import CertificateError, load_seal_certificate

app = typer.Typer(help="Keys: what a key is, keys in hardware, API keys, auditors.", no_args_is_help=True)
app.add_typer(api_keys.app, name="api-key")
app.add_typer(auditors.app, name="auditor")
app.add_typer(hardware.app, name="hardware")


@app.command("dev-pki")
def dev_pki(
    folder: Annotated[Path, typer.Argument(help="Folder for the development PKI; what is there is kept.")],
    *,
    agency: Annotated[list[str] | None, typer.Option(help="An agency that needs a seal key (a100001); repeat.")] = None,
    node: Annotated[list[str] | None, typer.Option(help="A node that needs a link key; repeat.")] = None,
    hub_name: Annotated[
        list[str] | None, typer.Option(help="Host name or IP address of the hub; repeat. Loopback if left out.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Make a development PKI, or add to one. Never for production."""
    made = make_development_keys(
        folder,
        now=datetime.now(UTC),
        agencies=agency or (),
        nodes=node or (),
        hub_names=hub_name or ("localhost", "127.0.0.1", "::1"),
    )
    links = {name: str(made.link_certificate(name)) for name in ("hub", *(node or ()))}
    seals = {name: made.seal_address(name) for name in agency or ()}
    data = {"folder": str(made.folder), "anchor": str(made.root), "link": links, "seal": seals}
    rows = [
        ("anchor", made.root),
        *((f"link {name}", path) for name, path in links.items()),
        *((f"seal {name}", address) for name, address in seals.items()),
    ]
    emit(data, table("Development PKI: never for production", ("what", "where"), rows), as_json=as_json)


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
