"""Where in the adapter's file a mistake or a fault has its cause."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

from adapters.port import DeclarationError, PeerError, PeerFault
from bus.kit.check.target import TargetError
from bus.registry.files import FolderError
from config.mistakes import ConfigError
from config.secrets import SecretError
from registry.mistakes import RegistryError
from schemas.positions import positions

_PLACED: Final = re.compile(r"((?:\.?[A-Za-z_][\w-]*|\[\d+\])(?:\.[\w-]+|\[\d+\])*): (.*)", re.DOTALL)
_STEP: Final = re.compile(r"\[(\d+)\]|([\w-]+)")


class Located(NamedTuple):
    """Something wrong and where: lines and columns count from 1; 0 is the file as a whole."""

    file: str
    line: int
    column: int
    sentence: str

    def __str__(self) -> str:
        place = f":{self.line}:{self.column}" if self.line else ""
        return f"{self.file}{place}: {self.sentence}"


MISTAKES: Final = (DeclarationError, ConfigError, RegistryError, TargetError, SecretError, FolderError, OSError)
"""What a broken edit raises."""


def of_error(error: Exception, file: Path | None) -> tuple[Located, ...]:
    """What one of `MISTAKES` says, each with its place as far as it has one; `file` is the adapter's."""
    if isinstance(error, ConfigError | RegistryError):
        return tuple(Located(one.file, one.line, one.column, one.message_en) for one in error.mistakes)
    if isinstance(error, DeclarationError):
        bare = tuple(Located("", 0, 0, one) for one in error.mistakes)
        return bare if file is None else of_mistakes(error, file)
    if isinstance(error, TargetError):
        return (() if error.file is None else of_syntax(error.file)) or (Located("", 0, 0, str(error)),)
    if isinstance(error, OSError):
        return (Located(str(error.filename or file or ""), 0, 0, error.strerror or type(error).__name__),)
    return (Located("", 0, 0, str(error)),)


def of_mistakes(error: DeclarationError, file: Path) -> tuple[Located, ...]:
    """Each mistake of a declaration with its place in the adapter's file."""
    data = file.read_bytes()
    return tuple(_located(mistake, file, data) for mistake in error.mistakes)


def of_syntax(file: Path) -> tuple[Located, ...]:
    """Each place where a TOML file stops being one; empty when it is one."""
    wrong = positions(file.read_bytes(), "toml").syntax_errors
    return tuple(Located(str(file), one.line, one.column, one.message_en) for one in wrong)


def of_fault(error: PeerError, operation: str, file: Path) -> Located | None:
    """The line of the field map that a fault names; None where it names none."""
    if error.at is None:
        return None
    data = file.read_bytes()
    steps = _field(tomllib.loads(data.decode()), operation, error)
    if steps is None:
        return None
    line, column = positions(data, "toml").at(steps)
    return Located(str(file), line, column, ".".join(map(str, steps)))


def _located(mistake: str, file: Path, data: bytes) -> Located:
    match = _PLACED.fullmatch(mistake.removeprefix(str(file)))
    if match is None:
        return Located(str(file), 0, 0, mistake)
    found = _STEP.finditer(match[1])
    steps = tuple(int(step[1]) if step[1] is not None else step[2] for step in found)
    line, column = positions(data, "toml").at(steps)
    return Located(str(file), line, column, f"{match[1].lstrip('.')}: {match[2]}")


def _field(table: Mapping[str, object], operation: str, error: PeerError) -> tuple[str | int, ...] | None:
    """The steps to the field whose target the fault names."""
    operations = table.get("operations")
    declared = operations.get(operation) if isinstance(operations, Mapping) else None
    if not isinstance(declared, Mapping):
        return None
    before: tuple[str | int, ...] = ("operations", operation, "question")
    lines: object = declared.get("question")
    if error.kind is not PeerFault.BAD_QUESTION:
        answer = declared.get("answer")
        before = ("operations", operation, "answer", "fields")
        lines = answer.get("fields") if isinstance(answer, Mapping) else None
    target = str(error.at).partition("[]")[0]
    for number, line in enumerate(lines if isinstance(lines, list) else ()):
        if isinstance(line, Mapping) and line.get("to") == target:
            return (*before, number)
    return before[:2]
