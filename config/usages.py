"""Settings of the citizens' view: the e-ID issuer, what its tokens must say, what is shown when, how often.

Promises and limits as in ``config.model``.
"""

import re
from enum import StrEnum
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, StringConstraints, field_validator, model_validator

from config.model import AgencyId, Endpoint, FilePath, HttpUrl, Name, SecretPath, ServiceId, Settings

Claim = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_:./-]{0,199}$")]
Line = Annotated[str, StringConstraints(pattern=r"^[^\u0000-\u001f\u007f]{1,200}$")]
Level = Literal["low", "substantial", "high"]
LEVELS: dict[str, Level] = {
    "low": "low",
    "substantial": "substantial",
    "high": "high",
    "http://eidas.europa.eu/LoA/low": "low",
    "http://eidas.europa.eu/LoA/substantial": "substantial",
    "http://eidas.europa.eu/LoA/high": "high",
}
"""The words of Regulation (EU) 910/2014 art. 8, plain and as its nodes write them."""
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class Officers(StrEnum):
    """How much of the officer who asked a citizen is shown."""

    AGENCY = "agency"
    """The agency alone."""
    UNIT = "unit"
    """The officer's unit too."""
    ID = "id"
    """The officer's id too."""


class DelayedDisclosure(Settings):
    """A class of uses that the person sees only after some days. Every selector given must fit."""

    consumer: AgencyId | None = None
    """Who asks."""
    service: ServiceId | None = None
    """Which service is asked."""
    purpose: Name | None = None
    """The declared purpose."""
    agreement: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,79}$")] | None = None
    """The agreement under which it is asked."""
    looks: bool = False
    """Auditors' looks at the person, instead of questions."""
    days: int = Field(ge=1, le=3_650)
    """How long a use is held back, in days from the question."""
    basis: Line
    """The law that orders it; it is shown with the line once that is."""
    announced: bool = False
    """Whether everybody is told that there is this class; nobody is told whether it holds back something of theirs."""

    @model_validator(mode="after")
    def _selects_something(self) -> Self:
        named = (self.consumer, self.service, self.purpose, self.agreement)
        if not self.looks and not any(named):
            raise ValueError("name a consumer, a service, a purpose or an agreement, or looks = true")
        if self.looks and any((self.service, self.purpose, self.agreement)):
            raise ValueError("looks goes with a consumer or alone: an auditor's look has no service")
        return self


class PortalCertificate(Settings):
    """A portal that shows a certificate instead of a key."""

    portal: Name
    """The portal's name."""
    certificate: FilePath
    """PEM file with the certificate that it shows."""


class UsagesSettings(Settings):
    """Citizens seeing who asked about them: a process of its own that reads the search tables of `audit`."""

    listen: Endpoint
    """Where portals reach it."""
    certificate: FilePath | None = None
    """PEM file with its TLS certificate; none leaves TLS to a proxy before it."""
    key: SecretPath | None = None
    """PEM file with the certificate's key."""
    issuer: HttpUrl
    """The e-ID issuer, as its tokens name it (`iss`)."""
    key_set: FilePath | None = None
    """File with the issuer's keys (a JWK set); none fetches them."""
    key_set_url: HttpUrl | None = None
    """Where the issuer's keys are; none asks the issuer's own discovery document."""
    issuer_anchors: FilePath | None = None
    """PEM file of the certificates to trust when fetching; none trusts the machine's own."""
    key_set_seconds: int = Field(default=600, ge=10, le=86_400)
    """How long fetched keys are used before they are fetched anew, in seconds."""
    audiences: tuple[Line, ...] = Field(min_length=1, max_length=16)
    """What a token must be meant for: one of these in `aud`."""
    clients: tuple[Line, ...] = ()
    """Who may have asked for a token (`azp`, `client_id`): the portals, as the issuer knows them."""
    access_tokens: bool = False
    """Whether access tokens as JWT (RFC 9068) are taken beside ID tokens; they need a nonce like these."""
    subject_claim: Claim = "sub"
    """Which claim holds the person's number."""
    subject_scheme: Name = "citizen"
    """Which register numbers it, as in questions' subjects."""
    subject_pattern: str = Field(default="[0-9]{12}", max_length=200)
    """How such a number looks, as a regular expression."""
    level_claim: Claim = "acr"
    """Which claim says how surely the person was identified."""
    levels: dict[str, Level] = LEVELS
    """What the issuer writes there, as a level; anything else is refused."""
    least_level: Level = "substantial"
    """The level that is needed at least."""
    skew_seconds: int = Field(default=30, ge=0, le=300)
    """How far the issuer's clock may be off, in seconds."""
    challenge_seconds: int = Field(default=600, ge=30, le=3_600)
    """How long a challenge may be answered, in seconds; no token may have been issued longer ago."""
    portals: SecretPath | None = None
    """File with portals' API keys, hashed (`lienthong keys api-key new`); with it nobody else may even knock."""
    portal_certificates: tuple[PortalCertificate, ...] = ()
    """Portals that show a certificate."""
    portal_anchors: FilePath | None = None
    """PEM file of the anchors of those certificates; needs `certificate` and `key`."""
    framed_by: tuple[HttpUrl, ...] = ()
    """Origins of portals that may show the page in a frame."""
    officers: Officers = Officers.UNIT
    """How much of the officer who asked is shown: "agency", "unit" or "id"."""
    delayed: tuple[DelayedDisclosure, ...] = ()
    """Classes of uses that are shown late."""
    looks_per_hour: int = Field(default=30, ge=1, le=10_000)
    """How often one person may look within an hour."""

    @field_validator("issuer", "key_set_url", "framed_by")
    @classmethod
    def _over_tls(cls, value: object) -> object:
        for url in value if isinstance(value, tuple) else (value,):
            found = urlsplit(str(url)) if url is not None else None
            if found is not None and found.scheme != "https" and found.hostname not in _LOOPBACK:
                raise ValueError("https, or http on this machine only")
        return value

    @field_validator("subject_pattern")
    @classmethod
    def _compiles(cls, value: str) -> str:
        try:
            re.compile(value, re.ASCII)
        except re.error:
            raise ValueError("no regular expression") from None
        return value

    @model_validator(mode="after")
    def _go_together(self) -> Self:
        if (self.certificate is None) != (self.key is None):
            raise ValueError("certificate and key go together")
        if self.key_set is not None and self.key_set_url is not None:
            raise ValueError("either key_set or key_set_url")
        if (self.portal_anchors is None) != (not self.portal_certificates):
            raise ValueError("portal_certificates and portal_anchors go together")
        if self.portal_anchors is not None and self.certificate is None:
            raise ValueError("portal_certificates need TLS here: certificate and key")
        return self
