"""Files of JSON and YAML, read within limits, with the line of every value.

Promises: bytes are judged before anything is made of them; a refusal names file and line. Leaves out XML, which has a
door of its own (`schemas.xml`).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from bus.kit.new.refused import SourceRefusedError
from schemas import yaml
from schemas.positions import positions

MAX_BYTES: Final = 4 * 1024 * 1024
_DEEP: Final = 64
_RULES: Final = {"too-deep": "too-deep", "json-repeated-member": "member-twice", "not-utf-8": "encoding"}
Lines = dict[tuple[str | int, ...], int]


def read_bytes(path: Path) -> bytes:
    """A file of at most 4 MiB.

    Raises:
        SourceRefusedError: it cannot be read, or is larger.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise SourceRefusedError("too-large", path.name)
        return path.read_bytes()
    except OSError:
        raise SourceRefusedError("no-such-file", path.name) from None


def read_json_or_yaml(path: Path) -> tuple[object, Lines]:
    """The value, and where each part of it stands.

    Raises:
        SourceRefusedError: by rule and line.
    """
    data = read_bytes(path)
    if data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in {b"{", b"["}:
        return read_json(data, path.name)
    try:
        return yaml.read(data)
    except yaml.YamlError as error:
        raise SourceRefusedError(error.rule, f"{path.name}:{error.line}") from None


def read_json(data: bytes, name: str) -> tuple[object, Lines]:
    """The same of JSON alone."""
    index = positions(data, "json")
    if index.syntax_errors:
        first = index.syntax_errors[0]
        raise SourceRefusedError(_RULES.get(first.rule, "malformed"), f"{name}:{first.line}")
    value: object = json.loads(data)
    lines: Lines = {}
    waiting: list[tuple[object, tuple[str | int, ...]]] = [(value, ())]
    while waiting:
        node, at = waiting.pop()
        if len(at) > _DEEP:
            raise SourceRefusedError("too-deep", f"{name}:{index.at(at).line}")
        if isinstance(node, dict):
            waiting.extend((child, (*at, key)) for key, child in node.items())
        elif isinstance(node, list):
            waiting.extend((child, (*at, key)) for key, child in enumerate(node))
        lines[at] = index.at(at).line
    return value, lines
