"""Answers of X-Road's SOAP protocol as bytes: a request's hash put into an answer, a request's header put over a body.

Promises: of an answer that came, no byte changes but for the one field that is taken out and put in; a header that is
repeated is the request's own bytes, in its order, with its prefixes.
Source: PR-MESS 4.0 §2.2: the provider's server puts `requestHash` in and replaces one that is there; an answer repeats
all header fields of its request in the same sequence with the same values. The prefix `SOAP-ENV` is what clients of
X-Road look for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import takewhile
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from schemas.xml import Element
from schemas.xroad.soap import IDENTIFIERS, REPRESENTATION, SOAP, XROAD, Header, Message, RequestHash, request_hash
from schemas.xroad.tags import Tag, closed

PREFIX: Final = "SOAP-ENV"
DECLARATION: Final = b'<?xml version="1.0" encoding="UTF-8"?>'
_CODES: Final = (
    "xRoadInstance", "memberClass", "memberCode", "subsystemCode", "serviceCode", "serviceVersion", "serverCode",
)  # fmt: skip
_FIELD_DEPTH: Final = 2
_BLANKS: Final = b" \t\r\n"


def with_hash(response: Message, request: bytes) -> bytes:
    """The answer with its request's hash behind `id`, where X-Road's own server puts it; one that came is replaced.

    Args:
        response: the service's answer.
        request: the exact bytes that it answers, or of the first MIME part.
    """
    data, header = response.data, response.root[0]
    fields = _fields(data)
    changes = [
        (_behind_the_one_before(data, field), field.end, b"")
        for field, element in zip(fields, header, strict=True)
        if element.tag == f"{{{XROAD}}}requestHash"
    ]
    for field, element in zip(fields, header, strict=True):
        if element.tag == f"{{{XROAD}}}id":
            before = data[_behind_the_one_before(data, field) : field.start]
            changes.append((field.end, field.end, before + _hash_field(element, header, request_hash(request))))
    for start, end, piece in sorted(changes, reverse=True):
        data = data[:start] + piece + data[end:]
    return data


def answer_to(request: Message, wrapper: bytes) -> bytes:
    """An answer of our own: the request's header repeated, its hash, and the one child of the body.

    Args:
        request: what is answered.
        wrapper: XML without declaration, every namespace that it uses declared in it.
    """
    header = request.root[0]
    envelope = f"{PREFIX}:Envelope xmlns:{PREFIX}={quoteattr(SOAP)}"
    prefix = PREFIX if header.nsmap.get(PREFIX, SOAP) == SOAP else "soap-header"
    spaces = "".join(_declaration(*one) for one in header.nsmap.items() if one[0] != prefix)
    own = "" if prefix == PREFIX else _declaration(prefix, SOAP)
    inner = _inner(request.data, with_hash(request, request.data))
    return b"".join(
        (
            DECLARATION,
            f"<{envelope}><{prefix}:Header{own}{spaces}>".encode(),
            inner,
            f"</{prefix}:Header><{PREFIX}:Body>".encode(),
            wrapper,
            f"</{PREFIX}:Body></{PREFIX}:Envelope>".encode(),
        )
    )


def request_of(header: Header, wrapper: bytes) -> bytes:
    """A request of our own.

    Args:
        header: its fields; a request hash is left out.
        wrapper: XML without declaration, every namespace that it uses declared in it.
    """
    spaces = {PREFIX: SOAP, "xrd": XROAD, "id": IDENTIFIERS, "repr": REPRESENTATION}
    declared = "".join(_declaration(*one) for one in spaces.items())
    return b"".join(
        (
            DECLARATION,
            f"<{PREFIX}:Envelope{declared}><{PREFIX}:Header>{''.join(_written(header))}</{PREFIX}:Header>".encode(),
            f"<{PREFIX}:Body>".encode() + wrapper + f"</{PREFIX}:Body></{PREFIX}:Envelope>".encode(),
        )
    )


def _written(header: Header) -> Iterator[str]:
    client, service = header.client, header.service
    yield _identifier("client", "SUBSYSTEM" if client.subsystem else "MEMBER", client)
    yield _identifier("service", "SERVICE", (*service.client, service.code, service.version))
    if header.security_server is not None:
        server = header.security_server
        yield _identifier("securityServer", "SERVER", (*server[:3], None, None, None, server.code))
    if header.represented_party is not None:
        party = zip(("partyClass", "partyCode"), header.represented_party, strict=True)
        yield f"<repr:representedParty>{_codes('repr', party)}</repr:representedParty>"
    texts = (("id", header.id), ("userId", header.user_id), ("issue", header.issue))
    yield _codes("xrd", (*texts, ("protocolVersion", header.protocol_version)))


def _identifier(name: str, kind: str, codes: tuple[str | None, ...]) -> str:
    inner = _codes("id", zip(_CODES, codes, strict=False))
    return f'<xrd:{name} id:objectType="{kind}">{inner}</xrd:{name}>'


def _codes(prefix: str, texts: Iterable[tuple[str, str | None]]) -> str:
    return "".join(f"<{prefix}:{name}>{escape(text)}</{prefix}:{name}>" for name, text in texts if text is not None)


def _inner(request: bytes, hashed: bytes) -> bytes:
    """What stands in the header of the request once its hash is in."""
    start = _header(request).inner
    return hashed[start : _header(hashed).close]


def _header(data: bytes) -> Tag:
    return next(tag for tag in closed(data, 1) if tag.depth == 1)


def _fields(data: bytes) -> list[Tag]:
    return list(takewhile(lambda tag: tag.depth == _FIELD_DEPTH, closed(data, _FIELD_DEPTH)))


def _behind_the_one_before(data: bytes, field: Tag) -> int:
    """Where the blanks begin that stand before a field."""
    return len(data[: field.start].rstrip(_BLANKS))


def _hash_field(id_field: Element, header: Element, said: RequestHash) -> bytes:
    """The field under the prefix that `id` has."""
    prefix = id_field.prefix
    name = f"{prefix}:requestHash" if prefix else "requestHash"
    declared = "" if header.nsmap.get(prefix) == XROAD else _declaration(prefix, XROAD)
    return f"<{name}{declared} algorithmId={quoteattr(said.algorithm)}>{said.digest}</{name}>".encode()


def _declaration(prefix: str | None, namespace: str | None) -> str:
    return f" xmlns{':' if prefix else ''}{prefix or ''}={quoteattr(namespace or '')}"
