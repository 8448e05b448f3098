"""`lienthong node enrol`: an agency's first keys and certificates, for a one-time token of the operator."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from bus.cli.errors import CommandError
from bus.cli.exits import Exit
from bus.cli.output import Json, emit, table
from bus.net import anchors_in
from bus.node.enrolling import Asking, EnrolmentError, enrol
from config.secrets import read_secret
from signing.keys import thumbprint


def command(
    folder: Annotated[Path, typer.Argument(help="Folder for keys and certificates; may have been begun before.")],
    *,
    ca: Annotated[str, typer.Option(help="The authority's address, https://host:port.")],
    anchor: Annotated[Path, typer.Option(help="PEM file of the roots that you trust, got by a safe way.")],
    agency: Annotated[str, typer.Option(help="The agency, such as a100001.")],
    instance: Annotated[str, typer.Option(help="The installation, such as VN-test.")],
    token_file: Annotated[Path, typer.Option(help="File with the one-time token; readable by you alone.")],
    as_json: Json = False,
) -> None:
    """Make a seal key and a link key here, and get their first certificates. The operator registers them then."""
    if not ca.startswith("https://"):
        raise CommandError(Exit.USAGE, "address", "the authority is asked by https")
    token = read_secret(token_file).decode("ascii", "replace").strip()
    asking = Asking(ca.rstrip("/"), anchors_in([anchor]), instance, agency)
    try:
        made = asyncio.run(enrol(folder, asking, token))
    except EnrolmentError as error:
        code = Exit.UNREACHABLE if error.rule == "unreachable" else Exit.NO
        raise CommandError(code, f"enrolment-{error.rule}", str(error)) from error
    rows = [(name, thumbprint(der), folder / f"{name}.pem") for name, der in made.items()]
    data = {name: {"x5t": x5t, "file": str(file)} for name, x5t, file in rows}
    hint = "the operator registers both (lienthong ca export X5T); then name them in the node's settings"
    emit(data, table(f"First certificates of {agency}", ("use", "x5t", "file"), rows), hint, as_json=as_json)
