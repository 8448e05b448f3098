"""The one door through which foreign YAML enters: the part of YAML 1.2 that is JSON in another spelling.

Promises: no aliases and no anchors (so no document that grows while it is read), no tags, one document, no member
twice; size, depth and number of values are limited while reading; plain words are read by YAML 1.2's core schema
(`no` is a text, `012` too), names of members are always texts; every value keeps the line on which it began.
Leaves out: writing YAML, comments, merge keys (they need aliases).
Source: YAML 1.2.2 clauses 7 and 10.3; events come from PyYAML, whose constructors are not used.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import yaml  # type: ignore[import-untyped]

Path: TypeAlias = tuple[str | int, ...]
Event: TypeAlias = Any
"""PyYAML's events: it publishes no types."""

_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TEXT_TAGS: Final = frozenset({None, "!", "tag:yaml.org,2002:str"})
_INTEGER: Final = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})")
_FLOAT: Final = re.compile(r"[-+]?(\.[0-9]{1,17}|(0|[1-9][0-9]{0,17})(\.[0-9]{0,17})?)([eE][-+]?[0-9]{1,2})?")
_WORDS: Final[dict[str, object]] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}


@dataclass(frozen=True, slots=True)
class YamlLimits:
    """What one document may weigh."""

    max_bytes: int = 4 * 1024 * 1024
    max_depth: int = 64
    max_values: int = 200_000


DEFAULT: Final = YamlLimits()


class YamlError(Exception):
    """A document was refused. `rule` is a fixed word, `line` counts from 1 (0: not known)."""

    def __init__(self, rule: str, line: int = 0) -> None:
        super().__init__(f"YAML refused: {rule} at line {line}")
        self.rule = rule
        self.line = line


@dataclass(slots=True)
class _Open:
    """A list or an object that is still being read."""

    into: list[object] | dict[str, object]
    path: Path
    key: str | None = None


def read(data: bytes, limits: YamlLimits = DEFAULT) -> tuple[object, dict[Path, int]]:
    """The document as JSON has it, and the line of every value by its path.

    Raises:
        YamlError: it is no YAML, or more than what this door lets in.
    """
    if len(data) > limits.max_bytes:
        raise YamlError("too-large")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise YamlError("encoding") from None
    reader = _Reader(limits)
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            reader.take(event)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise YamlError("malformed", mark.line + 1 if mark else 0) from None
    if reader.documents == 0:
        raise YamlError("empty")
    return reader.whole, reader.lines


class _Reader:
    """Builds the value from the parser's events."""

    def __init__(self, limits: YamlLimits) -> None:
        self.limits = limits
        self.whole: object = None
        self.lines: dict[Path, int] = {}
        self.documents = 0
        self._open: list[_Open] = []

    def take(self, event: Event) -> None:
        line = event.start_mark.line + 1
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
            raise YamlError("alias", line)
        if isinstance(event, yaml.DocumentStartEvent):
            self.documents += 1
            if self.documents > 1:
                raise YamlError("several-documents", line)
        elif isinstance(event, yaml.ScalarEvent):
            self._scalar(event, line)
        elif isinstance(event, yaml.SequenceStartEvent | yaml.MappingStartEvent):
            self._begin(event, line)
        elif isinstance(event, yaml.CollectionEndEvent):
            self._open.pop()

    def _begin(self, event: Event, line: int) -> None:
        if event.tag not in {None, "!", "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"}:
            raise YamlError("tag", line)
        if self._open and isinstance(self._open[-1].into, dict) and self._open[-1].key is None:
            raise YamlError("member-name", line)
        if len(self._open) >= self.limits.max_depth:
            raise YamlError("too-deep", line)
        into: list[object] | dict[str, object] = [] if isinstance(event, yaml.SequenceStartEvent) else {}
        self._open.append(_Open(into, self._place(into, line)))

    def _scalar(self, event: Event, line: int) -> None:
        here = self._open[-1] if self._open else None
        if here is not None and isinstance(here.into, dict) and here.key is None:
            if event.value in here.into:
                raise YamlError("member-twice", line)
            here.key = str(event.value)
            return
        self._place(_value(event, line), line)

    def _place(self, value: object, line: int) -> Path:
        """Put a value where it belongs; its path."""
        path: Path = ()
        if not self._open:
            self.whole = value
        else:
            here = self._open[-1]
            if isinstance(here.into, list):
                path = (*here.path, len(here.into))
                here.into.append(value)
            else:
                path = (*here.path, str(here.key))
                here.into[str(here.key)] = value
                here.key = None
        self.lines[path] = line
        if len(self.lines) > self.limits.max_values:
            raise YamlError("too-many-values", line)
        return path


def _value(event: Event, line: int) -> object:
    if event.tag not in _TEXT_TAGS:
        raise YamlError("tag", line)
    text = str(event.value)
    if not event.implicit[0]:  # quoted, folded, or called a text
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    return text
