"""Rules of the specification that one message or enum alone shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from registry.evolution.protobuf.model import INT32, LARGEST
from registry.evolution.protobuf.refusals import refused

if TYPE_CHECKING:
    from registry.evolution.port import SchemaError
    from registry.evolution.protobuf.model import Enum, Field, File, Message

_OURS: Final = range(19_000, 20_000)
"""Numbers that Protobuf keeps for itself."""


def message(file: File, of: Message) -> None:
    """Refuse what may not be in a message."""
    names: set[str] = set(of.oneofs)
    numbers: set[int] = set()
    held = of.reserved.held()
    for field in of.fields:
        _label(file, field)
        if not 0 < field.number <= LARGEST or field.number in _OURS:
            raise _broken(file, "number-invalid", field.number, field.line)
        if field.number in numbers:
            raise _broken(file, "number-twice", field.number, field.line)
        if field.name in names:
            raise _broken(file, "name-twice", field.name, field.line)
        if held.has(field.number, field.name):
            raise _broken(file, "number-reserved", field.name, field.line)
        names.add(field.name)
        numbers.add(field.number)


def enum(file: File, of: Enum) -> None:
    """Refuse what may not be in an enum."""
    if not of.values:
        raise _broken(file, "enum-empty", of.name, of.line)
    if file.syntax == "proto3" and of.values[0].number != 0:
        raise _broken(file, "enum-without-zero", of.name, of.values[0].line)
    aliases = any(option.name == "allow_alias" and option.value == "true" for option in of.options)
    names: set[str] = set()
    numbers: set[int] = set()
    held = of.reserved.held()
    for value in of.values:
        if not -INT32 <= value.number < INT32:
            raise _broken(file, "number-invalid", value.number, value.line)
        if value.name in names:
            raise _broken(file, "name-twice", value.name, value.line)
        if value.number in numbers and not aliases:
            raise _broken(file, "number-twice", value.number, value.line)
        if held.has(value.number, value.name):
            raise _broken(file, "number-reserved", value.name, value.line)
        names.add(value.name)
        numbers.add(value.number)


def _label(file: File, field: Field) -> None:
    is_proto2 = file.syntax == "proto2"
    is_free = bool(field.oneof or field.key)
    if (is_proto2 and not field.label and not is_free) or (not is_proto2 and field.label == "required"):
        raise _broken(file, "label-invalid", field.name, field.line)
    if field.oneof and field.label:
        raise _broken(file, "label-invalid", field.name, field.line)


def _broken(file: File, rule: str, said: object, line: int) -> SchemaError:
    return refused(rule, str(said), line, file.document)
