"""`lienthong schemas serve` and `schemas keys`: a registry of schemas by itself, and who may use one."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, TypeAlias

import typer
import uvloop
from pydantic import ValidationError

from bus import logs, net
from bus.app.schemas import GOVERNED, Schemas, SchemasParts
from bus.cli.errors import CommandError
from bus.cli.exits import Exit
from bus.cli.options import endpoint
from bus.cli.output import Json, emit, err, table
from bus.cli.signals import until_signal
from bus.clock import SteadyClock
from bus.keystore.pem import certificates_in
from bus.registration.pool import Limits
from config.parts import LogFormat, LogSettings
from config.registrants import Grant, Right, load_registrants, new_registrant, revoke_registrant

keys = typer.Typer(help="Keys of a registry of schemas, and what each may do.", no_args_is_help=True)
RegistrantFile: TypeAlias = Annotated[Path, typer.Option("--file", help="The registry's file of keys (digests only).")]


def serve(
    folder: Annotated[Path, typer.Argument(help="Folder of its tables and of registrants.toml.")],
    *,
    listen: Annotated[str, typer.Option(help="Where it listens, host:port.", callback=endpoint)] = "127.0.0.1:8081",
    operator: Annotated[str, typer.Option(help="The agency that runs it.")] = "a100000",
    governed: Annotated[str, typer.Option(help="The governed context.")] = GOVERNED,
    processes: Annotated[int, typer.Option(min=1, max=64, help="Comparisons at once.")] = 2,
    certificate: Annotated[Path | None, typer.Option(help="PEM file of its TLS certificate.")] = None,
    key: Annotated[Path | None, typer.Option(help="PEM file of the certificate's key.")] = None,
    client_anchor: Annotated[
        list[Path] | None, typer.Option(help="PEM file: root of certificates that clients may show.")
    ] = None,
) -> None:
    """Run a registry of schemas without a hub; changes stand in its own list alone. Ctrl-C stops it."""
    logs.configure(LogSettings(format=LogFormat.CONSOLE))
    tls = None
    if certificate is not None and key is not None:
        tls = net.face_context(certificate, key, net.anchors_in(client_anchor) if client_anchor else None)
    parts = SchemasParts(
        store_url=f"sqlite:///{folder.absolute() / 'schemas.sqlite3'}",
        registrants=folder / "registrants.toml",
        listen=listen,
        operator=operator,
        clock=SteadyClock(),
        governed=governed,
        limits=Limits(processes=processes),
        tls=tls,
    )
    uvloop.run(until_signal(lambda stop: _run(parts, stop)))


async def _run(parts: SchemasParts, stop: asyncio.Event) -> None:
    running = await Schemas.start(parts)
    try:
        err().print(f"Registry of schemas at {running.address}; Ctrl-C stops it.")
        await stop.wait()
    finally:
        await running.close()


@keys.command("new")
def new(
    name: Annotated[str, typer.Argument(help="The key's name: what clients show as user.")],
    *,
    file: RegistrantFile,
    agency: Annotated[str, typer.Option(help="Whose key it is: an agency's id.")],
    may: Annotated[
        list[str], typer.Option(help="RIGHTS@SUBJECTS: read,check,write,admin@PREFIX; `:.gov:` and `:*:` are prefixes.")
    ],
    certificate: Annotated[
        Path | None, typer.Option(help="PEM file: this certificate in place of a secret.", exists=True)
    ] = None,
    days: Annotated[int, typer.Option(min=1, max=3_650, help="How long it is taken, in days.")] = 365,
    note: Annotated[str, typer.Option(help="For people.")] = "",
    as_json: Json = False,
) -> None:
    """Make a key and show its secret, this once."""
    try:
        rights = [_grant(text) for text in may]
        text, line = new_registrant(
            file,
            name=name,
            agency=agency,
            rights=rights,
            days=days,
            now=datetime.now(UTC),
            note=note,
            certificate=net.thumbprint(certificates_in(certificate)[0]) if certificate is not None else None,
        )
    except (ValidationError, ValueError) as error:
        raise CommandError(
            Exit.USAGE, "registrant", "not of its form: RIGHTS@SUBJECTS, such as read,write@orders-"
        ) from error
    if text and not as_json:
        err().print("Keep it now: it is stored nowhere and cannot be shown again.")
    shown = text or f"certificate {line.certificate}"
    emit({"secret": text or None, "id": line.id, "expires_at": line.expires_at}, shown, as_json=as_json)


@keys.command("list")
def list_keys(*, file: RegistrantFile, as_json: Json = False) -> None:
    """List keys, their rights and state."""
    now = datetime.now(UTC)
    known = load_registrants(file)
    data = [one.model_dump(mode="json", exclude={"sha256"}) | {"valid": one.valid(now)} for one in known]
    rows = [
        (
            one.id,
            one.agency,
            "\n".join(f"{','.join(grant.may)}@{grant.subjects}" for grant in one.rights),
            one.expires_at.date(),
            "valid" if one.valid(now) else "refused",
        )
        for one in known
    ]
    emit(data, table(str(file), ("id", "agency", "may", "expires", "state"), rows), as_json=as_json)


@keys.command("revoke")
def revoke(
    name: Annotated[str, typer.Argument(help="The key's name, from `list`.")],
    *,
    file: RegistrantFile,
    as_json: Json = False,
) -> None:
    """Refuse a key from now on; a running registry follows within a second."""
    line = revoke_registrant(file, name, datetime.now(UTC))
    emit({"id": line.id, "revoked_at": line.revoked_at}, f"{line.id} is refused from now on", as_json=as_json)


def _grant(text: str) -> Grant:
    rights, _, subjects = text.partition("@")
    return Grant(subjects=subjects, may=tuple(Right(right) for right in rights.split(",")))
