"""The question that a SOAP call is: the body's one child as XML of its own; and whether a message is what it says.

Promises: the same message gives the same bytes at every node (canonical XML), so the provider's node derives again and
refuses a difference: what a schema judged and what the system is sent are one. A message that names another service,
operation, client or user than the envelope does is refused, be its body judged or not.
Leaves out REST (`bus.xroad.derive`) and MIME (`schemas.xroad.posted`).
Source: Canonical XML 1.0; PR-MESS 4.0 §2.2-2.3.
"""

from __future__ import annotations

import re
from typing import Final

from lxml import etree

from bus import shapes
from bus.xroad.derive import must_be_client
from registry.catalogue import Operation, Service
from registry.snapshot import Snapshot
from registry.xroad import XRoadBook
from schemas.envelope import Envelope
from schemas.parts import BODY, PAYLOAD, XROAD, Carried
from schemas.problems import Code, ProblemError, problem
from schemas.xml import Element
from schemas.xroad.codes import Word, snake
from schemas.xroad.ids import ServiceId
from schemas.xroad.posted import TEXT_XML, action_of
from schemas.xroad.soap import Message, SoapError, read_request

_ENDING: Final = re.compile(r"[/#:]")
MEDIA_TYPE: Final = shapes.XML
"""Of the body of a shaped service."""


def question(wrapper: Element) -> bytes:
    """The body of a shaped service's question or answer: every namespace in scope is declared in it.

    Names in values (`xsi:type="xs:date"`) keep their meaning, and a canonical form has one spelling.

    Raises:
        SoapError: it has no canonical form (a namespace that is no absolute URI).
    """
    try:
        return etree.tostring(wrapper, method="c14n", with_tail=False)
    except etree.C14NError:
        raise SoapError(Word.INVALID_XML, "Malformed XML: a namespace is no absolute URI") from None


def reached(book: XRoadBook, named: ServiceId) -> tuple[Service, Operation] | None:
    """The operation that X-Road calls this service; the registry's dot ends a code, so none has one.

    Else `a.b` in version `c` and `a` in version `b.c` would be one operation here, and two at the service.
    """
    return None if "." in named.code else book.soap(named.client.text, named.code, named.version)


def acts_as_another(book: XRoadBook, named: ServiceId, soap_action: str | None) -> bool:
    """Whether the SOAPAction ends in the code of another SOAP service of the same subsystem.

    Some services do what it says, and not what the body says: who was let in by the one is not served by the other.
    """
    acts = _ENDING.split((soap_action or "").strip('"'))[-1].casefold()
    if acts == named.code.casefold():
        return False
    codes = (
        (operation.xroad or "").partition(".")[0].casefold()
        for service in book.services(named.client.text)
        for operation in service.operations.values()
        if service.xroad is not None and service.xroad.protocol == "soap"
    )
    return bool(acts) and acts in codes


def must_agree(
    snapshot: Snapshot, envelope: Envelope, service: Service, parts: tuple[Carried, ...], now_ms: int
) -> None:
    """Refuse a question whose SOAP message says something else than its envelope and body.

    A shaped question without message or payload says nothing else; an opaque body is always a message.

    Raises:
        ProblemError: 303, the message cannot be read or differs, with the rule that it breaks.
    """
    by_id = {part.id: part for part in parts}
    shaped = not service.opaque
    if shaped and XROAD not in by_id and PAYLOAD not in by_id:
        return
    if shaped and not {XROAD, PAYLOAD} <= by_id.keys():
        raise _differs("xroad-parts")
    part = by_id[PAYLOAD if shaped else BODY]
    if part.media_type != TEXT_XML:
        raise _differs("xroad-media-type")
    try:
        message = read_request(part.data)
        _must_lead(snapshot, envelope, service, message, now_ms)
        action = action_of(by_id[XROAD]) if XROAD in by_id else None
        if acts_as_another(snapshot.xroad, message.header.service, action):
            raise _differs("xroad-action")
        if shaped and question(message.wrapper) != by_id[BODY].data:
            raise _differs("xroad-derived")
    except SoapError as error:
        raise _differs(f"xroad-{snake(error.word).replace('_', '-')}") from error


def _must_lead(snapshot: Snapshot, envelope: Envelope, service: Service, message: Message, now_ms: int) -> None:
    header = message.header
    found = reached(snapshot.xroad, header.service)
    if found is None or found[0].id != service.id:
        raise _differs("xroad-service")
    if found[1].name != envelope.operation:
        raise _differs("xroad-operation")
    must_be_client(snapshot, envelope.consumer, header.client.encoded, now_ms)
    officer = envelope.officer.id if envelope.officer else None
    if (header.user_id or None) != officer:
        raise _differs("xroad-user")


def _differs(rule: str) -> ProblemError:
    return problem(Code.BODY_MALFORMED, rule=rule, place="/parts")
