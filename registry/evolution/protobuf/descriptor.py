"""A file as stock clients register it: the bytes of a ``FileDescriptorProto`` in base64.

Promises the same declarations as the text would give, and the same checks; there are no lines. Leaves out options but
``packed``, ``deprecated`` and ``allow_alias``.
Source: ``google/protobuf/descriptor.proto``.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING, Final

from registry.evolution import limits
from registry.evolution.protobuf import checks
from registry.evolution.protobuf.model import Enum, Extend, Field, File, Message, Option, Reserved, Service, Value
from registry.evolution.protobuf.refusals import refused
from registry.evolution.protobuf.wire import WireError, fields

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from registry.evolution.budget import Budget
    from registry.evolution.port import SchemaError
    from registry.evolution.protobuf.wire import Value as WireValue

    Wire = Mapping[int, Sequence[WireValue]]

_BASE64: Final = re.compile(r"[A-Za-z0-9+/]+={0,2}\Z")
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_FULL: Final = re.compile(r"\.?[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*\Z")
_TYPES: Final = {
    1: "double", 2: "float", 3: "int64", 4: "uint64", 5: "int32", 6: "fixed64", 7: "fixed32", 8: "bool", 9: "string",
    12: "bytes", 13: "uint32", 15: "sfixed32", 16: "sfixed64", 17: "sint32", 18: "sint64",
}  # fmt: skip
_GROUP: Final = 10
_LABELS: Final = {1: "optional", 2: "required", 3: "repeated"}
_MAP_ENTRY: Final = 7
_ONEOF: Final = 9
_EDITIONS: Final = {1000: "2023", 1001: "2024"}
_SYNTAXES: Final = frozenset({"", "proto2", "proto3"})


def bytes_of(text: str) -> bytes | None:
    """The bytes of a text in base64; None where it is none."""
    stripped = text.strip()
    if not _BASE64.match(stripped):
        return None
    try:
        return base64.b64decode(stripped, validate=True)
    except binascii.Error:
        return None


def file_of(data: bytes, document: str, budget: Budget) -> File:
    """The declarations of a ``FileDescriptorProto``.

    Raises:
        SchemaError: it is none.
    """
    try:
        return _Descriptor(document, budget).file(data)
    except (WireError, UnicodeDecodeError):
        raise refused("not-protobuf", "base64", None, document) from None


class _Descriptor:
    def __init__(self, document: str, budget: Budget) -> None:
        self._budget: Final = budget
        self._file: Final = File(document)
        self._count = 0

    def file(self, data: bytes) -> File:
        wire = self._fields(data)
        file = self._file
        syntax = _text(wire, 12)
        if syntax not in {*_SYNTAXES, "editions"}:
            raise self._broken("syntax-unknown", syntax)
        edition = _number(wire, 14)
        file.syntax = f"edition {_EDITIONS.get(edition, edition)}" if syntax == "editions" else syntax or "proto2"
        file.package = self._name(_text(wire, 2), needed=False)
        kinds = {index: kind for number, kind in ((10, "public"), (11, "weak")) for index in _numbers(wire, number)}
        file.imports = {name: kinds.get(index, "") for index, name in enumerate(_texts(wire, 3))}
        file.messages = [self._message(one, file.package, 0) for one in _parts(wire, 4)]
        file.enums = [self._enum(one, file.package) for one in _parts(wire, 5)]
        file.services = [self._service(one) for one in _parts(wire, 6)]
        file.extends = self._extends(_parts(wire, 7), file.package)
        return file

    def _fields(self, data: bytes) -> Wire:
        self._count += 1
        if self._count > limits.NODES:
            raise self._broken("too-many-nodes", "")
        return fields(data, self._budget)

    def _broken(self, rule: str, said: str) -> SchemaError:
        return refused(rule, ascii(said)[1:-1][:100], None, self._file.document)

    def _name(self, name: str, *, needed: bool = True) -> str:
        if not _FULL.match(name) and (needed or name):
            raise self._broken("not-protobuf", name or "name")
        return name

    def _own(self, wire: Wire, scope: str) -> str:
        name = _text(wire, 1)
        if not _NAME.match(name):
            raise self._broken("not-protobuf", name or "name")
        return f"{scope}.{name}" if scope else name

    def _message(self, data: bytes, scope: str, depth: int) -> Message:
        if depth > limits.DEPTH:
            raise self._broken("too-deep", "")
        wire = self._fields(data)
        message = Message(self._own(wire, scope), 0)
        oneofs = [_text(self._fields(one), 1) for one in _parts(wire, 8)]
        entries: dict[str, Message] = {}
        for one in _parts(wire, 3):
            inner = self._message(one, message.name, depth + 1)
            if _number(self._fields(_part(self._fields(one), 7)), _MAP_ENTRY):
                entries[inner.name] = inner
            else:
                message.messages.append(inner)
        for one in _parts(wire, 2):
            message.fields.append(self._field(one, oneofs, entries))
        used = {field.oneof for field in message.fields}
        message.oneofs = {name: [] for name in oneofs if name in used}
        message.enums = [self._enum(one, message.name) for one in _parts(wire, 4)]
        message.extends = self._extends(_parts(wire, 6), message.name)
        message.extensions = self._ranges(wire, 5, 1)
        message.reserved = Reserved(self._ranges(wire, 9, 1), _texts(wire, 10))
        checks.message(self._file, message)
        return message

    def _field(self, data: bytes, oneofs: list[str], entries: Mapping[str, Message]) -> Field:
        wire = self._fields(data)
        name, number, kind = self._own(wire, ""), _number(wire, 3), _number(wire, 5)
        label = _LABELS.get(_number(wire, 4), "")
        type_ = _TYPES.get(kind) or self._name(_text(wire, 6))
        entry = entries.get(type_.removeprefix("."))
        if entry is not None and len(entry.fields) == 2:  # noqa: PLR2004 - key and value
            return Field(name, number, "repeated", entry.fields[1].type, 0, key=entry.fields[0].type)
        oneof = ""
        if _ONEOF in wire and not _number(wire, 17):
            index = _number(wire, _ONEOF)
            if index >= len(oneofs):
                raise self._broken("not-protobuf", name)
            oneof, label = oneofs[index], ""
        if self._file.syntax != "proto2" and label == "optional" and not _number(wire, 17):
            label = ""
        options = self._options(_part(wire, 8), {2: "packed", 3: "deprecated"})
        return Field(name, number, label, type_, 0, "", oneof, group=kind == _GROUP, options=tuple(options))

    def _options(self, data: bytes, known: Mapping[int, str]) -> list[Option]:
        wire = self._fields(data)
        return [
            Option(name, "true" if _number(wire, number) else "false")
            for number, name in known.items()
            if number in wire
        ]

    def _enum(self, data: bytes, scope: str) -> Enum:
        wire = self._fields(data)
        enum = Enum(self._own(wire, scope), 0)
        for one in _parts(wire, 2):
            value = self._fields(one)
            enum.values.append(Value(self._own(value, ""), _signed(_number(value, 2)), 0))
        enum.options = self._options(_part(wire, 3), {2: "allow_alias", 3: "deprecated"})
        enum.reserved = Reserved(self._ranges(wire, 4, 0), _texts(wire, 5))
        checks.enum(self._file, enum)
        return enum

    def _ranges(self, wire: Wire, number: int, beyond: int) -> list[tuple[int, int]]:
        """Ranges; ``beyond``: by how much the end that is written lies behind the last."""
        ranges = [self._fields(one) for one in _parts(wire, number)]
        return [(_signed(_number(one, 1)), _signed(_number(one, 2)) - beyond) for one in ranges]

    def _extends(self, parts: list[bytes], scope: str) -> list[Extend]:
        return [Extend(self._name(_text(self._fields(one), 2)), scope, 0, [self._field(one, [], {})]) for one in parts]

    def _service(self, data: bytes) -> Service:
        wire = self._fields(data)
        service = Service(self._own(wire, self._file.package), 0)
        for one in _parts(wire, 2):
            method = self._fields(one)
            asked, told = ("stream " if _number(method, number) else "" for number in (5, 6))
            said = f"({asked}{self._name(_text(method, 2))}) ({told}{self._name(_text(method, 3))})"
            service.methods[self._own(method, "")] = said
        return service


def _parts(wire: Wire, number: int) -> list[bytes]:
    found = [value for value in wire.get(number, ()) if isinstance(value, bytes)]
    if len(found) < len(wire.get(number, ())):
        raise WireError("type")
    return found


def _part(wire: Wire, number: int) -> bytes:
    return b"".join(_parts(wire, number))


def _texts(wire: Wire, number: int) -> list[str]:
    return [value.decode() for value in _parts(wire, number)]


def _text(wire: Wire, number: int) -> str:
    return next(reversed(_texts(wire, number)), "")


def _numbers(wire: Wire, number: int) -> list[int]:
    return [value for value in wire.get(number, ()) if isinstance(value, int)]


def _number(wire: Wire, number: int) -> int:
    return next(reversed(_numbers(wire, number)), 0)


def _signed(value: int) -> int:
    """An int32 as it is written: negative ones have 64 bits."""
    return value - (1 << 64) if value >= 1 << 63 else value
