"""`lienthong registry …`: check an authored folder, sign it, look at what is signed."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, TypeAlias

import aiohttp
import typer

from bus.cli import profiles
from bus.cli.errors import CommandError
from bus.cli.exits import Exit
from bus.cli.output import Json, emit, table
from bus.cli.registry_keys import change_keys_command
from bus.registry import taking
from bus.registry.files import read_folder
from bus.registry.keys import create_role_keys, load_role_keys
from bus.registry.publish import check_against, create_repository, publish, refresh_timestamp
from bus.registry.summary import summarise
from config.secrets import read_secret
from registry.snapshot import Snapshot
from registry.snapshot import compile as compile_folder

app = typer.Typer(help="The registry: check an authored folder, sign it, look at it.", no_args_is_help=True)
app.add_typer(profiles.app, name="profiles")
app.command("change-keys")(change_keys_command)

Authored: TypeAlias = Annotated[Path, typer.Argument(help="The authored folder: TOML, JSON Schema, XSD, certificates.")]
Repository: TypeAlias = Annotated[Path, typer.Argument(help="The signed repository.")]
Keys: TypeAlias = Annotated[Path, typer.Option("--keys", help="Folder with the keys of the roles that sign.")]

ROOT_FILE = "root.json"


@app.command("check")
def check(
    folder: Authored,
    *,
    against: Annotated[
        Path | None, typer.Option(help="The signed repository: also tell what would break somebody's agreement.")
    ] = None,
    more: Annotated[
        list[Path] | None,
        typer.Option("--with", help="A folder with files that would be added, judged together; repeat."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Find every mistake of an authored folder. Signs nothing, writes nothing."""
    files = read_folder(folder)
    for added in map(read_folder, more or ()):
        files |= added
    if against is not None:
        check_against(files, against, now=datetime.now(UTC))
    counts = _counts(compile_folder(files))
    emit(
        {"mistakes": [], "counts": counts},
        table(f"{folder}: no mistakes", ("what", "how many"), counts.items()),
        as_json=as_json,
    )


@app.command("init")
def init(repository: Repository, *, keys: Keys, as_json: Json = False) -> None:
    """Begin a repository, and make development keys where the keys' folder has none.

    Writes root.json into the keys' folder: what each node is given, by a safe way, to start from.
    """
    signers = load_role_keys(keys)
    if not (signers.root or signers.online):
        signers = create_role_keys(keys)
    root = create_repository(repository, signers, now=datetime.now(UTC))
    (keys / ROOT_FILE).write_bytes(root)
    data = {"repository": str(repository), "keys": str(keys), "root": str(keys / ROOT_FILE)}
    emit(data, f"{repository} is ready; nodes start from {keys / ROOT_FILE}", as_json=as_json)


@app.command("publish")
def publish_folder(
    folder: Authored,
    *,
    repository: Annotated[Path, typer.Option("--repository", help="The signed repository.")],
    keys: Keys,
    as_json: Json = False,
) -> None:
    """Check, compile and sign an authored folder; only roles whose sections changed sign anew."""
    done = publish(read_folder(folder), repository, load_role_keys(keys), now=datetime.now(UTC))
    changed = ", ".join(sorted(done.changed)) or "nothing"
    emit(
        {"version": done.version, "changed": sorted(done.changed)},
        f"version {done.version}; changed: {changed}",
        as_json=as_json,
    )


@app.command("take")
def take_schemas(
    folder: Authored,
    subjects: Annotated[list[str] | None, typer.Argument(help="Only these subjects; all otherwise.")] = None,
    *,
    source: Annotated[str, typer.Option("--from", help="The registry of schemas: http(s)://host:port.")],
    user: Annotated[str, typer.Option(help="The key's name there.")],
    key_file: Annotated[Path, typer.Option(help="File with the key's secret.")],
    context: Annotated[str, typer.Option(help="Its governed context.")] = ".gov",
    as_json: Json = False,
) -> None:
    """Take governed schemas over into an authored folder; nothing there is written over. `publish` signs them."""
    auth = aiohttp.BasicAuth(user, read_secret(key_file).decode().strip())

    async def fetched() -> list[taking.Registered]:
        timeout = aiohttp.ClientTimeout(total=taking.TIMEOUT_S)
        async with aiohttp.ClientSession(auth=auth, timeout=timeout) as session:
            return await taking.Source(session, source, context).versions(frozenset(subjects or ()))

    try:
        taken = taking.take(asyncio.run(fetched()), folder)
    except (aiohttp.ClientError, TimeoutError, taking.RegistryAnswerError) as error:
        why = str(error) or type(error).__name__
        raise CommandError(Exit.UNREACHABLE, "schemas", f"the registry of schemas at {source}: {why}") from error
    rows = [(name, "taken") for name in taken.written] + [(ref, "is there") for ref in taken.held]
    rows += [(left.ref, f"left: {left.reason}") for left in taken.left]
    data = {"written": taken.written, "held": taken.held, "left": [left._asdict() for left in taken.left]}
    emit(data, table(f"{source} → {folder}", ("what", "became"), rows), as_json=as_json)
    if taken.left:
        raise typer.Exit(Exit.NO)


@app.command("timestamp")
def timestamp(repository: Repository, *, keys: Keys, as_json: Json = False) -> None:
    """Say again that the newest version is the newest. A running hub does this by itself."""
    version = refresh_timestamp(repository, load_role_keys(keys).online, now=datetime.now(UTC))
    emit({"version": version}, f"version {version} is fresh", as_json=as_json)


@app.command("show")
def show(repository: Repository, *, as_json: Json = False) -> None:
    """Show a repository's version, and how long each role's signature holds."""
    summary = summarise(repository)
    now = datetime.now(UTC)
    rows = [
        (state.role, state.version, state.signatures, f"{state.expires:%Y-%m-%d %H:%M} UTC", _left(state.expires - now))
        for state in summary.roles
    ]
    columns = ("role", "version", "signatures", "expires", "left")
    emit(summary, table(f"Registry version {summary.version}", columns, rows), as_json=as_json)


def _left(left: object) -> str:
    return str(left).partition(".")[0]


def _counts(snapshot: Snapshot) -> dict[str, int]:
    return {
        "agencies": len(snapshot.agencies()),
        "services": len(snapshot.services()),
        "terms": len(snapshot.terms()),
        "evidence": len(snapshot.evidence_types()),
        "agreements": len(snapshot.agreements()),
        "procedures": len(snapshot.procedures()),
        "forms": len(snapshot.forms()),
    }
