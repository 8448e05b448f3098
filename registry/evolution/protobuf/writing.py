"""A Protobuf file in one spelling.

Promises: no comments, one declaration a line, types by their full names, fields by number, options and imports by name;
messages, enums and their values stay in order, for their order has a meaning (message indexes; an enum's first value is
its default). Two files with the same canonical text say the same on the wire.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from registry.evolution.protobuf.linking import Linked
    from registry.evolution.protobuf.model import Enum, Extend, Field, File, Message, Option, Reserved, Service


def canonical(linked: Linked, file: File) -> str:
    """The canonical text of a file."""
    return "\n".join(_file(linked, file)) + "\n"


def _file(linked: Linked, file: File) -> Iterator[str]:
    kind, _, edition = file.syntax.partition(" ")
    yield f'edition = "{edition}";' if edition else f'syntax = "{kind}";'
    if file.package:
        yield f"package {file.package};"
    for name, kind in sorted(file.imports.items()):
        yield f'import {kind + " " if kind else ""}"{name}";'
    yield from _options(file.options)
    for message in file.messages:
        yield from _message(linked, message)
    for enum in file.enums:
        yield from _enum(enum)
    for extend in file.extends:
        yield from _extend(linked, extend)
    for service in file.services:
        yield from _service(service)


def _options(options: Iterable[Option]) -> Iterator[str]:
    for option in sorted(options, key=lambda one: one.name):
        yield f"option {option.name} = {option.value};"


def _message(linked: Linked, message: Message) -> Iterator[str]:
    yield f"message {_last(message.name)} {{"
    yield from _options(message.options)
    yield from _reserved(message.reserved)
    for first, last in sorted(message.extensions):
        yield f"extensions {first} to {last};"
    fields = sorted(message.fields, key=lambda field: field.number)
    for field in fields:
        if not field.oneof:
            yield _field(linked, field)
    for name, options in sorted(message.oneofs.items()):
        yield f"oneof {name} {{"
        yield from _options(options)
        for field in fields:
            if field.oneof == name:
                yield _field(linked, field)
        yield "}"
    for inner in message.messages:
        yield from _message(linked, inner)
    for enum in message.enums:
        yield from _enum(enum)
    for extend in message.extends:
        yield from _extend(linked, extend)
    yield "}"


def _field(linked: Linked, field: Field) -> str:
    type_ = linked.type_name(field)
    if field.key:
        said = f"map<{field.key}, {type_}>"
    else:
        said = " ".join(filter(None, (field.label, "group" if field.group else "", type_)))
    return f"{said} {field.name} = {field.number}{_compact(field.options)};"


def _compact(options: Iterable[Option]) -> str:
    said = ", ".join(f"{one.name} = {one.value}" for one in sorted(options, key=lambda one: one.name))
    return f" [{said}]" if said else ""


def _reserved(reserved: Reserved) -> Iterator[str]:
    for first, last in sorted(reserved.numbers):
        yield f"reserved {first} to {last};"
    for name in sorted(reserved.names):
        yield f'reserved "{name}";'


def _enum(enum: Enum) -> Iterator[str]:
    yield f"enum {_last(enum.name)} {{"
    yield from _options(enum.options)
    yield from _reserved(enum.reserved)
    for value in enum.values:
        yield f"{value.name} = {value.number}{_compact(value.options)};"
    yield "}"


def _extend(linked: Linked, extend: Extend) -> Iterator[str]:
    yield f"extend {extend.target} {{"
    for field in sorted(extend.fields, key=lambda one: one.number):
        yield _field(linked, field)
    yield "}"


def _service(service: Service) -> Iterator[str]:
    yield f"service {_last(service.name)} {{"
    yield from _options(service.options)
    for name, method in sorted(service.methods.items()):
        yield f"rpc {name} {method};"
    yield "}"


def _last(name: str) -> str:
    return name.rpartition(".")[2]
