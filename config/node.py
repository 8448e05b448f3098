"""Settings of a node: the hub it dials, the agencies it serves, their systems behind adapters, its HTTP face."""

from collections import Counter
from typing import Annotated, Literal, Self

from pydantic import Field, JsonValue, StringConstraints, model_validator

from config.evidence import EvidenceSettings
from config.model import (
    AgencyId,
    Endpoint,
    FilePath,
    Instance,
    KeyAddress,
    Name,
    PackageName,
    SecretPath,
    ServiceId,
    Settings,
)
from config.parts import (
    Environment,
    LogSettings,
    TlsIdentity,
    TrustSettings,
    refuse_development,
)
from config.retention import RetentionSettings
from config.xroad import XRoadSettings


class SystemCertificate(Settings):
    """The certificate that one of an agency's systems shows to its node (mutual TLS, `http.tls`)."""

    system: Name
    """The system, as the registry names it."""
    certificate: FilePath
    """PEM file with that system's certificate; old and new may both be listed while one follows the other."""


class AgencySettings(Settings):
    """One agency that this node serves. Its key is here: the directory says `hosted_by` when this is a host."""

    id: AgencyId
    """The agency in the directory."""
    seal: KeyAddress
    """The key that seals for this agency."""
    api_keys: SecretPath | None = None
    """File with the API keys and OAuth2 clients of this agency's systems, hashed (`lienthong keys api-key new`)."""
    system_certificates: tuple[SystemCertificate, ...] = ()
    """Certificates that this agency's systems show, instead of API keys or beside them; needs `http.tls`, or
    `xroad.tls` with anchors."""
    archive: FilePath
    """Folder with the sealed evidence that this agency keeps."""
    archive_key: SecretPath
    """File with the key that encrypts the archive."""
    renewal: FilePath | None = None
    """Folder for the seal's next keys: renewed over the link before the certificate ends, and taken into use once it is
    registered. None: renewed by hand."""


class AdapterSettings(Settings):
    """How the node reaches one system that answers for a service."""

    service: ServiceId
    """The service that this system answers for."""
    kind: Name
    """The adapter kind: "rest", "soap", "sql", "memory"…; `adapters.kinds` names them all."""
    file: FilePath | None = None
    """TOML file with the kind's settings and its field map; none when `settings` holds them."""
    settings: dict[str, JsonValue] = Field(default_factory=dict)
    """The kind's settings and its field map; checked by the adapter when the node starts."""
    secrets: dict[Name, SecretPath] = Field(default_factory=dict)
    """Files with what the system asks of us (password, token…), by name."""

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if self.file is not None and self.settings:
            raise ValueError("an adapter is set by its file or by its settings, not by both")
        return self


class NodeHttpSettings(Settings):
    """The node's face to agency systems: POST /ask/… and POST /dossiers."""

    listen: Endpoint = "127.0.0.1:8500"
    """Where systems reach the node."""
    tls: TlsIdentity | None = None
    """TLS for systems. None is for loopback or a proxy in front, with API keys or access tokens."""
    client_certificates: Literal["required", "optional"] = "required"
    """With `tls`: whether each system shows a certificate of `anchors`. "optional" lets in, over TLS 1.2 or 1.3, those
    that have only an API key or an access token."""
    public_url: Annotated[str, StringConstraints(pattern=r"^https?://[A-Za-z0-9.:\[\]-]{1,200}$")] | None = None
    """How systems reach the node through a proxy, such as "https://node.example"; the token endpoint tells of it."""
    token_seconds: int = Field(default=600, ge=60, le=3_600)
    """How long an access token of `POST /oauth2/token` is taken, in seconds."""
    max_body_bytes: int = Field(default=4_194_304, ge=1_024, le=268_435_456)
    """Largest request, in bytes."""
    max_in_flight: int = Field(default=256, ge=1, le=100_000)
    """Questions and dossiers that one agency's systems may have under way at once; above: 503 with Retry-After."""


class LinkRenewalSettings(Settings):
    """Renewal of the node's link certificate over the link."""

    folder: FilePath
    """Folder for the link's next keys."""
    agency: AgencyId
    """The agency for which the registry holds this link certificate."""


class NodeLinkSettings(TlsIdentity):
    """The node's end of the link (docs/link.md)."""

    hub: tuple[Endpoint, ...] = Field(min_length=1, max_length=64)
    """Hub workers to dial first; the hub names the others."""
    heartbeat_seconds: float = Field(default=15.0, ge=1.0, le=300.0)
    """How often a quiet session is probed, in seconds."""
    renewal: LinkRenewalSettings | None = None
    """How the link's certificate is renewed before it ends; None: by hand."""
    longest_wait_seconds: float = Field(default=30.0, ge=0.1, le=600.0)
    """Longest wait before a lost worker is dialled again, in seconds; waits double up to it and are drawn at random."""


