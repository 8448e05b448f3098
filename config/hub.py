"""Settings of a hub: its workers, link, seal, ledger, registry, limits."""

from enum import StrEnum
from typing import Self

from pydantic import Field, model_validator

from config.evidence import EvidenceSettings
from config.model import AgencyId, Endpoint, FilePath, HttpUrl, Instance, KeyAddress, SecretPath, Settings
from config.parts import (
    Environment,
    LogSettings,
    TlsIdentity,
    TrustSettings,
    refuse_development,
)
from config.usages import UsagesSettings


class Engine(StrEnum):
    """Where state is kept."""

    SQLITE = "sqlite"
    POSTGRESQL = "postgresql"


class WorkerSettings(Settings):
    """One worker process with an address of its own."""

    listen: Endpoint
    """Where this worker listens."""
    public: Endpoint | None = None
    """What nodes are told to dial; none means the same as `listen`."""


class HubLinkSettings(TlsIdentity):
    """The hub's end of the link (docs/link.md)."""

    heartbeat_seconds: float = Field(default=15.0, ge=1.0, le=300.0)
    """How often a quiet session is probed, in seconds; two missed probes end it."""
    handshakes_per_second: int = Field(default=50, ge=1, le=10_000)
    """New sessions that one worker takes per second; more wait their turn."""
    credits: int = Field(default=256, ge=1, le=65_536)
    """Streams in flight that one session may hold."""
    batch_window_ms: float = Field(default=0.0, ge=0.0, le=2.0)
    """How long nodes may hold envelopes back to seal them in one batch, in milliseconds."""
    max_inline_bytes: int = Field(default=4_194_304, ge=65_536, le=16_777_216)
    """Largest sum of parts in one message, in bytes; larger parts go by /bodies."""


class LedgerSettings(Settings):
    """The record of every exchange. The ledger itself is created by `lienthong ledger init` only."""

    origin: str = Field(pattern=r"^[a-z0-9.-]+(/[a-z0-9.-]+)*$", max_length=200)
    """The ledger's name for ever, as in its checkpoints: "ledger.example.vn/vn-test"."""
    engine: Engine = Engine.SQLITE
    """Where records are kept."""
    folder: FilePath
    """SQLite files, tiles and checkpoints."""
    database_url: SecretPath | None = None
    """File with the PostgreSQL address; needed when `engine` is "postgresql"."""
    note_key: SecretPath
    """File with the Ed25519 key that signs checkpoints."""
    vault_key: SecretPath
    """File with the key that encrypts the details beside each record."""
    guard_file: FilePath
    """The last signed size and root, kept outside the backup set: nothing lower is ever signed."""
    socket: FilePath
    """Unix socket between workers and the ledger process."""
    checkpoint_seconds: float = Field(default=1.0, ge=0.1, le=60.0)
    """How often a checkpoint is signed when there is news, in seconds."""
    second_note_key: SecretPath | None = None
    """File with a second key of the same origin that signs beside the first, while one follows the other."""
    retired_note_keys: tuple[str, ...] = ()
    """Public keys (vkeys) that signed checkpoints once and no longer do; `ledger verify` still knows them."""
    policy: FilePath | None = None
    """Trust policy (c2sp.org/tlog-policy): the witnesses that are asked for cosignatures, with their URLs, and the
    quorum without which no checkpoint is published. None asks nobody."""
    witness_seconds: float = Field(default=3.0, ge=0.1, le=60.0)
    """How long a witness may take, in seconds."""
    publish_without_quorum: bool = False
    """Whether a checkpoint is published without a quorum, with an alarm; else the last one with a quorum stays."""

    @model_validator(mode="after")
    def _database_is_named(self) -> Self:
        if (self.engine is Engine.POSTGRESQL) != (self.database_url is not None):
            raise ValueError('database_url goes with engine = "postgresql", and only with it')
        return self


class StampDigest(StrEnum):
    """With what a checkpoint is hashed for its time-stamp."""

    SHA256 = "sha256"
    SHA512 = "sha512"


