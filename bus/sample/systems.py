"""Which system answers for which service, through which kind of adapter: the sample nation as a node must be told.

Promises: `settings_for` gives what stands in ``config/sample/adapters`` with addresses and paths of a running sample
filled in, ready for `adapters.kinds.build`. Leaves out starting servers (`bus.sample.serve`) and building data
(`bus.sample.store`).
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bus.sample.serve import PORTS, Kind
from bus.sample.store import BUSINESS_REGISTRY_KEY, CIVIL_STATUS_KEY, KEYS

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class System:
    """One service of the sample nation and the way to the system behind it.

    Attributes:
        service: the service's id in the sample registry.
        kind: the adapter kind.
        file: its settings, in ``config/sample/adapters``.
        server: which server it needs running; none for files and memory.
        secrets: names under which the settings ask for secrets; files of the same names in the data folder's
            ``secrets``.
    """

    service: str
    kind: str
    file: str
    server: Kind | None = None
    secrets: tuple[str, ...] = ()


SYSTEMS: Final = (
    System("a100001/population/person", "soap", "population.toml", "population"),
    System("a100001/population/xroad-person", "soap", "population-xroad.toml", "population"),
    System("a100002/civil-status/marriage", "rest", "civil-status-marriage.toml", "civil-status", (CIVIL_STATUS_KEY,)),
    System("a100002/civil-status/birth", "rest", "civil-status-birth.toml", "civil-status", (CIVIL_STATUS_KEY,)),
    System("a100003/social-insurance/member", "sql", "social-insurance.toml"),
    System(
        "a100004/business-registry/household-business",
        "rest",
        "business-registry.toml",
        "business-registry",
        (BUSINESS_REGISTRY_KEY,),
    ),
    System("a100006/tax/taxpayer", "memory", "tax.toml"),
    System("a100007/land/holding", "sql", "land.toml"),
)
_PATHS: Final[Mapping[Kind, str]] = {"population": "/dancu", "civil-status": "", "business-registry": ""}


def registry_folder() -> Path:
    """The authored registry of the sample nation."""
    return Path(str(files("config").joinpath("sample", "registry")))


def registry_files() -> dict[str, bytes]:
    """The same as the registry's loader wants it: path to content."""
    root = registry_folder()
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


def settings_for(system: System, data: Path, urls: Mapping[Kind, str] | None = None) -> dict[str, object]:
    """The adapter's settings for a sample that runs here.

    Args:
        system: one of `SYSTEMS`.
        data: the folder that `bus.sample.store.build` filled.
        urls: where each server listens, such as ``http://127.0.0.1:40001``; without it, the usual ports.
    """
    folder = Path(str(files("config").joinpath("sample", "adapters")))
    settings: dict[str, object] = tomllib.loads((folder / system.file).read_text(encoding="utf-8"))
    if system.server is not None:
        base = (urls or {}).get(system.server) or f"http://127.0.0.1:{PORTS[system.server]}"
        settings["address" if system.kind == "soap" else "base_url"] = base.rstrip("/") + _PATHS[system.server]
    if system.kind == "soap":
        settings["wsdl"] = str(folder / str(settings["wsdl"]))
    if system.kind == "sql":
        settings["file"] = str((data / str(settings["file"])).absolute())
    return settings


def secret_files(system: System, data: Path) -> dict[str, Path]:
    """The files behind the secret names of a system's settings."""
    return {name: data / KEYS / name for name in system.secrets}