class NodeRegistrySettings(Settings):
    """The registry as this node trusts it."""

    trusted_root: FilePath
    """The TUF root this node starts from; carried here by a safe way, once."""
    folder: FilePath
    """The newest verified version; an older or expired one is refused."""


class NodeLedgerSettings(Settings):
    """The hub's ledger as this node watches it: checkpoints go on from one another, receipts' records are in it."""

    keys: tuple[str, ...] = ()
    """The ledger's public keys (vkeys), carried here by a safe way; both while one follows the other."""
    policy: FilePath | None = None
    """Trust policy (c2sp.org/tlog-policy): the ledger's keys, and the witnesses without whose quorum this node takes no
    checkpoint."""

    @model_validator(mode="after")
    def _something_is_trusted(self) -> Self:
        if not self.keys and self.policy is None:
            raise ValueError("the ledger is watched by its keys, by a policy, or by both")
        return self


class DossierSettings(Settings):
    """How dossiers are resolved."""

    max_parallel_questions: int = Field(default=16, ge=1, le=256)
    """Questions of one dossier that are asked at once."""


class NodeSettings(Settings):
    """A node: `lienthong node --config FILE`."""

    instance: Instance
    """The bus that this is: envelopes of another one are refused."""
    name: Name
    """The node's name in logs and at the hub."""
    environment: Environment = Environment.DEVELOPMENT
    """What it is for: "production" refuses what only development may use."""
    state_folder: FilePath
    """Folder for what this node keeps that is named nowhere else."""
    link: NodeLinkSettings
    """The node's end of the link."""
    registry: NodeRegistrySettings
    """The registry as this node trusts it."""
    agencies: tuple[AgencySettings, ...] = Field(min_length=1, max_length=1_000)
    """Agencies served here."""
    adapters: tuple[AdapterSettings, ...] = ()
    """Systems that answer for services of these agencies."""
    plugins: tuple[PackageName, ...] = Field(default=(), max_length=100)
    """Installed packages of the agency's own that bring kinds of adapter; no other package is looked into."""
    http: NodeHttpSettings = NodeHttpSettings()
    """The face to agency systems."""
    xroad: XRoadSettings | None = None
    """The face to clients that speak X-Road; None: there is none."""
    ledger: NodeLedgerSettings | None = None
    """How this node watches the hub's ledger; None: it does not, and `doctor` says so."""
    dossier: DossierSettings = DossierSettings()
    """How dossiers are resolved."""
    evidence: EvidenceSettings | None = None
    """Services that make the signed lists of each day's evidence last; with them the node seals each day by itself."""
    retention: RetentionSettings = RetentionSettings()
    """How long each class of evidence is kept."""
    trust: TrustSettings = TrustSettings()
    """What counts as trustworthy."""
    log: LogSettings = LogSettings()
    """Logs for operators."""

    @property
    def max_part_bytes(self) -> int:
        """The largest part that this node takes, from its own systems or from others: the larger limit of its faces."""
        return max(self.http.max_body_bytes, self.xroad.max_body_bytes if self.xroad else 0)

    @model_validator(mode="after")
    def _production_is_strict(self) -> Self:
        refuse_development(self.environment, self.trust)
        return self

    @model_validator(mode="after")
    def _production_invents_nothing(self) -> Self:
        invented = [adapter.service for adapter in self.adapters if adapter.kind == "sandbox"]
        if self.environment is Environment.PRODUCTION and invented:
            raise ValueError(f"service {invented[0]}: the sandbox invents answers, and production refuses it")
        return self

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        for what, names in (
            ("agency", [agency.id for agency in self.agencies]),
            ("service", [adapter.service for adapter in self.adapters]),
        ):
            twice = [name for name, count in Counter(names).items() if count > 1]
            if twice:
                raise ValueError(f"{what} {twice[0]} is set twice")
        return self

    @model_validator(mode="after")
    def _certificates_are_asked_for(self) -> Self:
        asked = self.http.tls is not None or (self.xroad and self.xroad.tls and self.xroad.tls.anchors)
        if not asked and any(agency.system_certificates for agency in self.agencies):
            raise ValueError("system_certificates need http.tls: without it nobody is asked for a certificate")
        return self

    @model_validator(mode="after")
    def _adapters_serve_ours(self) -> Self:
        ours = {agency.id for agency in self.agencies}
        for adapter in self.adapters:
            if adapter.service.partition("/")[0] not in ours:
                raise ValueError(f"service {adapter.service} belongs to an agency that this node does not serve")
        return self
