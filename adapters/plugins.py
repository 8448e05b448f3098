"""Kinds of adapter from an agency's own packages, found by their entry points.

A package offers one under the group `lienthong.adapters`, the entry point's name being the kind's name and its object a
`Kind`:

    [project.entry-points."lienthong.adapters"]
    land-register = "my_adapter:KIND"

Promises: only packages that the node's settings name are imported; a package that is missing, offers nothing, breaks
while it is loaded, offers something else than a `Kind`, or takes a name that is taken stops the start, by package and
entry point; nothing of a foreign error's text is kept, its type and place are.
Leaves out: installing packages; and what they do once they run, which is what any code of this process may do.
Source: the entry points specification of packaging.python.org.
"""

from __future__ import annotations

import re
import traceback
from importlib.metadata import PackageNotFoundError, distribution
from typing import TYPE_CHECKING, Any, Final

from adapters.kind import Kind
from adapters.operation import Settings
from adapters.port import KIND_NAME, DeclarationError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from importlib.metadata import EntryPoint

GROUP: Final = "lienthong.adapters"


def with_plugins(kinds: Mapping[str, Kind[Any]], packages: Sequence[str]) -> Mapping[str, Kind[Any]]:
    """The kinds given and those of these packages.

    Args:
        kinds: those that come with us; their names cannot be taken.
        packages: names of installed distributions, as the node's `plugins` name them.

    Raises:
        DeclarationError: every mistake, by package and entry point.
    """
    found: dict[str, Kind[Any]] = dict(kinds)
    mistakes: list[str] = []
    for place, package in enumerate(packages):
        try:
            points = _points(package)
        except DeclarationError as error:
            mistakes += [f"plugins[{place}]: {mistake}" for mistake in error.mistakes]
            continue
        for point in points:
            at = f"plugins[{place}]: {package}, entry point {_shown(point.name)}"
            try:
                kind = _loaded(point, found)
            except DeclarationError as error:
                mistakes += [f"{at}: {mistake}" for mistake in error.mistakes]
            else:
                found[point.name] = kind
    if mistakes:
        raise DeclarationError(*mistakes)
    return found


def _points(package: str) -> list[EntryPoint]:
    try:
        points = distribution(package).entry_points.select(group=GROUP)
    except (PackageNotFoundError, ValueError):
        raise DeclarationError(f"{package}: no such package is installed here [package-missing]") from None
    if not points:
        raise DeclarationError(f"{package}: it offers nothing under {GROUP} [no-entry-point]")
    return sorted(points, key=lambda point: point.name)


def _loaded(point: EntryPoint, found: Mapping[str, Kind[Any]]) -> Kind[Any]:
    if not KIND_NAME.match(point.name):
        raise DeclarationError("a kind is named in small letters, digits and hyphens [kind-name]")
    if point.name in found:
        raise DeclarationError("that kind is there already; choose another name [kind-taken]")
    try:
        kind: object = point.load()
    except Exception as error:  # noqa: BLE001 - whatever foreign code raises stops the start with one clear message
        raise DeclarationError(f"it cannot be loaded: {_where(error)} [broken]") from None
    model: object = kind.settings if isinstance(kind, Kind) else None
    if not isinstance(kind, Kind) or not isinstance(model, type) or not issubclass(model, Settings):
        raise DeclarationError("it is no adapters.Kind with a model of adapters.Settings [no-kind]")
    return kind


def _where(error: Exception) -> str:
    """Type and place; a declaration's mistakes name places themselves, and hold no values."""
    if isinstance(error, DeclarationError):
        return str(error)
    place = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__qualname__} at {place.filename.rpartition('/')[2]}:{place.lineno}"


def _shown(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]", "?", name)[:60]