class AnchoringSettings(Settings):
    """Time-stamps (RFC 3161) over published checkpoints, by authorities that are not the operator's."""

    authorities: tuple[HttpUrl, ...] = Field(min_length=1, max_length=8)
    """Addresses of time-stamping authorities, asked in this order until one answers."""
    anchors: tuple[FilePath, ...] = Field(min_length=1)
    """PEM files: the roots that the authorities' certificates must lead to."""
    interval_minutes: float = Field(default=60.0, ge=1.0, le=1440.0)
    """How often the newest checkpoint is stamped when there is news, in minutes."""
    digest: StampDigest = StampDigest.SHA256
    """With what the checkpoint is hashed."""
    timeout_seconds: float = Field(default=10.0, ge=1.0, le=120.0)
    """How long one authority may take, in seconds."""
    warn_after_hours: float = Field(default=24.0, ge=1.0, le=720.0)
    """How old the newest anchor may be, while there is news, before `doctor` warns, in hours."""


class LedgerHttpSettings(Settings):
    """The ledger's own face: checkpoint and hash tiles for anybody, entry bundles for auditors, proofs."""

    listen: Endpoint = "127.0.0.1:8480"
    """Where anybody reaches it, by plain HTTP: for the public, put a proxy with TLS in front."""
    auditor_keys: SecretPath | None = None
    """File with the API keys, hashed, of auditors who may read entries (`lienthong keys api-key new`)."""


class HubRegistrySettings(Settings):
    """The signed registry that the hub hands on."""

    repository: FilePath
    """Folder of the TUF repository that `lienthong registry publish` writes."""
    online_key: SecretPath
    """PEM file of the online role's key, which keeps snapshot and timestamp fresh; its .pub.json lies beside it."""
    refresh_seconds: float = Field(default=0.5, ge=0.1, le=3_600.0)
    """How often the folder is looked at for a newer version, in seconds."""


class BodySettings(Settings):
    """Parts over 1 MiB, spooled encrypted until their exchange has an outcome."""

    folder: FilePath
    """The spool; may be a tmpfs."""
    max_body_bytes: int = Field(default=268_435_456, ge=1_048_576, le=4_294_967_296)
    """Largest single part, in bytes."""
    max_spool_bytes: int = Field(default=4_294_967_296, ge=1_048_576, le=1_099_511_627_776)
    """Largest sum of spooled parts, in bytes; over it a PUT is refused for now."""


class HubLimits(Settings):
    """What the hub takes at once; over it the answer is 503 with Retry-After."""

    max_in_flight: int = Field(default=4_096, ge=1, le=1_000_000)
    """Exchanges in flight per worker."""
    max_in_flight_per_agency: int = Field(default=512, ge=1, le=1_000_000)
    """Exchanges in flight per agency and worker."""


class AuditSettings(Settings):
    """Looking into the ledger: a process of its own, so that a search takes nothing from an exchange."""

    listen: Endpoint
    """Where auditors reach it."""
    certificate: FilePath | None = None
    """PEM file with its TLS certificate; none leaves TLS to a proxy before it."""
    key: SecretPath | None = None
    """PEM file with the certificate's key."""
    auditors: SecretPath
    """Auditors, their scopes and the digests of their keys (`lienthong keys auditor`)."""
    folder: FilePath
    """Search tables (SQLite), and beside them the keys of people's pseudonyms; with PostgreSQL only those keys."""

    @model_validator(mode="after")
    def _both_or_none(self) -> Self:
        if (self.certificate is None) != (self.key is None):
            raise ValueError("certificate and key go together")
        return self


