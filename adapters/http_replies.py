"""Reading an HTTP reply that should hold JSON or XML, for the kinds that ask REST services (`rest`, `xroad-bridge`).

Promises: a refusal is read first, by the system's own code, then by its status; nothing is taken from a reply whose
media type is not as declared or that does not parse.
Leaves out: moving bytes, and what the answer must hold (`adapters.operation`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import orjson

from adapters.http import Reply, refused_by_status
from adapters.operation import Courier
from adapters.port import Found, PeerError, PeerFault
from adapters.xml_values import plain_xml
from schemas.xml import XmlError, parse

_JSON: Final = ("application/json", "text/json")
_XML: Final = ("application/xml", "text/xml")


def refusal(courier: Courier, declared: Mapping[str, PeerFault], reply: Reply) -> Found:
    """What a reply that is no success stands for.

    Args:
        courier: the operation asked.
        declared: HTTP status → reason.
        reply: the reply.

    Returns:
        The "no" of a yes/no operation.

    Raises:
        PeerError: as declared, else by the system's own code, else by HTTP's own meaning.
    """
    if str(reply.status) in declared:
        if declared[str(reply.status)] is PeerFault.NO_MATCH:
            return courier.absent(str(reply.status))
        raise refused_by_status(reply.status, declared, reply.retry_after_s)
    code = courier.code_in(_json_or_nothing(reply.body))
    if code is not None:
        return courier.refused(code)
    raise refused_by_status(reply.status, declared, reply.retry_after_s)


def as_json(reply: Reply, media_types: tuple[str, ...] = ()) -> object:
    """The reply's JSON.

    Raises:
        PeerError: bad-answer; another media type, or no JSON.
    """
    kind = reply.media_type
    if kind not in _JSON and kind not in media_types and not kind.endswith("+json"):
        raise PeerError(PeerFault.BAD_ANSWER, rule="media-type")
    try:
        return orjson.loads(reply.body)
    except orjson.JSONDecodeError:
        raise PeerError(PeerFault.BAD_ANSWER, rule="not-json") from None


def as_xml(reply: Reply, media_types: tuple[str, ...] = ()) -> object:
    """The reply's XML as objects and texts (`adapters.xml_values`).

    Raises:
        PeerError: bad-answer; another media type, or no XML that the one door lets in.
    """
    kind = reply.media_type
    if kind not in _XML and kind not in media_types and not kind.endswith("+xml"):
        raise PeerError(PeerFault.BAD_ANSWER, rule="media-type")
    try:
        return plain_xml(parse(reply.body))
    except XmlError as error:
        raise PeerError(PeerFault.BAD_ANSWER, rule=error.rule) from None


def _json_or_nothing(body: bytes) -> object:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
