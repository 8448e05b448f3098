"""Options that name one adapter, for the commands that check and develop it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated, NamedTuple, TypeAlias

import typer

from bus.cli.errors import CommandError
from bus.cli.exits import Exit
from bus.kit.check.target import Target, TargetError, of_file, of_node
from bus.registry.files import read_folder
from bus.registry.follow import Follower
from config.node import NodeSettings
from registry.snapshot import Snapshot
from registry.snapshot import compile as compile_registry

NodeOption: TypeAlias = Annotated[
    Path | None, typer.Option("--node", help="Settings of the node that has the adapter; with --service.")
]
ServiceOption: TypeAlias = Annotated[
    str | None, typer.Option("--service", help="The service that it answers for: AGENCY/SYSTEM/SERVICE.")
]
KindOption: TypeAlias = Annotated[str | None, typer.Option("--kind", help="The adapter's kind; with --file.")]
FileOption: TypeAlias = Annotated[Path | None, typer.Option("--file", help="The adapter's own TOML file.")]
SecretOption: TypeAlias = Annotated[
    list[str] | None, typer.Option("--secret", help="NAME=FILE of a secret that the file names; repeat.")
]
PluginOption: TypeAlias = Annotated[
    list[str] | None, typer.Option("--plugin", help="Package that brings the kind; with --file; repeat.")
]
RegistryOption: TypeAlias = Annotated[
    Path | None, typer.Option("--registry", help="Authored registry folder, to judge shapes; else the node's own.")
]


class Named(NamedTuple):
    """The options that name an adapter, as they were given."""

    node: Path | None
    service: str | None
    kind: str | None
    file: Path | None
    secrets: list[str] | None
    plugins: list[str] | None


def reader(named: Named) -> Callable[[], Target]:
    """What reads the adapter that these options name, each time anew.

    Raises:
        CommandError: they name none, or two.
    """
    node, service, kind, file, secrets, plugins = named
    if node is not None and not any((file, kind, secrets, plugins)):
        return partial(of_node, node, service)
    if node is None and file is not None and kind is not None:
        return partial(of_file, kind, file, _named(secrets), service, tuple(plugins or ()))
    raise CommandError(Exit.USAGE, "adapter", "name the adapter by --node and --service, or by --kind and --file")


def chosen(named: Named) -> Target:
    """The adapter that these options name.

    Raises:
        CommandError: they name none, or two, or what is no TOML file.
        ConfigError: the node's settings have mistakes.
    """
    try:
        return reader(named)()
    except TargetError as error:
        code = Exit.CONFIG if error.rule == "toml" else Exit.USAGE
        raise CommandError(code, error.rule, str(error)) from None


def _named(secrets: list[str] | None) -> dict[str, Path]:
    pairs = [text.partition("=") for text in secrets or ()]
    if any(not name or not path for name, _, path in pairs):
        raise CommandError(Exit.USAGE, "secret", "a secret is NAME=FILE")
    return {name: Path(path) for name, _, path in pairs}


def registry_of(folder: Path | None, node: NodeSettings | None) -> Snapshot | None:
    """The registry to judge by: an authored folder, else what the node trusts already, else none.

    Raises:
        FolderError, RegistryError: the folder cannot be read, or has mistakes.
        RegistryRefusedError: what the node trusts was altered or has expired.
    """
    if folder is not None:
        return compile_registry(read_folder(folder))
    if node is None or not node.registry.folder.is_dir() or not node.registry.trusted_root.is_file():
        return None
    return Follower(node.registry.folder, node.registry.trusted_root.read_bytes(), node.instance).load()
