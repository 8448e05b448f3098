"""`lienthong verify`: judge a signed file step by step, and write out the very bytes that were verified."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from bus.cli.errors import CommandError
from bus.cli.exits import Exit
from bus.cli.options import Language, Tongue
from bus.cli.output import Json, emit, table
from bus.cli.signed import ders, level_named, whole
from schemas.text import moment_ms
from signing import asice_zip, signed_files, words
from signing.examine import Finding, overall
from signing.signed_files import Reader
from signing.verdict import Status
from signing.words import ANSWERS, STATUSES, about, reason
from signing.xades_policy import Demands, SignatureTrust


def command(  # noqa: PLR0913 - one option each
    file: Annotated[Path, typer.Argument(help="A container (.asice), a signature file, a time-stamp.")],
    *,
    anchor: Annotated[list[Path] | None, typer.Option(help="PEM of the signers' roots that you trust; repeat.")] = None,
    tsa_anchor: Annotated[
        list[Path] | None, typer.Option(help="PEM of the time-stamping authorities' roots that you trust; repeat.")
    ] = None,
    intermediate: Annotated[list[Path] | None, typer.Option(help="PEM of certificates in between; repeat.")] = None,
    data: Annotated[list[Path] | None, typer.Option(help="What a signature that stands apart is over; repeat.")] = None,
    level: Annotated[str, typer.Option(help="The least level: B, T, LT or LTA.")] = "LT",
    at: Annotated[str, typer.Option(help="The moment of the judgement; now if left out.")] = "",
    out: Annotated[Path | None, typer.Option(help="A new folder for the verified files.")] = None,
    language: Language = Tongue.EN,
    as_json: Json = False,
) -> None:
    """Say whether a signature holds: yes, no, or cannot tell; everything but a yes ends with exit code 1."""
    if out is not None and out.exists():
        raise CommandError(Exit.STATE, "exists", f"{out} is there already: name a new folder")
    reader = Reader(
        SignatureTrust(ders(anchor), ders(tsa_anchor), ders(intermediate)),
        datetime.fromtimestamp(moment_ms(at) / 1000, UTC) if at else datetime.now(UTC),
        Demands(least=level_named(level)),
        {one.name: whole(one) for one in data or ()},
    )
    findings, files = _judged(whole(file), reader)
    status = overall(findings)
    if status is Status.PASSED and out is not None:
        for name, held in files.items():
            place = out / name  # a name that was taken leads nowhere else: signing.asice_zip
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(held)
    _show(file, findings, status, "vi" if language is Tongue.VI else "en", as_json=as_json)
    if status is not Status.PASSED:
        raise typer.Exit(Exit.NO)


def _judged(file: bytes, reader: Reader) -> tuple[list[Finding], dict[str, bytes]]:
    if asice_zip.looks_like(file):
        checked = signed_files.judge_container(file, reader)
        return checked.findings, dict(checked.files)
    findings = signed_files.judge(file, reader)
    if findings is None:
        raise CommandError(Exit.NO, "no-signature", "neither a container, nor a signature, nor a time-stamp")
    return findings, {}


def _show(file: Path, findings: list[Finding], status: Status, tongue: words.Language, *, as_json: bool) -> None:
    said = ANSWERS[status][tongue]
    rows = [
        (one.step, STATUSES[one.verdict.status][tongue], about(one, tongue), reason(one, tongue)) for one in findings
    ]
    listed = [
        {"step": one.step, "about": one.about, "status": one.verdict.status.value, "reason": one.verdict.reason}
        for one in findings
    ]
    shown = table(str(file), ("step", "", "what", "why not"), rows)
    emit({"file": file, "status": status.value, "findings": listed}, shown, said, as_json=as_json)
