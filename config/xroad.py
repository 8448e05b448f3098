"""Settings of a node's X-Road face: where clients of an X-Road security server reach it, and who may speak as whom.

Promises and limits as in ``config.model``. Leaves out which services X-Road's callers find: the registry says that.
"""

from collections import Counter
from ipaddress import IPv4Network, IPv6Network
from typing import Annotated, Final, Literal, Self

from pydantic import Field, StringConstraints, field_validator, model_validator

from config.model import Endpoint, FilePath, Name, SecretPath, Settings

_PART: Final = r"[^\u0000-\u0020\u007f-\u00a0/\\%:;]{1,80}"
Identifier = Annotated[str, StringConstraints(pattern=rf"^{_PART}/{_PART}/{_PART}(/{_PART})?$")]
"""``INSTANCE/CLASS/MEMBER`` or ``INSTANCE/CLASS/MEMBER/SUBSYSTEM``, decoded."""


class XRoadClientSettings(Settings):
    """One X-Road client of this node."""

    id: Identifier
    """The client as ``X-Road-Client`` names it, decoded; the registry says which system that is."""
    networks: tuple[str, ...] = Field(default=(), max_length=100)
    """Networks (``10.1.2.0/24``) from which it may speak without an API key or a certificate; none by default."""
    purpose: Name | None = None
    """The purpose of its calls, where its agreements allow several."""

    @field_validator("networks")
    @classmethod
    def _are_networks(cls, networks: tuple[str, ...]) -> tuple[str, ...]:
        for one in networks:
            network_of(one)
        return networks


class XRoadTls(Settings):
    """TLS of the face: a client may show a certificate instead of an API key."""

    certificate: FilePath
    """PEM file: the face's certificate, then its issuers' up to the anchor."""
    key: SecretPath
    """PEM file: the private key of that certificate."""
    anchors: tuple[FilePath, ...] = ()
    """PEM files: the roots that a client's certificate must lead to; without any, no certificate is asked for."""


class XRoadSettings(Settings):
    """The face to clients that speak X-Road (docs/xroad.md)."""

    listen: Endpoint = "127.0.0.1:8580"
    """Where they reach the node: the port that they know as their security server's."""
    tls: XRoadTls | None = None
    """TLS; none is for loopback, a network that nobody else is on, or a proxy in front."""
    error_style: Literal["camel", "snake"] = "camel"
    """How error codes are spelled: "camel" as X-Road up to 7.7, "snake" as from 7.8 on."""
    api_key_header: Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9-]{0,39}$")] = "X-Api-Key"
    """The header that holds this node's API key; it goes no further."""
    server_code: Annotated[str, StringConstraints(pattern=rf"^{_PART}$")] = "node"
    """What this node is called where X-Road names a security server (``securityServer``, shared parameters)."""
    clients: tuple[XRoadClientSettings, ...] = ()
    """Clients with networks or a purpose of their own; whoever shows a key or a certificate need not be listed."""
    max_body_bytes: int = Field(default=4_194_304, ge=1_024, le=268_435_456)
    """Largest payload of a call, in bytes."""
    max_memory_bytes: int = Field(default=1_048_576, ge=1_024, le=268_435_456)
    """How much of a payload is held in memory while it is received, in bytes; what is over waits in a file."""
    timeout_ms: int = Field(default=60_000, ge=100, le=300_000)
    """How long an answer is waited for, in milliseconds; an operation's own limit counts too."""
    max_in_flight: int = Field(default=256, ge=1, le=100_000)
    """Calls that one agency's clients may have under way at once."""

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        twice = [name for name, count in Counter(one.id for one in self.clients).items() if count > 1]
        if twice:
            raise ValueError(f"client {twice[0]} is set twice")
        return self


def network_of(text: str) -> IPv4Network | IPv6Network:
    """A network as written; host bits must be zero.

    Raises:
        ValueError: it is none.
    """
    try:
        return IPv6Network(text) if ":" in text else IPv4Network(text)
    except ValueError:
        raise ValueError("a network is written 10.1.2.0/24 or fd00:1::/64, without host bits") from None