class RegistrationSettings(Settings):
    """The registry of schemas (docs/schema-registry.md): a process of its own, with processes that compare."""

    listen: Endpoint = "127.0.0.1:8081"
    """Where clients of schema registries reach it."""
    certificate: FilePath | None = None
    """PEM file with its TLS certificate; none leaves TLS to a proxy before it."""
    key: SecretPath | None = None
    """PEM file with the certificate's key."""
    client_anchors: tuple[FilePath, ...] = ()
    """PEM files: roots of the certificates that clients may show in place of a key; none asks for none."""
    registrants: SecretPath
    """Keys, their agencies and rights (`lienthong schemas keys`)."""
    folder: FilePath
    """Its tables (SQLite); with a PostgreSQL ledger they stand in that database."""
    governed_context: str = Field(default=".gov", pattern=r"^\.[A-Za-z0-9_.-]{1,99}$")
    """The context whose schemas services use: owner, basis, date and terms are required there."""
    processes: int = Field(default=2, ge=1, le=64)
    """Comparisons at once, each in a process of its own."""
    job_seconds: float = Field(default=10.0, ge=0.5, le=120.0)
    """How long one comparison may take, in seconds; then its process is killed."""
    memory_bytes: int = Field(default=1_073_741_824, ge=268_435_456, le=17_179_869_184)
    """Address space of one comparison process, in bytes."""

    @model_validator(mode="after")
    def _both_or_none(self) -> Self:
        if (self.certificate is None) != (self.key is None):
            raise ValueError("certificate and key go together")
        if self.client_anchors and self.certificate is None:
            raise ValueError("client_anchors need certificate and key: a certificate is shown over TLS")
        return self


class RenewalSettings(Settings):
    """Renewal of agencies' seal and link certificates over the link, and of the hub's own seal."""

    socket: FilePath
    """The Unix socket of the operator's certificate authority (`lienthong ca serve`)."""
    folder: FilePath | None = None
    """Folder for the hub's own next seal keys, read by all its workers; None: the hub's seal is renewed by hand."""


class HubSettings(Settings):
    """A hub: `lienthong hub --config FILE`."""

    instance: Instance
    """The bus that this is: envelopes of another one are refused."""
    operator: AgencyId
    """The agency that runs the hub."""
    environment: Environment = Environment.DEVELOPMENT
    """What it is for: "production" refuses what only development may use."""
    state_folder: FilePath
    """Folder for what this hub keeps that is named nowhere else."""
    workers: tuple[WorkerSettings, ...] = Field(min_length=1, max_length=64)
    """Worker processes, one address each."""
    seal: KeyAddress
    """The key that seals receipts and refusals."""
    link: HubLinkSettings
    """The hub's end of the link."""
    ledger: LedgerSettings
    """The record of every exchange."""
    registry: HubRegistrySettings
    """The signed registry."""
    bodies: BodySettings
    """Parts over 1 MiB."""
    anchoring: AnchoringSettings | None = None
    """Time-stamps over checkpoints; None asks no authority."""
    evidence: EvidenceSettings | None = None
    """Services that make the signed lists of each day last; None: they are at level B, and `doctor` says so."""
    ledger_http: LedgerHttpSettings | None = None
    """The ledger's own face; None: it is served beside the link alone, to nodes."""
    audit: AuditSettings | None = None
    """Looking into the ledger; None runs no such process."""
    usages: UsagesSettings | None = None
    """Citizens seeing who asked about them; None runs no such process."""
    registration: RegistrationSettings | None = None
    """The registry of schemas; None runs no such process."""
    renewal: RenewalSettings | None = None
    """Renewal of seal certificates over the link; None renews none."""
    limits: HubLimits = HubLimits()
    """What the hub takes at once."""
    trust: TrustSettings = TrustSettings()
    """What counts as trustworthy."""
    log: LogSettings = LogSettings()
    """Logs for operators."""

    @model_validator(mode="after")
    def _production_is_strict(self) -> Self:
        refuse_development(self.environment, self.trust)
        return self

    @model_validator(mode="after")
    def _usages_need_audit(self) -> Self:
        if self.usages is not None and self.audit is None:
            raise ValueError("usages needs audit: it reads its search tables")
        return self

    @model_validator(mode="after")
    def _addresses_differ(self) -> Self:
        addresses = [worker.listen for worker in self.workers]
        if len(set(addresses)) != len(addresses):
            raise ValueError("two workers listen on one address: each needs its own")
        return self
