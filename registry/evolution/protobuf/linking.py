"""The files of a schema together: imports found among the references, every type name resolved.

Promises that each field's type is a scalar or a declared type; nothing is fetched. The files that come with Protobuf
need not be given; their types are known by name only (``….protobuf.known``).
Leaves out visibility: a type of any file that was reached may be named. Types of methods are not resolved.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from registry.evolution import limits
from registry.evolution.protobuf.descriptor import bytes_of, file_of
from registry.evolution.protobuf.known import WELL_KNOWN
from registry.evolution.protobuf.model import SCALARS, Enum, Field, File, Message
from registry.evolution.protobuf.parser import Parser
from registry.evolution.protobuf.refusals import refused

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from registry.evolution.budget import Budget
    from registry.evolution.protobuf.model import Option

_OPTIONS: Final = "google.protobuf."


@dataclass(frozen=True, slots=True)
class Declared:
    """A type and the file that declares it; ``type`` is None for one that comes with Protobuf."""

    name: str
    type: Message | Enum | None
    file: File | None

    @property
    def is_proto2(self) -> bool:
        """Whether proto2's rules hold for it."""
        return self.file is not None and self.file.syntax == "proto2"


Types: TypeAlias = dict[str, Declared]


class Linked:
    """A file with all that it imports."""

    def __init__(self, text: str, references: Mapping[str, str], budget: Budget) -> None:
        self._budget: Final = budget
        self.main: Final = _file(text, "", budget)
        self.files: Final = [self.main, *self._imported(references)]
        self.types: Final[Types] = {}
        self._resolved: dict[int, str] = {}
        self._entries: dict[int, Message] = {}
        for file in self.files:
            self._declare(file)
        for file in self.files:
            self._resolve_file(file)

    def type_of(self, field: Field) -> Declared | None:
        """The type of a field, or of a map's values; None for a scalar."""
        name = self._resolved[id(field)]
        return self.types[name] if name else None

    def type_name(self, field: Field) -> str:
        """The same as it is written with its full name: ``int32``, ``.vn.Person``."""
        name = self._resolved[id(field)]
        return f".{name}" if name else field.type

    def entry(self, field: Field) -> Message:
        """The message that each entry of a map is on the wire: field 1 is the key, field 2 the value."""
        known = self._entries.get(id(field))
        if known is None:
            key = Field("key", 1, "optional", field.key, field.line)
            value = Field("value", 2, "optional", field.type, field.line)
            self._resolved |= {id(key): "", id(value): self._resolved[id(field)]}
            known = self._entries[id(field)] = Message(f"{field.name}.entry", field.line, [key, value])
        return known

    @property
    def extends(self) -> bool:
        """Whether messages of the schema (not options) are extended somewhere."""
        found = [extend for file in self.files for extend in file.extends]
        found += [extend for file in self.files for message in messages(file) for extend in message.extends]
        return any(not extend.target.removeprefix(".").startswith(_OPTIONS) for extend in found)

    @property
    def features(self) -> bool:
        """Whether an edition's features are changed anywhere."""
        return any(option.name.startswith("features.") for file in self.files for option in _options(file))

    def _imported(self, references: Mapping[str, str]) -> Iterator[File]:
        waiting = list(self.main.imports)
        known: set[str] = set()
        while waiting:
            name = waiting.pop()
            if name in known or (name in WELL_KNOWN and name not in references):
                known.add(name)
                continue
            known.add(name)
            if name not in references:
                raise refused("reference-unknown", name, None, "")
            if len(known) > limits.REFERENCES:
                raise refused("too-long", "", None, "")
            file = _file(references[name], name, self._budget)
            waiting += file.imports
            yield file

    def _declare(self, file: File) -> None:
        for message in messages(file):
            self._add(Declared(message.name, message, file), message.line)
            for enum in message.enums:
                self._add(Declared(enum.name, enum, file), enum.line)
        for enum in file.enums:
            self._add(Declared(enum.name, enum, file), enum.line)
        for name in file.imports:
            for type_ in WELL_KNOWN.get(name, ()):
                self.types.setdefault(type_, Declared(type_, None, None))

    def _add(self, declared: Declared, line: int) -> None:
        known = self.types.get(declared.name)
        if known is not None and known.type is not None and declared.file is not None:
            raise refused("name-twice", declared.name, line, declared.file.document, declared.name)
        self.types[declared.name] = declared

    def _resolve_file(self, file: File) -> None:
        for message in messages(file):
            for field in message.fields:
                self._resolve(field, message.name, file)
            for extend in message.extends:
                for field in extend.fields:
                    self._resolve(field, message.name, file)
        for extend in file.extends:
            for field in extend.fields:
                self._resolve(field, file.package, file)

    def _resolve(self, field: Field, scope: str, file: File) -> None:
        self._budget.spend(1, "names")
        if field.type in SCALARS:
            self._resolved[id(field)] = ""
            return
        found = self._find(field.type, scope)
        if found is None:
            raise refused("type-unknown", field.type, field.line, file.document, f"{scope}.{field.name}")
        self._resolved[id(field)] = found

    def _find(self, name: str, scope: str) -> str | None:
        """From the innermost scope outwards, as the specification resolves names."""
        if name.startswith("."):
            return name[1:] if name[1:] in self.types else None
        while True:
            self._budget.spend(1, "names")
            wanted = f"{scope}.{name}" if scope else name
            if wanted in self.types:
                return wanted
            if not scope:
                return None
            scope = scope.rpartition(".")[0]


def _file(text: str, document: str, budget: Budget) -> File:
    """A file, as text or as a descriptor in base64."""
    data = bytes_of(text) if len(text) <= limits.TEXT else None
    return Parser(text, document, budget).file() if data is None else file_of(data, document, budget)


def messages(file: File) -> Iterator[Message]:
    """All messages of a file, outer ones first."""
    waiting = list(reversed(file.messages))
    while waiting:
        message = waiting.pop()
        yield message
        waiting.extend(reversed(message.messages))


def _options(file: File) -> Iterator[Option]:
    yield from file.options
    enums = list(file.enums)
    for message in messages(file):
        enums += message.enums
        yield from message.options
        for oneof in message.oneofs.values():
            yield from oneof
        for field in message.fields:
            yield from field.options
    for enum in enums:
        yield from enum.options
