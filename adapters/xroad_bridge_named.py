"""Who asks whom over X-Road, and in whose name; and identifiers as settings write them.

Promises: an identifier in a settings file has its parts percent-decoded one by one, or is refused there.
Leaves out: how headers write them, in REST (`adapters.xroad_bridge`) and in SOAP (`adapters.xroad_bridge_soap`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Final, TypeAlias, TypeVar

from pydantic import PlainValidator

from schemas.xroad import ids
from schemas.xroad.ids import ClientId, Party, ServerId, ServiceId

T = TypeVar("T")
_SERVICE: Final = 5


@dataclass(frozen=True, slots=True)
class Named:
    """Who asks whom, and in whose name: what X-Road's headers say of a request."""

    id: str
    client: ClientId
    service: ServiceId
    security_server: ServerId | None = None
    user_id: str | None = None
    issue: str | None = None
    represented: Party | None = None


def _read(form: str, parse: Callable[[str], T]) -> Callable[[object], T]:
    def read(value: object) -> T:
        if not isinstance(value, str):
            raise ValueError(f"an identifier is text: {form}")  # noqa: TRY004 - pydantic takes a ValueError
        try:
            return parse(value)
        except ids.IdError as error:
            raise ValueError(f"not of the form {form} ({error})") from None

    return read


def _service(value: str) -> ServiceId:
    *service, version = value.split("/")
    if len(service) < _SERVICE:
        return ids.service_of(value)
    return ids.service_of("/".join(service))._replace(version=ids.decode(version, _SERVICE))


ClientName: TypeAlias = Annotated[
    ClientId, PlainValidator(_read("INSTANCE/CLASS/MEMBER/SUBSYSTEM", ids.client_of), json_schema_input_type=str)
]
ServerName: TypeAlias = Annotated[
    ServerId, PlainValidator(_read("INSTANCE/CLASS/MEMBER/SERVER", ids.server_of), json_schema_input_type=str)
]
RestServiceName: TypeAlias = Annotated[
    ServiceId,
    PlainValidator(_read("INSTANCE/CLASS/MEMBER/SUBSYSTEM/code", ids.service_of), json_schema_input_type=str),
]
SoapServiceName: TypeAlias = Annotated[
    ServiceId,
    PlainValidator(_read("INSTANCE/CLASS/MEMBER/SUBSYSTEM/code[/version]", _service), json_schema_input_type=str),
]
