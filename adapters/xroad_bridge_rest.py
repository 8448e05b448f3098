"""X-Road's headers of the bridge's REST requests, and whether a reply answers one of them.

Promises: what goes into a header is ASCII that can be printed; the digest is of the request as our security server
wrote it down, with the id that it gave it. Leaves out: moving bytes.
Source: X-Road 7, message protocol for REST (PR-REST).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from hashlib import sha512

from adapters.port import PeerError, PeerFault
from adapters.xroad_bridge_named import Named
from schemas.xroad import ids, rest
from schemas.xroad.rest import Header


def xroad_headers(named: Named) -> dict[str, str]:
    """The headers that name client, message, user, issue, security server and represented party.

    Raises:
        PeerError: bad-question; a value cannot stand in a header.
    """
    given = {
        "X-Road-Client": named.client.encoded,
        "X-Road-Id": named.id,
        "X-Road-UserId": named.user_id,
        "X-Road-Issue": named.issue,
        "X-Road-Security-Server": None if named.security_server is None else ids.encode(named.security_server),
        "X-Road-Represented-Party": None if named.represented is None else ids.encode(named.represented),
    }
    headers: dict[str, str] = {}
    for name, value in given.items():
        if value is not None:
            if not value.isascii() or not value.isprintable():
                raise PeerError(PeerFault.BAD_QUESTION, rule="header-value", at=f"header.{name}")
            headers[name] = value
    return headers


def mistake_in(said: Mapping[str, str], named: Named, digest: str | None, *, check_hash: bool) -> str | None:
    """What in a reply's headers does not belong to the request, as a rule; None when all does.

    Args:
        said: the reply's headers by name in small letters.
        named: what the request said.
        digest: of the request; None where it could not be made.
        check_hash: whether the reply's digest must be there and right.
    """
    try:
        client = ids.client_of(said.get(rest.CLIENT, ""))
        service = ids.service_of(said.get(rest.SERVICE, ""))
    except ids.IdError:
        return "x-road-header"
    if (said.get(rest.ID), client, service) != (named.id, named.client, named.service):
        return "x-road-header"
    if check_hash and (digest is None or said.get(rest.REQUEST_HASH) != digest):
        return "x-road-request-hash"
    return None


def digest_of(
    verb: str, target: str, headers: Iterable[Header], body: bytes | None, said: Mapping[str, str]
) -> str | None:
    """The digest of a request as the security server wrote it down; None where it can be none.

    Args:
        verb: of the request.
        target: path and query as they were sent.
        headers: as they were sent, in order.
        body: as it was sent.
        said: the reply's headers: they tell the id that the server gave the request.
    """
    try:
        request = rest.request_of(verb, target, headers, request_id=said.get(rest.REQUEST_ID, ""), message_id="")
    except rest.RestMessageError:
        return None
    return rest.request_hash(request.message, sha512(body).digest() if body else None)
