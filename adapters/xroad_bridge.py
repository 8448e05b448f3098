"""Services of a real X-Road: our node is a client of a security server and asks through it, in REST or SOAP.

A question is put by a field map, or, of an opaque service, a client's own REST call is relayed.

Promises: a request carries X-Road's headers as its protocols have them; a reply is read only when it says that it
answers this very request (message id, client, service, and the digest of the request as it was sent); an error of
X-Road itself, in either spelling, is never taken for one of the service, nor the other way round.
Leaves out: attachments, and judging what the security servers signed (`GET /asic` there has the evidence).
Source: X-Road 7, message protocols for REST (PR-REST) and SOAP 4.0 (PR-MESS).
"""

from __future__ import annotations

from typing import ClassVar, Final

import structlog

from adapters.http import Request, sent_headers
from adapters.http_places import written as rest_request
from adapters.http_replies import as_json, refusal
from adapters.operation import Courier, Operation
from adapters.port import Adapter, Found, PeerError, PeerFault, Probe, Query, Reach
from adapters.surroundings import Surroundings
from adapters.xroad_bridge_faults import is_own, peer_error, spellings
from adapters.xroad_bridge_named import Named
from adapters.xroad_bridge_relay import RefusedError, relayed
from adapters.xroad_bridge_rest import digest_of, mistake_in, xroad_headers
from adapters.xroad_bridge_settings import BridgeSettings, RelayCall, RestCall, SoapCall
from adapters.xroad_bridge_soap import SoapPeer, clients_in
from adapters.xroad_rest import RawPipe
from schemas.xml import XmlError, XmlLimits, parse
from schemas.xroad import rest

log = structlog.get_logger(__name__)
_OK: Final = 200


