"""`lienthong keys oauth-client …`: OAuth2 clients of an agency's systems, for those that can do nothing else."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from bus.cli.api_keys import KeyFile, list_lines, revoke
from bus.cli.output import Json, emit, err
from config.apikeys import new_oauth_client

app = typer.Typer(help="OAuth2 clients of an agency's systems.", no_args_is_help=True)
app.command("revoke")(revoke)


@app.command("new")
def new(
    *,
    file: KeyFile,
    system: Annotated[str, typer.Option(help="The system that will show the tokens.")],
    days: Annotated[int, typer.Option(min=1, max=3_650, help="How long the client is taken, in days.")] = 365,
    note: Annotated[str, typer.Option(help="For people: who asked for it.")] = "",
    as_json: Json = False,
) -> None:
    """Make a client and show its id and secret, this once; tokens come from POST /oauth2/token of the node."""
    secret, line = new_oauth_client(file, system=system, days=days, now=datetime.now(UTC), note=note)
    if not as_json:
        err().print("Keep the secret now: it is stored nowhere and cannot be shown again.")
    data = {"client_id": line.id, "client_secret": secret, "system": line.system, "expires_at": line.expires_at}
    emit(data, f"client_id={line.id}\nclient_secret={secret}", as_json=as_json)


@app.command("list")
def list_clients(*, file: KeyFile, as_json: Json = False) -> None:
    """List the clients of a file and their state."""
    list_lines(file, "oauth-client", as_json=as_json)
