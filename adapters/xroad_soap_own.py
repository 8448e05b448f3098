"""A message of X-Road's for a question that came without one: from a dossier, from a system that speaks plain HTTP.

Promises: the question that a schema judged is the one child of the body; what the header says of user, issue and the
agency that is represented is what the question says. Leaves out posting it (`adapters.xroad_soap`).
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Self

from lxml import etree
from pydantic import model_validator

from adapters.operation import Strict
from adapters.port import PeerError, PeerFault, Query
from adapters.xroad_bridge_named import ClientName
from schemas.xml import XmlError, parse
from schemas.xroad import ids, splicing
from schemas.xroad.posted import TEXT_XML_UTF8, Posted
from schemas.xroad.soap import Header

if TYPE_CHECKING:
    from schemas.xroad.ids import Party, ServiceId

CONSUMER = "{consumer}"


class OwnCaller(Strict):
    """In whose name such questions go."""

    client: ClientName
    """The X-Road client that the service knows us as."""
    represented_party: str | None = None
    """`CODE` or `CLASS/CODE`; `{consumer}` in it stands for the asking agency's code."""

    @model_validator(mode="after")
    def _check_party(self) -> Self:
        if self.represented_party is not None:
            try:
                ids.party_of(self.represented_party.replace(CONSUMER, "X"))
            except ids.IdError as error:
                raise ValueError(f"represented_party: CODE or CLASS/CODE ({error})") from None
        return self


def message_of(caller: OwnCaller, service: ServiceId, query: Query) -> Posted:
    """What is posted for a shaped question.

    Raises:
        PeerError: bad-question; its body is no XML, or the asking agency's code is none that X-Road can name.
    """
    header = Header(
        client=caller.client,
        service=service,
        id=f"{caller.client.instance}-{query.request_id or uuid.uuid4()}",
        protocol_version="4.0",
        user_id=query.officer.id if query.officer else None,
        issue=query.dossier,
        represented_party=party_of(caller, query),
    )
    return Posted(TEXT_XML_UTF8, '""', splicing.request_of(header, _wrapper(query)))


def _wrapper(query: Query) -> bytes:
    data = query.parts[0].data if query.parts else str(query.body.get("xml", "")).encode()
    try:
        return etree.tostring(parse(data), encoding="utf-8", xml_declaration=False)
    except XmlError:
        raise PeerError(PeerFault.BAD_QUESTION, rule="xml") from None


def party_of(caller: OwnCaller, query: Query) -> Party | None:
    """Whom such a question stands for, by the settings."""
    if caller.represented_party is None:
        return None
    try:
        return ids.party_of(caller.represented_party.replace(CONSUMER, ids.encode((query.consumer,))))
    except ids.IdError:
        raise PeerError(PeerFault.BAD_QUESTION, rule="represented-party", at="consumer") from None
