"""What an agency's own system hands in and gets: JSON members, XML as text, or a raw body as base64.

Promises: one form per language, the same for questions, adapters and answers. A subject written in XSD is
`{"xml": "<text>"}`; a body of an opaque service is `{"base64": "…", "media_type": "…"}`; anything else is the JSON
object itself. What is sealed are the very bytes of that text. Leaves out: whether a body fits (`bus.shapes`).
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Final, NamedTuple

import msgspec
import orjson
from lxml import etree

from bus import shapes
from registry.subjects import SchemaVersion
from registry.xsd import XsdSubject
from schemas.parts import Carried
from schemas.problems import Code, FaultAt, problem
from schemas.words import MediaType
from schemas.xml import Element

_XML_MEMBER: Final = "xml"


class Body(NamedTuple):
    """A body at the node.

    Attributes:
        data: the bytes that are sealed.
        value: what schemas judge: JSON values, an XML element, or the bytes of an opaque service.
    """

    data: bytes
    media_type: str
    value: object


class _Raw(msgspec.Struct, forbid_unknown_fields=True):
    base64: str
    media_type: MediaType


def read(body: Mapping[str, object], schema: SchemaVersion | None, fault_at: FaultAt) -> Body:
    """What a system handed in.

    Args:
        body: the members.
        schema: the operation's schema; None for an opaque service.
        fault_at: whose system it was.

    Raises:
        ProblemError: 303, it is not in the form of its language.
    """
    if schema is None:
        return _raw(body, fault_at)
    if isinstance(schema, XsdSubject):
        return _xml(body, fault_at)
    try:
        return Body(orjson.dumps(body), shapes.JSON, body)
    except TypeError:
        # Integers beyond 64 bits, bottomless nesting: other readers would round or refuse them.
        raise problem(Code.BODY_MALFORMED, rule="json", place="/", fault_at=fault_at) from None


def came(part: Carried, schema: SchemaVersion | None, fault_at: FaultAt) -> Body:
    """The body that came as a part.

    Raises:
        ProblemError: 118, it is of another language than its schema; 303, it cannot be read.
    """
    if schema is None:
        return Body(part.data, part.media_type, part.data)
    media_type = shapes.media_type_of(schema)
    if part.media_type != media_type:
        raise problem(Code.PART_MEDIA_TYPE, rule="media-type", place="/parts/0/media_type", fault_at=fault_at)
    return Body(part.data, media_type, shapes.parse_body(part.data, media_type, fault_at))


def shown(body: Body) -> dict[str, object]:
    """The same body as a system gets it."""
    if isinstance(body.value, dict):
        return body.value
    if isinstance(body.value, Element):
        return {_XML_MEMBER: body.data.decode()}
    return {"base64": base64.b64encode(body.data).decode(), "media_type": body.media_type}


def of_value(value: object) -> Body:
    """The bytes of a value that was cut to agreed terms."""
    if isinstance(value, Element):
        return Body(etree.tostring(value, encoding="unicode", with_tail=False).encode(), shapes.XML, value)
    return Body(orjson.dumps(value), shapes.JSON, value)


def _xml(body: Mapping[str, object], fault_at: FaultAt) -> Body:
    text = body.get(_XML_MEMBER)
    if not isinstance(text, str) or len(body) != 1:
        raise problem(Code.BODY_MALFORMED, rule="one-member-xml", place=f"/{_XML_MEMBER}", fault_at=fault_at)
    data = text.encode("utf-8", "surrogatepass")  # a lone surrogate is no UTF-8, which the XML door says by its rule
    return Body(data, shapes.XML, shapes.parse_body(data, shapes.XML, fault_at))


def _raw(body: Mapping[str, object], fault_at: FaultAt) -> Body:
    try:
        raw = msgspec.convert(body, _Raw)
        data = base64.b64decode(raw.base64, validate=True)
    except (msgspec.ValidationError, binascii.Error, ValueError):
        raise problem(Code.BODY_MALFORMED, rule="base64-and-media-type", place="/", fault_at=fault_at) from None
    return Body(data, raw.media_type, data)
