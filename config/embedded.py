"""Settings of the embedded bus: hub, nodes and the sample nation in one process tree on one machine."""

from typing import Self

from pydantic import Field, model_validator

from config.model import AgencyId, Endpoint, FilePath, Instance, Settings
from config.parts import Environment, LogFormat, LogSettings, TrustSettings, refuse_development


class SampleSettings(Settings):
    """The sample nation: agencies, people and systems that are all invented."""

    people: int = Field(default=10_000, ge=100, le=2_000_000)
    """Size of the population."""
    seed: int = Field(default=2026, ge=0, le=2**32 - 1)
    """The same seed gives the same people."""


class EmbeddedSettings(Settings):
    """The embedded bus: `lienthong up`, `lienthong demo`."""

    instance: Instance = "VN-test"
    """The bus that this is."""
    operator: AgencyId = "a100000"
    """The agency that runs the hub."""
    environment: Environment = Environment.DEVELOPMENT
    """What it is for; the sample nation is for development only."""
    state_folder: FilePath
    """Folder for everything that is kept: keys, ledger, registry, archives, sample data."""
    hub_listen: Endpoint = "127.0.0.1:8441"
    """Where the hub listens for nodes."""
    node_listen: Endpoint = "127.0.0.1:8500"
    """Where agency systems reach the node."""
    ledger_listen: Endpoint = "127.0.0.1:8480"
    """Where anybody reaches the ledger: checkpoint, tiles, proofs."""
    audit_listen: Endpoint = "127.0.0.1:8450"
    """Where auditors reach the ledger's search."""
    usages_listen: Endpoint = "127.0.0.1:8460"
    """Where portals ask for citizens who asked about them."""
    schemas_listen: Endpoint = "127.0.0.1:8081"
    """Where clients of schema registries reach the registry of schemas."""
    xroad_listen: Endpoint = "127.0.0.1:8580"
    """Where systems that speak X-Road reach the node."""
    registry_source: FilePath | None = None
    """Authored registry folder; none takes the sample nation's."""
    sample: SampleSettings = SampleSettings()
    """The sample nation."""
    trust: TrustSettings = TrustSettings(allow_development_pki=True)
    """What counts as trustworthy."""
    log: LogSettings = LogSettings(format=LogFormat.CONSOLE)
    """Logs for operators."""

    @model_validator(mode="after")
    def _production_is_strict(self) -> Self:
        refuse_development(self.environment, self.trust)
        return self
