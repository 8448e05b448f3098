"""What is checked: one adapter as a node would build it, and where its system is.

Promises: built by the same code, secrets and trust as a node's; nothing is opened before `opened`. An address is
found in the kind's own settings: whichever setting of the top level is a URL, or an SQL adapter's host.
Leaves out: adapters whose kind hides where it connects to; their connection cannot be led through the relay.
"""

from __future__ import annotations

import ssl
import tomllib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

from adapters import watching
from adapters.kind import Kind
from adapters.kinds import KINDS, build
from adapters.mapping import declare
from adapters.operation import Settings
from adapters.plugins import with_plugins
from adapters.port import Adapter, DeclarationError
from adapters.surroundings import TlsFiles
from bus import net
from config.load import load
from config.node import AdapterSettings, NodeSettings
from config.secrets import read_secret

_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})


class TargetError(Exception):
    """There is no such adapter to check; `rule` says why, `file` where where a file is to blame."""

    def __init__(self, rule: str, sentence: str, file: Path | None = None) -> None:
        self.rule = rule
        self.file = file
        super().__init__(sentence)


class Endpoint(NamedTuple):
    """Where the system is: `speaks` is "http", "https" or "postgresql"; `setting` names it in the adapter's file."""

    speaks: str
    host: str
    port: int
    setting: str

    @property
    def is_here(self) -> bool:
        """Whether the way to it stays on this machine."""
        return self.host in LOOPBACK or self.host.startswith("127.")


@dataclass(frozen=True)
class Target:
    """One adapter to check."""

    kind: str
    table: Mapping[str, object] = field(repr=False)
    folder: Path
    secrets: Mapping[str, Path]
    place: str
    service: str | None = None
    file: Path | None = None
    """None where a node's settings hold the table themselves."""
    plugins: tuple[str, ...] = ()
    """Packages that bring kinds of adapter, as a node's `plugins` names them."""
    node: NodeSettings | None = field(default=None, repr=False)

    @property
    def kinds(self) -> Mapping[str, Kind[Any]]:
        """Our own kinds and the plug-ins'."""
        return with_plugins(KINDS, self.plugins)

    @property
    def settings(self) -> Settings | None:
        """The kind's settings, checked; None for a kind that nobody brings."""
        kind = self.kinds.get(self.kind)
        return None if kind is None else declare(kind.settings, self.table, self.place)

    @property
    def endpoint(self) -> Endpoint | None:
        """Where the system is; None for files and memory."""
        if isinstance(self.table.get("host"), str):
            port = self.table.get("port", 5432)
            return Endpoint("postgresql", str(self.table["host"]), port if isinstance(port, int) else 5432, "host")
        for name, value in self.table.items():
            parts = urlsplit(value) if isinstance(value, str) else urlsplit("")
            if parts.scheme in _DEFAULT_PORTS and parts.hostname:
                return Endpoint(parts.scheme, parts.hostname, parts.port or _DEFAULT_PORTS[parts.scheme], name)
        return None

    @property
    def tls_files(self) -> TlsFiles:
        """The files that TLS towards the system uses."""
        given = self.table.get("tls")
        files = TlsFiles.model_validate(given) if isinstance(given, Mapping) else TlsFiles()
        if isinstance(ca_file := self.table.get("ca_file"), str):
            files = TlsFiles(ca_file=str(self.folder / ca_file))
        return files

    def build(self, **changed: object) -> Adapter:
        """The adapter, not started; `changed` settings stand in place of the file's.

        Raises:
            DeclarationError: every mistake in its settings.
        """
        return build(
            self.kind,
            {**self.table, **changed},
            self._secret,
            folder=self.folder,
            tls=_tls,
            place=self.place,
            development=True,  # what only development may do is judged here, not refused
            kinds=self.kinds,
        )

    def _secret(self, name: str) -> str:
        if name not in self.secrets:
            raise DeclarationError(f"no file was given for the secret {name}")
        return read_secret(self.secrets[name]).decode()

    @asynccontextmanager
    async def opened(self, way: watching.Detour | None = None, **changed: object) -> AsyncIterator[Adapter]:
        """The adapter, started; its connections go by `way`."""
        adapter = self.build(**changed)
        try:
            with watching.led_through(way):
                await adapter.start()
            yield adapter
        finally:
            await adapter.close()


def _tls(files: TlsFiles) -> ssl.SSLContext:
    return net.system_context(files.ca_file, files.certificate_file, files.key_file, verify=files.verify)


def of_file(
    kind: str, file: Path, secrets: Mapping[str, Path], service: str | None, plugins: tuple[str, ...] = ()
) -> Target:
    """An adapter by its own file.

    Raises:
        OSError: the file cannot be read.
        TargetError: it is no TOML.
    """
    return Target(kind, _table(file), file.parent, secrets, str(file), service, file, plugins)


def of_node(file: Path, service: str | None) -> Target:
    """An adapter as a node's settings name it.

    Raises:
        ConfigError: the settings have mistakes.
        TargetError: they name no adapter for the service, or several and none was chosen.
    """
    node = load(file, NodeSettings).settings
    chosen = [one for one in node.adapters if service is None or one.service == service]
    if len(chosen) != 1:
        named = ", ".join(one.service for one in node.adapters) or "none"
        raise TargetError("service", f"say which adapter by --service; {file} has {named}")
    return _of_settings(chosen[0], node)


def _of_settings(one: AdapterSettings, node: NodeSettings) -> Target:
    file = one.file
    return Target(
        one.kind,
        one.settings if file is None else _table(file),
        Path() if file is None else file.parent,
        one.secrets,
        one.service if file is None else str(file),
        service=one.service,
        file=file,
        plugins=node.plugins,
        node=node,
    )


def _table(file: Path) -> dict[str, object]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        # tomllib quotes no value: it names line and column
        raise TargetError("toml", f"{file}: {error}", file) from None
