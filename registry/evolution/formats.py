"""All formats of schemas, each loaded when it is first asked for.

Promises that a process loads only what it compares: six formats together draw in several parsers.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Final, cast

from registry.evolution.port import FormatName

if TYPE_CHECKING:
    from collections.abc import Callable

    from registry.evolution.port import Format

_NAMED: Final = {
    FormatName.JSON: ("json", "JsonFormat"),
    FormatName.XSD: ("xsd", "XsdFormat"),
    FormatName.AVRO: ("avro", "AvroFormat"),
    FormatName.PROTOBUF: ("protobuf", "ProtobufFormat"),
    FormatName.WSDL: ("wsdl", "WsdlFormat"),
    FormatName.OPENAPI: ("openapi", "OpenApiFormat"),
}


@cache
def format_of(name: FormatName) -> Format:
    """The format of a name; the same one each time."""
    package, kind = _NAMED[name]
    module = import_module(f"registry.evolution.{package}.format")
    return cast("Callable[[], Format]", getattr(module, kind))()
