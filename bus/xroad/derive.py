"""The question that a REST call is, derived from its path, query and JSON body; and whether a call is what it says.

Promises: the same call gives the same bytes at every node, so the provider's node derives again and refuses a
difference: what a schema judged and what the system is sent are one. A call that names another service, operation,
client or user than the envelope does is refused, whatever its body. Leaves out SOAP (`bus.xroad.soap`).
"""

from __future__ import annotations

from typing import Final, NamedTuple
from urllib.parse import parse_qsl

import orjson

from registry.catalogue import Operation, Service
from registry.snapshot import Snapshot
from schemas.envelope import Envelope, Party
from schemas.json import JsonError, read
from schemas.parts import BODY, PAYLOAD, XROAD, Carried
from schemas.problems import Code, ProblemError, problem
from schemas.xroad.ids import IdError, client_of
from schemas.xroad.paths import Hit, PathError, nearest, segments_of
from schemas.xroad.rest import CLIENT, REQUEST_TYPE, SINGLE, USER_ID, RestMessageError, RestRequest, parse

MAX_FIELDS: Final = 200
OVERRIDING: Final = frozenset(
    {"x-http-method-override", "x-http-method", "x-method-override", "x-original-url", "x-rewrite-url"}
)
"""Headers by which frameworks take another verb or path than the call's: what was judged would not be what is done."""


class Reached(NamedTuple):
    """Where a call leads: the operation of its service whose endpoint is the nearest, and the wildcards' values."""

    operation: Operation
    hit: Hit


def reached(service: Service, request: RestRequest) -> Reached | None:
    """The operation that a call's verb and path lead to; None where none offers them.

    Raises:
        PathError: the path could be read as another one, or a header asks the service to do so.
    """
    if any(_overrides(name.lower()) for name, _ in request.headers):
        raise PathError("overriding-header")
    found = nearest(
        ((one, one.endpoints) for one in service.operations.values()), request.verb, segments_of(request.service_path)
    )
    return Reached(*found) if found else None


def _overrides(name: str) -> bool:
    """Whether a header makes another call of this one: CGI and its heirs (WSGI, PHP) read `X_Road_Client` for ours."""
    plain = name.replace("_", "-")
    return plain in OVERRIDING or (plain != name and plain.startswith("x-road-"))


def question(hit: Hit, query: str | None, payload: bytes) -> tuple[dict[str, object], bytes]:
    """The question of a shaped service, as a value and as the bytes that are sealed.

    `path` holds the wildcards by number, `query` the parameters (a list where a name repeats), `json` the body; each
    only where there is something.

    Raises:
        ProblemError: 303, query or body cannot be read in one way only.
    """
    value: dict[str, object] = {}
    if hit.caught:
        value["path"] = {str(number): text for number, text in enumerate(hit.caught)}
    if query:
        value["query"] = _fields(query)
    if payload:
        value["json"] = _json(payload)
    try:
        return value, orjson.dumps(value)
    except TypeError:
        raise problem(Code.BODY_MALFORMED, rule="too-deep", place="/json") from None


def must_agree(
    snapshot: Snapshot, envelope: Envelope, service: Service, parts: tuple[Carried, ...], now_ms: int
) -> None:
    """Refuse a question whose X-Road message says something else than its envelope and body.

    A question without a message says nothing else.

    Raises:
        ProblemError: 303, the message cannot be read or differs, with the rule that it breaks.
    """
    by_id = {part.id: part for part in parts}
    if XROAD not in by_id:
        return
    request = _message(by_id[XROAD])
    try:
        _must_lead(snapshot, envelope, service, request, now_ms)
        found = reached(service, request)
    except (IdError, PathError, RestMessageError) as error:
        raise _differs(error.rule) from error
    if found is None or found.operation.name != envelope.operation:
        raise _differs("xroad-operation")
    if found.operation.question is None:
        return
    payload = by_id[PAYLOAD].data if PAYLOAD in by_id else b""
    if question(found.hit, request.query, payload)[1] != by_id[BODY].data:
        raise _differs("xroad-derived")


def _message(part: Carried) -> RestRequest:
    try:
        request = parse(part.data)
    except RestMessageError as error:
        raise _differs(error.rule) from error
    if part.media_type != REQUEST_TYPE or not isinstance(request, RestRequest):
        raise _differs("xroad-request")
    return request


def _must_lead(snapshot: Snapshot, envelope: Envelope, service: Service, request: RestRequest, now_ms: int) -> None:
    named = request.service
    found = snapshot.xroad.rest(named.client.text, named.code)
    if found is None or found.id != service.id:
        raise _differs("xroad-service")
    names = [name.lower() for name, _ in request.headers]
    if any(names.count(name) > 1 for name in SINGLE):
        raise _differs("xroad-repeated")
    must_be_client(snapshot, envelope.consumer, request.last(CLIENT), now_ms)
    officer = envelope.officer.id if envelope.officer else None
    if (request.last(USER_ID) or None) != officer:
        raise _differs("xroad-user")


def must_be_client(snapshot: Snapshot, consumer: Party | None, client: str | None, now_ms: int) -> None:
    """Refuse a message whose client is not the envelope's consumer.

    Args:
        snapshot: the registry of now.
        consumer: as sealed.
        client: as the message has it, percent-encoded.
        now_ms: now.

    Raises:
        ProblemError: 303, `xroad-client`.
        IdError: it is no identifier.
    """
    who = snapshot.xroad.client(client_of(client or "").text, now_ms)
    if who is None or consumer is None or (who.agency, who.system) != (consumer.agency, consumer.system):
        raise _differs("xroad-client")


def _differs(rule: str) -> ProblemError:
    return problem(Code.BODY_MALFORMED, rule=rule, place="/parts")


def _fields(query: str) -> dict[str, object]:
    try:
        pairs = parse_qsl(query, keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS)
    except ValueError:
        raise problem(Code.BODY_MALFORMED, rule="query", place="/query") from None
    found: dict[str, object] = {}
    for name, text in pairs:
        earlier = found.get(name)
        if isinstance(earlier, list):
            earlier.append(text)
        else:
            found[name] = text if earlier is None else [earlier, text]
    return found


def _json(payload: bytes) -> object:
    try:
        return read(payload)
    except JsonError as error:
        raise problem(Code.BODY_MALFORMED, rule=error.rule, place="/json") from error
