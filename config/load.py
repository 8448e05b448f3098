"""From a TOML file to settings, with each value's origin and each mistake's exact place.

Promises: all mistakes of a file at once, as ``ConfigError``; a value comes from the file, else from the profile
that the file names, else from the default, and ``Loaded.origins`` says which.
Leaves out: environment variables and merging of several files: what runs is what one file and one profile say.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Generic, TypeAlias, TypeVar

import orjson
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from config.embedded import EmbeddedSettings
from config.hub import HubSettings
from config.mistakes import ConfigError, ConfigMistake, dotted, sentences
from config.model import Settings
from config.node import NodeSettings
from schemas.positions import Positions, positions

S = TypeVar("S", bound=Settings)
Steps: TypeAlias = tuple[str | int, ...]
Tree: TypeAlias = dict[str, object]

PROFILE = "profile"
MAX_FILE_BYTES = 1_048_576

KINDS: Mapping[str, type[Settings]] = {
    "hub": HubSettings,
    "node": NodeSettings,
    "embedded": EmbeddedSettings,
}


@dataclass(frozen=True, slots=True)
class Loaded(Generic[S]):
    """Settings, and for each value that is no default the ``file:line:column`` it came from."""

    settings: S
    file: str
    profile: str | None
    origins: Mapping[Steps, str]


@dataclass(frozen=True, slots=True)
class _Source:
    name: str
    tree: Tree
    places: Positions
    prefix: Steps = ()

    def place(self, path: Steps, *, key: bool = False) -> tuple[str, int, int]:
        full = (*self.prefix, *path)
        line, column = self.places.key_at(full) if key else self.places.at(full)
        return self.name, line, column


def load(path: Path, kind: type[S]) -> Loaded[S]:
    """Read one settings file.

    Args:
        path: a TOML file of at most 1 MiB.
        kind: which settings it holds.

    Raises:
        ConfigError: the file has mistakes; all of them.
        OSError: the file cannot be read.
    """
    return parse(_read(path), kind, file=str(path), folder=path.parent)


def parse(data: bytes, kind: type[S], *, file: str, folder: Path) -> Loaded[S]:
    """The same for bytes in hand; ``folder`` is where relative paths start."""
    # 1. TOML?
    own = _source(file, data)
    # 2. what the profile gives beneath it
    name, profile = _profile(own, kind)
    # 3. the file over the profile
    tree = _merge(profile.tree if profile else {}, own.tree)
    # 4. limits, types, unknown keys
    sources = [own, *([profile] if profile else [])]
    try:
        settings = kind.model_validate_json(orjson.dumps(tree, default=str), context={"folder": folder.resolve()})
    except ValidationError as error:
        raise ConfigError([_mistake(detail, sources) for detail in error.errors()]) from None
    # 5. where each value came from
    return Loaded(settings, file, name, _origins(sources))


def kind_of(path: Path) -> str:
    """Which settings a file holds, by the tables that only they have: hub, node or embedded.

    Raises:
        ConfigError: the file is no TOML.
        OSError: the file cannot be read.
    """
    tree = _source(str(path), _read(path)).tree
    return "hub" if "workers" in tree else "node" if "agencies" in tree else "embedded"


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MAX_FILE_BYTES + 1)


def _source(name: str, data: bytes) -> _Source:
    if len(data) > MAX_FILE_BYTES:
        raise ConfigError([ConfigMistake(name, 1, 1, "", "too-large", "tệp quá lớn", "the file is over 1 MiB")])
    places = positions(data, "toml")
    if places.syntax_errors:
        raise ConfigError(
            [
                ConfigMistake(name, e.line, e.column, "", e.rule, e.message_vi, e.message_en)
                for e in places.syntax_errors
            ]
        )
    return _Source(name, tomllib.loads(data.decode("utf-8")), places)


def _profile(own: _Source, kind: type[Settings]) -> tuple[str | None, _Source | None]:
    name = own.tree.pop(PROFILE, None)
    if name is None:
        return None, None
    folder = resources.files("config") / "profiles"
    known = sorted(entry.name.removesuffix(".toml") for entry in folder.iterdir() if entry.name.endswith(".toml"))
    if name not in known:
        vi, en = (text + ", ".join(known) for text in ("hồ sơ cấu hình phải là: ", "must be one of: "))
        raise ConfigError([ConfigMistake(*own.place((PROFILE,)), PROFILE, "unknown-profile", vi, en)])
    source = _source(f"profiles/{name}.toml", (folder / f"{name}.toml").read_bytes())
    section = next((text for text, known_kind in KINDS.items() if known_kind is kind), "")
    tree = source.tree.get(section, {})
    return str(name), _Source(source.name, tree if isinstance(tree, dict) else {}, source.places, (section,))


def _merge(beneath: Tree, above: Tree) -> Tree:
    merged = dict(beneath)
    for key, value in above.items():
        below = merged.get(key)
        if isinstance(below, dict) and isinstance(value, dict):
            merged[key] = _merge(below, value)
        else:
            merged[key] = value
    return merged


def _mistake(detail: ErrorDetails, sources: list[_Source]) -> ConfigMistake:
    path = detail["loc"]
    # The file is to blame unless only the profile holds the value.
    source = next((s for s in sources if _holds(s.tree, path)), sources[0])
    place = source.place(path, key=detail["type"] == "extra_forbidden")
    return ConfigMistake(*place, dotted(path), detail["type"], *sentences(detail))


def _holds(tree: object, path: Steps) -> bool:
    for step in path:
        in_table = isinstance(tree, dict) and step in tree
        in_list = isinstance(tree, list) and isinstance(step, int) and step < len(tree)
        if not (in_table or in_list):
            return False
        tree = tree[step]  # type: ignore[index]
    return True


def _origins(sources: list[_Source]) -> dict[Steps, str]:
    origins: dict[Steps, str] = {}
    for source in sources:
        for path in _leaves(source.tree):
            name, line, column = source.place(path)
            origins.setdefault(path, f"{name}:{line}:{column}")
    return origins


def _leaves(tree: object, path: Steps = ()) -> list[Steps]:
    if isinstance(tree, dict):
        return [leaf for key, value in tree.items() for leaf in _leaves(value, (*path, key))]
    if isinstance(tree, list) and any(isinstance(item, dict) for item in tree):
        return [leaf for number, value in enumerate(tree) for leaf in _leaves(value, (*path, number))]
    return [path]
