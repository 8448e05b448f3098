"""The one place that names every kind of adapter that comes with us. A new kind is one file and one line here.

Kinds from an agency's own package: `adapters.plugins`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from adapters.files import FilesAdapter, FilesSettings
from adapters.kind import Kind
from adapters.memory import MemoryAdapter, MemorySettings
from adapters.port import DeclarationError
from adapters.rest import RestAdapter, RestSettings
from adapters.soap import SoapAdapter, SoapSettings
from adapters.sql import SqlAdapter, SqlSettings
from adapters.surroundings import Surroundings, no_secrets, no_tls
from adapters.xroad_bridge import XRoadBridge
from adapters.xroad_bridge_settings import BridgeSettings
from adapters.xroad_rest import XRoadRestAdapter, XRoadRestSettings
from adapters.xroad_soap import XRoadSoapAdapter, XRoadSoapSettings

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Mapping

    from adapters.port import Adapter
    from adapters.surroundings import TlsFiles

KINDS: Final[Mapping[str, Kind[Any]]] = {
    "files": Kind(FilesSettings, FilesAdapter),
    "memory": Kind(MemorySettings, MemoryAdapter),
    "rest": Kind(RestSettings, RestAdapter),
    "soap": Kind(SoapSettings, SoapAdapter),
    "sql": Kind(SqlSettings, SqlAdapter),
    "xroad-bridge": Kind(BridgeSettings, XRoadBridge),
    "xroad-rest": Kind(XRoadRestSettings, XRoadRestAdapter),
    "xroad-soap": Kind(XRoadSoapSettings, XRoadSoapAdapter),
}


def build(
    kind: str,
    settings: Mapping[str, object],
    secrets: Callable[[str], str] = no_secrets,
    *,
    folder: Path = Path(),
    tls: Callable[[TlsFiles], ssl.SSLContext] = no_tls,
    place: str = "settings",
    development: bool = False,
    kinds: Mapping[str, Kind[Any]] = KINDS,
) -> Adapter:
    """Make an adapter of a named kind, or raise `DeclarationError` with every mistake in its settings.

    Args:
        kind: one of `kinds`.
        settings: the adapter's table as TOML gives it.
        secrets: reads a secret from a path named in the settings; called at `start`.
        folder: where relative paths in the settings (WSDL, SQLite file) begin.
        tls: makes a TLS context from the files named under `tls`.
        place: how mistakes name these settings, such as the file's name.
        development: whether settings may do what only development may, such as not verifying the other end.
        kinds: the kinds there are: `KINDS`, or `adapters.plugins.with_plugins` of an agency's own packages.
    """
    if kind not in kinds:
        raise DeclarationError(f"{place}: no such kind of adapter; there are {', '.join(sorted(kinds))}")
    return kinds[kind].build(settings, Surroundings(secrets, folder, tls, development), place)
