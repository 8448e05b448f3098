"""Each setting in words: its name, its value, where that came from, what it means, its default and limits.

Promises: a complete list in the order of the classes; secrets show as the paths that they are.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import get_args, get_origin

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from config.load import Loaded, Steps
from config.mistakes import dotted
from config.model import Secret, Settings


@dataclass(frozen=True, slots=True)
class Explained:
    """One setting as people read it."""

    name: str
    value: str
    origin: str
    meaning: str
    default: str
    limits: str


def explain(loaded: Loaded[Settings]) -> tuple[Explained, ...]:
    """Every setting of one loaded file."""
    return tuple(_explained(*leaf, loaded.origins) for leaf in _leaves(loaded.settings, ()))


def describe(kind: type[Settings]) -> tuple[Explained, ...]:
    """Every setting that a kind of file may hold, without a file; ``[]`` marks a list of tables."""
    return tuple(_describe(kind, ""))


def _describe(kind: type[Settings], prefix: str) -> Iterator[Explained]:
    for name, info in kind.model_fields.items():
        inner = _settings_in(info.annotation)
        if inner is None:
            yield replace(_explained((), None, info, {}), name=prefix + name, value="", origin="")
        else:
            mark = "[]" if get_origin(info.annotation) is tuple else ""
            yield from _describe(inner, f"{prefix}{name}{mark}.")


def _settings_in(annotation: object) -> type[Settings] | None:
    if isinstance(annotation, type):
        return annotation if issubclass(annotation, Settings) else None
    found = (item for item in get_args(annotation) if isinstance(item, type) and issubclass(item, Settings))
    return next(found, None)


@dataclass(frozen=True, slots=True)
class Located:
    """One setting as programs read it: dotted name, value, whether it is the path of a secret."""

    name: str
    value: object
    secret: bool


def located(settings: Settings) -> tuple[Located, ...]:
    """Every setting with its value; entries of tables of secrets one by one."""
    return tuple(
        Located(dotted((*path, *inner)), item, _is_secret(info.annotation, info.metadata))
        for path, value, info in _leaves(settings, ())
        for inner, item in _entries(value)
    )


def _entries(value: object) -> list[tuple[Steps, object]]:
    return [((key,), item) for key, item in value.items()] if isinstance(value, dict) else [((), value)]


def _is_secret(annotation: object, metadata: Iterable[object] = ()) -> bool:
    if any(isinstance(item, Secret) for item in metadata):
        return True
    return any(_is_secret(inner, getattr(inner, "__metadata__", ())) for inner in get_args(annotation))


def _leaves(settings: Settings, path: Steps) -> Iterator[tuple[Steps, object, FieldInfo]]:
    for name, info in type(settings).model_fields.items():
        value: object = getattr(settings, name)
        inner = (*path, name)
        if isinstance(value, Settings):
            yield from _leaves(value, inner)
        elif isinstance(value, tuple) and value and isinstance(value[0], Settings):
            for number, item in enumerate(value):
                yield from _leaves(item, (*inner, number))
        else:
            yield inner, value, info


def _explained(path: Steps, value: object, info: FieldInfo, origins: Mapping[Steps, str]) -> Explained:
    return Explained(
        name=dotted(path),
        value=_show(value),
        origin=_origin(path, origins),
        meaning=(info.description or "").replace("\n", " "),
        default="required" if info.is_required() else _show(_default(info)),
        limits=", ".join(_limits(info)),
    )


def _origin(path: Steps, origins: Mapping[Steps, str]) -> str:
    found = origins.get(path)
    if found is not None:
        return found
    # A table such as `settings = {…}` is one value to us and many to the file: its first one speaks for it.
    inside = (origin for steps, origin in origins.items() if steps[: len(path)] == path)
    return next(inside, "default")


def _default(info: FieldInfo) -> object:
    default = info.get_default(call_default_factory=True, validated_data={})
    return None if default is PydanticUndefined else default


def _show(value: object) -> str:
    if value is None or value in ((), {}):
        return "none"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Enum):
        return str(value.value)
    # Adapters' own settings are named but not shown: a password may stand there against all advice.
    if isinstance(value, tuple | dict):
        return ", ".join(_show(item) for item in value)
    return type(value).__name__ if isinstance(value, Settings) else str(value)


def _limits(info: FieldInfo) -> Iterator[str]:
    for item in info.metadata:
        for name, text in (
            ("ge", "at least {}"),
            ("le", "at most {}"),
            ("min_length", "at least {} long"),
            ("max_length", "at most {} long"),
            ("pattern", "like {}"),
        ):
            bound = getattr(item, name, None)
            if bound is not None:
                yield text.format(bound)
