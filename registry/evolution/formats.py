"""Every format of schemas, named in one place and loaded when first asked for."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Final

from registry.evolution.port import FormatName

if TYPE_CHECKING:
    from registry.evolution.port import Format

_ENGINES: Final = {
    FormatName.JSON: ("registry.evolution.json.format", "JsonFormat"),
    FormatName.XSD: ("registry.evolution.xsd.format", "XsdFormat"),
    FormatName.AVRO: ("registry.evolution.avro.format", "AvroFormat"),
    FormatName.PROTOBUF: ("registry.evolution.protobuf.format", "ProtobufFormat"),
    FormatName.WSDL: ("registry.evolution.wsdl.format", "WsdlFormat"),
    FormatName.OPENAPI: ("registry.evolution.openapi.format", "OpenApiFormat"),
}


@cache
def format_of(name: FormatName) -> Format:
    """The engine of that name."""
    module, engine = _ENGINES[name]
    made: Format = getattr(import_module(module), engine)()
    return made
