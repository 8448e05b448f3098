"""`lienthong keys api-key …`: the keys that an agency's systems show to their node."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from bus.cli.output import Json, emit, err, table
from config.apikeys import ApiKey, load_api_keys, new_api_key, revoke_api_key

app = typer.Typer(help="API keys of an agency's systems.", no_args_is_help=True)

KeyFile: TypeAlias = Annotated[Path, typer.Option("--file", help="The agency's API key file (digests only).")]


@app.command("new")
def new(
    *,
    file: KeyFile,
    system: Annotated[str, typer.Option(help="The system that will show the key.")],
    days: Annotated[int, typer.Option(min=1, max=3_650, help="How long it is taken, in days.")] = 365,
    note: Annotated[str, typer.Option(help="For people: who asked for it.")] = "",
    as_json: Json = False,
) -> None:
    """Make a key and show it, this once."""
    text, line = new_api_key(file, system=system, days=days, now=datetime.now(UTC), note=note)
    if not as_json:
        err().print("Keep it now: it is stored nowhere and cannot be shown again.")
    data = {"key": text, "id": line.id, "system": line.system, "expires_at": line.expires_at}
    emit(data, text, as_json=as_json)


@app.command("list")
def list_keys(*, file: KeyFile, as_json: Json = False) -> None:
    """List the keys of a file and their state."""
    list_lines(file, "api-key", as_json=as_json)


def list_lines(file: Path, use: str, *, as_json: bool) -> None:
    """List the lines of a file that are for this use."""
    now = datetime.now(UTC)
    keys = [key for key in load_api_keys(file) if key.use == use]
    data = [key.model_dump(mode="json", exclude={"sha256"}) | {"valid": key.valid(now)} for key in keys]
    rows = [(key.id, key.system, key.expires_at.date(), _state(key, now), key.note) for key in keys]
    emit(data, table(str(file), ("id", "system", "expires", "state", "note"), rows), as_json=as_json)


@app.command("revoke")
def revoke(
    key_id: Annotated[str, typer.Argument(help="The key's id, from `list`.")], *, file: KeyFile, as_json: Json = False
) -> None:
    """Refuse a key from now on; a running node follows within a second."""
    line = revoke_api_key(file, key_id, datetime.now(UTC))
    emit({"id": line.id, "revoked_at": line.revoked_at}, f"{line.id} is revoked", as_json=as_json)


def _state(key: ApiKey, now: datetime) -> str:
    if key.revoked_at is not None:
        return "revoked"
    return "valid" if key.valid(now) else "expired"
