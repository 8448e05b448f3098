"""Settings of kind `xroad-bridge`: the security server, who we are in its X-Road, and a service per operation.

Promises: a wrong identifier, an unknown fact and a header that is X-Road's own are named by their place.
Leaves out: files (TLS, WSDL), which are read at start.
"""

from __future__ import annotations

import re
import uuid
from typing import Annotated, Final, Literal, TypeAlias

from pydantic import Field, model_validator

from adapters.http import BaseUrl
from adapters.http_places import HttpOperation
from adapters.operation import Fact, Faults, Operation, Settings, Strict, Texts, fact_of
from adapters.port import PeerError, PeerFault, Query
from adapters.surroundings import TlsFiles
from adapters.xroad_bridge_named import ClientName, Named, RestServiceName, ServerName, SoapServiceName
from schemas.xroad import ids

CONSUMER: Final = "{consumer}"
_ELEMENT: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.\-]{0,99}")
MaybeFact: TypeAlias = Fact | Literal["none"]


class RestCall(HttpOperation):
    """One operation of a REST service; `path` is what stands behind the service code, with its slash."""

    protocol: Literal["rest"]
    service: RestServiceName
    path: str = ""

    @model_validator(mode="after")
    def _check_headers(self) -> RestCall:
        for field in self.question:
            if field.to.lower().startswith("header.x-road-"):
                raise ValueError(f"{field.to}: X-Road's own headers are written by the adapter")
        return self


class SoapCall(Operation):
    """One operation of a SOAP service: a question's targets are element names below the body's element, in order."""

    protocol: Literal["soap"]
    service: SoapServiceName
    namespace: str = Field(min_length=1, max_length=1000)
    qualified: bool = True
    """Whether the elements below the body's own stand in the namespace too (`elementFormDefault`)."""
    action: str = Field(default="", pattern=r"^[!#-~]{0,1000}$")
    fault_codes: Texts = ("MaLoi", "ErrorCode", "errorCode", "code", "Code")
    """Names of elements in a fault's detail that hold the service's own code."""
    wsdl: str | None = None
    """A local file; with it, what goes out and what comes in obeys its types."""

    @model_validator(mode="after")
    def _check_names(self) -> SoapCall:
        for field in self.question:
            if not all(_ELEMENT.fullmatch(step) for step in field.to.split(".")):
                raise ValueError(f"{field.to}: element names joined by dots")
        return self


class RelayCall(Strict):
    """One operation of an opaque service: REST calls of X-Road's go on into the other X-Road as they came."""

    protocol: Literal["relay"]
    service: RestServiceName
    safe: bool = False
    """As of other operations: it may be retried. The registry must say the same."""
    faults: Faults = Field(default_factory=dict)
    """X-Road's own codes, before the common table; the service's own errors pass."""


class BridgeSettings(Settings):
    """Settings of kind `xroad-bridge`."""

    server: BaseUrl
    client: ClientName
    security_server: ServerName | None = None
    user_id: MaybeFact = "officer.id"
    issue: MaybeFact = "none"
    represented_party: str | None = None
    """`CODE` or `CLASS/CODE`; `{consumer}` in it stands for the asking agency's code."""
    check_request_hash: bool = True
    tls: TlsFiles | None = None
    media_types: Texts = ()
    statuses: Faults = Field(default_factory=dict)
    operations: dict[str, Annotated[RestCall | SoapCall | RelayCall, Field(discriminator="protocol")]] = Field(
        min_length=1
    )

    @model_validator(mode="after")
    def _check_party(self) -> BridgeSettings:
        if self.represented_party is not None:
            try:
                ids.party_of(self.represented_party.replace(CONSUMER, "X"))
            except ids.IdError as error:
                raise ValueError(f"represented_party: CODE or CLASS/CODE ({error})") from None
        return self

    def named(self, service: ids.ServiceId, query: Query) -> Named:
        """What X-Road's headers say of one question.

        Raises:
            PeerError: bad-question; the asking agency's code is none that X-Road can name.
        """
        return Named(
            id=f"{self.client.instance}-{query.request_id or uuid.uuid4()}",
            client=self.client,
            service=service,
            security_server=self.security_server,
            user_id=_fact(self.user_id, query),
            issue=_fact(self.issue, query),
            represented=self._party(query),
        )

    def _party(self, query: Query) -> ids.Party | None:
        if self.represented_party is None:
            return None
        try:
            found = ids.party_of(self.represented_party.replace(CONSUMER, ids.encode((query.consumer,))))
        except ids.IdError:
            raise PeerError(PeerFault.BAD_QUESTION, rule="represented-party", at="consumer") from None
        return found


def _fact(name: MaybeFact, query: Query) -> str | None:
    return None if name == "none" else fact_of(query, name)
