"""`lienthong sign`: files in one signed container (ASiC-E), at the level that is asked for; or an older one renewed."""

import asyncio
from datetime import UTC, datetime
from mimetypes import guess_type
from pathlib import Path
from typing import Annotated

import typer

from bus.cli.errors import CommandError
from bus.cli.exits import Exit
from bus.cli.output import Json, emit, table
from bus.cli.signed import ders, level_named, whole
from bus.keystore import open_key
from bus.signatures import ServiceError, Services, lead_on
from signing import asice
from signing.packet import Level, Packet, StepError, reopen
from signing.xades_policy import SignatureTrust
from signing.xades_seal import File, SealRefusedError

Files = Annotated[list[Path] | None, typer.Argument(help="The files to sign; each under its own name.")]


def command(  # noqa: PLR0913 - one option each
    files: Files = None,
    *,
    out: Annotated[Path, typer.Option(help="The container to write (.asice); must not exist.")],
    key: Annotated[str, typer.Option(help="The signer's key: file:seal.key.pem?certificate=seal.pem")] = "",
    renew: Annotated[Path | None, typer.Option(help="A container to renew in place of files to sign.")] = None,
    level: Annotated[str, typer.Option(help="B, T, LT or LTA.")] = "LT",
    issuer: Annotated[list[Path] | None, typer.Option(help="PEM of the issuers above signer and authorities.")] = None,
    tsa: Annotated[list[str] | None, typer.Option(help="URL of a time-stamping authority; repeat.")] = None,
    ocsp: Annotated[list[str] | None, typer.Option(help="URL of an OCSP responder, in place of those named.")] = None,
    crl: Annotated[list[str] | None, typer.Option(help="URL of a CRL; repeat.")] = None,
    anchor: Annotated[list[Path] | None, typer.Option(help="PEM of the signers' roots; repeat.")] = None,
    tsa_anchor: Annotated[list[Path] | None, typer.Option(help="PEM of the authorities' roots; repeat.")] = None,
    as_json: Json = False,
) -> None:
    """Sign files, or renew what was signed: --renew X.asice adds an archive time-stamp."""
    if out.exists():
        raise CommandError(Exit.STATE, "exists", f"{out} is there already: name a new file")
    wanted = level_named("LTA" if renew else level)
    trust = SignatureTrust(ders(anchor), ders(tsa_anchor))
    if wanted > Level.B and not (trust.anchors and trust.time_stamp_anchors and tsa):
        raise CommandError(Exit.USAGE, "trust", "above level B name --tsa, --anchor and --tsa-anchor")
    issuers = (*ders(issuer), *trust.anchors, *trust.time_stamp_anchors)
    services = Services(tuple(tsa or ()), tuple(ocsp or ()), tuple(crl or ()), issuers)
    packet = _made(files or [], key, renew, ders(issuer))
    if wanted > Level.B:
        packet = _led_on(packet, wanted, services, trust)
    data = packet.container()
    with out.open("xb") as file:
        file.write(data)
    shown = {"file": out, "bytes": len(data), "level": f"B-{packet.level.name}", "files": list(packet.files)}
    rows = [*list(shown.items())[:3], ("files", ", ".join(packet.files))]
    hint = "judge it with trust of your own: lienthong verify CONTAINER --anchor ROOT.pem --tsa-anchor ROOT.pem"
    emit(shown, table("Signed container", ("what", "value"), rows), hint, as_json=as_json)


def _made(files: list[Path], key: str, renew: Path | None, issuers: tuple[bytes, ...]) -> Packet:
    """What is signed now, or was signed before."""
    if (renew is None) == (not files) or (renew is None) == (not key):
        raise CommandError(Exit.USAGE, "what", "name files and --key, or --renew alone")
    try:
        if renew is not None:
            return reopen(whole(renew))
        named = [File(one.name, whole(one), guess_type(one.name)[0] or "application/octet-stream") for one in files]
        return asice.seal(named, open_key(key), datetime.now(UTC), issuers=issuers)
    except (SealRefusedError, StepError) as error:
        raise CommandError(Exit.NO, "not-signed", str(error)) from error


def _led_on(packet: Packet, level: Level, services: Services, trust: SignatureTrust) -> Packet:
    try:
        return asyncio.run(lead_on(packet, level, services, trust))
    except ServiceError as error:
        raise CommandError(Exit.UNREACHABLE, "services", str(error)) from error
    except StepError as error:
        raise CommandError(Exit.NO, "not-signed", str(error)) from error
