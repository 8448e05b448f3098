"""The shipped profiles as package data, and a copy of some into an authored folder.

Promises that nothing of the folder is overwritten and that with a conflict nothing is written at all. Leaves out what
the files mean (``registry.profiles``).
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files as package_files
from typing import TYPE_CHECKING

from bus.registry.files import read_folder
from registry.profiles.copying import Plan, plan
from registry.profiles.load import load

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from importlib.resources.abc import Traversable
    from pathlib import Path

    from registry.profiles.model import Profile, Profiles


def shipped_files() -> dict[str, bytes]:
    """Every file of the shipped profiles by its path inside their folder, "/" between the parts."""
    return dict(sorted(_below(package_files("schemas") / "profiles", "")))


@cache
def shipped() -> Profiles:
    """The shipped profiles, read once per process."""
    return load(shipped_files())


def copy_profiles(chosen: Iterable[Profile], folder: Path) -> Plan:
    """Add profiles to an authored folder, which is made where there is none; see ``registry.profiles.copying``.

    Raises:
        bus.registry.files.FolderError: the folder cannot be read as one.
        OSError: a file cannot be written.
    """
    existing = read_folder(folder) if folder.exists() else {}
    planned = plan(shipped(), chosen, existing)
    for name, data in planned.files.items() if not planned.conflicts else ():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    return planned


def _below(place: Traversable, prefix: str) -> Iterator[tuple[str, bytes]]:
    for child in place.iterdir():
        if child.is_dir():
            yield from _below(child, f"{prefix}{child.name}/")
        else:
            yield f"{prefix}{child.name}", child.read_bytes()
