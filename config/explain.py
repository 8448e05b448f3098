"""Each setting in words: its name, its value, where that came from, what it means, its default and limits.

Promises: a complete list in the order of the classes; secrets show as the paths that they are.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from config.load import Loaded, Steps
from config.mistakes import dotted
from config.model import Settings


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
    return tuple(_walk(loaded.settings, (), loaded))


def _walk(settings: Settings, path: Steps, loaded: Loaded[Settings]) -> Iterator[Explained]:
    for name, info in type(settings).model_fields.items():
        value: object = getattr(settings, name)
        inner = (*path, name)
        if isinstance(value, Settings):
            yield from _walk(value, inner, loaded)
        elif isinstance(value, tuple) and value and isinstance(value[0], Settings):
            for number, item in enumerate(value):
                yield from _walk(item, (*inner, number), loaded)
        else:
            yield _explained(inner, value, info, loaded)


def _explained(path: Steps, value: object, info: FieldInfo, loaded: Loaded[Settings]) -> Explained:
    return Explained(
        name=dotted(path),
        value=_show(value),
        origin=_origin(path, loaded),
        meaning=(info.description or "").replace("\n", " "),
        default="required" if info.is_required() else _show(_default(info)),
        limits=", ".join(_limits(info)),
    )


def _origin(path: Steps, loaded: Loaded[Settings]) -> str:
    found = loaded.origins.get(path)
    if found is not None:
        return found
    # A table such as `settings = {…}` is one value to us and many to the file: its first one speaks for it.
    inside = (origin for steps, origin in loaded.origins.items() if steps[: len(path)] == path)
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