class XRoadBridge(Adapter):
    """Asks services of X-Road through a security server."""

    kind: ClassVar[str] = "xroad-bridge"

    def __init__(self, settings: BridgeSettings, surroundings: Surroundings | None = None) -> None:
        super().__init__(settings.bounds)
        self._settings = settings
        self._surroundings = surroundings or Surroundings()
        declared = {name: op for name, op in settings.operations.items() if isinstance(op, Operation)}
        self._couriers = {name: Courier(op, settings.faults) for name, op in declared.items()}
        self._pipe = RawPipe(
            settings.server, settings.max_concurrency, settings.max_answer_bytes, settings.connect_timeout_s
        )
        self._soap: dict[str, SoapPeer] = {}

    @property
    def operations(self) -> frozenset[str]:
        """The operations declared."""
        return frozenset(self._settings.operations)

    async def start(self) -> None:
        """Read secrets and local WSDL files, open the pool; no request is sent yet."""
        settings, surroundings = self._settings, self._surroundings
        for courier in self._couriers.values():
            courier.read_secrets(settings, surroundings.secrets)
        limits = XmlLimits(max_bytes=settings.max_answer_bytes)
        calls = {name: op for name, op in settings.operations.items() if isinstance(op, SoapCall)}
        self._soap = {name: SoapPeer(op, surroundings.folder, limits) for name, op in calls.items()}
        await self._pipe.start(None if settings.tls is None else surroundings.tls(settings.tls))

    async def close(self) -> None:
        """Close the pool."""
        await self._pipe.close()

    async def _ask(self, query: Query) -> Found:
        operation = self._settings.operations[query.operation]
        named = self._settings.named(operation.service, query)
        if isinstance(operation, RelayCall):
            return await self._relay(operation, named, query)
        courier = self._couriers[query.operation]
        if isinstance(operation, RestCall):
            return await self._ask_rest(operation, courier, named, query)
        return await self._ask_soap(operation, courier, named, query)

    async def _relay(self, call: RelayCall, named: Named, query: Query) -> Found:
        try:
            return await relayed(self._pipe, named, query, check_hash=self._settings.check_request_hash)
        except RefusedError as refused:
            faults = {**self._settings.faults, **call.faults}
            _log(refused.code)
            declared = next((one for one in spellings(refused.code) if one in faults), None)
            meant = peer_error(refused.code)
            if declared is None:
                raise meant from None
            raise PeerError(faults[declared], peer_code=declared, outcome_known=meant.outcome_known) from None

    async def _ask_rest(self, call: RestCall, courier: Courier, named: Named, query: Query) -> Found:
        # ① the request, or bad-question with nothing sent
        base = f"{self._pipe.base_url}/r1/{named.service.encoded}"
        asked = rest_request(base, call, courier.request(query))
        headers = {**asked.headers, "Accept": "application/json", **xroad_headers(named)}
        sent = Request(asked.method, asked.url, headers, asked.body)
        # ② the reply
        reply = await self._pipe.move(sent)
        # ③ X-Road's own refusal
        if rest.ERROR in reply.headers:
            return _refused(courier, reply.headers[rest.ERROR])
        # ④ does it answer this request
        check_hash = self._settings.check_request_hash
        target = sent.url.removeprefix(self._pipe.base_url)
        digest = digest_of(sent.method, target, sent_headers(sent).items(), sent.body, reply.headers)
        if mistake := mistake_in(reply.headers, named, digest, check_hash=check_hash):
            raise PeerError(PeerFault.BAD_ANSWER, rule=mistake)
        # ⑤ the service's refusal, then its answer
        if not reply.is_success:
            return refusal(courier, {**self._settings.statuses, **call.statuses}, reply)
        return courier.found(as_json(reply, self._settings.media_types), query)

    async def _ask_soap(self, call: SoapCall, courier: Courier, named: Named, query: Query) -> Found:
        if query.operation not in self._soap:
            raise PeerError(PeerFault.UNREACHABLE, rule="not-started", retry=False)
        peer = self._soap[query.operation]
        # ① the request, or bad-question with nothing sent
        body = peer.request(named, courier.request(query))
        headers = {"Content-Type": "text/xml; charset=UTF-8", "SOAPAction": f'"{call.action}"'}
        # ② the reply
        reply = await self._pipe.move(Request("POST", self._pipe.base_url + "/", headers, body))
        # ③ a fault, X-Road's or the service's: HTTP says 200 all the same
        envelope = peer.envelope(reply)
        refused = peer.refused(envelope, courier)
        if refused is not None:
            return _refused(courier, refused) if isinstance(refused, str) else refused
        # ④ does it answer this request ⑤ the answer
        return courier.found(peer.answer(envelope, body, check_hash=self._settings.check_request_hash), query)

    async def _probe(self) -> Probe:
        """Ask for X-Road's members, and look for ourselves among them."""
        reply = await self._pipe.move(Request("GET", f"{self._pipe.base_url}/listClients", {"Accept": "text/xml"}))
        client = self._settings.client
        if reply.status != _OK:
            return Probe(Reach.UNREACHABLE, f"/listClients: HTTP status {reply.status}")
        try:
            known = clients_in(parse(reply.body, XmlLimits(max_bytes=self._settings.max_answer_bytes)))
        except XmlError as error:
            return Probe(Reach.UNREACHABLE, f"/listClients: {error}")
        if client.text not in known:
            return Probe(Reach.UNREACHABLE, f"the security server knows no client {client.text}")
        return Probe(Reach.REACHABLE, f"security server with {len(known)} clients, {client.text} among them")


def _refused(courier: Courier, code: str) -> Found:
    """X-Road's own code: as the table of faults has it, whole or by its ending, else what X-Road means by it."""
    _log(code)
    declared = next((one for one in spellings(code) if courier.knows(one)), None)
    meant = peer_error(code)
    if declared is None:
        raise meant
    try:
        return courier.refused(declared)
    except PeerError as error:  # the reason is the table's; whether anything was done, X-Road's own
        raise PeerError(error.kind, peer_code=declared, outcome_known=meant.outcome_known) from None


def _log(code: str) -> None:
    log.warning("security-server-refused", code=code if is_own(code) else "")
