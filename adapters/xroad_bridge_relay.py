"""REST calls of X-Road's that pass through the bus into another X-Road: for opaque services, byte for byte.

Promises: verb, path below the service, query, headers and body go on as they came, X-Road's own headers in the name of
the bridge; the reply comes back as the service gave it, when it answers this very request.
Leaves out: SOAP, whose messages name client and service inside; services that a schema judges (`protocol = "rest"`).
Source: X-Road 7, message protocol for REST.
"""

from __future__ import annotations

import asyncio
from hashlib import sha512
from typing import Final

from adapters.port import Found, PeerError, PeerFault, Query
from adapters.xroad_bridge_named import Named
from adapters.xroad_bridge_rest import digest_of, mistake_in, xroad_headers
from adapters.xroad_rest import BODY_VERBS, RawPipe
from schemas.parts import BODY, PAYLOAD, XROAD, Carried
from schemas.xroad import rest
from schemas.xroad.paths import PathError, segments_of
from schemas.xroad.rest import Header, RestMessageError, RestRequest

_REPLACED: Final = frozenset(
    {rest.CLIENT, rest.ID, rest.SECURITY_SERVER, rest.REPRESENTED_PARTY, rest.REQUEST_ID, rest.REQUEST_HASH}
)
"""What the message said of its own X-Road."""


class RefusedError(Exception):
    """X-Road's own refusal; `code` is what `X-Road-Error` says."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


async def relayed(pipe: RawPipe, named: Named, query: Query, *, check_hash: bool) -> Found:
    """Pass one call on.

    Args:
        pipe: to the security server.
        named: who asks whom in the other X-Road.
        query: with the call's message and payload.
        check_hash: whether the reply's digest must be there and right.

    Raises:
        RefusedError: X-Road's own refusal.
        PeerError: there is no call to pass on, no reply, or one to another request.
    """
    # ① the call, judged as if nobody had
    message, payload = _came(query)
    # ② in the bridge's own name
    headers = _headers(message, named)
    target = f"/r1/{named.service.encoded}{message.service_path}" + (
        "" if message.query is None else f"?{message.query}"
    )
    body = payload if message.verb in BODY_VERBS else None
    reply = await pipe.relay(message.verb, pipe.base_url + target, headers, body)
    # ③ X-Road's own refusal, or a reply to another request
    said = {name.lower(): value for name, value in reply.headers}
    if rest.ERROR in said:
        raise RefusedError(said[rest.ERROR])
    digest = await asyncio.to_thread(digest_of, message.verb, target, headers, body, said) if check_hash else None
    if mistake := mistake_in(said, named, digest, check_hash=check_hash):
        raise PeerError(PeerFault.BAD_ANSWER, rule=mistake)
    # ④ the answer, under the message that our own client sent
    try:
        answered = rest.response_of(
            reply.status,
            reply.reason,
            reply.headers,
            request=message,
            body_digest=await asyncio.to_thread(lambda: sha512(payload).digest()) if payload else None,
        )
    except RestMessageError as error:
        raise PeerError(PeerFault.BAD_ANSWER, rule=error.rule) from None
    media_type = rest.media_type_of(answered.last("content-type"))
    return Found(parts=(Carried(BODY, media_type, reply.body), Carried(XROAD, rest.RESPONSE_TYPE, answered.message)))


def _came(query: Query) -> tuple[RestRequest, bytes]:
    parts = {part.id: part for part in query.parts}
    if query.fields or PAYLOAD in parts or XROAD not in parts or parts[XROAD].media_type != rest.REQUEST_TYPE:
        raise PeerError(PeerFault.BAD_QUESTION, rule="xroad-message")
    try:
        message = rest.parse(parts[XROAD].data)
        if not isinstance(message, RestRequest):
            raise PeerError(PeerFault.BAD_QUESTION, rule="xroad-message")
        segments_of(message.service_path)
    except (RestMessageError, PathError) as error:
        raise PeerError(PeerFault.BAD_QUESTION, rule=error.rule) from None
    return message, parts[BODY].data


def _headers(message: RestRequest, named: Named) -> tuple[Header, ...]:
    own = xroad_headers(named)
    kept = tuple(one for one in message.headers if one[0].lower() not in _REPLACED)
    there = {name.lower() for name, _ in kept}
    return (*kept, *((name, value) for name, value in own.items() if name.lower() not in there))
