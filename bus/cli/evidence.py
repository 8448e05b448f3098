"""`lienthong node evidence export`: one exchange as a file that a stranger can judge without a server."""

import asyncio
from pathlib import Path
from typing import Annotated, Final, TypeAlias

import typer

from bus.app.evidence import EvidencePlace, log_of, place_in_state, place_of_node
from bus.cli.errors import CommandError
from bus.cli.exits import Exit
from bus.cli.output import Json, emit, table
from bus.clock import SteadyClock
from bus.node.archive import SqlArchive
from bus.node.export import Exported, export
from bus.node.gather import NothingKeptError
from signing.words import ANSWERS

app = typer.Typer(help="Evidence of exchanges, for disputes.", no_args_is_help=True)

Config: TypeAlias = Annotated[Path | None, typer.Option("--config", help="The node's settings (TOML).")]
State: TypeAlias = Annotated[Path | None, typer.Option("--state", help="Or an embedded bus's state folder.")]
Agency: TypeAlias = Annotated[str, typer.Option("--agency", help="Whose; may be left out where there is one.")]
_NOT_REACHED: Final = "ledger-proof"


@app.callback()
def evidence() -> None:
    """Evidence of exchanges, for disputes."""


def place_of(config: Path | None, state: Path | None, agency: str) -> EvidencePlace:
    """Which archive is meant: by settings or by a state folder."""
    if (config is None) == (state is None):
        raise CommandError(Exit.USAGE, "place", "name either --config or --state")
    return place_of_node(config, agency) if config else place_in_state(state or Path(), agency)


@app.command("export")
def export_command(
    *,
    exchange: Annotated[str, typer.Option(help="The exchange's number, as an answer or a dossier's line names it.")],
    out: Annotated[Path, typer.Option(help="The ZIP to write; must not exist.")],
    config: Config = None,
    state: State = None,
    agency: Agency = "",
    log_key: Annotated[str, typer.Option(help="The ledger's public key (vkey), to be named in the bundle.")] = "",
    as_json: Json = False,
) -> None:
    """Write the dispute bundle of one exchange: question, reply, seals, receipt, proofs, registry, verdict."""
    place = place_of(config, state, agency)
    if out.exists():
        raise CommandError(Exit.STATE, "exists", f"{out} is there already: name a new file")
    try:
        made = asyncio.run(_exported(place, exchange, log_key))
    except NothingKeptError as error:
        raise CommandError(Exit.NO, "nothing-kept", str(error)) from error
    out.parent.mkdir(parents=True, exist_ok=True)
    with out.open("xb") as file:
        out.chmod(0o600)  # the bodies are in it
        file.write(made.data)
    data = {"file": out, "bytes": len(made.data), "status": made.status.value, "missing": made.missing}
    said = ANSWERS[made.status]
    rows = [
        ("file", f"{out} ({len(made.data):,} bytes)"),
        ("by its own word", f"{said['vi']} / {said['en']}"),
        ("missing", ", ".join(made.missing) or "nothing"),
    ]
    emit(data, table(f"Exchange {exchange}", ("what", "value"), rows), _hint(made), as_json=as_json)


async def _exported(place: EvidencePlace, exchange: str, log_key: str) -> Exported:
    archive = await SqlArchive.open(place.archive, place.key, SteadyClock())
    try:
        async with log_of(place) as log:
            return await export(archive, exchange, place.registry, log, log_key or None)
    finally:
        await archive.close()


def _hint(made: Exported) -> str:
    if _NOT_REACHED in made.missing:
        return "no proof from the ledger: it was not reached, or has not published the records yet; export again later"
    return "check it with trust of your own: lienthong-check BUNDLE --registry-root ROOT.json --log-key VKEY"
