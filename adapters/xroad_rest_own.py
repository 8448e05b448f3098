"""A REST call of X-Road's for a question that came without one: from a dossier, from a system that speaks plain HTTP.

Promises: the call from which the question would be derived (`docs/xroad.md` §2): wildcards, query and JSON body are the
question's own members; a value that would make another path of it is refused. Leaves out sending it
(`adapters.xroad_rest`).
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, NamedTuple
from urllib.parse import quote, urlencode

import orjson
from pydantic import AfterValidator

from adapters.port import PeerError, PeerFault, Query
from adapters.xroad_soap_own import OwnCaller, party_of
from schemas.xroad import ids
from schemas.xroad.paths import ANY, REST, Endpoint, PathError, segments_of
from schemas.xroad.rest import Header, RestMessageError, RestRequest, request_of

if TYPE_CHECKING:
    from schemas.xroad.ids import ServiceId


def _is_call(text: str) -> str:
    try:
        endpoint = Endpoint.of(text)
    except PathError:
        raise ValueError("an endpoint is written `GET /persons/*`") from None
    if endpoint.verb == ANY:
        raise ValueError("a call has a verb: `GET /persons/*`")
    return text


CallEndpoint = Annotated[str, AfterValidator(_is_call)]
"""One of the operation's endpoints, with its verb."""


class OwnCall(NamedTuple):
    """A call, and its payload."""

    message: RestRequest
    payload: bytes


def call_of(caller: OwnCaller, service: ServiceId, endpoint: str, query: Query) -> OwnCall:
    """The call for a shaped question.

    Raises:
        PeerError: bad-question; the question is of another form, or a value of it cannot stand in a call.
    """
    rule = Endpoint.of(endpoint)
    payload = orjson.dumps(query.body["json"]) if "json" in query.body else b""
    path = _path(rule, _members(query, "path"))
    fields = _members(query, "query")
    target = f"/r1/{service.encoded}{path}" + (f"?{urlencode(fields, doseq=True, quote_via=quote)}" if fields else "")
    try:
        segments_of(path)
        message = request_of(
            rule.verb,
            target,
            _headers(caller, query, payload),
            request_id=str(uuid.uuid4()),
            message_id=f"{caller.client.instance}-{query.request_id or uuid.uuid4()}",
        )
    except (PathError, RestMessageError) as error:
        raise PeerError(PeerFault.BAD_QUESTION, rule=error.rule) from None
    return OwnCall(message, payload)


def _headers(caller: OwnCaller, query: Query, payload: bytes) -> Iterator[Header]:
    party = party_of(caller, query)
    yield "X-Road-Client", caller.client.encoded
    if query.officer:
        yield "X-Road-UserId", query.officer.id
    if query.dossier:
        yield "X-Road-Issue", query.dossier
    if party:
        yield "X-Road-Represented-Party", ids.encode(party)
    yield "Accept", "application/json"
    if payload:
        yield "Content-Type", "application/json"


def _path(rule: Endpoint, values: Mapping[str, object]) -> str:
    """The pattern with its wildcards filled, in their order."""
    found, number = "", 0
    for segment in rule.pattern:
        if segment not in {ANY, REST}:
            found += f"/{quote(segment, safe=_PLAIN)}"
            continue
        value = values.get(str(number))
        if not isinstance(value, str) or (segment == ANY and (not value or "/" in value)):
            raise PeerError(PeerFault.BAD_QUESTION, rule="path-parameter", at=f"path.{number}")
        found += f"/{quote(value, safe=_PLAIN + ('/' if segment == REST else ''))}"
        number += 1
    if number != len(values):
        raise PeerError(PeerFault.BAD_QUESTION, rule="path-parameter", at="path")
    return found


_PLAIN = "-._~!$'()*,;&=@:+"


def _members(query: Query, place: str) -> Mapping[str, object]:
    value = query.body.get(place, {})
    if not isinstance(value, Mapping):
        raise PeerError(PeerFault.BAD_QUESTION, rule="not-an-object", at=place)
    return value
