"""`lienthong keys auditor …`: who may look into the ledger, and how far."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, TypeAlias

import typer
from pydantic import ValidationError

from bus.cli.errors import CommandError
from bus.cli.exits import Exit
from bus.cli.output import Json, emit, err, table
from config.auditors import Role, load_auditors, new_auditor, revoke_auditor

app = typer.Typer(help="Auditors and their keys.", no_args_is_help=True)

AuditorFile: TypeAlias = Annotated[Path, typer.Option("--file", help="The hub's file of auditors (digests only).")]


@app.command("new")
def new(
    name: Annotated[str, typer.Argument(help="The auditor's id; it stands in every look's record.")],
    *,
    file: AuditorFile,
    agency: Annotated[str, typer.Option(help="Whose auditor it is: an agency's id.")],
    scope: Annotated[str, typer.Option(help="nation, ministry:AGENCY (with all under it), or agency:AGENCY.")],
    role: Annotated[Role, typer.Option(help="auditor: records and reports; reports: reports only.")] = Role.AUDITOR,
    days: Annotated[int, typer.Option(min=1, max=3_650, help="How long the key is taken, in days.")] = 365,
    note: Annotated[str, typer.Option(help="For people: the decision that appoints.")] = "",
    as_json: Json = False,
) -> None:
    """Appoint an auditor and show the key, this once."""
    try:
        text, line = new_auditor(
            file, name=name, agency=agency, scope=scope, role=role, days=days, now=datetime.now(UTC), note=note
        )
    except ValidationError as error:
        wrong = ", ".join(str(one["loc"][0]) for one in error.errors())
        raise CommandError(Exit.USAGE, "auditor", f"not of its form: {wrong}") from error
    if not as_json:
        err().print("Keep it now: it is stored nowhere and cannot be shown again.")
    emit({"key": text, "id": line.id, "scope": line.scope, "expires_at": line.expires_at}, text, as_json=as_json)


@app.command("list")
def list_auditors(*, file: AuditorFile, as_json: Json = False) -> None:
    """List auditors, their scopes and their keys' state."""
    now = datetime.now(UTC)
    known = load_auditors(file)
    data = [one.model_dump(mode="json", exclude={"sha256"}) | {"valid": one.valid(now)} for one in known]
    rows = [
        (one.id, one.agency, one.role, one.scope, one.expires_at.date(), "valid" if one.valid(now) else "refused")
        for one in known
    ]
    emit(data, table(str(file), ("id", "agency", "role", "scope", "expires", "state"), rows), as_json=as_json)


@app.command("revoke")
def revoke(
    name: Annotated[str, typer.Argument(help="The auditor's id, from `list`.")],
    *,
    file: AuditorFile,
    as_json: Json = False,
) -> None:
    """Refuse an auditor's key from now on; a running search follows within a second."""
    line = revoke_auditor(file, name, datetime.now(UTC))
    emit({"id": line.id, "revoked_at": line.revoked_at}, f"{line.id} is refused from now on", as_json=as_json)
