"""Is a settings file, and all that it names, fit to run? Files, secrets and space here; the rest in its own files."""

import os
import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from bus.doctor import xroad
from bus.doctor.certificates import certificates
from bus.doctor.finding import Finding, Health
from bus.doctor.lists import signed_lists
from bus.doctor.stores import stores
from config.explain import Located, located
from config.hub import HubSettings
from config.load import KINDS, kind_of, load
from config.mistakes import ConfigError
from config.node import NodeSettings
from config.secrets import SecretError, read_secret

MIN_FREE_BYTES = 1 << 30


def look_at(file: Path, now: datetime) -> Iterator[Finding]:
    """One finding for each thing that the file sets or names."""
    try:
        settings = load(file, KINDS[kind_of(file)]).settings
    except ConfigError as error:
        mend = f"lienthong explain-config {file}"
        yield from (Finding("settings", Health.BAD, str(mistake), mend) for mistake in error.mistakes)
        return
    except OSError as error:
        yield Finding("settings", Health.BAD, f"{file}: {error.strerror}", "name a file that can be read")
        return
    yield Finding("settings", Health.GOOD, f"{file}: {type(settings).__name__}")
    values = located(settings)
    yield from _folders(values)
    yield from _secrets(values)
    if isinstance(settings, HubSettings | NodeSettings):
        yield from certificates(settings, values, now)
        yield from stores(settings, now)
        yield from signed_lists(settings, now)
    if isinstance(settings, NodeSettings):
        yield from xroad.face(settings)


def _folders(values: tuple[Located, ...]) -> Iterator[Finding]:
    for item in values:
        if item.name.rsplit(".", 1)[-1] == "state_folder":
            yield _folder(item.name, Path(str(item.value)))


def _folder(name: str, folder: Path) -> Finding:
    there = next(path for path in (folder, *folder.parents) if path.exists())
    if not (there.is_dir() and os.access(there, os.W_OK | os.X_OK)):
        return Finding(name, Health.BAD, f"{there} cannot be written to", "give the folder to this user")
    free = shutil.disk_usage(there).free
    text = f"{folder}: {free >> 30} GiB free"
    if free < MIN_FREE_BYTES:
        return Finding(name, Health.WARNING, text, "a full disk stops the ledger, and so the hub")
    return Finding(name, Health.GOOD, text)


def _secrets(values: tuple[Located, ...]) -> Iterator[Finding]:
    for item in values:
        if item.secret and item.value is not None:
            try:
                read_secret(Path(str(item.value)))
            except SecretError as error:
                yield Finding(item.name, Health.BAD, str(error), "put the file there, owned by this user, mode 600")
            else:
                yield Finding(item.name, Health.GOOD, f"{item.value} can be read, by this user alone")
