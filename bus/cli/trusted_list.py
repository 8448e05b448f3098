"""`lienthong keys trusted-list …`: whom evidence rests on, as a list that EU tools read (ETSI TS 119 612)."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Final, TypeAlias

import typer

from bus.cli.errors import CommandError
from bus.cli.exits import Exit
from bus.cli.output import Json, emit, table
from bus.keystore import open_key
from bus.keystore.pem import certificates_in
from signing.chain import parsed
from signing.keys import Algorithm
from signing.trustlist import Names, Scheme, Service, ServiceKind, TrustListError, begin
from signing.trustlist_check import check

app = typer.Typer(help="The trusted list of this installation's trust services; docs/keys.md.", no_args_is_help=True)

MAX_BYTES: Final = 1024 * 1024
Certificates: TypeAlias = list[Path] | None
_TITLES: Final = {
    ServiceKind.CA: Names(vi="Cấp chứng thư số", en="Certificate authority"),
    ServiceKind.TSA: Names(vi="Cấp dấu thời gian", en="Time-stamping authority"),
    ServiceKind.OCSP: Names(vi="Kiểm tra trạng thái chứng thư", en="OCSP responder"),
}


@app.command("export")
def export(  # noqa: PLR0913 - one option each, as the command line has them
    *,
    key: Annotated[str, typer.Option(help="Key address of the list's signer; readers pin its certificate.")],
    out: Annotated[Path, typer.Option(help="File for the list, XML.")],
    ca: Annotated[Certificates, typer.Option(help="PEM file of an issuing authority; repeat.")] = None,
    tsa: Annotated[Certificates, typer.Option(help="PEM file of a time-stamping authority; repeat.")] = None,
    ocsp: Annotated[Certificates, typer.Option(help="PEM file of an OCSP responder; repeat.")] = None,
    operator: Annotated[str, typer.Option(help="The operator's name, in English.")],
    operator_vi: Annotated[str, typer.Option(help="And in Vietnamese.")],
    street: Annotated[str, typer.Option(help="The operator's address: street and number.")],
    locality: Annotated[str, typer.Option(help="And town.")],
    email: Annotated[str, typer.Option(help="Where people ask about the list.")],
    page: Annotated[str, typer.Option(help="The https address of a page about it.")],
    sequence: Annotated[int, typer.Option(min=1, help="The list's number, one more than the last one's.")] = 1,
    days: Annotated[int, typer.Option(min=1, max=3650, help="When the next list is due at the latest.")] = 180,
    as_json: Json = False,
) -> None:
    """Make a list of the services that these certificates name (the first of each file), and sign it."""
    scheme = Scheme(
        operator=Names(vi=operator_vi, en=operator),
        name=Names(vi=f"Danh sách tin cậy: {operator_vi}", en=f"Trusted list: {operator}"),
        street=street,
        locality=locality,
        email=email,
        page=page,
    )
    kinds = ((ServiceKind.CA, ca), (ServiceKind.TSA, tsa), (ServiceKind.OCSP, ocsp))
    services = [_service(kind, path) for kind, paths in kinds for path in paths or ()]
    now = datetime.now(UTC).replace(microsecond=0)
    signer = open_key(key)
    try:
        pending = begin(
            scheme,
            services,
            signer.certificate,
            now,
            sequence=sequence,
            lifetime=timedelta(days=days),
            pss=signer.alg is Algorithm.PS256,
        )
    except TrustListError as error:
        raise CommandError(Exit.NO, "trusted-list", str(error)) from None
    out.write_bytes(pending.complete(signer.sign(pending.to_sign)))
    data = {"file": str(out), "sequence": sequence, "services": len(services), "signer": signer.x5t}
    emit(data, f"{out}: {len(services)} services, signed by {signer.x5t}", as_json=as_json)


@app.command("check")
def check_list(
    file: Annotated[Path, typer.Argument(help="The list.")],
    *,
    signer: Annotated[Path, typer.Option(help="PEM file of the certificates that may have signed it.")],
    as_json: Json = False,
) -> None:
    """Judge a list that we issued, now: 0 yes, 1 no."""
    with file.open("rb") as opened:
        told = check(opened.read(MAX_BYTES + 1), tuple(certificates_in(signer)), datetime.now(UTC))
    services = [(one.kind.name, one.name.en, one.since.isoformat()) for one in told.services]
    data = {
        "passed": told.verdict.passed,
        "reason": told.verdict.reason,
        "step": told.verdict.step,
        "sequence": told.sequence,
        "until": told.until,
        "services": services,
    }
    said = "the list holds" if told.verdict.passed else f"{told.verdict.reason} at step {told.verdict.step}"
    emit(data, said, table("Services", ("kind", "name", "since"), services), as_json=as_json)
    if not told.verdict.passed:
        raise typer.Exit(Exit.NO)


def _service(kind: ServiceKind, path: Path) -> Service:
    der = certificates_in(path)[0]
    return Service(kind, _TITLES[kind], der, parsed(der).not_valid_before_utc)
