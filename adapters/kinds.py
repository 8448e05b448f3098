"""The one place that names every kind of adapter. A new kind is one file and one line here."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from adapters.files import FilesAdapter, FilesSettings
from adapters.mapping import declare
from adapters.memory import MemoryAdapter, MemorySettings
from adapters.operation import Settings
from adapters.port import DeclarationError
from adapters.rest import RestAdapter, RestSettings
from adapters.soap import SoapAdapter, SoapSettings
from adapters.sql import SqlAdapter, SqlSettings
from adapters.surroundings import Surroundings, no_secrets, no_tls
from adapters.xroad_bridge import XRoadBridge
from adapters.xroad_bridge_settings import BridgeSettings

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Mapping

    from adapters.port import Adapter
    from adapters.surroundings import TlsFiles

S = TypeVar("S", bound=Settings)


@dataclass(frozen=True, slots=True)
class Kind(Generic[S]):
    """A kind: the model of its settings, and how to make one from them."""

    settings: type[S]
    make: Callable[[S, Surroundings], Adapter]

    def build(self, data: Mapping[str, object], surroundings: Surroundings, place: str) -> Adapter:
        """Check the settings and make the adapter; nothing is opened before its `start`."""
        return self.make(declare(self.settings, data, place), surroundings)


KINDS: Final[Mapping[str, Kind[Any]]] = {
    "files": Kind(FilesSettings, FilesAdapter),
    "memory": Kind(MemorySettings, MemoryAdapter),
    "rest": Kind(RestSettings, RestAdapter),
    "soap": Kind(SoapSettings, SoapAdapter),
    "sql": Kind(SqlSettings, SqlAdapter),
    "xroad-bridge": Kind(BridgeSettings, XRoadBridge),
}


def build(
    kind: str,
    settings: Mapping[str, object],
    secrets: Callable[[str], str] = no_secrets,
    *,
    folder: Path = Path(),
    tls: Callable[[TlsFiles], ssl.SSLContext] = no_tls,
    place: str = "settings",
) -> Adapter:
    """Make an adapter of a named kind, or raise `DeclarationError` with every mistake in its settings.

    Args:
        kind: one of `KINDS`.
        settings: the adapter's table as TOML gives it.
        secrets: reads a secret from a path named in the settings; called at `start`.
        folder: where relative paths in the settings (WSDL, SQLite file) begin.
        tls: makes a TLS context from the files named under `tls`.
        place: how mistakes name these settings, such as the file's name.
    """
    if kind not in KINDS:
        raise DeclarationError(f"{place}: no such kind of adapter; there are {', '.join(sorted(KINDS))}")
    return KINDS[kind].build(settings, Surroundings(secrets, folder, tls), place)
