"""Settings that hubs and nodes share: the link's identity, logs, trust, the registry's root.

Promises and limits as in ``config.model``.
"""

from enum import StrEnum

from pydantic import Field

from config.model import FilePath, SecretPath, Settings


class Environment(StrEnum):
    """What a process is for: production refuses what only development may use."""

    DEVELOPMENT = "development"
    PRODUCTION = "production"


class LogFormat(StrEnum):
    """How a log line looks."""

    CONSOLE = "console"
    JSON = "json"


class LogLevel(StrEnum):
    """The least weight of a log line that is written."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class LogSettings(Settings):
    """Logs: for operators, never for audit, never with personal data."""

    format: LogFormat = LogFormat.JSON
    """How a line looks: "json" for machines, "console" for people."""
    level: LogLevel = LogLevel.INFO
    """The least weight of a line that is written."""


class TlsIdentity(Settings):
    """One end of a mutually authenticated TLS 1.3 connection."""

    certificate: FilePath
    """PEM file: this end's certificate, then its issuers' up to the anchor."""
    key: SecretPath
    """PEM file: the private key of that certificate."""
    anchors: tuple[FilePath, ...] = Field(min_length=1)
    """PEM files: the roots that the other end's certificate must lead to."""


class TrustSettings(Settings):
    """What counts as trustworthy here."""

    allow_development_pki: bool = False
    """Whether certificates of the development PKI are taken; production refuses true."""
    certificate_warning_days: int = Field(default=30, ge=1, le=365)
    """How long before a certificate or a registry signature ends `doctor` warns, in days."""


def refuse_development(environment: Environment, trust: TrustSettings) -> None:
    """Raise ValueError where a production process would take the development PKI."""
    if environment is Environment.PRODUCTION and trust.allow_development_pki:
        raise ValueError("production refuses the development PKI: trust.allow_development_pki must be false")
