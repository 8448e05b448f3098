"""`lienthong keys hardware …`: seal keys in a token (PKCS #11): made there, certified, followed by the next."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, TypeAlias

import msgspec
import typer

from bus.cli.output import Json, emit, err, table
from bus.keystore import hardware
from bus.keystore.pkcs11 import read_certificate
from schemas.words import AgencyId

app = typer.Typer(help="Seal keys in hardware (PKCS #11); docs/keys.md.", no_args_is_help=True)

TokenAddress: TypeAlias = Annotated[str, typer.Argument(help="pkcs11:token=T?module-path=M&pin-source=file:PIN")]
KeyAt: TypeAlias = Annotated[str, typer.Argument(help="pkcs11:token=T;object=KEY?module-path=M&pin-source=file:PIN")]
Agency: TypeAlias = Annotated[str, typer.Option(help="The agency id that the certificate is for (a100001).")]
Out: TypeAlias = Annotated[Path | None, typer.Option(help="File for the request; else it is printed.")]


@app.command("init")
def init(
    address: KeyAt,
    *,
    rsa: Annotated[int, typer.Option(help="RSA of 3072 or 4096 bits; P-256 if left out.")] = 0,
    p384: Annotated[bool, typer.Option("--p384", help="P-384 in place of P-256.")] = False,
    as_json: Json = False,
) -> None:
    """Make a key pair in the token, under the address' label. It never leaves."""
    made = hardware.make(address, bits=rsa or (hardware.P384 if p384 else 0))
    emit({"address": made}, made, as_json=as_json)


@app.command("list")
def list_keys(address: TokenAddress, *, as_json: Json = False) -> None:
    """List the token's signing keys, their certificates and how long those last."""
    now = datetime.now(UTC)
    keys = hardware.listed(address)
    rows = [(one.label, one.kind, one.x5t or "none", _left(one.not_after, now), _flaw(one)) for one in keys]
    columns = ("label", "kind", "certificate", "days left", "")
    emit([_row(one) for one in keys], table("Signing keys", columns, rows), as_json=as_json)


@app.command("csr")
def csr(address: KeyAt, *, agency: Agency, out: Out = None, as_json: Json = False) -> None:
    """Ask for a certificate: a PKCS #10 request, signed by the key."""
    _give(address, hardware.request(address, _agency(agency)), out, as_json=as_json)


@app.command("import")
def import_certificate(
    address: KeyAt,
    certificate: Annotated[Path, typer.Argument(help="The issued certificate, PEM or DER.")],
    *,
    as_json: Json = False,
) -> None:
    """Put a certificate into the token, beside the key that it certifies."""
    x5t = hardware.keep(address, read_certificate(certificate))
    emit({"address": address, "x5t": x5t}, x5t, as_json=as_json)


@app.command("rotate")
def rotate(address: KeyAt, *, agency: Agency, out: Out = None, as_json: Json = False) -> None:
    """Make the next key beside this one, and a request for it; the old one stays in use until another is named."""
    made, request = hardware.rotate(address, _agency(agency), today=datetime.now(UTC).date().isoformat())
    _give(made, request, out, as_json=as_json)


def _give(address: str, request: bytes, out: Path | None, *, as_json: bool) -> None:
    text = request.decode("ascii")
    if out is not None:
        out.write_bytes(request)
    data = {"address": address, "request": str(out) if out is not None else text}
    if not as_json:
        err().print(address, soft_wrap=True, markup=False)
    emit(data, str(out) if out is not None else text.rstrip(), as_json=as_json)


def _agency(text: str) -> str:
    try:
        return msgspec.convert(text, AgencyId)
    except msgspec.ValidationError:
        raise typer.BadParameter("an agency id, such as a100001") from None


def _row(one: hardware.Listed) -> dict[str, object]:
    return {
        "address": one.address,
        "label": one.label,
        "kind": one.kind,
        "extractable": one.extractable,
        "x5t": one.x5t or None,
        "not_after": None if one.not_after is None else one.not_after.isoformat(),
    }


def _left(not_after: datetime | None, now: datetime) -> str:
    return "" if not_after is None else str((not_after - now).days)


def _flaw(one: hardware.Listed) -> str:
    return "the token would give it away" if one.extractable else ""
