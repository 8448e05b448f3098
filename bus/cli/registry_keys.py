"""`lienthong registry change-keys`: hand a registry over from old keys to new ones, or only renew its root."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from bus.cli.output import Json, emit
from bus.registry.ceremony import change_keys
from bus.registry.keys import create_role_keys, load_role_keys
from bus.registry.layout import metadata_path


def change_keys_command(
    repository: Annotated[Path, typer.Argument(help="The signed repository.")],
    *,
    old: Annotated[Path, typer.Option("--old", help="Folder with enough of the present root keys.")],
    new: Annotated[
        Path, typer.Option("--new", help="Folder with the keys of every role from now on; the old one only renews.")
    ],
    make: Annotated[bool, typer.Option("--make", help="Make development keys in the new folder first.")] = False,
    as_json: Json = False,
) -> None:
    """Sign a new root with the old keys and the new, and everything below it with the new. Nodes follow by themselves.

    Writes root.json into the new folder: what a node that starts from now on is given.
    """
    hands = create_role_keys(new) if make else load_role_keys(new)
    version = change_keys(repository, load_role_keys(old), hands, now=datetime.now(UTC))
    root = repository / metadata_path("root", version)
    (new / "root.json").write_bytes(root.read_bytes())
    data = {"root_version": version, "root": str(new / "root.json")}
    emit(data, f"root version {version}; new nodes start from {new / 'root.json'}", as_json=as_json)
